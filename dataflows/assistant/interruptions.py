"""Whether words spoken during an answer interrupt it, or only show that somebody is listening.

Environment: BRIEF_MS (600): shorter speech interrupts only if it contains one of the words in INTERRUPTIONS,
    since recognizers turn coughs into words; BACKCHANNELS: words that never interrupt.
"""

from __future__ import annotations

import os
import re

INTERRUPTIONS = (
    "stop wait no not what why who where when how but pause enough quiet sorry hey hold "
    "停 等 不 别 別 够 夠 什么 什麼 谁 誰 哪 怎么 怎麼 可是 但是 喂"
)
BACKCHANNELS = (
    "mhm mm mmm mmhmm hm hmm uh um uhhuh huh ah aha oh wow yeah yep yes okay ok right sure good nice "
    "嗯 哦 噢 喔 啊 呃 欸 对 對 好 是 的 行 呀 吧"
)


class Interruptions:
    """Judges utterances; the words come from the environment or from the defaults above."""

    def __init__(self) -> None:
        self._brief_ms = float(os.environ.get("BRIEF_MS") or 600)
        self._interrupting = set((os.environ.get("INTERRUPTIONS") or INTERRUPTIONS).lower().split())
        self._listening = set((os.environ.get("BACKCHANNELS") or BACKCHANNELS).lower().split())

    def include(self, words: str, spoken_ms: float) -> bool:
        """Whether words that took this many milliseconds of speech end the answer."""
        text = words.lower().replace("-", "")
        tokens = re.findall(r"[^\W_\u3040-\u9fff]+|[\u3040-\u9fff]", text)
        if any(one in tokens if one.isascii() else one in text for one in self._interrupting):
            return True
        return spoken_ms >= self._brief_ms and not self._listening.issuperset(tokens)

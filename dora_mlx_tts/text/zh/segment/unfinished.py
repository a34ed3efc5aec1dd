"""Where the words of an unfinished Chinese text may still change as more of it arrives."""

from __future__ import annotations

import re
from typing import Final

from dora_mlx_tts.text.zh.segment.dictionary import word_list

_HAN_AT_END: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{1,8}$")


def unfinished_from(text: str) -> int:
    """Index of the first Han character at the end of a text with which a longer word may begin; its length if none.

    At "我每天晚" that is 1, since "每天晚上" is a word.
    """
    run = _HAN_AT_END.search(text)
    if run is None:
        return len(text)
    words = word_list()
    starts = range(run.start(), len(text))
    return next((start for start in starts if words.goes_on(text[start:])), len(text))

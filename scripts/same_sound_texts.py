"""The texts of `same_sound.py`: for the library, the node and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A text and how it is spoken.

    Attributes:
        way: whole, stream, or cancel (the stream ends after some tokens).
        tokens: after how many tokens a cancel comes.
        needs: a module without which the language cannot be read.
        options: of speech.
    """

    text: str
    voice: str
    way: str = "whole"
    tokens: int = 0
    needs: str = ""
    options: dict[str, Any] = field(default_factory=dict)


LIBRARY = (
    Case("The lamp in the hallway flickers at night.", "starter-en"),
    Case("他把自行车停在了图书馆门口。", "starter-zh", "stream"),
    Case("Our team 下周三 will demo 新的版本。", "starter-en", "stream"),
    Case("请把 README 里的 link 换成新的。", "starter-zh-2"),
    Case("Bring two cups, please. Then sit down. We begin soon.", "starter-en-2", "stream"),
    Case("水快开了。你去看看吧！要不要加点茶叶？", "starter-zh", "whole"),
    Case("It cost $1,249.50 on 3/14/2023, about 8% less.", "starter-en-2"),
    Case("2024年5月6日上午9:45，气温零下3.5℃。", "starter-zh-2", "stream"),
    Case(
        "She said she'd read the report, but nobody believed her at all.",
        "starter-en",
        "cancel",
        30,
    ),
    Case("会议改到了下午三点，地点还在原来的那间大会议室。", "starter-zh", "cancel", 12),
    Case(
        "Slow, then quick.", "starter-en", options={"speed": 0.8, "temperature": 1.0, "top_k": 15}
    ),
    Case("今天真热闹。", "starter-zh", "stream", options={"speed": 1.3, "language": "zh"}),
    Case("Wait.<break time='300ms'/> <prosody rate='slow'>Now go on.</prosody>", "starter-en-2"),
    Case(
        "他姓<sub alias='单'>单</sub>，在银{hang2}行上班。{400ms}每天都很忙。",
        "starter-zh",
        "stream",
    ),
    Case("Call <say-as interpret-as='characters'>NASA</say-as> by noon.", "starter-en", "stream"),
    Case("**Bold** words and `code` are read.", "starter-en", options={"mode": "throughput"}),
    Case("一。二。三。四。", "starter-zh-2", options={"mode": "throughput", "join_short": False}),
    Case("Is 5 < 7 & 9 > 8?", "starter-en-2", options={"content_check": "whole"}),
    Case(
        "Dr. Lee lives at 221 Oak St. in St. Louis.", "starter-en", options={"content_check": "off"}
    ),
    Case("おはようございます。", "starter-zh", needs="haqumei", options={"content_check": "off"}),
    Case("雨が降っています。", "starter-en", "stream", needs="haqumei", options={"language": "ja"}),
    Case("오늘은 날씨가 참 맑네요.", "starter-en-2", "stream", options={"language": "ko"}),
    Case("감사합니다.", "starter-zh-2", options={"content_check": "off"}),
    Case("今日食咗飯未呀？", "starter-zh", needs="ToJyutping", options={"language": "yue"}),
    Case("……", "starter-zh"),
    Case("Hello.", "starter-en", options={"speed": 9.0}),
    Case("Hello.", "no-such-voice"),
)

NODE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Good to see you again.", {"request_id": "a", "voice": "starter-en"}),
    ("书放在桌子上了。", {"request_id": 2, "voice": "starter-zh", "user": "someone"}),
    ("First comes one ", {"session_id": "s", "seq": 0, "fin": False}),
    ("sentence. 然后是另一句。", {"session_id": "s", "seq": 1, "fin": True}),
    ("Faster <break time='200ms'/>now.", {"voice": "starter-en-2", "speed": 1.25}),
    ("A sentence that is long enough to be cut while it is spoken to you.", {"request_id": "cut"}),
    ("*Nothing* is `lost`.", {"language": "en"}),
    ("🙂", {"request_id": "empty"}),
    ("Hello.", {"voice": "no-such-voice"}),
    ("Hello.", {"speed": "quick"}),
)
CUT, CUT_AFTER_TOKENS = "long enough to be cut", 20

COMMANDS = (
    ("The kettle is on the stove.", "--voice", "starter-en-2"),
    ("门外有人在敲门。", "--voice", "starter-zh-2", "--speed", "1.1"),
    ("We met at 咖啡店 yesterday.", "--voice", "starter-zh"),
)

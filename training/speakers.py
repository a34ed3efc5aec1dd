"""The four voices, as the teacher speaks them.

Most of the corpus is read by them. They are blends of two of the teacher's voices, one of each language: in the timbre of
one alone the recogniser understands the other language far worse.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Speaker:
    """A starter voice as the teacher speaks it.

    Attributes:
        voice: its name in the package.
        name: of the recording.
        timbre: blend of the teacher's voices.
        prosody: whose rhythm and melody it has in English, in Mandarin, and in sentences that mix them.
        text, language: of the recording.
    """

    voice: str
    name: str
    timbre: dict[str, float]
    prosody: dict[str, str]
    text: str
    language: str


FEMALE = {"en": "af_heart", "zh": "zf_xiaoxiao"}
MALE = {"en": "am_michael", "zh": "zm_yunxi"}
# in mixed sentences the recogniser understands a timbre best with the melody of the other language's voice
SPEAKERS = (
    Speaker(
        "starter-en", "en_female", {"af_heart": 0.75, "zf_xiaoxiao": 0.25}, {**FEMALE, "mixed": FEMALE["zh"]},
        "The morning train was late again, so we waited quietly and talked about the weather.", "en",
    ),
    Speaker(
        "starter-en-2", "en_male", {"am_michael": 0.55, "zm_yunxi": 0.45}, {**MALE, "mixed": MALE["zh"]},
        "Every good story begins with a small question, and this one is no different.", "en",
    ),
    Speaker(
        "starter-zh", "zh_female", {"zf_xiaoxiao": 0.5, "af_heart": 0.5}, {**FEMALE, "mixed": FEMALE["en"]},
        "今天早上下了一场小雨，路上的行人都打着伞，走得很快。", "zh",
    ),
    Speaker(
        "starter-zh-2", "zh_male", {"zm_yunxi": 0.6, "am_michael": 0.4}, {**MALE, "mixed": MALE["en"]},
        "学习一门新的语言需要时间，也需要每天坚持练习。", "zh",
    ),
)  # fmt: skip


def named(timbre: dict[str, float]) -> str | None:
    """Which of the four voices has this timbre, if one has."""
    return next((s.voice for s in SPEAKERS if s.timbre == timbre), None)

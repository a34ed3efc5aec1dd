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
        prosody: whose rhythm and melody it has in English and in Mandarin.
        text, language: of the recording.
    """

    voice: str
    name: str
    timbre: dict[str, float]
    prosody: dict[str, str]
    text: str
    language: str

    def melody(self, kind: str) -> dict[str, float]:
        """Whose rhythm and melody it takes in "en", "zh" or "mixed" sentences.

        The mixed ones are understood best with that of the other language than the voice's own.
        """
        other = "zh" if self.language == "en" else "en"
        return {self.prosody[other if kind == "mixed" else kind]: 1.0}


FEMALE = {"en": "af_heart", "zh": "zf_xiaoxiao"}
MALE = {"en": "am_michael", "zh": "zm_yunxi"}
SPEAKERS = (
    Speaker(
        "starter-en", "en_female", {"af_heart": 0.75, "zf_xiaoxiao": 0.25}, FEMALE,
        "The morning train was late again, so we waited quietly and talked about the weather.", "en",
    ),
    Speaker(
        "starter-en-2", "en_male", {"am_michael": 0.55, "zm_yunxi": 0.45}, MALE,
        "Every good story begins with a small question, and this one is no different.", "en",
    ),
    Speaker(
        "starter-zh", "zh_female", {"zf_xiaoxiao": 0.5, "af_heart": 0.5}, FEMALE,
        "今天早上下了一场小雨，路上的行人都打着伞，走得很快。", "zh",
    ),
    Speaker(
        "starter-zh-2", "zh_male", {"zm_yunxi": 0.6, "am_michael": 0.4}, MALE,
        "学习一门新的语言需要时间，也需要每天坚持练习。", "zh",
    ),
)  # fmt: skip


def speaker_of(timbre: dict[str, float]) -> Speaker | None:
    """The one of the four that has this timbre, if one has."""
    return next((speaker for speaker in SPEAKERS if speaker.timbre == timbre), None)

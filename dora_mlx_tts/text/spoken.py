"""Input of the front end: sentences, with the readings, pauses and rates given by markup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Kind = Literal["pinyin", "arpabet", "jyutping", "phones", "say"]

Begins = Literal["", "item", "paragraph"]
"""A sentence begins nothing else, a new line (such as a list item), or a paragraph."""

_LANGUAGES: dict[Kind, str] = {"pinyin": "zh", "arpabet": "en", "jyutping": "yue"}


class Reading(NamedTuple):
    """How the characters `start:end` of a text are read.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        kind: the alphabet of `units`; `say` for a way to read (digits, ordinal, …).
        units: syllables or phones; for `say`, the one word that names the way.
    """

    start: int
    end: int
    kind: Kind
    units: tuple[str, ...]

    @property
    def language(self) -> str:
        """The language of the alphabet, empty where any may use it."""
        return _LANGUAGES.get(self.kind, "")

    def suits(self, language: str) -> bool:
        """Whether words of a language can take this reading; English is written in the models' phones."""
        return self.language == language or (self.kind == "phones" and language == "en")

    def moved(self, by: int) -> Reading:
        """The same reading for characters that lie `by` further on."""
        return self._replace(start=self.start + by, end=self.end + by)


class Pause(NamedTuple):
    """A pause in front of the character at `end`."""

    end: int
    seconds: float

    def moved(self, by: int) -> Pause:
        """The same pause, `by` characters further on."""
        return self._replace(end=self.end + by)


class Rate(NamedTuple):
    """From the character at `end` on, speech is this much faster."""

    end: int
    factor: float

    def moved(self, by: int) -> Rate:
        """The same rate from `by` characters further on."""
        return self._replace(end=self.end + by)


Direction = Reading | Pause | Rate
"""A direction of markup for the text up to its `end`."""


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """A sentence, or a part of one, that is spoken in one go.

    Attributes:
        text: plain text, for people.
        readings: readings of its characters, in order.
        pause_before_s: silence before it, in seconds.
        pause_after_s: silence after it, in addition to the pause after any sentence.
        rate: factor on the speaking rate.
        begins: what it begins besides a sentence, if another sentence precedes it.
    """

    text: str
    readings: tuple[Reading, ...] = ()
    pause_before_s: float = 0.0
    pause_after_s: float = 0.0
    rate: float = 1.0
    begins: Begins = ""

    def part(self, start: int, end: int) -> SpokenSentence:
        """The characters `start:end` without blanks around them; the pauses stay with its borders."""
        text = self.text[start:end]
        first = start + len(text) - len(text.lstrip())
        text = text.strip()
        last = first + len(text)
        inside = (r for r in self.readings if first <= r.start and r.end <= last)
        return SpokenSentence(
            text,
            tuple(reading.moved(-first) for reading in inside),
            self.pause_before_s if start == 0 else 0.0,
            self.pause_after_s if end == len(self.text) else 0.0,
            self.rate,
            self.begins if start == 0 else "",
        )

    def ended(self, length: int, mark: str) -> SpokenSentence:
        """The first `length` characters with `mark` after them."""
        kept = tuple(reading for reading in self.readings if reading.end <= length)
        return replace(self, text=self.text[:length] + mark, readings=kept)

    def joined(self, other: SpokenSentence, gap: str = "") -> SpokenSentence:
        """This sentence and the next in one; any pause between them is lost."""
        moved = (reading.moved(len(self.text) + len(gap)) for reading in other.readings)
        return replace(
            self,
            text=self.text + gap + other.text,
            readings=(*self.readings, *moved),
            pause_after_s=other.pause_after_s,
        )


class SpokenText(str):
    """A plain text that is already divided into sentences.

    An engine that only knows strings speaks it as one; `Synthesizer` takes its sentences and does
    not scan it again.
    """

    sentences: tuple[SpokenSentence, ...] = ()

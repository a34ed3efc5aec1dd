"""The audio sent for one text, and which words lie before a position in it."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

_WIDE_S = 0.2  # a Han character, a kana or a Hangul syllable takes about this long
_NARROW_S = 0.07
CLOSING = " .,;:!?…。，、；：！？」』”’\"')"


@dataclass(slots=True)
class _Sentence:
    """The sent audio of one sentence: where it begins and its length so far.

    `words` holds each word's start time and the index after its last character, if known.
    """

    text: str
    start_s: float
    duration_s: float = 0.0
    words: list[tuple[float, int]] = field(default_factory=list)

    def heard(self, position_s: float) -> str:
        """The text heard up to the word being said; without word times, estimated from the length."""
        played = position_s - self.start_s
        if not self.words:
            length = max(self.duration_s, _usual_duration(self.text))
            return _beginning(self.text, min(played, self.duration_s) / length if length else 1.0)
        if self.words[-1][1] >= len(self.text.rstrip(CLOSING)) and played >= self.duration_s:
            return self.text
        return self.text[: max((end for start, end in self.words if start < position_s), default=0)]


class SentAudio:
    """The audio of one text as it was sent.

    Attributes:
        sent_s: its length so far, in seconds.
    """

    def __init__(self) -> None:
        self.sent_s = 0.0
        self._sentences: dict[int, _Sentence] = {}
        self._unbroken: int | None = None  # sentences before the first hole
        self._starts: list[float] = []  # when each fragment starts playing, on the node's clock
        self._places: list[tuple[float, float]] = []  # start in the audio and length of each

    def add(self, fragment: Fragment, plays_s: float) -> None:
        """Add a sent fragment.

        Args:
            fragment: the fragment.
            plays_s: estimate of when it starts playing.
        """
        key = int(fragment.sentence_index)
        sentence = self._sentences.setdefault(key, _Sentence(str(fragment.text), self.sent_s))
        if (
            fragment.text
        ):  # for a growing sentence, what is known so far; a closing silence has none
            sentence.text = str(fragment.text)
        later = self.sent_s - fragment.start_s
        sentence.words += [(word.start_s + later, word.end) for word in fragment.words]
        self._places.append((self.sent_s, fragment.duration_s))
        self._starts.append(plays_s)
        sentence.duration_s += fragment.duration_s
        self.sent_s += fragment.duration_s

    def leave_hole(self) -> None:
        """Note a failed sentence: what is spoken next does not directly follow what came before."""
        if self._unbroken is None:
            self._unbroken = len(self._sentences)

    def estimate(self, at_s: float) -> float:
        """Seconds of it that had played at a time, assuming a player that plays immediately."""
        number = bisect_right(self._starts, at_s) - 1
        if number < 0:
            return 0.0
        start, length = self._places[number]
        return start + min(at_s - self._starts[number], length)

    @property
    def text(self) -> str:
        """The sentences for which audio was sent."""
        return in_a_row([sentence.text for sentence in self._in_order()])

    def heard(self, position_s: float) -> str:
        """The text up to the word being said at a position in the audio, in seconds from its start.

        The result is always a prefix of the text: the next sentence follows once one was heard in full, and
        none follows a failed one.
        """
        unbroken = self._in_order()[: self._unbroken]
        begun = [sentence for sentence in unbroken if sentence.start_s < position_s]
        whole = [sentence.text for sentence in begun[:-1]]
        return in_a_row(whole + [sentence.heard(position_s) for sentence in begun[-1:]])

    def _in_order(self) -> list[_Sentence]:
        return [sentence for _, sentence in sorted(self._sentences.items())]


def in_a_row(texts: Sequence[str]) -> str:
    """Join sentences as written: with a space between them, except after Chinese or Japanese."""
    said = ""
    for text in filter(None, texts):
        said += text if not said or _is_wide(said[-1]) or said[-1].isspace() else f" {text}"
    return said


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


def _usual_duration(text: str) -> float:
    return sum(_WIDE_S if _is_wide(c) else _NARROW_S for c in text if c.isalnum())


def _beginning(text: str, share: float) -> str:
    """This share of `text`, including the word in which it ends."""
    if share >= 1:
        return text
    end = max(1, math.ceil(len(text) * share))
    if not _is_wide(text[end - 1 : end] or " "):
        while end < len(text) and not text[end].isspace() and not _is_wide(text[end]):
            end += 1
    return text[:end].rstrip()

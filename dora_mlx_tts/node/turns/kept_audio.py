"""Sent audio that may be played again, from the word or clause in which it was cut."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from dora_mlx_tts.audio.finish import fade
from dora_mlx_tts.node.turns.sent_audio import CLOSING, in_a_row
from dora_mlx_tts.synthesis.records import Fragment, WordTiming
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS

Start = Literal["word", "clause"]

_LONGEST_S: Final = 60.0
_BEFORE_S: Final = 10.0
"""Seconds kept before that position, since the clause may begin there or a report may be late."""
_FADE_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Replay:
    """A part of a text that needs no synthesis: its fragments are ready to send."""

    fragments: tuple[Fragment, ...]


@dataclass(slots=True)
class _Kept:
    """Kept audio of one sentence, on the timeline of the text's audio."""

    text: str
    start_s: float
    rate: int
    samples: np.ndarray
    words: list[WordTiming]
    is_whole: bool = False

    @property
    def made(self) -> int:
        """The character up to which its words are known."""
        if self.is_whole:
            return len(self.text)
        return self.words[-1].end if self.words else 0

    @property
    def made_s(self) -> float:
        """The time at which they end."""
        if self.is_whole:
            return self.start_s + len(self.samples) / self.rate
        return self.words[-1].end_s if self.words else self.start_s


class KeptAudio:
    """Up to a minute of a text's sent audio, from a little before the position being heard."""

    def __init__(self) -> None:
        self._fragments: deque[Fragment] = deque()
        self.length_s = 0.0
        self._is_full = False
        self._before: list[tuple[int, str]] = []  # sentences whose beginning is gone

    def add(self, fragment: Fragment, heard_s: float) -> None:
        """Keep a fragment that was sent.

        Args:
            fragment: the fragment.
            heard_s: seconds of the text heard so far.
        """
        while self._fragments and self.length_s + fragment.duration_s > _LONGEST_S:
            first = self._fragments[0]
            if first.start_s + first.duration_s > heard_s - _BEFORE_S:
                self._is_full = True
                break
            self._fragments.popleft()
            self.length_s -= first.duration_s
            if not self._before or self._before[-1][0] != first.sentence_index:
                self._before.append((first.sentence_index, first.text))
        if not self._is_full:
            self._fragments.append(fragment)
            self.length_s += fragment.duration_s

    def covers(self, position_s: float) -> bool:
        """Whether the audio at this position in the text is kept."""
        if not self._fragments:
            return False
        last = self._fragments[-1]
        is_before_end = not self._is_full or position_s < last.start_s + last.duration_s
        return self._fragments[0].start_s <= position_s and is_before_end

    def after(self, position_s: float, start: Start) -> tuple[Replay | None, str]:
        """The audio that was sent but not heard, and the beginning of the text that needs no synthesis.

        Args:
            position_s: where the text's audio was cut.
            start: whether to begin with the cut word or with its clause.
        """
        sentences = list(self._sentences())
        if sentences and not sentences[-1].is_whole:
            last = sentences[-1]
            last.is_whole = last.made >= len(last.text.rstrip(CLOSING))
            if not last.is_whole and not last.words:
                sentences.pop()  # it is unknown which of its words are kept
        kept_texts = [one.text[: one.made] for one in sentences]
        first = self._fragments[0].sentence_index if self._fragments else -1
        before = [text for number, text in self._before if number != first]
        unheard = [one for one in sentences if one.made_s > position_s]
        pieces = [_rest(one, position_s, start) for one in unheard[:1]]
        pieces += [_rest(one, one.start_s, "word") for one in unheard[1:]]
        return _replay([piece for piece in pieces if piece]), in_a_row(before + kept_texts)

    def _sentences(self) -> Iterator[_Kept]:
        current: _Kept | None = None
        number = -1
        for fragment in list(self._fragments):
            if current is None or fragment.sentence_index != number:
                if current is not None:
                    current.is_whole = True
                    yield current
                number = fragment.sentence_index
                rate, samples = fragment.sample_rate, np.zeros(0, np.float32)
                current = _Kept(fragment.text, fragment.start_s, rate, samples, [])
            current.text = fragment.text  # for a growing sentence, what is known so far
            current.samples = np.concatenate([current.samples, fragment.samples])
            current.words += fragment.words
            current.is_whole = fragment.is_final
        if current is not None:
            yield current


def _rest(sentence: _Kept, position_s: float, start: Start) -> Fragment | None:
    """A sentence from the word or clause that was being said."""
    left = [word for word in sentence.words if word.end_s > position_s]
    begins_s, char = sentence.start_s, 0
    if sentence.words and not left:
        begins_s, char = sentence.made_s, sentence.made
    elif left and position_s > sentence.start_s:
        word = left[0] if start == "word" else _clause(sentence, left[0])
        begins_s, char = word.start_s, word.start
    first = round((begins_s - sentence.start_s) * sentence.rate)
    last = round((sentence.made_s - sentence.start_s) * sentence.rate)
    samples = sentence.samples[first:last]
    if not len(samples):
        return None
    words = [word for word in sentence.words if word.start_s >= begins_s - 1e-6]
    moved = [
        replace(
            word,
            start_s=word.start_s - begins_s,
            end_s=word.end_s - begins_s,
            start=word.start - char,
            end=word.end - char,
        )
        for word in words
    ]
    samples = fade(
        samples,
        sentence.rate,
        rise_s=_FADE_S if first else 0.0,
        fall_s=0.0 if sentence.is_whole else _FADE_S,
    )
    text = sentence.text[char : sentence.made]
    return Fragment(samples, sentence.rate, text, 0, 0, False, 0.0, 0, tuple(moved))


def _clause(sentence: _Kept, cut: WordTiming) -> WordTiming:
    before = sentence.text[: cut.start]
    mark = max((before.rfind(mark) for mark in CLAUSE_MARKS), default=-1)
    return next((word for word in sentence.words if word.start > mark), cut)


def _replay(pieces: Sequence[Fragment]) -> Replay | None:
    """The pieces as sentences of one part."""
    placed, start_s = [], 0.0
    for number, piece in enumerate(pieces):
        words = tuple(
            replace(word, start_s=word.start_s + start_s, end_s=word.end_s + start_s)
            for word in piece.words
        )
        placed.append(replace(piece, sentence_index=number, start_s=start_s, words=words))
        start_s += piece.duration_s
    if not placed:
        return None
    placed[-1] = replace(placed[-1], is_final=True)
    return Replay(tuple(placed))

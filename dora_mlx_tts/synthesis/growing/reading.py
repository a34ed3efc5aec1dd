"""The phones of a growing text: read again with every word, but unchanged where already spoken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from dora_mlx_tts.synthesis.word_times import units
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.punctuation import is_east_asian
from dora_mlx_tts.text.zh.segment.unfinished import unfinished_from

Phonemize = Callable[[str], Phonemes]


@dataclass(slots=True)
class GrowingPhones:
    """The latest reading of a growing text.

    Args:
        phonemize: turns a text into phones.

    Attributes:
        phonemes: the latest reading; None before the first.
        spoken: number of its phones that were spoken.
        contradictions: number of readings that would have changed spoken phones.
    """

    phonemize: Phonemize
    phonemes: Phonemes | None = None
    spoken: int = 0
    contradictions: int = 0
    _known_end: int = 0

    def read(self, text: str, known_end: int | None = None) -> Phonemes:
        """Read a longer text; spoken words keep their phones.

        Args:
            text: what is written, up to the end of a word.
            known_end: where the words end that may be spoken; the others are only what follows those. None means
                that all may be spoken.

        Raises:
            TextError: the text cannot be read.
        """
        if self.phonemes is None or text != self.phonemes.text:
            self.phonemes = self.keep(self.phonemize(text))
        self._known_end = len(text) if known_end is None else known_end
        return self.phonemes

    def follow_by_mark(self) -> None:
        """Put a comma behind a begun word at the very end, as the word cannot be completed without what follows."""
        phonemes = self.phonemes
        if phonemes is None or self.word_end < len(phonemes):
            return
        mark = "，" if is_east_asian(phonemes.text[-1]) else ","
        self.phonemes = self.keep(self.phonemize(phonemes.text + mark))

    def keep(self, new: Phonemes) -> Phonemes:
        """The new reading, with spoken or begun words put back where it contradicts them."""
        old, count = self.phonemes, self.word_end
        if old is None or np.array_equal(old.ids[:count], new.ids[:count]):
            return new
        self.contradictions += 1
        return _spliced(old, count, new)

    @property
    def word_end(self) -> int:
        """The phone after the word that the last spoken phone belongs to."""
        if self.phonemes is None or not self.spoken:
            return 0
        begun = (unit for unit in units(self.phonemes) if unit.first < self.spoken <= unit.end)
        return next((unit.end for unit in begun), self.spoken)

    @property
    def spoken_end(self) -> int:
        """The character after the last word that was spoken or begun."""
        if self.phonemes is None or not self.spoken:
            return 0
        return max(end for _, end in self.phonemes.char_spans[: self.word_end])

    def limit(self, margin: int) -> int:
        """The first phone that must not be spoken yet.

        That is `margin` phones before the end of what is written, or earlier: where a word's reading may still
        change, or a Chinese word may become longer, and the tones before it with it.
        """
        if self.phonemes is None:
            return 0
        return max(0, min(len(self.phonemes) - margin, _settled(self.phonemes, self._known_end)))

    def end_before(self, limit: int, places: Iterable[int]) -> int:
        """Number of phones up to the last of these places in the text that is not behind a phone `limit`; 0 for none."""
        if self.phonemes is None:
            return 0
        starts = [start for start, _ in self.phonemes.char_spans]
        ends = (sum(1 for start in starts if start < place) for place in places)
        return max((end for end in ends if end <= limit), default=0)


def _settled(phonemes: Phonemes, known_end: int) -> int:
    """Number of phones that neither a longer last word nor those behind `known_end` can change.

    A third tone becomes a second before another, as far as they follow each other, and 一 and 不 go by what follows.
    """
    spans, open_from = phonemes.char_spans, min(unfinished_from(phonemes.text), known_end)
    count = next((n for n, (_, end) in enumerate(spans) if end > open_from), len(spans))
    while 0 < count < len(spans):
        before = count - 1
        start, end = spans[before]
        if phonemes.symbols[before][-1] not in "23" and phonemes.text[start:end] not in {
            "一",
            "不",
        }:
            break
        count = next(n for n, span in enumerate(spans) if span == spans[before])
    return count


def _spliced(old: Phonemes, count: int, new: Phonemes) -> Phonemes:
    """The first `count` phones of one reading, followed by another reading of the characters after them."""
    border = max(end for _, end in old.char_spans[:count])
    later = (n for n, (start, _) in enumerate(new.char_spans) if start >= border)
    first = next(later, len(new))
    features = None
    if old.features is not None or new.features is not None:
        parts = (_rows(old, slice(0, count), new), _rows(new, slice(first, None), old))
        features = np.concatenate(parts)
    return dataclasses.replace(
        new,
        symbols=(*old.symbols[:count], *new.symbols[first:]),
        ids=np.concatenate([old.ids[:count], new.ids[first:]]).astype(np.int32),
        char_spans=(*old.char_spans[:count], *new.char_spans[first:]),
        features=features,
    )


def _rows(
    of: Phonemes, part: slice, other: Phonemes
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    if of.features is not None:
        return of.features[part]
    width = other.features.shape[1] if other.features is not None else 0
    return np.zeros((len(of.ids[part]), width), np.float32)

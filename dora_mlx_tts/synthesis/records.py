"""The records that synthesis yields."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


class Asked(enum.Enum):
    """Marker between the pieces of a text where requested work is not done yet.

    READING: the prefill of a sentence. SOUND: a window's samples.
    """

    READING = enum.auto()
    SOUND = enum.auto()


@dataclass(frozen=True, slots=True)
class WordTiming:
    """When a word, or a character of a language without spaces, is spoken.

    Attributes:
        text: the word as written.
        start_s: start time in the request's audio.
        end_s: end time.
        start: index of its first character in the sentence.
        end: index after its last character.
    """

    text: str
    start_s: float
    end_s: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment of speech, in playing order.

    Attributes:
        samples: mono float32 in [-1, 1], [n].
        sample_rate: samples per second.
        text: the sentence it belongs to.
        sentence_index: index of that sentence in the request, from 0.
        fragment_index: index of the fragment in the sentence, from 0.
        is_final: whether this is the last fragment of the request.
        start_s: start time of the fragment in the request's audio, in seconds.
        tokens: number of semantic tokens (25 per second) generated for the fragment.
        words: the words that end in the fragment; a sentence's last fragment has all that remain.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    text: str
    sentence_index: int
    fragment_index: int
    is_final: bool
    start_s: float
    tokens: int
    words: tuple[WordTiming, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the fragment in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class Speech:
    """The speech of a whole text.

    Attributes:
        samples: mono float32 in [-1, 1], [n].
        sample_rate: samples per second.
        sentences: the sentences as spoken, in order.
        words: start and end of each word, in order.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    sentences: tuple[str, ...]
    words: tuple[WordTiming, ...] = ()

    @classmethod
    def of(cls, fragments: Sequence[Fragment]) -> Self:
        """Join all fragments of a text, at least one."""
        sentences = {fragment.sentence_index: fragment.text for fragment in fragments}
        return cls(
            samples=np.concatenate([fragment.samples for fragment in fragments]),
            sample_rate=fragments[0].sample_rate,
            sentences=tuple(sentences.values()),
            words=tuple(word for fragment in fragments for word in fragment.words),
        )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

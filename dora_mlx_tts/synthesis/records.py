"""What synthesis yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of speech, in playing order.

    Attributes:
        samples: mono float32 in [-1, 1], [n].
        sample_rate: samples a second.
        text: the sentence that this is a piece of.
        sentence_index: number of that sentence in the request, from 0.
        fragment_index: number of this piece in the sentence, from 0.
        is_final: whether this is the last piece of the request.
        start_s: where the piece begins in the request's audio, in seconds.
        tokens: semantic tokens (25 a second) that were generated for the piece.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    text: str
    sentence_index: int
    fragment_index: int
    is_final: bool
    start_s: float
    tokens: int

    @property
    def duration_s(self) -> float:
        """Length of the piece in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class Speech:
    """A whole text spoken.

    Attributes:
        samples: mono float32 in [-1, 1], [n].
        sample_rate: samples a second.
        sentences: the sentences as they were spoken, in order.
        words: start and end of each word, or None: this version does not measure them.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    sentences: tuple[str, ...]
    words: None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

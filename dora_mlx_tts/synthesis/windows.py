"""Divides a sentence into windows of sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx

from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND
from dora_mlx_tts.synthesis.pace import Pace


class SentenceVoice(Protocol):
    """What turns a sentence's codes into samples as they come.

    Attributes:
        speed: 2 speaks twice as fast.
    """

    speed: float

    def begin(self) -> None:
        """Start with what needs no codes, where that runs beside decoding."""

    def codes_for(self, seconds: float) -> int:
        """Codes that must be there, about, for so many seconds of sound to come out."""

    def speak(self, codes: Sequence[int], *, last: bool) -> Iterator[mx.array]:
        """More codes, to the samples [N] that are settled by them, with places to stop at."""


@dataclass(frozen=True, slots=True)
class WindowSizes:
    """A small first window, for an early start; then twice as large ones up to the largest.

    Attributes:
        first: seconds of sound.
        largest: seconds of sound.
        pace: makes them smaller or larger where they would come too late.
        hold: tokens that the guard wants to see before anything is spoken.
    """

    first: float
    largest: float
    pace: Pace
    hold: int = 20

    def tokens(self, voice: SentenceVoice) -> Iterator[int]:
        """New tokens that each window of a sentence waits for, without end."""
        rate = TOKENS_PER_SECOND * voice.speed
        size = self.pace.first(self.first, self.largest)
        yield max(voice.codes_for(size), self.hold)
        while True:
            wanted = min(max(2 * size, self.first), max(self.largest, self.first))
            size = self.pace.next(wanted, self.first, size)
            yield max(1, round(size * rate))

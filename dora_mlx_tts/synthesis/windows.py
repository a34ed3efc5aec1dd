"""Divides a sentence into windows of audio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx

from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND
from dora_mlx_tts.synthesis.pace import Pace


class SentenceVoice(Protocol):
    """Turns a sentence's codes into samples as they arrive.

    Attributes:
        speed: 2 speaks twice as fast.
    """

    speed: float

    def begin(self) -> None:
        """Start work that needs no codes, if it can run alongside decoding."""

    def codes_for(self, seconds: float) -> int:
        """Approximate number of codes needed for this many seconds of audio."""

    def speak(self, codes: Sequence[int], *, last: bool) -> Iterator[mx.array]:
        """Take more codes; yields the samples [N] that they settle, in steps at which one may stop."""


@dataclass(frozen=True, slots=True)
class WindowSizes:
    """A small first window for an early start; later ones double up to the largest.

    Attributes:
        first: seconds of audio.
        largest: seconds of audio.
        pace: makes them smaller or larger if they would be late.
        hold: tokens that the guard needs before anything is spoken.
    """

    first: float
    largest: float
    pace: Pace
    hold: int = 20

    def tokens(self, voice: SentenceVoice) -> Iterator[int]:
        """Number of new tokens that each window of a sentence waits for; endless."""
        rate = TOKENS_PER_SECOND * voice.speed
        size = self.pace.first(self.first, self.largest)
        lost = self.pace.speed.trimmed_s
        yield max(voice.codes_for(size), self.hold)
        while True:
            wanted = min(max(2 * size, self.first), max(self.largest, self.first))
            size, lost = self.pace.next(wanted, self.first, size - lost), 0.0
            yield max(1, round(size * rate))

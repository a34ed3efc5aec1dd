"""How a sentence is cut into windows of sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND


@dataclass(frozen=True, slots=True)
class WindowSizes:
    """A small first window, for an early start; then twice as large ones up to the largest.

    Attributes:
        first: seconds of sound.
        largest: seconds of sound.
        hold: tokens that the guard wants to see before anything is spoken.
    """

    first: float
    largest: float
    hold: int = 20

    def tokens(self, voice: SoVITSStream) -> Iterator[int]:
        """New tokens that each window of a sentence waits for, without end."""
        pace = TOKENS_PER_SECOND * voice.options.speed
        size = self.first
        yield max(voice.codes_for(size), self.hold)
        while True:
            size = min(max(2 * size, self.first), max(self.largest, self.first))
            yield max(1, round(size * pace))

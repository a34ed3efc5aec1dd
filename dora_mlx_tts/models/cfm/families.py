"""Differences between the flow-matching families: v3, v4, v5dev and v5turbo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dora_mlx_tts.audio.spectrogram import MEL_V3, MEL_V4, MelConfig
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be, one_of
from dora_mlx_tts.models.cfm.chunked import V3_SIZES, V4_SIZES, V5_SIZES, ChunkSizes

_V5_STEPS = (4, 8, 16, 32)
_MOST_GUIDANCE = 2.0


@dataclass(frozen=True, slots=True)
class FlowFamily:
    """Constants of a family.

    Attributes:
        name: its name.
        mel: parameters of the reference spectrogram.
        sizes: sizes of chunks.
        steps: default number of Euler steps per chunk.
        guidance: default guidance strength; None if the family never uses guidance.
        allowed_steps: numbers of steps that the family was trained for; empty allows any.
    """

    name: str
    mel: MelConfig
    sizes: ChunkSizes
    steps: int
    guidance: float | None = None
    allowed_steps: tuple[int, ...] = ()

    @property
    def conditioner(self) -> Literal["v3", "v4"]:
        """The kind of conditioner: v5 has that of v4."""
        return "v3" if self.name == "v3" else "v4"

    def sampling(self, steps: int | None, guidance: float | None) -> tuple[int, float]:
        """Steps and guidance strength, as requested or by default.

        Raises:
            SettingError: the family does not allow them.
        """
        chosen = self.steps if steps is None else steps
        if self.allowed_steps and chosen not in self.allowed_steps:
            allowed = one_of(self.allowed_steps)
            raise SettingError(must_be(f"sample_steps of {self.name}", allowed, chosen))
        if self.guidance is None:
            return chosen, 0.0
        strength = self.guidance if guidance is None else guidance
        if not math.isfinite(strength) or not 0 <= strength <= _MOST_GUIDANCE:
            raise SettingError(must_be("cfg_rate", f"from 0 to {_MOST_GUIDANCE:g}", strength))
        return chosen, strength


FLOWS: Mapping[str, FlowFamily] = {
    family.name: family
    for family in (
        FlowFamily("v3", MEL_V3, V3_SIZES, 32),
        FlowFamily("v4", MEL_V4, V4_SIZES, 8),
        FlowFamily("v5dev", MEL_V4, V5_SIZES, 32, 1.3, _V5_STEPS),
        FlowFamily("v5turbo", MEL_V4, V5_SIZES, 4, 0.0, _V5_STEPS),
    )
}

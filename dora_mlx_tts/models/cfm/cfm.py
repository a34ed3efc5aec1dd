"""Flow matching: from noise to a spectrogram in a chosen number of Euler steps."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import mlx.core as mx

from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.cfm.dit import Conditions, DiT
from dora_mlx_tts.models.core.layers import Layer
from dora_mlx_tts.packs.stored import Weight, Weights

MOST_STEPS = 128

_PREFIX = "cfm."
_UNUSED = re.compile(r"rotary_embed\.|\.freqs_cis$")  # tables, computed here


class CFM(Layer):
    """`cfm` of SoVITS v3 and v4 checkpoints."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        self.estimator = DiT(config)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """The `cfm.` tensors of a checkpoint as parameters of this module.

        Convolutions turn from [O, I, k] to [O, k, I]; types stay.
        """
        return {
            key.removeprefix(_PREFIX): _turn(key, value)
            for key, value in weights.items()
            if key.startswith(_PREFIX) and not _UNUSED.search(key)
        }

    def inference(
        self,
        mu: mx.array,
        prompt: mx.array,
        steps: int = 32,
        noise: mx.array | None = None,
        cfg_rate: float = 0.0,
        *,
        key: mx.array | None = None,
        each_step: Callable[[], object] | None = None,
    ) -> mx.array:
        """A spectrogram that continues a prompt.

        Args:
            mu: features [B, T, F] of the prompt's frames and of those to make.
            prompt: normalized spectrogram [1 or B, P, mels] of the first P frames, P < T.
            steps: Euler steps; more are slower and better.
            noise: standard normal values [B, T, mels] to start from.
            cfg_rate: how far to move away from what the network does without prompt and features;
                each step costs twice as much where it is not 0.
            key: of MLX's random numbers, where `noise` is not given.
            each_step: called after every step; what it raises ends the work.

        Returns:
            Normalized spectrogram [B, T, mels], float32; the first P frames are zeros.

        Raises:
            SettingError: steps or cfg_rate out of range.
            SynthesisError: shapes that do not fit.
        """
        _check_settings(steps, cfg_rate)
        if noise is None:
            noise = mx.random.normal((*mu.shape[:2], self.config.mels), key=key)
        self._check_shapes(mu, prompt, noise)
        batch, length = mu.shape[:2]
        given = prompt.shape[1]
        filled = mx.broadcast_to(prompt, (batch, given, prompt.shape[2]))
        filled = mx.pad(filled, [(0, 0), (0, length - given), (0, 0)])
        conditions = self.estimator.conditions(filled, mu)
        blank = None
        if cfg_rate > 0:
            blank = self.estimator.conditions(mx.zeros_like(filled), mx.zeros_like(mu))
        unknown = (mx.arange(length) >= given).astype(mx.float32)[:, None]
        x, size = noise.astype(mx.float32) * unknown, 1.0 / steps
        for step in range(steps):
            velocity = self._velocity(x, conditions, blank, (step * size, size), cfg_rate)
            x = (x + velocity * size) * unknown
            mx.eval(x)  # one step's graph at a time
            if each_step is not None:
                each_step()
        return x

    def _velocity(
        self,
        x: mx.array,
        conditions: Conditions,
        blank: Conditions | None,
        when: tuple[float, float],
        cfg_rate: float,
    ) -> mx.array:
        time = self.estimator.time(*when)
        velocity = self.estimator(x, conditions, time).astype(mx.float32)
        if blank is None:
            return velocity
        without = self.estimator(x, blank, time).astype(mx.float32)
        return velocity + (velocity - without) * cfg_rate

    def _check_shapes(self, mu: mx.array, prompt: mx.array, noise: mx.array) -> None:
        config = self.config
        batch, length, _ = mu.shape if mu.ndim == 3 else (0, 0, 0)  # noqa: PLR2004  [B, T, F]
        if not length or mu.shape[2] != config.features:
            raise SynthesisError(
                f"features have shape {tuple(mu.shape)}, expected [batch, frames,"
                f" {config.features}]"
            )
        fits = prompt.ndim == 3 and prompt.shape[0] in (1, batch)  # noqa: PLR2004  [B, P, mels]
        if not fits or prompt.shape[2] != config.mels or prompt.shape[1] >= length:
            raise SynthesisError(
                f"the prompt's spectrogram has shape {tuple(prompt.shape)}, expected [1 or {batch},"
                f" fewer than {length}, {config.mels}]"
            )
        if noise.shape != (batch, length, config.mels):
            raise SynthesisError(
                f"noise has shape {tuple(noise.shape)}, expected {(batch, length, config.mels)}"
            )


def _check_settings(steps: int, cfg_rate: float) -> None:
    if not 1 <= steps <= MOST_STEPS:
        raise SettingError(f"steps is {steps}; allowed: 1 to {MOST_STEPS}")
    if not math.isfinite(cfg_rate) or cfg_rate < 0:
        raise SettingError(f"cfg_rate is {cfg_rate}; allowed: 0 or more")


def _turn(key: str, values: Weight) -> Weight:
    if values.ndim != 3 or not key.endswith(".weight"):  # noqa: PLR2004  [O, I, k]
        return values
    return values.transpose(0, 2, 1)

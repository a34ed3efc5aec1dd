"""Flow matching: from noise to a spectrogram in a chosen number of Euler steps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import mlx.core as mx

from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.cfm.dit import Conditions, DiT, Modulation
from dora_mlx_tts.models.core.layers import Layer
from dora_mlx_tts.packs.stored import Weight, Weights
from dora_mlx_tts.runtime.device import Backend

MOST_STEPS = 128

_PREFIX = "cfm."
_TABLES = re.compile(r"rotary_embed\.|\.freqs_cis$")  # not parameters; see `DiTConfig.rotary_rates`
_KEPT_STEP_COUNTS = 4  # whose modulations are kept; 32 steps take 17 MB in float32


class CFM(Layer):
    """`cfm` of SoVITS v3, v4 and v5 checkpoints."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        self.estimator = DiT(config)
        self._modulations: dict[int, list[Modulation]] = {}

    @property
    def backend(self) -> Backend:
        """The backend it runs on."""
        return self._ops.backend

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """The `cfm.` tensors of a checkpoint as parameters of this module.

        Convolutions are transposed from [O, I, k] to [O, k, I]; types stay.
        """
        return {
            key.removeprefix(_PREFIX): _turn(key, value)
            for key, value in weights.items()
            if key.startswith(_PREFIX) and not _TABLES.search(key)
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
    ) -> mx.array:
        """A spectrogram that continues a prompt; see `sample`.

        Args:
            mu: see `sample`.
            prompt: see `sample`.
            steps: Euler steps.
            noise: see `sample`; None draws it.
            cfg_rate: strength of guidance.
            key: key for MLX's random numbers, if `noise` is not given.

        Returns:
            Normalized spectrogram [B, T, mels], float32; the first P frames are zeros.

        Raises:
            SettingError: steps or cfg_rate is out of range.
            SynthesisError: the shapes do not match.
        """
        if noise is None:
            noise = mx.random.normal((*mu.shape[:2], self.config.mels), key=key)
        *_, made = self.sample(mu, prompt, steps, noise, cfg_rate)
        return made

    def sample(
        self, mu: mx.array, prompt: mx.array, steps: int, noise: mx.array, cfg_rate: float = 0.0
    ) -> Iterator[mx.array]:
        """A spectrogram that continues a prompt, after each step.

        Args:
            mu: features [B, T, F] of the prompt's frames and of the frames to generate.
            prompt: normalized spectrogram [1 or B, P, mels] of the first P frames, P < T.
            steps: Euler steps; more are slower and better.
            noise: standard normal values [B, T, mels] to start from; those for the prompt do not matter.
            cfg_rate: guidance strength: how far to move away from the result without the prompt (v5), or
                without prompt and features (v3, v4); if not 0, each step costs twice as much.

        Yields:
            The current spectrogram [B, T, mels], float32; the first P frames are zeros. The last one is the
            result.

        Raises:
            SettingError: steps or cfg_rate is out of range.
            SynthesisError: the shapes do not match.
        """
        _check_settings(steps, cfg_rate)
        self._check_shapes(mu, prompt, noise)
        conditions = self._conditions(mu, prompt, guided=cfg_rate > 0)
        unknown = (mx.arange(mu.shape[1]) >= prompt.shape[1]).astype(mx.float32)[:, None]
        x = noise.astype(mx.float32) * (unknown * self.config.noise_scale)
        for modulation in self.modulations(steps):
            x = (x + self._velocity(x, conditions, modulation, cfg_rate) / steps) * unknown
            mx.eval(x)  # one step's graph at a time
            yield x

    def modulations(self, steps: int) -> list[Modulation]:
        """The modulation of the layers in each step, which is the same for all samples."""
        found = self._modulations.get(steps)
        if found is None:
            dit, size = self.estimator, 1.0 / steps
            found = dit.modulations([dit.time(step * size, size) for step in range(steps)])
            while len(self._modulations) >= _KEPT_STEP_COUNTS:
                del self._modulations[next(iter(self._modulations))]
            self._modulations[steps] = found
        return found

    def _conditions(self, mu: mx.array, prompt: mx.array, *, guided: bool) -> Conditions:
        """Conditions of the rows to sample, followed by those of the rows that guidance compares them with."""
        batch, length = mu.shape[:2]
        filled = mx.broadcast_to(prompt, (batch, *prompt.shape[1:]))
        filled = mx.pad(filled, [(0, 0), (0, length - prompt.shape[1]), (0, 0)])
        text = self.estimator.text(mu)
        if guided:
            keeps = self.config.guidance_keeps_features
            other = text if keeps else self.estimator.text(mx.zeros_like(mu))
            text = mx.concatenate([text, other], axis=0)
            filled = mx.concatenate([filled, mx.zeros_like(filled)], axis=0)
        return self.estimator.conditions(filled, text)

    def _velocity(
        self, x: mx.array, conditions: Conditions, modulation: Modulation, cfg_rate: float
    ) -> mx.array:
        if not cfg_rate:
            return self.estimator(x, conditions, modulation).astype(mx.float32)
        both = self.estimator(mx.concatenate([x, x], axis=0), conditions, modulation)
        velocity, without = mx.split(both.astype(mx.float32), 2, axis=0)
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
        raise SettingError(must_be("steps", f"from 1 to {MOST_STEPS}", steps))
    if not math.isfinite(cfg_rate) or cfg_rate < 0:
        raise SettingError(must_be("cfg_rate", "0 or more", cfg_rate))


def _turn(key: str, values: Weight) -> Weight:
    if values.ndim != 3 or not key.endswith(".weight"):  # noqa: PLR2004  [O, I, k]
        return values
    return values.transpose(0, 2, 1)

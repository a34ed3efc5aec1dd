"""Sizes of the flow matching network, read from its tensors alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.stored import full

HEAD_CHANNELS = 64  # of an attention head and of the rotated positions, in networks of all sizes
ROTARY = "rotary_embed.inv_freq"
"""Tensor with the rates of the rotary positions; files round them to half precision."""

_BASE = 10000.0
_V5_NOISE = 0.875

ROTARY_RATES = tuple((_BASE ** (-np.arange(0, HEAD_CHANNELS, 2) / HEAD_CHANNELS)).tolist())
"""The rates by formula, for networks whose file has none."""


@dataclass(frozen=True, slots=True)
class DiTConfig:
    """Sizes of the transformer.

    Attributes:
        channels: width.
        depth: transformer blocks.
        feed_forward: inner width of a block.
        features: channels of the conditioning features.
        text_depth: convolution blocks on the features.
        text_inner: inner width of such a block.
        mels: bins of the spectrogram.
        step_embedding: whether the network gets the step size as input (v3, v4; not v5).
        rotary_rates: radians per frame by which each pair of channels is rotated.
    """

    channels: int
    depth: int
    feed_forward: int
    features: int
    text_depth: int
    text_inner: int
    mels: int
    step_embedding: bool = True
    rotary_rates: tuple[float, ...] = ROTARY_RATES

    @property
    def noise_scale(self) -> float:
        """Standard deviation of the initial noise; v5 was trained with less."""
        return 1.0 if self.step_embedding else _V5_NOISE

    @property
    def guidance_keeps_features(self) -> bool:
        """Whether guidance keeps the features and drops only the prompt, as in v5."""
        return not self.step_embedding

    @property
    def heads(self) -> int:
        """Number of attention heads; not in the checkpoint, but a head has 64 channels in all sizes."""
        return self.channels // HEAD_CHANNELS

    @classmethod
    def from_weights(cls, weights: Mapping[str, Any], prefix: str = "cfm.estimator.") -> Self:
        """Read the sizes from the tensors of a SoVITS v3, v4 or v5 checkpoint.

        Raises:
            WeightsError: a tensor needed for a size is missing, or the sizes are inconsistent.
        """
        sizes = _Sizes(weights, prefix)
        mels, channels = sizes.of("proj_out.weight")
        feed_forward, _ = sizes.of("transformer_blocks.0.ff.ff.0.0.weight")
        text_inner, features = sizes.of("text_embed.text_blocks.0.pwconv1.weight")
        _, inputs = sizes.of("input_embed.proj.weight")
        if channels % HEAD_CHANNELS:
            raise WeightsError(
                f"flow matching network: its width {channels} is not a multiple of {HEAD_CHANNELS},"
                " the width of a head"
            )
        if inputs != 2 * mels + features:
            raise WeightsError(
                f"flow matching network: '{prefix}input_embed.proj.weight' has {inputs} inputs, but"
                f" two spectra of {mels} and features of {features} make {2 * mels + features}"
            )
        return cls(
            channels=channels,
            depth=sizes.count("transformer_blocks"),
            feed_forward=feed_forward,
            features=features,
            text_depth=sizes.count("text_embed.text_blocks"),
            text_inner=text_inner,
            mels=mels,
            step_embedding=f"{prefix}d_embed.time_mlp.0.weight" in weights,
            rotary_rates=_rotary_rates(weights, prefix + ROTARY),
        )


def _rotary_rates(weights: Mapping[str, Any], key: str) -> tuple[float, ...]:
    """The file's rates, rounded as in the file: the reference rotates by these."""
    if key not in weights:
        return ROTARY_RATES
    rates = np.asarray(full(weights[key]), np.float64)
    if rates.shape != (HEAD_CHANNELS // 2,) or not np.isfinite(rates).all():
        raise WeightsError(
            f"flow matching network: '{key}' must be {HEAD_CHANNELS // 2} finite numbers, got shape"
            f" {rates.shape}"
        )
    return tuple(rates.tolist())


class _Sizes:
    """Shapes of matrices under a prefix, with errors that name the tensor."""

    def __init__(self, weights: Mapping[str, Any], prefix: str) -> None:
        self._weights, self._prefix = weights, prefix

    def of(self, name: str) -> tuple[int, int]:
        key = self._prefix + name
        shape = tuple(self._weights[key].shape) if key in self._weights else ()
        if len(shape) != 2:  # noqa: PLR2004  a matrix
            raise WeightsError(f"flow matching network: tensor '{key}' is missing or not a matrix")
        return int(shape[0]), int(shape[1])

    def count(self, name: str) -> int:
        pattern = re.compile(re.escape(f"{self._prefix}{name}.") + r"(\d+)\.")
        found = (pattern.match(key) for key in self._weights)
        return len({match.group(1) for match in found if match})

"""Sizes of a vocoder, from its configuration, checked against its tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.sovits.config import GeneratorConfig
from dora_mlx_tts.packs.arrays import fold_weight_norm
from dora_mlx_tts.packs.stored import Weight, Weights

_BLOCK_KERNELS, _BLOCK_DILATIONS = (3, 7, 11), ((1, 3, 5),) * 3
_UPSAMPLING = re.compile(r"^ups\.\d+\.(0\.)?weight$")
_CONVOLUTION_AXES = 3


@dataclass(frozen=True, slots=True)
class VocoderConfig:
    """Sizes of a vocoder.

    Attributes:
        mels: bins of the spectrogram.
        generator: stages and residual blocks.
    """

    mels: int
    generator: GeneratorConfig

    @property
    def hop(self) -> int:
        """Samples per frame."""
        return int(np.prod(self.generator.rates))

    @classmethod
    def from_checkpoint(
        cls, config: Mapping[str, Any], weights: Mapping[str, Any], default: Self
    ) -> Self:
        """Read a configuration and check it against the tensors.

        Args:
            config: `upsample_rates` and so on, as in BigVGAN's `config.json`; missing values are those of
                `default`, so an empty one stands for the published network.
            weights: keys and layouts as in the checkpoint, with or without weight norm.
            default: the published network.

        Raises:
            WeightsError: a value is not allowed or contradicts a tensor.
        """
        if str(config.get("resblock", "1")) != "1":
            raise _refused("resblock", config["resblock"], "'1'")
        known = default.generator
        dilations = config.get("resblock_dilation_sizes", known.block_dilations)
        if not isinstance(dilations, list | tuple):
            raise _refused("resblock_dilation_sizes", dilations, "a list of lists")
        generator = GeneratorConfig(
            initial_channels=_shape(weights, "conv_pre")[0],
            rates=_sizes(config, "upsample_rates", known.rates),
            kernels=_sizes(config, "upsample_kernel_sizes", known.kernels),
            block_kernels=_sizes(config, "resblock_kernel_sizes", known.block_kernels),
            block_dilations=tuple(_checked("resblock_dilation_sizes", row) for row in dilations),
        )
        made = cls(_shape(weights, "conv_pre")[1], generator)
        made._check(config)
        return made

    def _check(self, config: Mapping[str, Any]) -> None:
        made = self.generator
        pairs = list(zip(made.kernels, made.rates, strict=False))
        for key, actual in (
            ("upsample_initial_channel", made.initial_channels),
            ("num_mels", self.mels),
        ):
            if config.get(key, actual) != actual:
                raise _refused(key, config[key], f"{actual}, which the tensors have")
        rules = (
            (len(made.rates) == len(made.kernels), "as many upsample kernels as rates"),
            (
                all(k >= u and (k - u) % 2 == 0 for k, u in pairs),
                "every upsample kernel at least its rate and of the same parity",
            ),
            (
                made.initial_channels % 2 ** len(made.rates) == 0,
                "channels that halve at every upsampling",
            ),
            (all(k % 2 for k in made.block_kernels), "odd kernels in residual blocks"),
            (
                len(made.block_dilations) == len(made.block_kernels),
                "as many dilations as kernels of residual blocks",
            ),
        )
        for holds, rule in rules:
            if not holds:
                raise WeightsError(f"vocoder configuration: a vocoder has {rule}")


BIGVGAN_24K = VocoderConfig(
    100,
    GeneratorConfig(
        initial_channels=1536,
        rates=(4, 4, 2, 2, 2, 2),
        kernels=(8, 8, 4, 4, 4, 4),
        block_kernels=_BLOCK_KERNELS,
        block_dilations=_BLOCK_DILATIONS,
    ),
)
"""v3: `bigvgan_v2_24khz_100band_256x`."""

HIFIGAN_48K = VocoderConfig(
    100,
    GeneratorConfig(
        initial_channels=512,
        rates=(10, 6, 2, 2, 2),
        kernels=(20, 12, 4, 4, 4),
        block_kernels=_BLOCK_KERNELS,
        block_dilations=_BLOCK_DILATIONS,
    ),
)
"""The vocoder published with v4's base model."""


def sanitize(weights: Weights) -> dict[str, Weight]:
    """Checkpoint tensors to parameters: weight norm folded, convolutions transposed to [O, k, I].

    BigVGAN's filters are tables that are computed here, so they are dropped.

    Raises:
        WeightsError: half of a weight-norm pair is missing or does not match the other.
    """
    needed = {key: value for key, value in weights.items() if not key.endswith(".filter")}
    return {key: _turn(key, value) for key, value in fold_weight_norm(needed, "vocoder").items()}


def _turn(key: str, values: Weight) -> Weight:
    if values.ndim != _CONVOLUTION_AXES:
        return values
    axes = (1, 2, 0) if _UPSAMPLING.match(key) else (0, 2, 1)
    return values.transpose(*axes)


def _shape(weights: Mapping[str, Any], name: str) -> tuple[int, ...]:
    for ending in ("weight", "weight_v", "parametrizations.weight.original1"):
        found = weights.get(f"{name}.{ending}")
        if found is not None and len(found.shape) == _CONVOLUTION_AXES:
            return tuple(int(size) for size in found.shape)
    raise WeightsError(f"vocoder: tensor '{name}.weight' is missing or not a convolution's")


def _sizes(config: Mapping[str, Any], key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    return _checked(key, config.get(key, default))


def _checked(key: str, values: object) -> tuple[int, ...]:
    allowed = "a list of integers above 0"
    if not isinstance(values, list | tuple) or not values:
        raise _refused(key, values, allowed)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _refused(key, values, allowed)
    return tuple(values)


def _refused(key: str, value: object, allowed: str) -> WeightsError:
    return WeightsError(must_be(f"vocoder configuration: '{key}'", allowed, value))

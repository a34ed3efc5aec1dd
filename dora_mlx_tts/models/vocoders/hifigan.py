"""HiFi-GAN at 48 kHz: SoVITS's generator without a style vector, on a spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mlx.core as mx

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.core.layers import Conv1d
from dora_mlx_tts.models.core.ops import leaky_relu
from dora_mlx_tts.models.sovits.generator import EDGE_KERNEL, LAST_SLOPE, Generator
from dora_mlx_tts.models.vocoders import config as checkpoint
from dora_mlx_tts.models.vocoders.config import HIFIGAN_48K, VocoderConfig
from dora_mlx_tts.packs.stored import Weight, Weights


class HiFiGAN(Generator):
    """The vocoder of SoVITS v4 and v5."""

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__(config.generator, config.mels, 1)
        self.vocoder = config
        del self["cond"]  # there is no style
        width = config.generator.initial_channels // 2 ** len(config.generator.rates)
        self.conv_post = Conv1d(width, 1, EDGE_KERNEL)

    @staticmethod
    def read_config(config: Mapping[str, Any], weights: Mapping[str, Any]) -> VocoderConfig:
        """Sizes from a configuration (empty for the published network) and tensors.

        Raises:
            WeightsError: see `VocoderConfig.from_checkpoint`; or there is a style.
        """
        if config.get("gin_channels", 0) != 0:
            raise WeightsError(
                must_be("vocoder configuration: 'gin_channels'", "0", config["gin_channels"])
            )
        return VocoderConfig.from_checkpoint(config, weights, HIFIGAN_48K)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """Checkpoint tensors to parameters of this module; see `vocoders.config.sanitize`."""
        return checkpoint.sanitize(weights)

    def __call__(self, z: mx.array, ge: mx.array | None = None) -> mx.array:  # noqa: ARG002  no style
        """Log mel spectrogram [B, T, mels] to samples [B, T * hop] in [-1, 1]."""
        x = self.conv_pre(z)
        for stage in range(len(self.ups)):
            x = self.stage(stage, x)
        return self._ops.tanh(self.conv_post(leaky_relu(x, LAST_SLOPE))[..., 0])

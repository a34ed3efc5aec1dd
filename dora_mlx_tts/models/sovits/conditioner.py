"""SoVITS v3, v4 and v5: codes, phones and style to the features that flow matching starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Self

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be, one_of
from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.core.ops import leaky_relu
from dora_mlx_tts.models.sovits import sanitize as checkpoint
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.flow import KERNEL, WN
from dora_mlx_tts.models.sovits.semantic import SemanticEncoder, resample_latent
from dora_mlx_tts.packs.stored import Weight, Weights

Version = Literal["v3", "v4"]

_SLOPE = 0.01
_LAYERS = 8
_RATIOS: dict[str, Fraction] = {"v3": Fraction(15, 8), "v4": Fraction(2)}
_MASKED_FRAMES = {"v3": 3.875, "v4": 4.0}  # per code; used by the reference to compute its mask
_NOT_HERE = ("cfm.", "dec.", "flow.")


@dataclass(frozen=True, slots=True)
class ConditionerConfig:
    """Sizes of the network.

    Attributes:
        semantic: sizes that all families share.
        features: channels of the output.
        ratio: feature frames per latent frame: 15/8 (93.75 Hz) in v3, 2 (100 Hz) in v4.
        masked: frames per code by which the reference computes the number of unmasked frames.
    """

    semantic: SoVITSConfig
    features: int
    ratio: Fraction
    masked: float

    @classmethod
    def from_checkpoint(
        cls, config: Mapping[str, Any], weights: Mapping[str, Any], version: Version
    ) -> Self:
        """Read a checkpoint's configuration and tensors (PyTorch layouts).

        The tensors of both versions look alike, so the family must be given. v5 uses that of v4.

        Raises:
            WeightsError: see `SoVITSConfig.from_checkpoint`; or the version is another one.
        """
        if version not in _RATIOS:
            raise WeightsError(
                must_be("version of SoVITS with a conditioner", one_of(_RATIOS), version)
            )
        bridge = weights.get("bridge.0.weight")
        if bridge is None or len(bridge.shape) != 3:  # noqa: PLR2004  [O, I, 1]
            raise WeightsError("SoVITS checkpoint: tensor 'bridge.0.weight' is missing")
        semantic = SoVITSConfig.from_checkpoint(config, _with_generator(config, weights))
        return cls(semantic, int(bridge.shape[0]), _RATIOS[version], _MASKED_FRAMES[version])


class Conditioner(SemanticEncoder):
    """`decode_encp` of `SynthesizerTrnV3`.

    The style comes from the main reference alone; v3 and v4 ignore auxiliary references.
    """

    def __init__(self, config: ConditionerConfig) -> None:
        super().__init__(config.semantic)
        self.ratio, self.masked = config.ratio, config.masked
        width = config.features
        self.bridge = [Linear(config.semantic.channels, width)]
        self.wns1 = WaveNet(width, config.semantic.style_channels)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """Checkpoint tensors to parameters of this module; flow matching's are left out.

        Raises:
            WeightsError: see `sovits.sanitize`.
        """
        return checkpoint.sanitize(
            {key: value for key, value in weights.items() if not key.startswith(_NOT_HERE)}
        )

    def condition(
        self, codes: mx.array, text: mx.array, ge: mx.array, speed: float = 1.0
    ) -> mx.array:
        """Codes [1, n], phones [1, m] and style [1, 1, G] to features [1, T, F].

        T is the number of latent frames (2 n at speed 1) times `ratio`, rounded down.

        Raises:
            TtsError: see `encode_latent` and `resample_latent`.
        """
        latent = resample_latent(self.encode_latent(codes, text, ge), speed)
        length = self.feature_frames(latent.shape[1])
        return self.features(
            self.stretched(latent, range(length)), ge, self.unmasked_frames(codes.shape[1], speed)
        )

    def feature_frames(self, latent_frames: int) -> int:
        """Number of feature frames for a sentence of this many latent frames."""
        return latent_frames * self.ratio.numerator // self.ratio.denominator

    def unmasked_frames(self, codes: int, speed: float) -> int:
        """Number of feature frames that the reference does not mask; may be less than the sentence's length.

        At speeds other than 1, lengths are rounded down before and after the multiplication.
        """
        frames = codes * self.masked
        return int(frames) if speed == 1 else int(frames / speed) + 1

    def stretched(self, latent: mx.array, frames: range, first: int = 0) -> mx.array:
        """Stretch latent frames [1, t, C], beginning at index `first`, to the input of feature frames."""
        numbers = np.arange(frames.start, frames.stop)
        nearest = numbers * self.ratio.denominator // self.ratio.numerator - first
        bridged: mx.array = self.bridge[0](latent)
        return leaky_relu(bridged, _SLOPE)[:, mx.array(nearest)]

    def features(self, x: mx.array, ge: mx.array, unmasked: int | None = None) -> mx.array:
        """Input [1, T, F] to features; masked frames are zeros."""
        length = x.shape[1]
        made: mx.array = self.wns1(x[:, :unmasked], ge)
        masked = length - made.shape[1]
        return mx.pad(made, [(0, 0), (0, masked), (0, 0)]) if masked else made


class WaveNet(Layer):
    """Gated convolutions between two affine maps, conditioned on the style vector."""

    def __init__(self, channels: int, style_channels: int) -> None:
        super().__init__()
        self.pre = Linear(channels, channels)
        self.enc = WN(channels, KERNEL, _LAYERS, style_channels)
        self.proj = Linear(channels, channels)

    def __call__(self, x: mx.array, ge: mx.array) -> mx.array:
        """[B, T, C] and style [B, 1, G] to [B, T, C]."""
        return self.proj(self.enc(self.pre(x), ge))

    @property
    def receptive_frames(self) -> int:
        """Number of frames on each side that a frame depends on."""
        return _LAYERS * (KERNEL // 2)


@dataclass(frozen=True, slots=True)
class _Shape:
    shape: tuple[int, ...]


def _with_generator(config: Mapping[str, Any], weights: Mapping[str, Any]) -> dict[str, Any]:
    """Add the shapes of the generator, which the configuration describes but the file lacks."""
    model = config.get("model", config)
    initial = model.get("upsample_initial_channel") if isinstance(model, Mapping) else None
    embedding, style = (
        weights.get(f"{name}.weight") for name in ("enc_p.text_embedding", "ref_enc.fc.fc")
    )
    if initial is None or embedding is None or style is None:
        return dict(weights)  # the reader then names what is missing
    return {
        **weights,
        "dec.conv_pre.weight": _Shape((initial, embedding.shape[-1], 7)),
        "dec.cond.weight": _Shape((initial, style.shape[0], 1)),
    }

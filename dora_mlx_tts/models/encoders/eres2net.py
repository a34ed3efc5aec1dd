"""ERes2NetV2: who is speaking, from a filter bank (Chen et al. 2024, arXiv:2406.02167).

v2Pro voices add its embedding to the style of each reference. Images are [B, T, F, C]: time first, as
everywhere, then frequency; kernels are transposed to match. Batch norms are folded into the convolutions before
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.spectrogram import kaldi_fbank
from dora_mlx_tts.errors import ReferenceAudioError, WeightsError
from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.core.ops import relu
from dora_mlx_tts.packs.tensors import Array

SAMPLE_RATE = 16000
MELS = 80

_KERNEL = 3
_CEILING = 20.0  # upper bound of the rectifiers inside the blocks
_NORM_EPS = 1e-5
_STRIDES = (1, 2, 2, 2)
_REDUCTION = 4  # factor of the inner width of a fusion
_IMAGE_AXES = 3  # [B, T, mels]
_UNUSED = re.compile(
    r"^(seg|pool)\w*\.|\.num_batches_tracked$"
)  # pooling and head used in training
_NORM = re.compile(r"^(?P<path>.*\.)?(?P<kind>bn|bns\.|shortcut\.|local_att\.)(?P<number>\d+)$")


@dataclass(frozen=True, slots=True)
class StageConfig:
    """Sizes of one of the four stages.

    Attributes:
        blocks: number of blocks.
        width: channels of each group that a block's image is split into.
        outputs: output channels of a block.
        fused: whether groups are joined by learned weights rather than by addition.
    """

    blocks: int
    width: int
    outputs: int
    fused: bool


@dataclass(frozen=True, slots=True)
class SpeakerConfig:
    """Sizes of the network.

    Attributes:
        channels: channels after the first convolution.
        groups: groups per block.
        stages: the four stages.
    """

    channels: int
    groups: int
    stages: tuple[StageConfig, ...]

    @property
    def embedding(self) -> int:
        """Size of the embedding: the last stage's channels times its frequencies."""
        frequencies = MELS
        for stride in _STRIDES:
            frequencies = -(-frequencies // stride)
        return self.stages[-1].outputs * frequencies

    @classmethod
    def from_weights(cls, weights: Mapping[str, Any]) -> Self:
        """Read the sizes from a checkpoint's tensors.

        Raises:
            WeightsError: a tensor needed for a size is missing, or the sizes do not match such a network.
        """
        stages = []
        for layer in range(1, len(_STRIDES) + 1):
            found = (re.match(rf"layer{layer}\.(\d+)\.", key) for key in weights)
            stages.append(
                StageConfig(
                    blocks=len({match.group(1) for match in found if match}),
                    width=_size(weights, f"layer{layer}.0.convs.0.weight", 0),
                    outputs=_size(weights, f"layer{layer}.0.conv3.weight", 0),
                    fused=f"layer{layer}.0.fuse_models.0.local_att.0.weight" in weights,
                )
            )
        rows = _size(weights, "layer1.0.conv1.weight", 0)
        if rows % stages[0].width:
            raise WeightsError(
                f"speaker network: 'layer1.0.conv1.weight' has {rows} outputs, which do not split"
                f" into groups of {stages[0].width}"
            )
        channels = _size(weights, "conv1.weight", 0)
        return cls(channels, rows // stages[0].width, tuple(stages))


def _size(weights: Mapping[str, Any], key: str, axis: int) -> int:
    if key not in weights or len(weights[key].shape) != 4:  # noqa: PLR2004  [O, I, k, k]
        raise WeightsError(f"speaker network: tensor '{key}' is missing or not a convolution's")
    return int(weights[key].shape[axis])


class Conv3x3(Layer):
    """Zero-padded convolution over time and frequency; `weight` [O, 3, 3, I], `bias` [O].

    Undilated convolution runs as one matrix product on every device.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.weight = mx.zeros((outputs, _KERNEL, _KERNEL, inputs))
        if bias:
            self.bias = mx.zeros((outputs,))
        self.stride = stride

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, F, I] to [B, ceil(T / stride), ceil(F / stride), O]."""
        y = mx.conv2d(x, self.weight, self.stride, _KERNEL // 2)
        return y + self.bias if "bias" in self else y


class Fusion(Layer):
    """Joins two images by attention over their channels (AFF, arXiv:2009.14082)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // _REDUCTION
        self.local_att: list[Any] = [Linear(2 * channels, inner), {}, {}, Linear(inner, channels)]

    def __call__(self, x: mx.array, y: mx.array) -> mx.array:
        """Two arrays [..., C] to one."""
        inner = self.local_att[0](mx.concatenate([x, y], axis=-1))
        share: mx.array = self._ops.tanh(self.local_att[3](inner * self._ops.sigmoid(inner)))
        return x + y + (x - y) * share


class Block(Layer):
    """Groups of channels, each convolved after adding the one before (Res2Net), with a residual."""

    def __init__(self, inputs: int, stage: StageConfig, groups: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = Linear(inputs, stage.width * groups)
        self.convs = [Conv3x3(stage.width, stage.width) for _ in range(groups)]
        if stage.fused:
            self.fuse_models = [Fusion(stage.width) for _ in range(groups - 1)]
        self.conv3 = Linear(stage.width * groups, stage.outputs)
        if stride != 1 or inputs != stage.outputs:
            self.shortcut = [Linear(inputs, stage.outputs)]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, F, I] to [B, ceil(T / stride), ceil(F / stride), O]."""
        if self.stride > 1:  # kernels of one pixel ignore the other pixels
            x = x[:, :: self.stride, :: self.stride]
        groups = mx.split(_clipped(self.conv1(x)), len(self.convs), axis=-1)
        outputs: list[mx.array] = []
        for index, (group, convolution) in enumerate(zip(groups, self.convs, strict=True)):
            joined = self._joined(index, outputs[-1], group) if outputs else group
            outputs.append(_clipped(convolution(joined)))
        y = self.conv3(mx.concatenate(outputs, axis=-1))
        return _clipped(y + (self.shortcut[0](x) if "shortcut" in self else x))

    def _joined(self, index: int, before: mx.array, group: mx.array) -> mx.array:
        if "fuse_models" in self:
            fused: mx.array = self.fuse_models[index - 1](before, group)
            return fused
        return before + group


def _clipped(x: mx.array) -> mx.array:
    return mx.minimum(relu(x), _CEILING)


class SpeakerNetwork(Layer):
    """The whole network, up to the statistics that GPT-SoVITS uses (`forward3`)."""

    def __init__(self, config: SpeakerConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1 = Conv3x3(1, config.channels)
        inputs = config.channels
        stages = []
        for stage, stride in zip(config.stages, _STRIDES, strict=True):
            blocks = []
            for index in range(stage.blocks):
                blocks.append(Block(inputs, stage, config.groups, 1 if index else stride))
                inputs = stage.outputs
            stages.append(blocks)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        third, fourth = config.stages[-2].outputs, config.stages[-1].outputs
        self.layer3_ds = Conv3x3(third, fourth, stride=2, bias=False)
        self.fuse34 = Fusion(fourth)

    def __call__(self, fbank: mx.array) -> mx.array:
        """Filter bank [B, T, 80] to embeddings [B, `config.embedding`].

        Raises:
            ReferenceAudioError: the shape is wrong, or there are no frames.
        """
        if fbank.ndim != _IMAGE_AXES or fbank.shape[1] < 1 or fbank.shape[2] != MELS:
            raise ReferenceAudioError(
                f"filter bank must be [batch, frames, {MELS}], got {tuple(fbank.shape)}"
            )
        x = self.stem(fbank)
        for blocks in (self.layer1, self.layer2, self.layer3):
            x = _run(blocks, x)
        fused = self.fuse34(_run(self.layer4, x), self.layer3_ds(x))
        means = mx.mean(fused, axis=1)  # [B, F, C]; frequency varies fastest in the embedding
        return means.swapaxes(1, 2).reshape(means.shape[0], -1)

    def stem(self, fbank: mx.array) -> mx.array:
        """Filter bank [B, T, 80] to an image [B, T, 80, C]."""
        return relu(self.conv1(fbank[..., None]))

    def embed(self, samples: NDArray[np.float32]) -> mx.array:
        """Samples [N] at 16 kHz to an embedding [1, `config.embedding`].

        Raises:
            AudioError: the samples do not fill one frame.
        """
        return self(mx.array(kaldi_fbank(samples, SAMPLE_RATE, MELS))[None])

    @staticmethod
    def sanitize(weights: Mapping[str, Array]) -> dict[str, Array]:
        """Checkpoint tensors to parameters of this module.

        Batch norms are folded into the convolutions before them; kernels are transposed from [O, I, F, T] to
        [O, T, F, I], those of one pixel to matrices [O, I]. Tensors not needed for embeddings are dropped.

        Raises:
            WeightsError: part of a batch norm, or its convolution, is missing or has a wrong shape.
        """
        needed = {key: value for key, value in weights.items() if not _UNUSED.search(key)}
        return {key: _turn(value) for key, value in _fold_norms(needed).items()}


def _run(blocks: list[Block], x: mx.array) -> mx.array:
    for block in blocks:
        x = block(x)
    return x


def _fold_norms(weights: Mapping[str, Array]) -> dict[str, Array]:
    """`gamma (conv(x) - mean) / sqrt(var + eps) + beta` as one convolution with a bias."""
    folded = dict(weights)
    for name in [key.removesuffix(".running_mean") for key in weights if "running_mean" in key]:
        convolution = _before(name)
        keys = [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        kernel = folded.get(f"{convolution}.weight")
        missing = [key for key in keys if key not in folded]
        if kernel is None or missing:
            raise WeightsError(
                f"speaker network: batch norm '{name}' comes without"
                f" '{missing[0] if missing else f'{convolution}.weight'}'"
            )
        gamma, beta, mean, variance = (folded.pop(key).astype(np.float32) for key in keys)
        offset = folded.get(f"{convolution}.bias", np.zeros_like(gamma)).astype(np.float32)
        parts = (beta, mean, variance, offset)
        if any(part.shape != gamma.shape for part in parts) or gamma.shape != kernel.shape[:1]:
            raise WeightsError(f"speaker network: batch norm '{name}' does not fit '{convolution}'")
        scale = gamma / np.sqrt(variance + _NORM_EPS)
        folded[f"{convolution}.weight"] = kernel.astype(np.float32) * scale[:, None, None, None]
        folded[f"{convolution}.bias"] = (offset - mean) * scale + beta
    return folded


def _before(norm: str) -> str:
    """The convolution before a batch norm: the one of the same number, or the preceding one in a sequence."""
    match = _NORM.match(norm)
    if match is None:
        raise WeightsError(f"speaker network: batch norm '{norm}' follows no known convolution")
    path, kind, number = match["path"] or "", match["kind"], int(match["number"])
    if kind in ("bn", "bns."):
        return f"{path}{kind.replace('bn', 'conv')}{number}"
    return f"{path}{kind}{number - 1}"


def _turn(values: Array) -> Array:
    if values.ndim != 4:  # noqa: PLR2004  [O, I, F, T]
        return values
    if values.shape[2:] == (1, 1):
        return values[:, :, 0, 0]
    return np.ascontiguousarray(values.transpose(0, 3, 2, 1))

"""HuBERT: speech at 16 kHz to 50 feature vectors per second (Hsu et al. 2021, arXiv:2106.07447).

The variant of chinese-hubert-base: group norm in the first convolution, layer norm after each
residual. Its input is the recording, without normalization.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import mlx.core as mx
from mlx import nn

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.attention import attend
from dora_mlx_tts.models.core.layers import Conv1d, Layer, LayerNorm, Linear
from dora_mlx_tts.models.core.two_threads import Halves, Runner, Task
from dora_mlx_tts.models.encoders.hf_config import check_divides, read_config
from dora_mlx_tts.packs.arrays import fold_weight_norm
from dora_mlx_tts.packs.stored import Weight, Weights

SAMPLE_RATE = 16000

_FIXED = {
    "model_type": "hubert",
    "feat_extract_norm": "group",
    "feat_extract_activation": "gelu",
    "feat_proj_layer_norm": True,
    "hidden_act": "gelu",
    "do_stable_layer_norm": False,
    "conv_pos_batch_norm": False,
}
_UNUSED = re.compile(r"masked_spec_embed$|lm_head\.")  # for masked frames in training; CTC heads


@dataclass(frozen=True, slots=True)
class HubertConfig:
    """Sizes of the network, under the names of `config.json`."""

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    conv_dim: tuple[int, ...] = (512,) * 7
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    conv_bias: bool = False
    num_conv_pos_embeddings: int = 128
    num_conv_pos_embedding_groups: int = 16
    layer_norm_eps: float = 1e-5

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read `config.json`.

        Raises:
            WeightsError: sizes that do not fit together, or another variant of the network.
        """
        config = read_config(cls, data, _FIXED, "HuBERT")
        if not len(config.conv_dim) == len(config.conv_kernel) == len(config.conv_stride):
            raise WeightsError(
                "HuBERT configuration: conv_dim, conv_kernel and conv_stride differ in length:"
                f" {len(config.conv_dim)}, {len(config.conv_kernel)}, {len(config.conv_stride)}"
            )
        hidden = config.hidden_size
        check_divides(hidden, config.num_attention_heads, "hidden_size and heads", "HuBERT")
        groups = config.num_conv_pos_embedding_groups
        check_divides(hidden, groups, "hidden_size and position groups", "HuBERT")
        return config

    def frames(self, samples: int) -> int:
        """Number of feature vectors for `samples` samples; zero if there are too few."""
        for kernel, stride in zip(self.conv_kernel, self.conv_stride, strict=True):
            samples = max(0, (samples - kernel) // stride + 1)
        return samples


class ChannelNorm(LayerNorm):
    """Normalizes each channel over time: a group norm with one channel per group."""

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        wide = x.astype(mx.float32)  # sums over many thousand frames
        centred = wide - wide.mean(axis=1, keepdims=True)
        variance = mx.square(centred).mean(axis=1, keepdims=True)
        y = centred * (mx.rsqrt(variance + self.eps) * self.weight) + self.bias
        return y.astype(x.dtype)


class ConvLayer(Layer):
    """Strided convolution, normalization (in the first layer only) and GELU."""

    def __init__(self, config: HubertConfig, index: int) -> None:
        super().__init__()
        inputs = config.conv_dim[index - 1] if index else 1
        outputs = config.conv_dim[index]
        self.conv = Conv1d(
            inputs,
            outputs,
            config.conv_kernel[index],
            stride=config.conv_stride[index],
            padding=0,
            bias=config.conv_bias,
        )
        if index == 0:
            self.layer_norm = ChannelNorm(outputs)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, I] to [B, T', O]."""
        return self.activated(self.normalised(x))

    def normalised(self, x: mx.array) -> mx.array:
        """The part that may depend on all frames: [B, T, C] to [B, T', C']."""
        x = self.conv(x)
        return self.layer_norm(x) if "layer_norm" in self else x

    def activated(self, x: mx.array) -> mx.array:
        """The part that treats each frame separately; the shape stays."""
        return self._ops.gelu(x)


class FeatureExtractor(nn.Module):
    """Samples to frames, 320 samples per frame in the usual configuration."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.conv_layers = [ConvLayer(config, i) for i in range(len(config.conv_dim))]

    @property
    def dtype(self) -> mx.Dtype:
        """The type it computes in."""
        found: mx.Dtype = self.conv_layers[0].layer_norm.weight.dtype
        return found

    def __call__(self, samples: mx.array, run: Runner | None = None) -> mx.array:
        """[B, N] to [B, T, C]; with `run`, all layers but the first are computed in two halves of the time axis."""
        first = self.conv_layers[0]
        x = first.normalised(samples[..., None])
        if run is None or self._frames(x.shape[1]) < 2:  # noqa: PLR2004  two halves
            return self._rest(x)
        mx.eval(x)
        step = math.prod(layer.conv.stride for layer in self.conv_layers[1:])
        middle = self._frames(x.shape[1]) // 2
        left, right = x[:, : (middle - 1) * step + self._reach()], x[:, middle * step :]
        mx.eval(left, right)
        halves = run([lambda: self._rest(left), lambda: self._rest(right)])
        return mx.concatenate(halves, axis=1)

    def _rest(self, x: mx.array) -> mx.array:
        """The first layer's normalized frames to the features."""
        x = self.conv_layers[0].activated(x)
        for layer in self.conv_layers[1:]:
            x = layer(x)
        return x

    def _frames(self, frames: int) -> int:
        for layer in self.conv_layers[1:]:
            frames = max(0, (frames - layer.conv.kernel) // layer.conv.stride + 1)
        return frames

    def _reach(self) -> int:
        """Number of first-layer frames that one feature depends on."""
        reach = 1
        for layer in reversed(self.conv_layers[1:]):
            reach = (reach - 1) * layer.conv.stride + layer.conv.kernel
        return reach


class FeatureProjection(nn.Module):
    """Frames to the width of the encoder."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.layer_norm = LayerNorm(config.conv_dim[-1], config.layer_norm_eps)
        self.projection = Linear(config.conv_dim[-1], config.hidden_size)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, I] to [B, T, C]."""
        return self.projection(self.layer_norm(x))


class PositionalConv(Layer):
    """Positional information from neighbouring frames: one wide grouped convolution and GELU."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.conv = Conv1d(
            config.hidden_size,
            config.hidden_size,
            config.num_conv_pos_embeddings,
            padding=config.num_conv_pos_embeddings // 2,
            groups=config.num_conv_pos_embedding_groups,
        )

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]; an even kernel gives one frame too many, so the last one is dropped."""
        return self._ops.gelu(self.conv(x)[:, : x.shape[1]])


class Attention(Layer):
    """Self-attention without a mask."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.q_proj = Linear(width, width)
        self.k_proj = Linear(width, width)
        self.v_proj = Linear(width, width)
        self.out_proj = Linear(width, width)

    def __call__(self, x: mx.array, key: mx.array, value: mx.array) -> mx.array:
        """Frames [B, n, C] attending to keys and values [B, T, C], to [B, n, C]."""
        return self.out_proj(attend(self.q_proj(x), key, value, self.heads, self._ops))


class FeedForward(Layer):
    """Two affine maps with GELU in between."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.intermediate_dense = Linear(config.hidden_size, config.intermediate_size)
        self.output_dense = Linear(config.intermediate_size, config.hidden_size)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        return self.output_dense(self._ops.gelu(self.intermediate_dense(x)))


class EncoderLayer(nn.Module):
    """Attention and feed-forward, each followed by its layer norm."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.layer_norm = LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.feed_forward = FeedForward(config)
        self.final_layer_norm = LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, x: mx.array, run: Runner | None = None) -> mx.array:
        """[B, T, C] to [B, T, C]; with `run`, in two halves of the time axis."""
        attention = self.attention
        tasks: list[Task] = [lambda: attention.k_proj(x), lambda: attention.v_proj(x)]
        middle = x.shape[1] // 2
        if run is None or middle < 1:
            key, value = (task() for task in tasks)
            return self._frames(x, key, value)
        left, right = x[:, :middle], x[:, middle:]
        mx.eval(x, left, right)
        key, value = run(tasks)
        halves: list[Task] = [
            lambda: self._frames(left, key, value),
            lambda: self._frames(right, key, value),
        ]
        return mx.concatenate(run(halves), axis=1)

    def _frames(self, x: mx.array, key: mx.array, value: mx.array) -> mx.array:
        x = self.layer_norm(x + self.attention(x, key, value))
        return self.final_layer_norm(x + self.feed_forward(x))


class Encoder(nn.Module):
    """Positions and the stack of layers."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.pos_conv_embed = PositionalConv(config)
        self.layer_norm = LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.layers = [EncoderLayer(config) for _ in range(config.num_hidden_layers)]

    def __call__(self, x: mx.array, run: Runner | None = None) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        x = self.layer_norm(x + self.pos_conv_embed(x))
        for layer in self.layers:
            x = layer(x, run)
        return x


class Hubert(Layer):
    """The whole network."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_extractor = FeatureExtractor(config)
        self.feature_projection = FeatureProjection(config)
        self.encoder = Encoder(config)
        self._halves = Halves()

    def __call__(self, samples: mx.array) -> mx.array:
        """Features [B, T, hidden], float32, of samples [B, N] at 16 kHz, T = `config.frames(N)`."""
        run = self._halves.runner(self._ops.backend)
        x = samples.astype(self.feature_extractor.dtype)
        features = self.encoder(self.feature_projection(self.feature_extractor(x, run)), run)
        return features.astype(mx.float32)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """Map checkpoint keys and PyTorch layouts to this module's.

        The `hubert.` prefix is removed, the weight norm of the positional convolution (old or new spelling) is
        folded, and convolutions are transposed from [O, I, k] to [O, k, I].

        Raises:
            WeightsError: half of the weight-norm pair is missing.
        """
        named = {key.removeprefix("hubert."): value for key, value in weights.items()}
        used = {name: value for name, value in named.items() if not _UNUSED.match(name)}
        folded = fold_weight_norm(used, "HuBERT checkpoint")
        return {k: v.swapaxes(1, 2) if v.ndim == 3 else v for k, v in folded.items()}  # noqa: PLR2004  [O, I, k]

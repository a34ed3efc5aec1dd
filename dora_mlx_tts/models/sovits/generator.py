"""The HiFi-GAN generator: latent frames to samples."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Conv1d, ConvTranspose1d, Layer, Linear
from dora_mlx_tts.models.core.ops import Ops, leaky_relu
from dora_mlx_tts.models.sovits.config import GeneratorConfig
from dora_mlx_tts.runtime.device import Backend, usable_cores

SLOPE = 0.1
LAST_SLOPE = 0.01  # the reference uses the default in its last activation
EDGE_KERNEL = 7


class ResBlock(Layer):
    """Pairs of a dilated and a plain convolution, each pair with a residual."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = [Conv1d(channels, channels, kernel, dilation=d) for d in dilations]
        self.convs2 = [Conv1d(channels, channels, kernel) for _ in dilations]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            inner = dilated(leaky_relu(x, SLOPE))
            x = plain(leaky_relu(inner, SLOPE), x)
        return x


class Generator(Layer):
    """Stages of upsampling, each followed by the mean of its residual blocks.

    `resblocks` is flat, as in the checkpoint: block j of stage i is `resblocks[i * blocks + j]`.

    With `two_streams`, the widest block of a stage, about half of the work, runs in parallel with the others;
    `prepare` turns it on for the Linux CPU if the process may use two cores. MLX runs each stream in one
    thread, and its BLAS should also use one thread. Results are the same.
    """

    def __init__(self, config: GeneratorConfig, channels: int, style_channels: int) -> None:
        super().__init__()
        self.config = config
        width = config.initial_channels
        self.conv_pre = Conv1d(channels, width, EDGE_KERNEL)
        self.cond = Linear(style_channels, width)
        self.ups: list[ConvTranspose1d] = []
        self.resblocks: list[ResBlock] = []
        for rate, kernel in zip(config.rates, config.kernels, strict=True):
            self.ups.append(ConvTranspose1d(width, width // 2, kernel, rate, (kernel - rate) // 2))
            width //= 2
            self.resblocks += [
                ResBlock(width, k, d)
                for k, d in zip(config.block_kernels, config.block_dilations, strict=True)
            ]
        self.conv_post = Conv1d(width, 1, EDGE_KERNEL, bias=False)
        self.two_streams = False

    def prepare(self, ops: Ops) -> None:
        """Set the number of streams."""
        super().prepare(ops)
        if ops.backend is Backend.CPU:
            self._second = mx.new_thread_local_stream(mx.cpu)  # any thread may evaluate
            self.two_streams = usable_cores() > 1

    @property
    def backend(self) -> Backend:
        """The backend it runs on."""
        return self._ops.backend

    def second_stream(self) -> AbstractContextManager[object]:
        """The context for the widest block of a stage: a second stream, if that pays."""
        return mx.stream(self._second) if self.two_streams else nullcontext()

    def tanh(self, x: mx.array) -> mx.array:
        """The last activation; the shape stays."""
        return self._ops.tanh(x)

    @property
    def receptive_frames(self) -> int:
        """Maximum number of latent frames on each side that a sample depends on."""
        config = self.config
        block = max(
            sum((k - 1) // 2 * (d + 1) for d in dilations)
            for k, dilations in zip(config.block_kernels, config.block_dilations, strict=True)
        )
        return reach_of(config, block, EDGE_KERNEL // 2)

    def __call__(self, z: mx.array, ge: mx.array) -> mx.array:
        """Latent frames [B, T, C] and style [B, 1, G] to samples [B, T * hop] in [-1, 1]."""
        x = self.conv_pre(z, self.cond(ge))
        for stage in range(len(self.ups)):
            x = self.stage(stage, x)
        return self.tanh(self.conv_post(leaky_relu(x, LAST_SLOPE))[..., 0])

    def stage(self, index: int, x: mx.array) -> mx.array:
        """Upsampling `index` and its residual blocks: [B, T, C] to [B, T * rate, C / 2]."""
        x = self.ups[index](leaky_relu(x, SLOPE))
        *others, widest = self.blocks(index)
        with self.second_stream():
            total = widest(x)
        for block in others:
            total = total + block(x)
        return total * (1.0 / (len(others) + 1))

    def blocks(self, index: int) -> list[ResBlock]:
        """The residual blocks of stage `index`."""
        count = len(self.config.block_kernels)
        return self.resblocks[index * count : (index + 1) * count]


def reach_of(config: GeneratorConfig, block: int, last: int) -> int:
    """Maximum number of input frames on each side that a sample depends on.

    Args:
        config: stages of upsampling.
        block: reach of residual blocks, in frames on each side at their rate.
        last: reach of the layers after the stages, in samples on each side.
    """
    reach = last
    for rate, kernel in zip(reversed(config.rates), reversed(config.kernels), strict=True):
        reach = -(-(reach + block + (kernel + rate) // 2 - 1) // rate)
    return reach + EDGE_KERNEL // 2

"""Streams BigVGAN: every layer carries the state it still needs, nothing is computed twice.

Like `sovits.generator_stream`, whose convolutions it shares; here activations have their own reach, because
they double the rate and halve it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import mlx.core as mx

from dora_mlx_tts.models.sovits.generator_stream import ConvStream, Queue, UpStream
from dora_mlx_tts.models.vocoders.bigvgan import (
    DOWN_REACH,
    UP_REACH,
    Activation,
    BigVGAN,
    ResBlock,
    clip,
)
from dora_mlx_tts.runtime.device import Backend


class _EdgeQueue(Queue):
    """A queue of frames; the first and the last one are repeated beyond the edges."""

    def __init__(self, reach: int) -> None:
        super().__init__()
        self._reach, self._begun = reach, False

    def extend(self, x: mx.array | None, *, last: bool) -> None:
        """Append frames [B, T, C]; None adds nothing, `last` closes the edge."""
        if x is not None and not self._begun:
            self._begun = True
            x = mx.pad(x, [(0, 0), (self._reach, 0), (0, 0)], mode="edge")
        self.push(x)
        if last and self.frames is not None:
            self.frames = mx.pad(self.frames, [(0, 0), (0, self._reach), (0, 0)], mode="edge")


class ActivationStream:
    """An activation, fed in pieces."""

    def __init__(self, layer: Activation) -> None:
        self._layer = layer
        self.slow, self.fast = _EdgeQueue(UP_REACH), _EdgeQueue(DOWN_REACH)

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        self.slow.extend(x, last=last)
        self.fast.extend(self._doubled(), last=last)
        count = (len(self.fast) - 2 * DOWN_REACH) // 2
        frames = self.fast.frames
        if count < 1 or frames is None:
            return None
        self.fast.take(2 * count)
        return self._layer.halved(frames, count)

    def _doubled(self) -> mx.array | None:
        count, frames = len(self.slow) - 2 * UP_REACH, self.slow.frames
        if count < 1 or frames is None:
            return None
        self.slow.take(count)
        return self._layer.doubled(frames)


class BlockStream:
    """A residual block, fed in pieces."""

    def __init__(self, block: ResBlock) -> None:
        pairs = zip(block.convs1, block.convs2, strict=True)
        self.steps = [
            (
                ActivationStream(block.activations[2 * i]),
                ConvStream(dilated),
                ActivationStream(block.activations[2 * i + 1]),
                ConvStream(plain),
                Queue(),
            )
            for i, (dilated, plain) in enumerate(pairs)
        ]

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        for first, dilated, second, plain, waiting in self.steps:
            waiting.push(x)
            inner = dilated(first(x, last=last), last=last)
            x = plain(second(inner, last=last), waiting, last=last)
        return x


class StageStream:
    """An upsampling and the mean of its residual blocks, fed in pieces."""

    def __init__(self, vocoder: BigVGAN, index: int) -> None:
        count = len(vocoder.vocoder.generator.block_kernels)
        (up,) = vocoder.ups[index]
        self.up = UpStream(up)
        blocks = vocoder.resblocks[index * count : (index + 1) * count]
        self.blocks = [(BlockStream(block), Queue()) for block in blocks]

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        x = self.up(x, last=last)
        for block, done in self.blocks:
            done.push(block(x, last=last))
        count = min(len(done) for _, done in self.blocks)
        parts = [part for _, done in self.blocks if (part := done.take(count)) is not None]
        if not parts:
            return None
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total * (1.0 / len(parts))


class BigVGANStream:
    """Log mel frames in, samples out; one object per sentence.

    Attributes:
        lag_frames: approximate number of frames needed beyond the end of the output.
    """

    def __init__(self, vocoder: BigVGAN) -> None:
        self._vocoder = vocoder
        self._pre = ConvStream(vocoder.conv_pre)
        self._stages = [StageStream(vocoder, index) for index in range(len(vocoder.ups))]
        self._activation = ActivationStream(vocoder.activation_post)
        self._post = ConvStream(vocoder.conv_post)
        self.lag_frames = vocoder.receptive_frames

    def steps(self, z: mx.array | None, *, last: bool) -> Iterator[mx.array]:
        """Log mel [1, T, mels], or None, to the complete samples [N], evaluated.

        Yields nothing after each stage, where the caller may stop, then the samples; all of them after the
        `last` piece.
        """
        x = self._pre(z, last=last)
        for stage in self._stages:
            x = stage(x, last=last)
            if x is not None and self._vocoder.backend is Backend.CPU:
                mx.eval(x)  # a stage's intermediate arrays are large; release them before the next
            yield mx.zeros((0,))
        y = self._post(self._activation(x, last=last), last=last)
        samples = mx.zeros((0,)) if y is None else clip(y[0, :, 0])
        mx.eval(samples, self._state())
        yield samples

    def _state(self) -> list[mx.array]:
        """All arrays carried over; unevaluated, they would keep earlier pieces alive."""
        queues = [self._pre.input, self._post.input, self._activation.slow, self._activation.fast]
        for stage in self._stages:
            queues.append(stage.up.input)
            for block, done in stage.blocks:
                queues.append(done)
                for first, dilated, second, plain, waiting in block.steps:
                    queues += [first.slow, first.fast, second.slow, second.fast]
                    queues += [dilated.input, plain.input, waiting]
        return [queue.frames for queue in queues if queue.frames is not None]

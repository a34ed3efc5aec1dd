"""Streams the generator: every layer carries the state it still needs, nothing is computed twice.

A layer keeps the input frames that affect future outputs, so it returns fewer frames than it took and catches
up with the last piece. The joined pieces equal the output of `Generator` for the whole, up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Self, TypeAlias

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Conv1d, ConvTranspose1d
from dora_mlx_tts.models.core.ops import leaky_relu
from dora_mlx_tts.models.sovits.generator import LAST_SLOPE, SLOPE, Generator, ResBlock
from dora_mlx_tts.runtime.device import Backend

SLICE: Final = 64
"""Maximum number of frames that a GPU processes at a time, to bound its memory."""

CPU_SLICE: Final = 10
"""Frames that a CPU processes between two checks for cancellation."""

StreamState: TypeAlias = tuple[tuple[int, ...], tuple[int | None, ...], tuple[bool, ...]]
"""All of a stream's state except the frames."""


class Queue:
    """A queue of frames [1, T, C]; None stands for no frames."""

    def __init__(self) -> None:
        self.frames: mx.array | None = None

    def __len__(self) -> int:
        return 0 if self.frames is None else int(self.frames.shape[1])

    def push(self, x: mx.array | None) -> None:
        """Append frames [B, T, C]; None adds nothing."""
        if x is None:
            return
        self.frames = x if self.frames is None else mx.concatenate([self.frames, x], axis=1)

    def take(self, count: int) -> mx.array | None:
        """Remove the first `count` frames and return them, [B, count, C]; None for none."""
        if count == 0 or self.frames is None:
            return None
        taken, rest = self.frames[:, :count], self.frames[:, count:]
        self.frames = rest if rest.shape[1] else None
        return taken


class ConvStream:
    """A length-preserving convolution, fed in pieces."""

    def __init__(self, layer: Conv1d) -> None:
        self._layer = layer
        self.input = Queue()
        self._begun = False

    def __call__(
        self, x: mx.array | None, residual: Queue | mx.array | None = None, *, last: bool
    ) -> mx.array | None:
        """The complete outputs; as many frames are taken from a queue of residuals."""
        layer = self._layer
        if x is not None and not self._begun:
            self._begun = True
            x = _padded(x, before=layer.padding)
        self.input.push(x)
        if last and self.input.frames is not None:
            self.input.frames = _padded(self.input.frames, after=layer.padding)
        count = len(self.input) - layer.reach
        frames = self.input.frames
        if count < 1 or frames is None:
            return None
        self.input.take(count)
        added = residual.take(count) if isinstance(residual, Queue) else residual
        return layer.valid(frames, added)


class UpStream:
    """A transposed convolution, fed in pieces."""

    def __init__(self, layer: ConvTranspose1d) -> None:
        self._layer = layer
        self.input = Queue()
        self._skip: int | None = None

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        layer = self._layer
        if x is not None and self._skip is None:
            self._skip = layer.padding
            x = _padded(x, before=layer.reach)
        self.input.push(x)
        if last and self.input.frames is not None:
            self.input.frames = _padded(self.input.frames, after=layer.reach)
        count = len(self.input) - layer.reach
        frames = self.input.frames
        if count < 1 or frames is None:
            return None
        self.input.take(count)
        y = layer.valid(frames)
        if last:  # the last block reaches beyond the kernel of the last frame
            surplus = (layer.reach + 1) * layer.stride - layer.kernel + layer.padding
            y = y[:, : y.shape[1] - surplus]
        if self._skip:
            y, self._skip = y[:, self._skip :], max(0, self._skip - y.shape[1])
        return y if y.shape[1] else None


class BlockStream:
    """A residual block, fed in pieces."""

    def __init__(self, block: ResBlock) -> None:
        self.pairs = [
            (ConvStream(dilated), ConvStream(plain), Queue())
            for dilated, plain in zip(block.convs1, block.convs2, strict=True)
        ]

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        for dilated, plain, waiting in self.pairs:
            waiting.push(x)
            inner = dilated(_leaky(x), last=last)
            x = plain(_leaky(inner), waiting, last=last)
        return x


class StageStream:
    """An upsampling and the mean of its residual blocks, fed in pieces."""

    def __init__(self, generator: Generator, index: int) -> None:
        self.up = UpStream(generator.ups[index])
        self.blocks = [(BlockStream(block), Queue()) for block in generator.blocks(index)]
        self._generator = generator

    def __call__(self, x: mx.array | None, *, last: bool) -> mx.array | None:
        """The complete outputs."""
        x = self.up(_leaky(x), last=last)
        *others, (widest, widest_done) = self.blocks
        with self._generator.second_stream():
            widest_done.push(widest(x, last=last))
        for block, done in others:
            done.push(block(x, last=last))
        count = min(len(done) for _, done in self.blocks)
        parts = [part for _, done in self.blocks if (part := done.take(count)) is not None]
        if not parts:
            return None
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total * (1.0 / len(parts))


class GeneratorStream:
    """Latent frames in, samples out; one object per sentence.

    Attributes:
        lag_frames: approximate number of latent frames needed beyond the end of the output.
        style: condition of the first layer [B, 1, C].
    """

    def __init__(self, generator: Generator, ge: mx.array | None) -> None:
        self._generator = generator
        self.style = None if ge is None else generator.cond(ge)  # a vocoder has no style
        self._pre = ConvStream(generator.conv_pre)
        self._stages = [StageStream(generator, index) for index in range(len(generator.ups))]
        self._post = ConvStream(generator.conv_post)
        self.lag_frames = generator.receptive_frames

    def __call__(self, z: mx.array | None, *, last: bool) -> mx.array:
        """Latent frames [1, T, C], or None, to the complete samples [N], evaluated.

        All samples have been returned after the `last` piece.
        """
        *_, samples = self.steps(z, last=last)
        return samples

    def steps(self, z: mx.array | None, *, last: bool) -> Iterator[mx.array]:
        """Like `__call__`, but yields nothing after each stage, where the caller may stop, then the samples.

        On the Linux CPU, where stages are slow, each one is evaluated separately.
        """
        x = self._pre(z, self.style, last=last)
        for stage in self._stages:
            x = stage(x, last=last)
            if x is not None and self._generator.backend is Backend.CPU:
                mx.eval(x)
            yield mx.zeros((0,))
        samples = self._finished(x, rows=1, last=last)[0]
        mx.eval(samples, self.carried())
        yield samples

    def window(self, z: mx.array | None, *, last: bool) -> Iterator[mx.array]:
        """Like `steps`, some frames at a time."""
        count = 0 if z is None else z.shape[1]
        size = CPU_SLICE if self._generator.backend is Backend.CPU else SLICE
        for start in range(0, max(count, 1), size):
            piece = None if z is None else z[:, start : start + size]
            yield from self.steps(piece, last=last and start + size >= count)

    def rows(self, z: mx.array | None, *, last: bool) -> mx.array:
        """Like `__call__` for all rows of joined streams: [B, T, C] to [B, N], unevaluated."""
        x = self._pre(z, self.style, last=last)
        for stage in self._stages:
            x = stage(x, last=last)
        return self._finished(x, rows=1 if self.style is None else len(self.style), last=last)

    def slices(self, z: mx.array | None, *, last: bool) -> mx.array:
        """Like `rows`, some frames at a time."""
        count = 0 if z is None else z.shape[1]
        made = []
        for start in range(0, max(count, 1), SLICE):
            piece = None if z is None else z[:, start : start + SLICE]
            made.append(self.rows(piece, last=last and start + SLICE >= count))
        return made[0] if len(made) == 1 else mx.concatenate(made, axis=1)

    def _finished(self, x: mx.array | None, *, rows: int, last: bool) -> mx.array:
        """Samples [B, N] of the last stage's output."""
        y = self._post(None if x is None else leaky_relu(x, LAST_SLOPE), last=last)
        return mx.zeros((rows, 0)) if y is None else self._generator.tanh(y[..., 0])

    # ------------------------------------------------------------------------------ several sentences

    @property
    def state(self) -> StreamState:
        """What must be equal for streams to be joined: everything but their frames."""
        skips = tuple(up._skip for up in self._ups())
        begun = tuple(convolution._begun for convolution in self._convolutions())
        return tuple(map(len, self._queues())), skips, begun

    def continue_from(self, state: StreamState, frames: Sequence[mx.array]) -> None:
        """Continue from a state, given the frames of all non-empty queues."""
        lengths, skips, begun = state
        left = iter(frames)
        for queue, length in zip(self._queues(), lengths, strict=True):
            queue.frames = next(left) if length else None
        for up, skip in zip(self._ups(), skips, strict=True):
            up._skip = skip
        for convolution, has_begun in zip(self._convolutions(), begun, strict=True):
            convolution._begun = has_begun

    @classmethod
    def joined(cls, streams: Sequence[Self]) -> Self:
        """Join streams with the same generator and state as the rows of one."""
        one = streams[0]
        whole = cls(one._generator, None)
        styles = [stream.style for stream in streams if stream.style is not None]
        if styles:
            whole.style = mx.concatenate(styles)
        for queue, *own in zip(whole._queues(), *(s._queues() for s in streams), strict=True):
            held = [row.frames for row in own if row.frames is not None]
            queue.frames = mx.concatenate(held) if held else None
        whole.continue_from(one.state, whole.carried())
        return whole

    def part(self, streams: Sequence[Self]) -> None:
        """Return their own state to joined streams after `rows`."""
        state, carried = self.state, self.carried()
        for row, stream in enumerate(streams):
            stream.continue_from(state, [frames[row : row + 1] for frames in carried])

    def _ups(self) -> list[UpStream]:
        return [stage.up for stage in self._stages]

    def _convolutions(self) -> list[ConvStream]:
        blocks = [block for stage in self._stages for block, _ in stage.blocks]
        pairs = [pair for block in blocks for pair in block.pairs]
        inner = [convolution for first, second, _ in pairs for convolution in (first, second)]
        return [self._pre, self._post, *inner]

    def _queues(self) -> list[Queue]:
        """All queues, in a fixed order."""
        waiting = [done for stage in self._stages for _, done in stage.blocks]
        blocks = [block for stage in self._stages for block, _ in stage.blocks]
        waiting += [residual for block in blocks for _, _, residual in block.pairs]
        waiting += [convolution.input for convolution in self._convolutions()]
        return [*waiting, *(up.input for up in self._ups())]

    def carried(self) -> list[mx.array]:
        """All arrays carried over; unevaluated, they would keep earlier pieces alive."""
        return [queue.frames for queue in self._queues() if queue.frames is not None]


def _padded(x: mx.array, *, before: int = 0, after: int = 0) -> mx.array:
    return mx.pad(x, [(0, 0), (before, after), (0, 0)]) if before or after else x


def _leaky(x: mx.array | None) -> mx.array | None:
    return None if x is None else leaky_relu(x, SLOPE)

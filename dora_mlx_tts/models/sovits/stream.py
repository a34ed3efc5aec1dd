"""SoVITS v1, v2 and v2Pro window by window: codes in as they are decoded, samples out.

The cost of a window does not grow with the sentence. The text encoder, whose attention is global, sees
a bounded stretch of codes: some before the window and a few that come after it. The flow is computed
over its receptive field, the generator carries its convolutions' state. So windows differ from the
whole sentence only by what the encoder and the flow did not see, and a sentence in one window not at
all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.sovits.semantic import FASTEST, SLOWEST
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.runtime.device import Backend

FRAMES = 2
"""Latent frames a code."""

_SLICE, _CPU_SLICE = 64, 10  # frames between two looks at cancellation


@dataclass(frozen=True, slots=True)
class Context:
    """What a window sees around itself, in codes of 40 ms.

    Attributes:
        history: before the window.
        lookahead: after it; they must be decoded first, so they delay the first sound.
        blend: codes over which a window takes over from what the one before had foreseen.

    Raises:
        SettingError: a negative number.
    """

    history: int = 64
    lookahead: int = 4
    blend: int = 2

    def __post_init__(self) -> None:
        if min(self.history, self.lookahead, self.blend) < 0:
            raise SettingError(must_be("context", "of numbers from 0", self))


@dataclass(frozen=True, slots=True)
class SpeakingOptions:
    """How a sentence is to sound.

    Attributes:
        speed: 2 speaks twice as fast.
        noise_scale: how far to stray from the prior's mean; 0 takes the mean.
        seed: of the noise, which depends on the place in the sentence and not on the windows.

    Raises:
        SettingError: the speed is out of range.
    """

    speed: float = 1.0
    noise_scale: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.speed <= FASTEST:
            raise SettingError(must_be("speed", f"from {SLOWEST} to {FASTEST}", self.speed))


class SoVITSStream:
    """One sentence.

    Args:
        sovits: the network, prepared.
        text: phones [1, m] of the sentence.
        ge: style [1, 1, G].
        options: speed, noise and seed.
        context: what windows see.

    Raises:
        EmptyTextError: no phones.
        TextError: a phone outside the embedding.
    """

    def __init__(
        self,
        sovits: SoVITS,
        text: mx.array,
        ge: mx.array,
        options: SpeakingOptions | None = None,
        context: Context | None = None,
    ) -> None:
        self._sovits, self._ge = sovits, ge
        self.options, self.context = options or SpeakingOptions(), context or Context()
        self._phones = sovits.encode_phones(text)
        self._generator = GeneratorStream(sovits.dec, ge)
        self._noise = _Noise(self.options.seed, sovits.config.channels)
        self._codes: list[int] = []
        self._first = 0  # latent frames that are settled
        self._made = 0  # frames after the change of speed that are settled
        self._edge: mx.array | None = None  # the last settled latent frame
        self._foreseen: mx.array | None = None  # latent frames after it, as they looked then
        self._history: mx.array | None = None  # the flow's input before `_made`

    def begin(self) -> None:
        """On a GPU start with what needs no codes, the phones' states."""
        if self._sovits.dec.backend is not Backend.CPU:
            mx.async_eval(self._phones)  # type: ignore[no-untyped-call]  # MLX stub

    def codes_for(self, seconds: float) -> int:
        """Codes that must be there, about, for so many seconds of sound to come out."""
        config = self._sovits.config
        frames = seconds * config.sample_rate / config.hop + self._generator.lag_frames
        return math.ceil(frames * self.options.speed / FRAMES) + self.context.lookahead

    def speak(self, codes: Sequence[int], *, last: bool) -> Iterator[mx.array]:
        """More codes, to the samples [N] that are settled by them, in slices of a few frames.

        The `last` call gives the rest. Most slices are empty: they stand for a part of the work that is
        done (encoder, flow, a stage of the generator), after which the caller may stop.

        Raises:
            SynthesisError: a code outside the codebook, or none at all.
        """
        self._codes += codes
        total = FRAMES * len(self._codes)
        settled = total if last else total - FRAMES * self.context.lookahead
        if settled <= self._first and not last:
            return
        yield self._part(self._phones)
        latent = self._latent(settled)
        yield self._part(latent)
        z_p, new = self._draw(latent, settled, total, last=last)
        z = self._flow(z_p, new)
        yield mx.zeros((0,))
        size = _CPU_SLICE if self._sovits.dec.backend is Backend.CPU else _SLICE
        for start in range(0, max(new, 1), size):
            piece = None if z is None else z[:, start : start + size]
            yield from self._generator.steps(piece, last=last and start + size >= new)

    def _part(self, done: mx.array) -> mx.array:
        """Finish a part of the work on the Linux CPU, where it takes its time; no samples."""
        if self._sovits.dec.backend is Backend.CPU:
            mx.eval(done)
        return mx.zeros((0,))

    def _latent(self, settled: int) -> mx.array:
        """Latent frames from the first that is not settled; moves the border to `settled`."""
        start = max(0, self._first // FRAMES - self.context.history)
        codes = mx.array([self._codes[start:]])
        latent = self._sovits.encode_frames(codes, self._phones, self._ge)
        latent = latent[:, self._first - FRAMES * start :]
        if self._foreseen is not None:
            latent = _take_over(self._foreseen, latent, FRAMES * self.context.blend)
        self._foreseen = latent[:, settled - self._first :]
        return latent

    def _draw(
        self, latent: mx.array, settled: int, total: int, *, last: bool
    ) -> tuple[mx.array, int]:
        """The flow's input from frame `_made` on, and how many of its frames are settled."""
        speed, first = self.options.speed, self._first
        if self._edge is not None:
            latent, first = mx.concatenate([self._edge, latent], axis=1), first - 1
        count = (total if speed == 1 else int(total / speed) + 1) if last else _ready(total, speed)
        new = (count if last else _ready(settled, speed)) - self._made
        frames = _at(latent, np.arange(self._made, count), first, speed)
        mean, log_deviation = self._sovits.enc_p.prior(frames)
        noise = mx.array(self._noise.rows(self._made, count))[None].astype(mean.dtype)
        scale = self.options.noise_scale
        z_p = self._sovits.sample(mean, log_deviation, noise_scale=scale, noise=noise)
        self._edge = latent[:, settled - first - 1 : settled - first]
        self._first, self._made = settled, self._made + new
        self._noise.forget(self._made)
        return z_p, new

    def _flow(self, z_p: mx.array, new: int) -> mx.array | None:
        """The settled frames of the flow's output."""
        if new < 1:
            return None
        before = 0 if self._history is None else self._history.shape[1]
        if self._history is not None:
            z_p = mx.concatenate([self._history, z_p], axis=1)
        z = self._sovits.flow(z_p, self._ge)[:, before : before + new]
        reach = self._sovits.flow.receptive_frames
        self._history = z_p[:, max(0, before + new - reach) : before + new]
        mx.eval(z, self._history, self._edge, self._foreseen)
        return z


class _Noise:
    """Standard normal rows by frame number, drawn on the host: the same on every device."""

    def __init__(self, seed: int, width: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._rows = np.zeros((0, width), np.float32)
        self._start = 0

    def rows(self, start: int, end: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Rows [end - start, C]."""
        missing = end - self._start - len(self._rows)
        if missing > 0:
            shape = (missing, self._rows.shape[1])
            drawn = self._generator.standard_normal(shape, dtype=np.float32)
            self._rows = np.concatenate([self._rows, drawn])
        return self._rows[start - self._start : end - self._start]

    def forget(self, start: int) -> None:
        """Rows before `start` are not needed any more."""
        self._rows = self._rows[start - self._start :]
        self._start = start


def _ready(frames: int, speed: float) -> int:
    """Frames at `speed` that lie between the first `frames` latent ones."""
    return frames if speed == 1 else max(0, math.ceil((frames - 0.5) / speed - 0.5))


def _at(
    latent: mx.array, numbers: np.ndarray[tuple[int], np.dtype[np.int64]], first: int, speed: float
) -> mx.array:
    """Frames `numbers` at `speed`, from latent frames [1, T, C] that begin with number `first`."""
    if speed == 1:
        return latent[:, int(numbers[0]) - first :] if len(numbers) else latent[:, :0]
    position = np.maximum((numbers + 0.5) * speed - 0.5, 0.0) - first
    end = latent.shape[1] - 1
    left = np.clip(np.floor(position).astype(np.int32), 0, end)
    right = np.minimum(left + 1, end)
    share = mx.array((position - left).astype(np.float32))[:, None].astype(latent.dtype)
    a, b = latent[:, mx.array(left)], latent[:, mx.array(right)]
    return a + (b - a) * share


def _take_over(foreseen: mx.array, latent: mx.array, frames: int) -> mx.array:
    """Fade from `foreseen` to `latent` over the first `frames`; they are nearly the same."""
    count = min(frames, foreseen.shape[1], latent.shape[1])
    if count < 1:
        return latent
    share = mx.array((np.arange(count, dtype=np.float32) + 1) / (count + 1))[:, None]
    share = share.astype(latent.dtype)
    faded = foreseen[:, :count] + (latent[:, :count] - foreseen[:, :count]) * share
    return mx.concatenate([faded, latent[:, count:]], axis=1)

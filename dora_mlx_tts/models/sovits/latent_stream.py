"""Turns codes into latent frames as they are decoded, for every family.

The text encoder's attention is global. Here it sees a bounded range of codes: some before the newest ones and a
few after them, so that the cost does not grow with the sentence. What a window predicted for the next one is
blended into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.sovits.semantic import FASTEST, SLOWEST, SemanticEncoder

FRAMES = 2
"""Latent frames per code."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context of a window, in codes of 40 ms.

    Attributes:
        history: codes before the window.
        lookahead: codes after it; they must be decoded first, so they delay first audio.
        blend: codes over which a window is blended with the prediction of the one before.

    Raises:
        SettingError: a number is negative.
    """

    history: int = 64
    lookahead: int = 4
    blend: int = 2

    def __post_init__(self) -> None:
        if min(self.history, self.lookahead, self.blend) < 0:
            raise SettingError(must_be("context", "of numbers from 0", self))


class LatentStream:
    """The stream of one sentence.

    Args:
        encoder: the network, prepared.
        text: phones [1, m] of the sentence.
        ge: style [1, 1, G].
        speed: 2 speaks twice as fast.
        context: the context of windows.

    Raises:
        EmptyTextError: there are no phones.
        TextError: a phone is outside the embedding.
        SettingError: the speed is out of range.
    """

    def __init__(
        self, encoder: SemanticEncoder, text: mx.array, ge: mx.array, speed: float, context: Context
    ) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise SettingError(must_be("speed", f"from {SLOWEST} to {FASTEST}", speed))
        self._encoder, self._ge = encoder, ge
        self.speed, self.context = speed, context
        self._phones = encoder.encode_phones(text)
        self._codes: list[int] = []
        self._first = 0  # number of settled latent frames
        self._made = 0  # number of settled frames after the change of speed
        self._edge: mx.array | None = None  # the last settled latent frame
        self._foreseen: mx.array | None = None  # the latent frames after it, as predicted then

    def _push(self, codes: Sequence[int], *, last: bool) -> tuple[int, int] | None:
        """Take more codes; returns the latent frames settled and in total, or None if none are new."""
        self._codes += codes
        total = FRAMES * len(self._codes)
        settled = total if last else total - FRAMES * self.context.lookahead
        return None if settled <= self._first and not last else (settled, total)

    def _latent(self, settled: int) -> mx.array:
        """Latent frames from the first unsettled one on; moves the boundary to `settled`."""
        start = max(0, self._first // FRAMES - self.context.history)
        codes = mx.array([self._codes[start:]])
        latent = self._encoder.encode_frames(codes, self._phones, self._ge)
        latent = latent[:, self._first - FRAMES * start :]
        if self._foreseen is not None:
            latent = _take_over(self._foreseen, latent, FRAMES * self.context.blend)
        self._foreseen = latent[:, settled - self._first :]
        return latent

    def _paced(
        self, latent: mx.array, settled: int, total: int, *, last: bool
    ) -> tuple[mx.array, int]:
        """Frames at the given speed from `_made` on, and how many of them are settled now.

        The caller adds these to `_made`.
        """
        speed, first = self.speed, self._first
        if self._edge is not None:
            latent, first = mx.concatenate([self._edge, latent], axis=1), first - 1
        count = (total if speed == 1 else int(total / speed) + 1) if last else _ready(total, speed)
        new = (count if last else _ready(settled, speed)) - self._made
        pace = self._pace(total, count) if last else speed
        frames = _at(latent, np.arange(self._made, count), first, pace)
        self._edge = latent[:, settled - first - 1 : settled - first]
        self._first = settled
        return frames, new

    def _pace(self, total: int, count: int) -> float:  # noqa: ARG002  see FlowStream
        """Latent frames per frame in the last window, given `total` latent frames for `count` frames."""
        return self.speed

    def _carried(self) -> list[mx.array]:
        """Arrays carried over; unevaluated, they would keep whole windows alive."""
        return [array for array in (self._edge, self._foreseen) if array is not None]


class FrameNoise:
    """Standard normal rows by frame index, drawn on the host: the same on every device."""

    def __init__(self, seed: int, width: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._rows = np.zeros((0, width), np.float32)
        self._start = 0

    def rows(self, start: int, end: int) -> NDArray[np.float32]:
        """Rows [end - start, C]."""
        missing = end - self._start - len(self._rows)
        if missing > 0:
            shape = (missing, self._rows.shape[1])
            drawn = self._generator.standard_normal(shape, dtype=np.float32)
            self._rows = np.concatenate([self._rows, drawn])
        return self._rows[start - self._start : end - self._start]

    def forget(self, start: int) -> None:
        """Forget rows before `start`."""
        self._rows = self._rows[start - self._start :]
        self._start = start


def _ready(frames: int, speed: float) -> int:
    """Number of frames at `speed` within the first `frames` latent frames."""
    return frames if speed == 1 else max(0, int(np.ceil((frames - 0.5) / speed - 0.5)))


def _at(latent: mx.array, numbers: NDArray[np.int64], first: int, speed: float) -> mx.array:
    """Frames `numbers` at `speed`, from latent frames [1, T, C] beginning at index `first`."""
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
    """Cross-fade from `foreseen` to `latent` over the first `frames`; they are nearly equal."""
    count = min(frames, foreseen.shape[1], latent.shape[1])
    if count < 1:
        return latent
    share = mx.array((np.arange(count, dtype=np.float32) + 1) / (count + 1))[:, None]
    share = share.astype(latent.dtype)
    faded = foreseen[:, :count] + (latent[:, :count] - foreseen[:, :count]) * share
    return mx.concatenate([faded, latent[:, count:]], axis=1)

"""Prefills on CUDA: all layers at once, compiled by MLX for each padded size.

A prefill of 24 layers takes some 600 operations, each of which costs more in Python and MLX than on the device.
Sizes are few, because a prefill is padded. Keys and values come out as one array, in the layout of the decoding
kernel, with free room behind them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.t2s.kv_cache import GROWTH
from dora_mlx_tts.models.t2s.layers import HIDDEN, Block

_MOST_MASKS: Final = 16

Run = Callable[[mx.array, mx.array, mx.array], list[mx.array]]


def read(blocks: Sequence[Block], x: mx.array, mask: mx.array, padding: mx.array) -> list[mx.array]:
    """Process whole sequences.

    Args:
        blocks: all layers, prepared.
        x: input [B, T, C].
        mask: added to the scores of every row, [T, T].
        padding: added to the scores of each row, [B, 1, 1, T].

    Returns:
        The states of the last position [B, 1, C], and the keys and values of all layers
        [layers, 2, B, heads, T + free room, C / heads].
    """
    bias, length, pairs = mask + padding, x.shape[1], list[mx.array]()
    for layer, block in enumerate(blocks):
        last = layer + 1 == len(blocks)
        start = length - 1 if last else 0
        rows = [(start, length, bias[:, :, start:])]
        x = block.prefill(x, pairs, layer, rows, last_only=last)
    room = [(0, 0)] * 4 + [(0, GROWTH), (0, 0)]
    return [x, mx.pad(mx.stack(pairs), room)]


class Prefills(threading.local):
    """Prefills of one network; each thread compiles its own, because they hold its stream.

    Args:
        blocks: all layers, prepared; the first prefill of a size fixes their weights.
        longest: number of positions up to which prefills are compiled.
    """

    def __init__(self, blocks: Sequence[Block], longest: int) -> None:
        self._longest = longest
        self._plain: Run = partial(read, blocks)
        self._compiled: Run = mx.compile(self._plain)
        self._masks: OrderedDict[tuple[int, int, mx.Dtype], mx.array] = OrderedDict()

    def run(self, x: mx.array, text: int, padding: Sequence[int]) -> list[mx.array]:
        """Process sequences [B, T, C], of which `text` positions are text and `padding` of each row are empty.

        Returns what `read` returns, unevaluated.
        """
        length = x.shape[1]
        hidden = np.arange(length) < np.array(padding)[:, None]
        empty = mx.array(np.where(hidden, np.float32(HIDDEN), np.float32(0))[:, None, None])
        run = self._compiled if length <= self._longest else self._plain
        return run(x, self._mask(text, length, x.dtype), empty.astype(x.dtype))

    def _mask(self, text: int, length: int, dtype: mx.Dtype) -> mx.array:
        """Hides audio from text, and later audio from audio; the latest ones are kept on the device."""
        key = (text, length, dtype)
        mask = self._masks.pop(key, None)
        if mask is None:
            last_seen = np.maximum(np.arange(length), text - 1)
            hidden = np.arange(length) > last_seen[:, None]
            mask = mx.array(np.where(hidden, np.float32(HIDDEN), np.float32(0))).astype(dtype)
            mx.eval(mask)
        self._masks[key] = mask
        while len(self._masks) > _MOST_MASKS:
            self._masks.popitem(last=False)
        return mask

"""The text-to-semantic network on a Linux CPU with 8-bit weights, by OpenVINO.

A step takes as long as fetching its weights, and 8 bits are a quarter of float32's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.layers import Linear
from dora_mlx_tts.models.t2s.eight_bit_graphs import prefill_graph, step_graph
from dora_mlx_tts.models.t2s.kv_cache import HostCache
from dora_mlx_tts.models.t2s.layers import HIDDEN, Block
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.compiled_graph import CompiledGraph


class EightBitBlocks:
    """The blocks and the prediction, compiled on threads.

    Rows of a batch are computed one after the other.

    Args:
        blocks: the network's, prepared for the Linux CPU. Their weights are copied.
        predict: the projection to logits.
        round_rows: let products round what they multiply as well.
    """

    def __init__(self, blocks: Sequence[Block], predict: Linear, *, round_rows: bool) -> None:
        mx.eval([block.parameters() for block in blocks], predict.parameters())  # not on a thread
        compiled = partial(CompiledGraph, round_rows=round_rows)
        self._prefill = compiled("the prefill of T2S", partial(prefill_graph, blocks))
        self._step = compiled("the steps of T2S", partial(step_graph, blocks, predict))

    def wait(self) -> None:
        """Wait until everything is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """
        self._prefill.wait()
        self._step.wait()

    def prefill(self, x: Floats, cache: HostCache) -> Floats:
        """The whole sequence [B, T, C] to the last position's states [B, C]; fills the cache.

        Raises:
            BackendError: OpenVINO failed.
        """
        rows, length, _ = x.shape
        cache.reserve(length)
        hidden = _hidden(length, cache.text_length)

        def read(outputs: Mapping[Any, Floats]) -> Floats:
            state, *stored = outputs.values()
            for number, values in enumerate(stored):
                cache.buffers(number // 2)[number % 2][row, :, :length] = values[0]
            row_state: Floats = state[0].copy()
            return row_state

        states = []
        for row in range(rows):
            bias = np.where(np.arange(length) < cache.padding[row], np.float32(HIDDEN), hidden)
            states.append(self._prefill.run([x[row], bias], read))
        cache.advance(length)
        return np.stack(states)

    def step(self, x: Floats, cache: HostCache) -> Floats:
        """Embedded tokens [B, C] to logits [B, V]; the cache grows by one position.

        Raises:
            BackendError: OpenVINO failed.
        """
        cache.reserve(1)
        logits = [self._row(x[row : row + 1], cache, row) for row in range(len(x))]
        cache.advance(1)
        return np.concatenate(logits)

    def _row(self, x: Floats, cache: HostCache, row: int) -> Floats:
        place, layers = cache.length, range(cache.shape.layers)
        bias = np.full(cache.capacity, HIDDEN, np.float32)
        bias[cache.padding[row] : place] = 0
        past = [buffer[row : row + 1] for layer in layers for buffer in cache.buffers(layer)]

        def read(outputs: Mapping[Any, Floats]) -> Floats:
            logits, *stored = outputs.values()
            for layer in layers:
                keys, values, attention = stored[3 * layer : 3 * layer + 3]
                past[2 * layer][:, :, place] = keys[:, :, 0]
                past[2 * layer + 1][:, :, place] = values[:, :, 0]
                if cache.watch is not None:
                    cache.watch.record(layer, attention, cache.text_length)
            return logits.copy()

        return self._step.run([x, bias, *past], read)


def _hidden(length: int, text: int) -> Floats:
    """Score bias [T, T]: text sees itself, audio also itself up to each position."""
    last_seen = np.maximum(np.arange(length), text - 1)
    return np.where(np.arange(length) > last_seen[:, None], np.float32(HIDDEN), np.float32(0))

"""Records the attention of some heads while tokens are decoded on the host."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dora_mlx_tts.runtime.array_types import Floats


class AttentionRecorder:
    """Attention of the newest position to a stretch of the text, averaged over chosen heads.

    Args:
        heads: (layer, head) pairs.
        start: first position of the stretch, which ends with the text.
    """

    def __init__(self, heads: Iterable[tuple[int, int]], start: int) -> None:
        self._heads: dict[int, list[int]] = {}
        for layer, head in heads:
            self._heads.setdefault(layer, []).append(head)
        self._start = start
        self._sums: dict[int, Floats] = {}

    def record(self, layer: int, weights: Floats, text_length: int) -> None:
        """Record the weights [1, heads, 1, T] of one layer and step, up to a factor."""
        heads = self._heads.get(layer)
        if heads is not None:
            self._sums[layer] = _shares(weights[0, heads, 0, self._start : text_length])

    def row(self) -> Floats | None:
        """Attention [m] of the last step, summing to 1; None before the first."""
        if not self._sums:
            return None
        mean: Floats = np.concatenate(list(self._sums.values())).mean(axis=0)
        return mean

    def forget(self) -> None:
        """Begin anew."""
        self._sums.clear()


def _shares(weights: Floats) -> Floats:
    shares: Floats = weights / np.maximum(weights.sum(-1, keepdims=True), 1e-30)
    return shares

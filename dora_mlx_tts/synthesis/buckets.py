"""Which sentences are synthesized together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dora_mlx_tts.errors import SettingError

THRESHOLD = 0.75


def buckets(
    lengths: Sequence[int], size: int, threshold: float = THRESHOLD, *, by_length: bool = True
) -> list[list[int]]:
    """Group sentences of similar length, so that a batch is not padded to one long sentence.

    Sentences are taken from the shortest to the longest. The longest leave a batch until its median
    is at least `threshold` of its mean, or one is left.

    Args:
        lengths: characters of each sentence.
        size: sentences in a batch, at most.
        threshold: how even a batch must be; 0 takes any.
        by_length: False keeps the order and ignores the threshold.

    Returns:
        Numbers of the sentences, batch after batch; each occurs once.

    Raises:
        SettingError: a size below 1, or a threshold that is negative or not a number.
    """
    if size < 1:
        raise SettingError(f"batch size is {size}; allowed: 1 or more")
    if not math.isfinite(threshold) or threshold < 0:
        raise SettingError(f"batch threshold is {threshold}; allowed: 0 or more")
    order = (
        sorted(range(len(lengths)), key=lengths.__getitem__) if by_length else range(len(lengths))
    )
    batches = []
    start = 0
    while start < len(order):
        end = min(start + size, len(order))
        if by_length:
            while end - start > 1 and not _even([lengths[i] for i in order[start:end]], threshold):
                end -= 1
        batches.append(list(order[start:end]))
        start = end
    return batches


def _even(rising: list[int], threshold: float) -> bool:
    return rising[len(rising) // 2] * len(rising) >= threshold * sum(rising)

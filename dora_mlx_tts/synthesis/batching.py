"""Decodes several sentences together: more tokens per second, a later first sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, End, generate_batch
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.work_clock import Work

THRESHOLD = 0.75
"""How even the lengths in a batch must be: the ratio of median to mean."""

AHEAD = 4
"""Number of batches whose sentences are sorted together, so that similar lengths share a batch."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Tokens of one sentence and how decoding ended."""

    tokens: list[int]
    end: End | None


def decode_together(
    network: T2S,
    tasks: Sequence[DecodeTask],
    limits: Sequence[int],
    size: int,
    session: SpeechSession,
) -> list[Decoded]:
    """Decode sentences of one voice and request, at most `size` at once; results keep their order.

    Each sentence gets the same tokens as when decoded alone. Nothing is checked here; whoever speaks the
    sentence does that. A batch ends when its longest sentence ends or reaches the largest of its `limits`.

    Raises:
        Cancelled: the text was cancelled.
        TtsError: as `generate_batch`.
    """
    results = [Decoded([], None) for _ in tasks]
    for rows in buckets([len(task.text.phones) for task in tasks], size):
        first = tasks[rows[0]]
        cache = network.make_cache(len(rows))
        cache.between_layers = session.token.check
        stream = generate_batch(
            network,
            [tasks[row].text for row in rows],
            first.prompt if len(first.prompt) else None,
            DecodeSettings(first.sampling, early_stop=max(limits[row] for row in rows)),
            seeds=[tasks[row].seed for row in rows],
            cache=cache,
        )
        try:
            with session.clock.on(Work.PREFILL):
                begun = list(islice(stream, 1))
            for place, code in chain(begun, stream):
                session.token.check()
                results[rows[place]].tokens.append(code)
                session.meter.count("tokens")
        finally:
            stream.close()
        for place, row in enumerate(rows):
            results[row] = Decoded(results[row].tokens, stream.ends[place])
    return results


def buckets(lengths: Sequence[int], size: int, threshold: float = THRESHOLD) -> list[list[int]]:
    """Group sentences of similar length, so that a batch is not padded to one long sentence.

    Sentences are taken from shortest to longest. The longest are removed from a batch until its median is at
    least `threshold` of its mean, or one is left.

    Args:
        lengths: characters of each sentence.
        size: maximum number of sentences in a batch.
        threshold: how even a batch must be; 0 accepts any.

    Returns:
        Indices of the sentences, batch by batch; each occurs once.

    Raises:
        SettingError: the size is below 1, or the threshold is negative or not a number.
    """
    if size < 1:
        raise SettingError(f"batch size must be 1 or more, got {size}")
    if not math.isfinite(threshold) or threshold < 0:
        raise SettingError(f"batch threshold must be 0 or more, got {threshold}")
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    batches = []
    start = 0
    while start < len(order):
        end = min(start + size, len(order))
        while end - start > 1 and not _even([lengths[i] for i in order[start:end]], threshold):
            end -= 1
        batches.append(order[start:end])
        start = end
    return batches


def _even(rising: list[int], threshold: float) -> bool:
    return rising[len(rising) // 2] * len(rising) >= threshold * sum(rising)

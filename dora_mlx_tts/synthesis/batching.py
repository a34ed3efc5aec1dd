"""Several sentences decoded together: more tokens a second, later first sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dora_mlx_tts.models.t2s.decoding import DecodeSettings, End, generate_batch
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.buckets import buckets
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask
from dora_mlx_tts.synthesis.stats import SynthesisMeter

AHEAD = 4
"""Batches of sentences that are looked at together, so that like lengths meet."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Tokens of one sentence and how they ended."""

    tokens: list[int]
    end: End | None


def decode_together(
    network: T2S,
    tasks: Sequence[DecodeTask],
    limits: Sequence[int],
    size: int,
    meter: SynthesisMeter,
    token: CancelToken,
) -> list[Decoded]:
    """Decode sentences of one voice and request, at most `size` at once; in their order.

    Each gives the tokens that it gives alone. None is judged here: that is for the one who speaks
    it. A batch ends when its longest sentence ends, or reaches the largest of its `limits`.

    Raises:
        Cancelled: the text was cancelled.
        TtsError: as `generate_batch`.
    """
    results = [Decoded([], None) for _ in tasks]
    for rows in buckets([len(task.text.phones) for task in tasks], size):
        first = tasks[rows[0]]
        cache = network.make_cache(len(rows))
        cache.between_layers = token.check
        stream = generate_batch(
            network,
            [tasks[row].text for row in rows],
            first.prompt if len(first.prompt) else None,
            DecodeSettings(first.sampling, early_stop=max(limits[row] for row in rows)),
            seeds=[tasks[row].seed for row in rows],
            cache=cache,
        )
        try:
            for place, code in stream:
                token.check()
                results[rows[place]].tokens.append(code)
                meter.count("tokens")
        finally:
            stream.close()
        for place, row in enumerate(rows):
            results[row] = Decoded(results[row].tokens, stream.ends[place])
    return results

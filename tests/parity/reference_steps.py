"""Steps that the reference takes and this package replaced by others: what its goldens are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.finish import silence
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.models.sovits.semantic import SemanticEncoder
from dora_mlx_tts.models.t2s.decoding import BatchStream
from dora_mlx_tts.synthesis.batching import buckets


def batches(lengths: Sequence[int], size: int, threshold: float, *, split: bool) -> list[list[int]]:
    """Numbers of the sentences of each batch, grouped by length only where they are `split`."""
    if split:
        return buckets(lengths, size, threshold)
    return [list(range(i, min(i + size, len(lengths)))) for i in range(0, len(lengths), size)]


def limit_peak(samples: Samples, ceiling: float = 1.0) -> Samples:
    """Scale down so that no sample exceeds `ceiling`; quieter samples stay as they are."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples if peak <= ceiling else samples * np.float32(ceiling / peak)


def with_pauses(fragments: Iterable[Samples], rate: int, seconds: float) -> Samples:
    """Join fragments, each limited to full scale and followed by a pause."""
    pause = silence(seconds, rate)
    parts = [part for fragment in fragments for part in (limit_peak(fragment), pause)]
    return np.concatenate(parts) if parts else silence(0, rate)


def latent_window(
    encoder: SemanticEncoder,
    codes: mx.array,
    text: mx.array,
    ge: mx.array,
    keep: int,
    tail: mx.array | None = None,
) -> mx.array:
    """Frames [1, 2 keep, C] of the last `keep` codes, joined to what was spoken before.

    Args:
        codes: [1, n], everything decoded so far.
        text: phones [1, m] of the sentence.
        ge: style [1, 1, G].
        keep: how many codes the window holds.
        tail: frames that the previous window held for the window's first codes.

    Raises:
        SynthesisError: `keep` or `tail` does not fit the codes.
        TtsError: as `SemanticEncoder.encode_latent`.
    """
    if not 1 <= keep <= codes.shape[-1]:
        raise SynthesisError(f"a window of {keep} codes; allowed: 1 to {codes.shape[-1]}")
    window = encoder.encode_latent(codes, text, ge)[:, -2 * keep :]
    return window if tail is None else join_latent(tail, window)


def join_latent(tail: mx.array, latent: mx.array) -> mx.array:
    """Blend the first frames of `latent` with the `tail` [B, L, C] of the frames before it.

    Both windows are quarter sines: their powers add up to one, since the two are not in phase.

    Raises:
        SynthesisError: the tail is longer than the frames it is to join.
    """
    length = tail.shape[1]
    if length > latent.shape[1]:
        raise SynthesisError(
            f"{length} frames to blend, but only {latent.shape[1]} follow; shorten the overlap"
        )
    phase = np.arange(length) * (np.pi / (2 * length)) if length else np.zeros(0)
    rising = mx.array(np.sin(phase).astype(np.float32))[:, None].astype(latent.dtype)
    falling = mx.array(np.cos(phase).astype(np.float32))[:, None].astype(latent.dtype)
    joined = latent[:, :length] * rising + tail * falling
    return mx.concatenate([joined, latent[:, length:]], axis=1)


def collected(stream: BatchStream) -> list[list[int]]:
    """Decode to the end; the tokens of each row."""
    tokens: list[list[int]] = [[] for _ in stream.ends]
    for row, token in stream:
        tokens[row].append(token)
    return tokens

"""Cutting a stream of semantic tokens into chunks that can be spoken while the rest is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.runtime.array_types import Floats

_LOOKAHEAD = 2  # tokens beyond a chunk's least length before a cut is looked for


@dataclass(frozen=True, slots=True)
class TokenChunk:
    """Consecutive tokens.

    Attributes:
        tokens: the tokens.
        final: whether the stream ended with them. A stream that ends exactly at a cut has no final
            chunk: nothing is held back in order to find that out.
    """

    tokens: tuple[int, ...]
    final: bool


def fixed_chunks(tokens: Iterable[int], length: int) -> Iterator[TokenChunk]:
    """Chunks of `length` tokens, and what remains.

    Raises:
        SettingError: `length` below 1.
    """
    _check_length(length)
    pending: list[int] = []
    for token in tokens:
        pending.append(token)
        if len(pending) == length:
            yield TokenChunk(tuple(pending), final=False)
            pending = []
    if pending:
        yield TokenChunk(tuple(pending), final=True)


def mute_chunks(
    tokens: Iterable[int],
    length: int,
    similarity: Floats,
    *,
    threshold: float = 0.0,
    repeat: bool = False,
) -> Iterator[TokenChunk]:
    """Chunks of at least `length` tokens, cut where two neighbours are most like silence.

    Args:
        tokens: the stream.
        length: least tokens of a chunk.
        similarity: likeness of each token to the mute one, [V]; see `mute_similarity`.
        threshold: likeness that counts as none.
        repeat: also give the tokens after the cut, which then come again in the next chunk, as the
            reference does. Speech repeats a moment there, so it is off.

    Raises:
        SettingError: `length` below 1.
    """
    _check_length(length)
    pending: list[int] = []
    for token in tokens:
        pending.append(token)
        if len(pending) < length + _LOOKAHEAD:
            continue
        cut = _quietest(similarity[pending], threshold, length)
        if cut is not None:
            yield TokenChunk(tuple(pending if repeat else pending[:cut]), final=False)
            pending = pending[cut:]
    if pending:
        yield TokenChunk(tuple(pending), final=True)


def mute_similarity(embeddings: Floats, mute: int) -> Floats:
    """Cosine similarity [V] of each token's embedding [V, C] to the mute token's.

    Raises:
        SettingError: `mute` is not one of the tokens.
    """
    if not 0 <= mute < len(embeddings):
        raise SettingError(must_be("mute token", f"from 0 to {len(embeddings) - 1}", mute))
    norms = np.maximum(np.linalg.norm(embeddings, axis=-1), 1e-8)
    similarity: Floats = (embeddings @ embeddings[mute]) / (norms * norms[mute])
    return similarity


def _quietest(likeness: Floats, threshold: float, length: int) -> int | None:
    """Tokens before the best cut, or None when there is no good one after `length` tokens."""
    score = likeness - threshold
    score = np.where(score < 0, -1.0, score)
    score[:-1] += score[1:]
    best = int(score.argmax())
    return best + 1 if score[best] >= 0 and best + 1 >= length else None


def _check_length(length: int) -> None:
    if length < 1:
        raise SettingError(must_be("tokens of a chunk", "an integer from 1", length))

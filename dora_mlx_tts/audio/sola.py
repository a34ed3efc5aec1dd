"""Joins overlapping pieces of audio: synchronized overlap-add (SoLA).

Two runs of a generator give the same sound with different phases. Before blending, the second is shifted to
where it matches the first best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError

SEARCH = 320
"""Range in samples searched for the best offset, as in the reference implementation."""

_FLOOR = 1e-8


def best_offset(tail: Samples, following: Samples, search: int = SEARCH) -> int:
    """How many samples of `following` [n] to drop so that it continues `tail` [m] best.

    The measure is their correlation over the length of `tail`, divided by the square root of the energy of the
    compared part of `following`; ties go to the first.

    Raises:
        AudioError: `following` is shorter than `tail`.
    """
    _check(len(following), len(tail))
    window = following[: len(tail) + max(0, search)].astype(np.float64)
    if len(tail) == 0:
        return 0
    correlation = np.correlate(window, tail.astype(np.float64), mode="valid")
    total = np.concatenate([[0.0], np.cumsum(np.square(window))])
    energy = np.maximum(total[len(tail) :] - total[: -len(tail)], 0.0)
    return int(np.argmax(correlation / np.sqrt(energy + _FLOOR)))


def blend(tail: Samples, following: Samples) -> Samples:
    """`following` [n], its first samples faded in while `tail` [m] fades out (halves of a Hann window).

    Raises:
        AudioError: `following` is shorter than `tail`.
    """
    _check(len(following), len(tail))
    rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(len(tail)) / max(len(tail), 1))
    joined = following.astype(np.float32)
    joined[: len(tail)] = rising * joined[: len(tail)] + (1.0 - rising) * tail
    return joined


def sola(fragments: Sequence[Samples], overlap: int, search: int = SEARCH) -> Samples:
    """Join fragments that each end with the sound that the next one begins with.

    Args:
        fragments: samples [n] each.
        overlap: samples shared by two neighbours.
        search: range of the alignment in samples; each join shortens the result by up to this many.

    Raises:
        AudioError: a fragment is too short to be joined.
    """
    if not fragments:
        return np.zeros(0, np.float32)
    parts: list[Samples] = []
    current = fragments[0].astype(np.float32)
    for following in fragments[1:]:
        _check(len(current), overlap)
        body, tail = np.split(current, [len(current) - overlap])
        parts.append(body)
        current = blend(tail, following[best_offset(tail, following, search) :])
    return np.concatenate([*parts, current])


def _check(length: int, overlap: int) -> None:
    if length < overlap:
        raise AudioError(
            f"a fragment of {length} samples cannot be joined over {overlap}; make fragments longer"
            " or their overlap shorter"
        )

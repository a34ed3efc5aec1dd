"""Joining pieces of sound that overlap: synchronized overlap-add (SoLA).

Two runs of a generator give the same sound with other phases. Before they are blended, the second
is moved to where it agrees best with the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError

SEARCH = 320
"""Samples within which the best place is searched, as in the reference implementation."""

_FLOOR = 1e-8


def best_offset(tail: Samples, following: Samples, search: int = SEARCH) -> int:
    """How many samples of `following` [n] to drop so that it continues best what `tail` [m] ends.

    The measure is their correlation over the length of `tail`, divided by the root of the energy
    of what is compared in `following`; of equal ones the first counts.

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
    """`following` [n] with its first samples faded in while `tail` [m] fades out (halves of a Hann window).

    Raises:
        AudioError: `following` is shorter than `tail`.
    """
    _check(len(following), len(tail))
    rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(len(tail)) / max(len(tail), 1))
    joined = following.astype(np.float32)
    joined[: len(tail)] = rising * joined[: len(tail)] + (1.0 - rising) * tail
    return joined


def sola(fragments: Sequence[Samples], overlap: int, search: int = SEARCH) -> Samples:
    """Join fragments of which each ends with the sound that the next begins with.

    Args:
        fragments: samples [n] each.
        overlap: samples that two neighbours share.
        search: samples within which they are aligned; each join shortens the result by up to these.

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

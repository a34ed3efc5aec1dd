"""Names and forms of weights: prefixes, legacy names, weight normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.stored import Stored, Weight, full
from dora_mlx_tts.packs.tensors import Array

T = TypeVar("T")
W = TypeVar("W", Array, Stored, Weight)

# Key suffixes of a pair (magnitude, direction): torch's old weight_norm and its parametrization.
_PAIRS = (
    (".weight_g", ".weight_v"),
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
)


def fold_weight_norm(weights: Mapping[str, W], source: str = "weights") -> dict[str, W | Array]:
    """Replace every weight-norm pair with the plain weight ``g * v / ||v||``.

    The norm runs over all dimensions in which ``g`` has length 1: all but the first in SoVITS and
    the vocoders, all but the last in HuBERT's positional convolution. The result has v's type.

    Raises:
        WeightsError: Half of a pair is missing, or the halves do not match.
    """
    folded: dict[str, W | Array] = {}
    for key, values in weights.items():
        match pair_of(key):
            case None:
                folded[key] = values
            case (stem, magnitude, direction):
                missing = next((k for k in (magnitude, direction) if k not in weights), None)
                if missing is not None:
                    raise WeightsError(f"{source}: {key!r} comes without {missing!r}")
                if key == direction:
                    halves = full(weights[magnitude]), full(values)
                    folded[f"{stem}.weight"] = _fold(source, key, *halves)
    return folded


def pair_of(key: str) -> tuple[str, str, str] | None:
    """``(module, magnitude key, direction key)`` of half a weight-norm pair; None for other keys."""
    for magnitude, direction in _PAIRS:
        for ending in (magnitude, direction):
            if key.endswith(ending):
                stem = key.removesuffix(ending)
                return stem, stem + magnitude, stem + direction
    return None


def _fold(source: str, key: str, magnitude: Array, direction: Array) -> Array:
    fits = magnitude.ndim == direction.ndim and all(
        n in {1, m} for n, m in zip(magnitude.shape, direction.shape, strict=True)
    )
    if not fits:
        raise WeightsError(
            f"{source}: magnitude {magnitude.shape} does not fit {key!r} of {direction.shape}"
        )
    axes = tuple(i for i, n in enumerate(magnitude.shape) if n == 1 and direction.shape[i] != 1)
    exact = direction.astype(np.float32)
    norm = np.sqrt(np.sum(exact * exact, axis=axes, keepdims=True))
    scale = np.divide(magnitude.astype(np.float32), norm, out=np.zeros_like(norm), where=norm > 0)
    folded: Array = (exact * scale).astype(direction.dtype)
    return folded


def rename_norm(key: str) -> str:
    """The current name of a LayerNorm parameter called gamma or beta by old BERT conversions; other keys stay."""
    for old, new in (
        (".LayerNorm.gamma", ".LayerNorm.weight"),
        (".LayerNorm.beta", ".LayerNorm.bias"),
    ):
        if key.endswith(old):
            return key.removesuffix(old) + new
    return key


def without_prefix(weights: Mapping[str, T], prefix: str) -> dict[str, T]:
    """The weights under ``prefix`` with shortened names; all weights if none has the prefix."""
    below = {
        key.removeprefix(prefix): values
        for key, values in weights.items()
        if key.startswith(prefix)
    }
    return below or dict(weights)

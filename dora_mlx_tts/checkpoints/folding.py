"""Weight-norm pairs as single tensors, computed when read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.arrays import fold_weight_norm, pair_of
from dora_mlx_tts.packs.tensors import Array, ReadableTensor, Tensors


@dataclass(frozen=True)
class FoldedTensor:
    """``g * v / ||v||`` in float32, of the direction's shape.

    Attributes:
        stem: The module that the pair belongs to.
        magnitude: ``g``, and its key.
        direction: ``v``, and its key.
        source: The part, for errors.
    """

    stem: str
    magnitude: tuple[str, ReadableTensor]
    direction: tuple[str, ReadableTensor]
    source: str
    bfloat16: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always float32, whatever the types of the halves."""
        return np.dtype("f4")

    @property
    def shape(self) -> tuple[int, ...]:
        """The direction's."""
        return self.direction[1].shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.direction[1].size

    def check(self) -> None:
        """Check that the magnitude has one value for each vector along one axis of the direction.

        Raises:
            WeightsError: It has another shape.
        """
        (key, magnitude), shape = self.magnitude, self.shape
        norms = [axis for axis, size in enumerate(magnitude.shape) if size > 1]
        along = norms[0] if norms else 0
        wanted = tuple(size if axis == along else 1 for axis, size in enumerate(shape))
        if magnitude.shape != wanted:
            raise WeightsError(
                f"{self.source}: {key!r} must be of shape {wanted}, got {magnitude.shape}"
            )

    def read(self) -> Array:
        """The product.

        Raises:
            WeightsError: The halves do not fit, or a file cannot be read.
        """
        halves = {key: half.read() for key, half in (self.magnitude, self.direction)}
        exact = {key: values.astype(np.float32) for key, values in halves.items()}
        return fold_weight_norm(exact, self.source)[f"{self.stem}.weight"]


def fold_pairs(tensors: Tensors, source: str) -> dict[str, ReadableTensor]:
    """Replace every weight-norm pair with its product, in the direction's place.

    Raises:
        WeightsError: Half of a pair is missing.
    """
    plain_value: dict[str, ReadableTensor] = {}
    for key, tensor in tensors.items():
        match pair_of(key):
            case None:
                plain_value[key] = tensor
            case (stem, magnitude, direction):
                missing = next((k for k in (magnitude, direction) if k not in tensors), None)
                if missing is not None:
                    raise WeightsError(f"{source}: {key!r} comes without {missing!r}")
                if key == direction:
                    pair = (magnitude, tensors[magnitude]), (direction, tensor)
                    plain_value[f"{stem}.weight"] = FoldedTensor(stem, *pair, source)
    return plain_value

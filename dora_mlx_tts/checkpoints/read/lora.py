"""LoRA files of SoVITS v3, v4 and v5: small changes to a base model's weights.

The product B A of two thin matrices B [out, rank] and A [rank, in] is added to a weight; GPT-SoVITS trains with
alpha = rank, so there is no factor. Other tensors of the file replace those of the base.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.tensors import Array

_WRAPPED = re.compile(r"^(?P<top>\w+)\.base_model\.model\.(?P<path>.+)$")
_PAIR = re.compile(r"^(?P<path>.+)\.lora_(?P<half>[AB])(\.default)?\.weight$")


@dataclass(frozen=True, slots=True, eq=False)
class Lora:
    """The changes in a file, under the base model's keys.

    Attributes:
        pairs: key of a weight -> its B and A.
        replaced: key -> tensor that replaces that of the base.
        source: the file, for errors.
    """

    pairs: dict[str, tuple[Array, Array]]
    replaced: dict[str, Array]
    source: str

    def apply(self, key: str, values: Array) -> Array:
        """A tensor of the base model with the file's change, if any; its type stays.

        Raises:
            WeightsError: the shape of the change does not match.
        """
        changed = self.replaced.get(key, values)
        if changed.shape != values.shape:
            raise self._misfit(key, changed.shape, values.shape)
        if key in self.pairs:
            b, a = self.pairs[key]
            if (b.shape[0], a.shape[1]) != values.shape:
                raise self._misfit(key, (b.shape[0], a.shape[1]), values.shape)
            changed = changed.astype(np.float32) + b.astype(np.float32) @ a.astype(np.float32)
        return changed if changed is values else changed.astype(values.dtype)

    def check(self, base: Collection[str]) -> tuple[str, ...]:
        """Check against a base model's keys; returns the replacements that it does not have.

        Raises:
            WeightsError: the base lacks a weight that a pair changes.
        """
        lost = [key for key in self.pairs if key not in base]
        if lost:
            raise WeightsError(
                f"{self.source}: changes '{lost[0]}', which the base model does not have"
                f" ({len(lost)} of {len(self.pairs)} such keys); is it the base of another version?"
            )
        return tuple(key for key in self.replaced if key not in base)

    def _misfit(self, key: str, have: tuple[int, ...], want: tuple[int, ...]) -> WeightsError:
        return WeightsError(
            f"{self.source}: its change of '{key}' has shape {have}, the base model's is {want}"
        )


def read_lora(weights: Mapping[str, Array], source: str = "LoRA file") -> Lora:
    """Sort a LoRA file's tensors into pairs and replacements.

    Raises:
        WeightsError: there is no pair, half a pair, a pair of different ranks, or a duplicate key.
    """
    halves: dict[str, dict[str, Array]] = {}
    replaced: dict[str, Array] = {}
    for key, values in weights.items():
        name = _base_name(key)
        match = _PAIR.match(name)
        if match:
            halves.setdefault(f"{match['path']}.weight", {})[match["half"]] = values
            continue
        name = name.replace(".base_layer.", ".")
        if name in replaced:
            raise WeightsError(f"{source}: two tensors are both '{name}'")
        replaced[name] = values
    if not halves:
        raise WeightsError(f"{source}: it holds no LoRA weights (keys with '.lora_A.', '.lora_B.')")
    pairs = {key: _pair(key, found, source) for key, found in halves.items()}
    return Lora(pairs, replaced, source)


def merge_lora(
    base: Mapping[str, Array], lora: Mapping[str, Array], source: str = "LoRA file"
) -> dict[str, Array]:
    """A base model's tensors with a LoRA file's changes; the inputs are not modified.

    Tensors that the base does not have are left out, as in the reference implementation.

    Raises:
        WeightsError: see `read_lora`, `Lora.check` and `Lora.apply`.
    """
    changes = read_lora(lora, source)
    changes.check(base.keys())
    return {key: changes.apply(key, values) for key, values in base.items()}


def _base_name(key: str) -> str:
    """The base's key: `cfm.x` for `cfm.base_model.model.x`; other keys are the same."""
    match = _WRAPPED.match(key)
    return f"{match['top']}.{match['path']}" if match else key


def _pair(key: str, found: Mapping[str, Array], source: str) -> tuple[Array, Array]:
    missing = {"A", "B"} - found.keys()
    if missing:
        raise WeightsError(f"{source}: '{key}' comes without its lora_{missing.pop()}")
    b, a = found["B"], found["A"]
    if b.ndim != 2 or a.ndim != 2 or b.shape[1] != a.shape[0]:  # noqa: PLR2004  matrices
        raise WeightsError(
            f"{source}: lora_B {b.shape} and lora_A {a.shape} of '{key}' do not multiply"
        )
    return b, a

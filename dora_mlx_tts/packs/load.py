"""Loads weights into a network, or reports exactly why they do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol, runtime_checkable

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.utils import tree_flatten, tree_unflatten

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.stored import Stored

_SHOWN = 5


@runtime_checkable
class Keeper(Protocol):
    """A module that can use a weight in stored form."""

    def keep(self, name: str, weight: Stored) -> bool:
        """Use the weight for the parameter `name`; returns whether it did."""


def strict_load(
    module: nn.Module,
    weights: Mapping[str, Any],
    source: str,
    *,
    ignore: Sequence[str] = (),
    dtype: mx.Dtype | None = mx.float32,
    keep: Sequence[str] = (),
) -> None:
    """Load a weight into every parameter of ``module``; none may be missing or left over.

    Args:
        module: The network; the names and shapes of its parameters are the expected ones.
        weights: Key -> numpy or MLX array or `Stored`, after the network's own renaming and transposing.
        source: The file or part, for errors.
        ignore: Patterns (``enc_q.*``) of keys that may be left over.
        dtype: Type of floating-point parameters; None keeps the type of each weight.
        keep: Patterns of keys that stay in stored form, for modules that support it.

    Raises:
        WeightsError: Keys are missing, left over, or have another shape; the message names them.
    """
    check_weights(module, weights, source, ignore=ignore)
    expected = dict(tree_flatten(module.parameters()))
    modules = dict(module.named_modules())
    used = {key: value for key, value in weights.items() if key in expected}
    kept = {key for key in used if _matches(key, keep) and _keep(modules, key, used[key])}
    used = {key: value for key, value in used.items() if key not in kept}
    arrays = all_to_mlx(used, dtype)
    module.update(tree_unflatten(list(arrays.items())))
    mx.eval(module.parameters())


def check_weights(
    module: nn.Module,
    weights: Mapping[str, Any],
    source: str,
    *,
    ignore: Sequence[str] = (),
) -> None:
    """Check that every parameter has a weight of its shape and that no weight is left over.

    Args:
        module: The network; its parameters are not computed.
        weights: Key -> anything with a ``shape``, after the network's own renaming and transposing.
        source: The file or part, for errors.
        ignore: Patterns (``enc_q.*``) of keys that may be left over.

    Raises:
        WeightsError: Keys are missing, left over, or have another shape; the message names them.
    """
    expected = dict(tree_flatten(module.parameters()))
    used = {key: value for key, value in weights.items() if key in expected}
    over = [k for k in weights if k not in expected and not _matches(k, ignore)]
    missing = [key for key in expected if key not in used]
    problems = _listed("missing", missing) + _listed("unexpected", over)
    problems += _listed(
        "mis-shaped",
        [
            f"{key} expected {tuple(expected[key].shape)} got {tuple(value.shape)}"
            for key, value in used.items()
            if tuple(value.shape) != tuple(expected[key].shape)
        ],
    )
    if problems:
        name = type(module).__name__
        raise WeightsError(f"{source}: the weights do not fit {name}: {'; '.join(problems)}")


def _keep(modules: Mapping[str, nn.Module], key: str, value: object) -> bool:
    owner, _, name = key.rpartition(".")
    module = modules.get(owner)
    return isinstance(value, Stored) and isinstance(module, Keeper) and module.keep(name, value)


def to_mlx(value: Any, dtype: mx.Dtype | None = mx.float32) -> mx.array:  # noqa: ANN401  as `weights`
    """Convert a weight to an MLX array; a stored one keeps its file's memory order.

    Args:
        value: numpy or MLX array, or `Stored`.
        dtype: Type of floating-point numbers; None keeps the present type, or float32 for 8-bit weights.
    """
    return all_to_mlx({"": value}, dtype)[""]


def all_to_mlx(
    weights: Mapping[str, Any], dtype: mx.Dtype | None = mx.float32
) -> dict[str, mx.array]:
    """Like `to_mlx` for many weights, waiting for MLX only once."""
    widened = {key: value for key, value in weights.items() if _is_widened(value, dtype)}
    made = {key: mx.zeros(_in_memory(value).shape) for key, value in widened.items()}
    mx.eval(made)
    arrays = {}
    for key, value in weights.items():
        if not isinstance(value, Stored):
            arrays[key] = _cast(mx.array(value), dtype)
            continue
        array = made.get(key)
        if array is None:
            array = mx.array(np.ascontiguousarray(_in_memory(value).values))
        else:  # newly allocated memory that nothing else refers to yet
            _in_memory(value).widen(np.array(array, copy=False))
        axes = value.memory_order
        arrays[key] = _cast(array, dtype).transpose([axes.index(i) for i in range(value.ndim)])
    return arrays


def _is_widened(value: object, dtype: mx.Dtype | None) -> bool:
    """Whether numpy widens the weight to float32 instead of copying it unchanged."""
    if not isinstance(value, Stored):
        return False
    return value.scale is not None or (value.dtype.kind == "f" and dtype == mx.float32)


def _in_memory(value: Stored) -> Stored:
    return value.transpose(*value.memory_order)


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _cast(value: mx.array, dtype: mx.Dtype | None) -> mx.array:
    if dtype is None or not mx.issubdtype(value.dtype, mx.floating):
        return value
    return value.astype(dtype)


def _listed(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{more}"]

"""Puts weights into a network, or says exactly why they do not fit."""

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
    """A module that can work with a weight as it is stored."""

    def keep(self, name: str, weight: Stored) -> bool:
        """Take the weight in place of the parameter `name`, or say no."""


def strict_load(
    module: nn.Module,
    weights: Mapping[str, Any],
    source: str,
    *,
    ignore: Sequence[str] = (),
    dtype: mx.Dtype | None = mx.float32,
    keep: Sequence[str] = (),
) -> None:
    """Give every parameter of ``module`` its weight; nothing may be missing or left over.

    Args:
        module: The network; its parameters' names are the keys, its shapes what is expected.
        weights: Key -> numpy or MLX array or `Stored`, after the network's own renaming and turning.
        source: The file or part, for errors.
        ignore: Patterns (``enc_q.*``) of keys that may be left over.
        dtype: Type of floating-point parameters; None keeps each weight's own.
        keep: Patterns of keys that stay as they are stored, for modules that can work with them so.

    Raises:
        WeightsError: Names the keys that are missing, left over, or of another shape.
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
    """Require that every parameter has a weight of its shape, and that no weight is left over.

    Args:
        module: The network; its parameters are not computed.
        weights: Key -> anything with a ``shape``, after the network's own renaming and turning.
        source: The file or part, for errors.
        ignore: Patterns (``enc_q.*``) of keys that may be left over.

    Raises:
        WeightsError: Names the keys that are missing, left over, or of another shape.
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
    """An MLX array of a weight; a stored one keeps the memory order of its file.

    Args:
        value: numpy or MLX array, or `Stored`.
        dtype: Type of floating-point numbers; None keeps what there is, float32 for 8-bit weights.
    """
    return all_to_mlx({"": value}, dtype)[""]


def all_to_mlx(
    weights: Mapping[str, Any], dtype: mx.Dtype | None = mx.float32
) -> dict[str, mx.array]:
    """As `to_mlx`, of many weights: MLX is waited for once, not once for each."""
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
        else:  # its own memory, which nobody else has seen yet
            _in_memory(value).widen(np.array(array, copy=False))
        axes = value.memory_order
        arrays[key] = _cast(array, dtype).transpose([axes.index(i) for i in range(value.ndim)])
    return arrays


def _is_widened(value: object, dtype: mx.Dtype | None) -> bool:
    """Whether a weight is written as float32 by numpy, not copied unchanged."""
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

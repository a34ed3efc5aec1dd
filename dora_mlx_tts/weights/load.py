"""Puts weights into a network, or says exactly why they do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten, tree_unflatten

from dora_mlx_tts.errors import WeightsError

_SHOWN = 5


def strict_load(
    module: nn.Module,
    weights: Mapping[str, Any],
    source: str,
    *,
    ignore: Sequence[str] = (),
    dtype: mx.Dtype | None = mx.float32,
) -> None:
    """Give every parameter of ``module`` its weight; nothing may be missing or left over.

    Args:
        module: The network; its parameters' names are the keys, its shapes what is expected.
        weights: Key -> numpy or MLX array, after the network's own renaming and turning.
        source: The file or part, for errors.
        ignore: Patterns (``enc_q.*``) of keys that may be left over.
        dtype: Type of floating-point parameters; None keeps each weight's own.

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
    arrays = {key: _cast(mx.array(value), dtype) for key, value in used.items()}
    module.update(tree_unflatten(list(arrays.items())))
    mx.eval(module.parameters())


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

"""Reads the `config.json` that accompanies an encoder's weights.

Such files contain dozens of keys about training. Only those that shape the network are used; keys that could
select a different network must have the expected value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be

Config = TypeVar("Config")


def read_config(
    kind: type[Config], data: Mapping[str, Any], fixed: Mapping[str, object], what: str
) -> Config:
    """Build the dataclass `kind` from `data`; missing fields keep their defaults.

    Fields may be int, float, bool or tuples of int.

    Raises:
        WeightsError: a value has the wrong type or is not above zero, or the network is of another kind.
    """
    for key, wanted in fixed.items():
        if key in data and data[key] != wanted:
            raise WeightsError(must_be(f"{what} configuration: {key}", repr(wanted), data[key]))
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # Config is a dataclass
        if field.name in data:
            values[field.name] = _checked(data[field.name], field.default, field.name, what)
    return kind(**values)


def _checked(value: object, default: object, name: str, what: str) -> object:
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and value and all(_is_size(v) for v in value):
            return tuple(value)
        wanted = "a list of integers above 0"
    elif isinstance(default, bool):
        if isinstance(value, bool):
            return value
        wanted = "true or false"
    elif isinstance(default, float):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
        wanted = "a number above 0"
    else:
        if _is_size(value):
            return value
        wanted = "an integer above 0"
    raise WeightsError(must_be(f"{what} configuration: {name}", wanted, value))


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def check_divides(whole: int, part: int, names: str, what: str) -> None:
    """Check that `part` divides `whole`; `names` names them in the message.

    Raises:
        WeightsError: it does not.
    """
    if whole % part:
        raise WeightsError(
            must_be(f"{what} configuration: the first of {names}", f"a multiple of {part}", whole)
        )

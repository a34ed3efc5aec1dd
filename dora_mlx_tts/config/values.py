"""Converts values as people and other programs write them to those of the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dora_mlx_tts.messages import must_be

MOST_TOKENS: Final = 1025
"""Size of the codebook, including the end token."""

MOST_MIB: Final = 1 << 24
"""The largest amount of memory that a setting may name; larger ones do not fit MLX's integers."""
_DEVICES: Final = {
    "cuda": "gpu", "mps": "gpu", "metal": "gpu", "rocm": "gpu", "mlx": "auto", "default": "auto", "": "auto",
}  # fmt: skip
_SWITCHES: Final = {"true": "on", "yes": "on", "false": "off", "no": "off"}
_NONE: Final = frozenset({"none", "null"})
_LEVELS: Final = {
    "WARN": "WARNING", "CRITICAL": "ERROR", "FATAL": "ERROR", "TRACE": "DEBUG", "NOTSET": "DEBUG",
    "NOTICE": "INFO", "10": "DEBUG", "20": "INFO", "30": "WARNING", "40": "ERROR", "50": "ERROR",
}  # fmt: skip


def seed(value: object) -> object:
    """Convert -1, which means "any seed" in other programs."""
    return None if value in (-1, "-1", "") else value


def device(value: object) -> object:
    """Convert torch's device names, such as `cuda:0`."""
    if not isinstance(value, str):
        return value
    name = value.strip().lower().partition(":")[0]
    return _DEVICES.get(name, name)


def log_level(value: object) -> object:
    """Convert names and numbers of levels in other logging systems."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    name = str(value).strip().upper()
    return _LEVELS.get(name, name)


def word(value: object) -> object:
    """Convert a word to lower case, and `on` and `off` from what YAML and other programs make of them."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, str):
        return value
    name = value.strip().lower()
    return _SWITCHES.get(name, name)


def as_written(model: type[BaseModel], values: object) -> object:
    """Convert "none" and "null" to None in those settings of a model that may have no value.

    Raises:
        ValueError: a number is given as true or false, which would pass for 1 and 0.
    """
    if not isinstance(values, Mapping):
        return values
    fields = model.model_fields
    return {
        name: _as_written(name, value, _kinds(fields[name])) if name in fields else value
        for name, value in values.items()
    }


def _kinds(field: FieldInfo) -> Sequence[object]:
    return get_args(field.annotation) or (field.annotation,)


def _as_written(name: str, value: object, kinds: Sequence[object]) -> object:
    if type(None) in kinds and (value is False or str(value).strip().lower() in _NONE):
        return None
    if isinstance(value, bool) and not {int, float}.isdisjoint(kinds):
        raise ValueError(must_be(name, "a number", value))
    return value


def folders(value: object) -> object:
    """Split folders: "a:b"."""
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def names(value: object) -> object:
    """Split names: "a, b"."""
    if not isinstance(value, str):
        return value
    return tuple(name.strip() for name in value.split(",") if name.strip())


def pairs(value: object) -> object:
    """Parse a mapping: "a = b, c = d".

    Raises:
        ValueError: a part of it is not a pair.
    """
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for pair in filter(str.strip, re.split(r"[,;\n]", value)):
        name, sign, other = (part.strip() for part in pair.partition("="))
        if not (name and sign and other):
            raise ValueError(must_be("a pair", "name=voice", pair.strip()))
        found[name] = other
    return found


def or_none(value: object) -> object:
    """Convert 0 and empty values, which mean "not set"."""
    return None if value in (0, "0", "") else value


def off_is_none(value: object) -> object:
    """Convert words for "off", including 0."""
    value = word(value)
    return None if value in (0, "0", "", "off") else value


def empty_is_none(value: object) -> object:
    """Convert an empty string, which means "not set" in an environment."""
    return None if value == "" else value


def at_home(path: Path) -> Path:
    """Expand `~` in a path to the user's home.

    Raises:
        ValueError: there is no such home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def all_at_home(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Expand `~` in paths to the user's home."""
    return tuple(map(at_home, paths))


def library(value: object) -> object:
    """Convert `auto`, `off` or the path of a library."""
    if isinstance(value, str) and value.startswith("~"):
        return str(at_home(Path(value)))
    name = word(value)
    return name if name in {"auto", "off"} else value


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Merge layers; later ones take precedence."""
    return {name: value for layer in layers for name, value in layer.items()}

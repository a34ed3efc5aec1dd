"""``pack.json``: the description of a voice pack, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dora_mlx_tts.config.sources import validated
from dora_mlx_tts.config.speech_settings import PACK_SETTINGS, SpeechSettings
from dora_mlx_tts.errors import PackError, SettingError
from dora_mlx_tts.messages import must_be, unknown

FORMAT = 2
"""Version of the format. Version 1 had all tensors in row-major order and weight-norm pairs; it can still be read."""
MANIFEST = "pack.json"
FAMILIES = frozenset({"v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4", "v5dev", "v5turbo"})
SYMBOLS = frozenset({"v1", "v2"})
STORAGES = frozenset({"float32", "float16", "int8", "int6"})
LOUDNESS = (-70.0, 0.0)
"""Allowed range of a pack's loudness in LUFS."""
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PackFile:
    """A file's length and hash (lower-case hexadecimal SHA-256).

    A ``shared`` file is in the folder ``parts`` next to the pack, named by its hash.
    """

    bytes: int
    sha256: str
    shared: bool = False

    def to_json(self) -> dict[str, Any]:
        """The entry in ``pack.json``."""
        mark = {"shared": True} if self.shared else {}
        return {"bytes": self.bytes, "sha256": self.sha256, **mark}


@dataclass(frozen=True)
class PackPart:
    """A network: its weight file and its sizes."""

    file: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class PackManifest:
    """The content of ``pack.json``.

    Attributes:
        name: The pack's name, for people.
        model: Model family.
        symbols: Symbol table of its text front end.
        sample_rate: Hz of its speech.
        licence: SPDX expression, or "unknown".
        languages: Languages that it speaks.
        storage: Precision of the weights on disk.
        parts: Part name ("t2s", "sovits", "ssl", "bert", …) -> part.
        files: Every file of the pack except ``pack.json`` -> length and hash.
        provenance: What it was made from, for people.
        defaults: Speech settings that suit its networks (`PACK_SETTINGS`); empty in older packs.
        clones: Whether it takes over the timbre of any recording, not only of voices in its training.
        loudness: Approximate natural loudness of its voices in LUFS; None if not measured.
    """

    name: str
    model: str
    symbols: str
    sample_rate: int
    licence: str
    languages: tuple[str, ...]
    storage: str
    parts: Mapping[str, PackPart]
    files: Mapping[str, PackFile]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    clones: bool = True
    loudness: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The dictionary that ``from_json`` reads."""
        return {
            "format": FORMAT,
            "name": self.name,
            "model": self.model,
            "symbols": self.symbols,
            "sample_rate": self.sample_rate,
            "licence": self.licence,
            "languages": list(self.languages),
            "storage": self.storage,
            "defaults": dict(self.defaults),
            "clones": self.clones,
            "loudness": self.loudness,
            "parts": {
                name: {"file": part.file, "config": dict(part.config)}
                for name, part in self.parts.items()
            },
            "files": {name: entry.to_json() for name, entry in self.files.items()},
            "provenance": dict(self.provenance),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], source: str) -> PackManifest:
        """Check the content of a ``pack.json``.

        Raises:
            PackError: A field is missing, of the wrong type, or has a value that is not allowed.
        """
        read = _Fields(content, source)
        number = read.whole("format")
        if not 1 <= number <= FORMAT:
            raise PackError(
                must_be(f"{source}: format", f"from 1 to {FORMAT} for this version", number)
            )
        files = {name: _file(name, entry, source) for name, entry in read.table("files").items()}
        parts = {name: _part(name, entry, source) for name, entry in read.table("parts").items()}
        for name, part in parts.items():
            if part.file not in files:
                raise PackError(f"{source}: part {name!r} uses {part.file!r}, not among its files")
        return cls(
            name=read.text("name"),
            model=read.choice("model", FAMILIES),
            symbols=read.choice("symbols", SYMBOLS),
            sample_rate=read.whole("sample_rate"),
            licence=read.text("licence"),
            languages=read.texts("languages"),
            storage=read.choice("storage", STORAGES),
            parts=parts,
            files=files,
            provenance=read.table("provenance"),
            defaults=pack_defaults(content.get("defaults", {}), f"{source}: defaults"),
            clones=read.flag("clones", missing=True),
            loudness=read.level("loudness"),
        )


def pack_defaults(values: object, source: str) -> dict[str, Any]:
    """Validate the speech settings that a pack carries and convert their types.

    Args:
        values: Name -> value, from JSON or a command line.
        source: Their origin, for errors.

    Raises:
        PackError: A name is unknown or not one of `PACK_SETTINGS`, or a value is not allowed.
    """
    if not isinstance(values, dict):
        raise PackError(must_be(source, "a dictionary", values))
    for name in values:
        if name not in PACK_SETTINGS:
            raise PackError(f"{source}: {unknown('setting', name, sorted(PACK_SETTINGS))}")
    try:
        return validated(SpeechSettings, values, source).model_dump(include=set(values))
    except SettingError as error:
        raise PackError(str(error)) from error


def check_file_name(name: str, source: str) -> str:
    """Return ``name`` if it is a plain file name that a pack may contain.

    Raises:
        PackError: It contains folders, leads out of the pack, is hidden, or is ``pack.json`` itself.
    """
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
        raise PackError(
            f"{source}: names of files must be letters, digits, '.', '_' and '-', without folders,"
            f" and not {MANIFEST}, got {name!r}"
        )
    return name


def check_part_name(name: str, source: str) -> str:
    """Return ``name`` if a part may have it.

    Raises:
        PackError: It has characters other than lower-case letters, digits and underscores.
    """
    if not _PART_NAME.fullmatch(name):
        raise PackError(must_be(f"{source}: names of parts", "like 't2s'", name))
    return name


def _file(name: str, entry: object, source: str) -> PackFile:
    check_file_name(name, source)
    match entry:
        case {"bytes": int(size), "sha256": str(digest), "shared": bool(shared)}:
            pass
        case {"bytes": int(size), "sha256": str(digest)}:
            shared = False
        case _:
            size, digest, shared = -1, "", False
    if size >= 0 and _SHA256.fullmatch(digest):
        return PackFile(size, digest, shared)
    raise PackError(f"{source}: file {name!r} needs its bytes and its sha256 (64 hex digits)")


def _part(name: str, entry: object, source: str) -> PackPart:
    check_part_name(name, source)
    match entry:
        case {"file": str(file), "config": dict(config)}:
            return PackPart(file, config)
    raise PackError(f"{source}: part {name!r} needs a file name and a config")


class _Fields:
    """Typed access to a dictionary; every failure names the field."""

    def __init__(self, content: Mapping[str, Any], source: str) -> None:
        self._content = content
        self._source = source

    def text(self, name: str) -> str:
        value: str = self._typed(name, "text", lambda v: isinstance(v, str) and v != "")
        return value

    def whole(self, name: str) -> int:
        value: int = self._typed(name, "a positive integer", lambda v: type(v) is int and v > 0)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value: list[str] = self._typed(
            name,
            "a list of strings",
            lambda v: isinstance(v, list) and all(isinstance(item, str) for item in v),
        )
        return tuple(value)

    def table(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = self._typed(name, "a dictionary", lambda v: isinstance(v, dict))
        return value

    def flag(self, name: str, *, missing: bool) -> bool:
        if name not in self._content:
            return missing
        value: bool = self._typed(name, "true or false", lambda v: isinstance(v, bool))
        return value

    def level(self, name: str) -> float | None:
        if self._content.get(name) is None:
            return None
        low, high = LOUDNESS
        value: float = self._typed(
            name,
            f"a number from {low:g} to {high:g}, or null",
            lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high,
        )
        return float(value)

    def choice(self, name: str, allowed: frozenset[str]) -> str:
        value: str = self._typed(
            name,
            f"one of {', '.join(sorted(allowed))}",
            lambda v: isinstance(v, str) and v in allowed,
        )
        return value

    def _typed(self, name: str, expected: str, good: Callable[[Any], bool]) -> Any:  # noqa: ANN401 (JSON)
        if name not in self._content:
            raise PackError(f"{self._source}: field {name!r} must be {expected}, got nothing")
        value = self._content[name]
        if not good(value):
            raise PackError(must_be(f"{self._source}: field {name!r}", expected, value))
        return value

"""Reads YAML files written by people, with the line of every value, and with limits.

A YAML file can define a value once and repeat it a billion times by references, contain itself, or nest so
deeply that readers crash. Such files are refused before their values are built.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.unicode import valid_unicode

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a file.

    Attributes:
        bytes: its maximum size.
        values: maximum number of keys and values, with every reference expanded.
        depth: maximum nesting depth.
    """

    bytes: int = 1 << 18
    values: int = 50_000
    depth: int = 20


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True)
class YamlFile:
    """The content of a file that holds `name: value` lines.

    Attributes:
        path: the file.
        values: its values.
        lines: path of keys and indices -> line, from 1.
    """

    path: Path
    values: dict[str, Any]
    lines: dict[Place, int]

    def line(self, place: Place) -> int | None:
        """The line of a value, or of the nearest thing around it that has one."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return None

    def at(self, place: Place) -> str:
        """`file, line n` for messages."""
        return _at(self.path, self.line(place))


class _RefusedError(Exception):
    """The fault of a file, and its line."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(
    path: Path, *, error: type[TtsError], limits: Limits = DEFAULT_LIMITS, holds: str
) -> YamlFile:
    """Read a file; an empty one holds no values.

    Args:
        path: the file.
        error: the error class to raise.
        limits: limits of the file.
        holds: what the file contains, for messages: "settings (name: value)".

    Raises:
        TtsError: as `error`: the file cannot be read, is too large or too deep, is not YAML, gives a
            name twice, or holds something other than `name: value` lines; says where.
    """
    try:
        if path.stat().st_size > limits.bytes:
            raise error(f"{path} must have at most {limits.bytes} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as cause:
        raise error(f"{path}: cannot be read: {cause.strerror}") from cause
    except UnicodeDecodeError as cause:
        raise error(
            f"{path}: cannot be read: not UTF-8 at byte {cause.start}; save it as UTF-8"
        ) from cause
    try:
        return _parse(path, text, limits, holds)
    except _RefusedError as refused:
        raise error(f"{_at(path, refused.line)}: {refused}") from None
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else None
        raise error(f"{_at(path, line)}: not YAML: {cause.problem or cause.context}") from cause
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as cause:
        raise error(f"{path}: not YAML: {' '.join(str(cause).split())[:200]}") from cause


def _at(path: Path, line: int | None) -> str:
    return f"{path}" if line is None else f"{path}, line {line}"


def _parse(path: Path, text: str, limits: Limits, holds: str) -> YamlFile:
    loader = yaml.SafeLoader(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return YamlFile(path, {}, lines)
        _weigh(node, limits)
        _find_lines(node, (), lines)  # must happen before merge keys are resolved in place
        values = loader.construct_document(node)
    finally:
        loader.dispose()
    if values is None:
        return YamlFile(path, {}, lines)
    if not isinstance(values, dict):
        raise _RefusedError(f"must hold {holds}, got a {type(values).__name__}")
    for key in values:
        if not isinstance(key, str):
            raise _RefusedError(f"must hold {holds}, got the name {key!r:.80}")
    return YamlFile(path, values, lines)


def _weigh(node: yaml.Node, limits: Limits) -> None:
    """Count values with every reference expanded, and make sure that all text can be written."""
    weights: dict[int, int] = {}
    open_nodes: set[int] = set()

    def weight(part: yaml.Node, depth: int) -> int:
        key = id(part)
        if key in weights:
            return weights[key]
        if isinstance(part, yaml.ScalarNode):
            part.value = valid_unicode(part.value)
        line = part.start_mark.line + 1
        if key in open_nodes:
            raise _RefusedError("a value contains itself", line)
        if depth > limits.depth:
            raise _RefusedError(f"more than {limits.depth} levels", line)
        open_nodes.add(key)
        total = 1 + sum(weight(child, depth + 1) for child in _children(part))
        open_nodes.discard(key)
        if total > limits.values:
            raise _RefusedError(f"more than {limits.values} values")
        weights[key] = total
        return total

    weight(node, 0)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _find_lines(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _find_lines(child, (*place, index), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[Hashable] = set()
    for key, child in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            continue
        if name in seen:
            raise _RefusedError(f"{name} is given twice", key.start_mark.line + 1)
        seen.add(name)
        lines[(*place, name)] = key.start_mark.line + 1
        _find_lines(child, (*place, name), lines)

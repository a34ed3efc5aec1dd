"""YAML files written by people: read with the line of every value, and with limits.

A YAML file can name a value once and repeat it a billion times by references, contain itself, or
nest so deeply that readers fall over. Such files are refused before anything is made of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dora_mlx_tts.errors import VoiceError

MAX_BYTES = 1 << 18
MAX_VALUES = 50_000
MAX_DEPTH = 20

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlFile:
    """The content of a file that holds ``name: value`` lines.

    Attributes:
        path: The file.
        values: What it says.
        lines: Path of keys and indices -> line, from 1.
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
        """``file, line n`` for messages."""
        line = self.line(place)
        return f"{self.path}" if line is None else f"{self.path}, line {line}"


def read_yaml(path: Path) -> YamlFile:
    """Read a file.

    Raises:
        VoiceError: It cannot be read, is too large or too deep, is not YAML, or holds something else
            than ``name: value`` lines.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VoiceError(f"{path}: larger than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VoiceError(f"{path}: cannot be read: {error}") from error
    try:
        return _parse(path, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise VoiceError(f"{path}{where}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise VoiceError(f"{path}: not YAML: {str(error)[:200]}") from error


def _parse(path: Path, text: str) -> YamlFile:
    loader = yaml.SafeLoader(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is not None:
            _weigh(node, path)
            _find_lines(node, (), lines, path)  # before merge keys are resolved in place
        values = None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise VoiceError(f"{path}: not a voice: it must hold name: value lines")
    return YamlFile(path, values, lines)


def _weigh(node: yaml.Node, path: Path) -> None:
    """Count values as if every reference were written out."""
    weights: dict[int, int] = {}
    open_nodes: set[int] = set()

    def weight(part: yaml.Node, depth: int) -> int:
        key = id(part)
        if key in weights:
            return weights[key]
        if key in open_nodes:
            raise VoiceError(f"{path}, line {part.start_mark.line + 1}: a value contains itself")
        if depth > MAX_DEPTH:
            raise VoiceError(
                f"{path}, line {part.start_mark.line + 1}: more than {MAX_DEPTH} levels"
            )
        open_nodes.add(key)
        total = 1 + sum(weight(child, depth + 1) for child in _children(part))
        open_nodes.discard(key)
        if total > MAX_VALUES:
            raise VoiceError(f"{path}: more than {MAX_VALUES} values")
        weights[key] = total
        return total

    weight(node, 0)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _find_lines(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _find_lines(child, (*place, index), lines, path)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[Hashable] = set()
    for key, child in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            continue
        if name in seen:
            raise VoiceError(f"{path}, line {key.start_mark.line + 1}: {name} is given twice")
        seen.add(name)
        lines[(*place, name)] = key.start_mark.line + 1
        _find_lines(child, (*place, name), lines, path)

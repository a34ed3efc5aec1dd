"""Reads a table of voices written in Python without executing it."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.yaml_reader import DEFAULT_LIMITS, Place, YamlFile


def read_python_table(path: Path, name: str) -> YamlFile:
    """The dictionary of literals that a file assigns to `name`.

    Raises:
        VoiceError: The file cannot be read, is too large, is not Python, or assigns no such dictionary.
    """
    try:
        if path.stat().st_size > DEFAULT_LIMITS.bytes:
            raise VoiceError(f"{path} must have at most {DEFAULT_LIMITS.bytes} bytes")
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file's own strings
            tree = ast.parse(text)
    except (OSError, UnicodeDecodeError) as error:
        raise VoiceError(f"{path}: cannot be read: {error}") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise VoiceError(f"{path}: not Python: {str(error)[:200]}") from error
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=found)], value=ast.Dict() as table)
                | ast.AnnAssign(target=ast.Name(id=found), value=ast.Dict() as table)
            ) if found == name:
                return YamlFile(path, _values(path, table), _lines(table))
    raise VoiceError(f"{path}: assigns no dictionary to {name}")


def _values(path: Path, table: ast.Dict) -> dict[str, object]:
    try:
        values = ast.literal_eval(table)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise VoiceError(
            f"{path}, line {table.lineno}: more than plain values: {str(error)[:200]}"
        ) from error
    return {str(key): value for key, value in values.items()}


def _lines(table: ast.Dict) -> dict[Place, int]:
    return {
        (key.value,): key.lineno
        for key in table.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }

"""JSON in and out of a command: one document, or one per line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from dora_mlx_tts.errors import SettingError, TextError, TtsError
from dora_mlx_tts.messages import must_be

_T = TypeVar("_T")

Document = Mapping[str, Any]

STDIN = "-"

_JSON_TYPES: Mapping[type, str] = {
    str: "a string",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def require_stdin(text: str, *, jsonl: bool) -> None:
    """Refuse `--jsonl` together with a text on the command line."""
    if jsonl and text != STDIN:
        raise click.UsageError("--jsonl reads from standard input: give - instead of a text")


def read_text(text: str) -> str:
    """The text given, or what standard input holds if it is `-`.

    Raises:
        TextError: standard input is not UTF-8.
    """
    if text != STDIN:
        return text
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"standard input is not UTF-8: {error}") from error


def answer_lines(answer: Callable[[Document], Document]) -> None:
    """Answer each line of standard input with a line; an error is an answer too."""
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        try:
            reply = answer(_parse(line))
        except TtsError as error:
            reply = {"error": str(error)}
        write_json(reply)


def write_json(document: Document, *, indent: int | None = None) -> None:
    """Write a JSON document on standard output, as UTF-8 whatever the terminal's encoding."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    if any("\ud800" <= char <= "\udfff" for char in text):  # no UTF-8 for half a character
        text = json.dumps(document, indent=indent)
    stream = sys.stdout.buffer
    stream.write(text.encode() + b"\n")
    stream.flush()


def field(document: Document, name: str, kind: type[_T], default: _T | None = None) -> _T:
    """A value of the document; raises SettingError if it is missing or of another type."""
    value = document.get(name)
    value = default if value is None else value
    if value is None:
        raise SettingError(f"{name!r} is missing")
    if not isinstance(value, kind):
        raise SettingError(must_be(repr(name), _JSON_TYPES[kind], value))
    return value


def _parse(line: bytes) -> Document:
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SettingError(f"the line is not JSON in UTF-8: {error}") from error
    if not isinstance(document, dict):
        raise SettingError("the line must be a JSON object")
    return document

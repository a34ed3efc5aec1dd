"""Where a text comes from: the command line, a file or stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from dora_mlx_tts.errors import TextError

_MOST_BYTES: Final = 16 << 20


def read_source(text: str | None, file: Path | None) -> str:
    """The text that is meant.

    Args:
        text: what stands on the command line; - is stdin.
        file: a file instead.

    Raises:
        TextError: the file or stdin cannot be read, is too large, or is not UTF-8.
        click.UsageError: there is no text, there are two, or the text is the name of a file.
    """
    if (text is None) == (file is None):
        raise click.UsageError(
            "give a TEXT, - for stdin, or --file FILE" + (", not two" if text else "")
        )
    if file is not None:
        try:
            with file.open("rb") as stream:
                return _decoded(stream.read(_MOST_BYTES + 1), str(file))
        except OSError as error:
            raise TextError(f"{file}: cannot be read: {error.strerror}") from error
    assert text is not None  # noqa: S101  for the type checker
    if text == "-":
        return _decoded(sys.stdin.buffer.read(_MOST_BYTES + 1), "stdin")
    if _is_file(text):
        raise click.UsageError(f"{text!r} is a file; to speak its text: --file {text}")
    return text


def _is_file(text: str) -> bool:
    try:
        return "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):  # too long for a name
        return False


def _decoded(data: bytes, name: str) -> str:
    if len(data) > _MOST_BYTES:
        raise TextError(f"{name} must have at most {_MOST_BYTES} bytes of text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"{name}: not text in UTF-8 (byte {error.start}); convert it, for example with iconv"
        ) from error

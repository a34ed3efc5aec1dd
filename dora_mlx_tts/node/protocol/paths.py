"""Hides this machine's file paths from senders of texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NAME = r"[^\s/\\'\":;,|]+"
_PATH: Final = re.compile(
    rf"(?:(?<![\w:/.~-])|(?<=:)(?!//))(?:~|[A-Za-z]:)?[/\\](?:{_NAME}[/\\])+(?=({_NAME})?)"
)
_WITH_BLANKS: Final = re.compile(
    r"(?<![\w:/.~-])(?:~|[A-Za-z]:)?[/\\](?:[^/\\\n'\":;,|]+[/\\])+(?=[^\s/\\'\":;,|]+\.\w)"
)
_QUOTED: Final = re.compile(r"(?<=['\"])(?:~|[A-Za-z]:)?[/\\][^'\"\n]*[/\\](?=[^'\"/\\\n]*['\"])")


def without_paths(text: str) -> str:
    """The text with each absolute path reduced to the file's name; relative paths stay."""
    home = str(Path.home())
    if len(home) > 1:  # it may contain spaces
        text = text.replace(home, "~")
    return _PATH.sub("", _WITH_BLANKS.sub("", _QUOTED.sub("", text)))

"""Cache files shared by several processes: written atomically, and read only if valid."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically, creating its folder if needed.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def read_json(path: Path, most_bytes: int) -> Any:  # noqa: ANN401  whatever JSON holds
    """Content of a JSON file, or None if it is damaged, too large or not a plain file."""
    try:
        if not path.is_file() or path.stat().st_size > most_bytes:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None

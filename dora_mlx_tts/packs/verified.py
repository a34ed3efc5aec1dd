"""Files whose hash was compared once need not be read again while nothing about them changed.

What is remembered of a file: its size, its times and its number in the file system. Whoever changes
the content changes one of them; the time of the last change of state cannot be set back.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from dora_mlx_tts.runtime.whole_file import read_json, write_whole

logger = logging.getLogger(__name__)

_VERSION = 1
_MOST = 1000
_MOST_BYTES = 2**20

Mark = list[int]


class VerifiedFiles:
    """A record in a folder of the user's: path -> hash, and what the file looked like then.

    A record that cannot be read or written costs the time of comparing hashes, nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "verified.json"
        self._known = self._read()

    def has(self, path: Path, sha256: str) -> bool:
        """Whether the file had this hash when it last looked as it does now."""
        return self._known.get(_name(path)) == [sha256, mark(path)]

    def add(self, path: Path, sha256: str, before: Mark) -> None:
        """Remember a hash that was just compared.

        Args:
            path: the file.
            sha256: its hash.
            before: its mark before it was read; if it differs now, nothing is remembered.
        """
        if mark(path) != before:
            return
        self._known = {**self._read(), **self._known}  # other processes write it as well
        self._known.pop(_name(path), None)
        self._known[_name(path)] = [sha256, before]
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        self._write()

    def _read(self) -> dict[str, list[object]]:
        content = read_json(self._file, _MOST_BYTES)
        if not isinstance(content, dict) or content.get("version") != _VERSION:
            return {}
        files = content.get("files")
        return files if isinstance(files, dict) else {}

    def _write(self) -> None:
        content = {"version": _VERSION, "files": self._known}
        try:
            write_whole(self._file, json.dumps(content).encode())
        except OSError as error:
            logger.debug("hashes are compared again at the next start: %s", error)


def mark(path: Path) -> Mark:
    """What tells a changed file from an unchanged one without reading it.

    Raises:
        OSError: it is gone.
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def _name(path: Path) -> str:
    return str(path.resolve())

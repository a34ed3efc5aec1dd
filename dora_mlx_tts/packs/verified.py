"""A file whose hash was checked need not be read again while nothing about it has changed.

For each file, its size, times and inode number are remembered. Changing the content changes one of them; the
inode change time cannot be set back.
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
    """A record in a user folder: path -> hash and the file's state at the time.

    A record that cannot be read or written only costs the time of checking hashes.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "verified.json"
        self._known = self._read()

    def has(self, path: Path, sha256: str) -> bool:
        """Whether the file had this hash when it was last in its present state."""
        return self._known.get(_name(path)) == [sha256, mark(path)]

    def add(self, path: Path, sha256: str, before: Mark) -> None:
        """Remember a hash that was just checked.

        Args:
            path: the file.
            sha256: its hash.
            before: its mark before it was read; if it differs now, nothing is remembered.
        """
        if mark(path) != before:
            return
        self._known = {**self._read(), **self._known}  # other processes write to it as well
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
    """The state of a file, which shows changes without reading it.

    Raises:
        OSError: the file is gone.
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def _name(path: Path) -> str:
    return str(path.resolve())

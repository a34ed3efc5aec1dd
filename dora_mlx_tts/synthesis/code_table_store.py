"""Learned tables as files, so that the first sentence after a start has good word times, too.

A file belongs to a codebook, not to a voice: all voices of one tokenizer learn together.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.synthesis.codes.code_table import LESSONS, CodeTable

logger = logging.getLogger(__name__)

_KEPT_AFTER = (12, 24, LESSONS)  # lessons


class TableStore:
    """Tables in a folder; without one they last as long as the program."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[str, int] = {}

    def get(self, codebook: Floats) -> CodeTable:
        """The table of a codebook [K, C], empty where none was kept or its file is damaged."""
        table = CodeTable(codebook)
        path = self._path(table)
        if path is not None and path.exists():
            try:
                table.restore(load_file(path))
            except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
                logger.warning("word times are learned again: %s: %s", path, error)
        self._kept[table.name] = table.lessons
        return table

    def keep(self, table: CodeTable) -> None:
        """Write a table down, now and then as it learns; a folder that refuses costs a warning."""
        path, before = self._path(table), self._kept.get(table.name, 0)
        if path is None or not any(before < least <= table.lessons for least in _KEPT_AFTER):
            return
        self._kept[table.name] = table.lessons
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(save(table.state()))
            part.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            logger.warning("word times are not kept: %s cannot be written: %s", path, error)

    def _path(self, table: CodeTable) -> Path | None:
        return self._folder / f"{table.name}.safetensors" if self._folder else None

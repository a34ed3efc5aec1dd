"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path


def put_in_place(fresh: Path, target: Path) -> None:
    """Rename `fresh` to `target`; what stood there steps aside first and is deleted after.

    Raises:
        OSError: a rename failed; the older folder is back where it was.
    """
    if not target.exists():
        fresh.rename(target)
        return
    aside = fresh.with_suffix(".old")
    target.rename(aside)
    try:
        fresh.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)

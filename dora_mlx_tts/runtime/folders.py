"""Folders that appear complete or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path


def put_in_place(fresh: Path, target: Path) -> None:
    """Rename `fresh` to `target`; an existing folder is first moved aside, then deleted.

    Raises:
        OSError: a rename failed; the old folder is back in place.
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

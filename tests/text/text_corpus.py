"""The text corpora: what this project wrote down as true, and larger ones where there are any."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

TRUTHS = Path(__file__).resolve().parent / "truths"
_SHARED = Path(__file__).resolve().parents[3] / "shared"


def folders() -> list[Path]:
    """Folders with corpora, the whole ones before the truths in the tree."""
    named = os.environ.get("DORA_MLX_TTS_GOLDENS", "").split(os.pathsep)
    found = [Path(name).expanduser() for name in named if name] or sorted(_SHARED.glob("goldens*"))
    return [*(f / "text" for f in found if (f / "text").is_dir()), TRUTHS]


def corpus(name: str) -> list[dict[str, Any]]:
    """Entries of a corpus file; skips the test when the file is in none of the folders."""
    for folder in folders():
        file = folder / f"{name}.jsonl"
        if file.is_file():
            return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    pytest.skip(f"corpus {name!r} is in the large sets only: name them in DORA_MLX_TTS_GOLDENS")

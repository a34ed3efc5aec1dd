"""The text corpora beside the repository, if they are there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "goldens"


def corpus(name: str) -> list[dict[str, Any]]:
    """Entries of a corpus file; skips the test when the corpora are not there."""
    root = Path(os.environ.get("DORA_MLX_TTS_GOLDENS", _DEFAULT))
    file = root / "text" / f"{name}.jsonl"
    if not file.is_file():
        pytest.skip(f"no text corpus at {file}")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

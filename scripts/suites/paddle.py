"""PaddleSpeech: `text|reading` per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from suites.case import Case


def cases(checkout: Path, language: str) -> Iterator[Case]:
    """Cases of a language; there are Chinese ones (`zh`) only."""
    if language != "zh":
        return
    for file in sorted(checkout.rglob("examples/other/tn/data/textnorm_test_cases.txt")):
        for line in file.read_text("utf-8").splitlines():
            text, bar, reading = line.partition("|")
            if bar:
                yield Case(file.stem, text, (reading,))

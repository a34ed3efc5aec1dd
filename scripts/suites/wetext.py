"""WeTextProcessing: `text => reading` per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from suites.case import Case

_FOLDERS = {"zh": "chinese", "en": "english", "ja": "japanese"}


def cases(checkout: Path, language: str) -> Iterator[Case]:
    """Cases of a language (`zh`, `en`, `ja`)."""
    folder = _FOLDERS.get(language, language)
    for file in sorted(checkout.rglob(f"tn/{folder}/test/data/*.txt")):
        for line in file.read_text("utf-8").splitlines():
            text, arrow, reading = line.partition("=>")
            if arrow:
                yield Case(file.stem, text.strip(), (reading.strip(),))

"""NeMo-text-processing: `text~reading` per line; in one file `~text`, then a reading per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from suites.case import Case

WITH_READINGS_BELOW = "normalize_with_audio"


def cases(checkout: Path, language: str) -> Iterator[Case]:
    """Cases of a language (`en`, `zh`, `ja`, `ko`)."""
    for file in sorted(checkout.rglob(f"{language}/data_text_normalization/*.txt")):
        name = file.stem.removeprefix("test_cases_")
        lines = file.read_text("utf-8").splitlines()
        yield from _blocks(name, lines) if name == WITH_READINGS_BELOW else _pairs(name, lines)


def _pairs(name: str, lines: list[str]) -> Iterator[Case]:
    for line in lines:
        text, tilde, reading = line.partition("~")
        if tilde and line.count("~") == 1:
            yield Case(name, text, (reading,))


def _blocks(name: str, lines: list[str]) -> Iterator[Case]:
    text, readings = "", list[str]()
    for line in [*lines, "~"]:
        if line.startswith("~"):
            if text and readings:
                yield Case(name, text, tuple(readings))
            text, readings = line[1:], []
        elif line.strip():
            readings.append(line)

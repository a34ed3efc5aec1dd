"""How equally loud sentences and voices are, with the level and without.

    python benchmarks/loudness.py --sentences 200 --json docs/measurements/loudness.json

Every voice streams texts of several sentences of its language, as the node does; each sentence is measured by itself
(ITU-R BS.1770-4). Both rows of a voice are of the same speech: one as the networks give it, one as it is sent.
A jump is the difference between neighbouring sentences of a text.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import harness
import numpy as np

from dora_mlx_tts import Synthesizer, TtsError
from dora_mlx_tts.audio.loudness import loudness_of
from dora_mlx_tts.config.settings import Settings

ROOT = Path(__file__).parents[1]
LANGUAGES = {"starter-en": "en", "starter-en-2": "en", "starter-zh": "zh", "starter-zh-2": "zh"}
TOGETHER = 4
"""Sentences of a text."""
WAYS = {"as made": {"loudness": None}, "as sent": {}, "whole": {"mode": "throughput"}}


@dataclass
class Found:
    """What was measured of one voice in one way."""

    sentences: list[float] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)
    peak: float = 0.0

    def row(self) -> dict[str, float]:
        """Mean, spread, jumps and peak."""
        jumps = self.jumps or [0.0]
        return {
            "sentences": len(self.sentences),
            "mean": round(float(np.mean(self.sentences)), 2),
            "spread": round(float(np.std(self.sentences)), 2),
            "jump p50": round(float(np.percentile(jumps, 50)), 2),
            "jump p95": round(float(np.percentile(jumps, 95)), 2),
            "jump max": round(max(jumps), 2),
            "above 1.5": round(float(np.mean(np.array(jumps) > 1.5)), 3),
            "peak": round(self.peak, 2),
        }


def texts(language: str) -> Iterator[str]:
    """Texts of several sentences, short and long ones as they come."""
    rows = _rows(ROOT / "tests" / "listen" / f"{language}.tsv")
    others = _rows(ROOT / "benchmarks" / "reliability_texts.tsv")
    rows += [row for row in others if row["language"] == language and row["kind"] != "mixed"]
    lines = [row["text"] for row in rows]
    gap = " " if language == "en" else ""
    for start in range(0, len(lines), TOGETHER):
        yield gap.join(lines[start : start + TOGETHER])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def measure(
    engine: Synthesizer, voice: str, text: str, seed: int, found: Found, **way: object
) -> None:
    """Speak a text and add what was found."""
    pieces: dict[int, list[np.ndarray]] = {}
    rate = 0
    for fragment in engine.stream(text, voice=voice, seed=seed, join_short=False, **way):
        pieces.setdefault(fragment.sentence_index, []).append(fragment.samples)
        rate = fragment.sample_rate
    levels = []
    for samples in map(np.concatenate, pieces.values()):
        levels.append(loudness_of(samples, rate))
        found.peak = max(found.peak, float(np.abs(samples).max()))
    found.sentences += levels
    found.jumps += [abs(after - before) for before, after in pairwise(levels)]


def main() -> int:
    """Measure and report; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=200, help="of each voice")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["as made", "as sent"])
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    engine = Synthesizer.load(settings=Settings.load())
    table: dict[str, dict[str, float]] = {}
    for voice, language in LANGUAGES.items():
        found = {way: Found() for way in options.ways}
        for seed, text in enumerate(texts(language)):
            for way, result in found.items():
                if len(result.sentences) >= options.sentences:
                    continue
                try:
                    measure(engine, voice, text, seed, result, **WAYS[way])
                except TtsError as error:
                    print(f"{voice}: {error}", file=sys.stderr)
        rows = {f"{voice}, {way}": result.row() for way, result in found.items()}
        print(rows, file=sys.stderr, flush=True)
        table |= rows
    report(table, options.json)
    return 0


def report(table: dict[str, dict[str, float]], file: Path | None) -> None:
    """Print the table, and write it where asked to."""
    names = list(next(iter(table.values())))
    print(f"| LUFS, LU | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for title, row in table.items():
        print(f"| {title} | {' | '.join(map(str, row.values()))} |")
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        about = harness.machine()
        file.write_text(json.dumps({"about": about, "results": table}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())

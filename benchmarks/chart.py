"""Draw benchmark results as an SVG chart, with no other package.

    python benchmarks/chart.py docs/measurements/{cpu-full-size,h100-*}.json --out docs/performance.svg

Each file is one that a benchmark wrote with `--json`, and becomes a panel with its own legend. Bars of a setting
are drawn to the scale of its largest: rates if there are any (longer is better), else milliseconds (shorter is
better).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 760, 150, 120
BAR, GAP, HEAD = 15, 8, 30
LETTER = 6.6  # width of a letter of the legend, about
COLOURS = (
    "#2f6db3", "#e08a2e", "#7a9a4a", "#9a6fb0", "#8a8a8a", "#3aa6a6", "#c2545f", "#c9b037",
)  # fmt: skip

STYLE = (
    "<style>rect.ground{fill:#fff}text{fill:#1f2328}"
    "@media(prefers-color-scheme:dark){rect.ground{fill:#16191d}text{fill:#e3e6ea}}</style>"
)
"""Reads well on light and on dark pages."""


NAMES = (
    ("ours", "this package"), ("own kernel", "custom kernel"), ("beside the", "compared with the"),
    ("t2s 1 token", "T2S, first token"), ("t2s 125 tokens", "T2S, 125 tokens"),
    ("sovits 5 s", "SoVITS, 5 s"), ("hubert 5 s", "HuBERT, 5 s"),
)  # fmt: skip
"""What benchmarks call things, and how the chart names them."""


def named(text: str) -> str:
    """A benchmark's label in the chart's words."""
    for word, shown in NAMES:
        text = text.replace(word, shown)
    return text


def groups(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by setting, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["setting"], []).append(row)
    return found


class Chart:
    """Collects shapes from top to bottom."""

    def __init__(self) -> None:
        self.y = 8.0
        self.shapes: list[str] = []
        self._colours: dict[str, str] = {}

    def file(self, document: dict[str, Any]) -> None:
        """One panel."""
        self.y += HEAD
        rated = any(row.get("rate") is not None for row in document["rows"])
        better = "longer is better" if rated else "shorter is better"
        self._text(8, self.y, f"{named(document['title'])} ({better})", weight="bold")
        self._legend(list(dict.fromkeys(row["contestant"] for row in document["rows"])))
        for setting, rows in groups(document["rows"]).items():
            self._group(setting, rows)

    def _group(self, setting: str, rows: Sequence[dict[str, Any]]) -> None:
        self.y += GAP
        middle = self.y + BAR * len(rows) / 2 + 4
        self._text(LEFT - 8, middle, named(setting), anchor="end")
        largest = max(value for value, _ in map(_value, rows))
        for row in rows:
            value, label = _value(row)
            length = (WIDTH - LEFT - RIGHT) * value / largest
            self.shapes.append(
                f'<rect x="{LEFT}" y="{self.y:.0f}" width="{length:.1f}" height="{BAR - 2}"'
                f' fill="{self._colours[row["contestant"]]}"/>'
            )
            self._text(LEFT + length + 5, self.y + BAR - 4, label)
            self.y += BAR

    def _legend(self, contestants: Sequence[str]) -> None:
        """A line below the title: which colour is whose."""
        self.y += BAR + 5
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(contestants)}
        x = 8.0
        for name, colour in self._colours.items():
            self.shapes.append(
                f'<rect x="{x:.0f}" y="{self.y - 10:.0f}" width="12" height="12" fill="{colour}"/>'
            )
            self._text(x + 17, self.y, named(name))
            x += 17 + LETTER * len(named(name)) + 14
        self.y += 2

    def svg(self) -> str:
        """The whole document."""
        height = self.y + 8
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}"'
            ' font-family="sans-serif" font-size="12">'
        )
        ground = f'<rect class="ground" width="{WIDTH}" height="{height:.0f}"/>'
        return "\n".join([head, STYLE, ground, *self.shapes, "</svg>", ""])

    def _text(
        self, x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal"
    ) -> None:
        self.shapes.append(
            f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{escape(text)}</text>"
        )


def _value(row: dict[str, Any]) -> tuple[float, str]:
    if row.get("rate") is not None:
        return row["rate"], f"{row['rate']:,.0f} {row['unit']}"
    return row["seconds"], f"{1000 * row['seconds']:,.0f} ms"


def documents(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """What the benchmarks wrote."""
    for path in paths:
        yield json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    chart = Chart()
    for document in documents(given.files):
        chart.file(document)
    given.out.write_text(chart.svg(), encoding="utf-8")


if __name__ == "__main__":
    main()

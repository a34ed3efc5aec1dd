"""The code blocks of Markdown pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<run><!-- run -->\n+)?```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block.

    Attributes:
        page: where it stands, relative to the repository.
        line: its first line there.
        language: after the fence.
        title: name of the file that it shows, if it does.
        body: what it says.
        runs: whether the page promises that it can be run.
    """

    page: str
    line: int
    language: str
    title: str | None
    body: str
    runs: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """All blocks of a page, in order."""
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        yield Block(
            page=page.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, match.start()) + 1,
            language=match["language"],
            title=match["title"],
            body=re.sub(f"^{match['indent']}", "", match["body"], flags=re.MULTILINE),
            runs=bool(match["run"]),
        )


def pages() -> list[Path]:
    """The pages that users read."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found += [ROOT / "dataflows" / "README.md", ROOT / "voices" / "README.md"]
    return sorted(found)

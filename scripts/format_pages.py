"""`make format` and `make lint`: Markdown with one sentence per line, so that diffs stay readable.

mdformat and its plug-in for sentences do the work. Pages with directives of mkdocstrings are left alone,
because mdformat takes those for prose.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import mdformat

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".github", "benchmarks", "dataflows", "docs", "scripts", "tests", "training", "voices")
EXTENSIONS = ("gfm", "tables", "slw")
OPTIONS = {
    "wrap": "no",
    "number": True,
    "compact_tables": True,
    "slw_wrap": 0,
    "slw_min_line": 0,
    "abbreviations": "e.g,i.e,vs,Dr",
    "abbreviations_only": True,
}
_DIRECTIVE = "\n::: "


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that is formatted."""
    found = [*root.glob("*.md")]
    for folder in FOLDERS:
        found += (root / folder).rglob("*.md")
    return sorted(path for path in found if _DIRECTIVE not in path.read_text("utf-8"))


def formatted(text: str) -> str:
    """A page as it should be."""
    return mdformat.text(text, options=OPTIONS, extensions=EXTENSIONS)


def main(arguments: list[str] | None = None) -> int:
    """Format the files named, or all; with `--check` only say which need it (exit code 1)."""
    parser = argparse.ArgumentParser(description="Put one sentence per line.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("files", nargs="*", type=Path)
    chosen = parser.parse_args(arguments)
    # The plug-in warns of joined lines, which are what is wanted here.
    logging.getLogger("mdformat_slw").setLevel(logging.ERROR)
    changed = 0
    for path in chosen.files or pages():
        text = path.read_text("utf-8")
        wanted = formatted(text)
        if wanted == text:
            continue
        changed += 1
        if chosen.check:
            print(f"{path} is not formatted (make format)", file=sys.stderr)
        else:
            path.write_text(wanted, encoding="utf-8")
    return 1 if chosen.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make docs`: build the documentation site strictly, with the repository's own layout.

Pages link to each other, to dataflows and to scripts by relative paths that work on GitHub and in an
editor. So that they work on the site, too, the pages and what they link to are laid out in
`out/site-pages` as they lie in the repository; a link to nothing is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "out" / "site-pages"
FOLDERS = ("docs", "dataflows", "voices", "training")
"""Folders whose pages are part of the site, with the pages of the repository's root."""

_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)|\b(?:src|href)=\"([^\"#]+)\"")


def pages(root: Path = ROOT) -> list[Path]:
    """Every page of the site, relative to the root."""
    found = [*root.glob("*.md")]
    for folder in FOLDERS:
        found += (root / folder).rglob("*.md")
    return sorted(path.relative_to(root) for path in found)


def links(page: Path, root: Path = ROOT) -> Iterator[Path]:
    """Files that a page links to, as absolute paths; code blocks and addresses do not count."""
    text = _CODE.sub("", (root / page).read_text("utf-8"))
    for match in _LINK.finditer(text):
        target = match[1] or match[2]
        if "://" not in target and not target.startswith("mailto:"):
            yield (root / page).parent.joinpath(target).resolve()


def broken_links(root: Path = ROOT) -> list[str]:
    """What leads nowhere, or out of the repository, as `page: target`."""
    return [
        f"{page}: {target}"
        for page in pages(root)
        for target in links(page, root)
        if not (target.exists() and target.is_relative_to(root))
    ]


def lay_out(root: Path = ROOT, into: Path = PAGES) -> None:
    """Copy all pages and the files that they link to."""
    shutil.rmtree(into, ignore_errors=True)
    for page in pages(root):
        for file in {(root / page).resolve(), *links(page, root)}:
            if file.is_file():
                target = into / file.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


def main() -> int:
    """Build; the exit code."""
    broken = broken_links()
    if broken:
        print("links to nothing:", *broken, sep="\n  ", file=sys.stderr)
        return 1
    lay_out()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

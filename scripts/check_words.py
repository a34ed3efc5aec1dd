"""`make lint`: phrases that this project does not write, in Markdown, docstrings, help texts and messages.

Each is a habit that stops a native reader, with what to write instead. Code, quotations and data are not
prose. A line that must keep such a phrase says `words: ignore` in a comment.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_UNITS = "second|minute|text|voice|token|sentence|code|message|file|line|turn|set|character|product"
_COUNTED = (
    "samples|tokens|times|codes|frames|characters|phones|letters|bytes|sentences|requests|fragments"
    "|messages|windows|MB|MiB|words|one|ms"
)
PHRASES: dict[str, str] = {
    rf"\b(?:{_COUNTED}) an? (?:{_UNITS})\b(?! (?:time|ago))": "per …",
    r"\b(?:is|are|was|were) told (?:by|from|apart by)\b": "is known from, is recognized by",
    r"\bspeaks? for (?:the|a|its|their) (?:text|phones?|codes?)\b": "supports, scores",
    r"\banew\b": "again",
    r"\b(?:goes|go|went) on (?!and on\b)": "continues",
    r"\b(?:is|are) allowed:|\ballowed (?:is|are)\b|\bat most \w+ (?:is|are) allowed\b": "must be …, got …",
    r"\bthere (?:is|are):|\bknown (?:is|are):?\s": "available: …",
    r"\bwhose turn\b|\bby turns\b": "next, alternately",
    r"\bswallow(?:ed|s|ing)?\b": "missing, left out, discarded",
    r"\b(?:is|are|was|were|be) looked at\b|\blooks? at no\b": "is checked, ignores",
    r"\ba reader of our own\b|\bof our own\b|\bour own\b": "custom, this package's",
    r"\bas it is[.,;)]": "unchanged",
    r"\brude\b": "misbehaving",
    r"\bdear\b(?=[.,;)])": "expensive",
    r"\bthe one silent longest\b": "the one idle longest",
    r"\bnobody wants (?:it|them) any more\b": "cancelled",
    r"\b(?:something|anything|nothing) else than\b": "other than",
    r"\b(?:is|are|was|were) there already\b": "exists",
    r"\blooked at\b": "checked, examined",
    r"\bforetells?\b": "predicts",
    r"\band (?:its|their) kin\b": "and similar ones",
    r"\b(?:recognis|normalis|synthesis(?=e\b|ing\b))": "-ize: recognize, normalize, synthesize",
}
"""What not to write, and what instead."""

_PATTERNS = [(re.compile(phrase, re.IGNORECASE), instead) for phrase, instead in PHRASES.items()]
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|\]\([^)]*\)")
_IGNORE = "words: ignore"

Finding = tuple[int, str, str]


def found_in(text: str, first: int = 1) -> Iterator[Finding]:
    """Line, phrase and advice for everything in a piece of prose; backticks and quotations do not count."""
    for number, line in enumerate(text.split("\n"), first):
        if _IGNORE in line:
            continue
        prose = _QUOTED.sub(lambda match: " " * len(match[0]), line)
        for pattern, instead in _PATTERNS:
            for match in pattern.finditer(prose):
                yield number, match[0].strip(), instead


def in_markdown(text: str) -> Iterator[Finding]:
    """The same for a page; fenced code does not count."""
    kept, in_code = [], False
    for line in text.split("\n"):
        is_fence = bool(_FENCE.match(line))
        kept.append("" if in_code or is_fence else line)
        in_code ^= is_fence
    yield from found_in("\n".join(kept))


def in_python(text: str) -> Iterator[Finding]:
    """The same for docstrings, help texts and messages: all strings of at least three words."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value.split()) < 3 or _IGNORE in lines[node.lineno - 1]:
                continue
            yield from found_in(node.value, node.lineno)


def checked_files(root: Path = ROOT) -> list[Path]:
    """Pages and the package; texts of languages are data, tests and training are not for users."""
    files = [*root.glob("*.md"), root / "dora-node.yml"]
    for folder in ("docs", "dataflows", "voices"):
        files += (root / folder).rglob("*.md")
    files += (root / "dora_mlx_tts").rglob("*.py")
    return sorted(file for file in files if file.name != "glossary.md")


def findings(path: Path) -> list[Finding]:
    """Everything in a file."""
    text = path.read_text("utf-8")
    return sorted(in_python(text) if path.suffix == ".py" else in_markdown(text))


def main(arguments: list[str] | None = None) -> int:
    """Check the files named, or all; the exit code is 1 if anything was found."""
    parser = argparse.ArgumentParser(description="Find phrases that this project does not write.")
    parser.add_argument("files", nargs="*", type=Path)
    count = 0
    for path in parser.parse_args(arguments).files or checked_files():
        for line, phrase, instead in findings(path):
            print(f"{path}:{line}: not {phrase!r}, but: {instead}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

"""Errors speak in one form (`dora_mlx_tts/messages.py`), and docs in the words of the glossary."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dora_mlx_tts"

OLD_FORMS = re.compile(
    r"(is|are) allowed|allowed (are|is)\b|[;:(] ?allowed\b|there are:|known (are|is)\b|; known\b"
    r"|is not one of|is not allowed|(is|are) unknown|it must be|they must be|\bexpected"
)
"""Say `must_be(what, allowed, got)` or `unknown(kind, name, available)` instead."""

NOT_YET = (
    "checkpoints",
    "models/cfm",
    "text/zh",
    "text/en",
    "text/ja",
    "text/ko",
    "text/yue",
)


def messages(path: Path) -> list[tuple[int, str]]:
    """Every string that is made into an exception."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = (
            getattr(node.func, "id", getattr(node.func, "attr", ""))
            if isinstance(node, ast.Call)
            else ""
        )
        if re.fullmatch(r"\w*(Error|Exception|error|refused)", name):
            texts = [
                part.value
                for argument in node.args
                for part in ast.walk(argument)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            found.append((node.lineno, "".join(texts)))
    return found


FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.relative_to(PACKAGE).as_posix().startswith(NOT_YET)
]


def test_errors_are_found() -> None:
    assert sum(len(messages(path)) for path in FILES) > 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_errors_have_one_form(path: Path) -> None:
    wrong = [(line, text) for line, text in messages(path) if OLD_FORMS.search(text)]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "a whole number is allowed",
        "type 'x'; known are f16, f32",
        "speed is 9; allowed: 0.5 to 2",
        "voice 'x' is unknown; there are: a, b",
        "top_k is 0; it must be above 0",
        "shape (3,), expected (4,)",
    ],
)
def test_old_forms_are_seen(text: str) -> None:
    assert OLD_FORMS.search(text)


@pytest.mark.parametrize(
    "text", ["speed must be at most 2, got 3", "unknown voice 'x'; available: a"]
)
def test_new_forms_pass(text: str) -> None:
    assert not OLD_FORMS.search(text)

"""No file grows beyond what one can keep in mind."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300
FOLDERS = ("dora_mlx_tts", "scripts", "dataflows", "benchmarks", "training", "tests")
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    """Lines with code on them: neither blank, nor comment, nor docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_what_counts_as_code() -> None:
    assert code_lines('"""Head.\n\nMore.\n"""\n\nx = 1  # why\n# alone\ny = """a\nb"""\n') == 3
    assert code_lines('def f():\n    """Says."""\n    return (\n        1\n    )\n') == 4


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_has_more_lines_of_code_than_allowed(folder: str) -> None:
    sizes = {
        str(path.relative_to(ROOT)): code_lines(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert sizes
    assert {path: lines for path, lines in sizes.items() if lines > MOST_LINES} == {}

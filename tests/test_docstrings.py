"""A public function that raises says what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "dora_mlx_tts"
SAYS = re.compile(r"\b[Rr]aises?\b|\b[Rr]efuses?\b|\bis logged\b")


def silent(source: str) -> Iterator[str]:
    """Public functions that raise an error of their own making and do not say so."""
    yield from _silent(ast.parse(source), "")


def _silent(parent: ast.AST, within: str) -> Iterator[str]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _silent(node, f"{node.name}.")
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        raised = [one for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc]
        if raised and not SAYS.search(ast.get_docstring(node) or ""):
            yield within + node.name


def test_what_counts_as_silent() -> None:
    loud = 'def f():\n    """Do.\n\n    Raises:\n        E: x.\n    """\n    raise E'
    quiet = 'class A:\n    def f(self):\n        """Do."""\n        raise E("x")'
    again = 'def f():\n    """Do."""\n    try:\n        g()\n    except E:\n        raise'
    assert [list(silent(one)) for one in (loud, quiet, again)] == [[], ["A.f"], []]


def test_public_functions_say_what_they_raise() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name in silent(path.read_text(encoding="utf-8"))
    }
    assert found == set()

"""The environment is read in one place: whatever else looks at it is listed here with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "dora_mlx_tts"
MAY_READ = {
    "config/settings.py": "the configuration",
    "main.py": "dora starts the console script without arguments and tells it so by variables",
    "node/app.py": "hands dora's own variables to the transport, which reads and sets them",
    "runtime/cuda.py": "sets what MLX reads when it is imported",
}
NAMES = {"environ", "environb", "getenv", "putenv", "expandvars"}


def reads(source: str) -> bool:
    """Whether the module touches the process's environment; a parameter called so does not."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            return any(alias.name in NAMES for alias in node.names)
    return False


def test_what_counts_as_reading() -> None:
    assert reads("import os\nx = os.environ['A']")
    assert reads("import os as o\nx = o.getenv('A')")
    assert reads("from os import environ as e")
    assert not reads("def f(environ): return environ['A']")


def test_only_these_read_the_environment() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if reads(path.read_text(encoding="utf-8"))
    }
    assert found == set(MAY_READ)

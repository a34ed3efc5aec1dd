"""Pages have one sentence per line."""

from __future__ import annotations

import importlib.util

from code_blocks import ROOT

SPEC = importlib.util.spec_from_file_location("format_pages", ROOT / "scripts" / "format_pages.py")
FORMAT = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(FORMAT)


def test_sentences_get_lines_of_their_own() -> None:
    text = "# Head\n\nOne, e.g. this. Two takes 5 ms. Three\ngoes on.\n\n| a | b |\n|---|---|\n| 1. 2. | c |\n"
    assert FORMAT.formatted(text) == (
        "# Head\n\nOne, e.g. this.\nTwo takes 5 ms.\nThree goes on.\n\n| a | b |\n| -- | -- |\n| 1. 2. | c |\n"
    )


def test_code_stays() -> None:
    text = "```text\nOne. Two.\n```\n"
    assert FORMAT.formatted(text) == text


def test_pages_with_directives_are_left_alone() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in FORMAT.pages()}
    assert "README.md" in names
    assert "docs/reference/api.md" not in names


def test_every_page_is_formatted() -> None:
    assert FORMAT.main(["--check"]) == 0

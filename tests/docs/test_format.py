"""Pages have one sentence per line."""

from __future__ import annotations

from code_blocks import ROOT
from script_loader import load_script

FORMAT = load_script("format_pages")


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

"""Decisions: one page each, numbered without gaps, all of them in the overview."""

from __future__ import annotations

import re

import pytest
from code_blocks import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Tried"]


def test_numbers_have_no_gaps() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_was_decided(page) -> None:
    found = re.findall(r"^## (.*)$", page.read_text("utf-8"), re.MULTILINE)
    assert "Decision" in found
    assert found == [heading for heading in HEADINGS if heading in found]


def test_the_overview_names_each_by_its_title() -> None:
    overview = (FOLDER / "README.md").read_text("utf-8")
    listed = re.findall(r"^- (\d{4}) \[(.*)\]\(([^)]*)\)", overview, re.MULTILINE)
    titles = [page.read_text("utf-8").partition("\n")[0].removeprefix("# ") for page in PAGES]
    assert sorted(listed) == [
        (page.name[:4], title, page.name) for page, title in zip(PAGES, titles, strict=True)
    ]

"""The list of phrases that are not written finds them, and nothing else."""

from __future__ import annotations

import pytest
from script_loader import load_script

WORDS = load_script("check_words")


@pytest.mark.parametrize(
    "text",
    [
        "exactly one a text",
        "44100 samples a second",
        "The family is told by its tensors.",
        "It begins anew.",
        "decoding goes on from there",
        "Late pieces are swallowed.",
        "a session whose turn it is",
        "A reader of our own.",
        "Everything stays as it is.",
        "They said something else than the text.",
        "The sentence is recognised.",
    ],
)
def test_a_phrase_is_found(text: str) -> None:
    assert list(WORDS.found_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "one per text, samples per second",
        "a sentence that goes on and on",
        "It lasts half a second.",
        "`one a text` is how nobody says it",
        'Write "again", not "anew".',
        "kept anew  <!-- words: ignore -->",
    ],
)
def test_prose_and_quotations_pass(text: str) -> None:
    assert list(WORDS.found_in(text)) == []


def test_code_is_not_prose() -> None:
    assert list(WORDS.in_markdown("a\n```\nanew\n```\nb anew")) == [(5, "anew", "again")]
    assert list(WORDS.in_python('X = "anew"\n')) == []
    assert list(WORDS.in_python('"""It begins anew."""\n')) == [(1, "anew", "again")]


def test_nothing_is_left() -> None:
    assert [
        (str(path), *found) for path in WORDS.checked_files() for found in WORDS.findings(path)
    ] == []

"""Readers of other normalizers' tests, on a checkout of our own making."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dora_mlx_tts.text.frontend import FrontEnd

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def suites(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    for name in [name for name in sys.modules if name.split(".")[0] == "suites"]:
        monkeypatch.delitem(sys.modules, name)
    import suites

    return suites


def test_nemo_form(suites, tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "en" / "data_text_normalization"
    folder.mkdir(parents=True)
    (folder / "test_cases_date.txt").write_text("May 3~may third\nno reading here\n")
    (folder / "test_cases_normalize_with_audio.txt").write_text(
        "~2 cats\ntwo cats\n2 cats\n~x\nex\n"
    )
    found = [(c.file, c.text, c.accepted) for c in suites.READERS["nemo"](tmp_path, "en")]
    assert found == [
        ("date", "May 3", ("may third",)),
        ("normalize_with_audio", "2 cats", ("two cats", "2 cats")),
        ("normalize_with_audio", "x", ("ex",)),
    ]


def test_wetext_form(suites, tmp_path: Path) -> None:
    folder = tmp_path / "tn" / "japanese" / "test" / "data"
    folder.mkdir(parents=True)
    (folder / "time.txt").write_text("3:30 => 三時三十分\n\n", encoding="utf-8")
    found = [(c.file, c.text, c.accepted) for c in suites.READERS["wetext"](tmp_path, "ja")]
    assert found == [("time", "3:30", ("三時三十分",))]


@pytest.mark.parametrize(
    ("text", "accepted", "verdict"),
    [
        ("3 cats", ("three cats",), "same"),
        ("-5", ("minus five",), "variant"),
        ("3 cats", ("four cats",), "other"),
        ("", ("nothing",), "other"),
    ],
)
def test_verdict(suites, text: str, accepted: tuple[str, ...], verdict: str) -> None:
    from suites.judge import agreement

    assert agreement(FrontEnd(), text, accepted, "en")[1] == verdict


def test_sentence_suites(suites, tmp_path: Path) -> None:
    from suites.sentences import DIVIDED, bare, borders

    (tmp_path / "test_english.py").write_text(
        "import pytest\nGOLDEN_EN_RULES = [('A b. C d.', ['A b.', 'C d.']),\n"
        "    pytest.param('E.', ['E.'], marks=1)]\n"
    )
    assert [(c.text, c.sentences) for c in DIVIDED["pysbd"](tmp_path, "en")] == [
        ("A b. C d.", ("A b.", "C d.")),
        ("E.", ("E.",)),
    ]
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "en.txt").write_text("# a note\nA b. C .\n---\nA b.\nC .\n===\n\n---\n")
    found = list(DIVIDED["sentencex"](tmp_path, "en"))
    assert [(c.text, c.sentences, c.is_prose) for c in found] == [
        ("A b. C .", ("A b.", "C ."), False)
    ]
    assert bare(["• A b.", "…"]) == ["Ab."]
    assert borders(["ab", "c", "d"]) == {2, 3}

"""The examples of docs/text.md are what the front end does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.text.sentences.pieces import undivided_text
from dora_mlx_tts.text.zh.pronounce.g2p import MandarinReader

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "text.md").read_text("utf-8")
READ = re.findall(r"^\| `(.+)` \| (zh|en|auto|ja|ko) \| (.+) \|$", DOCUMENT, re.MULTILINE)
PHONES = DOCUMENT.partition("| text | phones |")[2].partition("\n\n")[0]
SAID = re.findall(r"^\| `(.+)` \| (.+) \|$", PHONES, re.MULTILINE)
TONES = re.findall(r"(?<=[ |])([\u4e00-\u9fff]+) ((?:[a-z]+[1-5] ?)+)(?=[,|])", DOCUMENT)
FRONT_END = FrontEnd()


@pytest.mark.parametrize(("text", "code", "read"), READ)
def test_what_is_read_how(text: str, code: str, read: str) -> None:
    if code == "ja":
        pytest.importorskip("haqumei")
    norm = FRONT_END.phonemize(text, code, allow_silence=True).norm_text
    assert norm.lstrip(".").strip() == read


@pytest.mark.parametrize(("text", "phones"), SAID)
def test_markup(text: str, phones: str) -> None:
    said = [
        symbol
        for part in undivided_text(text)
        for symbol in FRONT_END.phonemize(part.text, "zh", readings=part.readings).symbols
    ]
    assert " ".join(said) == phones


@pytest.mark.parametrize(("word", "pinyin"), TONES)
def test_tones(word: str, pinyin: str) -> None:
    assert f" {pinyin.strip()} " in f" {' '.join(MandarinReader().pinyin(word))} "


def test_the_lexicon_is_one(tmp_path: Path) -> None:
    file = tmp_path / "lexicon.yml"
    block = re.search(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert block is not None
    file.write_text(block[1], encoding="utf-8")
    lexicon = Lexicon.load(file)
    assert set(lexicon.phones) == {"zh", "en"}
    assert set(lexicon.spellings) == {"en", "ja"}


def test_there_are_examples() -> None:
    assert len(READ) > 25
    assert len(SAID) >= 5
    assert len(TONES) >= 10

"""Characters with several readings in everyday words and sentences of our own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from script_loader import load_script

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.pronounce.network import LONGEST, Told, network
from dora_mlx_tts.text.zh.readings import phrase_reading, readings_of_character
from dora_mlx_tts.text.zh.tones.rules import MandarinRules

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
FLOOR = 0.97


def script() -> ModuleType:
    sys.path.insert(0, str(SCRIPTS))
    try:
        module = load_script("score_readings")
    finally:
        sys.path.remove(str(SCRIPTS))
    return module


def test_everyday_words_are_read_right() -> None:
    scorer, front_end = script(), FrontEnd()
    entries = list(scorer.everyday())
    wrong = [
        (*entry, got)
        for entry in entries
        for kind, got in [scorer.judge(front_end, *entry)]
        if kind.startswith("other")
    ]
    assert len(entries) >= 600
    assert len(wrong) <= (1 - FLOOR) * len(entries), wrong


@pytest.mark.parametrize(
    ("text", "place", "syllable"),
    [
        ("他们把这座旧仓库改建成了一座供孩子们玩耍的乐园", 14, "gong1"),
        ("医生说只要按时吃药病情就会慢慢好转起来", 16, "zhuan3"),
        ("银行规定这笔贷款要在三年之内全部还清", 16, "huan2"),
    ],
)
def test_long_sentences(text: str, place: int, syllable: str) -> None:
    said = Mandarin()._reader.pinyin(text)
    assert said[place] == syllable


def told_of(text: str) -> dict[int, Told]:
    """Every Hanzi a word of its own, in its commonest reading."""
    return {
        i: Told("S", "n", readings_of_character(char)[0], 0)
        for i, char in enumerate(text)
        if "\u4e00" <= char <= "\u9fff"
    }


def test_network_answers_for_polyphones_alone() -> None:
    text = "我们去银行，他在旅行。"
    found = network().read(text, told_of(text), range(len(text)))
    assert {4, 9} <= found.keys()
    assert all(text[at] in network() for at in found)
    assert found[9][0] == "xing2"
    assert all(0 < odds <= 1 for _, odds in found.values())


def test_network_reads_long_and_strange_text() -> None:
    text = "银行" * LONGEST + "\U0001f600\0 "
    found = network().read(text, told_of(text), range(len(text)))
    assert len(found) == LONGEST
    assert network().read("", {}, []) == {}


def test_network_reads_the_middle_of_long_text_as_that_of_short_text() -> None:
    sentence = "他把欠的钱都还了，"
    alone = network().read(sentence, told_of(sentence), [6])[6]
    text = sentence * 40
    found = network().read(text, told_of(text), range(6, len(text), len(sentence)))
    assert len(found) == 40
    assert {reading for reading, _ in found.values()} == {alone[0]}


def test_network_takes_a_hint_and_a_tag_that_it_does_not_know() -> None:
    found = network().read("他还了钱", {1: Told("S", "xyz", "foo1", 2)}, [1])
    assert found[1][0] in network().readings("还")


def test_network_does_not_depend_on_what_was_read_before() -> None:
    text = "他还了钱"
    first = network().read(text, told_of(text), [1])
    network().read("你还好吗", told_of("你还好吗"), [1])
    again = network().read(text, told_of(text), [1])
    assert first[1][0] == again[1][0]
    assert np.isclose(first[1][1], again[1][1])


def test_words_win_over_the_network() -> None:
    assert phrase_reading("温差") == ["wen1", "cha1"]
    assert Mandarin()._reader.pinyin("昼夜温差大")[3] == "cha1"


def test_context_rules_switch_the_network_off() -> None:
    plain = Mandarin(rules=MandarinRules(context=False))
    assert plain._reader.pinyin("个子很长")[3] == "zhang3"


def test_user_words_win() -> None:
    own = Mandarin(pronunciations={"温差": "wen1 cha4"})
    assert own._reader.pinyin("昼夜温差大")[3] == "cha4"

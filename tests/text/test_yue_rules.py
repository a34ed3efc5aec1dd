from __future__ import annotations

import importlib
import sys

import pytest

from dora_mlx_tts.errors import LanguageError, SettingError
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.symbols import SymbolTable
from dora_mlx_tts.text.yue import Cantonese, jyutping
from dora_mlx_tts.text.yue.syllable import phones

pytest.importorskip("ToJyutping", reason="the extra yue is not installed")
pytest.importorskip("opencc", reason="opencc is not installed")

CANTONESE = Cantonese()


def norm(text: str) -> str:
    return CANTONESE.normalize(text).text


def read(text: str) -> str:
    return " ".join(CANTONESE.pronounce(norm(text)).symbols)


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        ("nei5", ("Yn", "Yei5")),
        ("aa3", ("Yaa", "Ya3")),
        ("aam1", ("Yaa", "Ym1")),
        ("au2", ("Yau", "Yu2")),
        ("ong3", ("Yon", "Yg3")),
        ("m4", ("Ym", "Ym4")),
        ("ng5", ("Yng", "Yg5")),
        ("ngaa4", ("Yng", "Yaa4")),
        ("gwong2", ("Ygw", "Yong2")),
        ("kwan4", ("Ykw", "Yan4")),
        ("aang1", ("Yng", "Yaang1")),  # the inventory has no such beginning
        ("ung3", ("Yng", "Yung3")),
        ("hng6", ("Yh", "Yg6")),
        ("gep6", ("Yg", "Yip6")),
        ("yu4", ("Yj", "Yyu4")),  # given by a user
        ("uk1", ("Yuk", "Yk1")),
    ],
)
def test_syllables(syllable: str, expected: tuple[str, str]) -> None:
    assert phones(syllable) == expected


def test_every_syllable_of_the_dictionary_is_in_the_inventory() -> None:
    table = SymbolTable.load("v2")
    trie = importlib.import_module("ToJyutping.Trie")
    nodes, missing = [trie.root], set()
    while nodes:
        node = nodes.pop()
        for reading in node.v or []:
            for part in reading if isinstance(reading, list) else [reading]:
                missing |= {p for s in str(part).split() for p in phones(s) if p not in table}
        nodes += node.values()
    assert not missing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("呢件衫賣199蚊", "呢件衫賣一百九十九蚊"),
        ("$1,500", "一千五百蚊"),
        ("HK$20", "二十蚊"),
        ("2個仔", "兩個仔"),
        ("500呎", "五百呎"),
        ("2024年5月1日", "二零二四年五月一日"),
        ("機會50%", "機會百分之五十"),
        ("8:30", "八點半"),
        ("-3°C", "零下三度"),
        ("我覺得好攰……", "我覺得好攰…"),
        ("「多謝」同「唔該」", "多謝同唔該"),
        ("嗯，係㗎！𡃁妹", "嗯,係㗎!𡃁妹"),
        ("皇后大道東", "皇后大道東"),  # traditional text stays as it is
        ("里面、后面", "裏面,後面"),
        ("呢度有几多种", "呢度有幾多種"),
        ("唔好郁，睇吓", "唔好郁,睇吓"),
        ("我系广东人", "我係廣東人"),
        ("", ""),
    ],
)
def test_normalization(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("幾多錢？", "Yg Yei2 Yd Yo1 Yc Yin2 ?"),
        ("几多钱", "Yg Yei2 Yd Yo1 Yc Yin2"),
        ("一種", "Yj Yat1 Yz Yung2"),
        ("银行行长", "Yng Yan4 Yh Yong4 Yh Yong4 Yz Yoeng2"),
        ("銀行行長", "Yng Yan4 Yh Yong4 Yh Yong4 Yz Yoeng2"),
        ("五", "Yng Yg5"),
        ("卅", "Ys Yaa1 Yaa Ya6"),
    ],
)
def test_readings(text: str, expected: str) -> None:
    assert read(text) == expected


def test_as_the_reference_reads_them() -> None:
    spoken = Cantonese(as_reference=True)
    assert spoken.pronounce(norm("幾多錢")).symbols[:2] == ("Yg", "Yei1")


def test_own_words() -> None:
    spoken = Cantonese({"行長": "haang4 coeng4"}).pronounce("行長")
    assert spoken.symbols == ("Yh", "Yaang4", "Yc", "Yoeng4")
    assert spoken.word2ph == (2, 2)
    assert CANTONESE.pronounce("行長").symbols == ("Yh", "Yong4", "Yz", "Yoeng2")


def test_readings_that_the_text_gives() -> None:
    spoken = CANTONESE.pronounce_as("好行長,", [Reading(1, 3, "jyutping", ("haang4", "coeng4"))])
    assert spoken.symbols == ("Yh", "You2", "Yh", "Yaang4", "Yc", "Yoeng4", ",")
    assert spoken.word2ph == (2, 2, 2, 1)


@pytest.mark.parametrize("words", [{"行長": "hong4"}, {"行": "xyz"}, {"": "hong4"}, {"行": ""}])
def test_wrong_own_words(words: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="Cantonese pronunciation"):
        Cantonese(words)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ToJyutping", None)
    jyutping._converter.cache_clear()
    with pytest.raises(LanguageError, match=r"dora-mlx-tts\[yue\]"):
        Cantonese()
    monkeypatch.undo()
    jyutping._converter.cache_clear()

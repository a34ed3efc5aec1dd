from __future__ import annotations

import pytest

from dora_mlx_tts.errors import LanguageError, SettingError
from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.packages import package_file
from dora_mlx_tts.text.zh.readings import load_data
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of


def test_a_word_of_the_user_wins_over_dictionary_and_tone_rules() -> None:
    mandarin = Mandarin(pronunciations={"银行": "yin2 xing3", "你好": ["nǐ", "hǎo"]})
    symbols = mandarin.pronounce("你好银行").symbols
    assert symbols == ("n", "i3", "h", "ao3", "y", "in2", "x", "ing3")


def test_a_single_character_counts_only_where_it_is_a_word() -> None:
    mandarin = Mandarin(pronunciations={"曾": ["zeng1"]})
    assert mandarin.pronounce("他曾说曾经").symbols[2:4] == ("z", "eng1")
    assert mandarin.pronounce("曾经").symbols[:2] == ("c", "eng2")


def test_the_longest_word_wins() -> None:
    mandarin = Mandarin(pronunciations={"行长": "xing2 chang2", "行长城": "hang2 zhang3 cheng1"})
    assert mandarin.pronounce("行长城").symbols[-1] == "eng1"


@pytest.mark.parametrize(
    "pronunciations",
    [{"银行": ["yin2"]}, {"银行": "yin2 hang9"}, {"银行": "yin2 blah1"}, {"": []}, {"我": "hello"}],
)
def test_a_wrong_reading_is_refused(pronunciations: dict[str, str | list[str]]) -> None:
    with pytest.raises(SettingError, match="pronunciation of"):
        Mandarin(pronunciations=pronunciations)


def test_data_files_hold_known_syllables() -> None:
    for word, pinyin in load_data("phrases.json").items():
        assert len(pinyin.split()) == len(word)
        assert all(symbols_of(p) for p in pinyin.split()), word
    polyphones = load_data("polyphones.json")
    for char, reading in polyphones["surnames"].items():
        assert len(char) == 1
        assert symbols_of(reading), char
    for char, rules in polyphones["rules"].items():
        assert len(char) == 1
        assert all(symbols_of(rule["reading"]) for rule in rules), char
        assert all(rule.get("place", "end") in ("start", "inside", "end") for rule in rules), char


def test_a_missing_package_is_named() -> None:
    with pytest.raises(LanguageError, match="no_such_package"):
        package_file("no_such_package", "dict.txt")
    with pytest.raises(LanguageError, match=r"no_such\.txt"):
        package_file("pypinyin", "no_such.txt")


@pytest.mark.parametrize(
    ("marked", "plain"),
    [("lǜ", "lv4"), ("zhōng", "zhong1"), ("de", "de5"), ("ér", "er2"), ("nüè", "nve4")],
)
def test_tone_marks(marked: str, plain: str) -> None:
    assert from_marks(marked) == plain


@pytest.mark.parametrize(
    ("pinyin", "symbols"),
    [
        ("zhi1", ("zh", "ir1")),
        ("zi3", ("z", "i03")),
        ("ju2", ("j", "v2")),
        ("jv2", ("j", "v2")),
        ("yuan4", ("y", "van4")),
        ("yan2", ("y", "En2")),
        ("ye3", ("y", "E3")),
        ("an1", ("AA", "an1")),
        ("er2", ("EE", "er2")),
        ("ou3", ("OO", "ou3")),
        ("liou2", ("l", "iu2")),
        ("uen1", ("w", "en1")),
        ("lüe4", ("l", "ve4")),
        ("hello", None),
        ("zhong", None),
        ("xx5", None),
        ("", None),
    ],
)
def test_symbols_of_a_syllable(pinyin: str, symbols: tuple[str, str] | None) -> None:
    assert symbols_of(pinyin) == symbols

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.lexicon import Lexicon, ReadingOptions

YAML = """
zh: {重庆: chóng qìng, 行长: hang2 zhang3}
en: {dora: D AO1 R AH0, SQL: sequel, GPT-4: JH IY1 F AO1 R, tomato: təˈmɑːtəʊ, AI: 人工智能}
rules: {erhua: false, neutral_words: [重庆火锅]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lexicon.yml"
    path.write_text(YAML, encoding="utf-8")
    return path


def test_readings_hold_in_every_language(file: Path) -> None:
    front_end = FrontEnd(lexicon=Lexicon.load(file))
    for code in ("zh", "auto", "en"):
        said = front_end.phonemize("重庆的行长用dora、SQL和GPT-4做AI，吃tomato。", code)
        line = " ".join(said.symbols)
        for part in (
            "ch ong2 q ing4",
            "h ang2 zh ang3",
            "D AO1 R AH0",
            "S IY1 K W AH0 L",
            "JH IY1 F AO1 R",
            "r en2 g ong1 zh ir4 n eng2",
            "T AH0 M AA1 T OW0",
        ):
            assert part in line
        pointed = [said.text[a:b] for a, b in said.char_spans]
        assert pointed.count("SQL") == 6
        assert pointed.count("GPT-4") == 5


def test_a_latin_word_is_not_replaced_inside_another(file: Path) -> None:
    front_end = FrontEnd(lexicon=Lexicon.load(file))
    assert front_end.phonemize("MySQLdb says AIR", "en").norm_text.count("sequel") == 0


def test_rules_are_switched(file: Path) -> None:
    plain, switched = FrontEnd(), FrontEnd(lexicon=Lexicon.load(file))
    assert plain.phonemize("一点儿也不错", "zh").symbols[4:6] == ("EE", "er3")
    assert switched.phonemize("一点儿也不错", "zh").symbols[4:6] == ("EE", "er2")


def test_spellings_of_han_words_hold_in_their_language_only() -> None:
    front_end = FrontEnd(lexicon=Lexicon.of({"ja": {"今日": "きょう"}, "zh": {"㗎㗎": "家家"}}))
    assert front_end.phonemize("今日は今天", "zh").symbols[:2] == ("j", "in1")
    assert front_end.phonemize("㗎㗎很大", "zh").norm_text == "家家很大"


def test_one_lexicon_over_another() -> None:
    below = Lexicon.of(
        {"zh": {"重庆": "zhong4 qing4", "行长": "hang2 zhang3"}, "en": {"SQL": "S K"}}
    )
    top = Lexicon.of({"zh": {"重庆": "chong2 qing4"}, "en": {"SQL": "sequel"}})
    both = top.over(below)
    assert both.phones["zh"] == {"重庆": ("chong2", "qing4"), "行长": ("hang2", "zhang3")}
    assert both.spellings["en"] == {"SQL": "sequel"}
    assert "SQL" not in both.phones.get("en", {})
    assert not Lexicon()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zh: {重庆: chong2}", "one syllable per character"),
        ("zh: {重庆: chong9 qing4}", "pinyin.*unknown: 'chong9'"),
        ("zh: {长安: [zhang9, an1]}", "unknown: 'zhang9'"),
        ("en: {dora: [D, QQ7, R, AH0]}", "ARPAbet.*unknown: 'QQ7'"),
        ("en: {dora: D AO1 R UX0}", "unknown: 'UX0'"),
        ("en: {dora: [sequel]}", "ARPAbet.*unknown: 'sequel'"),
        ("yue: {粵語: jyut6 jyy5}", "Jyutping.*unknown: 'jyy5'"),
        ("yue: {粵語: jyut6 jyu8}", "unknown: 'jyu8'"),
        ("klingon: {a: b}", "klingon"),
        ("en: {a: ''}", "the reading of .a. must be"),
        ("en: {a: 5}", "the reading of .a. must be"),
        ("en: {a: {b: c}}", "the reading of .a. must be"),
        ("zh: [重庆]", "must be a map"),
        ("- zh", "must hold words and readings"),
        ("rules: {tones: false}", "unknown rule 'tones'; available: bu, yi"),
        ("rules: {bu: 1}", "true or false"),
        ("rules: {neutral_words: 豆腐}", "list of words"),
        ("rules: [bu]", "must be a map"),
        ("zh: {a: b: c}", "not YAML"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingError, match=message) as caught:
        Lexicon.load(path)
    assert "bad.yml" in str(caught.value)


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        Lexicon.load(tmp_path / "none.yml")
    (tmp_path / "empty.yml").write_text("", encoding="utf-8")
    assert not Lexicon.load(tmp_path / "empty.yml")


def test_the_polyphone_folder_reaches_mandarin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    FrontEnd(polyphone_model=tmp_path / "absent").phonemize("他在行走", "zh")
    assert "absent" in caplog.text


def test_options_for_all_voices(file: Path) -> None:
    options = ReadingOptions.load(file, None)
    own = Lexicon.of({"en": {"SQL": "S K W AH1 L"}}).over(options.lexicon)
    said = FrontEnd(lexicon=own, polyphone_model=options.polyphone_model)
    assert said.phonemize("SQL dora", "en").symbols == (
        "S",
        "K",
        "W",
        "AH1",
        "L",
        "D",
        "AO1",
        "R",
        "AH0",
    )
    assert not ReadingOptions.load(None, None).lexicon

from __future__ import annotations

import sys

import pytest

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.ja import Japanese, g2p
from dora_mlx_tts.text.symbols import SymbolTable

pytest.importorskip("haqumei", reason="the extra ja is not installed")

JAPANESE = Japanese()


def norm(text: str) -> str:
    return JAPANESE.normalize(text).text


def read(text: str) -> str:
    return " ".join(s for s in JAPANESE.pronounce(norm(text)).symbols if s not in ("[", "]", "UNK"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,500円", "1500円"),
        ("1，234，567", "1234567"),
        ("2024/05/01", "2024年5月1日"),
        ("2024-5-1", "2024年5月1日"),
        ("5/1(水)", "5月1日水曜日"),
        ("03-1234-5678です", "ゼロサンのイチニサンヨンのゴロクナナハチです"),
        ("〒100-0001", "郵便番号イチゼロゼロのゼロゼロゼロイチ"),
        ("15:30", "15時30分"),
        ("8:00〜9:00", "8時から9時"),
        ("¥1,500", "1500円"),
        ("$3.5", "3.5ドル"),
        ("50%", "50パーセント"),
        ("50％オフ", "50パーセントオフ"),
        ("3.11.2", "サンテンイチイチテンニ"),
        ("10〜20人", "10から20人"),
        ("東京〜大阪", "東京から大阪"),
        ("3-5人", "3から5人"),
        ("1-2-3番地", "1の2の3番地"),
        ("3-2で勝った", "3対2で勝った"),
        ("-5℃", "マイナス5度"),
        ("60km/h", "60キロメートル毎時"),
        ("100m²", "100平方メートル"),
        ("1/2", "2分の1"),
        ("え～～～っと……", "えーっと…"),
        ("コ-ヒ-", "コーヒー"),
        ("待って——行こう", "待って、行こう"),
        ("東京（首都）は", "東京、首都、は"),
        ("「はい」と", "「はい」と"),
        ("笑顔😀で", "笑顔で"),
        ("ﾊﾝｶｸｶﾅとｶﾞ", "ハンカクカナとガ"),
        ("か\u3099", "が"),
        ("第Ⅲ章", "第3章"),
        ("①と㈱", "1と、株"),
        ("A&B", "AアンドB"),
        ("説明\n次", "説明。次"),
        ("!!!", "!"),
        ("わーい！！！", "わーい！！！"),
        ("", ""),
    ],
)
def test_normalization(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ヴァイオリン", "b a i o r i N"),
        ("フュージョン", "f y u u j o N"),
        ("テューバ", "t y u u b a"),
        ("好きです。", "s u k i d e s u ."),  # unvoiced vowels like voiced ones
        ("10分", "j u cl p u N"),
        ("一人、二人", "h i t o r i , f u t a r i"),
        ("何ですか？", "n a N d e s u k a ?"),
        ("ジョン・スミス", "j o N _ s u m i s u"),
        ("3.14", "s a N t e N i ch i y o N"),
        ("え、っ", "e , cl"),
    ],
)
def test_readings(text: str, expected: str) -> None:
    assert read(text) == expected


def test_chinese_forms_of_characters_are_read() -> None:
    pytest.importorskip("opencc", reason="opencc is not installed")
    assert norm("说话") == "説話"
    assert norm("発音") == "発音"


def test_accents() -> None:
    spoken = JAPANESE.pronounce("雨と飴").symbols
    assert " ".join(spoken) == "a ] m e t o UNK a [ m e"
    first = Japanese("v1").pronounce("雨と飴").symbols
    assert " ".join(first) == "a UNK m e t o UNK a UNK m e"
    assert all(symbol in SymbolTable.load("v1") for symbol in first)


def test_phones_lead_back_to_their_words() -> None:
    text = "今日は2024年です。"
    spoken = JAPANESE.pronounce(text)
    source = {text[a:b] for (a, b), s in zip(spoken.spans, spoken.symbols, strict=True)}
    assert {"今日", "は", "年", "です", "。"} <= source
    assert spoken.word2ph is None


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "haqumei", None)
    g2p._engine.cache_clear()
    with pytest.raises(LanguageError, match=r"dora-mlx-tts\[ja\]"):
        Japanese()
    monkeypatch.undo()
    g2p._engine.cache_clear()

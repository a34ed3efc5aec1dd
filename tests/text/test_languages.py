from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.config.languages import ALIASES
from dora_mlx_tts.config.languages import CODES as NAMES
from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.registry import MODULES
from dora_mlx_tts.text.schemes import CODES, scheme_of
from dora_mlx_tts.text.spans import split_spans


def spans(text: str, code: str = "zh") -> list[tuple[str, str]]:
    return [(s.language, text[s.start : s.end]) for s in split_spans(text, scheme_of(code))]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("zh", "zh"),
        (" ZH ", "zh"),
        ("cn", "zh"),
        ("Chinese", "zh"),
        ("zh-CN", "zh"),
        ("english", "en"),
        ("en-US", "en"),
        ("all_zh", "all_zh"),
        ("auto-yue", "auto_yue"),
        ("粤语", "yue"),
    ],
)
def test_codes_and_aliases(name: str, code: str) -> None:
    assert scheme_of(name).code == code


def test_every_alias_and_scheme_leads_somewhere() -> None:
    assert set(ALIASES.values()) <= set(CODES)
    assert set(NAMES) == set(CODES)
    assert {scheme.main for scheme in CODES.values()} <= set(MODULES)


@pytest.mark.parametrize("name", ["xx", "", "zh zh", "\ud800"])
def test_unknown_language_names_the_allowed(name: str) -> None:
    with pytest.raises(LanguageError, match="zh, en, ja, ko, yue, auto"):
        scheme_of(name)


@pytest.mark.parametrize("code", ["ko", "yue", "all_yue", "auto_yue"])
def test_v1_has_neither_korean_nor_cantonese(code: str) -> None:
    with pytest.raises(LanguageError, match=r"v1 models do not support"):
        scheme_of(code, "v1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我用iPhone 15 Pro拍照。", [("zh", "我用"), ("en", "iPhone 15 Pro"), ("zh", "拍照。")]),
        ("他用iPhone15，很好。", [("zh", "他用"), ("en", "iPhone15，"), ("zh", "很好。")]),
        ("GPT-4o很强。", [("en", "GPT-4o"), ("zh", "很强。")]),
        ("5G手机", [("en", "5G"), ("zh", "手机")]),
        ("看3D电影", [("zh", "看3"), ("en", "D"), ("zh", "电影")]),
        ("A4纸", [("en", "A4"), ("zh", "纸")]),
        ("C++和C#是", [("en", "C++"), ("zh", "和"), ("en", "C#"), ("zh", "是")]),
        ("Python 2快30%。", [("en", "Python 2"), ("zh", "快30%。")]),
        ("今天是Monday 3月5日", [("zh", "今天是"), ("en", "Monday "), ("zh", "3月5日")]),
        ("重5kg的苹果", [("zh", "重5kg的苹果")]),
        ("长3-5cm，重10 kg", [("zh", "长3-5cm，重10 kg")]),
        ("时速60km/h", [("zh", "时速60km/h")]),
        ("I ate 5kg of it", [("en", "I ate 5kg of it")]),
        ("今天-3°C", [("zh", "今天-3°C")]),
        ("港币HK$20。", [("zh", "港币HK$20。")]),
        ("价格是$99，大约￥700。", [("zh", "价格是$99，大约￥700。")]),
        ("写信到a.b@c.org，谢谢", [("zh", "写信到"), ("en", "a.b@c.org，"), ("zh", "谢谢")]),
        (
            "访问https://a.cn/3?x=1。好",
            [("zh", "访问"), ("en", "https://a.cn/3?x=1。"), ("zh", "好")],
        ),
        ("上163.com看", [("zh", "上"), ("en", "163.com"), ("zh", "看")]),
        ("他说“OK”。", [("zh", "他说"), ("en", "“OK”。")]),
        ("don’t说", [("en", "don’t"), ("zh", "说")]),
        ("５Ｇ网络", [("en", "５Ｇ"), ("zh", "网络")]),
        ("温度20℃，WiFi信号", [("zh", "温度20℃，"), ("en", "WiFi"), ("zh", "信号")]),
        ("总决赛G7，主力得分", [("zh", "总决赛"), ("en", "G"), ("zh", "7，主力得分")]),
        ("第3 chapter很长", [("zh", "第3 "), ("en", "chapter"), ("zh", "很长")]),
        ("No.1的选择", [("en", "No.1"), ("zh", "的选择")]),
        ("上www.a.cn/b1看", [("zh", "上"), ("en", "www.a.cn/b1"), ("zh", "看")]),
        ("12:30", [("zh", "12:30")]),
        ("……", [("zh", "……")]),
        ("", []),
    ],
)
def test_mixed_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert spans(text) == expected
    assert spans(text, "auto") == expected


def test_short_chinese_between_english_is_chinese() -> None:
    text = "My friend 小明 lives in 上海."
    expected = [("en", "My friend "), ("zh", "小明 "), ("en", "lives in "), ("zh", "上海.")]
    for code in ("zh", "auto", "en"):
        assert spans(text, code) == expected


def test_other_scripts() -> None:
    assert spans("今日は良い天気", "auto") == [("ja", "今日は良い天気")]
    assert spans("他说ありがとう就走了", "auto") == [
        ("zh", "他说"),
        ("ja", "ありがとう"),
        ("zh", "就走了"),
    ]
    assert spans("你好。안녕하세요", "auto") == [("zh", "你好。"), ("ko", "안녕하세요")]
    assert spans("今日は良い天気", "ja") == [("ja", "今日は良い天気")]
    assert spans("食咗飯 OK", "yue") == [("yue", "食咗飯 "), ("en", "OK")]
    assert spans("食咗飯", "auto_yue") == [("yue", "食咗飯")]


def test_explicit_language_wins() -> None:
    assert spans("今日はOK 123 안녕", "all_zh") == [
        ("zh", "今日は"),
        ("en", "OK "),
        ("zh", "123 안녕"),
    ]
    assert spans("123", "en") == [("en", "123")]
    assert spans("今日", "ja") == [("ja", "今日")]


@settings(deadline=None)
@given(st.text(), st.sampled_from(sorted(CODES)))
def test_spans_cover_the_text(text: str, code: str) -> None:
    found = split_spans(text, CODES[code])
    assert [s.start for s in found] == [0, *(s.end for s in found)][: len(found)]
    assert (found[-1].end if found else 0) == len(text)
    assert all(a.language != b.language for a, b in itertools.pairwise(found))
    assert all(s.start < s.end for s in found)


@settings(deadline=None)
@given(st.text(alphabet="的年3.,，$-aZ あ한'@/:k gm%“ ", max_size=40))
def test_zh_and_auto_agree_without_kana(text: str) -> None:
    text = text.replace("あ", "").replace("한", "")
    assert split_spans(text, CODES["zh"]) == split_spans(text, CODES["auto"])

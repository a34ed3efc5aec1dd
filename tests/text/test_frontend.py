from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from text_fakes import FakeLanguage, not_installed

from dora_mlx_tts.errors import EmptyTextError, LanguageError, SettingError, TextError
from dora_mlx_tts.text.frontend import FrontEnd, unspoken
from dora_mlx_tts.text.registry import MODULES, LanguageFactory
from dora_mlx_tts.text.schemes import CODES


class Fakes:
    """A front end over fake languages, and the languages it made."""

    def __init__(self, **options: object) -> None:
        self.made: dict[str, FakeLanguage] = {}
        modules: Mapping[str, LanguageFactory] = {
            **MODULES,
            "ja": not_installed("ja", "Japanese"),
            "ko": not_installed("ko", "Korean"),
            "yue": not_installed("yue", "Cantonese"),
            "zh": lambda _: self._make("zh", "a1", 2),
            "en": lambda _: self._make("en", "AH0", 0),
        }
        self.front_end = FrontEnd(modules=modules, **options)  # type: ignore[arg-type]

    def _make(self, code: str, phone: str, per_char: int) -> FakeLanguage:
        assert code not in self.made  # a language is made once
        self.made[code] = FakeLanguage(code, phone, per_char=per_char)
        return self.made[code]


def test_spans_are_read_by_their_language() -> None:
    result = Fakes().front_end.phonemize("你好吗，OK 了。", "zh")
    assert [(s.language, s.text, s.norm_text) for s in result.spans] == [
        ("zh", "你好吗，", "你好吗,"),
        ("en", "OK ", "OK"),
        ("zh", "了。", "了."),
    ]
    assert result.norm_text == "你好吗,OK了."
    assert result.symbols == ("a1",) * 6 + (",", "AH0", "AH0", "a1", "a1", ".")
    assert result.ids.dtype == np.int32
    assert len(result) == len(result.ids) == len(result.char_spans) == 12
    assert result.word2ph is None  # English has no such division
    assert result.spans[0].word2ph == (2, 2, 2, 1)


def test_char_spans_lead_back_to_the_text() -> None:
    text = "数字\x00  12，ab\u200bc。"
    result = Fakes().front_end.phonemize(text, "zh")
    pointed = [text[a:b] for a, b in result.char_spans]
    expected = ["数"] * 2 + ["字"] * 2 + ["1"] * 4 + ["2"] * 4 + ["，", "a", "b", "c", "。"]
    assert pointed == expected


def test_full_width_and_foreign_digits_are_folded() -> None:
    result = Fakes().front_end.phonemize("ＡＢＣ这里是٣", "zh")
    assert result.spans[0].text == "ABC"
    assert result.norm_text == "ABC这里是数字"


def test_short_text_is_read_behind_a_stop() -> None:
    fakes = Fakes()
    result = fakes.front_end.phonemize("好，", "zh")
    assert fakes.made["zh"].pronounced == ["好,", ".好,"]
    assert result.symbols == (".", "a1", "a1", ",")
    assert result.norm_text == ".好,"
    assert result.char_spans == ((0, 0), (0, 1), (0, 1), (1, 2))
    assert result.word2ph == (1, 2, 1)


def test_stop_swallows_the_marks_before_it() -> None:
    result = Fakes().front_end.phonemize("，。好", "zh")
    assert result.norm_text == ".好"


def test_six_phones_are_not_short() -> None:
    assert Fakes().front_end.phonemize("好好好", "zh").norm_text == "好好好"


@pytest.mark.parametrize("text", ["", " ", "\n", "。。。", "👍", "\x00\x07", "\ud800", "——"])
def test_nothing_to_pronounce(text: str) -> None:
    front_end = Fakes().front_end
    for language in ("zh", "en", "auto"):
        with pytest.raises(EmptyTextError, match=language):
            front_end.phonemize(text, language)
        assert front_end.phonemize(text, language, allow_silence=True).symbols == (".",)


def test_empty_text_error_shows_a_long_text_shortened() -> None:
    with pytest.raises(EmptyTextError) as caught:
        Fakes().front_end.phonemize("。" * 10_000, "zh")
    assert len(str(caught.value)) < 200


def test_prompt_gets_its_stop() -> None:
    front_end = Fakes().front_end
    assert front_end.prompt_phonemes("\n今天天气好\n", "zh").norm_text == "今天天气好."
    assert front_end.prompt_phonemes("今天天气好！", "zh").text == "今天天气好！"
    assert front_end.prompt_phonemes("all is well", "English").text == "all is well."
    assert front_end.prompt_phonemes("他说“好了”", "auto").text == "他说“好了”。"


def test_unknown_language_names_the_allowed() -> None:
    with pytest.raises(LanguageError, match="all_zh"):
        Fakes().front_end.phonemize("你好", "klingon")


def test_missing_language_is_an_error_where_it_was_detected() -> None:
    with pytest.raises(LanguageError, match=r"dora-mlx-tts\[ja\]"):
        Fakes().front_end.phonemize("こんにちは", "auto")
    with pytest.raises(LanguageError, match=r"dora-mlx-tts\[ja\]"):
        Fakes().front_end.phonemize("今日", "ja")


def test_missing_language_inside_a_declared_one_is_read_as_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        result = Fakes().front_end.phonemize("他说ありがとう就走", "zh")
    assert {span.language for span in result.spans} == {"zh"}
    assert "dora-mlx-tts[ja]" in caplog.text


def test_a_registered_language_is_used() -> None:
    modules = {**MODULES, "ja": lambda _: FakeLanguage("ja", "a")}
    result = FrontEnd(modules=modules).phonemize("こんにちは", "auto")
    assert result.symbols == (".", *"aaaaa")


def test_unspoken_characters_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    class Deaf(FakeLanguage):
        def normalize(self, text: str):
            return super().normalize(text).sub("聋", "")

    front_end = FrontEnd(modules={"zh": lambda _: Deaf("zh", "a1", per_char=2)})
    with caplog.at_level(logging.WARNING):
        result = front_end.phonemize("他耳聋聋了吗", "zh")
    assert unspoken(result) == "聋聋"
    assert "2 characters have no reading" in caplog.text


def test_unknown_phones_are_counted() -> None:
    front_end = FrontEnd(modules={"zh": lambda _: FakeLanguage("zh", "#", per_char=2)})
    result = front_end.phonemize("你好吗", "zh")
    assert set(result.ids.tolist()) == {86}
    assert front_end.symbols.unknown == {"#": 6}


def test_features_of_chinese_spans_only() -> None:
    asked: list[tuple[str, tuple[int, ...]]] = []

    def features(norm_text: str, word2ph: tuple[int, ...]) -> NDArray[np.float32]:
        asked.append((norm_text, word2ph))
        return np.full((sum(word2ph), 1024), len(asked), np.float32)

    front_end = Fakes(features=features).front_end
    result = front_end.phonemize("你好 ok 了吗", "zh")
    assert asked == [("你好", (2, 2)), ("了吗", (2, 2))]
    assert result.features is not None
    assert result.features.dtype == np.float32
    assert result.features[:, 0].tolist() == [1] * 4 + [0] * 2 + [2] * 4
    assert front_end.phonemize("only English", "zh").features is None
    assert Fakes().front_end.phonemize("你好你好", "zh").features is None


def test_unknown_version() -> None:
    with pytest.raises(SettingError, match="v1, v2"):
        FrontEnd("v7")


_ALPHABET = "的一a1.。，,!?-$%～… \n\x00\u200b\ud83dあ한ش😀Ａ５"
_ANY = st.text(st.one_of(st.characters(), st.sampled_from(_ALPHABET)), max_size=60)


def _check(front_end: FrontEnd, text: str, language: str) -> None:
    try:
        result = front_end.phonemize(text, language, allow_silence=True)
    except TextError:
        return
    n = len(result.symbols)
    assert n > 0
    assert len(result.ids) == len(result.char_spans) == n
    assert all(0 <= a <= b <= len(text) for a, b in result.char_spans)
    for span in result.spans:
        if span.word2ph is not None:
            assert len(span.word2ph) == len(span.norm_text)
            assert sum(span.word2ph) == len(span.symbols)
    assert not front_end.symbols.unknown


@settings(deadline=None)
@given(_ANY, st.sampled_from(sorted(CODES)))
def test_any_text_with_fakes(text: str, language: str) -> None:
    _check(Fakes().front_end, text, language)


_REAL = FrontEnd()


@settings(deadline=None, max_examples=60)
@given(_ANY, st.sampled_from(["zh", "en", "auto", "all_zh"]))
def test_any_text(text: str, language: str) -> None:
    _check(_REAL, text, language)


@pytest.mark.parametrize("language", ["zh", "en", "auto"])
@pytest.mark.parametrize(
    "text", ["7" * 10_000, "-" * 10_000, "שלום עולם", "مرحبا ١٢٣", "a\ud800b", "𠮷野家" * 50]
)
def test_hard_texts(text: str, language: str) -> None:
    _check(_REAL, text, language)


@pytest.mark.parametrize("text", ["我用iPhone Pro拍照。", "The word 你好 means hello.", "5kg苹果"])
def test_same_text_same_reading(text: str) -> None:
    readings = {_REAL.phonemize(text, code).symbols for code in ("zh", "auto", "en")}
    assert len(readings) == 1

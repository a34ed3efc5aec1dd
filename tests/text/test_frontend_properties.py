"""Properties of the whole way from text to phones, with the real languages."""

from __future__ import annotations

import itertools
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.errors import LanguageError, TextError
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.schemes import CODES, V1_CODES
from dora_mlx_tts.text.sentences.pieces import split
from dora_mlx_tts.text.sentences.reference_cut import METHODS, cut
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner
from dora_mlx_tts.text.spans import split_spans

V1, V2 = FrontEnd("v1"), FrontEnd("v2")
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
WRITTEN = st.lists(
    st.sampled_from(
        [
            *"一不了儿长行的地得重好我们𠮷㐂龘說發あいカ日本한국어abAIGPU0123456789",
            *"，。！？、；：…—～“”（）,.!?;:'\"()<>{}[]-+*/=%$¥￥€^#@&_ \n\t\x00\u200b\ud800\u202e😀שב١²½Ⅲ①℃㎏",
            *("24/7", "3:30", "GB", "p.m.", "Dr.", "http://a.b/c", "a@b.cn", "1,234", "-5"),
        ]
    ),
    max_size=30,
).map("".join)


def read(front_end: FrontEnd, text: str, code: str) -> Phonemes | None:
    try:
        return front_end.phonemize(text, code, allow_silence=True)
    except LanguageError:  # an extra that is not installed
        return None


def check(front_end: FrontEnd, text: str, code: str) -> None:
    result = read(front_end, text, code)
    if result is None:
        return
    n = len(result.symbols)
    assert n == len(result.ids) == len(result.char_spans) > 0
    assert result.ids.dtype == np.int32
    assert all(0 <= a <= b <= len(text) for a, b in result.char_spans)
    starts = [a for a, _ in result.char_spans]
    assert starts == sorted(starts)
    assert result.symbols == tuple(s for span in result.spans for s in span.symbols)
    assert result.norm_text == "".join(span.norm_text for span in result.spans)
    for span in result.spans:
        if span.word2ph is not None:
            assert len(span.word2ph) == len(span.norm_text)
            assert sum(span.word2ph) == len(span.symbols)
    unknown = set(front_end.symbols.unknown) - {"#"}  # Japanese borders, which models know as UNK
    assert not unknown
    if "ja" not in {span.language for span in result.spans}:
        assert "UNK" not in result.symbols


@settings(deadline=None, max_examples=150)
@given(ANY | WRITTEN, st.sampled_from(sorted(CODES)))
def test_any_text_in_any_language(text: str, code: str) -> None:
    check(V2, text, code)


@settings(deadline=None, max_examples=60)
@given(WRITTEN, st.sampled_from(sorted(V1_CODES - {"ja", "all_ja"})))
def test_any_text_for_old_models(text: str, code: str) -> None:
    check(V1, text, code)


@settings(deadline=None, max_examples=100)
@given(ANY | WRITTEN, st.sampled_from(sorted(CODES)))
def test_spans_cover_the_text(text: str, code: str) -> None:
    spans = split_spans(text, CODES[code])
    assert "".join(text[span.start : span.end] for span in spans) == text
    assert all(a.language != b.language for a, b in itertools.pairwise(spans))


@settings(deadline=None, max_examples=60)
@given(WRITTEN, st.lists(st.integers(0, 60), max_size=6))
def test_chunks_change_no_phone(text: str, cuts: list[int]) -> None:
    def phones(chunks: list[str]) -> list[tuple[str, ...] | None]:
        scanner = SentenceScanner(ScannerOptions(speech="text"))
        found = [s for chunk in chunks for s in scanner.feed(chunk)] + scanner.flush()
        said = (read(V2, sentence.text, "zh") for sentence in found)
        return [result and result.symbols for result in said]

    borders = [0, *sorted(cuts), len(text)]
    assert phones([text[a:b] for a, b in itertools.pairwise(borders)]) == phones([text])


@settings(deadline=None, max_examples=80)
@given(ANY | WRITTEN)
def test_the_same_text_again_is_the_same_reading(text: str) -> None:
    again = FrontEnd()
    for code in ("zh", "en", "auto"):
        first, second = read(V2, text, code), read(again, text, code)
        assert first is None or (second is not None and first.symbols == second.symbols)


@settings(deadline=None, max_examples=80)
@given(ANY | WRITTEN, st.sampled_from(METHODS))
def test_pieces_are_never_empty(text: str, method: str) -> None:
    for piece in cut(text, method):
        assert any(char.isalnum() or char == "_" for char in piece)


@pytest.mark.parametrize("code", ["zh", "en", "auto", "all_zh", "auto_yue"])
@pytest.mark.parametrize(
    "text",
    [
        "7" * 10_000,
        "1." * 5_000,
        "שלום עולם",
        "مرحبا ١٢٣",
        "a\ud800b",
        "ไทย",
        "नमस्ते",
        "\x00\x07",
        "👩‍👩‍👧" * 500,
    ],
)
def test_hard_texts(text: str, code: str) -> None:
    check(V2, text, code)


@pytest.mark.parametrize(
    "piece",
    [
        "好",
        "一",
        "不",
        "妈",
        "𠮷",
        "7",
        "a",
        "A",
        " ",
        "。",
        "-1",
        "<a ",
        "{",
        "(",
        "“",
        "1,",
        "今天天气好，OK。",
    ],
)
def test_long_texts_are_read_to_the_end(piece: str) -> None:
    """Quadratic time would take minutes here."""
    text = piece * (10_000 // len(piece))
    check(V2, text, "auto")
    pieces = split(text)
    letters = sum(map(str.isalnum, text))
    assert sum(map(str.isalnum, "".join(pieces))) == letters


def test_a_very_long_text_is_cut_and_its_pieces_can_be_read() -> None:
    text = "我们在2024年用GPU做了12次实验，结果很好。The end is near; don't panic! " * 3_000
    assert len(text.encode()) > 200_000
    pieces = split(text)
    assert max(map(len, pieces)) < 300
    check(V2, pieces[-1], "auto")


def test_what_cannot_be_read_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        V2.phonemize("你好\U00020002世界", "zh")
    assert "no reading" in caplog.text


def test_an_unknown_language_is_an_error_of_this_package() -> None:
    with pytest.raises(TextError):
        V2.phonemize("你好", "tlh")

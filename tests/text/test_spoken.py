"""Sentences as records: cutting and joining keep what refers to their characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.sentences.split import fitted
from dora_mlx_tts.text.spoken import Reading, SpokenSentence

HANG = Reading(1, 2, "pinyin", ("hang2",))


def test_a_part_keeps_the_readings_inside_it_and_the_pause_at_its_border() -> None:
    sentence = SpokenSentence(
        "银行 行人", (HANG, Reading(3, 4, "pinyin", ("xing2",))), 0.1, 0.2, 1.5
    )
    assert sentence.part(0, 3) == SpokenSentence("银行", (HANG,), 0.1, 0.0, 1.5)
    assert sentence.part(2, 5) == SpokenSentence(
        "行人", (Reading(0, 1, "pinyin", ("xing2",)),), 0.0, 0.2, 1.5
    )
    assert sentence.part(0, 1).readings == ()


def test_joined_sentences_keep_their_readings_and_outer_pauses() -> None:
    first, second = (
        SpokenSentence("银行", (HANG,), 0.1),
        SpokenSentence("银行。", (HANG,), 0.0, 0.3),
    )
    both = first.joined(second, " ")
    assert both == SpokenSentence("银行 银行。", (HANG, HANG.moved(3)), 0.1, 0.3)
    assert [both.text[r.start : r.end] for r in both.readings] == ["行", "行"]


def test_another_end_drops_what_it_cuts_off() -> None:
    assert SpokenSentence("银行", (HANG,)).ended(1, "。") == SpokenSentence("银。")


@given(
    st.lists(
        st.sampled_from(
            ["行{hang2}", "今天天气很好，", "Hello, ", "“", "”", "。", "! ", "{1s}", "1,234 "]
        ),
        max_size=60,
    ).map("".join),
    st.booleans(),
    st.booleans(),
)
def test_fitting_keeps_letters_readings_and_pauses(text: str, join: bool, short: bool) -> None:
    sentences = whole_text(text).sentences
    pieces = fitted(sentences, join, short)
    assert _letters(pieces) == _letters(sentences)
    assert _pauses(pieces) == _pauses(sentences)
    for piece in pieces:
        assert [piece.text[r.start : r.end] for r in piece.readings] == ["行"] * len(piece.readings)
    assert sum(len(p.readings) for p in pieces) == sum(len(s.readings) for s in sentences)


def test_many_readings_take_no_longer_each() -> None:
    pieces = fitted(whole_text("行{hang2}" * 20_000).sentences)
    assert sum(len(piece.readings) for piece in pieces) == 20_000


def _letters(sentences: list[SpokenSentence] | tuple[SpokenSentence, ...]) -> str:
    return "".join(char for sentence in sentences for char in sentence.text if char.isalnum())


def _pauses(sentences: list[SpokenSentence] | tuple[SpokenSentence, ...]) -> float:
    return sum(sentence.pause_before_s + sentence.pause_after_s for sentence in sentences)

"""What of an unfinished sentence may be spoken, by rules and against the reading of the whole sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.growing.reading import GrowingPhones
from dora_mlx_tts.synthesis.word_times import units
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.sentences.known_words import can_grow, known_part, known_words, words_of

MARGIN = 8


def known(text: str) -> str:
    words = known_words(text)
    return text[: words[-1].end] if words else ""


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("We walked along the riv", "We walked along the"),
        ("We walked along the river ", "We walked along the"),
        ("We walked along the river and", "We walked along the river"),
        ("It costs 35", "It costs"),
        ("It costs 35.50 dol", "It costs"),
        ("It costs 35.50 dollars in", "It costs"),
        ("It costs 35.50 dollars in the", "It costs 35.50 dollars in"),
        ("We met on March 3, 2", "We met on March"),
        ("Ask Dr. Lee", "Ask"),
        ("Ask Dr. Lee about the", "Ask Dr. Lee about"),
        ("I read the letter that came by", "I"),
        ("See page 12", "See"),
        ("About 12 people came", "About 12 people"),
        ("About $12 people came", "About"),
        ("About 12 March came", "About"),
        ("In 1998 people came", "In"),
        ("我们有12个", "我们有"),
        ("我们有12个人", "我们有"),
        ("我们有12个人在", "我们有12个人"),
        ("我们有2分钟", "我们有"),
        ("我们有12个3", "我们有"),
        ("我们明天上午九", "我们明天上午"),
        ("价格是35", "价格是"),
        ("价格是35.5元，比去", "价格是35.5元，比"),
        ("我今天用Python", "我今天用"),
        ("我今天用Python写了", "我今天用Python写"),
        ("", ""),
        ("…!?", ""),
        ("one", ""),
    ],
)
def test_a_word_counts_once_nothing_that_follows_can_change_it(text: str, safe: str) -> None:
    assert known(text) == safe


def test_languages_that_are_divided_as_a_whole_do_not_grow() -> None:
    assert can_grow("We walk 走路", "auto")
    assert not can_grow("これは本です", "auto")
    assert not can_grow("안녕하세요", "auto")
    assert not can_grow("我们", "yue")


@given(st.text("abc 3$.,走路A!", max_size=60), st.integers(0, 60))
def test_what_is_known_stays_known(text: str, cut: int) -> None:
    shorter = known(text[:cut])
    assert text.startswith(shorter)
    assert len(known(text)) >= len(shorter)


@given(st.text(max_size=80))
def test_words_are_pieces_of_the_text_in_order(text: str) -> None:
    end = 0
    for word in words_of(text):
        assert text[word.start : word.end] == word.text
        assert word.start >= end
        end = word.end


HARD = [
    ("The price of the boat rose from $12.75 to $19 in the first week of June.", "en"),
    ("About 1,200 people came to the fair on Aug. 21 at 6:15 p.m. this year.", "en"),
    ("Prof. Hill showed the object that nobody could object to at the close of day.", "en"),
    ("They wind the clock while the wind blows through the minute cracks.", "en"),
    ("You must present the present before the guests desert the desert.", "en"),
    ("银行的行长说这一行很难，但是不少年轻人还想进来。", "zh"),
    ("他得在2024年5月1日之前还清18.5万元，不然还得多付3%。", "zh"),
    ("数学老师一个一个地数，数了两百一十五个数。", "zh"),
    ("我在App里面买了2张去London的机票，一共花了8600元。", "zh"),
]


@pytest.mark.parametrize(("text", "language"), HARD)
def test_no_later_word_contradicts_what_was_spoken(text: str, language: str) -> None:
    front_end = FrontEnd()
    phones = GrowingPhones(lambda part: front_end.phonemize(part, language))
    for end in range(1, len(text)):
        safe = known(text[:end])
        if len(words_of(safe)) >= 3:
            phones.read(safe)
            phones.spoken = max(phones.spoken, phones.limit(MARGIN))
    whole = phones.keep(front_end.phonemize(text, language))
    assert phones.contradictions == 0
    assert len(units(whole)) == len(units(front_end.phonemize(text, language)))


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("the", 1),
        ("the neighbor", 1),
        ("couldn't", 1),
        ("我", 1),
        ("$4", 3),
        ("It costs $4", 3),
        ("It costs $4 a", 2),
        ("It costs $4 a day", 1),
        ("Dr.", 3),
        ("NATO", 3),
        ("record", 7),
        ("They live near the", 5),
        ("read", 12),
        ("这里有12", 5),
        ("这里有12个", 2),
        ("这里有12元", 2),
        ("这里有12好", 4),
        ("About 12 people", 1),
        ("About 12 March", 2),
        ("我用Python", 4),
    ],
)
def test_how_many_words_are_missing_until_one_more_is_known(text: str, missing: int) -> None:
    assert known_part(text).missing == missing


@given(st.text("abc 3$.,走路A!", min_size=1, max_size=60))
def test_what_is_known_is_complete_and_ends_before_the_next_word(text: str) -> None:
    part = known_part(text)
    assert part.missing >= 1
    assert part.complete[: len(part.words)] == part.words
    assert part.end >= (part.words[-1].end if part.words else 0)
    others = words_of(text)[len(part.words) :]
    assert not others or part.end <= others[0].start


def test_a_mark_behind_what_is_known_is_known_once_a_word_follows() -> None:
    text = "We walked along the river, 35 of"
    part = known_part(text)
    assert text[: part.end] == "We walked along the river,"

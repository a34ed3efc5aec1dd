"""What networks say beyond the text: taken out before it is heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import spoken
from test_content_check import GOOD, SENTENCE, TABLE, TWICE, guarded
from test_token_guard import Script

from dora_mlx_tts.errors import MisspokenError
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, ContentLimits
from dora_mlx_tts.synthesis.checks.repeats import repeats_of
from dora_mlx_tts.text.phonemes import Phonemes


def is_close(said: list[int], wanted: list[int]) -> bool:
    """Whether the codes say the same phones, at joints that may lie a token or two beside."""
    check = ContentCheck(TABLE, SENTENCE)
    check.begin(said)
    return check.ended() is None and abs(len(said) - len(wanted)) <= 4


OTHERS = [phone for phone in range(1, spoken.PHONES) if phone not in set(SENTENCE.ids.tolist())]
FOREIGN = spoken.codes(np.resize(OTHERS, 8), 5)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(TWICE, id="words twice"),
        pytest.param([*GOOD[:30], *GOOD[18:30], *GOOD[18:]], id="words three times"),
        pytest.param([*GOOD, *GOOD[-8:]], id="the end twice"),
        pytest.param([*GOOD, *FOREIGN], id="something after the end"),
        pytest.param([*GOOD, *GOOD[:20]], id="all over again"),
    ],
)
@pytest.mark.parametrize("sizes", [(None,), (6, 6, 4, 10, None), (1,) * 40 + (None,)])
def test_what_says_more_than_the_text_is_taken_out(monkeypatch, said, sizes) -> None:
    tokens, meter = guarded(Script((said, End.EOS)), monkeypatch)
    heard, last = [], False
    for size in sizes:
        new, last = tokens.take(size)
        heard += new
        if last:
            break
    assert last
    assert is_close(heard, GOOD)
    assert heard == tokens.tokens
    stats = meter.stats()
    assert (stats.problems, stats.restarts, stats.continuations) == ({}, 0, 0)
    assert stats.surplus > 0


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([*GOOD[:30], *FOREIGN, *GOOD[30:]], id="something else"),
        pytest.param([*GOOD[:12], *FOREIGN, *GOOD[12:30], *GOOD[24:]], id="both"),
    ],
)
def test_what_is_no_part_of_the_text_is_taken_out(monkeypatch, said) -> None:
    tokens, meter = guarded(Script((said, End.EOS)), monkeypatch)
    heard, last = tokens.take(None)
    assert last
    assert is_close(heard, GOOD)
    assert meter.stats().problems == {}


def test_words_that_decoding_together_says_twice_are_taken_out(monkeypatch) -> None:
    tokens, meter = guarded(Script(), monkeypatch)
    tokens.begin_with(list(TWICE), End.EOS)
    said, last = tokens.take(None)
    assert last
    assert is_close(said, GOOD)
    assert meter.stats().problems == {}


def test_a_network_that_does_not_come_back_begins_again(monkeypatch) -> None:
    script = Script(([*GOOD[:20], *FOREIGN * 4, *GOOD[20:]], End.EOS), (GOOD, End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    assert tokens.take(None) == (GOOD, True)
    assert meter.stats().problems == {"invented": 1}


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("abcdef", False),
        ("abab", False),  # twice, as speech often does
        ("ababab", True),
        ("ab.ab", True),
        ("xab.ab.y", True),
        ("abcabc", False),
        ("abcabca", False),
        ("abcabcab", True),
        ("abcabcabc", True),
        ("a.b.c.d", False),
        ("aaa", False),
        ("aaaaaa", True),
        ("ab.", False),
        ("", False),
        (".", False),
    ],
)
def test_what_a_text_says_several_times(text, several) -> None:
    kinds = np.array([ord(one) for one in text], np.int64)
    assert repeats_of(kinds, kinds == ord(".")).are_many is several


def test_the_phones_of_repeats() -> None:
    kinds = np.array([ord(one) for one in "xab.ab.y"], np.int64)
    assert repeats_of(kinds, kinds == ord(".")).phones.tolist() == [
        False, True, True, False, True, True, False, False
    ]  # fmt: skip


def thrice(text: str | None = None) -> tuple[Phonemes, list[int]]:
    """A sentence that says a word three times, and codes that say it four times."""
    ids = np.concatenate([SENTENCE.ids[:6], np.tile(SENTENCE.ids[6:9], 2), SENTENCE.ids[6:]])
    words = SENTENCE.text.split()
    said = text or words[2]
    script = " ".join([*words[:2], said, said, said, *words[3:]])
    spans, at = [], 0
    for word in script.rstrip(".").split():
        spans += [(at, at + len(word))] * 3
        at += len(word) + 1
    spans.append((len(script) - 1, len(script)))
    phonemes = replace(SENTENCE, text=script, ids=ids.astype(np.int32), char_spans=tuple(spans))
    once_more = np.concatenate([ids[:15], ids[12:]])
    return phonemes, spoken.codes(once_more)


LATE = ContentLimits(ahead=1e6)  # so that nothing is found before it is heard


def test_once_more_of_what_the_text_says_several_times_is_no_error(monkeypatch) -> None:
    phonemes, codes = thrice()
    script = Script((codes, End.EOS))
    tokens, meter = guarded(script, monkeypatch, phonemes=phonemes, limits=LATE)
    assert tokens.take(len(codes) - 30)[0] == codes[:-30]
    assert tokens.take(None) == (codes[-30:], True)
    assert meter.stats().problems == {}


def test_once_more_of_a_figure_is_another_number(monkeypatch) -> None:
    phonemes, codes = thrice("5")
    script = Script((codes, End.EOS))
    tokens, _ = guarded(script, monkeypatch, phonemes=phonemes, limits=LATE)
    tokens.take(len(codes) - 30)
    with pytest.raises(MisspokenError, match="was heard"):
        tokens.take(None)


def test_once_more_is_taken_out_where_nobody_heard_it(monkeypatch) -> None:
    phonemes, codes = thrice()
    tokens, meter = guarded(Script((codes, End.EOS)), monkeypatch, phonemes=phonemes)
    said = [code for _ in range(10) for code in tokens.take(5)[0]] + tokens.take(None)[0]
    assert abs(len(said) - (len(codes) - 6)) <= 2
    check = ContentCheck(TABLE, phonemes)
    check.begin(said)
    assert check.ended() is None
    assert meter.stats().surplus > 0

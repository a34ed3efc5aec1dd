"""Pauses: each place its own, none quite like the last, all of them the seed's."""

from __future__ import annotations

import pytest

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.synthesis.pauses import SHARES, pause_after_s, pause_before_s, place_after
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.spoken import SpokenSentence

EVEN = SpeechSettings(pause_spread=0, fragment_interval=0.4)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Yes,", "comma"),
        ("好，", "comma"),
        ("“Well:”", "comma"),
        ("Yes.", "sentence"),
        ("Yes", "sentence"),
        ("He said, ", "comma"),
        ("“好，”", "comma"),
        ("Yes!", "sentence"),
        ("Really?", "question"),
        ("“真的吗？”", "question"),
        ("", "sentence"),
    ],
)
def test_a_place_is_told_by_its_mark(text: str, place: str) -> None:
    assert place_after(text) == place
    assert pause_after_s(SpokenSentence(text), EVEN) == pytest.approx(0.4 * SHARES[place])


def test_own_settings_come_before_shares() -> None:
    settings = EVEN.model_copy(update={"pause_comma": 0.05, "pause_question": 1.0})
    assert pause_after_s(SpokenSentence("Yes,"), settings) == pytest.approx(0.05)
    assert pause_after_s(SpokenSentence("Yes?"), settings) == pytest.approx(1.0)


def test_new_lines_and_paragraphs_wait_longer() -> None:
    text = whole_text("One is here. Two is here.\nThree is here.\n\nFour is here.\r\nFive is here.")
    assert [one.begins for one in text.sentences] == ["", "", "item", "paragraph", "item"]
    waits = [pause_before_s(one, EVEN) for one in text.sentences]
    assert waits == pytest.approx([0, 0, 0.08, 0.4, 0.08])
    short = EVEN.model_copy(update={"pause_paragraph": 0.1})
    assert pause_before_s(text.sentences[3], short) == 0


def test_pauses_vary_with_sentence_and_seed_only() -> None:
    settings = SpeechSettings(seed=4)
    texts = [SpokenSentence(f"This is number {n}.") for n in range(40)]
    pauses = [pause_after_s(text, settings) for text in texts]
    assert pauses == [pause_after_s(text, settings) for text in texts]
    assert pauses != [pause_after_s(text, SpeechSettings(seed=5)) for text in texts]
    assert len(set(pauses)) == len(pauses)
    assert 0.3 * 0.85 <= min(pauses) < 0.29
    assert 0.31 < max(pauses) <= 0.3 * 1.15


def test_no_interval_is_no_pause() -> None:
    settings = SpeechSettings(fragment_interval=0)
    assert pause_after_s(SpokenSentence("Yes?"), settings) == 0
    assert pause_before_s(SpokenSentence("Yes.", begins="paragraph"), settings) == 0

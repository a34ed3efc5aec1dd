"""The starter voices speak unfinished sentences, and finished ones as ever."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dora_mlx_tts.synthesis.pace import Pace
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.known_words import words_of
from dora_mlx_tts.text.sentences.pieces import whole_text

SAID = [
    ("starter-en", "Our neighbor planted three apple trees."),
    ("starter-zh", "我们明天上午在学校门口集合。"),
]


def letters(words: list[str]) -> str:
    return "".join(char for char in "".join(words).lower() if char.isalnum())


def as_written(synthesizer: Synthesizer, voice: str, text: str) -> Iterator[Fragment]:
    """Fragments of a text of which a word is written, ten a second, whenever nothing else can be done."""
    now, ends = 0.0, [word.end for word in words_of(text)]
    written = GrowingText(lambda: now)
    written.grow(text[: ends.pop(0)])
    for fragment in synthesizer.stream_growing(written, voice=voice, seed=5):
        if fragment is not None:
            yield fragment
        elif ends:
            now += 0.1
            written.grow(text[: ends.pop(0)])
        else:
            written.finish(whole_text(text))


@pytest.mark.parametrize(("voice", "text"), SAID)
def test_what_is_complete_before_it_is_begun_has_the_samples_of_a_whole_text(
    synthesizer: Synthesizer, voice: str, text: str
) -> None:
    written = GrowingText()
    written.grow(text)
    written.finish(whole_text(text))
    at_once = list(synthesizer.stream_growing(written, voice=voice, seed=5))
    whole = list(synthesizer.stream(text, voice=voice, seed=5))
    for one, two in zip(at_once, whole, strict=True):
        assert one is not None
        assert np.array_equal(one.samples, two.samples)
        assert (one.text, one.words, one.is_final) == (two.text, two.words, two.is_final)


@pytest.mark.parametrize(("voice", "text"), SAID)
def test_a_sentence_is_begun_before_its_end_and_every_word_is_said_once(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, voice: str, text: str
) -> None:
    monkeypatch.setattr(Pace, "may_grow", True)  # however busy this machine is
    before = synthesizer.stats
    fragments = list(as_written(synthesizer, voice, text))
    after = synthesizer.stats
    assert after.grown - before.grown == 1
    assert after.stages > before.stages
    assert after.contradictions == before.contradictions
    assert fragments[0].text != text  # what was known then
    assert fragments[-1].text == text
    assert letters([word.text for f in fragments for word in f.words]) == letters([text])
    assert [f.is_final for f in fragments] == [*[False] * (len(fragments) - 1), True]

"""What an engine is handed: a string it can use, with the sentences that were found in it."""

from __future__ import annotations

import pytest

from dora_mlx_tts.errors import TextError
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner
from dora_mlx_tts.text.spoken import Reading, SpokenSentence, SpokenText

SSML = '去<phoneme ph="chong2 qing4">重庆</phoneme>。<break time="1s"/>好！'


def streamed(text: str, rules: StreamRules) -> list[str]:
    scanner = SentenceScanner(rules.scanner)
    return [rules.part(sentence) for sentence in [*scanner.feed(text), *scanner.flush()]]


def test_a_whole_text_is_one_string_and_its_sentences() -> None:
    (part,) = StreamRules().parts(SSML)
    assert part == "去重庆。好！"
    assert part.sentences == (
        SpokenSentence("去重庆。", (Reading(1, 3, "pinyin", ("chong2", "qing4")),), 0.0, 1.0),
        SpokenSentence("好！"),
    )


def test_a_long_text_is_in_parts_of_whole_sentences() -> None:
    sentence = "This is the sentence that is said again and again."
    parts = StreamRules().parts(" ".join([sentence] * 20))
    assert [len(part.sentences) for part in parts] == [5, 5, 5, 5]
    assert all(part == " ".join([sentence] * 5) for part in parts)


def test_a_streamed_sentence_is_not_scanned_again() -> None:
    rules = StreamRules(scanner=ScannerOptions(speech="text"))
    first, second = streamed(SSML, rules)
    assert (first, second) == ("去重庆。", "好！")
    assert isinstance(first, SpokenText)
    assert [s.pause_after_s for s in first.sentences] == [1.0]
    (code,) = streamed("Say `One. Two.` now.", rules)
    assert isinstance(code, SpokenText)
    assert [s.text for s in code.sentences] == ["Say One. Two. now."]


def test_a_text_that_waits_for_its_end_is_in_sentences() -> None:
    (part,) = streamed(
        "One. Two.{1s} Three.", StreamRules(scanner=ScannerOptions("none", speech="text"))
    )
    assert part == "One. Two. Three."
    assert isinstance(part, SpokenText)
    assert [s.text for s in part.sentences] == ["One.", "Two.", "Three."]


def test_without_filters_a_stream_leaves_its_markup_to_the_engine() -> None:
    rules = StreamRules(filters=False, scanner=ScannerOptions(markup=False))
    assert streamed("好{1s}。", rules) == ["好{1s}。"]
    assert not isinstance(streamed("好{1s}。", rules)[0], SpokenText)
    assert StreamRules(filters=False).parts("**好**{1s}。") == ["**好**。"]


def test_nothing_to_speak_has_no_sentences() -> None:
    for text in ("", "…", "<break/>", "。" * 400):
        (part,) = StreamRules().parts(text)
        assert part.sentences == ()


def test_strict_markup_is_refused_with_its_position() -> None:
    with pytest.raises(TextError, match="character 1:"):
        StreamRules(speech="strict").parts('好<break time="soon"/>吗')

"""Word times: told with the fragment they end in, and used for what was heard."""

from __future__ import annotations

import numpy as np
import pytest
from node_fakes import RATE, FakeEngine, FakeNode, Running, is_sound, spoken

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Fragment, WordTiming

OUTPUTS = ("audio", "segment_complete", "status", "words")


def words_of(text, seconds):
    """The words of a text, each as long as the others, up to its last letter."""
    found, at = [], 0
    for word in text.strip(".").split():
        start = text.index(word, at)
        at = start + len(word)
        found.append((word, start, at))
    each = seconds / len(found)
    return tuple(
        WordTiming(word, n * each, (n + 1) * each, start, end)
        for n, (word, start, end) in enumerate(found)
    )


class WordEngine(FakeEngine):
    """Tells the words that end in each of its fragments of 0.1 s."""

    def stream(self, text, **options):
        count = sum(is_sound(step) for step in self.script.get(text, ("ok", "ok", "ok")))
        words = words_of(text, count * 0.1)
        for fragment in super().stream(text, **options):
            end = fragment.start_s + fragment.duration_s
            mine = [w for w in words if fragment.start_s < w.end_s - 1e-6 <= end]
            values = {name: getattr(fragment, name) for name in Fragment.__dataclass_fields__}
            yield Fragment(**{**values, "words": tuple(mine)})


def told(node):
    return [
        (word, round(start, 3), round(end, 3), char)
        for words, m in node.on("words")
        for word, start, end, char in zip(
            words, m["starts_s"], m["ends_s"], m["chars"], strict=True
        )
    ]


def test_words_leave_with_their_fragment_and_times_count_through_the_text():
    pieces = [("One two three. ", {"seq": 0, "fin": False}), ("Four.", {"seq": 1, "fin": True})]
    node = spoken(pieces, WordEngine(), node=FakeNode(OUTPUTS))
    assert told(node) == [
        ("One", 0.0, 0.1, 0),
        ("two", 0.1, 0.2, 4),
        ("three", 0.2, 0.3, 8),
        ("Four", 0.3, 0.6, 0),
    ]
    (first, metadata), *_ = node.on("words")
    assert first == ["One"]
    assert metadata["text"] == "One two three."
    assert (metadata["seq"], metadata["sentence_index"], metadata["text_index"]) == (0, 0, 0)
    ports = [port for port, _, _ in node.sent]
    assert ports.index("words") == ports.index("audio") + 1


def test_words_are_told_only_where_somebody_listens():
    node = spoken(["One two three."], WordEngine())
    assert {port for port, _, _ in node.sent} == {"audio", "segment_complete", "status"}


def test_fragments_that_end_no_word_tell_none():
    node = spoken(["One."], WordEngine(), node=FakeNode(OUTPUTS))
    assert told(node) == [("One", 0.0, 0.3, 0)]
    assert len(node.on("words")) == 1


def test_no_word_is_lost_in_the_resampler_or_in_one_message():
    for settings in ({"sample_rate": 16000}, {"return_fragment": False}):
        node = spoken(["One two three."], WordEngine(), node=FakeNode(OUTPUTS), **settings)
        assert [word for word, *_ in told(node)] == ["One", "two", "three"]


def test_words_of_what_the_resampler_holds_back_come_with_its_next_piece():
    class Blinking(FakeEngine):
        def stream(self, text, **_):
            for number, (length, word) in enumerate([(8, "a"), (3200, "b")]):
                words = (WordTiming(word, 0.0, 0.01, number, number + 1),)
                samples = np.full(length, 0.25, np.float32)
                yield Fragment(samples, RATE, text, 0, number, bool(number), 0.0, 1, words)

    node = spoken(["a b"], Blinking(), node=FakeNode(OUTPUTS), sample_rate=16000)
    assert [word for word, *_ in told(node)] == ["a", "b"]
    assert len(node.on("audio")) == 1


def test_a_receiver_of_words_that_is_gone_does_not_harm_the_speech():
    node = spoken(["One two."], WordEngine(), node=FakeNode(OUTPUTS, fail_on=["words"]))
    assert node.replies()[0][0] == "completed"


def test_no_word_follows_a_cancel():
    engine = WordEngine({"One two three four.": (*("ok", 0.02) * 4,)})
    running = Running(engine, FakeNode(OUTPUTS))
    with running as node:
        node.text("One two three four.")
        node.wait_for(lambda n: n.on("words"))
        node.control("cancel")
        node.end()
    ports = [port if port != "status" else value[0].as_py() for port, value, _ in node.sent]
    assert "words" not in ports[ports.index("cancelled") :]


def heard(cut_s, text, *lengths):
    """What was heard of a text whose fragments have these lengths, with a word each 0.1 s."""
    clock = [0.0]
    utterance = Utterance(TextRequest("x"), 0, playback=Player(lambda: clock[0]))
    words, start = words_of(text, 0.1 * len(text.split())), 0.0
    for length in lengths:
        mine = tuple(w for w in words if start < w.end_s - 1e-6 <= start + length)
        samples = np.zeros(round(length * RATE), np.float32)
        utterance.spoke(Fragment(samples, RATE, text, 0, 0, False, start, 1, mine))
        start += length
    clock[0] = cut_s
    utterance.token.cancel("cancel", at_s=cut_s)
    return utterance.spoken_text


@pytest.mark.parametrize(
    ("cut_s", "expected"),
    [
        (0.05, "Extraordinarily"),
        (0.15, "Extraordinarily long"),
        (0.35, "Extraordinarily long words, a"),
        (0.55, "Extraordinarily long words, a b c"),
        (0.75, "Extraordinarily long words, a b c."),
    ],
)
def test_what_was_heard_goes_by_the_times_of_words_and_not_by_their_length(cut_s, expected):
    assert heard(cut_s, "Extraordinarily long words, a b c.", 0.2, 0.2, 0.3) == expected


def test_of_words_that_were_not_made_none_was_heard():
    assert heard(9.0, "One two three four.", 0.2) == "One two"

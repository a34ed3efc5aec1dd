"""The first sentence of a stream goes to the engine before it is complete; nothing else changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from node_fakes import RATE, FakeEngine, Running, spoken
from stream_fakes import Clock, piece, queue, tokens

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.turns.growth import SentenceGrowth
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.synthesis.records import Fragment, WordTiming
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner

TEXT = "Hello there my old friend. How are you? I am well"


class GrowingEngine(FakeEngine):
    """Speaks a word as soon as the next one is known."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def stream_growing(self, text, *, cancelled, **options):
        said = number = 0
        while not cancelled():
            growth = text.read()
            self.seen.append(growth.text)
            whole = growth.whole
            known = (str(whole) if whole is not None else growth.text).split(" ")
            last = len(known) if whole is not None else len(known) - 1
            if said < last:
                shown = " ".join(known[: said + 1])
                start = len(shown) - len(known[said])
                times = (number * 0.1, number * 0.1 + 0.1)
                words = (WordTiming(known[said], *times, start, len(shown)),)
                is_last = whole is not None and said == last - 1
                samples = np.full(3200, 0.25, np.float32)
                yield Fragment(samples, RATE, shown, 0, number, is_last, number * 0.1, 3, words)
                said, number = said + 1, number + 1
            elif whole is not None:
                return
            else:
                text.wait_for_more(None)
                yield None


def running(**settings):
    return Running(GrowingEngine(), sentence_mode="words", **settings)


def test_an_engine_that_only_knows_texts_gets_the_same_sentences():
    engine = FakeEngine()
    node = spoken(tokens(TEXT, session_id="s"), engine, sentence_mode="words")
    sentences = ["Hello there my old friend.", "How are you?", "I am well"]
    assert [call[0] for call in engine.calls] == sentences
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["spoken_text"]) == ("completed", TEXT)


def test_sound_leaves_before_the_sentence_is_complete():
    talk = running()
    with talk as node:
        node.text("Hello there my", seq=0, fin=False)
        node.text(" old", seq=1, fin=False)
        node.wait_for(lambda n: len(n.on("audio")) == 3)
        node.text(" friend. How are you?", seq=2, fin=True)
        node.end()
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["spoken_text"]) == (
        "completed",
        "Hello there my old friend. How are you?",
    )
    audio = [m for _, m in node.on("audio")]
    assert [m["seq"] for m in audio] == list(range(8))
    assert [m["fin"] for m in audio] == [False] * 7 + [True]
    assert [call[0] for call in talk.engine.calls] == ["How are you?"]


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_cancelled_while_it_waits_for_words(after):
    with running() as node:
        node.text(" ".join(["one", "two", "three", "four", "five"][: after + 1]), seq=0, fin=False)
        node.wait_for(lambda n: len(n.on("audio")) == after)
        node.control("cancel")
        node.wait_for(lambda n: n.on("segment_complete"))
        node.text(" more words", seq=1, fin=True)
        node.text("Another text.")
        node.end()
    assert [outcome for outcome, _ in node.replies()] == ["cancelled", "completed"]
    heard = node.replies()[0][1].get("spoken_text", "")
    assert "one two three four five".startswith(heard)


def test_another_session_speaks_while_one_waits_for_words():
    with running(stream_idle=60) as node:
        node.text("one two three", seq=0, fin=False, session_id="slow")
        node.wait_for(lambda n: len(n.on("audio")) == 2)
        node.text("Other words.", session_id="quick")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        assert node.replies()[0][1]["session_id"] == "quick"
        node.text(" four.", seq=1, fin=True, session_id="slow")
        node.end()
    assert [outcome for outcome, _ in node.replies()] == ["completed", "completed"]
    assert node.replies()[1][1]["spoken_text"] == "one two three four."


def test_a_writer_that_stops_for_good_is_answered_when_the_stream_is_idle():
    with running(stream_idle=0.1) as node:
        node.text("one two three", seq=0)
        node.wait_for(lambda n: n.on("segment_complete"))
        node.end()
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["spoken_text"]) == ("completed", "one two three")


def test_a_session_that_is_paused_says_no_further_word():
    with running(stream_idle=60) as node:
        node.text("one two three", seq=0, fin=False)
        node.wait_for(lambda n: len(n.on("audio")) == 2)
        node.control("pause")
        node.wait_for(lambda n: n.on("status"))
        node.text(" four five.", seq=1, fin=True)
        node.control("list_voices")
        assert len(node.on("audio")) == 2
        node.control("resume")
        node.end()
    assert node.replies()[0][1]["spoken_text"] == "one two three four five."


def test_a_queue_wakes_a_waiting_text_by_words_and_by_time():
    clock = Clock()
    talk = queue(clock, grows=True, idle_s=30)
    talk.receive(piece("one two three", 0, fin=False))
    utterance = talk.take()
    text = talk.next_part(utterance)
    assert isinstance(text, GrowingText)
    text.read()
    text.wait_for_more(None)
    assert not utterance.has_work
    talk.receive(piece(" four", 1, fin=False))
    assert utterance.has_work
    assert talk.take() is utterance
    text.read()
    text.wait_for_more(2.0)
    assert not utterance.has_work
    clock.now += 3
    assert talk.take() is utterance


def test_nobody_looks_again_and_again_at_a_sentence_that_is_held_up():
    clock = Clock()
    talk = queue(clock, grows=True, idle_s=30)
    talk.receive(piece("one two three", 0, fin=False))
    utterance = talk.take()
    text = talk.next_part(utterance)
    text.read()
    text.wait_for_more(2.0)
    assert talk._holds.patience_s(talk._sessions.turns, clock.now) == 2.0
    talk.hold(None, paused=True)
    clock.now += 3
    assert talk._next(clock.now) is None
    assert talk._holds.patience_s(talk._sessions.turns, clock.now) > 5


def test_unfinished_texts_leave_room_for_others():
    talk = SpeechQueue(1000, StreamRules(grows=True, idle_s=30), clock=Clock(), begun_limit=2)
    for name in "ab":
        talk.receive(piece("one two three", 0, fin=False, session_id=name))
    first = talk.take()
    assert isinstance(talk.next_part(first), GrowingText)
    first.growing.read()
    first.growing.wait_for_more(None)
    assert talk._next(Clock.now) is None
    talk.receive(piece("Four.", session_id="c"))
    assert talk.take().session == "c"
    talk.receive(piece(" four.", 1, fin=True, session_id="b"))
    assert talk.take().session in {"b", "c"}


def test_a_sentence_that_is_complete_is_handed_out_as_before():
    talk = queue(grows=True)
    talk.receive(piece("One two three four. Five", 0, fin=False))
    utterance = talk.take()
    assert talk.next_part(utterance) == "One two three four."
    talk.end_part(utterance)
    late = queue(grows=True)
    late.receive(piece("One two three", 0, fin=False))
    late.receive(piece(" four.", 1, fin=True))
    assert late.next_part(late.take()) == "One two three four."


def growth_of(chunks, options=None):
    scanner = SentenceScanner(options or ScannerOptions(mode="words", speech="text"))
    growth, parts, shown = SentenceGrowth(scanner, lambda: 0.0), [], []
    rules = StreamRules()
    for chunk in chunks:
        parts += growth.add(chunk, [rules.part(one) for one in scanner.feed(chunk)])
        if parts and isinstance(parts[0], GrowingText):
            shown.append(parts[0].read().text)
    parts += growth.end([rules.part(one) for one in scanner.flush()])
    return parts, shown


def test_what_markup_may_change_is_not_shown():
    _, shown = growth_of(["**Go** to ", "the <sub alias='x'>", "y</sub> now", " and rest"])
    assert shown[-1].strip() == "Go to the"
    _, shown = growth_of(["去银行{hang2}", "存钱", "吧"])
    assert shown[-1] == "去银行"


@given(st.data())
def test_what_is_shown_only_grows_and_is_the_beginning_of_the_sentence(data):
    text = data.draw(
        st.sampled_from(
            [
                "We met Dr. Lee at 7:30 p.m. **today**. Next one.",
                "他长大以后想当银行行长，所以天天去银行。好的。",
                "Use `a.b` or [this](http://x.y/z), then stop! Done.",
                "- first item\n- second item\n",
            ]
        )
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=12)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    parts, shown = growth_of(chunks)
    whole = [part.whole if isinstance(part, GrowingText) else part for part in parts]
    assert whole == [part for part in growth_of([text])[0] if not isinstance(part, GrowingText)]
    for before, after in pairwise(shown):
        assert after.startswith(before)
    for one in shown:
        assert str(whole[0]).startswith(one.rstrip())


def test_sentences_grow_unless_the_setting_says_otherwise():
    assert StreamRules.from_settings(Settings()).grows
    assert not StreamRules.from_settings(Settings(sentence_mode="sentence")).grows
    assert StreamRules.from_settings(Settings(sentence_mode="words")).grows
    assert not StreamRules.from_settings(Settings(sentence_mode="clause")).grows
    assert not StreamRules.from_settings(Settings(sentence_mode="words", text_filters=False)).grows


@pytest.mark.parametrize(
    "pieces", [["I wonder ", "</think>", "\nYour tea."], ["I wonder", "</think>Your tea."]]
)
def test_the_end_of_a_reasoning_begins_another_text(pieces: list[str]) -> None:
    scanner = SentenceScanner()
    growth = SentenceGrowth(scanner, lambda: 0.0)
    parts = [
        part
        for piece in pieces
        for part in growth.add(piece, [sentence.text for sentence in scanner.feed(piece)])
    ]
    parts += growth.end([sentence.text for sentence in scanner.flush()])
    text, answer = parts
    assert isinstance(text, GrowingText)
    assert (str(text.whole), answer) == ("I wonder", "Your tea.")

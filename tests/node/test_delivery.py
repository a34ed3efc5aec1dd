"""How audio leaves: rate, loudness, layout, pace, and what was heard when it was cut."""

from __future__ import annotations

import threading
import time

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import RATE, FakeEngine, FakeNode, Gate, Running, spoken

from dora_mlx_tts.node.delivery import Finisher
from dora_mlx_tts.node.protocol.messages import BufferStatus, TextRequest
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Fragment


def fragment(samples, text="Hi.", sentence=0, *, final=False, rate=RATE):
    samples = np.asarray(samples, np.float32)
    return Fragment(samples, rate, text, sentence, 0, final, 0.0, 1)


def tone(seconds, rate=RATE):
    return np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate).astype(np.float32)


# ------------------------------------------------------------------------------------ rate, level


@pytest.mark.parametrize("rate", [16000, 24000, 44100, 48000])
def test_borders_of_fragments_cannot_be_heard_after_resampling(rate):
    whole, finisher, pieces = tone(1.0), Finisher(rate), []
    for start in range(0, len(whole), 3200):
        part = whole[start : start + 3200]
        is_last = start + 3200 >= len(whole)
        finished = finisher.finish(fragment(part), is_last=is_last)
        assert finished.sample_rate == rate
        pieces.append(finished.samples)
    samples = np.concatenate(pieces)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(rate, abs=2)
    expected = tone(1.0, rate)[: len(samples)]
    inner = slice(500, len(expected) - 500)
    assert np.abs(samples[inner] - expected[inner]).max() < 2e-3


def test_full_scale_is_what_was_asked_for():
    finished = Finisher(peak=0.46).finish(fragment([1.0, -0.5]), is_last=True)
    assert finished.samples == pytest.approx([0.46, -0.23])
    assert finished.samples.dtype == np.float32
    same = fragment([1.0])
    assert Finisher(RATE).finish(same, is_last=True).samples is not None


def test_rate_and_level_in_the_node():
    node = spoken(["Hi."], sample_rate=16000, peak_limit=0.46)
    audio = node.on("audio")
    assert {m["sample_rate"] for _, m in audio} == {16000}
    assert sum(len(samples) for samples, _ in audio) == pytest.approx(4800, abs=2)
    assert max(map(max, (samples for samples, _ in audio if samples))) < 0.46
    assert node.replies()[0][1]["audio_s"] == pytest.approx(0.3, abs=1e-3)
    assert audio[-1][1]["fin"]


def test_everything_dora_primespeech_expects_at_once():
    node = spoken(
        [("One. ", {"seq": 0, "fin": False}), ("Two.", {"seq": 1, "fin": True})],
        return_fragment=False,
        audio_layout="nested",
        sample_rate=24000,
    )
    ((samples, metadata),) = node.on("audio")
    assert len(samples) == 1
    assert len(samples[0]) == pytest.approx(2 * 0.3 * 24000, abs=4)
    assert (metadata["seq"], metadata["fin"], metadata["text"]) == (0, True, "One. Two.")
    assert node.replies()[0][1]["fragments"] == 1


# ------------------------------------------------------------------------------- after a cut


def cut_and_go_on(**settings):
    gate = Gate()
    running = Running(FakeEngine({"Long.": ("ok", gate, "ok")}), **settings)
    with running as node:
        node.text("Long.", session_id="a")
        assert gate.reached.wait(10)
        node.control("cancel", session_id="a")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        for session in ("b", "a", "a"):
            node.text("Next.", session_id=session)
        node.end()
    marked = [(m["text_index"], m["seq"]) for _, m in node.on("audio") if m.get("flush")]
    return marked, {m["text_index"]: m["session_id"] for _, m in node.on("audio")}


def test_the_first_fragment_after_a_cut_clears_the_receivers_queue_where_asked():
    marked, sessions = cut_and_go_on(flush_audio=True)
    assert marked == [(2, 0)]
    assert sessions[2] == "a"
    assert cut_and_go_on()[0] == []


def test_a_cut_is_remembered_until_something_was_sent():
    queue = SpeechQueue()
    first = queue.receive(TextRequest("One.")).utterance
    assert queue.take() is first
    first.spoke(fragment(np.zeros(8), "One."))
    for text in ("Two.", "Three."):
        queue.cancel(lambda _: True, "cancel")
        following = queue.receive(TextRequest(text)).utterance
        while (taken := queue.take()) is not following:
            queue.settle(taken)
        assert following.follows_cut


def test_nothing_is_to_be_cleared_where_nothing_was_sent():
    queue = SpeechQueue()
    queue.receive(TextRequest("One."))
    queue.settle(queue.take())
    queue.receive(TextRequest("Two."))
    queue.cancel(lambda _: True, "cancel")
    queue.settle(queue.take())
    following = queue.receive(TextRequest("Three.")).utterance
    assert queue.take() is following
    assert not following.follows_cut


# ------------------------------------------------------------------------------------------- pace


def percent(node, value, **metadata):
    node.receive("buffer_status", pa.array([value]), **metadata)


def test_speech_waits_while_the_player_has_enough():
    gate = Gate()
    running = Running(FakeEngine({"Long.": ("ok", gate, "ok", "ok")}))
    with running as node:
        node.text("Long.")
        assert gate.reached.wait(10)
        percent(node, 61.0)
        percent(node, 45.0)  # between the marks nothing changes
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        time.sleep(0.05)
        held = len(node.on("audio"))
        percent(node, 20)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        node.end()
    assert held <= 2
    assert len(node.on("audio")) == 3


def test_one_sessions_player_does_not_hold_the_others():
    running = Running()
    with running as node:
        percent(node, 99.0, session_id="a")
        node.text("One.", session_id="a")
        node.text("Two.", session_id="b")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        assert node.replies()[0][1]["session_id"] == "b"
        percent(node, 1.0, session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 2)
        node.end()


def test_a_full_buffer_at_the_end_of_the_inputs_holds_nothing():
    running = Running()
    with running as node:
        percent(node, 99.0)
        node.text("One.")
        node.end()
    assert [o for o, _ in node.replies()] == ["completed"]


@pytest.mark.parametrize("value", [None, pa.array(["full"]), pa.array([np.nan]), pa.array([1, 2])])
def test_a_buffer_status_that_is_wrong_is_told_once(value):
    running = Running()
    with running as node:
        for _ in range(3):
            node.receive("buffer_status", value)
        node.text("One.")
        node.end()
    assert [state[0] for state, _ in node.on("status")] == ["ready", "error"]
    assert [o for o, _ in node.replies()] == ["completed"]


def test_speech_does_not_run_further_ahead_than_asked():
    start, sent = time.monotonic(), []

    class Timed(FakeNode):
        def send_output(self, port, data, metadata):
            if port == "audio":
                sent.append(time.monotonic() - start)
            super().send_output(port, data, metadata)

    script = {"Long.": ("ok",) * 8}
    spoken(["Long."], FakeEngine(script), Timed(), max_ahead=0.2)
    assert len(sent) == 8
    for number, at in enumerate(sent):  # the one sent at `at` plays from number * 0.1 s on
        assert number * 0.1 - (at - sent[0]) <= 0.2 + 0.3  # unpaced it would be 0.7


def test_a_pace_does_not_hold_up_cancel_or_other_sessions():
    running = Running(FakeEngine({"Long.": ("ok",) * 100}), max_ahead=0.5)
    with running as node:
        node.text("Long.", session_id="a")
        node.wait_for(lambda n: len(n.on("audio")) >= 6)
        node.text("Other.", session_id="b")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        assert node.replies()[0][1]["session_id"] == "b"
        node.control("cancel", session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 2)
        node.text("After.", session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 3)
        node.end()
    assert [o for o, _ in node.replies()] == ["completed", "cancelled", "completed"]


def test_waiting_for_the_player_is_not_synthesis():
    start = time.monotonic()
    node = spoken(["Long."], FakeEngine({"Long.": ("ok",) * 16}), max_ahead=0.1)
    waited_ms = 1000 * (time.monotonic() - start)
    assert waited_ms > 1400
    assert node.replies()[0][1]["synthesis_ms"] < waited_ms / 2


def test_marks_with_hysteresis():
    talk = SpeechQueue(marks=(30, 60))
    talk.receive(TextRequest("One."))
    taken = []
    loop = threading.Thread(target=lambda: taken.append(talk.take()))
    talk.buffer(BufferStatus(60.1))
    talk.buffer(BufferStatus(30.0))
    loop.start()
    loop.join(0.05)
    assert loop.is_alive()
    talk.buffer(BufferStatus(29.9))
    loop.join(10)
    assert taken[0].request.text == "One."


# ------------------------------------------------------------------------------- what was heard


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def heard(cut_s, *sentences, failed=None):
    """`spoken_text` and `played_s` of sentences (text, seconds) sent at 0 and cancelled at `cut_s`.

    What comes after `failed` sentences was not spoken to its end, or not at all.
    """
    clock = Clock()
    utterance = Utterance(TextRequest("x"), 0, playback=Player(clock))
    for index, (text, seconds) in enumerate(sentences):
        if index == failed:
            utterance.leave_hole()
        utterance.spoke(fragment(np.zeros(int(seconds * 100)), text, index, rate=100))
    clock.now = cut_s
    utterance.token.cancel("cancel", at_s=cut_s)
    return utterance.spoken_text, utterance.position.seconds


def test_spoken_text_is_what_was_heard_up_to_the_word():
    sentences = [("One two three four.", 2.0), ("Five six.", 1.0)]
    assert heard(0.001, *sentences) == ("One", 0.001)
    assert heard(1.0, *sentences) == ("One two three", 1.0)
    assert heard(2.1, *sentences)[0] == "One two three four. Five"
    assert heard(9.0, *sentences) == ("One two three four. Five six.", 3.0)
    assert heard(0.5, ("你好，今天天气很好。", 2.0)) == ("你好，", 0.5)


def test_a_sentence_of_which_only_the_beginning_was_made_is_not_taken_for_spoken():
    text = "This sentence goes on for quite a while."
    assert heard(5.0, (text, 0.3))[0] != text
    assert heard(5.0, (text, 3.0))[0] == text


def test_what_was_said_ends_where_a_sentence_failed():
    """It is a beginning of the text: that is what a language model takes it for."""
    whole, half = ("One two three four.", 2.0), ("This sentence goes on for quite a while.", 0.7)
    last = ("Five six.", 1.0)
    assert heard(9.0, whole, last, failed=1)[0] == "One two three four."
    assert heard(9.0, whole, half, last, failed=2)[0] == "One two three four. This sentence"
    assert heard(9.0, last, failed=0)[0] == ""


def test_a_player_plays_one_after_the_other():
    clock = Clock()
    playback = Player(clock)
    assert [playback.add(1.0), playback.add(1.0)] == [0.0, 1.0]
    clock.now = 5.0
    assert playback.ahead_s(clock()) == 0
    assert playback.add(1.0) == 5.0
    assert playback.ahead_s(clock()) == 1.0
    playback.reset(clock())
    assert playback.ahead_s(clock()) == 0

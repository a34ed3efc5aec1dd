"""Order, turns, cancellation and the one terminal reply, without threads where possible."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from dora_mlx_tts.node.protocol.messages import Command, TextRequest
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.targets import cancel_target, reset_target
from dora_mlx_tts.synthesis.records import Fragment


def text(name, **echo):
    flush = echo.pop("flush", False)
    return TextRequest(name, echo=echo, flush=flush)


def drain(queue):
    """Take and settle everything; (text, cancelled_by) in order."""
    queue.close()
    taken = []
    while (utterance := queue.take()) is not None:
        taken.append((utterance.request.text, utterance.cancelled_by))
        assert queue.settle(utterance)
    return taken


def names(queue):
    return [name for name, _ in drain(queue)]


def test_one_session_keeps_its_order():
    queue = SpeechQueue()
    for name in "abcd":
        queue.receive(text(name, session_id="s"))
    assert names(queue) == ["a", "b", "c", "d"]


def test_sessions_take_turns_and_keep_their_order():
    queue = SpeechQueue()
    for name in ["a1", "a2", "a3", "b1", "c1", "b2"]:
        queue.receive(text(name, session_id=name[0]))
    assert names(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_typed_and_string_ids_are_one_session():
    queue = SpeechQueue()
    for name, session in [("a", 1), ("b", "1"), ("c", 2)]:
        queue.receive(text(name, session_id=session))
    assert names(queue) == ["a", "c", "b"]


def test_the_limit_counts_wanted_waiting_texts_only():
    queue = SpeechQueue(queue_limit=2)
    assert queue.receive(text("a")).utterance
    speaking = queue.take()
    assert queue.receive(text("b")).utterance
    assert queue.receive(text("c")).utterance
    assert queue.receive(text("d")).utterance is None
    assert queue.depth == 2
    queue.cancel(lambda t: t.text in "ab", "cancel")
    assert queue.depth == 1
    assert queue.receive(text("e")).utterance
    assert queue.receive(text("f")).utterance is None
    queue.settle(speaking)
    assert queue.open_texts == 3
    assert drain(queue) == [("b", "cancel"), ("c", ""), ("e", "")]
    assert (queue.depth, queue.open_texts) == (0, 0)


def test_a_text_is_settled_once_and_cannot_be_cancelled_afterwards():
    queue = SpeechQueue()
    queue.receive(text("a"))
    utterance = queue.take()
    assert queue.settle(utterance)
    assert not queue.settle(utterance)
    assert queue.cancel(lambda _: True, "cancel") == 0
    assert not utterance.cancelled


def test_cancelling_twice_counts_once_and_keeps_the_first_reason():
    queue = SpeechQueue()
    utterance = queue.receive(text("a")).utterance
    assert queue.cancel(lambda _: True, "cancel") == 1
    assert queue.cancel(lambda _: True, "reset") == 0
    assert utterance.cancelled_by == "cancel"


def test_flush_silences_older_texts_of_its_session_only():
    queue = SpeechQueue(queue_limit=3)
    queue.receive(text("a1", session_id="a"))
    queue.receive(text("b1", session_id="b"))
    queue.receive(text("a2", session_id="a"))
    assert queue.receive(text("a3", session_id="a", flush=True)).utterance
    assert drain(queue) == [("a1", "flush"), ("a2", "flush"), ("b1", ""), ("a3", "")]


def test_stop_silences_everything_and_later_texts_too():
    queue = SpeechQueue()
    queue.receive(text("a"))
    queue.stop()
    queue.receive(text("b"))
    assert drain(queue) == [("a", "stop"), ("b", "stop")]


def test_take_waits_for_a_text_and_ends_on_close():
    queue = SpeechQueue()
    taken = []

    def speak():
        while (utterance := queue.take()) is not None:
            taken.append(utterance.request.text)
            queue.settle(utterance)

    loop = threading.Thread(target=speak)
    loop.start()
    queue.receive(text("a"))
    queue.close()
    loop.join(10)
    assert not loop.is_alive()
    assert taken == ["a"]


def test_indices_number_texts_answered_with_and_without_the_queue():
    queue = SpeechQueue(queue_limit=1)
    assert queue.receive(text("a")).utterance.index == 0
    assert queue.receive(text("b")).utterance is None
    assert queue.next_index() == 1
    queue.take()
    assert queue.receive(text("c")).utterance.index == 2


TEXTS = [
    text("a", question_id=1, session_id="s"),
    text("b", question_id="2", session_id="s", request_id="r"),
    text("c", question_id=2, session_id="t", goal_id=9),
    text("d"),
]


@pytest.mark.parametrize(
    ("target", "ids", "chosen"),
    [
        (cancel_target, {}, "abcd"),
        (cancel_target, {"question_id": 2}, "bc"),
        (cancel_target, {"session_id": "s"}, "ab"),
        (cancel_target, {"session_id": "t", "question_id": "2"}, "c"),
        (cancel_target, {"request_id": "r"}, "b"),
        (cancel_target, {"goal_id": "9"}, "c"),
        (cancel_target, {"request_id": "unknown"}, ""),
        (reset_target, {}, "abcd"),
        (reset_target, {"question_id": 2}, "ad"),
        (reset_target, {"question_id": "1"}, "bcd"),
        (reset_target, {"session_id": "s"}, "ab"),
        (reset_target, {"session_id": "s", "question_id": 2}, "a"),
    ],
)
def test_who_is_silenced(target, ids, chosen):
    selected = target(Command("x", echo=ids))
    assert "".join(t.text for t in TEXTS if selected(t)) == chosen


def test_spoken_text_is_each_sentence_once():
    queue = SpeechQueue()
    utterance = queue.receive(text("One. Two.")).utterance
    for sentence, name in [(0, "One."), (0, "One."), (1, "Two.")]:
        utterance.spoke(Fragment(np.zeros(1, np.float32), 1, name, sentence, 0, False, 0.0, 1))
    assert utterance.spoken_text == "One. Two."
    assert utterance.fragments == 3


def test_two_threads_lose_and_double_nothing():
    queue = SpeechQueue(queue_limit=10_000)
    settled = []

    def speak():
        while (utterance := queue.take()) is not None:
            assert queue.settle(utterance)
            settled.append(utterance.index)

    loop = threading.Thread(target=speak)
    loop.start()
    for number in range(2000):
        queue.receive(text(str(number), session_id=number % 3))
        if number % 50 == 0:
            queue.cancel(lambda _: True, "cancel")
    queue.close()
    loop.join(10)
    assert sorted(settled) == list(range(2000))
    assert (queue.depth, queue.open_texts) == (0, 0)

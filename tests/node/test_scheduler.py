"""Order, turns, cancellation and the one terminal reply, without threads where possible."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from dora_mlx_tts.node.protocol.messages import Command, TextRequest
from dora_mlx_tts.node.turns.scheduler import Conversation
from dora_mlx_tts.node.turns.targets import cancel_selection, reset_selection
from dora_mlx_tts.synthesis.records import Fragment


def text(name, **echo):
    flush = echo.pop("flush", False)
    return TextRequest(name, echo=echo, flush=flush)


def drain(conversation):
    """Take and settle everything; (text, cancelled_by) in order."""
    conversation.close()
    taken = []
    while (utterance := conversation.take()) is not None:
        taken.append((utterance.request.text, utterance.cancelled_by))
        assert conversation.settle(utterance)
    return taken


def names(conversation):
    return [name for name, _ in drain(conversation)]


def test_one_session_keeps_its_order():
    conversation = Conversation()
    for name in "abcd":
        conversation.hear(text(name, session_id="s"))
    assert names(conversation) == ["a", "b", "c", "d"]


def test_sessions_take_turns_and_keep_their_order():
    conversation = Conversation()
    for name in ["a1", "a2", "a3", "b1", "c1", "b2"]:
        conversation.hear(text(name, session_id=name[0]))
    assert names(conversation) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_typed_and_string_ids_are_one_session():
    conversation = Conversation()
    for name, session in [("a", 1), ("b", "1"), ("c", 2)]:
        conversation.hear(text(name, session_id=session))
    assert names(conversation) == ["a", "c", "b"]


def test_the_limit_counts_wanted_waiting_texts_only():
    conversation = Conversation(queue_limit=2)
    assert conversation.hear(text("a")).utterance
    speaking = conversation.take()
    assert conversation.hear(text("b")).utterance
    assert conversation.hear(text("c")).utterance
    assert conversation.hear(text("d")).utterance is None
    assert conversation.depth == 2
    conversation.cancel(lambda t: t.text in "ab", "cancel")
    assert conversation.depth == 1
    assert conversation.hear(text("e")).utterance
    assert conversation.hear(text("f")).utterance is None
    conversation.settle(speaking)
    assert conversation.open_texts == 3
    assert drain(conversation) == [("b", "cancel"), ("c", ""), ("e", "")]
    assert (conversation.depth, conversation.open_texts) == (0, 0)


def test_a_text_is_settled_once_and_cannot_be_cancelled_afterwards():
    conversation = Conversation()
    conversation.hear(text("a"))
    utterance = conversation.take()
    assert conversation.settle(utterance)
    assert not conversation.settle(utterance)
    assert conversation.cancel(lambda _: True, "cancel") == 0
    assert not utterance.cancelled


def test_cancelling_twice_counts_once_and_keeps_the_first_reason():
    conversation = Conversation()
    utterance = conversation.hear(text("a")).utterance
    assert conversation.cancel(lambda _: True, "cancel") == 1
    assert conversation.cancel(lambda _: True, "reset") == 0
    assert utterance.cancelled_by == "cancel"


def test_flush_silences_older_texts_of_its_session_only():
    conversation = Conversation(queue_limit=3)
    conversation.hear(text("a1", session_id="a"))
    conversation.hear(text("b1", session_id="b"))
    conversation.hear(text("a2", session_id="a"))
    assert conversation.hear(text("a3", session_id="a", flush=True)).utterance
    assert drain(conversation) == [("a1", "flush"), ("b1", ""), ("a2", "flush"), ("a3", "")]


def test_stop_silences_everything_and_later_texts_too():
    conversation = Conversation()
    conversation.hear(text("a"))
    conversation.stop()
    conversation.hear(text("b"))
    assert drain(conversation) == [("a", "stop"), ("b", "stop")]


def test_take_waits_for_a_text_and_ends_on_close():
    conversation = Conversation()
    taken = []

    def speak():
        while (utterance := conversation.take()) is not None:
            taken.append(utterance.request.text)
            conversation.settle(utterance)

    speaker = threading.Thread(target=speak)
    speaker.start()
    conversation.hear(text("a"))
    conversation.close()
    speaker.join(10)
    assert not speaker.is_alive()
    assert taken == ["a"]


def test_indices_number_texts_answered_with_and_without_the_queue():
    conversation = Conversation(queue_limit=1)
    assert conversation.hear(text("a")).utterance.index == 0
    assert conversation.hear(text("b")).utterance is None
    assert conversation.next_index() == 1
    conversation.take()
    assert conversation.hear(text("c")).utterance.index == 2


TEXTS = [
    text("a", question_id=1, session_id="s"),
    text("b", question_id="2", session_id="s", request_id="r"),
    text("c", question_id=2, session_id="t", goal_id=9),
    text("d"),
]


@pytest.mark.parametrize(
    ("selection", "ids", "chosen"),
    [
        (cancel_selection, {}, "abcd"),
        (cancel_selection, {"question_id": 2}, "bc"),
        (cancel_selection, {"session_id": "s"}, "ab"),
        (cancel_selection, {"session_id": "t", "question_id": "2"}, "c"),
        (cancel_selection, {"request_id": "r"}, "b"),
        (cancel_selection, {"goal_id": "9"}, "c"),
        (cancel_selection, {"request_id": "unknown"}, ""),
        (reset_selection, {}, "abcd"),
        (reset_selection, {"question_id": 2}, "ad"),
        (reset_selection, {"question_id": "1"}, "bcd"),
        (reset_selection, {"session_id": "s"}, "ab"),
        (reset_selection, {"session_id": "s", "question_id": 2}, "a"),
    ],
)
def test_who_is_silenced(selection, ids, chosen):
    selected = selection(Command("x", echo=ids))
    assert "".join(t.text for t in TEXTS if selected(t)) == chosen


def test_spoken_text_is_each_sentence_once():
    conversation = Conversation()
    utterance = conversation.hear(text("One. Two.")).utterance
    for sentence, name in [(0, "One."), (0, "One."), (1, "Two.")]:
        utterance.spoke(Fragment(np.zeros(1, np.float32), 1, name, sentence, 0, False, 0.0, 1))
    assert utterance.spoken_text == "One. Two."
    assert utterance.fragments == 3


def test_two_threads_lose_and_double_nothing():
    conversation = Conversation(queue_limit=10_000)
    settled = []

    def speak():
        while (utterance := conversation.take()) is not None:
            assert conversation.settle(utterance)
            settled.append(utterance.index)

    speaker = threading.Thread(target=speak)
    speaker.start()
    for number in range(2000):
        conversation.hear(text(str(number), session_id=number % 3))
        if number % 50 == 0:
            conversation.cancel(lambda _: True, "cancel")
    conversation.close()
    speaker.join(10)
    assert sorted(settled) == list(range(2000))
    assert (conversation.depth, conversation.open_texts) == (0, 0)

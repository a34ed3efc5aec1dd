"""Texts that are spoken ahead: nothing is heard before the commit, and everything at once after it."""

from __future__ import annotations

import random
import threading
import time

import pytest
from node_fakes import RATE, FakeEngine, Gate, Running, outcomes, spoken

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.text_stream import StreamRules


def made(engine, text, count=1):
    """Wait until the engine was given a text."""
    deadline = time.monotonic() + 10
    while [call[0] for call in engine.calls].count(text) < count:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def answers(node, state):
    return [metadata for value, metadata in node.on("status") if value == [state]]


def audio_of(node, text_index):
    return [metadata for _, metadata in node.on("audio") if metadata["text_index"] == text_index]


def test_nothing_leaves_before_the_commit_and_all_of_it_after():
    last = Gate()
    engine = FakeEngine({"Perhaps this.": ("ok", "ok", last, "ok")})
    running = Running(engine)
    with running as node:
        node.text("Perhaps this.", prepare=True, request_id="a")
        assert last.reached.wait(10)
        node.control("ping")
        node.wait_for(lambda n: answers(n, "pong"))
        assert not node.on("audio")
        assert not node.replies()
        node.control("commit", request_id="a")
        node.wait_for(lambda n: answers(n, "committed"))
        # the speaking thread is still at work; what was ready did not wait for it
        assert [m["seq"] for m in audio_of(node, 0)] == [0, 1]
        last.go.set()
        node.wait_for(lambda n: n.replies())
        node.end()
    (committed,) = answers(node, "committed")
    assert committed["texts"] == 1
    assert committed["prepared_s"] == pytest.approx(2 * 3200 / RATE)
    assert [m["seq"] for m in audio_of(node, 0)] == [0, 1, 2]
    assert [m["fin"] for m in audio_of(node, 0)] == [False, False, True]
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["spoken_text"], reply["request_id"]) == (
        "completed",
        "Perhaps this.",
        "a",
    )
    assert "prepare" not in reply
    assert len(engine.calls) == 1


def test_a_cancel_drops_it_unheard():
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("Perhaps this.", prepare="true", question_id=1)
        node.text("Or this.", prepare=True, question_id=2)
        made(engine, "Or this.")
        node.control("cancel", question_id=1)
        node.wait_for(lambda n: n.replies())
        node.control("commit", question_id=1)
        node.wait_for(lambda n: answers(n, "error"))
        node.control("commit", question_id=2)
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    (cancelled, reply), (completed, _) = node.replies()
    assert (cancelled, completed) == ("cancelled", "completed")
    assert (reply["spoken_text"], reply["played_s"]) == ("", 0.0)
    assert reply["remaining_text"] == "Perhaps this."
    assert not audio_of(node, 0)
    assert len(audio_of(node, 1)) == 3


def test_others_are_heard_meanwhile_also_in_the_same_session():
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("Perhaps this.", prepare=True, request_id="a")
        made(engine, "Perhaps this.")
        node.text("Now.")
        node.text("There.", session_id="other")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.control("commit")
        node.wait_for(lambda n: len(n.replies()) == 3)
        node.end()
    assert [m["text_index"] for _, m in node.replies()] == [1, 2, 0]


def test_a_text_that_is_to_be_heard_comes_first():
    """While one is prepared, another one waits for the fragment that is being made, no longer."""
    gate = Gate()
    running = Running(FakeEngine({"Perhaps this.": ("ok", gate, "ok", "ok")}))
    with running as node:
        node.text("Perhaps this.", prepare=True)
        assert gate.reached.wait(10)
        node.text("Now.", session_id="other")
        node.control("ping")
        node.wait_for(lambda n: answers(n, "pong"))
        gate.go.set()
        node.wait_for(lambda n: n.replies())
        assert [m["text_index"] for _, m in node.replies()] == [1]
        node.control("commit")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    assert len(audio_of(node, 0)) == 3


def test_a_bound_on_what_is_made_ahead():
    running = Running(engine := FakeEngine(), max_prepared=0.15)  # fragments of 0.1 s
    with running as node:
        node.text("One.", prepare=True, request_id="1")
        node.text("Two.", prepare=True, request_id="2")
        made(engine, "One.")
        node.control("ping")
        node.wait_for(lambda n: answers(n, "pong"))
        node.control("commit", request_id="1")
        node.wait_for(lambda n: n.replies())
        node.control("commit", request_id="2")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    first, second = answers(node, "committed")
    assert first["prepared_s"] <= 0.2 + 1e-6
    assert second["prepared_s"] <= 0.2 + 1e-6
    assert outcomes(node) == ["completed", "completed"]
    assert [len(audio_of(node, index)) for index in (0, 1)] == [3, 3]


def test_nothing_is_made_ahead_without_room():
    running = Running(engine := FakeEngine(), max_prepared=0)
    with running as node:
        node.text("One.", prepare=True)
        node.control("ping")
        node.wait_for(lambda n: answers(n, "pong"))
        assert not engine.calls
        node.control("commit")
        node.wait_for(lambda n: n.replies())
        node.end()
    assert outcomes(node) == ["completed"]


def test_pieces_of_a_prepared_text_before_and_after_the_commit():
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("One. ", prepare=True, question_id=7, seq=0, fin=False)
        node.text("Two. ", prepare=True, question_id=7, seq=1, fin=False)
        made(engine, "One.")
        node.control('{"command": "commit", "question_id": 7}')
        node.wait_for(lambda n: len(audio_of(n, 0)) >= 3)
        node.text("Three.", question_id=7, seq=2, fin=True)
        node.wait_for(lambda n: n.replies())
        node.end()
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["spoken_text"]) == ("completed", "One. Two. Three.")
    assert [m["seq"] for m in audio_of(node, 0)] == list(range(9))


def test_as_one_message():
    running = Running(engine := FakeEngine(), return_fragment=False)
    with running as node:
        node.text("One.", prepare=True)
        made(engine, "One.")
        node.text("Now.", session_id="other")
        node.wait_for(lambda n: n.replies())
        assert not audio_of(node, 0)
        node.control("commit")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    assert [len(value) for value, m in node.on("audio") if m["text_index"] == 0] == [3 * 3200]


def test_a_pause_holds_back_what_was_committed():
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("One.", prepare=True)
        made(engine, "One.")
        node.control("pause")
        node.control("commit")
        node.wait_for(lambda n: answers(n, "committed"))
        assert not node.on("audio")
        node.control("resume")
        node.wait_for(lambda n: n.replies())
        node.end()
    assert len(audio_of(node, 0)) == 3


@pytest.mark.parametrize("silence", ["flush", "reset", "keep"])
def test_whatever_silences_older_texts_drops_it(silence):
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("One.", prepare=True, question_id=1)
        made(engine, "One.")
        if silence == "flush":
            node.text("Now.", question_id=2, flush=True)
        elif silence == "reset":
            node.control("reset", question_id=2)
        else:
            node.control('{"command": "cancel", "keep": true}')
        node.wait_for(lambda n: n.replies())
        if silence == "keep":
            node.control("resume")
            node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    replies = {m["text_index"]: outcome for outcome, m in node.replies()}
    assert replies.pop(0) == "cancelled"
    assert not audio_of(node, 0)
    assert set(replies.values()) <= {"completed"}


def test_the_end_of_the_inputs_answers_what_nobody_can_commit():
    node = spoken([("One.", {"prepare": True}), "Two."])
    replies = {m["text_index"]: (outcome, m.get("reason")) for outcome, m in node.replies()}
    assert replies == {0: ("cancelled", "uncommitted"), 1: ("completed", replies[1][1])}
    assert not audio_of(node, 0)


def test_an_error_waits_for_the_commit_and_is_told_once():
    running = Running(FakeEngine({"Bad.": ("ok", RuntimeError("broken"), "ok")}))
    with running as node:
        node.text("Bad.", prepare=True)
        node.text("Now.", session_id="other")
        node.wait_for(lambda n: n.replies())
        node.control("commit")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    assert outcomes(node) == ["completed", "error"]


# bad input


@pytest.mark.parametrize("value", ["maybe", 2, [1], 1.5])
def test_a_wrong_flag_is_an_error_reply(value):
    node = spoken([("One.", {"prepare": value})])
    ((outcome, reply),) = node.replies()
    assert outcome == "error"
    assert "prepare must be true or false" in reply["error"]


def test_commits_of_nothing_are_answered_each_and_logged_once():
    running = Running()
    with running as node:
        for ids in ({}, {"request_id": "x"}, {"session_id": "nobody"}, {}):
            node.control("commit", **ids)
        node.control('{"command": "commit", "request_id": [1]}')
        node.wait_for(lambda n: len(answers(n, "error")) == 5)
        node.end()
    assert len([line for line in node.logs if "no prepared text" in line[1]]) == 1


def test_a_second_commit_and_one_of_a_text_that_was_not_prepared():
    running = Running(engine := FakeEngine())
    with running as node:
        node.text("One.", prepare=True)
        made(engine, "One.")
        node.control("commit")
        node.wait_for(lambda n: n.replies())
        node.control("commit")
        node.text("Two.", prepare=False)
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.control("commit")
        node.wait_for(lambda n: len(answers(n, "error")) == 2)
        node.end()
    assert outcomes(node) == ["completed", "completed"]


def test_a_flood_of_prepared_texts_is_bounded():
    running = Running(FakeEngine(), queue_limit=5, max_prepared=0.1)
    with running as node:
        for number in range(50):
            node.text(f"Text {number}.", prepare=True, request_id=str(number))
        node.wait_for(lambda n: len(n.replies()) >= 40)
        node.stop()
    assert len(node.replies()) == 50
    assert set(outcomes(node)) == {"error", "cancelled"}
    assert not node.on("audio")


def test_a_commit_that_overtakes_its_text():
    """Where the queue is full of texts, a command need not wait for those before it."""
    queue = SpeechQueue(10, StreamRules(), max_prepared_s=10)
    admission = queue.receive(TextRequest("One.", prepare=True))
    assert admission.utterance.awaits_commit
    assert queue.commit(lambda request: request is admission.utterance.request)
    assert queue.take() is admission.utterance


def test_random_conversations_lose_nothing_and_speak_nothing_unwanted():
    """Prepared, committed, cancelled and plain texts in any order: one reply each, audio of those wanted."""
    rng = random.Random(8)  # noqa: S311  no secret
    for _ in range(6):
        running = Running(FakeEngine(), max_prepared=rng.choice([0.0, 0.25, 5.0]))
        wanted, dropped, waiting = set(), set(), []
        with running as node:
            for number in range(30):
                session = f"s{rng.randrange(3)}"
                prepare = rng.random() < 0.5
                node.text(
                    f"Text {number}.", session_id=session, request_id=str(number), prepare=prepare
                )
                waiting.append(number) if prepare else wanted.add(number)
                while waiting and rng.random() < 0.4:
                    chosen = waiting.pop(rng.randrange(len(waiting)))
                    commits = rng.random() < 0.6
                    node.control("commit" if commits else "cancel", request_id=str(chosen))
                    (wanted if commits else dropped).add(chosen)
                if rng.random() < 0.3:
                    threading.Event().wait(0.002)
            expected = 30 - len(waiting)
            node.wait_for(lambda n, expected=expected: len(n.replies()) >= expected)
            node.end()
        replies = [int(m["request_id"]) for _, m in node.replies()]
        assert sorted(replies) == list(range(30))
        by_number = {int(m["request_id"]): outcome for outcome, m in node.replies()}
        assert {n for n, outcome in by_number.items() if outcome == "completed"} == wanted
        heard = [int(m["request_id"]) for _, m in node.on("audio")]
        assert set(heard) == wanted
        assert all(heard.count(number) == 3 for number in wanted)

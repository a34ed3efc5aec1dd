"""Barge-in and commands while the node speaks."""

from __future__ import annotations

import time
from collections import Counter

import pyarrow as pa
import pytest
from node_fakes import FakeEngine, FakeNode, Running, held, outcomes

from dora_mlx_tts.node.metrics import NodeMeter
from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.sender import OutputSender
from dora_mlx_tts.node.turns.utterance import Utterance


def test_cancel_while_speaking_is_acknowledged_at_once_and_nothing_follows():
    engine, gate = held()
    running = Running(engine)
    with running as node:
        for text in ["Long.", "Queued."]:
            node.text(text, session_id="s")
        assert gate.reached.wait(10)
        node.control("cancel", session_id="s", request_id_of_mine=1)
        node.wait_for(lambda n: len(n.on("status")) == 2)  # while the engine is still at work
        gate.go.set()
        node.text("Next turn.", session_id="s")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 3)
        node.end()
    assert outcomes(node) == ["cancelled", "cancelled", "completed"]
    (_, cut), (_, dropped), _ = node.replies()
    assert (cut["spoken_text"], cut["fragments"], cut["reason"]) == ("Long.", 1, "cancel")
    assert (dropped["spoken_text"], dropped["audio_s"]) == ("", 0.0)
    value, metadata = node.on("status")[1]
    assert (value, metadata["texts"], metadata["command"]) == (["cancelled"], 2, "cancel")
    assert metadata["request_id_of_mine"] == 1
    ports = [(port, m.get("text")) for port, _, m in node.sent]
    assert ("audio", "Long.") not in ports[ports.index(("status", None), 1) :]
    assert engine.closed == ["Long."]
    assert [call[0] for call in engine.calls] == ["Long.", "Next turn."]


def test_a_fragment_made_before_the_cancel_is_not_sent_after_it():
    node = FakeNode()
    outputs = OutputSender(node, NodeMeter(time.monotonic))
    utterance = Utterance(TextRequest("Hi."), 0)
    before, after = list(FakeEngine().stream("Hi."))[:2]
    assert outputs.audio(utterance, before)
    utterance.token.cancel("cancel")
    assert not outputs.audio(utterance, after)
    assert len(node.on("audio")) == 1
    assert utterance.fragments == 1


def test_cancel_leaves_other_sessions_alone():
    engine, gate = held()
    running = Running(engine)
    with running as node:
        node.text("Long.", session_id="a")
        assert gate.reached.wait(10)
        node.text("Other.", session_id="b")
        node.text("More.", session_id="a")
        node.control('{"command": "cancel", "session_id": "a"}')
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    said = {m["session_id"] + m["spoken_text"]: outcome for outcome, m in node.replies()}
    assert said == {"aLong.": "cancelled", "bOther.": "completed", "a": "cancelled"}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"question_id": "2"}, ["cancelled", "completed", "cancelled"]),
        ({"question_id": 1}, ["completed", "cancelled", "cancelled"]),
        ({}, ["cancelled", "cancelled", "cancelled"]),
    ],
)
def test_reset_keeps_the_question_it_names(metadata, expected):
    engine, gate = held()
    running = Running(engine)
    with running as node:
        node.text("Long.", question_id=1)
        assert gate.reached.wait(10)
        node.text("Second.", question_id=2)
        node.text("Nameless.")
        node.control("reset", **metadata)
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    assert outcomes(node) == expected
    value, answer = node.on("status")[1]
    assert (value, answer["texts"]) == (["reset"], expected.count("cancelled"))


def test_flush_on_a_text_interrupts_and_speaks_that_text():
    engine, gate = held()
    running = Running(engine)
    with running as node:
        node.text("Long.")
        assert gate.reached.wait(10)
        node.text("Wait.", flush="true")
        node.text("After.")
        node.control("ping")  # answered by the listener, so everything before it has been heard
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    assert outcomes(node) == ["cancelled", "completed", "completed"]
    assert node.replies()[0][1]["reason"] == "flush"


def test_a_cancelled_goal_is_reported_as_such():
    engine, gate = held()
    running = Running(engine)
    with running as node:
        node.text("Long.", goal_id="g1")
        assert gate.reached.wait(10)
        node.control("cancel", goal_id="g1")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    assert node.replies()[0][1]["goal_status"] == "canceled"


def test_ping_stats_and_unknown_commands_are_answered():
    running = Running()
    with running as node:
        node.text("Hi.")
        node.text("", question_id=1)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 2)
        node.control("ping", request_id="p")
        node.control("stats")
        node.control("dance", request_id="d")
        node.control('{"command": 3}')
        node.receive("control", pa.array([1.5]))
        node.receive("control", None)
        node.end()
    answers = node.on("status")[1:]
    assert [value[0] for value, _ in answers] == ["pong", "stats", *["error"] * 4]
    assert answers[0][1]["request_id"] == "p"
    stats = answers[1][1]
    assert (stats["received"], stats["completed"], stats["skipped"]) == (2, 1, 1)
    assert (stats["queue_depth"], stats["open_texts"], stats["errors"]) == (0, 0, 0)
    assert stats["audio_s"] == pytest.approx(0.3)
    assert answers[2][1]["request_id"] == "d"
    assert "cancel, change_voice, commit, flush, list_voices, pause, ping" in answers[2][1]["error"]


def test_a_storm_of_controls_loses_nothing():
    script = {f"T{i}.": ("ok", 0.002, "ok") for i in range(40)}
    running = Running(FakeEngine(script))
    with running as node:
        for i in range(40):
            node.text(f"T{i}.", question_id=i)
            for _ in range(25):
                node.control("cancel", question_id=i - 1)
                node.control("ping")
        node.end()
    states = Counter(value[0] for value, _ in node.on("status"))
    assert states == {"ready": 1, "cancelled": 1000, "pong": 1000}
    assert Counter(m["text_index"] for _, m in node.replies()) == dict.fromkeys(range(40), 1)
    assert set(outcomes(node)) <= {"completed", "cancelled"}
    assert outcomes(node)[-1] == "completed"  # the last one was never cancelled

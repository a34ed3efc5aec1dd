"""The node against a fake dora and a scripted engine: nothing lost, nothing said twice, never dying."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import threading
import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import FakeEngine, FakeNode, Gate, Running, spoken

from dora_mlx_tts.config import Settings
from dora_mlx_tts.errors import (
    EmptyTextError,
    LanguageError,
    SettingError,
    SynthesisError,
    TextError,
    VoiceError,
)
from dora_mlx_tts.metrics import NodeMeter
from dora_mlx_tts.node import run_node, serve
from dora_mlx_tts.serving.outputs import Outputs
from dora_mlx_tts.turns.utterance import Utterance
from dora_mlx_tts.wire.messages import TextRequest

CONTRACT = {"outcome", "error", "error_stage", "ttfb_ms", "rtf", "audio_s", "spoken_text"}


def outcomes(node):
    return [outcome for outcome, _ in node.replies()]


def held(text="Long."):
    """An engine that stops in the middle of ``text`` until its gate is opened."""
    gate = Gate()
    return FakeEngine({text: ("ok", gate, "ok", "ok")}), gate


# ------------------------------------------------------------------------------------ plain speech


def test_texts_are_spoken_in_order_with_everything_the_contract_asks():
    node = spoken([("One.", {"request_id": "r1", "question_id": 7}), "Two.", "Three."])
    assert node.on("status")[0][0] == ["ready"]
    audio = [(m["text"], m["seq"], m["fin"], m["text_index"]) for _, m in node.on("audio")]
    expected = [
        (text, seq, seq == 2, index)
        for index, text in enumerate(["One.", "Two.", "Three."])
        for seq in range(3)
    ]
    assert audio == expected
    for port, value, metadata in node.sent:
        if port == "audio":
            assert value.type == pa.float32()
            assert metadata["sample_rate"] == 32000
    replies = node.replies()
    assert [outcome for outcome, _ in replies] == ["completed"] * 3
    assert [m["text_index"] for _, m in replies] == [0, 1, 2]
    for _, metadata in replies:
        assert metadata.keys() >= CONTRACT
        assert metadata["audio_s"] == pytest.approx(0.3)
        assert metadata["ttfb_ms"] >= 0
        assert metadata["rtf"] > 0
        assert metadata["fragments"] == 3
    first = [m for port, _, m in node.sent if m.get("text_index") == 0]
    assert len(first) == 4
    assert all(m["request_id"] == "r1" and m["question_id"] == 7 for m in first)


def test_what_the_sender_chose_reaches_the_engine():
    engine = FakeEngine()
    spoken([("Hi.", {"voice": "maple", "language": "en", "speed": "1.5", "seed": 3})], engine)
    assert engine.calls == [("Hi.", "maple", "en", {"speed": 1.5, "seed": 3})]


def test_the_engine_runs_on_the_serving_thread_only():
    engine = FakeEngine()
    node = FakeNode()
    node.text("Hi.")
    node.end()
    assert serve(node, engine, Settings()) == 0
    assert engine.threads == {threading.current_thread()}


def test_one_message_a_text_on_request():
    script = {"Hi.": (np.full(10, 0.1, np.float32), np.zeros(0, np.float32), "ok")}
    node = spoken(["Hi."], FakeEngine(script), return_fragment=False)
    ((samples, metadata),) = node.on("audio")
    assert len(samples) == 3210
    assert (metadata["seq"], metadata["fin"], metadata["fragment_index"]) == (0, True, 0)
    assert outcomes(node) == ["completed"]
    assert node.replies()[0][1]["fragments"] == 1


def test_nested_layout_on_request():
    node = spoken(["Hi."], audio_layout="nested")
    assert all(v.type == pa.list_(pa.float32()) for p, v, _ in node.sent if p == "audio")


def test_empty_fragments_are_not_sent():
    node = spoken(["Hi."], FakeEngine({"Hi.": (np.zeros(0, np.float32), "ok")}))
    assert len(node.on("audio")) == 1


# ------------------------------------------------------------------------------- bad texts, errors

BAD = [
    (None, {}),
    (pa.array([], pa.string()), {}),
    (pa.array(["a", "b"]), {}),
    (pa.array([1.5, 2.5]), {}),
    (pa.array([[0.1]]), {}),
    (pa.array([None], pa.string()), {}),
    (pa.array([0xFF, 0xFE], pa.uint8()), {}),
    (pa.array(['{"prompt": "hi"}']), {}),
    (pa.array(["x" * 1_000_000]), {}),
    (pa.array(["Hi."]), {"speed": math.nan}),
    (pa.array(["Hi."]), {"voice": "../secret"}),
    (pa.array(["Hi."]), {"request_id": [1, 2]}),
    (pa.array(["Hi."]), {"seq": "soon", "fin": "maybe"}),
]


def test_every_bad_text_gets_one_error_reply_and_the_node_goes_on():
    engine = FakeEngine()
    node = spoken([*BAD, "Still here."], engine)
    by_index = Counter(m["text_index"] for _, m in node.replies())
    assert by_index == dict.fromkeys(range(len(BAD) + 1), 1)
    results = {m["text_index"]: (outcome, m) for outcome, m in node.replies()}
    for index in range(len(BAD)):
        outcome, metadata = results[index]
        assert outcome == "error"
        assert metadata["error"]
        assert metadata["error_stage"] in {"protocol", "settings"}
        assert metadata["session_status"] == "error"
        assert metadata.keys() >= CONTRACT
    assert results[len(BAD)][0] == "completed"
    assert [call[0] for call in engine.calls] == ["Still here."]
    warnings = [message for level, message, _ in node.logs if level == "warn"]
    assert len(warnings) == len(BAD)


@pytest.mark.parametrize(
    ("error", "outcome", "stage"),
    [
        (SettingError("speed = 9: at most 2"), "error", "settings"),
        (VoiceError("no voice 'x'"), "error", "voice"),
        (LanguageError("no language 'xx'"), "error", "text"),
        (TextError("too odd"), "error", "text"),
        (SynthesisError("not speech"), "error", "synthesis"),
        (EmptyTextError("only dots"), "skipped", ""),
        (ZeroDivisionError("surprise"), "error", "synthesis"),
        (MemoryError(), "error", "synthesis"),
        (KeyError("lost"), "error", "synthesis"),
    ],
)
@pytest.mark.parametrize("before", [(), ("ok",)], ids=["at once", "after a fragment"])
def test_a_failed_text_is_answered_and_damages_nothing(error, outcome, stage, before):
    node = spoken(["Bad.", "Good."], FakeEngine({"Bad.": (*before, error)}))
    (first, metadata), (second, _) = node.replies()
    assert (first, second) == (outcome, "completed")
    assert metadata["error_stage"] == stage
    if outcome == "error":
        assert str(error)[:10] in metadata["error"]
        assert (
            type(error).__name__ in metadata["error"]
            or stage != "synthesis"
            or "not speech" in str(error)
        )
        assert metadata["spoken_text"] == ("Bad." if before else "")
    assert len([m for _, m in node.on("audio") if m["text"] == "Good."]) == 3


def test_an_unexpected_error_leaves_its_traceback_in_the_log():
    node = spoken(["Bad."], FakeEngine({"Bad.": (ZeroDivisionError("surprise"),)}))
    fields = [fields for level, _, fields in node.logs if level == "error"]
    assert "ZeroDivisionError: surprise" in fields[0]["traceback"]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_skipped(text):
    node = spoken([text, "Hi."])
    assert outcomes(node) == ["skipped", "completed"]


def test_an_engine_that_says_nothing_is_an_error():
    node = spoken(["Mute."], FakeEngine({"Mute.": ()}))
    ((outcome, metadata),) = node.replies()
    assert (outcome, metadata["error_stage"]) == ("error", "synthesis")


def test_samples_that_are_not_finite_never_leave():
    node = spoken(["Nan."], FakeEngine({"Nan.": ("ok", np.array([np.nan], np.float32))}))
    assert outcomes(node) == ["error"]
    assert len(node.on("audio")) == 1


# -------------------------------------------------------------------------- cancel, reset, control


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
    outputs = Outputs(node, NodeMeter(time.monotonic))
    utterance = Utterance(TextRequest("Hi."), 0)
    before, after = list(FakeEngine().stream("Hi."))[:2]
    assert outputs.audio(utterance, before)
    utterance.cancelled_by = "cancel"
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
        node.hear("control", pa.array([1.5]))
        node.hear("control", None)
        node.end()
    answers = node.on("status")[1:]
    assert [value[0] for value, _ in answers] == ["pong", "stats", *["error"] * 4]
    assert answers[0][1]["request_id"] == "p"
    stats = answers[1][1]
    assert (stats["received"], stats["completed"], stats["skipped"]) == (2, 1, 1)
    assert (stats["queue_depth"], stats["open_texts"], stats["errors"]) == (0, 0, 0)
    assert stats["audio_s"] == pytest.approx(0.3)
    assert answers[2][1]["request_id"] == "d"
    assert "cancel, change_voice, flush, list_voices, pause, ping" in answers[2][1]["error"]


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


# --------------------------------------------------------------------------- limits, ends, failures


def test_beyond_the_limit_texts_are_refused_with_a_reason():
    engine, gate = held()
    running = Running(engine, queue_limit=3)
    with running as node:
        node.text("Long.")
        assert gate.reached.wait(10)
        for i in range(6):
            node.text(f"T{i}.", request_id=i)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 3)
        gate.go.set()
        node.end()
    assert outcomes(node) == ["error"] * 3 + ["completed"] * 4
    for _, metadata in node.replies()[:3]:
        assert metadata["error_stage"] == "queue"
        assert "queue_limit" in metadata["error"]
    assert [m["request_id"] for _, m in node.replies()[:3]] == [3, 4, 5]
    assert sorted(m["text_index"] for _, m in node.replies()) == list(range(7))


def test_a_burst_is_drained_at_once_and_lost_nothing():
    node = spoken([f"T{i}." for i in range(200)])
    assert outcomes(node) == ["completed"] * 200
    assert [m["seq"] for _, m in node.on("audio")] == [0, 1, 2] * 200


def test_inputs_queued_behind_stop_are_still_spoken():
    running = Running()
    with running as node:
        node.text("Before.")
        node.events.put({"type": "INPUT_CLOSED", "id": "text"})
        node.events.put({"type": "STOP", "id": "ALL_INPUTS_CLOSED"})
        node.text("Behind.")
        node.events.put(None)
    assert running.code == 0
    assert [m["spoken_text"] for _, m in node.replies()] == ["Before.", "Behind."]


def test_a_manual_stop_ends_at_once_and_answers_everything():
    engine, gate = held()
    running = Running(engine)
    with running as node:
        node.text("Long.")
        assert gate.reached.wait(10)
        for i in range(5):
            node.text(f"T{i}.")
        node.stop()
        threading.Timer(0.05, gate.go.set).start()
    assert running.code == 0
    assert outcomes(node) == ["cancelled"] * 6
    assert {m["reason"] for _, m in node.replies()} == {"stop"}
    assert len(node.on("audio")) == 1
    assert [call[0] for call in engine.calls] == ["Long."]


def test_a_signal_ends_like_a_stop_and_late_texts_are_answered_too():
    engine, gate = held()
    node = FakeNode()

    def drive():
        node.text("Long.")
        gate.reached.wait(10)
        os.kill(os.getpid(), signal.SIGTERM)
        gate.go.set()
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        time.sleep(0.2)  # until serve waits for its listener
        node.text("Late.")
        node.stop()

    driver = threading.Thread(target=drive)
    driver.start()
    before = signal.getsignal(signal.SIGTERM)
    assert serve(node, engine, Settings()) == 0
    driver.join(10)
    assert outcomes(node) == ["cancelled", "cancelled"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_two_threads_that_log_failures_do_not_lock_each_other():
    running = Running(node=FakeNode(outputs=["audio", "status", "log"], fail_on=["audio", "log"]))
    with running as node:
        for i in range(100):
            node.text(f"T{i}.")
            node.control("dance")
        node.end()
    assert running.code == 0
    assert len(node.on("status")) == 101


def test_events_that_mean_nothing_to_us_are_ignored():
    running = Running()
    with running as node:
        node.events.put({"type": "ERROR", "error": "Timeout event stream error: …"})
        node.events.put({"type": "ERROR", "error": "the daemon said something odd"})
        node.events.put({"type": "RELOAD"})
        node.events.put({"kind": "external", "value": 1})
        node.events.put({"type": "NODE_RESTARTED", "id": "llm"})
        node.events.put({"type": "PARAM_UPDATE", "id": "speed", "value": {}})
        for _ in range(3):
            node.hear("tick", pa.array([1]))
        node.text("Hi.")
        node.end()
    assert outcomes(node) == ["completed"]
    assert [m for level, m, _ in node.logs if level == "warn"] == [
        "request: speed = {}: input should be a valid number",
        "input tick is not known; known are text, control and buffer_status",
    ]
    errors = [m for level, m, _ in node.logs if level == "error"]
    assert errors == ["dora: 'the daemon said something odd'"]


def test_a_broken_event_stream_finishes_what_is_queued_and_fails():
    running = Running()
    with running as node:
        node.text("Hi.")
        node.events.put(RuntimeError("the daemon is gone"))
    assert running.code == 1
    assert outcomes(node) == ["completed"]
    assert any(level == "error" for level, _, _ in node.logs)


def test_a_receiver_that_is_gone_fails_the_text_and_not_the_node():
    node = spoken(["One.", "Two."], node=FakeNode(fail_on=["audio"]))
    assert outcomes(node) == ["error", "error"]
    assert all(m["error_stage"] == "send" for _, m in node.replies())
    node = spoken(["One."], node=FakeNode(fail_on=["segment_complete", "status"]))
    assert len(node.on("audio")) == 3


def test_only_declared_outputs_are_used():
    node = spoken(["Hi."], node=FakeNode(outputs=["audio"]))
    assert {port for port, _, _ in node.sent} == {"audio"}


def test_log_lines_go_out_as_json_where_declared():
    node = FakeNode(outputs=["audio", "segment_complete", "log"])
    spoken([None, "Hi."], node=node)
    lines = [json.loads(value[0]) for value, _ in node.on("log")]
    assert {"node", "level", "message", "timestamp"} == set(lines[0])
    assert [line["level"] for line in lines].count("WARNING") == 1


def test_log_level_is_a_threshold():
    node = spoken([None, "Hi."], log_level="ERROR")
    assert node.logs == []


class DrainingNode(FakeNode):
    """Like dora 1.x: gives what waits in one go, and raises once the stream is closed."""

    def drain(self):
        waiting = []
        while not self.events.empty():
            event = self.events.get()
            if event is None:
                self.events.put(None)
                if waiting:
                    break
                raise RuntimeError("Could not drain events. Channel is closed")
            waiting.append(event)
        return waiting


def test_what_waits_is_taken_in_one_go():
    node = spoken([f"T{i}." for i in range(50)], node=DrainingNode())
    assert outcomes(node) == ["completed"] * 50
    assert [m["text_index"] for _, m in node.replies()] == list(range(50))
    running = Running(node=DrainingNode())
    with running as node:
        node.text("Hi.")
        node.stop()
    assert running.code == 0


class OldNode(FakeNode):
    """dora before 1.0 has neither log nor a usable node_config."""

    log = None
    node_config = None


def test_an_older_dora_is_enough():
    node = spoken(["Hi."], node=OldNode())
    assert outcomes(node) == ["completed"]


def test_logging_is_left_as_it_was():
    logger = logging.getLogger("dora_mlx_tts")
    before = (logger.level, logger.propagate, list(logger.handlers))
    spoken(["Hi."])
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_an_engine_that_cannot_load_is_told_to_the_caller(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def load(settings):
        raise VoiceError(f"no voice {settings.voice!r}")

    with pytest.raises(VoiceError, match="no voice"):
        run_node(load)

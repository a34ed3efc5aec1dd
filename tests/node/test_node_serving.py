"""The node against a fake dora and a scripted engine: it speaks, keeps to its limits, and ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import CONTRACT, FakeEngine, FakeNode, Running, held, outcomes, spoken

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import (
    VoiceError,
)
from dora_mlx_tts.node import app
from dora_mlx_tts.node.app import run_node, serve


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
        time.sleep(0.2)  # another thread acts on it
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
            node.receive("tick", pa.array([1]))
        node.text("Hi.")
        node.end()
    assert outcomes(node) == ["completed"]
    assert [m for level, m, _ in node.logs if level == "warn"] == [
        "request: speed must be a valid number, got {}",
        "unknown input 'tick'; available: text, control, buffer_status, played",
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


def test_an_array_is_made_before_the_node_is_ready(monkeypatch):
    """Pyarrow's first array may take half a second, which is not the first caller's to wait for."""
    node, sent = FakeNode(), []
    monkeypatch.setattr(app, "warm_up_encoding", lambda: sent.append(len(node.sent)))
    with Running(node=node):
        node.end()
    assert sent == [0]
    assert node.on("status")[0][0] == ["ready"]

"""Neighbours in a real dataflow that send too much, take too little, or leave."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import yaml
from node_fakes import FakeEngine, FakeNode, Running
from test_hello_dataflow import DATAFLOWS, ENVIRONMENT, FAKE_TTS, dora_run, needs_dora

PATIENCE_S = 60.0
RUDE_USER = Path(__file__).with_name("rude_user.py")


def run(folder, *nodes):
    file = folder / "rude.yml"
    file.write_text(yaml.safe_dump({"nodes": nodes}))
    done = dora_run(file)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_dora
def test_a_thousand_commands_a_second_are_answered_while_speaking(tmp_path):
    deep = {"queue_size": 10_000}
    out = run(
        tmp_path,
        {
            "id": "user",
            "path": str(RUDE_USER),
            "inputs": {
                port: {"source": f"tts/{port}", **deep} for port in ("status", "segment_complete")
            },
            "outputs": ["text", "control"],
            "env": {"ROLE": "storm"},
        },
        {
            "id": "tts",
            "path": str(FAKE_TTS),
            "inputs": {"text": "user/text", "control": "user/control"},
            "outputs": ["audio", "segment_complete", "status"],
        },
    )
    assert "answered 1000 of 1000, 3 replies" in out


@needs_dora
def test_a_player_that_leaves_takes_nobody_with_it(tmp_path):
    deep = {"queue_size": 1000}
    texts = ["Slow.", "Slow.", "One.", "Two."]
    out = run(
        tmp_path,
        {
            "id": "sender",
            "path": str(DATAFLOWS / "sender.py"),
            "outputs": ["text"],
            "env": {"TEXTS": "\n".join(texts), "WAIT": "none"},
        },
        {
            "id": "tts",
            "path": str(FAKE_TTS),
            "inputs": {"text": "sender/text"},
            "outputs": ["audio", "segment_complete"],
        },
        {
            "id": "player",
            "path": str(RUDE_USER),
            "inputs": {"audio": "tts/audio"},
            "env": {"ROLE": "leave"},
        },
        {
            "id": "recorder",
            "path": str(DATAFLOWS / "recorder.py"),
            "inputs": {
                "text": {"source": "sender/text", **deep},
                "audio": {"source": "tts/audio", **deep},
                "segment_complete": {"source": "tts/segment_complete", **deep},
            },
            "env": {"OUT": str(tmp_path / "left.wav")},
        },
    )
    assert "left" in out
    report = json.loads((tmp_path / "left.json").read_text())
    assert report["errors"] == []
    assert [row["text"] for row in report["texts"]] == texts


@needs_dora
def test_a_stop_from_outside_is_silence_and_answers(tmp_path):
    file = tmp_path / "stop.yml"
    sender = {
        "id": "sender",
        "path": str(DATAFLOWS / "sender.py"),
        "inputs": {port: f"tts/{port}" for port in ("status", "segment_complete")},
        "outputs": ["text"],
        "env": {"TEXTS": "One that never comes to its end."},
    }
    tts = {
        "id": "tts",
        "path": str(FAKE_TTS),
        "inputs": {"text": "sender/text"},
        "outputs": ["audio", "segment_complete", "status"],
    }
    speaks = tmp_path / "speaks"
    player = {
        "id": "player",
        "path": str(RUDE_USER),
        "inputs": {"audio": "tts/audio"},
        "env": {"ROLE": "hear", "OUT": str(speaks)},
    }
    file.write_text(yaml.safe_dump({"nodes": [sender, tts, player]}))
    code, said = stopped_by_hand(file, once=speaks)
    assert code == 0, said
    assert "cancelled: stop" in said
    assert "tts finished successfully" in said


def stopped_by_hand(file, *, once):
    """Run a dataflow and press Ctrl-C as soon as the file `once` is there; exit code and all that was printed."""
    command = ["dora", "run", str(file)]
    with (file.parent / "said").open("w+") as said:
        dora = subprocess.Popen(
            command, env=ENVIRONMENT, cwd=file.parent, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            end = time.monotonic() + PATIENCE_S
            while not once.exists() and dora.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            dora.send_signal(signal.SIGINT)
            code = dora.wait(PATIENCE_S)
        finally:
            dora.kill()
        said.seek(0)
        return code, said.read()


class SlowNode(FakeNode):
    """Sending sound takes a while, as where dora itself is slow."""

    def send_output(self, port, data, metadata):
        if port == "audio":
            time.sleep(0.02)
        super().send_output(port, data, metadata)


def test_a_slow_way_out_delays_and_loses_nothing():
    running = Running(FakeEngine({"Long.": ("ok",) * 20}), SlowNode())
    with running as node:
        node.text("Long.", question_id=1)
        node.wait_for(lambda n: n.on("audio"))
        node.control("cancel")
        node.text("Hi.", question_id=2)
        node.end()
    assert [outcome for outcome, _ in node.replies()] == ["cancelled", "completed"]
    ports = [port if port != "status" else value[0].as_py() for port, value, _ in node.sent]
    after = node.sent[ports.index("cancelled") :]
    assert {m.get("question_id") for port, _, m in after if port == "audio"} == {2}
    assert len([1 for port, _, _ in after if port == "audio"]) == 3

"""How the node is connected where the dataflow leaves that to dora: deep queues, and no direct path."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from test_hello_dataflow import DATAFLOWS, FAKE_TTS, dora_run, needs_dora

from dora_mlx_tts.node.app import run_node
from dora_mlx_tts.node.transport import deepen_queues, node_id, through_daemon

CONFIG = """\
dataflow_id: 01a2
node_id: tts
run_config:
  inputs:
    text: llm/text
    control:
      source: ui/control
      queue_policy: backpressure
    buffer_status:
      source: player/buffer_status
      queue_size: 3
    other: a/b
  outputs: [audio]
daemon_communication: !Tcp
  socket_addr: 127.0.0.1:1
restart: null
"""
PORTS = ("text", "control", "buffer_status")
OVERLAY = "DORA_ZENOH_CONFIG_OVERLAY"
SHARED = "DORA_ZERO_COPY_THRESHOLD"


def test_inputs_without_a_size_get_room_and_the_rest_stays():
    environment = {"DORA_NODE_CONFIG": CONFIG}
    assert deepen_queues(PORTS, 500, environment)
    changed = environment["DORA_NODE_CONFIG"]
    assert "!Tcp" in changed
    values = yaml.safe_load(changed.replace("!Tcp", ""))
    assert values["run_config"]["inputs"] == {
        "text": {"source": "llm/text", "queue_size": 500},
        "control": {
            "source": "ui/control",
            "queue_policy": "backpressure",
            "queue_size": 500,
        },
        "buffer_status": {"source": "player/buffer_status", "queue_size": 3},
        "other": "a/b",
    }
    assert values["restart"] is None
    assert node_id(environment) == "tts"


@pytest.mark.parametrize(
    "config", [None, "", "x", "[", "run_config: 3", "run_config: {inputs: []}", "a: &a [*a]"]
)
def test_what_is_not_such_a_configuration_is_left_alone(config):
    environment = {} if config is None else {"DORA_NODE_CONFIG": config}
    before = dict(environment)
    assert not deepen_queues(PORTS, 500, environment)
    assert environment == before


def test_the_direct_path_is_closed_while_the_node_joins_and_no_longer():
    environment = {"A": "b"}
    with through_daemon(environment) as done:
        file = Path(environment[OVERLAY])
        control = json.loads(file.read_text())["access_control"]
        assert int(environment[SHARED]) > 2**40
    assert done
    assert control["enabled"]
    assert [rule["permission"] for rule in control["rules"]] == ["deny"]
    assert environment == {"A": "b"}
    assert not file.parent.exists()


def test_a_size_for_shared_memory_that_was_set_stays():
    environment = {SHARED: "4096"}
    with through_daemon(environment):
        assert environment[SHARED] == "4096"
    assert environment == {SHARED: "4096"}


@pytest.mark.parametrize("name", [OVERLAY, "ZENOH_CONFIG"])
def test_what_the_operator_says_about_zenoh_stays(name):
    environment = {name: "theirs.json5"}
    with through_daemon(environment) as done:
        assert environment == {name: "theirs.json5"}
    assert not done
    assert environment == {name: "theirs.json5"}


@pytest.mark.parametrize(
    ("transport", "refused", "closed"),
    [
        ("daemon", False, [True]),
        ("direct", False, [False]),
        ("daemon", True, [True, False]),  # a dora that knows no such configuration
    ],
)
def test_the_setting_decides(transport, refused, closed, monkeypatch):
    import dora

    seen = []

    class Node:
        def __init__(self):
            seen.append(OVERLAY in os.environ)
            if refused and seen[-1]:
                raise RuntimeError("Could not initiate node")

        def next(self):
            return None

        def send_output(self, *_):
            pass

    monkeypatch.delenv(OVERLAY, raising=False)
    monkeypatch.setenv("TRANSPORT", transport)
    monkeypatch.setattr(dora, "Node", Node)
    before = sys.getswitchinterval()
    try:
        assert run_node(lambda _: object()) == 0
    finally:
        sys.setswitchinterval(before)
    assert seen == closed


def burst(folder, *, transport, texts=200):
    """Texts sent at once to a voice of which the dataflow says nothing but what is connected."""
    inputs = {port: f"tts/{port}" for port in ("audio", "segment_complete")}
    deep = {port: {"source": source, "queue_size": 10_000} for port, source in inputs.items()}
    nodes = [
        {
            "id": "sender",
            "path": str(DATAFLOWS / "sender.py"),
            "outputs": ["text"],
            "env": {"TEXTS": "\n".join(f"Text {n}." for n in range(texts)), "WAIT": "none"},
        },
        {
            "id": "tts",
            "path": str(FAKE_TTS),
            "inputs": {"text": "sender/text"},
            "outputs": list(inputs),
            "env": {"TRANSPORT": transport},
        },
        {
            "id": "recorder",
            "path": str(DATAFLOWS / "recorder.py"),
            "inputs": {"text": {"source": "sender/text", "queue_size": 10_000}, **deep},
            "env": {"OUT": str(folder / "burst.wav")},
        },
    ]
    file = folder / "burst.yml"
    file.write_text(yaml.safe_dump({"nodes": nodes}))
    return dora_run(file)


@needs_dora
def test_a_burst_at_dora_s_defaults_takes_the_path_that_does_not_drop(tmp_path):
    done = burst(tmp_path, transport="daemon")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "burst.json").read_text())
    assert report["errors"] == []  # one reply a text, every fragment
    assert len(report["texts"]) == 200
    # On an idle machine the direct path loses nothing either; dora tells when it is taken.
    assert "direct path" not in done.stdout + done.stderr

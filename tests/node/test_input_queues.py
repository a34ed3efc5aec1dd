"""Where the dataflow does not say how deep a queue is, the node says it."""

from __future__ import annotations

import pytest
import yaml

from dora_mlx_tts.config import deepen_queues, dora_node_id

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
    assert dora_node_id(environment) == "tts"


@pytest.mark.parametrize(
    "config", [None, "", "x", "[", "run_config: 3", "run_config: {inputs: []}", "a: &a [*a]"]
)
def test_what_is_not_such_a_configuration_is_left_alone(config):
    environment = {} if config is None else {"DORA_NODE_CONFIG": config}
    before = dict(environment)
    assert not deepen_queues(PORTS, 500, environment)
    assert environment == before

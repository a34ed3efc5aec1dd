"""The real dora-pyaudio plays everything: `pip install --no-deps dora-pyaudio`, then `pytest -m slow` on this file."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import yaml
from test_hello_dataflow import DATAFLOWS, dora_run, needs_dora

HERE = Path(__file__).parent
ANSWER_S = 14 * 4.5
NEEDS = importlib.util.find_spec("dora_pyaudio") is None


@needs_dora
@pytest.mark.slow
@pytest.mark.skipif(NEEDS, reason="dora-pyaudio is not installed")
@pytest.mark.parametrize("rtf", [0.2, 0.8])
def test_dora_pyaudio_plays_a_minute_without_loss(tmp_path, rtf):
    flow = yaml.safe_load((DATAFLOWS / "pyaudio.yml").read_text())
    nodes = {node["id"]: node for node in flow["nodes"]}
    nodes["sender"]["path"] = str(DATAFLOWS / "sender.py")
    nodes["sender"]["env"]["TEXTS"] = "A sentence of an answer. " * 14
    nodes["tts"]["path"] = str(HERE / "paced_tts.py")
    nodes["tts"]["env"] |= {"RTF": rtf}
    nodes["player"] |= {
        "path": str(HERE / "null_pyaudio.py"),
        "env": {"OUT": str(tmp_path / "played.json")},
    }
    file = tmp_path / "pyaudio.yml"
    file.write_text(yaml.safe_dump(flow))
    done = dora_run(file)
    assert done.returncode == 0, done.stdout + done.stderr
    played = json.loads((tmp_path / "played.json").read_text())
    assert played["seconds"] == pytest.approx(ANSWER_S, rel=0.005)
    assert played["peak"] < 32767 * 0.95

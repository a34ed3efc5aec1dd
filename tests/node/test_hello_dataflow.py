"""`dataflows/hello.yml` through a real dora, and the recorder's own judgement."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile
import yaml
from script_loader import load_script

ROOT = Path(__file__).parents[2]
DATAFLOWS = ROOT / "dataflows"
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
FAKE_TTS = Path(__file__).with_name("fake_tts.py")

needs_dora = pytest.mark.skipif(
    shutil.which("dora", path=ENVIRONMENT["PATH"]) is None, reason="the dora command is missing"
)


def dora_run(file, *options):
    """Run a dataflow to its end, in its own folder."""
    return subprocess.run(
        ["dora", "run", str(file), *options],
        env=ENVIRONMENT,
        cwd=file.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_hello(folder, *, tts=None, sender=None, tts_env=None):
    """Run hello.yml with changes in ``folder``; the finished process and the recorder's figures."""
    flow = yaml.safe_load((DATAFLOWS / "hello.yml").read_text())
    nodes = {node["id"]: node for node in flow["nodes"]}
    for name in ("sender", "recorder"):
        nodes[name]["path"] = str(DATAFLOWS / nodes[name]["path"])
    nodes["tts"]["path"] = str(tts or nodes["tts"]["path"])
    nodes["tts"]["env"] |= tts_env or {}
    nodes["sender"]["env"] |= sender or {}
    nodes["recorder"]["env"]["OUT"] = str(folder / "hello.wav")
    file = folder / "hello.yml"
    file.write_text(yaml.safe_dump(flow))
    done = dora_run(file)
    report = folder / "hello.json"
    return done, json.loads(report.read_text()) if report.exists() else None


@needs_dora
def test_hello_speaks_every_text_once_and_ends_by_itself(tmp_path):
    done, figures = run_hello(tmp_path, tts=FAKE_TTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert figures["errors"] == []  # flat float32 with sample_rate, one reply a text, no gap
    assert [row["outcome"] for row in figures["texts"]] == ["completed"] * 3
    assert figures["texts"][0]["text"] == "Hello, this is your assistant speaking."
    assert all(row["fragments"] == 3 for row in figures["texts"])
    samples, rate = soundfile.read(tmp_path / "hello.wav", dtype="float32")
    assert (rate, samples.shape) == (32000, (3 * 9600,))
    assert np.allclose(samples, 0.25, atol=1e-4)
    for said in ["first fragment after", "real-time factor", str(tmp_path / "hello.wav")]:
        assert said in done.stdout


@needs_dora
def test_a_sender_that_leaves_at_once_loses_nothing_and_failures_show(tmp_path):
    texts = "\n".join(["Slow.", "Fail.", *[f"Text {i}." for i in range(20)]])
    done, figures = run_hello(tmp_path, tts=FAKE_TTS, sender={"TEXTS": texts, "WAIT": "none"})
    assert [row["outcome"] for row in figures["texts"]] == ["completed", "error"] + [
        "completed"
    ] * 20
    assert len(figures["errors"]) == 1
    assert "not speech" in figures["errors"][0]
    assert done.returncode != 0
    assert "tts finished successfully" in done.stdout + done.stderr


@needs_dora
def test_the_starter_voice_says_hello(tmp_path):
    from dora_mlx_tts.errors import TtsError
    from dora_mlx_tts.voices.registry import VoiceRegistry

    try:
        VoiceRegistry.scan(()).get("starter-en")
    except TtsError as error:
        pytest.skip(f"the starter voice is not here: {error}")
    done, figures = run_hello(tmp_path, sender={"TEXTS": "Hello there."})
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = figures["texts"]
    assert (row["outcome"], figures["errors"]) == ("completed", [])
    samples, rate = soundfile.read(tmp_path / "hello.wav", dtype="float32")
    assert rate == figures["sample_rate"]
    assert len(samples) == pytest.approx(row["audio_s"] * rate, abs=2)
    assert len(samples) > 0.3 * rate
    assert 0.01 < np.abs(samples).max() <= 1.0


def test_a_voice_that_cannot_load_ends_with_one_line(tmp_path):
    script = (
        "import sys; from dora_mlx_tts.main import main; "
        "sys.argv = ['dora-mlx-tts']; sys.exit(main())"
    )
    environment = {**ENVIRONMENT, "DORA_NODE_CONFIG": "x", "SPEED_FACTOR": "fast"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "speed" in line


@needs_dora
def test_hello_and_the_manifest_are_valid():
    for arguments in (
        ["--strict-types", "dataflows/hello.yml"],
        ["--node-manifest", "dora-node.yml"],
    ):
        done = subprocess.run(
            ["dora", "validate", *arguments],
            env=ENVIRONMENT,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_manifest_names_the_ports_of_the_protocol():
    from dora_mlx_tts.node.protocol import ports

    manifest = yaml.safe_load((ROOT / "dora-node.yml").read_text())
    assert set(manifest["inputs"]) == set(ports.INPUTS)
    assert set(manifest["outputs"]) == set(ports.OUTPUTS)


def test_the_manifests_environment_exists_and_has_its_defaults():
    from dora_mlx_tts.config.environment import environment_names
    from dora_mlx_tts.config.settings import Settings, SpeechSettings

    manifest = yaml.safe_load((ROOT / "dora-node.yml").read_text())
    defaults = {}
    for model in (Settings, SpeechSettings):
        for name, variables in environment_names(model).items():
            default = model.model_fields[name].get_default(call_default_factory=True)
            defaults |= dict.fromkeys(variables, default)
    for name, entry in manifest["env"].items():
        assert entry.get("default") == (
            defaults[name] or None if defaults[name] in ((), {}) else defaults[name]
        ), name


# ------------------------------------------------------------------------------------ the recorder


def receive(recording, port, value, **metadata):
    recording.hear({"id": port, "value": value, "metadata": {"request_id": "r", **metadata}})


def heard(*, replies=1, seqs=(0, 1), audio=None, rate=32000, outcome="completed", sent_at=1.0):
    recording = load_script("recorder", "dataflows").Recording()
    receive(recording, "text", pa.array(["Hi."]), sent_at=sent_at)
    for seq in seqs:
        samples = pa.array(np.zeros(4, np.float32)) if audio is None else audio
        receive(recording, "audio", samples, seq=seq, sample_rate=rate)
    for _ in range(replies):
        receive(recording, "segment_complete", pa.array([outcome]), fragments=2, error="why")
    recording.check()
    return recording


def test_the_recorder_is_content_with_what_is_right():
    recording = heard(seqs=(1, 0))
    assert recording.errors == []
    assert len(recording.samples()) == 8


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sent_at": 0.0}, "was not seen"),
        ({"replies": 0}, "0 terminal replies"),
        ({"replies": 2}, "2 terminal replies"),
        ({"seqs": (0,)}, "1 of 2 fragments"),
        ({"seqs": (0, 1, 1)}, "fragment 1 twice"),
        ({"audio": pa.array([[0.0, 0.1]], pa.list_(pa.float32()))}, "audio is list"),
        ({"audio": pa.array([0.0, 0.1])}, "audio is double"),
        ({"rate": 32000.0}, "sample_rate 32000.0"),
        ({"rate": None}, "sample_rate None"),
        ({"outcome": "error"}, "why"),
    ],
)
def test_the_recorder_complains(wrong, said):
    assert any(said in error for error in heard(**wrong).errors)


def test_the_recorder_complains_of_silence():
    recording = load_script("recorder", "dataflows").Recording()
    recording.check()
    assert recording.errors == ["no text was seen"]

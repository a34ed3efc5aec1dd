"""Voices on two daemons: order is restored, and a voice that dies in a sentence loses nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from mortal_tts import LAST_WORDS
from test_hello_dataflow import DATAFLOWS, ENVIRONMENT, FAKE_TTS, needs_dora

MORTAL_TTS = Path(__file__).with_name("mortal_tts.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def machines(folder, *names):
    """A coordinator and one daemon a machine; its port."""
    port, log = free_port(), (folder / "daemons.log").open("w")
    commands = [["dora", "coordinator", "--port", str(port), "--store", "memory", "--quiet"]]
    for name in names:
        connection = ["--coordinator-port", str(port), "--local-listen-port", str(free_port())]
        commands.append(["dora", "daemon", "--machine-id", name, *connection])
    processes = []
    try:
        for command in commands:
            processes.append(
                subprocess.Popen(command, env=ENVIRONMENT, cwd=folder, stdout=log, stderr=log)
            )
            time.sleep(1)
        yield port
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


def run_cluster(folder, texts, tts):
    """Have the texts said by two voices, one of which dies; the recorder's report and what dora printed."""
    flow = yaml.safe_load((DATAFLOWS / "cluster.yml").read_text())
    for node in flow["nodes"]:
        if node["path"] == "dora-mlx-tts":
            node["path"] = str(tts)
            node["env"]["DIE_ONCE"] = str(folder / "died")
        else:
            node["path"] = str(DATAFLOWS / node["path"])
        if node["id"] == "sender":
            node["env"]["TEXTS"] = "\n".join(texts)
        if node["id"] == "recorder":
            node["env"]["OUT"] = str(folder / "cluster.wav")
    file = folder / "cluster.yml"
    file.write_text(yaml.safe_dump(flow))
    with machines(folder, "front", "back") as port:
        done = subprocess.run(
            ["dora", "start", str(file), "--attach", "--coordinator-port", str(port)],
            env=ENVIRONMENT,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    output = done.stdout + done.stderr
    assert (folder / "died").exists(), output
    assert "said by another" in output
    report = json.loads((folder / "cluster.json").read_text())
    assert report["errors"] == []  # one reply a text, every fragment once
    assert [row["text"] for row in report["texts"]] == texts
    assert {row["outcome"] for row in report["texts"]} == {"completed"}
    return report


on_posix = pytest.mark.skipif(os.name != "posix", reason="daemons are stopped by signals")


@needs_dora
@on_posix
def test_a_voice_that_dies_in_a_sentence_loses_nothing(tmp_path):
    run_cluster(tmp_path, ["Slow.", "Die.", "Slow.", "One.", "Two.", "Three."], FAKE_TTS)
    assert soundfile.info(tmp_path / "cluster.wav").frames == 6 * 9600


@pytest.mark.slow
@needs_dora
@on_posix
def test_the_starter_voice_dies_in_a_sentence_and_it_is_heard_once(tmp_path):
    from dora_mlx_tts.synthesis.engine import Synthesizer

    texts = ["The first text goes to the first voice.", "The second one is spoken elsewhere."]
    texts += [LAST_WORDS, "Nobody will notice anything."]
    run_cluster(tmp_path, texts, MORTAL_TTS)
    voice = Synthesizer.load(voice="starter-en")
    alone = [voice.speak(text, seed=number).samples for number, text in enumerate(texts)]
    heard, _ = soundfile.read(tmp_path / "cluster.wav", dtype="float32")
    assert heard == pytest.approx(np.concatenate(alone), abs=2e-4)  # 16 bits in the file

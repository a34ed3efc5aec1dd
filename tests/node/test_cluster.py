"""Voices on two daemons: order is restored, and a voice that dies in a sentence loses nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
import soundfile
import yaml
from test_hello_dataflow import DATAFLOWS, ENVIRONMENT, FAKE_TTS, needs_dora


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


@needs_dora
@pytest.mark.skipif(os.name != "posix", reason="daemons are stopped by signals")
def test_a_voice_that_dies_in_a_sentence_loses_nothing(tmp_path):
    texts = ["Slow.", "Die.", "Slow.", "One.", "Two.", "Three."]
    flow = yaml.safe_load((DATAFLOWS / "cluster.yml").read_text())
    for node in flow["nodes"]:
        if node["path"] == "dora-mlx-tts":
            node["path"] = str(FAKE_TTS)
            node["env"]["DIE_ONCE"] = str(tmp_path / "died")
        else:
            node["path"] = str(DATAFLOWS / node["path"])
        if node["id"] == "sender":
            node["env"]["TEXTS"] = "\n".join(texts)
        if node["id"] == "recorder":
            node["env"]["OUT"] = str(tmp_path / "cluster.wav")
    file = tmp_path / "cluster.yml"
    file.write_text(yaml.safe_dump(flow))
    with machines(tmp_path, "front", "back") as port:
        done = subprocess.run(
            ["dora", "start", str(file), "--attach", "--coordinator-port", str(port)],
            env=ENVIRONMENT,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    output = done.stdout + done.stderr
    assert (tmp_path / "died").exists(), output
    report = json.loads((tmp_path / "cluster.json").read_text())
    assert report["errors"] == []  # one reply a text, every fragment once
    assert [row["text"] for row in report["texts"]] == texts
    assert [row["outcome"] for row in report["texts"]] == ["completed"] * 6
    assert soundfile.info(tmp_path / "cluster.wav").frames == 6 * 9600
    assert "said by another" in output

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
    assert "another voice takes text" in output
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
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer

    texts = ["The first text goes to the first voice.", "The second one is spoken elsewhere."]
    texts += [LAST_WORDS, "Nobody will notice anything."]
    run_cluster(tmp_path, texts, MORTAL_TTS)
    voice = Synthesizer.load(voice="starter-en")
    alone = [voice.speak(text, seed=number).samples for number, text in enumerate(texts)]
    heard, _ = soundfile.read(tmp_path / "cluster.wav", dtype="float32")
    assert heard == pytest.approx(np.concatenate(alone), abs=2e-4)  # 16 bits in the file


def restart_flow(folder):
    """A user, two voices, and between them a dispatcher that dies once and is started again by dora."""

    def deep(source):  # without the policy, dora drops what cannot leave within a millisecond
        return {"source": source, "queue_size": 1000, "queue_policy": "backpressure"}

    ports = {"audio": "audio", "done": "segment_complete", "status": "status"}
    user = {
        "id": "user",
        "path": str(Path(__file__).with_name("rude_user.py")),
        "inputs": {
            "segment_complete": deep("dispatcher/segment_complete"),
            "tick": "dora/timer/millis/500",
        },
        "outputs": ["text"],
        "env": {"ROLE": "ask", "OUT": str(folder / "replies")},
    }
    dispatcher = {
        "id": "dispatcher",
        "path": str(Path(__file__).with_name("mortal_dispatcher.py")),
        "restart_policy": "on-failure",
        "max_restarts": 1,
        "inputs": {
            "text": deep("user/text"),
            **{
                f"{kind}_{voice}": deep(f"{voice}/{port}")
                for kind, port in ports.items()
                for voice in "ab"
            },
        },
        "outputs": ["text_a", "text_b", "audio", "segment_complete"],
        "env": {
            "WORKERS": "a, b",
            "JOURNAL": str(folder / "journal"),
            "DIE_ONCE": str(folder / "died"),
        },
    }
    voices = [
        {
            "id": voice,
            "path": str(FAKE_TTS),
            "inputs": {"text": deep(f"dispatcher/text_{voice}")},
            "outputs": list(ports.values()),
        }
        for voice in "ab"
    ]
    return {"nodes": [user, dispatcher, *voices]}


@needs_dora
@on_posix
def test_a_dispatcher_that_dora_starts_again_answers_what_was_open_and_goes_on(tmp_path):
    file = tmp_path / "flow.yml"
    file.write_text(yaml.safe_dump(restart_flow(tmp_path)))
    done = subprocess.run(
        ["dora", "run", str(file)],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (tmp_path / "died").exists(), done.stdout + done.stderr
    replies = [json.loads(line) for line in (tmp_path / "replies").read_text().splitlines()]
    outcomes = {reply["request_id"]: reply["outcome"] for reply in replies}
    assert sorted(outcomes) == sorted(f"r{number}" for number in range(10))
    assert len(replies) == 10
    lost = [reply for reply in replies if reply["outcome"] == "error"]
    assert lost
    assert all("restarted" in reply["error"] for reply in lost)
    assert (outcomes["r0"], outcomes["r8"], outcomes["r9"]) == ("completed",) * 3


def statuses(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def wait_for_status(file, state, number):
    """The status that is the `number`th of its state."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = [status for status in statuses(file) if status["state"] == state]
        if len(found) >= number:
            return found[number - 1]
        time.sleep(0.1)
    raise AssertionError(f"no {state} number {number}: {statuses(file)}")


@needs_dora
@on_posix
def test_what_dora_s_parameters_set_is_in_force_after_a_restart(tmp_path):
    seen = tmp_path / "statuses"
    watcher = {
        "id": "watcher",
        "path": str(Path(__file__).with_name("rude_user.py")),
        "inputs": {
            "status": {"source": "tts/status", "queue_size": 1000},
            "tick": "dora/timer/millis/500",  # or it ends with the process that is restarted
        },
        "outputs": ["control"],
        "env": {"ROLE": "watch", "OUT": str(seen)},
    }
    tts = {
        "id": "tts",
        "path": str(FAKE_TTS),
        "inputs": {"control": "watcher/control"},
        "outputs": ["status"],
        "env": {"STATE_FILE": str(tmp_path / "state.json")},
    }
    file = tmp_path / "restart.yml"
    nodes = [{**node, "deploy": {"machine": "here"}} for node in (watcher, tts)]
    file.write_text(yaml.safe_dump({"nodes": nodes}))
    with machines(tmp_path, "here") as port:

        def dora(*command):
            subprocess.run(
                ["dora", *command, "--coordinator-port", str(port)],
                env=ENVIRONMENT,
                cwd=tmp_path,
                capture_output=True,
                timeout=60,
                check=True,
            )

        dora("start", str(file), "--name", "flow", "--detach")
        wait_for_status(seen, "ready", 1)
        dora("param", "set", "-d", "flow", "tts", "speed", "1.25")
        wait_for_status(seen, "set", 1)
        dora("node", "restart", "-d", "flow", "tts")
        in_force = wait_for_status(seen, "set", 2)
        dora("stop", "flow", "--grace-duration", "3s")
    assert (in_force["speed"], in_force["top_k"]) == (1.25, 5)

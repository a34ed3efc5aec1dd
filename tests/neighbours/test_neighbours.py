"""Real nodes from PyPI in dataflows with this one; messages are checked in both directions."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

DATAFLOWS = Path(__file__).resolve().parents[2] / "dataflows"

pytestmark = pytest.mark.neighbours

TTS = {
    "id": "tts",
    "path": "dora-mlx-tts",
    "outputs": ["audio", "segment_complete"],
    "env": {"SEED": 1},
}
CLIENT = """
import json, time, urllib.request

body = {"model": "any", "messages": [{"role": "user", "content": "Dinner is ready."}]}
request = urllib.request.Request(
    "http://127.0.0.1:8000/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
)
from dora import Node
node = Node()
for _ in range(60):
    try:
        answer = json.load(urllib.request.urlopen(request, timeout=30))
        break
    except OSError:
        time.sleep(0.5)
open("answer.txt", "w").write(answer["choices"][0]["message"]["content"])
"""


def flow(folder: Path, *nodes: dict) -> Path:
    file = folder / "flow.yml"
    file.write_text(yaml.safe_dump({"nodes": list(nodes)}), encoding="utf-8")
    return file


def counting(counter: Path, folder: Path) -> dict:
    ports = {name: {"source": f"tts/{name}", "queue_size": 1000} for name in TTS["outputs"]}
    return {
        "id": "counter",
        "path": str(counter),
        "inputs": ports,
        "env": {"OUT": str(folder / "seen.json")},
    }


def run_until(environment, file: Path, done, seconds: float = 90) -> str:
    """Run a dataflow until `done` says so; neighbours that never end are stopped then."""
    path = f"{environment.bin}:/usr/bin:/bin"
    environ = {"PATH": path, "HOME": str(file.parent), "LANG": "C.UTF-8"}
    with (file.parent / "log.txt").open("w+") as log:
        process = subprocess.Popen(
            ["dora", "run", str(file)], cwd=file.parent, env=environ, stdout=log, stderr=log,
            executable=str(environment.bin / "dora"),
        )  # fmt: skip
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None and not done():
            time.sleep(0.2)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.seek(0)
        return log.read()


def seen(folder: Path) -> list[dict]:
    try:
        return json.loads((folder / "seen.json").read_text("utf-8"))
    except (OSError, ValueError):
        return []


def replies(folder: Path) -> list[dict]:
    return [one for one in seen(folder) if one["id"] == "segment_complete"]


def test_it_speaks_beside_nodes_that_need_numpy_1(beside_numpy_1, tmp_path):
    found = beside_numpy_1.run(
        "python", "-c", "import numpy, pyarrow; print(numpy.__version__)", cwd=tmp_path
    )
    assert found.stdout.startswith("1."), found.stderr
    doctor = beside_numpy_1.run("dora-mlx-tts", "doctor", "--json", cwd=tmp_path)
    assert json.loads(doctor.stdout)["failed"] == [], doctor.stdout
    done = beside_numpy_1.run("dora-mlx-tts", "speak", "It speaks.", "-o", "a.wav", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.wav").stat().st_size > 20_000


def test_terminal_input(beside_numpy_1, tmp_path, counter):
    source = {"id": "terminal-input", "path": "terminal-input", "outputs": ["data"]}
    source["env"] = {"DATA": "'Dinner is ready.'"}
    tts = {**TTS, "inputs": {"text": "terminal-input/data"}}
    file = flow(tmp_path, source, tts, counting(counter, tmp_path))
    log = run_until(beside_numpy_1, file, lambda: replies(tmp_path))
    assert replies(tmp_path), log[-3000:]
    assert replies(tmp_path)[0]["value"] == ["completed"]
    assert any(one["id"] == "audio" and one["type"] == "float" for one in seen(tmp_path))


def test_openai_server(beside_numpy_1, tmp_path, counter):
    (tmp_path / "client.py").write_text(CLIENT, encoding="utf-8")
    port = "v1/chat/completions"
    server = {"id": "server", "path": "dora-openai-server", "outputs": [port]}
    server["inputs"] = {port: "tts/segment_complete"}
    tts = {**TTS, "inputs": {"text": f"server/{port}"}}
    client = {"id": "client", "path": "client.py"}
    file = flow(tmp_path, server, tts, client, counting(counter, tmp_path))
    answer = tmp_path / "answer.txt"
    log = run_until(beside_numpy_1, file, lambda: answer.exists() and replies(tmp_path))
    assert answer.exists(), log[-3000:]
    assert answer.read_text("utf-8") == "completed"
    assert [one["value"] for one in replies(tmp_path)] == [["completed"]]


def test_echo_passes_our_messages_on(beside_numpy_1, tmp_path, counter):
    """dora-echo sends on whatever it gets, under the same name: text to us, and our audio to a player."""
    (tmp_path / "say.py").write_text(
        "import pyarrow as pa\nfrom dora import Node\n"
        "Node().send_output('text', pa.array(['Dinner is ready.']), {'session_id': 's', 'request_id': 'r'})\n",
        encoding="utf-8",
    )
    say = {"id": "say", "path": "say.py", "outputs": ["text"]}
    echo = {"id": "echo", "path": "dora-echo", "inputs": {"text": "say/text"}, "outputs": ["text"]}
    tts = {**TTS, "inputs": {"text": "echo/text"}}
    file = flow(tmp_path, say, echo, tts, counting(counter, tmp_path))
    log = run_until(beside_numpy_1, file, lambda: False)
    assert [one["value"] for one in replies(tmp_path)] == [["completed"]], log[-3000:]
    assert {one["metadata"]["request_id"] for one in seen(tmp_path)} == {"r"}
    audio = [one for one in seen(tmp_path) if one["id"] == "audio"]
    assert [one["metadata"]["seq"] for one in audio] == list(range(len(audio)))


def test_pyaudio_plays_what_we_send(with_player, tmp_path, counter):
    """Against ALSA's null sink, which writes down what would be heard."""
    played = tmp_path / "played.raw"
    (tmp_path / ".asoundrc").write_text(
        f"pcm.!default {{ type file slave.pcm null file {played} format raw }}\n", encoding="utf-8"
    )
    (tmp_path / "say.py").write_text(
        "import pyarrow as pa\nfrom dora import Node\n"
        "Node().send_output('text', pa.array(['Dinner is ready. Please wash your hands.']))\n",
        encoding="utf-8",
    )
    say = {"id": "say", "path": "say.py", "outputs": ["text"]}
    tts = {**TTS, "inputs": {"text": "say/text"}, "env": {"SEED": 1, "PEAK_LIMIT": 0.46}}
    audio = {"source": "tts/audio", "queue_size": 1000}
    player = {"id": "player", "path": "dora-pyaudio", "inputs": {"audio": audio}}
    file = flow(tmp_path, say, tts, player, counting(counter, tmp_path))
    log = run_until(with_player, file, lambda: False)
    sent = sum(one["length"] for one in seen(tmp_path) if one["id"] == "audio")
    assert sent > 32_000, log[-3000:]
    samples = np.frombuffer(played.read_bytes(), "<i2")
    assert len(samples) >= 0.6 * sent  # it drops the rest of a message when the next one comes
    assert np.abs(samples.astype(float)).max() > 1000
    steps = np.abs(np.diff(samples.astype(float)))
    assert steps.max() < 40_000  # nothing wrapped: it multiplies by 70,000


def test_vad_hears_speech_in_what_we_send(beside_vad, tmp_path, counter):
    """It hands on the sound that it was sent, whole, whenever it has found the end of something spoken."""
    versions = beside_vad.run(
        "python", "-c", "import numpy; print(numpy.__version__)", cwd=tmp_path
    )
    assert versions.stdout.startswith("1.26")
    (tmp_path / "say.py").write_text(
        "import pyarrow as pa\nfrom dora import Node\n"
        "Node().send_output('text', pa.array(['Dinner is ready. Please wash your hands and sit down.']))\n",
        encoding="utf-8",
    )
    patient = {"queue_size": 1000, "queue_policy": "backpressure"}
    say = {"id": "say", "path": "say.py", "outputs": ["text"]}
    tts = {**TTS, "inputs": {"text": "say/text"}, "env": {"SEED": 1, "SAMPLE_RATE": 16000}}
    vad = {"id": "vad", "path": "dora-vad", "inputs": {"audio": {"source": "tts/audio", **patient}}}
    vad |= {
        "outputs": ["audio", "timestamp_start", "timestamp_end"],
        "env": {"MIN_SILENCE_DURATION_MS": 100},
    }
    listening = counting(counter, tmp_path)
    for port in ("audio", "timestamp_end"):
        listening["inputs"][f"vad_{port}"] = {"source": f"vad/{port}", **patient}
    file = flow(tmp_path, say, tts, vad, listening)
    log = run_until(beside_vad, file, lambda: False)
    assert [one["value"] for one in replies(tmp_path)] == [["completed"]], log[-3000:]
    found = seen(tmp_path)
    sent = sum(one["length"] for one in found if one["id"] == "audio")
    heard = sum(one["length"] for one in found if one["id"] == "vad_audio")
    assert any(one["id"] == "vad_timestamp_end" for one in found), log[-3000:]
    assert sent > 16_000
    assert 0.4 * sent < heard <= sent


@pytest.mark.parametrize("name", ["from_kokoro", "from_primespeech"])
def test_their_dataflows_run_with_one_line_changed(beside_numpy_1, tmp_path, name):
    text = (DATAFLOWS / f"{name}.yml").read_text("utf-8")
    assert text.count("# was: ") == 1
    for stand_in in ("segmenter.py", "player.py", "sender.py"):
        text = text.replace(f"path: {stand_in}", f"path: {DATAFLOWS / stand_in}")
    (tmp_path / "flows").mkdir()
    file = tmp_path / "flows" / "flow.yml"
    file.write_text(text, encoding="utf-8")
    log = run_until(beside_numpy_1, file, lambda: False)
    info = soundfile.info(tmp_path / "out" / f"{name}.wav")
    assert info.samplerate == {"from_kokoro": 24000, "from_primespeech": 32000}[name]
    assert info.duration > 2, log[-3000:]
    assert "so its behaviour is kept" in log

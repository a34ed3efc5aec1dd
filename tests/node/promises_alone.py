"""Checks of `promises_kept.py` that need more than the node: the starter voice, the dispatcher, the command line.

TREE names the version that is looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import types
import zipfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from node_fakes import FakeEngine, Running

from dora_mlx_tts.config import Settings

TREE = Path(os.environ.get("TREE", Path(__file__).resolve().parents[1]))
RATE = 32000

# -------------------------------------------------------------------------------- the starter voice


def _starter(**settings: Any) -> Any:
    from dora_mlx_tts import Synthesizer

    return Synthesizer.load(settings=Settings(voice="starter-en", **settings), warm_up=False)


def many_pauses() -> None:
    """Silence leaves in pieces, and a text of hours is refused."""
    texts = {
        "few": "Hi." + " {10s}" * 6,
        "braces": "Hi." + " {10s}" * 60,
        "breaks": "<speak>Hi." + '<break time="10s"/>' * 60 + "</speak>",
    }
    running = Running(_starter())
    with running as node:
        for name, text in texts.items():
            node.text(text, request_id=name, session_id=name)
        node.end()
        while len(node.replies()) < len(texts):
            time.sleep(0.1)
    replies = {metadata["request_id"]: metadata for _, metadata in node.replies()}
    longest = max(len(value) for port, value, _ in node.sent if port == "audio") / RATE
    assert longest <= 5, f"a message of {longest:.0f} s"
    assert replies["few"]["outcome"] == "completed", replies["few"]["error"]
    for name in ("braces", "breaks"):
        assert replies[name]["audio_s"] < 300, f"{replies[name]['audio_s']:.0f} s of pauses"


def a_large_folder_of_voices() -> None:
    """It is read, but not by the thread that speaks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(60):
            (folder / f"voice{number}.yml").write_text("pack: none\n", "utf-8")
        voice, engine = _starter(voices=(folder,), voices_poll=0.05), FakeEngine()
        engine.refresh = voice.refresh  # what the node does between two texts
        opened = {"speaking": 0}
        running = Running(engine)

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and str(arguments[0]).startswith(name):
                opened["speaking"] += threading.current_thread() is running._thread

        with running as node:
            node.wait_for(lambda n: n.on("status"))
            sys.addaudithook(watch)
            for number in range(3):
                (folder / f"new{number}.yml").write_text("pack: none\n", "utf-8")
                time.sleep(0.1)
                node.text("Hello.")
                node.wait_for(lambda n, number=number: len(n.replies()) > number)
            node.end()
        assert opened["speaking"] < 20, f"the speaking thread read {opened['speaking']} files"


# -------------------------------------------------------------------------------------- the cluster


class CrashError(Exception):
    """The dispatcher's process is killed."""


class Cluster:
    """Stands for `dora.Node` of the dispatcher; `speak` plays the voices."""

    quiet_s = 3.0
    most_tries = 50

    def __init__(
        self, texts: int, speak: Callable[[Cluster, str, int, dict[str, Any]], None]
    ) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.tries: dict[str, int] = {}
        self.crashes = False
        self.events: deque[dict[str, Any]] = deque()
        self._speak = speak
        for number in range(texts):
            self.hear("text", pa.array([f"Text {number}."]), request_id=f"r{number}")
        self.events.append({"type": "INPUT_CLOSED", "id": "text"})
        self._last = time.perf_counter()

    def hear(self, port: str, value: pa.Array, **metadata: Any) -> None:
        """Something comes."""
        self.events.append({"type": "INPUT", "id": port, "value": value, "metadata": metadata})

    def next(self, timeout: float | None = None) -> dict[str, Any] | None:
        """As dora's; the stream is over where nothing has happened for a while."""
        if self.events:
            self._last = time.perf_counter()
            return self.events.popleft()
        if self.crashes:
            raise CrashError
        if time.perf_counter() - self._last > self.quiet_s:
            return None
        time.sleep(min(timeout or 0.02, 0.02))
        return {"type": "ERROR", "error": "Timeout event stream"}

    def send_output(self, port: str, _value: pa.Array, metadata: dict[str, Any]) -> None:
        """As dora's."""
        self.sent.append((port, dict(metadata)))
        kind, _, worker = port.partition("_")
        if kind == "text":
            name = metadata["request_id"]
            self.tries[name] = self.tries.get(name, 0) + 1
            if self.tries[name] > self.most_tries:
                raise CrashError
            self._speak(self, worker, metadata["job"], metadata)

    def dataflow_id(self) -> str:
        """As dora's."""
        return "flow"

    def complete(self, worker: str, job: int, name: str, size: int = 100) -> None:
        """A voice speaks a text in one fragment."""
        audio = pa.array(np.zeros(size, np.float32))
        self.hear(f"audio_{worker}", audio, job=job, seq=0)
        done = {"job": job, "fragments": 1, "outcome": "completed", "request_id": name}
        self.hear(f"done_{worker}", pa.array(["completed"]), **done)

    @property
    def replies(self) -> dict[str, str]:
        """Outcome by request."""
        return {
            metadata["request_id"]: metadata["outcome"]
            for port, metadata in self.sent
            if port == "segment_complete"
        }

    def run(self, **environment: str) -> int | None:
        """The dispatcher's exit code; None where it was killed."""
        os.environ |= {"WORKERS": "a, b", "PATIENCE": "0.3", "JOURNAL": os.devnull, **environment}
        sys.modules["dora"] = types.SimpleNamespace(Node=lambda: self)  # type: ignore[assignment]
        sys.modules.pop("dispatcher", None)
        sys.path[:0] = [str(TREE / "dataflows")]
        import dispatcher

        try:
            return int(dispatcher.main())
        except CrashError:
            return None


def a_text_that_kills_its_voice(folder: Path) -> None:
    """Some tries, then an error reply; the others are spoken."""

    def speak(cluster: Cluster, worker: str, job: int, metadata: dict[str, Any]) -> None:
        if metadata["request_id"] == "r0":
            cluster.events.append({"type": "NODE_RESTARTED", "id": worker})
        else:
            cluster.complete(worker, job, metadata["request_id"])

    cluster = Cluster(12, speak)
    cluster.run(JOURNAL=str(folder / "journal"))
    assert cluster.tries["r0"] <= 5, f"{cluster.tries['r0']} voices died of one text"
    wanted = {f"r{n}": "error" if n == 0 else "completed" for n in range(12)}
    assert cluster.replies == wanted, cluster.replies


def no_voice_left(folder: Path) -> None:
    """Everything open is answered, and the exit code is 1."""
    spoken: list[int] = []

    def speak(cluster: Cluster, worker: str, job: int, metadata: dict[str, Any]) -> None:
        if len(spoken) < 16:
            spoken.append(job)
            cluster.complete(worker, job, metadata["request_id"])
        else:
            cluster.events.append({"type": "INPUT_CLOSED", "id": f"audio_{worker}"})

    cluster = Cluster(100, speak)
    code = cluster.run(JOURNAL=str(folder / "journal"))
    lost = 100 - len(cluster.replies)
    assert lost == 0, f"{lost} of 100 texts without a word, exit code {code}"
    assert code == 1, f"exit code {code}"


def fragments_behind_a_slow_text(folder: Path) -> None:
    """They are bounded: the voices get no new texts."""

    def speak(cluster: Cluster, worker: str, job: int, metadata: dict[str, Any]) -> None:
        if metadata["request_id"] != "r0":
            cluster.complete(worker, job, metadata["request_id"], size=1 << 18)

    cluster = Cluster(200, speak)
    cluster.crashes = True
    cluster.run(HELD_MB="8", PATIENCE="60", JOURNAL=str(folder / "journal"))
    given = len(cluster.tries) - 1
    assert given <= 12, f"{given} MB are held behind a slow text, 8 are allowed"


def a_restarted_dispatcher(folder: Path) -> None:
    """What was open is answered as lost, by its ids."""
    before = Cluster(5, lambda *_: None)
    before.crashes = True
    before.run(JOURNAL=str(folder / "journal"), PATIENCE="60")
    after = Cluster(0, lambda *_: None)
    after.quiet_s = 1.0
    after.run(JOURNAL=str(folder / "journal"), PATIENCE="60")
    assert after.replies == {f"r{n}": "error" for n in range(5)}, (
        f"{5 - len(after.replies)} of 5 lost"
    )


def _in_a_folder(check: Callable[[Path], None]) -> Callable[[], None]:
    def run() -> None:
        with tempfile.TemporaryDirectory() as name:
            check(Path(name))

    return run


# -------------------------------------------------------------------------------------------- files


def a_checkpoint_of_colliding_keys() -> None:
    """60,000 keys with one hash; 1 MB."""
    modulus = (1 << 61) - 1
    keys = b"".join(
        b"\x8a\x0a" + (number * modulus).to_bytes(10, "little") + b"N" for number in range(60_000)
    )
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.ckpt"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02}(" + keys + b"u.")
            archive.writestr("archive/version", b"3\n")
        command = [sys.executable, "-m", "dora_mlx_tts", "convert", "-o", str(Path(name) / "pack")]
        command += ["--gpt", str(file), "--sovits", str(file)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        except subprocess.TimeoutExpired:
            raise AssertionError("convert hangs") from None
        assert done.returncode == 1, done.stderr


CASES = {
    "many pauses": many_pauses,
    "a large folder of voices": a_large_folder_of_voices,
    "a text that kills its voice": _in_a_folder(a_text_that_kills_its_voice),
    "no voice left": _in_a_folder(no_voice_left),
    "fragments behind a slow text": _in_a_folder(fragments_behind_a_slow_text),
    "a restarted dispatcher": _in_a_folder(a_restarted_dispatcher),
    "a checkpoint of colliding keys": a_checkpoint_of_colliding_keys,
}

"""A dora node without dora and an engine without networks, both scripted by the test."""

from __future__ import annotations

import queue
import threading
import time
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from dora_mlx_tts.config import Settings
from dora_mlx_tts.errors import EmptyTextError, VoiceError
from dora_mlx_tts.node import serve
from dora_mlx_tts.synthesis.records import Fragment

RATE = 32000
PATIENCE_S = 60.0


class FakeNode:
    """Blocks in ``next`` like the real one and records what is sent, metadata included."""

    def __init__(self, outputs=("audio", "segment_complete", "status"), fail_on=()):
        self.events = queue.Queue()
        self.sent = []  # (port, value, metadata), in the order of sending
        self.logs = []
        self.fail_on = set(fail_on)
        self._outputs = list(outputs)
        self._news = threading.Condition()

    def next(self):
        event = self.events.get(timeout=PATIENCE_S)
        if isinstance(event, Exception):
            raise event
        return event

    def node_config(self):
        return {"inputs": {}, "outputs": self._outputs}

    def send_output(self, port, data, metadata):
        assert isinstance(data, pa.Array)
        for key, value in metadata.items():
            assert isinstance(key, str)
            assert type(value) in {bool, int, float, str, list}, (key, value)
            if type(value) is int and not -(2**63) <= value < 2**63:
                raise OverflowError(f"{key}: int too big to convert")
            if type(value) is str:
                value.encode()  # dora refuses half a character
        if port in self.fail_on:
            raise RuntimeError(f"nobody listens on {port}")
        with self._news:
            self.sent.append((port, data, dict(metadata)))
            self._news.notify_all()

    def log(self, level, message, target=None, fields=None):
        assert all(type(value) is str for value in (fields or {}).values())
        self.logs.append((level, message, fields))

    # what tests say and ask

    def receive(self, port, value, **metadata):
        array = pa.array([value]) if isinstance(value, str) else value
        self.events.put({"type": "INPUT", "id": port, "value": array, "metadata": metadata})

    def text(self, text, **metadata):
        self.receive("text", text, **metadata)

    def control(self, word, **metadata):
        self.receive("control", word, **metadata)

    def end(self):
        """The sender left: STOP comes first, then what is queued, then the stream closes."""
        self.events.put({"type": "STOP", "id": "ALL_INPUTS_CLOSED"})
        self.events.put(None)

    def stop(self):
        self.events.put({"type": "STOP", "id": "MANUAL"})

    def on(self, port):
        return [(value.to_pylist(), metadata) for at, value, metadata in self.sent if at == port]

    def replies(self):
        return [(value[0], metadata) for value, metadata in self.on("segment_complete")]

    def wait_for(self, found):
        """Wait until ``found(self)`` is true."""
        with self._news:
            assert self._news.wait_for(lambda: found(self), PATIENCE_S), f"not in time: {self.sent}"


class Gate:
    """A place in a script where the engine waits until the test lets it go on."""

    def __init__(self):
        self.reached = threading.Event()
        self.go = threading.Event()

    def wait(self):
        self.reached.set()
        assert self.go.wait(PATIENCE_S)


class FakeVoices:
    """A registry of names."""

    def __init__(self, names):
        self.names = names

    def __iter__(self):
        return iter(SimpleNamespace(name=name) for name in self.names)

    def get(self, name):
        if name not in self.names:
            raise VoiceError(f"unknown voice {name!r}; available: {', '.join(self.names)}")
        return SimpleNamespace(name=name)


class FakeEngine:
    """Speaks every text in three fragments unless ``script`` says otherwise.

    ``script`` maps a text to steps: a number is a delay, an exception is raised, a Gate waits, "ok" is
    a fragment, an array is a fragment of just these samples.
    """

    def __init__(self, script=None, voices=None):
        self.script = script or {}
        if voices is not None:
            self.voices = FakeVoices(voices)
        self.calls = []
        self.closed = []
        self.threads = set()

    def stream(self, text, *, voice=None, language=None, cancelled=lambda: False, **settings):
        self.calls.append((text, voice, language, settings))
        self.threads.add(threading.current_thread())
        if not text.strip():
            raise EmptyTextError("nothing to pronounce")
        steps = self.script.get(text, ("ok", "ok", "ok"))
        last = max((i for i, s in enumerate(steps) if is_sound(s)), default=-1)
        number, start = 0, 0.0
        try:
            for position, step in enumerate(steps):
                if cancelled():
                    self.closed.append(text)
                    return
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Gate):
                    step.wait()
                elif isinstance(step, float):
                    time.sleep(step)
                else:
                    samples = np.full(3200, 0.25, np.float32) if isinstance(step, str) else step
                    final = position == last
                    yield Fragment(samples, RATE, text, 0, number, final, start, tokens=3)
                    number, start = number + 1, start + len(samples) / RATE
        except GeneratorExit:
            self.closed.append(text)
            raise


def is_sound(step):
    return isinstance(step, str | np.ndarray)


class Running:
    """``serve`` on a thread of its own, as the main thread of a node."""

    def __init__(self, engine=None, node=None, telemetry=None, **settings):
        self.node = node or FakeNode()
        self._telemetry = telemetry
        self.engine = engine or FakeEngine()
        self.code = None
        self._settings = Settings(**settings)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        self.code = serve(self.node, self.engine, self._settings, self._telemetry)

    def __enter__(self):
        self._thread.start()
        return self.node

    def __exit__(self, kind, *_):
        if kind is None:
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive(), "the node does not end"
        else:  # a failed test must not hang
            self.node.stop()


def spoken(texts, engine=None, node=None, **settings):
    """Serve these texts (strings, or (value, metadata)) until the node ends by itself."""
    running = Running(engine, node, **settings)
    with running as fake:
        for text in texts:
            value, metadata = text if isinstance(text, tuple) else (text, {})
            fake.receive("text", value, **metadata)
        fake.end()
    assert running.code == 0
    return fake


CONTRACT = {"outcome", "error", "error_stage", "ttfb_ms", "rtf", "audio_s", "spoken_text"}
"""What every reply says."""


def outcomes(node):
    return [outcome for outcome, _ in node.replies()]


def held(text="Long."):
    """An engine that stops in the middle of ``text`` until its gate is opened."""
    gate = Gate()
    return FakeEngine({text: ("ok", gate, "ok", "ok")}), gate

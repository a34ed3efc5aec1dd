"""A server on a thread of its own, with an engine scripted by the test."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.server.openai_door import Limits
from dora_mlx_tts.server.serve import Doors, serve
from dora_mlx_tts.synthesis.records import Fragment, WordTiming

RATE = 32000
PATIENCE_S = 20.0
VOICES = {"anna": ("en",), "bao": ("zh", "en")}


class Voices:
    def __iter__(self):
        return iter(
            SimpleNamespace(name=name, description=f"{name}'s voice", languages=codes)
            for name, codes in VOICES.items()
        )

    def get(self, name):
        for voice in self:
            if voice.name == name:
                return voice
        raise VoiceError(unknown("voice", name, VOICES))


class Engine:
    """Speaks 0.1 s per letter-run of a text, in a tone; `steps` scripts a text: see `stream`."""

    def __init__(self, steps=None):
        self.voices = Voices()
        self.steps = steps or {}
        self.calls = []
        self.ended = []
        self.threads = set()

    def refresh(self):
        self.threads.add(threading.current_thread())

    def stream(self, text, *, voice=None, language=None, cancelled, **settings):
        """An exception in the script is raised, an event waited for (also ended by cancelling)."""
        self.calls.append((str(text), voice, language, settings))
        self.threads.add(threading.current_thread())
        return self._fragments(str(text), cancelled)

    def _fragments(self, text, cancelled):
        words = text.split()
        steps = self.steps.get(text, words)
        start = 0.0
        try:
            for number, step in enumerate(steps):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, threading.Event):
                    until = time.monotonic() + PATIENCE_S
                    while not step.wait(0.005) and not cancelled():
                        assert time.monotonic() < until
                    continue
                if cancelled():
                    return
                samples = (0.3 * np.sin(0.05 * np.arange(3200))).astype(np.float32)
                word = WordTiming(str(step), start, start + 0.1, 0, len(str(step)))
                yield Fragment(
                    samples, RATE, text, 0, number, number == len(steps) - 1, start, 3, (word,)
                )
                start += 0.1
        finally:
            self.ended.append(text)


class Server:
    """Where the doors are, and the engine behind them."""

    def __init__(self, engine, opened):
        self.engine = engine
        self.opened = opened

    @property
    def url(self):
        return f"http://127.0.0.1:{self.opened.port}"

    @property
    def wyoming(self):
        return f"tcp://127.0.0.1:{self.opened.wyoming_port}"


@contextmanager
def serving(engine=None, *, parallel=8, limits=None, load=None, settings=None):
    """Open both doors; they are closed at the end, whatever happened."""
    engine = engine or Engine()
    news, found, failure = threading.Event(), [], []

    def run():
        try:
            doors = Doors(port=0, wyoming_port=0, parallel=parallel, limits=limits or Limits())
            serve(
                load or (lambda: engine),
                settings or Settings(),
                doors,
                lambda opened: (found.append(opened), news.set()),
            )
        except Exception as error:
            failure.append(error)
        finally:
            news.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert news.wait(PATIENCE_S)
    assert found, failure
    server = Server(engine, found[0])
    server.failure = failure
    try:
        yield server
    finally:
        found[0].stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the server does not end"


def wait_until(found):
    """Wait until `found()` is true."""
    end = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)

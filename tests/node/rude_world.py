"""The real queue, streams, listener, speech loop and sender, with a scripted engine and a clock of the test's own.

The speech loop runs on a thread of its own, but never at the same time as the test: it goes on when the test says so,
up to the next fragment of the engine or until it would wait. So every run can be repeated.
"""

from __future__ import annotations

import threading

import pyarrow as pa
from rude_engines import Engine, GrowingEngine, SociableEngine

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.commands import CommandHandler, VoiceCatalog
from dora_mlx_tts.node.delivery import Delivery
from dora_mlx_tts.node.inbox import Arrival
from dora_mlx_tts.node.listener import EventListener
from dora_mlx_tts.node.live_settings import LiveSettings
from dora_mlx_tts.node.metrics import NodeMeter
from dora_mlx_tts.node.sender import OutputSender
from dora_mlx_tts.node.speech_loop import SpeechLoop
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.text_stream import StreamRules

IDLE_S, TIMEOUT_S = 0.8, 30.0
PATIENCE_S = 20.0


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Ended(BaseException):
    """The test is over; the loop's thread has to go."""


class Baton:
    """Lets one other thread go on, and waits until it pauses again."""

    def __init__(self):
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self.is_over = False
        self.is_closed = False
        self.error = None

    def run(self, work):
        def body():
            self._go.acquire()
            try:
                work()
            except Ended:
                pass
            except BaseException as error:
                self.error = error
            self.is_over = True
            self._paused.release()

        threading.Thread(target=body, daemon=True).start()

    def step(self):
        """Let it go on up to its next pause."""
        if not self.is_over:
            self._go.release()
            assert self._paused.acquire(timeout=PATIENCE_S), "the speech loop hangs"
        if self.error is not None:
            raise self.error

    def pause(self):
        self._paused.release()
        self._go.acquire()
        if self.is_closed:
            raise Ended

    def close(self):
        self.is_closed = True
        while not self.is_over:
            self.step()


class Condition:
    """Stands for `threading.Condition`: only the loop waits, and in the test's time."""

    def __init__(self, baton, clock):
        self._baton, self._clock = baton, clock
        self._lock = threading.RLock()
        self.is_waiting = False
        self._until, self._is_notified = None, False

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *error):
        return self._lock.__exit__(*error)

    def notify_all(self):
        self._is_notified = True

    def wait(self, timeout=None):
        self._until = None if timeout is None else self._clock.now + timeout
        self._is_notified, self.is_waiting = False, True
        self._lock.release()
        try:
            self._baton.pause()
        finally:
            self._lock.acquire()
            self.is_waiting = False

    @property
    def is_asleep(self):
        """Whether the loop waits, and nothing has happened that ends that."""
        has_time = self._until is not None and self._clock.now >= self._until
        return self.is_waiting and not self._is_notified and not has_time

    @property
    def until(self):
        return self._until if self.is_waiting else None


class Node:
    """Records what is sent, in order."""

    def __init__(self):
        self.sent = []

    def next(self):
        return None

    def send_output(self, port, data, metadata):
        assert all(type(value) in {bool, int, float, str, list} for value in metadata.values()), (
            metadata
        )
        assert all(-(2**63) <= v < 2**63 for v in metadata.values() if type(v) is int), metadata
        self.sent.append((port, data.to_pylist() if port != "audio" else len(data), dict(metadata)))


class World:
    """A node without dora, networks, or time."""

    def __init__(self, *, sociable=False, grows=True, **settings):
        self.clock = Clock()
        self.baton = Baton()
        self.node = Node()
        self.changed = Condition(self.baton, self.clock)
        self.settings = Settings(stream_idle=IDLE_S, stream_timeout=TIMEOUT_S, **settings)
        kind = SociableEngine if sociable else GrowingEngine if grows else Engine
        engine, meter = kind(self.baton), NodeMeter(self.clock)
        self.engine = engine
        self.queue = SpeechQueue(
            self.settings.queue_limit,
            StreamRules.from_settings(self.settings),
            max_ahead_s=self.settings.max_ahead,
            begun_limit=self.settings.crowd_limit,
            max_prepared_s=self.settings.max_prepared,
            clock=self.clock,
            changed=self.changed,
        )
        outputs = OutputSender(self.node, meter)
        self._pause_before_sending(outputs)
        voices = VoiceCatalog(engine)
        live = LiveSettings(self.settings, voices.check)
        self.commands = CommandHandler(self.queue, meter, live, voices, self.clock)
        self.listener = EventListener(
            self.node, self.queue, self.commands, outputs, meter, clock=self.clock
        )
        self.loop = SpeechLoop(
            engine=engine,
            queue=self.queue,
            outputs=outputs,
            meter=meter,
            delivery=Delivery(whole=not self.settings.return_fragment),
            options=live.options,
            clock=self.clock,
        )
        self._orders = 0
        self.baton.run(self.loop.run)
        self.baton.step()

    def _pause_before_sending(self, outputs):
        """What is to be sent may be cancelled before it leaves."""
        lock, send = outputs._lock, outputs.audio
        world = self

        class Lock:
            sends_audio = False

            def __enter__(self):
                if Lock.sends_audio:
                    Lock.sends_audio = False
                    world.baton.pause()
                return lock.__enter__()

            def __exit__(self, *error):
                return lock.__exit__(*error)

        def audio(utterance, fragment):
            Lock.sends_audio = True
            return send(utterance, fragment)

        outputs._lock, outputs.audio = Lock(), audio

    def is_full(self, session, *, flush):
        """Whether the queue has no room, once a flush has silenced what waits of a session."""
        waiting = self.queue.depth
        if flush:
            texts = self.queue._sessions[session].texts
            waiting -= sum(not text.begun and not text.cancelled for text in texts)
        return waiting >= self.queue.queue_limit

    def is_coming_in(self, session):
        """Whether a text of a session is still open for pieces."""
        return self.queue._sessions[session].stream is not None

    def last_sign_s(self, session, index, default):
        """When a text that is over gave its last sign, which is when the loop gave up its `fin`."""
        past = self.queue._sessions[session]._past
        return next((one.last_s for one in past if one.utterance.index == index), default)

    @property
    def is_right_to_sleep(self):
        """Whether nothing can be spoken or answered now, if the loop waits."""
        with self.changed:
            return not self.changed.is_asleep or self.queue._next(self.clock.now) is None

    def receive(self, port, value, metadata):
        """One message; the loop takes notice if it waits."""
        array = pa.array([value]) if isinstance(value, str) else value
        event = {"type": "INPUT", "id": port, "value": array, "metadata": metadata}
        self._orders += 1
        self.listener.receive(Arrival(event, self._orders, self.clock.now, 0))
        self.notice()

    def notice(self):
        """Let a loop that was woken look at what there is; it stops at the next fragment."""
        while self.changed.is_waiting and not self.changed.is_asleep and not self.baton.is_over:
            self.baton.step()

    def speak(self, fragments):
        """Let the engine make so many fragments."""
        for _ in range(fragments):
            if self.baton.is_over or self.changed.is_asleep:
                return
            self.baton.step()
            self.notice()

    def wait(self, seconds):
        """Time passes, and the loop notices in time whatever it waits for."""
        end = self.clock.now + seconds
        while (until := self.changed.until) is not None and until <= end:
            self.clock.now = max(self.clock.now, until)
            self.notice()
            if not self.changed.is_waiting:
                break  # the engine takes as long as the test likes
        self.clock.now = end
        self.notice()

    def quiet(self):
        """Everything is spoken that can be; time passes while the loop waits for it."""
        for _ in range(100_000):
            if self.baton.is_over:
                return
            if not self.changed.is_asleep:
                self.baton.step()
            elif self.changed.until is not None:
                self.clock.now = max(self.clock.now, self.changed.until)
            else:
                return
        raise AssertionError("the speech loop does not come to rest")

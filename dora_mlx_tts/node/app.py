"""The node: a listener thread receives events, the main thread runs synthesis.

The listener blocks in ``node.next()``, takes every event as it arrives, sets cancel flags and acknowledges them
itself. MLX, audio and the replies to spoken texts belong to the main thread. The node ends when its inputs have
closed and everything queued has been spoken, or at once when the dataflow is stopped.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Final

from dora_mlx_tts import __version__
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.node import transport
from dora_mlx_tts.node.commands import CommandHandler, VoiceCatalog
from dora_mlx_tts.node.delivery import Delivery
from dora_mlx_tts.node.listener import EventListener
from dora_mlx_tts.node.live_settings import LiveSettings, state_file
from dora_mlx_tts.node.metrics import NodeMeter
from dora_mlx_tts.node.protocol import ports
from dora_mlx_tts.node.protocol.decode import decode
from dora_mlx_tts.node.protocol.encode import warm_up as warm_up_encoding
from dora_mlx_tts.node.protocol.messages import Plain, Status
from dora_mlx_tts.node.sender import DoraNode, NodeLogHandler, OutputSender
from dora_mlx_tts.node.speech_job import SpeechEngine
from dora_mlx_tts.node.speech_loop import SpeechLoop
from dora_mlx_tts.node.telemetry import Telemetry, exporting_to
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.text_stream import StreamRules

logger = logging.getLogger(__name__)

_CLOCK: Final = time.monotonic
_SWITCH_INTERVAL_S: Final = 0.00005
"""Interpreter switch interval in seconds. Text analysis is pure Python; the default of 5 ms would hold up the
listener."""
_JOIN_S: Final = 2.0
_QUEUE_SIZE: Final = 10_000
"""Messages that dora may queue per input while the listener waits for the interpreter."""


@contextmanager
def _logging_to(outputs: OutputSender, level: str) -> Iterator[None]:
    """Send the package's log records to dora while the node runs."""
    package = logging.getLogger("dora_mlx_tts")
    before = package.level, package.propagate
    handler = NodeLogHandler(outputs, level)
    package.addHandler(handler)
    package.setLevel(level)
    package.propagate = False
    try:
        yield
    finally:
        package.removeHandler(handler)
        package.setLevel(before[0])
        package.propagate = before[1]


@contextmanager
def _stopping_on_signals(queue: SpeechQueue) -> Iterator[None]:
    """Handle Ctrl-C and SIGTERM like a stop from dora: fall silent, answer every text, exit with code 0.

    Python runs a handler between any two steps of the main thread, even while that thread holds the queue's lock
    and changes a text. So the handler only hands the signal to a thread that waits for the lock like any other.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: SimpleQueue[bool] = SimpleQueue()  # the only queue that handlers may use

    def wait() -> None:
        if arrived.get():
            queue.stop()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        arrived.put(True)

    _start(threading.Thread(target=wait, name="signals", daemon=True))
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        arrived.put(False)


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except (RuntimeError, MemoryError) as error:  # no more threads for this process
        raise BackendError(f"the {thread.name} thread cannot be started: {error}") from error


def serve(
    node: DoraNode,
    engine: SpeechEngine,
    settings: Settings,
    telemetry: Telemetry | None = None,
) -> int:
    """Speak what ``node`` receives until it ends; returns the exit code. Call it on the thread that owns MLX.

    Raises:
        BackendError: A thread cannot be started.
    """
    meter = NodeMeter(_CLOCK)
    queue = SpeechQueue(
        settings.queue_limit,
        StreamRules.from_settings(settings),
        max_ahead_s=settings.max_ahead,
        marks=(settings.buffer_low, settings.buffer_high),
        resume_window_s=settings.resume_window,
        begun_limit=settings.crowd_limit,
        max_prepared_s=settings.max_prepared,
    )
    outputs = OutputSender(
        node,
        meter,
        nested=settings.audio_layout == "nested",
        flush=settings.flush_audio,
        watcher=telemetry.answered if telemetry else None,
    )
    voices = VoiceCatalog(engine)
    live_settings = LiveSettings(settings, voices.check, _state_file(node, settings))
    between = _housekeeping(engine)
    loop = SpeechLoop(
        engine=engine,
        queue=queue,
        outputs=outputs,
        meter=meter,
        delivery=Delivery(
            not settings.return_fragment,
            settings.sample_rate,
            settings.peak_limit,
            settings.max_message,
        ),
        options=live_settings.options,
        between=between,
        clock=_CLOCK,
    )
    commands = CommandHandler(queue, meter, live_settings, voices, release=loop.release)
    if telemetry:
        telemetry.watch(commands.figures)
    read_event = partial(
        decode, text_limit=settings.text_limit, text_commands=settings.text_commands
    )
    listener = EventListener(node, queue, commands, outputs, meter, read_event)
    with _logging_to(outputs, settings.log_level), _stopping_on_signals(queue):
        settings.log_remarks(logger)
        if _told(node, "is_restart"):
            live_settings.restore()
        _start(listener)
        between()
        warm_up_encoding()
        outputs.status(Status("ready", details=_introduction(settings, voices)))
        listener.begin()
        loop.run()
        listener.join(_JOIN_S)
        loop.run()  # answers what arrived after the loop had decided to end
        logger.info("node ends", extra={"fields": commands.figures()})
    return 1 if listener.failed else 0


def _introduction(settings: Settings, voices: VoiceCatalog) -> dict[str, Plain]:
    return {
        "voice": settings.voice,
        "voices": voices.names(),
        "version": __version__,
        "wire_format": ports.WIRE_FORMAT,
        "pid": os.getpid(),
    }


def _told(node: DoraNode, question: str) -> object:
    """Dora's answer to a query, or None from versions that do not support it."""
    ask = getattr(node, question, None)
    return ask() if callable(ask) else None


def _state_file(node: DoraNode, settings: Settings) -> Path | None:
    dataflow = str(_told(node, "dataflow_id") or "")
    return state_file(settings, dataflow, transport.node_id(os.environ))


def _housekeeping(engine: SpeechEngine) -> Callable[[], None]:
    """The engine's work between two texts; failures are logged."""
    refresh = getattr(engine, "refresh", None)

    def run() -> None:
        try:
            if callable(refresh):
                refresh()
        except Exception:
            logger.exception("the voice folders could not be checked")

    return run


def _join_dataflow(settings: Settings) -> DoraNode:
    from dora import Node  # noqa: PLC0415  only a node needs dora

    transport.deepen_queues(ports.INPUTS, _QUEUE_SIZE, os.environ)
    node: DoraNode
    if settings.transport == "daemon":
        try:
            with transport.through_daemon(os.environ) as done:
                node = Node()
        except RuntimeError as error:  # from any cause: a real one is raised again below
            logger.warning(
                "dora's direct path may be used, because it could not be closed: %s", error
            )
        else:
            if not done:
                logger.warning(
                    "dora's direct path may be used, because zenoh is configured outside the node"
                )
            return node
    node = Node()
    return node


def _telemetry(settings: Settings) -> Telemetry | None:
    if settings.otlp_endpoint is None:
        return None
    return exporting_to(settings.otlp_endpoint, transport.node_id(os.environ))


def run_node(load_engine: Callable[[Settings], SpeechEngine]) -> int:
    """Load and warm up the engine, join the dataflow and serve; returns the exit code.

    The engine comes first: dora holds the dataflow until every node has joined, so nothing is lost while
    a voice loads.

    Raises:
        TtsError: The settings or the voice cannot be used.
    """
    settings = Settings.load()
    telemetry = _telemetry(settings)
    engine = load_engine(settings)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    code = serve(_join_dataflow(settings), engine, settings, telemetry)
    if telemetry:
        telemetry.close()
    if any(thread.name == "listener" for thread in threading.enumerate()):
        # Stopped by a signal that dora does not know about: the listener cannot leave next().
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code

"""The node: one thread hears, the main thread speaks.

The listener sits in ``node.next()``, takes everything at once, raises cancel flags and acknowledges them
itself; MLX, audio and the replies of spoken texts belong to the main thread. The node ends when its
inputs have closed and everything queued is said, or at once when the dataflow is stopped.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from dora_mlx_tts import protocol
from dora_mlx_tts.config import Settings
from dora_mlx_tts.conversation import SELECTIONS, Conversation, SpeechEngine
from dora_mlx_tts.messages import (
    BadInput,
    Command,
    Metadata,
    Outcome,
    Reply,
    Stage,
    Status,
    TextRequest,
)
from dora_mlx_tts.metrics import NodeMeter, SpeechMeter
from dora_mlx_tts.outputs import DoraNode, NodeLogHandler, Outputs
from dora_mlx_tts.speaker import Speaker

_log = logging.getLogger(__name__)

_CLOCK: Final = time.monotonic
_SWITCH_INTERVAL_S: Final = 0.0005
"""Text analysis is pure Python; at the default 5 ms it would hold up the listener."""
_JOIN_S: Final = 2.0

_STATES: Final = {"cancel": "cancelled", "reset": "reset"}


class Listener(threading.Thread):
    """Drains the node's inputs into the conversation and answers what needs no speech."""

    def __init__(
        self, node: DoraNode, conversation: Conversation, outputs: Outputs, meter: NodeMeter
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self.failed = False
        self._node = node
        self._conversation = conversation
        self._outputs = outputs
        self._meter = meter
        self._unknown_ports: set[str] = set()
        self._answers: Mapping[str, Callable[[Command], Status]] = {
            "cancel": self._silence,
            "reset": self._silence,
            "stats": self._stats,
            "ping": lambda command: Status("pong", command.echo),
        }

    def run(self) -> None:
        """Hear until the stream is closed or the dataflow is stopped by hand."""
        try:
            while (event := self._node.next()) is not None:
                if event.get("type") == "STOP" and event.get("id") == "MANUAL":
                    self._conversation.stop()
                    return
                # Any other STOP comes before inputs that are still queued: go on until None.
                if event.get("type") == "INPUT":
                    self._hear(event)
        except Exception:  # noqa: BLE001  dora's own failure; logged, and the node ends with 1
            self.failed = True
            _log.exception("the event stream failed")
        finally:
            self._conversation.close()

    def _hear(self, event: Mapping[str, Any]) -> None:
        try:
            received_s = _CLOCK()
            message = protocol.decode(event, received_s=received_s)
            if isinstance(message, TextRequest):
                self._accept(message)
            elif isinstance(message, Command):
                self._obey(message)
            elif isinstance(message, BadInput):
                self._reject(message, received_s)
            else:
                self._ignore(str(event.get("id")))
        except Exception:  # noqa: BLE001  logged; one message must not end the node
            _log.exception("a message on %s could not be handled", event.get("id"))

    def _accept(self, request: TextRequest) -> None:
        self._meter.count("received")
        if self._conversation.submit(request) is None:
            self._meter.count("refused")
            limit = self._conversation.queue_limit
            error = f"{limit} texts are waiting, which is the limit (queue_limit); refused"
            self._answer_error(error, Stage.QUEUE, request.echo, request.received_s)

    def _reject(self, message: BadInput, received_s: float) -> None:
        if message.port == protocol.TEXT:
            self._meter.count("received")
            self._answer_error(message.error, message.stage, message.echo, received_s)
        else:
            self._complain(message.error, message.echo)

    def _answer_error(self, error: str, stage: Stage, echo: Metadata, received_s: float) -> None:
        figures = SpeechMeter(received_s, 0, _CLOCK).figures()
        reply = Reply(Outcome.ERROR, echo, error=error, stage=stage)
        self._outputs.reply(reply, figures, text_index=self._conversation.next_index())

    def _complain(self, error: str, echo: Metadata) -> None:
        self._outputs.status(Status("error", echo, {"error": error}))
        _log.warning("%s", error)

    def _obey(self, command: Command) -> None:
        self._meter.count("commands")
        answer = self._answers.get(command.name)
        if answer is None:
            known = ", ".join(sorted(self._answers))
            self._complain(f"unknown command {command.name!r}; known are {known}", command.echo)
            return
        self._outputs.status(answer(command))

    def _silence(self, command: Command) -> Status:
        selection = SELECTIONS[command.name](command)
        texts = self._conversation.cancel(selection, command.name)
        return Status(
            _STATES[command.name], command.echo, {"command": command.name, "texts": texts}
        )

    def _stats(self, command: Command) -> Status:
        depth, open_texts = self._conversation.depth, self._conversation.open_texts
        figures = self._meter.figures(queue_depth=depth, open_texts=open_texts)
        limit = self._conversation.queue_limit
        return Status("stats", command.echo, {**figures.as_metadata(), "queue_limit": limit})

    def _ignore(self, port: str) -> None:
        if port not in self._unknown_ports:
            self._unknown_ports.add(port)
            _log.warning("input %s is not known; known are text and control", port[:64])


@contextmanager
def _logging_to(outputs: Outputs, level: str) -> Iterator[None]:
    """Let the package's loggers write to dora while the node runs."""
    logger = logging.getLogger("dora_mlx_tts")
    before = logger.level, logger.propagate
    handler = NodeLogHandler(outputs, level)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


@contextmanager
def _stopping_on_signals(conversation: Conversation) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop like dora does: silence, answers, exit code 0."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        conversation.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(node: DoraNode, engine: SpeechEngine, settings: Settings) -> int:
    """Speak what ``node`` hears until it ends; the exit code. Call it on the thread that owns MLX."""
    meter = NodeMeter(_CLOCK)
    conversation = Conversation(settings.queue_limit)
    outputs = Outputs(node, meter, nested=settings.audio_layout == "nested")
    listener = Listener(node, conversation, outputs, meter)
    speaker = Speaker(
        engine=engine,
        conversation=conversation,
        outputs=outputs,
        meter=meter,
        whole=not settings.return_fragment,
        clock=_CLOCK,
    )
    with _logging_to(outputs, settings.log_level), _stopping_on_signals(conversation):
        listener.start()
        outputs.status(Status("ready", details={"voice": settings.voice}))
        speaker.run()
        listener.join(_JOIN_S)
        speaker.run()  # answers what was heard after the end was decided
        figures = meter.figures(queue_depth=conversation.depth, open_texts=conversation.open_texts)
        _log.info("node ends", extra={"fields": figures.as_metadata()})
    return 1 if listener.failed else 0


def run_node(load_engine: Callable[[Settings], SpeechEngine]) -> int:
    """Load the engine, warm, then join the dataflow and serve; the exit code.

    The engine comes first: dora holds the dataflow until every node has joined, so nothing is lost while
    a voice loads.

    Raises:
        TtsError: The settings or the voice cannot be used.
    """
    settings = Settings.load()
    engine = load_engine(settings)
    from dora import Node  # noqa: PLC0415  only a node needs dora

    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    code = serve(Node(), engine, settings)
    if any(thread.name == "listener" for thread in threading.enumerate()):
        # Stopped by a signal that dora knows nothing of: the listener cannot leave next().
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code

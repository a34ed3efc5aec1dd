"""The hearing side of the node: takes everything at once and answers what needs no speech."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.messages import brief, unknown
from dora_mlx_tts.node.commands import CommandHandler, complaint
from dora_mlx_tts.node.metrics import NodeMeter, SpeechMeter
from dora_mlx_tts.node.protocol import decode, ports
from dora_mlx_tts.node.protocol.messages import (
    BadInput,
    BufferStatus,
    Command,
    Metadata,
    Outcome,
    Reply,
    Stage,
    Status,
    TextRequest,
)
from dora_mlx_tts.node.sender import DoraNode, OutputSender
from dora_mlx_tts.node.turns.scheduler import SpeechQueue

logger = logging.getLogger(__name__)
_CLOCK: Final = time.monotonic

Decode = Callable[..., TextRequest | Command | BufferStatus | BadInput | None]


class EventListener(threading.Thread):
    """Drains the node's inputs into the conversation.

    Args:
        node: Where events come from.
        queue: Where texts go.
        commands: handles commands.
        outputs: Where answers go.
        meter: The node's counts.
        decode: Makes records of events.
    """

    def __init__(
        self,
        node: DoraNode,
        queue: SpeechQueue,
        commands: CommandHandler,
        outputs: OutputSender,
        meter: NodeMeter,
        decode: Decode = decode.decode,
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self.failed = False
        self._node = node
        self._queue = queue
        self._commands = commands
        self._outputs = outputs
        self._meter = meter
        self._decode = decode
        self._unknown_ports: set[str] = set()
        self._bad_ports: set[str] = set()

    def run(self) -> None:
        """Hear until the stream is closed or the dataflow is stopped by hand."""
        try:
            for event in self._events():
                if event.get("type") == "STOP" and event.get("id") == "MANUAL":
                    self._queue.stop()
                    return
                # Any other STOP comes before inputs that are still queued: go on until None.
                self._receive(event)
        except Exception:
            self.failed = True
            logger.exception("the event stream failed")
        finally:
            self._queue.close()

    def _events(self) -> Iterator[Mapping[str, Any]]:
        """Events as soon as they are there, those that came meanwhile in one go.

        Each ``next()`` may have to wait for the interpreter while the other thread computes; ``drain`` takes
        all that waits at once.
        """
        while (event := self._node.next()) is not None:
            events = [event]
            while more := self._waiting():
                events += more
            yield from events

    def _waiting(self) -> list[Mapping[str, Any]]:
        drain = getattr(self._node, "drain", None)
        try:
            return list(drain()) if callable(drain) else []
        except RuntimeError:  # dora's way to say that the stream is closed; next() says it again
            return []

    def _receive(self, event: Mapping[str, Any]) -> None:
        try:
            kind = event.get("type")
            if kind == "INPUT":
                self._receive_input(event)
            elif kind == "ERROR":
                self._receive_error(str(event.get("error")))
            elif kind in {"PARAM_UPDATE", "PARAM_DELETED"}:
                value = event.get("value") if kind == "PARAM_UPDATE" else None
                self._answer(lambda: self._commands.parameter(str(event.get("id")), value), {})
        except Exception:
            logger.exception("a message on %s could not be handled", event.get("id"))

    @staticmethod
    def _receive_error(error: str) -> None:
        """What dora says of itself; that nothing came in time is no news."""
        if not error.startswith("Timeout"):
            logger.error("dora: %s", brief(error, 500))

    def _receive_input(self, event: Mapping[str, Any]) -> None:
        received_s = _CLOCK()
        message = self._decode(event, received_s=received_s)
        if isinstance(message, TextRequest):
            self._accept(message)
        elif isinstance(message, Command):
            self._answer(lambda: self._commands.handle(message), message.echo)
        elif isinstance(message, BufferStatus):
            self._commands.buffer(message)
        elif isinstance(message, BadInput):
            self._reject(message, received_s)
        else:
            self._ignore(str(event.get("id")))

    def _accept(self, request: TextRequest) -> None:
        self._meter.count("pieces")
        admission = self._queue.receive(request)
        if admission.missing:
            self._report_gap(request, admission.missing)
        if admission.kind == "late":
            self._meter.count("late")
        elif admission.kind == "new":
            self._meter.count("received")
        elif admission.kind == "refused":
            self._meter.count("received")
            self._meter.count("refused")
            limit = self._queue.queue_limit
            error = f"queue is full (queue_limit = {limit}); text rejected"
            self._answer_error(error, Stage.QUEUE, request.echo, request.received_s)

    def _report_gap(self, request: TextRequest, missing: int) -> None:
        """What the sender numbered and we never saw is lost; nobody else would notice."""
        self._meter.count("missing", max(missing, 0))
        details = {"missing": missing, "before_seq": request.seq or 0}
        self._outputs.status(Status("gap", request.echo, details))
        if missing > 0:
            logger.warning("%d messages are missing before seq %s", missing, request.seq)
        else:
            logger.warning("seq %s comes after a higher one", request.seq)

    def _reject(self, message: BadInput, received_s: float) -> None:
        if message.port == ports.TEXT:
            self._meter.count("pieces")
            self._meter.count("received")
            self._answer_error(message.error, message.stage, message.echo, received_s)
        elif message.port == ports.BUFFER_STATUS:
            self._complain_once(message)
        else:
            self._complain(message.error, message.echo)

    def _answer_error(self, error: str, stage: Stage, echo: Metadata, received_s: float) -> None:
        figures = SpeechMeter(received_s, 0, _CLOCK).figures()
        reply = Reply(Outcome.ERROR, echo, error=error, stage=stage)
        self._outputs.reply(reply, figures, text_index=self._queue.next_index())

    def _answer(self, act: Callable[[], Status], echo: Metadata) -> None:
        try:
            status = act()
        except TtsError as error:
            self._outputs.status(complaint(error, echo))
            logger.warning("%s", error)
            return
        self._outputs.status(status)

    def _complain(self, error: str, echo: Metadata) -> None:
        self._outputs.status(Status("error", echo, {"error": error}))
        logger.warning("%s", error)

    def _complain_once(self, message: BadInput) -> None:
        """A player reports many times a second; one complaint is enough."""
        if message.port not in self._bad_ports:
            self._bad_ports.add(message.port)
            self._complain(message.error, message.echo)

    def _ignore(self, port: str) -> None:
        if port not in self._unknown_ports:
            self._unknown_ports.add(port)
            logger.warning("%s", unknown("input", port, ports.INPUTS))

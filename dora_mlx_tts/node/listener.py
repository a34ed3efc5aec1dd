"""The listening side of the node: drains the inputs and answers everything that needs no speech."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.messages import brief, unknown
from dora_mlx_tts.node.commands import CommandHandler, NothingFoundError, complaint
from dora_mlx_tts.node.inbox import Arrival, Inbox, is_stop
from dora_mlx_tts.node.metrics import NodeMeter, SpeechMeter
from dora_mlx_tts.node.protocol import decode, ports
from dora_mlx_tts.node.protocol.messages import (
    BadInput,
    BufferStatus,
    Command,
    Metadata,
    Outcome,
    Played,
    Reply,
    Stage,
    Status,
    TextRequest,
)
from dora_mlx_tts.node.sender import DoraNode, OutputSender
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.targets import TARGETS
from dora_mlx_tts.node.turns.text_stream import Admission

logger = logging.getLogger(__name__)
_LINE_S: Final = 1.0
_OVERTAKING: Final = frozenset({*TARGETS, "commit"})
"""Commands that also apply to texts that were sent before them but received after them."""
_MANY_PORTS: Final = 100

Decode = Callable[..., TextRequest | Command | BufferStatus | Played | BadInput | None]


class EventListener(threading.Thread):
    """Drains the node's inputs into the queue.

    Args:
        node: Where events come from.
        queue: Where texts go.
        commands: Handles commands.
        outputs: Where answers go.
        meter: The node's counts.
        decode: Turns events into records.
        clock: Seconds.
    """

    def __init__(
        self,
        node: DoraNode,
        queue: SpeechQueue,
        commands: CommandHandler,
        outputs: OutputSender,
        meter: NodeMeter,
        decode: Decode = decode.decode,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self.failed = False
        self._queue = queue
        self._commands = commands
        self._outputs = outputs
        self._meter = meter
        self._decode = decode
        self._clock = clock
        self._inbox = Inbox(node, clock)
        self._overtaking: list[tuple[Arrival, Command]] = []
        self._may_begin = threading.Event()
        self._complained: set[str] = set()
        self._refused = RefusalLog(clock)

    def begin(self) -> None:
        """Let a started thread take events; until then they wait in dora."""
        self._may_begin.set()

    def run(self) -> None:
        """Receive until the stream is closed or the dataflow is stopped by hand."""
        self._may_begin.wait()
        try:
            for arrival in self._inbox:
                if is_stop(arrival.event):
                    self._queue.stop()
                    for other in self._inbox.rest():  # each of them gets its answer
                        self.receive(other)
                    return
                self.receive(arrival)
        except Exception:
            self.failed = True
            logger.exception("the event stream failed")
        finally:
            self._refused.flush()
            self._queue.close()

    def receive(self, arrival: Arrival) -> None:
        """Handle one event; whatever is wrong with it, the node keeps running."""
        event = arrival.event
        try:
            kind = event.get("type")
            if kind == "INPUT":
                self._receive_input(arrival)
            elif kind == "ERROR":
                self._receive_error(str(event.get("error")))
            elif kind in {"PARAM_UPDATE", "PARAM_DELETED"}:
                value = event.get("value") if kind == "PARAM_UPDATE" else None
                self._answer(lambda: self._commands.parameter(str(event.get("id")), value), {})
        except Exception:
            logger.exception("a message on %s could not be handled", brief(event.get("id")))
        if self._inbox.is_empty:
            self._overtaking.clear()

    @staticmethod
    def _receive_error(error: str) -> None:
        """Report dora's own errors; a timeout is not one."""
        if not error.startswith("Timeout"):
            logger.error("dora: %s", brief(error, 500))

    def _receive_input(self, arrival: Arrival) -> None:
        message = self._decode(arrival.event, received_s=arrival.came_s)
        if isinstance(message, TextRequest):
            self._accept(message, arrival)
        elif isinstance(message, Command):
            self._handle(message, arrival)
        elif isinstance(message, BufferStatus):
            self._commands.buffer(message)
        elif isinstance(message, Played):
            self._take_report(message)
        elif isinstance(message, BadInput):
            self._reject(message)
        else:
            self._ignore(str(arrival.event.get("id")))

    def _accept(self, request: TextRequest, arrival: Arrival) -> None:
        admission = self._queue.receive(request)
        self._count(admission)
        if admission.missing:
            self._report_gap(request, admission.missing)
        if admission.kind == "refused":
            self._meter.count("refused")
            limit = self._queue.queue_limit
            error = f"queue is full (queue_limit = {limit}); text rejected"
            self._answer_error(error, Stage.QUEUE, request)
        for command_arrival, command in self._overtaking:
            if arrival.was_sent_before(command_arrival) and admission.utterance is not None:
                self._commands.apply_late(command, admission.utterance)

    def _count(self, admission: Admission) -> None:
        self._meter.count("pieces")
        if admission.kind == "late":
            self._meter.count("late")
        elif admission.kind in {"new", "refused"}:
            self._meter.count("received")

    def _report_gap(self, request: TextRequest, missing: int) -> None:
        """Report numbered messages that never arrived; nobody else would notice."""
        self._meter.count("missing", missing)
        details = {"missing": missing, "before_seq": request.seq or 0}
        self._outputs.status(Status("gap", request.echo, details))
        logger.warning("%d messages are missing before seq %s", missing, request.seq)

    def _reject(self, message: BadInput) -> None:
        if message.port == ports.TEXT:
            admission = self._queue.reject(message.request, message.error, message.stage)
            self._count(admission)
            if admission.missing:
                self._report_gap(message.request, admission.missing)
            if admission.kind == "refused":
                self._answer_error(message.error, message.stage, message.request)
        elif message.port not in {ports.BUFFER_STATUS, ports.PLAYED}:
            self._complain(message.error, message.echo)
        else:
            self._complain_once(message.port, message.error, message.echo)

    def _take_report(self, report: Played) -> None:
        wrong = self._queue.played(report)
        if wrong:
            self._complain_once("a report that cannot be", wrong, report.echo)

    def _complain_once(self, kind: str, error: str, echo: Metadata) -> None:
        """Answer only the first of its kind: a player reports many times per second."""
        if kind not in self._complained:
            self._complained.add(kind)
            self._complain(error, echo)

    def _answer_error(self, error: str, stage: Stage, request: TextRequest) -> None:
        figures = SpeechMeter(request.received_s, len(request.text), self._clock).figures()
        reply = Reply(Outcome.ERROR, request.echo, error=error, stage=stage)
        is_logged = stage is not Stage.QUEUE or self._refused.is_due()
        self._outputs.reply(
            reply, figures, text_index=self._queue.next_index(), is_logged=is_logged
        )

    def _handle(self, command: Command, arrival: Arrival) -> None:
        if command.name in _OVERTAKING and not self._inbox.is_empty:
            self._overtaking.append((arrival, command))
            command = dataclasses.replace(command, overtakes=True)
        self._answer(lambda: self._commands.handle(command), command.echo)

    def _answer(self, act: Callable[[], Status], echo: Metadata) -> None:
        """Send the one answer to a command, even after an unforeseen error."""
        try:
            status = act()
        except NothingFoundError as error:
            self._complain_and_log_once(str(error), echo)
        except TtsError as error:
            self._complain(str(error), echo)
        except Exception as error:
            logger.exception("a command failed")
            self._complain(f"{type(error).__name__}: {error}", echo)
        else:
            self._outputs.status(status)

    def _complain_and_log_once(self, error: str, echo: Metadata) -> None:
        """Answer every time, but log only once: senders may repeat a mistake."""
        self._outputs.status(complaint(error, echo))
        if error not in self._complained:
            self._complained.add(error)
            logger.warning("%s", error)

    def _complain(self, error: str, echo: Metadata) -> None:
        self._outputs.status(complaint(error, echo))
        logger.warning("%s", error)

    def _ignore(self, port: str) -> None:
        if port not in self._complained and len(self._complained) < _MANY_PORTS:
            self._complained.add(port)
            logger.warning("%s", unknown("input", port, ports.INPUTS))


class RefusalLog:
    """At most one log line per second about rejected texts, so that a flood of texts is not a flood of lines."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_s = -_LINE_S
        self._left_out = 0

    def is_due(self) -> bool:
        """Whether this refusal should be logged."""
        now = self._clock()
        if now - self._last_s < _LINE_S:
            self._left_out += 1
            return False
        self.flush()
        self._last_s = now
        return True

    def flush(self) -> None:
        """Log how many refusals were left out."""
        if self._left_out:
            logger.warning("%d more texts were rejected because the queue is full", self._left_out)
        self._left_out = 0

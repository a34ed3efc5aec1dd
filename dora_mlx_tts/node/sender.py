"""The sending side of the node: whatever dora does with a message, the node keeps running.

Both threads send. The lock is what makes cancellation reliable: a fragment is sent only after checking, under
the lock, that its text is not cancelled, so no fragment can follow the acknowledgement of a cancel. (dora 1.x
allows one thread to send while the other is in ``next()``, and two threads to send alternately; both were
tested under load.)
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from dora_mlx_tts.node.metrics import NodeMeter, SpeechFigures
from dora_mlx_tts.node.protocol import encode, ports
from dora_mlx_tts.node.protocol.messages import Outcome, Plain, Reply, Status
from dora_mlx_tts.node.protocol.paths import without_paths
from dora_mlx_tts.node.turns.utterance import Utterance

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

logger = logging.getLogger(__name__)
_LEVELS: Final = {"DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error"}

Watcher = Callable[[Reply, SpeechFigures, int], None]


class DoraNode(Protocol):
    """The part of ``dora.Node`` that every supported version has."""

    def next(self) -> Mapping[str, Any] | None:
        """The next event; None once the stream is closed."""
        ...

    def send_output(self, output_id: str, data: Any, metadata: dict[str, Plain]) -> None:  # noqa: ANN401  Arrow
        """Send an Arrow array."""
        ...


class OutputSender:
    """The declared outputs of the node.

    Args:
        node: Where messages go.
        meter: The node's counts.
        nested: Whether audio is nested in one list, as dora-primespeech sends it.
        flush: Whether the first fragment after a cut drops older messages in the receiver's queue.
        watcher: Notified of every text that was answered.
    """

    def __init__(
        self,
        node: DoraNode,
        meter: NodeMeter,
        *,
        nested: bool = False,
        flush: bool = False,
        watcher: Watcher | None = None,
    ) -> None:
        self._node = node
        self._meter = meter
        self._nested = nested
        self._flush = flush
        self._watcher = watcher
        self._lock = threading.RLock()
        self._declared = _declared_outputs(node)

    def audio(self, utterance: Utterance, fragment: Fragment) -> bool:
        """Send a fragment unless its text has been cancelled; returns whether it was sent.

        Raises:
            SynthesisError: The fragment is not audio.
        """
        message = encode.encode_audio(
            fragment,
            echo=utterance.request.echo,
            text_index=utterance.index,
            seq=utterance.fragments,
            nested=self._nested,
            flush=self._flush and utterance.follows_cut and not utterance.fragments,
        )
        seq = utterance.fragments
        with self._lock:
            if utterance.cancelled:
                return False
            # Before sending: a quick player reports on it at once.
            utterance.playback.begin(utterance.index, utterance.audio)
            failure = self._try(ports.AUDIO, message)
            if failure is None:
                utterance.spoke(fragment)
                self._words(utterance, fragment, seq)
        return self._report(ports.AUDIO, failure)

    def _words(self, utterance: Utterance, fragment: Fragment, seq: int) -> None:
        """Send the words of a fragment, under the lock that keeps them from following a cancel."""
        if not fragment.words or not self._is_declared(ports.WORDS):
            return
        echo = utterance.request.echo
        message = encode.encode_words(fragment, echo=echo, text_index=utterance.index, seq=seq)
        if self._try(ports.WORDS, message) is not None:
            self._meter.count("send_failures")

    def reply(
        self,
        reply: Reply,
        figures: SpeechFigures,
        *,
        text_index: int,
        is_logged: bool = True,
        about: Mapping[str, str] | None = None,
    ) -> None:
        """Send the reply to a text and count it; the log holds more details than the sender may see.

        Args:
            reply: The reply.
            figures: The cost of speaking it.
            text_index: The text's number.
            is_logged: Whether to write a log line.
            about: For a failed text, details for that line: whose it is, which sentence failed, and why.
        """
        self._meter.count(str(reply.outcome))
        answer = dataclasses.replace(
            reply, error=without_paths(reply.error), reason=without_paths(reply.reason)
        )
        message = encode.encode_reply(answer, figures.as_metadata(), text_index=text_index)
        self._send(ports.SEGMENT_COMPLETE, message)
        if is_logged:
            self._log_reply(reply, figures, text_index, about or {})
        if self._watcher is not None:
            self._watcher(answer, figures, text_index)

    @staticmethod
    def _log_reply(
        reply: Reply, figures: SpeechFigures, text_index: int, about: Mapping[str, str]
    ) -> None:
        level = logging.WARNING if reply.outcome is Outcome.ERROR else logging.INFO
        own = {"text_index": text_index, "stage": reply.stage or ""}
        fields = {**own, **about, **figures.as_metadata()}
        said = f": {reply.error or reply.reason}" if reply.error or reply.reason else ""
        if reply.outcome is Outcome.ERROR:
            known = {"stage": str(reply.stage or ""), **about}
            said += f" ({', '.join(f'{name} {value}' for name, value in known.items() if value)})"
        logger.log(level, "text %d %s%s", text_index, reply.outcome, said, extra={"fields": fields})

    def status(self, status: Status) -> None:
        """Send a message on ``status``."""
        self._send(ports.STATUS, encode.encode_status(status))

    def log_line(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        """Write to dora's log, and to the ``log`` output if one is declared."""
        write = getattr(self._node, "log", None)
        if callable(write):
            strings = {key: str(value) for key, value in fields.items()}
            write(_LEVELS.get(level, "info"), message, "dora_mlx_tts", strings)
        self._send(ports.LOG, encode.encode_log("dora-mlx-tts", level, message, time.time()))

    def _send(self, port: str, message: encode.Message) -> bool:
        with self._lock:
            failure = self._try(port, message)
        return self._report(port, failure)

    def _try(self, port: str, message: encode.Message) -> Exception | None:
        """Hand a message to dora; returns what went wrong. Undeclared outputs are skipped."""
        if not self._is_declared(port):
            return None
        array, metadata = message
        try:
            self._node.send_output(port, array, metadata)
        except Exception as error:  # noqa: BLE001  a lost receiver must not end the node
            return error
        return None

    def _is_declared(self, port: str) -> bool:
        return self._declared is None or port in self._declared

    def _report(self, port: str, failure: Exception | None) -> bool:
        """Count and log a failure, never while the lock is held: logging has a lock of its own."""
        if failure is None:
            return True
        self._meter.count("send_failures")
        if port != ports.LOG:
            logger.error("cannot send on %s: %s", port, failure)
        return False


def _declared_outputs(node: object) -> frozenset[str] | None:
    """The outputs that the dataflow declares, or None if this version of dora cannot tell."""
    read: Callable[[], Any] | None = getattr(node, "node_config", None)
    config = read() if callable(read) else None
    outputs = config.get("outputs") if isinstance(config, Mapping) else None
    return None if outputs is None else frozenset(map(str, outputs))


class NodeLogHandler(logging.Handler):
    """Forwards the package's log records to dora; ``extra={"fields": {…}}`` become its fields."""

    def __init__(self, outputs: OutputSender, level: str) -> None:
        super().__init__(level)
        self._outputs = outputs

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        try:
            fields = dict(getattr(record, "fields", {}))
            if record.exc_info:
                fields["traceback"] = logging.Formatter().formatException(record.exc_info)
            level = "ERROR" if record.levelno >= logging.ERROR else record.levelname
            self._outputs.log_line(level, record.getMessage(), fields)
        except Exception:  # noqa: BLE001  like every logging handler: report, never raise
            self.handleError(record)

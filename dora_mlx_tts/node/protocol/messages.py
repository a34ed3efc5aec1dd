"""Messages of the node as plain records: no Arrow, no dora, no MLX.

``decode`` makes them from events, ``encode`` turns them into Arrow, and ``turns`` acts on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Plain = bool | int | float | str | list[int] | list[float] | list[str]
"""Metadata values that dora carries unchanged; it turns anything else into a string."""

Metadata = Mapping[str, Plain]


class Outcome(StrEnum):
    """How a text ended; the payload of ``segment_complete``."""

    COMPLETED = "completed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    ERROR = "error"


class Stage(StrEnum):
    """Where a text failed; ``error_stage`` of ``segment_complete``."""

    PROTOCOL = "protocol"
    QUEUE = "queue"
    SETTINGS = "settings"
    VOICE = "voice"
    WEIGHTS = "weights"
    PACK = "pack"
    AUDIO = "audio"
    TEXT = "text"
    SYNTHESIS = "synthesis"
    TIMEOUT = "timeout"
    BACKEND = "backend"
    SEND = "send"


class HasIds:
    """A message that may carry ids: session, question and so on."""

    __slots__ = ()

    echo: Metadata

    def id(self, key: str) -> str | None:
        """An id as a string, whatever its type was, or None if the sender gave none."""
        value = self.echo.get(key)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class AttachedRecording:
    """A reference recording that comes with a text (``VOICE:CUSTOM``)."""

    audio: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class TextRequest(HasIds):
    """A text to be spoken, with everything its sender said about it.

    ``echo`` is the metadata that every output of this text repeats, types as received.
    ``settings`` holds finite numbers only; whether a value is in range is for the engine to decide.

    Attributes:
        seq: The sender's sequence number.
        fin: Whether this is the last piece of a streamed text.
        flush: Whether older texts of the session are cancelled.
        streamed: Whether a key of dora's streaming pattern is present, so that this may be a piece of a text.
        has_fin: Whether the sender marks the last piece.
        ended: Whether ``session_status`` says that nothing follows.
        prepare: Whether it is synthesized ahead and sent only once it is committed.
        recording: A reference recording to use instead of a voice.
        session: The conversation that it belongs to; texts without an id share one.
    """

    text: str
    echo: Metadata = field(default_factory=dict)
    voice: str | None = None
    language: str | None = None
    settings: Mapping[str, int | float] = field(default_factory=dict)
    seq: int | None = None
    fin: bool = False
    flush: bool = False
    streamed: bool = False
    has_fin: bool = False
    ended: bool = False
    prepare: bool = False
    recording: AttachedRecording | None = None
    received_s: float = 0.0
    session: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "session", self.id("session_id") or "")


@dataclass(frozen=True, slots=True)
class Command(HasIds):
    """A command on ``control``: its name, an optional argument, and the ids it applies to.

    ``values`` holds the other fields of a JSON command, unchanged.

    Attributes:
        overtakes: Whether texts that were sent before it may still arrive.
    """

    name: str
    argument: str = ""
    echo: Metadata = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    received_s: float = 0.0
    overtakes: bool = False


@dataclass(frozen=True, slots=True)
class BufferStatus(HasIds):
    """How full the player's buffer is, in percent."""

    percent: float
    echo: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Played(HasIds):
    """A player's report of how far it has played.

    Attributes:
        position_s: Seconds played of one text or, without ``text_index``, of the session.
        at_s: When that was true, on the node's clock.
        text_index: The text's number, as given in its audio messages.
        stopped: Whether no more of it will be played.
    """

    position_s: float
    at_s: float
    text_index: int | None = None
    stopped: bool = False
    echo: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadInput:
    """A message that cannot be understood: what is wrong with it, and whom to answer.

    Attributes:
        request: For a text, the part that could be read, to find out which text it is a piece of.
    """

    port: str
    error: str
    stage: Stage = Stage.PROTOCOL
    echo: Metadata = field(default_factory=dict)
    request: TextRequest = field(default_factory=lambda: TextRequest(""))


@dataclass(frozen=True, slots=True)
class Reply:
    """The one terminal reply to a text."""

    outcome: Outcome
    echo: Metadata = field(default_factory=dict)
    error: str = ""
    stage: Stage | None = None
    spoken_text: str = ""
    played_s: float = 0.0
    reason: str = ""
    remaining_text: str = ""
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """A ``status`` message with its details."""

    state: str
    echo: Metadata = field(default_factory=dict)
    details: Metadata = field(default_factory=dict)

"""Handlers of the commands on ``control`` and of dora's parameters."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import brief, must_be, unknown
from dora_mlx_tts.node.live_settings import LiveSettings
from dora_mlx_tts.node.metrics import NodeMeter
from dora_mlx_tts.node.protocol.messages import BufferStatus, Command, Metadata, Plain, Status
from dora_mlx_tts.node.protocol.metadata import as_plain, read_flag
from dora_mlx_tts.node.protocol.paths import without_paths
from dora_mlx_tts.node.turns.player import Position
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.targets import TARGETS, TEXT_KEYS, cancel_target
from dora_mlx_tts.node.turns.utterance import Utterance

_STATES: Final = {"cancel": "cancelled", "reset": "reset"}

_SOURCES: Final = (
    ("pool_", "pool_stats"),
    ("phrases_", "phrase_stats"),
    ("engine_", "stats"),
    ("memory_", "memory_stats"),
)

Answer = Callable[[Command], Status]


class VoiceCatalog:
    """Voices and figures, for engines that offer them."""

    def __init__(self, engine: object) -> None:
        self._engine = engine

    def names(self) -> list[str]:
        """Every voice's name."""
        return [str(voice.name) for voice in getattr(self._engine, "voices", None) or ()]

    def figures(self) -> dict[str, Plain]:
        """The engine's figures: voices under `pool_`, kept texts under `phrases_`, work under `engine_`, memory under `memory_`."""
        found: dict[str, Plain] = {}
        for prefix, source in _SOURCES:
            record = getattr(self._engine, source, None)
            if dataclasses.is_dataclass(record) and not isinstance(record, type):
                values = dataclasses.asdict(record)
                found |= {
                    prefix + key: value
                    for key, value in values.items()
                    if isinstance(value, int | float)
                }
        return found

    def check(self, name: str) -> None:
        """Raise VoiceError if the engine has no such voice."""
        get = getattr(getattr(self._engine, "voices", None), "get", None)
        if callable(get):
            get(name)


class NothingFoundError(SettingError):
    """No text matches a command."""


class CommandHandler:
    """Carries out commands; each gets exactly one answer, even an unknown one.

    Args:
        queue: The texts that commands act on.
        meter: The node's counts.
        live_settings: Settings changed at run time.
        voices: The engine's voices.
        clock: Seconds.
        release: Sends the prepared audio of a text at once.
    """

    def __init__(
        self,
        queue: SpeechQueue,
        meter: NodeMeter,
        live_settings: LiveSettings,
        voices: VoiceCatalog,
        clock: Callable[[], float] = time.monotonic,
        release: Callable[[Utterance], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._release = release
        self._queue = queue
        self._meter = meter
        self._live_settings = live_settings
        self._voices = voices
        self._answers: Mapping[str, Answer] = {
            "cancel": self._silence,
            "change_voice": self._change_voice,
            "commit": self._commit,
            "flush": self._flush,
            "list_voices": self._list_voices,
            "pause": self._hold,
            "ping": lambda command: Status("pong", command.echo),
            "reset": self._silence,
            "resume": self._resume,
            "set": self._set,
            "stats": self._stats,
        }

    @property
    def names(self) -> list[str]:
        """Names of all commands."""
        return sorted(self._answers)

    def figures(self) -> dict[str, Plain]:
        """All current figures."""
        depth, open_texts = self._queue.depth, self._queue.open_texts
        figures = self._meter.figures(queue_depth=depth, open_texts=open_texts)
        limit = self._queue.queue_limit
        return {**figures.as_metadata(), **self._voices.figures(), "queue_limit": limit}

    def handle(self, command: Command) -> Status:
        """Carry out a command and return its answer.

        Raises:
            SettingError: The command is unknown, or a value in it is not allowed.
            TtsError: The command cannot be carried out.
        """
        self._meter.count("commands")
        answer = self._answers.get(command.name)
        if answer is None:
            raise SettingError(unknown("command", command.name, self.names))
        return answer(command)

    def apply_late(self, command: Command, utterance: Utterance) -> None:
        """Apply a command that was sent after a text and overtook it."""
        if command.name == "commit":
            wanted = cancel_target(command)
            self._queue.commit(lambda request: request is utterance.request and wanted(request))
        elif TARGETS[command.name](command)(utterance.request):
            self._queue.cancel_one(utterance, command.name)

    def buffer(self, status: BufferStatus) -> None:
        """Take a report of the player's buffer level."""
        self._queue.buffer(status)

    def parameter(self, name: str, value: object) -> Status:
        """Apply a changed dora parameter; None means that it was deleted.

        Raises:
            TtsError: The setting is unknown, or the value is not allowed.
        """
        kept = self._live_settings.set({name: value})
        return Status("set", {}, {"command": "param", **_plain(kept)})

    def _silence(self, command: Command) -> Status:
        target = TARGETS[command.name](command)
        keep = _keeps(command)
        sounding = self._queue.sounding(target)
        texts = self._queue.cancel(target, command.name, keep=keep)
        if command.received_s:
            self._meter.acknowledged(self._clock() - command.received_s)
        details: dict[str, Plain] = {"command": command.name, "texts": texts}
        if sounding is not None:
            details |= _heard(*sounding)
        return Status(_STATES[command.name], command.echo, details)

    def _flush(self, command: Command) -> Status:
        texts = self._queue.flush(cancel_target(command))
        return Status("flushed", command.echo, {"command": "flush", "texts": texts})

    def _hold(self, command: Command) -> Status:
        self._queue.hold(command.id("session_id"), paused=True)
        return Status("paused", command.echo, {"command": command.name})

    def _resume(self, command: Command) -> Status:
        """End a pause, or continue texts that were cancelled and kept."""
        start = command.values.get("from", command.echo.get("from", "word"))
        if start not in {"word", "clause"}:
            raise SettingError(must_be("resume: from", "word or clause", start))
        texts = self._queue.resume(cancel_target(command), "word" if start == "word" else "clause")
        if not texts and any(command.id(key) is not None for key in TEXT_KEYS):
            raise NothingFoundError(
                "resume: no text with these ids was cut and kept within resume_window"
            )
        self._queue.hold(command.id("session_id"), paused=False)
        details: dict[str, Plain] = {"command": command.name, "texts": texts}
        return Status("resumed", command.echo, details)

    def _commit(self, command: Command) -> Status:
        """Send prepared texts."""
        texts = self._queue.commit(cancel_target(command))
        if not texts and not command.overtakes:
            raise NothingFoundError("commit: no prepared text with these ids is waiting")
        ready_s = sum(text.held_s for text in texts)
        for text in texts:
            self._release(text)
        details: dict[str, Plain] = {
            "command": command.name,
            "texts": len(texts),
            "prepared_s": round(ready_s, 3),
        }
        return Status("committed", command.echo, details)

    def _change_voice(self, command: Command) -> Status:
        voice = command.values.get("voice", command.argument)
        if not isinstance(voice, str) or not voice:
            known = ", ".join(self._voices.names())
            wrong = must_be("change_voice", "a voice's name", voice)
            raise SettingError(f"{wrong}; available: {known}")
        kept = self._live_settings.set({"voice": voice}, command.id("session_id"))
        return Status("voice_changed", command.echo, {"command": command.name, **_plain(kept)})

    def _set(self, command: Command) -> Status:
        given = command.values.get("settings", {})
        if not isinstance(given, Mapping):
            raise SettingError(must_be("set: settings", "names and values", given))
        skip = {"settings", *command.echo}
        values: dict[str, Any] = {
            **_assignments(command.argument),
            **{key: value for key, value in command.values.items() if key not in skip},
            **{str(key): value for key, value in given.items()},
        }
        kept = self._live_settings.set(values, command.id("session_id"))
        return Status("set", command.echo, {"command": "set", **_plain(kept)})

    def _list_voices(self, command: Command) -> Status:
        return Status("voices", command.echo, {"voices": self._voices.names()})

    def _stats(self, command: Command) -> Status:
        return Status("stats", command.echo, self.figures())


def _heard(utterance: Utterance, position: Position) -> dict[str, Plain]:
    """How much was heard of the text now playing, even if its reply was sent long ago."""
    return {
        "text_index": utterance.index,
        "spoken_text": utterance.audio.heard(position.seconds),
        "played_s": round(position.seconds, 3),
        "heard": "reported" if position.is_reported else "estimated",
    }


def _keeps(command: Command) -> bool:
    """Whether texts silenced by this cancel can be resumed."""
    asked = command.values.get("keep", command.echo.get("keep"))
    return command.name == "cancel" and read_flag({"keep": asked}, "keep")


def complaint(error: str, echo: Metadata) -> Status:
    """The answer to a command that failed."""
    return Status("error", echo, {"error": without_paths(error)[:500]})


def _assignments(text: str) -> dict[str, str]:
    """Parse ``speed=1.2, top_k=5``.

    Raises:
        SettingError: A part of it is not an assignment.
    """
    values = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = part.partition("=")
        if not sign or not name.strip():
            raise SettingError(f"set: {brief(part)} is not name=value")
        values[name.strip().lower()] = value.strip()
    return values


def _plain(values: Mapping[str, object]) -> dict[str, Plain]:
    """Values as metadata."""
    kept = {key: as_plain(value) for key, value in values.items()}
    return {key: value for key, value in kept.items() if value is not None}

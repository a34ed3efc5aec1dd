"""Speech settings changed while the node runs, for all texts or for one session."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dora_mlx_tts.config.languages import CODES, canonical
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, TtsError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.node.protocol.metadata import ALIASES, read_voice
from dora_mlx_tts.node.speech_job import SpeechOptions

logger = logging.getLogger(__name__)
_SESSIONS: Final = 1000
_MAX_STATE_BYTES: Final = 1 << 16

Values = Mapping[str, Any]


class LiveSettings:
    """Settings chosen by ``set``, ``change_voice`` and dora's parameters; used by two threads.

    Args:
        settings: The settings of the process, which also validate values.
        check_voice: Raises VoiceError for an unknown voice.
        file: Where settings for all sessions are saved for the next start, or None.
    """

    def __init__(
        self,
        settings: Settings,
        check_voice: Callable[[str], None] = lambda _: None,
        file: Path | None = None,
    ) -> None:
        self._settings = settings
        self._check_voice = check_voice
        self._file = file
        self._lock = threading.Lock()
        self._all: dict[str, Any] = {}
        self._sessions: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def set(self, values: Values, session: str | None = None) -> dict[str, Any]:
        """Change all of these settings or none; None resets one. Returns the settings now in force.

        Raises:
            SettingError: A name is unknown or a value not allowed.
            VoiceError: There is no such voice.
        """
        changes = {ALIASES.get(key, key): value for key, value in values.items()}
        if not changes:
            raise SettingError("set needs at least one setting, e.g. set:speed=1.2")
        wanted = self._checked({k: value for k, value in changes.items() if value is not None})
        for key in changes.keys() - wanted.keys():
            self._check_name(key)
        with self._lock:
            kept = self._all if session is None else self._of(session)
            kept.update(wanted)
            for key in changes.keys() - wanted.keys():
                kept.pop(key, None)
            if session is None:
                self._save()
            return dict(kept)

    def _of(self, session: str) -> dict[str, Any]:
        kept = self._sessions.setdefault(session, {})
        self._sessions.move_to_end(session)
        while len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return kept

    def _checked(self, values: Values) -> dict[str, Any]:
        """The values with their proper types: strings that hold numbers become numbers."""
        speech = dict(values)
        chosen: dict[str, Any] = {}
        voice = read_voice({"voice": speech.pop("voice", None)})
        if voice is not None:
            self._check_voice(voice)
            chosen["voice"] = voice
        read = self._settings.speech(request=speech)
        if canonical(read.language) is None:
            raise SettingError(unknown("language", read.language, CODES))
        return chosen | {key: getattr(read, key) for key in speech}

    def _check_name(self, name: str) -> None:
        if name != "voice" and name not in type(self._settings.speech()).model_fields:
            known = ["voice", *type(self._settings.speech()).model_fields]
            raise SettingError(unknown("setting", name, known))

    def options(self, session: str) -> SpeechOptions:
        """How to speak a text of this session, before its own metadata applies."""
        with self._lock:
            values = {**self._all, **self._sessions.get(session, {})}
        voice, language = values.pop("voice", None), values.pop("language", None)
        return SpeechOptions(voice, language, values)

    # ------------------------------------------------------------------------------------- restart

    def restore(self) -> None:
        """Restore the settings from before a restart; whatever is invalid is logged."""
        if self._file is None or not self._file.is_file():
            return
        try:
            if self._file.stat().st_size > _MAX_STATE_BYTES:
                raise SettingError(f"must have at most {_MAX_STATE_BYTES} bytes")
            values = json.loads(self._file.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise SettingError("not a JSON object")
            values = self._checked(values)
        except (OSError, ValueError, TtsError) as error:
            logger.warning("settings of the last run are not restored: %s: %s", self._file, error)
            return
        with self._lock:
            self._all = values
        logger.info(
            "settings of the last run are restored: %s", ", ".join(sorted(values)) or "none"
        )

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps(self._all), encoding="utf-8")
            new.replace(self._file)
        except (OSError, TypeError) as error:
            logger.warning("settings cannot be saved for a restart: %s", error)


def state_file(settings: Settings, dataflow: str, node: str) -> Path | None:
    """File for the settings of this node in this run of a dataflow."""
    if settings.state is not None:
        return settings.state.expanduser()
    if not dataflow or not node:
        return None
    name = "".join(char if char.isalnum() or char in "-_" else "_" for char in f"{dataflow}-{node}")
    return settings.cache.expanduser() / "state" / f"{name}.json"

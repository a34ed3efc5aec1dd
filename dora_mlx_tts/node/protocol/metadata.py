"""Reading metadata that strangers wrote: typed, as strings, or wrong.

dora turns numpy scalars, ``None`` and lists of booleans into strings on the way, and its own streaming
example sends numbers and flags as strings; both forms are read here. Errors name key, value and what is
allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.errors import ProtocolError, SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.node.protocol.messages import Plain

OWN_KEYS: Final = frozenset(
    {
        # dora acts on these, or stamps them anew
        "timestamp", "flush",
        # what this node says about its own messages
        "sample_rate", "sentence_index", "fragment_index", "text_index", "seq", "fin", "text", "start_s",
        "duration_s", "duration", "outcome", "error", "error_stage", "reason", "goal_status", "command",
        "spoken_text", "ttfb_ms", "rtf", "audio_s", "queue_ms", "synthesis_ms", "total_ms", "fragments", "tokens",
        "characters", "aggregation_ms", "ttfa_ms", "pieces", "played_s", "retries", "starts_s",
        "ends_s", "chars",
    }
)  # fmt: skip
"""Keys that are never copied from a text to its outputs."""

ID_KEYS: Final = ("request_id", "question_id", "session_id", "segment_id", "goal_id")
"""Keys by which replies are matched and cancellation is aimed: a string or a number, nothing else."""


def _numeric_settings() -> dict[str, type[int | float]]:
    found: dict[str, type[int | float]] = {}
    for name, field in SpeechSettings.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        if int in kinds or float in kinds:
            found[name] = int if int in kinds else float
    return found


NUMBERS: Final[Mapping[str, type[int | float]]] = MappingProxyType(_numeric_settings())
"""Synthesis settings that a message may carry. Ranges are the engine's business."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"speed_factor": "speed", "voice_name": "voice", "text_lang": "language"}
)

_MAX_KEYS = 64
_MAX_STRING = 4096
_MAX_LIST = 256
_MAX_NUMBER = 64  # no number is written longer
_INT64 = 2**63
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no", ""})
_VOICE = re.compile(r"[^\W_][\w .()+-]{0,99}")
_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


def as_plain(value: object) -> Plain | None:
    """``value`` in a form that dora carries unchanged, or None where there is none."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else None
    if isinstance(value, str):
        return value if len(value) <= _MAX_STRING else None
    if isinstance(value, list | tuple):
        return _plain_list(list(value))
    item = getattr(value, "item", None)  # a numpy scalar, without importing numpy
    if callable(item) and getattr(value, "ndim", None) == 0:
        return as_plain(item())
    return None


def _plain_list(values: list[object]) -> Plain | None:
    if len(values) > _MAX_LIST or any(isinstance(value, bool) for value in values):
        return None
    if all(isinstance(value, int) and as_plain(value) is not None for value in values):
        return [value for value in values if isinstance(value, int)]
    if all(isinstance(value, int | float) for value in values):
        return [float(value) for value in values if isinstance(value, int | float)]
    if all(isinstance(value, str) and as_plain(value) is not None for value in values):
        return [value for value in values if isinstance(value, str)]
    return None


def echo_of(metadata: Mapping[str, object]) -> dict[str, Plain]:
    """What the outputs of a message repeat: its own keys, copied one by one, types as received."""
    echo: dict[str, Plain] = {}
    for key, value in metadata.items():
        if len(echo) >= _MAX_KEYS:
            break
        if isinstance(key, str) and key not in OWN_KEYS and not key.startswith("_"):
            kept = as_plain(value)
            if kept is not None:
                echo[key] = kept
    return echo


def check_ids(metadata: Mapping[str, object]) -> None:
    """Refuse ids that cannot identify anything.

    Raises:
        ProtocolError: An id is neither a string nor a number.
    """
    for key in ID_KEYS:
        value = metadata.get(key)
        if value is not None and not isinstance(as_plain(value), str | int | float):
            raise ProtocolError(must_be(f"metadata {key}", "a string or a number", value))


def read_flag(metadata: Mapping[str, object], key: str) -> bool:
    """A boolean, typed or as a string; absent is False.

    Raises:
        ProtocolError: The value is neither.
    """
    value = as_plain(metadata.get(key))
    if value is None and metadata.get(key) is None:
        return False
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if isinstance(value, str | int) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise ProtocolError(must_be(f"metadata {key}", "true or false", metadata[key]))


def read_seq(metadata: Mapping[str, object]) -> int | None:
    """The sender's running number, typed or as a string.

    Raises:
        ProtocolError: The value is not a whole number.
    """
    if metadata.get("seq") is None:
        return None
    try:
        return int(_number(metadata["seq"], int))
    except ValueError:
        raise ProtocolError(must_be("metadata seq", "an integer", metadata["seq"])) from None


def read_settings(metadata: Mapping[str, object]) -> dict[str, int | float]:
    """The synthesis settings that a message carries, as finite numbers.

    Raises:
        SettingError: A value is not a number, not finite, or not whole where it must be.
    """
    settings: dict[str, int | float] = {}
    for key, value in metadata.items():
        name = ALIASES.get(key, key)
        kind = NUMBERS.get(name)
        if kind is None or value is None:
            continue
        try:
            settings[name] = _number(value, kind)
        except ValueError:
            allowed = "an integer" if kind is int else "a finite number"
            raise SettingError(must_be(f"metadata {key}", allowed, value)) from None
    return settings


def _number(value: object, kind: type[int | float]) -> int | float:
    """``value`` as ``kind``; ValueError where it is not one. Booleans are not numbers here."""
    value = as_plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError  # noqa: TRY004  callers tell any unusable value alike
    if isinstance(value, str) and len(value) > _MAX_NUMBER:
        raise ValueError
    if kind is int and not isinstance(value, float):
        return int(value)
    number = float(value)
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        raise ValueError
    return kind(number)


def read_voice(metadata: Mapping[str, object]) -> str | None:
    """The name of a voice. Names are not paths: whatever looks like one is refused unread.

    Raises:
        SettingError: The value is not a name.
    """
    return _read_name(metadata, "voice", _VOICE, "a voice's name (no path)")


def read_language(metadata: Mapping[str, object]) -> str | None:
    """The code of a language; whether it is known is the engine's business.

    Raises:
        SettingError: The value is not a code.
    """
    return _read_name(metadata, "language", _LANGUAGE, "a language code such as 'en'")


def _read_name(
    metadata: Mapping[str, object], name: str, pattern: re.Pattern[str], allowed: str
) -> str | None:
    for key, value in metadata.items():
        if ALIASES.get(key, key) != name or value is None or value == "":
            continue
        if isinstance(value, str) and pattern.fullmatch(value) and ".." not in value:
            return value
        raise SettingError(must_be(f"metadata {key}", allowed, value))
    return None

"""Reads untrusted metadata: typed, as strings, or malformed.

dora turns numpy scalars, ``None`` and lists of booleans into strings, and its own streaming
example sends numbers and flags as strings; both forms are read here. Errors name the key, the value and what is
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
from dora_mlx_tts.unicode import valid_unicode

OWN_KEYS: Final = frozenset(
    {
        # dora acts on these or sets them itself
        "timestamp", "flush",
        # how this node should treat a text
        "prepare",
        # what this node reports about its own messages
        "sample_rate", "sentence_index", "fragment_index", "text_index", "seq", "fin", "text", "start_s",
        "duration_s", "duration", "outcome", "error", "error_stage", "reason", "goal_status", "command",
        "spoken_text", "ttfb_ms", "rtf", "audio_s", "queue_ms", "synthesis_ms", "total_ms", "fragments", "tokens",
        "characters", "aggregation_ms", "ttfa_ms", "pieces", "played_s", "retries", "starts_s",
        "ends_s", "chars", "dropped_metadata", "waiting_ms", "voice_ms", "front_end_ms", "prefill_ms",
        "tokens_ms", "sound_ms", "remaining_text", "heard", "underruns", "longest_gap_ms",
    }
)  # fmt: skip
"""Keys never copied from a text to its outputs."""

ID_KEYS: Final = ("request_id", "question_id", "session_id", "segment_id", "goal_id")
"""Keys that match replies to texts and select what to cancel: a string or a number, nothing else."""


def _numeric_settings() -> dict[str, type[int | float]]:
    found: dict[str, type[int | float]] = {}
    for name, field in SpeechSettings.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        if int in kinds or float in kinds:
            found[name] = int if int in kinds else float
    return found


NUMBERS: Final[Mapping[str, type[int | float]]] = MappingProxyType(_numeric_settings())
"""Speech settings that a message may carry. The engine checks their ranges."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"speed_factor": "speed", "voice_name": "voice", "text_lang": "language"}
)

MAX_KEYS: Final = 64
"""Maximum number of keys that outputs repeat."""
MAX_STRING: Final = 4096
"""Maximum length of such a string, and of an id."""
MAX_LIST: Final = 256
"""Maximum number of entries in such a list."""
MAX_TOTAL: Final = 65_536
"""Maximum total length of their strings."""
_FIRST_KEYS: Final = (*ID_KEYS, "session_status", "open_telemetry_context")
_MAX_NUMBER = 64  # no number is written longer
_INT64 = 2**63
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no", ""})
_VOICE = re.compile(r"\w[\w .()+-]{0,99}")
_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


def as_plain(value: object) -> Plain | None:
    """``value`` in a form that dora carries unchanged, or None if there is no such form."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else None
    if isinstance(value, str):
        return valid_unicode(value) if len(value) <= MAX_STRING else None
    if isinstance(value, list | tuple):
        return _plain_list(list(value)) if len(value) <= MAX_LIST else None
    item = getattr(value, "item", None)  # a numpy scalar, without importing numpy
    if callable(item) and getattr(value, "ndim", None) == 0:
        return as_plain(item())
    return None


def _plain_list(values: list[object]) -> Plain | None:
    if any(isinstance(value, bool) for value in values):
        return None
    if all(isinstance(value, int) and as_plain(value) is not None for value in values):
        return [value for value in values if isinstance(value, int)]
    if all(isinstance(value, int | float) for value in values):
        return [float(value) for value in values if isinstance(value, int | float)]
    if all(isinstance(value, str) and as_plain(value) is not None for value in values):
        return [valid_unicode(value) for value in values if isinstance(value, str)]
    return None


def echo_of(metadata: Mapping[str, object]) -> dict[str, Plain]:
    """The metadata that a message's outputs repeat: its own keys, types as received.

    Ids come first, so that they survive every limit. ``dropped_metadata`` lists the keys that exceeded a limit.
    """
    echo: dict[str, Plain] = {}
    dropped: list[str] = []
    left = MAX_TOTAL
    for key in dict.fromkeys((*_FIRST_KEYS, *metadata)):
        value = metadata.get(key)
        if not isinstance(key, str) or value is None or key in OWN_KEYS or key.startswith("_"):
            continue
        kept = _id(value) if key in ID_KEYS else as_plain(value)
        size = 0 if key in ID_KEYS else len(key) + _size(kept)
        if kept is None or len(echo) >= MAX_KEYS or size > left:
            if kept is not None or not _is_odd(value):
                dropped.append(valid_unicode(key[:64]))
            continue
        left -= size
        echo[key] = kept
    if dropped:
        echo["dropped_metadata"] = dropped[:MAX_KEYS]
    return echo


def merged(first: Mapping[str, Plain], newer: Mapping[str, Plain]) -> dict[str, Plain]:
    """The metadata that outputs of a text in pieces repeat: each key's newest value, within the same limits."""
    echo = echo_of({**first, **newer})
    dropped = [first.get("dropped_metadata"), newer.get("dropped_metadata")]
    names = [name for names in dropped if isinstance(names, list) for name in map(str, names)]
    names += [name for name in echo.get("dropped_metadata", []) if isinstance(name, str)]  # type: ignore[union-attr]
    if names:
        echo["dropped_metadata"] = list(dict.fromkeys(names))[:MAX_KEYS]
    return echo


def _id(value: object) -> Plain | None:
    """An id for outputs to repeat: large numbers become strings, absurdly long strings are dropped."""
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT64 <= value < _INT64:
        return str(value) if value.bit_length() < MAX_STRING else None
    if isinstance(value, str):
        return valid_unicode(value[:MAX_TOTAL])
    return as_plain(value)


def _size(value: Plain | None) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(len(item) if isinstance(item, str) else 8 for item in value)
    return 8


def _is_odd(value: object) -> bool:
    """Whether a value has a type that no message can carry, so that it can be dropped."""
    return not isinstance(value, str | int | float | list | tuple)


def check_ids(metadata: Mapping[str, object]) -> None:
    """Refuse ids that cannot identify anything.

    Raises:
        ProtocolError: An id is neither a string nor a number, or too long.
    """
    for key in ID_KEYS:
        value = metadata.get(key)
        if value is not None and not isinstance(_id(value), str | int | float):
            raise ProtocolError(must_be(f"metadata {key}", "a string or a number", value))
        if isinstance(value, str) and len(value) > MAX_STRING:
            raise ProtocolError(
                f"metadata {key} must be at most {MAX_STRING} characters, got {len(value)}"
            )


def read_flag(metadata: Mapping[str, object], key: str) -> bool:
    """A boolean, typed or as a string; False if absent.

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
    """The sender's sequence number, typed or as a string.

    Raises:
        ProtocolError: The value is not an integer from 0 to 2^63 - 1.
    """
    return read_whole(metadata, "seq")


def read_whole(metadata: Mapping[str, object], key: str) -> int | None:
    """A non-negative integer, typed or as a string; None if absent.

    Raises:
        ProtocolError: The value is not an integer from 0 to 2^63 - 1.
    """
    value = metadata.get(key)
    if value is None:
        return None
    try:
        number = int(_number(value, int))
    except ValueError:
        number = -1
    if 0 <= number < _INT64:
        return number
    raise ProtocolError(must_be(f"metadata {key}", "an integer from 0 to 2^63 - 1", value))


def read_settings(metadata: Mapping[str, object]) -> dict[str, int | float]:
    """The synthesis settings in a message, as finite numbers.

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
    """``value`` as ``kind``; raises ValueError if it is not one. Booleans are not numbers here."""
    value = as_plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError  # noqa: TRY004  callers treat all unusable values alike
    if isinstance(value, str) and len(value) > _MAX_NUMBER:
        raise ValueError
    if kind is int and not isinstance(value, float):
        return int(value)
    number = float(value)
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        raise ValueError
    return kind(number)


def read_voice(metadata: Mapping[str, object]) -> str | None:
    """The name of a voice. Names are not paths: anything that looks like one is refused without being opened.

    Raises:
        SettingError: The value is not a name.
    """
    return _read_name(metadata, "voice", _VOICE, "a voice's name (no path)")


def read_language(metadata: Mapping[str, object]) -> str | None:
    """The code of a language; the engine decides whether it supports it.

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

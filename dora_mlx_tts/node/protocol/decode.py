"""dora events to records.

``decode`` never raises: what cannot be understood becomes a ``BadInput``, which the node answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from dora_mlx_tts.errors import ProtocolError, SettingError, TtsError
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.protocol.arrow import one_number, one_string
from dora_mlx_tts.node.protocol.messages import (
    BadInput,
    BufferStatus,
    Command,
    Plain,
    Played,
    Stage,
    TextRequest,
)
from dora_mlx_tts.node.protocol.metadata import (
    ID_KEYS,
    check_ids,
    echo_of,
    read_flag,
    read_language,
    read_seq,
    read_settings,
    read_voice,
)
from dora_mlx_tts.node.protocol.ports import CONTROL, INPUTS, PLAYED, TEXT
from dora_mlx_tts.node.protocol.positions import decode_played
from dora_mlx_tts.node.protocol.primespeech import parse_json, read_forms

logger = logging.getLogger(__name__)

DEFAULT_TEXT_LIMIT: Final = 20_000
_MAX_COMMAND = 4096


def decode(
    event: Mapping[str, Any],
    *,
    received_s: float,
    text_limit: int = DEFAULT_TEXT_LIMIT,
    text_commands: bool = False,
) -> TextRequest | Command | BufferStatus | Played | BadInput | None:
    """The record in an INPUT event, or None for an unknown port. Never raises.

    Args:
        event: The event as dora delivers it.
        received_s: When it arrived, on the caller's clock.
        text_limit: Maximum number of characters in a text.
        text_commands: Accept dora-primespeech's ``VOICE:`` prefix and JSON texts.
    """
    port = str(event.get("id"))
    if port not in INPUTS:
        return None
    raw = event.get("metadata")
    metadata: Mapping[str, object] = raw if isinstance(raw, Mapping) else {}
    echo: dict[str, Plain] = {}
    try:
        echo = echo_of(metadata)
        check_ids(metadata)
        if port == TEXT:
            request = _decode_text(event.get("value"), metadata, echo, received_s, text_limit)
            return read_forms(request, allowed=text_commands)
        if port == CONTROL:
            return _decode_command(event.get("value"), metadata, echo, received_s)
        if port == PLAYED:
            return decode_played(event.get("value"), metadata, echo, received_s)
        return BufferStatus(one_number(event.get("value")), echo)
    except SettingError as error:
        error_text, stage = str(error), Stage.SETTINGS
    except TtsError as error:
        error_text, stage = f"{port}: {error}", Stage.PROTOCOL
    except Exception as error:
        logger.debug("undecodable message", exc_info=True)
        error_text = f"{port}: {type(error).__name__}: {brief(str(error))}"
        stage = Stage.PROTOCOL
    request = _salvage(metadata, echo, received_s)
    return BadInput(port, error_text, stage, echo, request)


def _salvage(
    metadata: Mapping[str, object], echo: dict[str, Plain], received_s: float
) -> TextRequest:
    """The ids of a message, however malformed the rest of it is."""
    return TextRequest(
        text="",
        echo=echo,
        seq=_or_none(read_seq, metadata),
        fin=bool(_or_none(lambda given: read_flag(given, "fin"), metadata)),
        flush=bool(_or_none(lambda given: read_flag(given, "flush"), metadata)),
        prepare=bool(_or_none(lambda given: read_flag(given, "prepare"), metadata)),
        streamed=_is_streamed(metadata),
        has_fin=metadata.get("fin") is not None,
        ended=_is_ended(echo),
        received_s=received_s,
    )


def _or_none(
    read: Callable[[Mapping[str, object]], int | None], metadata: Mapping[str, object]
) -> int | None:
    try:
        return read(metadata)
    except TtsError:
        return None


def _is_streamed(metadata: Mapping[str, object]) -> bool:
    return any(metadata.get(key) is not None for key in ("seq", "fin", "segment_id"))


def _is_ended(echo: Mapping[str, Plain]) -> bool:
    return str(echo.get("session_status", "")).strip().lower() == "ended"


def _decode_text(
    value: object,
    metadata: Mapping[str, object],
    echo: dict[str, Plain],
    received_s: float,
    text_limit: int,
) -> TextRequest:
    text = one_string(value, text_limit)
    return TextRequest(
        text=text,
        echo=echo,
        voice=read_voice(metadata),
        language=read_language(metadata),
        settings=read_settings(metadata),
        seq=read_seq(metadata),
        fin=read_flag(metadata, "fin"),
        flush=read_flag(metadata, "flush"),
        prepare=read_flag(metadata, "prepare"),
        streamed=_is_streamed(metadata),
        has_fin=metadata.get("fin") is not None,
        ended=_is_ended(echo),
        received_s=received_s,
    )


def _decode_command(
    value: object, metadata: Mapping[str, object], echo: dict[str, Plain], received_s: float
) -> Command:
    """``cancel``, ``name:argument``, ``{"command": "cancel", "question_id": 3}``, or metadata ``command``."""
    word = metadata.get("command")
    text = word if isinstance(word, str) and word else one_string(value, _MAX_COMMAND)
    if len(text) > _MAX_COMMAND:
        raise ProtocolError(f"a command must be at most {_MAX_COMMAND} characters, got {len(text)}")
    if not text.lstrip().startswith("{"):
        name, _, argument = text.strip().partition(":")
        return Command(_command_name(name), argument.strip(), echo, received_s=received_s)
    document = parse_json(text)
    if document is None:
        raise ProtocolError(f"a command in braces must be JSON, got {brief(text)}")
    if not isinstance(document, dict) or not isinstance(document.get("command"), str):
        raise ProtocolError('a command in JSON must have a string under "command"')
    echo |= echo_of({key: document[key] for key in ID_KEYS if key in document})
    check_ids(document)
    values = {key: value for key, value in document.items() if key not in {"command", "argument"}}
    argument = document.get("argument", "")
    return Command(
        _command_name(document["command"]),
        argument if isinstance(argument, str) else brief(argument),
        echo,
        values,
        received_s,
    )


def _command_name(name: str) -> str:
    name = name.strip().lower()
    if not name:
        raise ProtocolError("a command must not be empty")
    return name[:64]

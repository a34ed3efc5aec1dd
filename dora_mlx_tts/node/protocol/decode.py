"""dora events to records.

``decode`` never raises: what cannot be understood becomes a ``BadInput``, which the node answers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from dora_mlx_tts.errors import ProtocolError, SettingError, TtsError
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.protocol.arrow import one_number, one_string
from dora_mlx_tts.node.protocol.messages import (
    BadInput,
    BufferStatus,
    Command,
    Plain,
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
from dora_mlx_tts.node.protocol.ports import CONTROL, INPUTS, TEXT
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
) -> TextRequest | Command | BufferStatus | BadInput | None:
    """The record in an INPUT event, or None where its port is not one of ours. Never raises.

    Args:
        event: As dora gives it.
        received_s: When it came, on the caller's clock.
        text_limit: Characters a text may have.
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
        decode_port = _decode_command if port == CONTROL else _decode_buffer_status
        return decode_port(event.get("value"), metadata, echo)
    except SettingError as error:
        return BadInput(port, str(error), Stage.SETTINGS, echo)
    except TtsError as error:
        return BadInput(port, f"{port}: {error}", Stage.PROTOCOL, echo)
    except Exception as error:
        logger.debug("undecodable message", exc_info=True)
        return BadInput(port, f"{port}: {type(error).__name__}: {brief(str(error))}", echo=echo)


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
        streamed=any(metadata.get(key) is not None for key in ("seq", "fin", "segment_id")),
        has_fin=metadata.get("fin") is not None,
        ended=str(metadata.get("session_status")).strip().lower() == "ended",
        received_s=received_s,
    )


def _decode_buffer_status(
    value: object, _metadata: Mapping[str, object], echo: dict[str, Plain]
) -> BufferStatus:
    return BufferStatus(one_number(value), echo)


def _decode_command(
    value: object, metadata: Mapping[str, object], echo: dict[str, Plain]
) -> Command:
    """``cancel``, ``name:argument``, ``{"command": "cancel", "question_id": 3}``, or metadata ``command``."""
    word = metadata.get("command")
    text = word if isinstance(word, str) and word else one_string(value, _MAX_COMMAND)
    document = parse_json(text) if text.lstrip().startswith("{") else None
    if document is None:
        name, _, argument = text.strip().partition(":")
        return Command(_command_name(name), argument.strip(), echo)
    if not isinstance(document, dict) or not isinstance(document.get("command"), str):
        raise ProtocolError('JSON without a string under "command"')
    check_ids(document)
    values = {key: value for key, value in document.items() if key not in {"command", "argument"}}
    return Command(
        _command_name(document["command"]),
        str(document.get("argument", "")),
        {**echo, **echo_of({key: document[key] for key in ID_KEYS if key in document})},
        values,
    )


def _command_name(name: str) -> str:
    name = name.strip().lower()
    if not name:
        raise ProtocolError("an empty command")
    return name[:64]

"""The wire format: events of dora to records, records to Arrow arrays with metadata.

Nothing else in the package knows Arrow but ``wire.values``. ``decode`` never raises: what cannot be understood becomes a
``BadInput``, which the node answers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from dora_mlx_tts.errors import ProtocolError, SettingError, SynthesisError, TtsError
from dora_mlx_tts.wire.messages import (
    BadInput,
    BufferStatus,
    Command,
    Outcome,
    Plain,
    Reply,
    Stage,
    Status,
    TextRequest,
)
from dora_mlx_tts.wire.metadata import (
    ID_KEYS,
    brief,
    check_ids,
    echo_of,
    read_flag,
    read_language,
    read_seq,
    read_settings,
    read_voice,
)
from dora_mlx_tts.wire.text_forms import parse_json, read_forms
from dora_mlx_tts.wire.values import one_number, one_string

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

_log = logging.getLogger(__name__)

TEXT: Final = "text"
CONTROL: Final = "control"
BUFFER_STATUS: Final = "buffer_status"
INPUTS: Final = (TEXT, CONTROL, BUFFER_STATUS)
AUDIO: Final = "audio"
SEGMENT_COMPLETE: Final = "segment_complete"
STATUS: Final = "status"
LOG: Final = "log"
WORDS: Final = "words"
OUTPUTS: Final = (AUDIO, SEGMENT_COMPLETE, STATUS, LOG, WORDS)

DEFAULT_TEXT_LIMIT: Final = 20_000
_MAX_ERROR = 500
_MAX_COMMAND = 4096
_GOAL_STATUS: Final = {
    Outcome.COMPLETED: "succeeded",
    Outcome.SKIPPED: "succeeded",
    Outcome.CANCELLED: "canceled",
    Outcome.ERROR: "aborted",
}

Message = tuple[Any, dict[str, Plain]]
"""An Arrow array and its metadata, ready for ``send_output``."""


# ---------------------------------------------------------------------------------------------- in


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
    except Exception as error:  # noqa: BLE001  a stranger's message must not end the node
        _log.debug("undecodable message", exc_info=True)
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


# --------------------------------------------------------------------------------------------- out


def encode_audio(
    fragment: Fragment,
    *,
    echo: Mapping[str, Plain],
    text_index: int,
    seq: int,
    nested: bool = False,
    flush: bool = False,
) -> Message:
    """A fragment as flat float32 (or one list of it, for readers written against dora-primespeech).

    ``flush`` has dora drop what is older in the receiver's queue.

    Raises:
        SynthesisError: The samples are not finite numbers: an error is never audio.
    """
    samples = np.ascontiguousarray(fragment.samples, dtype=np.float32).reshape(-1)
    if not np.isfinite(samples).all():
        raise SynthesisError(f"fragment {seq} of the text holds samples that are not finite")
    array = pa.array(samples)
    if nested:
        array = pa.ListArray.from_arrays(pa.array([0, len(samples)], pa.int32()), array)
    duration = len(samples) / int(fragment.sample_rate)
    return array, {
        **echo,
        "sample_rate": int(fragment.sample_rate),
        "text_index": text_index,
        "sentence_index": int(fragment.sentence_index),
        "fragment_index": int(fragment.fragment_index),
        "seq": seq,
        "fin": bool(fragment.is_final),
        "text": str(fragment.text),
        "start_s": float(fragment.start_s),
        "duration_s": duration,
        "duration": duration,
        **({"flush": True} if flush else {}),
    }


def encode_words(
    fragment: Fragment, *, echo: Mapping[str, Plain], text_index: int, seq: int
) -> Message:
    """The words that end in a fragment, with their times in the text's audio and places in the sentence."""
    return pa.array([word.text for word in fragment.words], pa.string()), {
        **echo,
        "text_index": text_index,
        "sentence_index": int(fragment.sentence_index),
        "seq": seq,
        "text": str(fragment.text),
        "starts_s": [float(word.start_s) for word in fragment.words],
        "ends_s": [float(word.end_s) for word in fragment.words],
        "chars": [int(word.start) for word in fragment.words],
    }


def encode_reply(reply: Reply, figures: Mapping[str, Plain], *, text_index: int) -> Message:
    """The terminal answer to a text; every key of the contract is always there."""
    metadata: dict[str, Plain] = {
        **reply.echo,
        **figures,
        "text_index": text_index,
        "outcome": str(reply.outcome),
        "error": reply.error[:_MAX_ERROR],
        "error_stage": str(reply.stage or ""),
        "spoken_text": reply.spoken_text,
        "played_s": reply.played_s,
        "reason": reply.reason,
    }
    if reply.outcome is Outcome.ERROR:
        metadata["session_status"] = "error"
    if "goal_id" in reply.echo:
        metadata["goal_status"] = _GOAL_STATUS[reply.outcome]
    return pa.array([str(reply.outcome)]), metadata


def encode_status(status: Status) -> Message:
    """A word on ``status`` with its details as flat metadata."""
    return pa.array([status.state]), {**status.echo, **status.details}


def encode_log(node: str, level: str, message: str, timestamp: float) -> Message:
    """A line on ``log`` as dora-primespeech's readers expect it: one JSON string."""
    line = {"node": node, "level": level, "message": message, "timestamp": timestamp}
    return pa.array([json.dumps(line, ensure_ascii=False)]), {}

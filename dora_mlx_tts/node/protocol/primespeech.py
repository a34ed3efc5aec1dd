"""Texts that carry more than text: dora-primespeech's ``VOICE:`` prefix and JSON documents."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from dora_mlx_tts.errors import ProtocolError
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.protocol.messages import AttachedRecording, TextRequest
from dora_mlx_tts.node.protocol.metadata import (
    read_language,
    read_settings,
    read_voice,
)
from dora_mlx_tts.unicode import valid_unicode

_PREFIX = "VOICE:"
_CUSTOM_FIELDS = 4
_JSON_TEXT = ("prompt", "text")
_SWITCH = "the setting text_commands (TEXT_COMMANDS) is off"


def read_forms(request: TextRequest, *, allowed: bool) -> TextRequest:
    """Parse a text that says how to speak it; leave any other text unchanged.

    Args:
        request: The text as received.
        allowed: Whether such texts are accepted at all.

    Raises:
        ProtocolError: The form is unknown, incomplete or not accepted here.
        SettingError: A setting in it has a value that is not allowed.
    """
    text = request.text.lstrip()
    if text.startswith(_PREFIX) and "|" in text:
        if not allowed:
            raise ProtocolError(f"a text with a VOICE: prefix; {_SWITCH}")
        return _with_prefix(request, text.removeprefix(_PREFIX))
    document = _document(text)
    if document is None:
        return request
    if not allowed:
        raise ProtocolError(f"a JSON document instead of a text; {_SWITCH}")
    if not isinstance(document, dict):
        raise ProtocolError('a JSON text must be {"prompt": "text"}, got a list')
    return _from_document(request, document)


def parse_json(text: str) -> object:
    """The JSON value in ``text``, or None if it is not JSON or is nested too deeply.

    Escapes can produce lone surrogates, which no other message can carry; U+FFFD replaces them.
    """
    try:
        document: object = json.loads(text)
        return _valid(document) if "\\u" in text else document
    except (ValueError, RecursionError):
        return None


def _valid(value: object) -> object:
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, list):
        return [_valid(item) for item in value]
    if isinstance(value, dict):
        return {valid_unicode(key): _valid(item) for key, item in value.items()}
    return value


def _document(text: str) -> object:
    """A JSON object, or a list with more than numbers. A bare number, "[1]" or a quoted word is read aloud."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")) or not stripped.endswith(("}", "]")):
        return None
    document = parse_json(stripped)
    if isinstance(document, list):
        return document if any(isinstance(item, str | list | dict) for item in document) else None
    return document if isinstance(document, dict) else None


def _with_prefix(request: TextRequest, form: str) -> TextRequest:
    """``name|text`` or ``CUSTOM|recording|its text|its language|text``."""
    name, _, rest = form.partition("|")
    name = name.strip()
    if name.upper() == "TRAINED":
        raise ProtocolError(
            "VOICE:TRAINED names checkpoints; convert them once with `dora-mlx-tts convert` and use the"
            " voice's name"
        )
    if name.upper() != "CUSTOM":
        return dataclasses.replace(request, text=rest, voice=read_voice({"voice": name}))
    fields = rest.split("|", _CUSTOM_FIELDS - 1)
    if len(fields) != _CUSTOM_FIELDS or not fields[0].strip():
        raise ProtocolError(
            f"VOICE:CUSTOM must be VOICE:CUSTOM|recording|its text|its language|text, got {brief(form)}"
        )
    audio, transcript, language, text = fields
    recording = AttachedRecording(audio.strip(), transcript.strip(), language.strip() or "auto")
    return dataclasses.replace(request, text=text, recording=recording)


def _from_document(request: TextRequest, document: Mapping[str, object]) -> TextRequest:
    for key in _JSON_TEXT:
        text = document.get(key)
        if isinstance(text, str):
            return dataclasses.replace(
                request,
                text=text,
                voice=read_voice(document) or request.voice,
                language=read_language(document) or request.language,
                settings={**request.settings, **read_settings(document)},
            )
    raise ProtocolError('JSON without a string under "prompt" or "text"')

"""The requests that a client may send to `/v1/audio/speech`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from dora_mlx_tts.config.sources import validated
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import brief, must_be
from dora_mlx_tts.server.tickets import Manner

_SETTINGS: Final = (
    "fragment_interval",
    "repetition_penalty",
    "seed",
    "speed",
    "temperature",
    "top_k",
    "top_p",
)
_IGNORED: Final = ("instructions",)


class _VoiceId(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str


class _Body(BaseModel):
    """The fields of OpenAI's interface, plus the language."""

    model_config = ConfigDict(strict=True, extra="allow")
    input: str
    model: str = ""
    voice: str | _VoiceId | None = None
    response_format: Literal["mp3", "opus", "flac", "wav", "pcm"] = "mp3"
    stream_format: Literal["audio", "sse"] = "audio"
    speed: float | None = None
    instructions: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SpeechBody:
    """A valid request.

    Attributes:
        text: the text to speak.
        manner: how to speak it.
        format: a key of `FORMATS`.
        as_events: whether to answer with server-sent events.
        notes: parts of the request that were ignored.
    """

    text: str
    manner: Manner
    format: str
    as_events: bool
    notes: tuple[str, ...]

    @classmethod
    def read(cls, data: bytes, limit: int) -> Self:
        """Parse a request from the bytes of its body.

        Raises:
            SettingError: the body is not a JSON object, a value is wrong, or the text has more than `limit`
                characters.
        """
        body = validated(_Body, _given(_json_object(data)), "request")
        if len(body.input) > limit:
            raise SettingError(
                must_be("input", f"at most {limit} characters long", len(body.input))
            )
        extra = body.model_extra or {}
        given = {"speed": body.speed, **extra}
        settings = {name: given[name] for name in _SETTINGS if given.get(name) is not None}
        ignored = [name for name in _IGNORED if getattr(body, name)]
        ignored += [name for name in extra if name not in _SETTINGS]
        voice = body.voice.id if isinstance(body.voice, _VoiceId) else body.voice
        return cls(
            text=body.input,
            manner=Manner(voice or None, body.language or None, settings),
            format=body.response_format,
            as_events=body.stream_format == "sse",
            notes=tuple(f"{brief(name)} is ignored" for name in ignored[:8]),
        )


def _given(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document without names whose value is null, which some clients write for what is not given."""
    required = {name for name, field in _Body.model_fields.items() if field.is_required()}
    return {n: value for n, value in document.items() if value is not None or n in required}


def _json_object(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"the body must be JSON, got {brief(data)}") from error
    if not isinstance(document, dict):
        raise SettingError(must_be("the body", "a JSON object", document))
    return document

"""OpenAI's speech endpoint over HTTP, and health checks for service managers."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, TextError, TtsError, VoiceError
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.server.body import SpeechBody
from dora_mlx_tts.server.encoders import FORMATS, AudioEncoder
from dora_mlx_tts.server.speech import SpeechStream
from dora_mlx_tts.server.speech_queue import SpeechQueue
from dora_mlx_tts.server.tickets import BusyError, StoppedError
from dora_mlx_tts.synthesis.records import Fragment

logger = logging.getLogger(__name__)

MODEL: Final = "dora-mlx-tts"
_BODY_LIMIT: Final = 1 << 20
_BODY_S: Final = 20.0
_NOTE: Final = "X-Dora-Mlx-Tts-Note"

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one client.

    Attributes:
        characters: maximum length of a text.
        key: the key required in `Authorization: Bearer`; empty allows everybody.
    """

    characters: int = 4096
    key: str = ""


class _RefusedError(Exception):
    """An error response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class OpenAIDoor:
    """The endpoints; `app` is the ASGI application.

    Args:
        queue: speaks the requests.
        settings: how to split texts.
        limits: limits for one client.
    """

    def __init__(self, queue: SpeechQueue, settings: Settings, limits: Limits) -> None:
        self._queue = queue
        self._rules = StreamRules.from_settings(settings)
        self._default_voice = settings.voice
        self._limits = limits
        self.app = Starlette(
            routes=[
                Route("/v1/audio/speech", self._guarded(self._speech), methods=["POST"]),
                Route("/v1/audio/voices", self._guarded(self._voices)),
                Route("/v1/models", self._guarded(self._models)),
                Route("/health", self._health),
                Route("/ready", self._ready),
            ]
        )

    def _guarded(self, handler: Handler) -> Handler:
        """Wrap a handler: check the key, and report errors in the form that OpenAI's clients expect."""

        async def guarded(request: Request) -> Response:
            try:
                self._check_key(request)
                return await handler(request)
            except ClientDisconnect:
                return Response(status_code=499)
            except _RefusedError as error:
                return _refusal(error.status, error)
            except Exception as error:  # noqa: BLE001  becomes the answer
                return _refusal(_status(error), error)

        return guarded

    def _check_key(self, request: Request) -> None:
        wanted = f"Bearer {self._limits.key}".encode()
        given = request.headers.get("authorization", "").encode()
        if self._limits.key and not hmac.compare_digest(given, wanted):
            raise _RefusedError(401, "the key is missing or wrong; send Authorization: Bearer KEY")

    async def _speech(self, request: Request) -> Response:
        body = SpeechBody.read(await _body(request), self._limits.characters)
        if body.manner.voice is not None:
            self._queue.engine.voices.get(body.manner.voice)
        stream = SpeechStream(self._queue, self._rules, body.manner)
        gone = asyncio.create_task(_cancel_when_gone(request, stream))
        try:
            stream.speak(body.text)
            first = await anext(stream)
        except BaseException:
            stream.cancel("refused or gone")
            gone.cancel()
            raise
        content = _events(stream, first, body) if body.as_events else _file(stream, first, body)
        headers = {_NOTE: "; ".join(body.notes)} if body.notes else {}
        kind = "text/event-stream" if body.as_events else FORMATS[body.format].media_type
        return StreamingResponse(_attended(content, stream, gone), media_type=kind, headers=headers)

    async def _voices(self, _request: Request) -> Response:
        voices = [
            {
                "id": voice.name,
                "name": voice.name,
                "description": voice.description,
                "languages": list(voice.languages),
                "default": voice.name == self._default_voice,
            }
            for voice in self._queue.engine.voices
        ]
        return JSONResponse({"object": "list", "data": voices, "voices": voices})

    async def _models(self, _request: Request) -> Response:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
        return JSONResponse({"object": "list", "data": [model]})

    async def _health(self, _request: Request) -> Response:
        """Report that the process is alive."""
        return JSONResponse({"status": "ok"})

    async def _ready(self, _request: Request) -> Response:
        """Report whether it can speak."""
        queue = self._queue
        answer = {"status": queue.state, "requests": queue.open, "limit": queue.limit}
        return JSONResponse(answer, status_code=200 if queue.state == "ready" else 503)


async def _body(request: Request) -> bytes:
    """Read the body, with limits on size and time."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # also keeps other sites' web pages from sending requests
        raise _RefusedError(415, f"Content-Type must be application/json, got {brief(kind)}")
    data = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > _BODY_LIMIT:
                    raise _RefusedError(413, f"the body must have at most {_BODY_LIMIT} bytes")
    except TimeoutError as error:
        raise _RefusedError(408, f"the body must come within {_BODY_S:.0f} s") from error
    return bytes(data)


async def _cancel_when_gone(request: Request, stream: SpeechStream) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    stream.cancel("the client left")


async def _attended(
    content: AsyncIterator[bytes], stream: SpeechStream, gone: asyncio.Task[None]
) -> AsyncIterator[bytes]:
    """Pass the content on; cancel the speech when the client stops reading."""
    try:
        async for data in content:
            if data:
                yield data
    finally:
        stream.cancel("the client left")  # after the end this has no effect
        gone.cancel()


async def _file(stream: SpeechStream, first: Fragment, body: SpeechBody) -> AsyncIterator[bytes]:
    """Stream one file. An error breaks the connection, so that no client takes the file for complete."""
    encoder = AudioEncoder(body.format, first.sample_rate)
    yield encoder.encode(first.samples)
    async for fragment in stream:
        yield encoder.encode(fragment.samples)
    yield encoder.finish()


async def _events(stream: SpeechStream, first: Fragment, body: SpeechBody) -> AsyncIterator[bytes]:
    """Stream OpenAI's events, with the words of each piece, and an event if an error occurs."""
    encoder = AudioEncoder(body.format, first.sample_rate)
    seconds = 0.0
    if body.notes:
        yield _event({"type": "note", "notes": list(body.notes)})
    try:
        yield _delta(encoder.encode(first.samples), first)
        seconds += first.duration_s
        async for fragment in stream:
            yield _delta(encoder.encode(fragment.samples), fragment)
            seconds += fragment.duration_s
    except TtsError as error:
        yield _event({"type": "error", "error": _problem(_status(error), error)})
        return
    if rest := encoder.finish():
        yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(rest).decode()})
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}  # nothing is billed here
    yield _event({"type": "speech.audio.done", "usage": usage, "duration_s": round(seconds, 3)})


def _delta(data: bytes, fragment: Fragment) -> bytes:
    words = [
        {"text": word.text, "start_s": round(word.start_s, 3), "end_s": round(word.end_s, 3)}
        for word in fragment.words
    ]
    return _event(
        {
            "type": "speech.audio.delta",
            "audio": base64.b64encode(data).decode(),
            "start_s": round(fragment.start_s, 3),
            "sentence": fragment.text,
            "words": words,
        }
    )


def _event(document: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()


def _status(error: Exception) -> int:
    if isinstance(error, SettingError | TextError | VoiceError):
        return 400
    if isinstance(error, BusyError):
        return 429
    return 503 if isinstance(error, StoppedError) else 500


def _problem(status: int, error: Exception) -> dict[str, Any]:
    if not isinstance(error, TtsError | _RefusedError):
        logger.error("unexpected error", exc_info=error)
    known = isinstance(error, TtsError | _RefusedError)
    message = str(error) if known else f"{type(error).__name__}: see the server's log"
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004  HTTP
    return {"message": message, "type": kind, "param": None, "code": None}


def _refusal(status: int, error: Exception) -> Response:
    headers = {"Retry-After": "1"} if status in {429, 503} else {}
    if status == 401:  # noqa: PLR2004  HTTP
        headers["WWW-Authenticate"] = "Bearer"
    with suppress(UnicodeError):
        return JSONResponse({"error": _problem(status, error)}, status, headers)
    return JSONResponse(
        {"error": _problem(status, SettingError(ascii(str(error))))}, status, headers
    )

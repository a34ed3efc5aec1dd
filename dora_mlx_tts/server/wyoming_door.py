"""Wyoming, Home Assistant's voice protocol: `describe`, `synthesize`, and streamed text."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from dora_mlx_tts import __version__
from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import ProtocolError, SettingError, TtsError
from dora_mlx_tts.messages import must_be, unknown
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.server.speech import SpeechStream
from dora_mlx_tts.server.speech_queue import SpeechQueue
from dora_mlx_tts.server.tickets import Manner

logger = logging.getLogger(__name__)

_CONNECTIONS: Final = 128
_EVENT_LIMIT: Final = 1 << 20
_URL: Final = "https://pypi.org/project/dora-mlx-tts/"
_LINE_LIMIT: Final = 1 << 16


class WyomingDoor:
    """Serves connections; the texts of each one are spoken in order.

    Args:
        queue: speaks the texts.
        settings: how to split texts, the default voice, seconds to wait for more text.
        characters: maximum length of a text.
    """

    def __init__(self, queue: SpeechQueue, settings: Settings, characters: int = 4096) -> None:
        self.queue = queue
        self.rules = StreamRules.from_settings(settings)
        self.characters = characters
        self.patience_s = settings.stream_timeout
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Start listening.

        Raises:
            OSError: the port is taken.
        """
        return await asyncio.start_server(self._serve, host, port, limit=_LINE_LIMIT)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  started by asyncio
        self._tasks.add(task)
        try:
            if len(self._tasks) > _CONNECTIONS:
                error = Error(f"{_CONNECTIONS} connections are open (the limit)", "busy")
                await async_write_event(error.event(), writer)
            else:
                await _Connection(self, reader, writer).run()
        except OSError:
            logger.debug("a client disconnected")
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def info(self) -> Info:
        """The answer to `describe`."""
        ours = Attribution("dora-mlx-tts contributors", _URL)
        voices = [
            TtsVoice(voice.name, ours, True, voice.description, None, list(voice.languages))
            for voice in self.queue.engine.voices
        ]
        program = TtsProgram(
            "dora-mlx-tts",
            ours,
            installed=True,
            description="GPT-SoVITS speech, synthesized with Apple MLX",
            version=__version__,
            voices=voices,
            supports_synthesize_streaming=True,
        )
        return Info(tts=[program])

    def manner(self, wanted: SynthesizeVoice | None) -> Manner:
        """How to speak, given the requested voice or language.

        Raises:
            TtsError: the voice is unknown, or none speaks the language.
        """
        voices = self.queue.engine.voices
        if wanted is None:
            return Manner()
        if wanted.name:
            return Manner(voices.get(_string("voice name", wanted.name)).name)
        if not wanted.language:
            return Manner()
        code = _string("voice language", wanted.language).replace("_", "-").partition("-")[0]
        for voice in voices:
            if code.lower() in voice.languages:
                return Manner(voice.name)
        known = sorted({code for voice in voices for code in voice.languages})
        raise SettingError(unknown("language", wanted.language, known))


class _Connection:
    """One client."""

    def __init__(
        self, door: WyomingDoor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._door = door
        self._reader = _BoundedReader(reader)
        self._writer = writer
        self._sending = asyncio.Lock()  # events of two tasks must not mix
        self._open: SpeechStream | None = None
        self._characters = 0
        self._speaking: asyncio.Task[None] | None = None
        self._stream: SpeechStream | None = None

    async def run(self) -> None:
        """Answer until the client leaves or breaks the protocol."""
        try:
            while (event := await self._next()) is not None:
                try:
                    await self._handle(event)
                except TtsError as error:
                    await self._refuse(error)
        except (ProtocolError, asyncio.IncompleteReadError, TimeoutError) as error:
            await self._refuse(error)
        except KeyError as error:
            await self._refuse(ProtocolError(f"malformed event: {error} is missing"))
        except (
            TypeError,
            AttributeError,
            ValueError,
        ) as error:  # not checked by the wyoming package
            logger.debug("malformed event", exc_info=error)
            await self._refuse(ProtocolError("malformed event: a value has the wrong type"))
        finally:
            if self._stream is not None:
                self._stream.cancel("the client left")
            if self._speaking is not None:
                self._speaking.cancel()
                await asyncio.wait([self._speaking])

    async def _next(self) -> Event | None:
        patience = self._door.patience_s if self._open is not None else None
        try:
            async with asyncio.timeout(patience):
                return await async_read_event(self._reader)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise ProtocolError(f"no text arrived for {patience:.0f} s") from error

    async def _handle(self, event: Event) -> None:
        kind = event.type
        if Describe.is_type(kind):
            await self._send(self._door.info().event())
        elif Ping.is_type(kind):
            await self._send(Pong(text=Ping.from_event(event).text).event())
        elif Synthesize.is_type(kind) and self._open is None:
            # within a stream it repeats the text, for servers that do not stream
            await self._whole(Synthesize.from_event(event))
        elif SynthesizeStart.is_type(kind):
            stream = await self._begin(SynthesizeStart.from_event(event).voice)
            self._characters = 0
            self._answer(stream, streamed=True)
        elif SynthesizeChunk.is_type(kind) and self._open is not None:
            self._feed(self._open, _string("text", SynthesizeChunk.from_event(event).text))
        elif SynthesizeStop.is_type(kind) and self._open is not None:
            stream, self._open = self._open, None
            stream.close()

    async def _whole(self, request: Synthesize) -> None:
        text = _string("text", request.text)
        self._check_length(len(text))
        stream = await self._begin(request.voice)
        self._open = None
        stream.speak(text)
        self._answer(stream, streamed=False)

    async def _begin(self, voice: SynthesizeVoice | None) -> SpeechStream:
        """Begin a new text once the previous one has been spoken."""
        if self._open is not None:
            raise ProtocolError("a text must end with synthesize-stop before the next one")
        if self._speaking is not None:
            await asyncio.wait([self._speaking])
        manner = self._door.manner(voice)
        self._stream = self._open = SpeechStream(self._door.queue, self._door.rules, manner)
        return self._stream

    def _answer(self, stream: SpeechStream, *, streamed: bool) -> None:
        """Send the speech of a text as it is made, while further events are read."""
        self._speaking = asyncio.create_task(self._speak(stream, streamed=streamed))

    def _feed(self, stream: SpeechStream, text: str) -> None:
        self._characters += len(text)
        try:
            self._check_length(self._characters)
        except SettingError:
            self._open = None
            stream.cancel("too long")
            raise
        stream.feed(text)

    def _check_length(self, length: int) -> None:
        if length > self._door.characters:
            allowed = f"at most {self._door.characters} characters long"
            raise SettingError(must_be("text", allowed, length))

    async def _speak(self, stream: SpeechStream, *, streamed: bool) -> None:
        """Send the speech of one text."""
        rate = 0
        try:
            async for fragment in stream:
                if not rate:
                    rate = fragment.sample_rate
                    await self._send(AudioStart(rate, 2, 1).event())
                samples = to_int16(fragment.samples).astype("<i2").tobytes()
                await self._send(AudioChunk(rate, 2, 1, samples).event())
        except OSError:
            stream.cancel("the client left")
            return
        except Exception as error:  # noqa: BLE001  becomes the answer
            stream.cancel("failed")
            self._open = None if self._open is stream else self._open
            await self._refuse(error)
        if rate:
            await self._send(AudioStop().event())
        if streamed:
            await self._send(SynthesizeStopped().event())

    async def _refuse(self, error: Exception) -> None:
        if not isinstance(error, TtsError | asyncio.IncompleteReadError):
            logger.error("unexpected error", exc_info=error)
        with contextlib.suppress(OSError):
            await self._send(Error(str(error), type(error).__name__).event())

    async def _send(self, event: Event) -> None:
        async with self._sending:
            await async_write_event(event, self._writer)


class _BoundedReader:
    """A reader that refuses events larger than any needed here."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError as error:
            raise ProtocolError(f"a line must have at most {_LINE_LIMIT} bytes") from error

    async def readexactly(self, count: int) -> bytes:
        if not 0 <= count <= _EVENT_LIMIT:
            raise ProtocolError(must_be("length of an event", f"at most {_EVENT_LIMIT}", count))
        return await self._reader.readexactly(count)


def _string(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise SettingError(must_be(what, "a string", value))
    return value

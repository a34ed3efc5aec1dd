from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import pytest

pytest.importorskip("wyoming")
pytest.importorskip("uvicorn")

from served import RATE, Engine, serving, wait_until
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeVoice,
)

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SynthesisError

ENDS = {"audio-stop", "error", "synthesize-stopped"}


def ask(server, *events, ends=("audio-stop", "error")):
    """Send events over one connection; everything that comes back up to one of `ends`."""

    async def run():
        async with AsyncClient.from_uri(server.wyoming) as client, asyncio.timeout(20):
            for event in events:
                await client.write_event(event if isinstance(event, Event) else event.event())
            found = []
            while (event := await client.read_event()) is not None:
                found.append(event)
                if event.type in ends:
                    break
            return found

    return asyncio.run(run())


@pytest.fixture
def server():
    with serving() as one:
        ready(one)
        yield one


def ready(server):
    wait_until(lambda: server.engine.threads or not_refused(server))


def not_refused(server):
    return ask(server, Describe(), ends=("info", "error"))[0].type == "info"


def seconds(events):
    return sum(len(event.payload) for event in events if event.type == "audio-chunk") / 2 / RATE


def test_describe_names_the_voices(server):
    (event,) = ask(server, Describe(), ends=("info",))
    (program,) = Info.from_event(event).tts
    assert [(voice.name, voice.languages) for voice in program.voices] == [
        ("anna", ["en"]),
        ("bao", ["zh", "en"]),
    ]
    assert program.supports_synthesize_streaming


def test_a_whole_text(server):
    events = ask(server, Synthesize("One two. Three.", SynthesizeVoice(name="bao")))
    assert events[0].type == "audio-start"
    assert events[0].data["rate"] == RATE
    assert seconds(events) == pytest.approx(0.3)
    assert server.engine.calls[0][1] == "bao"


def test_a_voice_by_language(server):
    ask(server, Synthesize("你好。", SynthesizeVoice(language="zh_CN")))
    assert server.engine.calls[0][1] == "bao"


def test_a_text_as_it_is_written_is_spoken_before_it_ends(server):
    async def run():
        async with AsyncClient.from_uri(server.wyoming) as client, asyncio.timeout(20):
            await client.write_event(SynthesizeStart(SynthesizeVoice(name="anna")).event())
            for piece in ("One t", "wo. Thr", "ee"):
                await client.write_event(SynthesizeChunk(piece).event())
            first = await client.read_event()
            assert first.type == "audio-start"
            await client.write_event(SynthesizeChunk(" four.").event())
            # what Home Assistant sends for servers that do not stream
            await client.write_event(Synthesize("One two. Three four.").event())
            await client.write_event(SynthesizeStop().event())
            events = [first]
            while events[-1].type != "synthesize-stopped":
                events.append(await client.read_event())
            return events

    events = asyncio.run(run())
    assert [call[0] for call in server.engine.calls] == ["One two.", "Three four."]
    assert seconds(events) == pytest.approx(0.4)
    assert [event.type for event in events][-2:] == ["audio-stop", "synthesize-stopped"]


def test_texts_of_one_connection_are_spoken_in_order(server):
    async def run():
        async with AsyncClient.from_uri(server.wyoming) as client, asyncio.timeout(20):
            for text in ("One.", "Two two.", "Three."):
                await client.write_event(Synthesize(text).event())
            types = []
            while types.count("audio-stop") < 3:
                types.append((await client.read_event()).type)
            return types

    types = asyncio.run(run())
    assert types[0] == "audio-start"
    assert [call[0] for call in server.engine.calls] == ["One.", "Two two.", "Three."]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Synthesize("", None), "nothing that can be pronounced"),
        (Synthesize("...", None), "nothing that can be pronounced"),
        (Synthesize("Hi.", SynthesizeVoice(name="nobody")), "unknown voice 'nobody'"),
        (Synthesize("Hi.", SynthesizeVoice(language="tlh")), "unknown language 'tlh'"),
        (Synthesize("a" * 5000), "at most 4096 characters long"),
        (Event("synthesize", {"text": 5}), "text must be a string"),
        (Event("synthesize", {"text": None}), "text must be a string"),
    ],
)
def test_a_bad_request_is_told_and_the_connection_lives_on(server, event, says):
    events = ask(server, event, Synthesize("Fine."), ends=("audio-stop",))
    assert [one.type for one in events].count("error") == 1
    assert says in Error.from_event(events[0]).text
    assert seconds(events) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"no json\n",
        b"[]\n",
        b"5\n",
        b"{}\n",
        b'{"type": "synthesize"}\n',
        b'{"type": "synthesize", "data": []}\n',
        b'{"type": "synthesize", "data": {"text": "Hi.", "voice": "anna"}}\n',
        b'{"type": "x", "payload_length": 999999999999}\n',
        b'{"type": "x", "payload_length": "1"}\n',
        b'{"type": "x", "data_length": 5}\n[1,2]',
        b"a" * 100_000,
        b'{"type": "synthesize", "data_length": 10}\n{"te',
        b"[" * 60_000 + b"\n",
    ],
    ids=lambda data: repr(data[:40]),
)
def test_hostile_bytes_end_their_connection_only(server, data):
    async def run():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.opened.wyoming_port)
        with contextlib.suppress(OSError):
            writer.write(data)
            await writer.drain()
            writer.write_eof()
        async with asyncio.timeout(20):
            with contextlib.suppress(OSError):
                await reader.read()
        writer.close()

    asyncio.run(run())
    assert seconds(ask(server, Synthesize("Fine."))) == pytest.approx(0.1)


def test_unknown_events_are_passed_over(server):
    events = ask(server, Event("transcribe", {"language": "en"}), Synthesize("Fine."))
    assert seconds(events) == pytest.approx(0.1)


def test_an_error_in_the_middle_is_told():
    with serving(Engine({"Fail now.": ["Fail", SynthesisError("not speech")]})) as server:
        ready(server)
        events = ask(server, Synthesize("Fail now."), ends=("audio-stop",))
    assert [event.type for event in events] == [
        "audio-start",
        "audio-chunk",
        "error",
        "audio-stop",
    ]


def test_a_client_that_leaves_cancels_its_speech():
    gate = threading.Event()  # never set
    with serving(Engine({"Long story.": ["Long", gate, "story"]})) as server:
        ready(server)
        events = ask(server, Synthesize("Long story."), ends=("audio-chunk",))
        assert events[-1].type == "audio-chunk"
        wait_until(lambda: server.engine.ended == ["Long story."])
        assert seconds(ask(server, Synthesize("Fine."))) == pytest.approx(0.1)


def test_a_text_that_never_ends_is_given_up():
    with serving(settings=Settings(stream_timeout=0.2, stream_idle=0.1), parallel=1) as server:
        ready(server)
        events = ask(server, SynthesizeStart(), SynthesizeChunk("One"), ends=("error",))
        assert "no text arrived" in events[-1].data["text"]
        wait_until(lambda: seconds(ask(server, Synthesize("Fine."))) > 0)


def test_two_hundred_connections(server):
    async def run():
        port = server.opened.wyoming_port
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        async with asyncio.timeout(20):
            refused = await opened[-1][0].readline()
        for _, writer in opened:
            writer.close()
        return json.loads(refused)

    assert asyncio.run(run())["type"] == "error"
    wait_until(lambda: seconds(ask(server, Synthesize("Fine."))) > 0)

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading

import numpy as np
import pytest

openai = pytest.importorskip("openai")
pytest.importorskip("uvicorn")

from served import RATE, Engine, serving, wait_until

from dora_mlx_tts.audio.io import decode_audio
from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.server.openai_door import Limits

OPENED = []


def client(server, key="none"):
    one = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=30)
    OPENED.append(one)
    return one


@pytest.fixture(autouse=True)
def closed_clients():
    yield
    while OPENED:
        OPENED.pop().close()


def ready(server):
    wait_until(lambda: get(server, "/ready")[0] == 200)
    return server


def get(server, path, *, method="GET", body=b"", **headers):
    """Status, headers and body, over a bare socket."""
    with socket.create_connection(("127.0.0.1", server.opened.port), 20) as connection:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with contextlib.suppress(OSError):  # refused before all was read
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        data = bytearray()
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(1 << 16):
                data += chunk
    head, _, rest = bytes(data).partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), rest


def post(server, document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    kind = headers.pop("Content_Type", "application/json")
    return get(server, "/v1/audio/speech", method="POST", body=body, Content_Type=kind, **headers)


def with_length(flac, samples=19200):
    """A FLAC stream with its length in the header, without which libsndfile cannot read it."""
    packed = int.from_bytes(flac[18:26], "big")
    assert packed % (1 << 36) == 0  # not known when the header left
    return flac[:18] + (packed | samples).to_bytes(8, "big") + flac[26:]


@pytest.fixture
def server():
    with serving() as one:
        yield ready(one)


@pytest.mark.parametrize(
    ("name", "rate"),
    [("wav", RATE), ("flac", RATE), ("mp3", RATE), ("opus", 48000), ("pcm", 24000)],
)
def test_every_format_decodes_to_the_whole_speech(server, name, rate):
    speech = client(server).audio.speech.create(
        model="tts-1", voice="anna", input="One two three four. Five six.", response_format=name
    )
    if name == "pcm":
        samples = np.frombuffer(speech.content, "<i2") / 32768
        found = rate
    else:
        data = with_length(speech.content) if name == "flac" else speech.content
        recording = decode_audio(data, name)
        samples, found = recording.mono(), recording.rate
    assert found == rate
    assert len(samples) / rate == pytest.approx(0.6, abs=0.12)  # MP3 adds up to three frames
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert np.abs(middle).max() == pytest.approx(0.3, abs=0.05)
    tone = np.argmax(np.abs(np.fft.rfft(middle))) * rate / len(middle)
    assert tone == pytest.approx(0.05 * RATE / 2 / np.pi, abs=15)


def test_bytes_leave_while_the_rest_is_not_made_yet():
    gate = threading.Event()
    with serving(Engine({"One two.": ["One", gate, "two"]})) as server:
        ready(server)
        with client(server).audio.speech.with_streaming_response.create(
            model="x", voice="anna", input="One two.", response_format="pcm"
        ) as answer:
            pieces = answer.iter_bytes(1000)
            assert len(next(pieces)) == 1000
            gate.set()
            rest = b"".join(pieces)
    assert len(rest) + 1000 == pytest.approx(2 * 24000 * 0.2, abs=4)


def test_events_carry_sound_words_and_an_end(server):
    with client(server).audio.speech.with_streaming_response.create(
        model="x",
        voice="bao",
        input="你好 OK. Next one.",
        response_format="pcm",
        stream_format="sse",
        instructions="whisper",
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "instructions" in answer.headers["x-dora-mlx-tts-note"]
        lines = [line for line in answer.iter_lines() if line]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert [event["type"] for event in events][:2] == ["note", "speech.audio.delta"]
    assert events[-1]["type"] == "speech.audio.done"
    deltas = [event for event in events if event["type"] == "speech.audio.delta"]
    assert sum(len(base64.b64decode(event["audio"])) for event in deltas) == pytest.approx(
        2 * 24000 * 0.4, abs=4
    )
    words = [word for event in deltas for word in event.get("words", ())]
    assert [word["text"] for word in words] == ["你好", "OK.", "Next", "one."]
    assert [word["start_s"] for word in words] == [0.0, 0.1, 0.2, 0.3]


def test_what_is_asked_for_reaches_the_engine(server):
    client(server).audio.speech.create(
        model="x",
        voice="bao",
        input="**Bold** words.",
        speed=1.25,
        extra_body={"language": "en", "seed": 4},
    )
    assert server.engine.calls == [("Bold words.", "bao", "en", {"speed": 1.25, "seed": 4})]
    assert len(server.engine.threads) == 1


def test_lists_and_health(server):
    assert [model.id for model in client(server).models.list()] == ["dora-mlx-tts"]
    status, _, body = get(server, "/v1/audio/voices")
    assert status == 200
    assert [voice["id"] for voice in json.loads(body)["data"]] == ["anna", "bao"]
    assert get(server, "/health")[0] == 200


GOOD = {"input": "Hello there.", "voice": "anna"}


@pytest.mark.parametrize(
    ("document", "status", "says"),
    [
        (b"", 400, "must be JSON"),
        (b"\xff\xfe", 400, "must be JSON"),
        (b"[" * 100_000, 400, "must be JSON"),
        ([], 400, "a JSON object"),
        ({}, 400, "input is missing"),
        (GOOD | {"input": None}, 400, "input must be a valid string"),
        (GOOD | {"input": 5}, 400, "input must be"),
        (GOOD | {"input": "  "}, 400, "nothing that can be pronounced"),
        (GOOD | {"input": "…!?"}, 400, "nothing that can be pronounced"),
        (GOOD | {"input": "a" * 5000}, 400, "at most 4096 characters long, got 5000"),
        (GOOD | {"voice": "alloy"}, 400, "unknown voice 'alloy'; available: anna, bao"),
        (GOOD | {"voice": "\ud800"}, 400, "unknown voice"),
        (GOOD | {"voice": 7}, 400, "voice"),
        (GOOD | {"response_format": "aac"}, 400, "response_format must be"),
        (GOOD | {"stream_format": "xml"}, 400, "stream_format must be"),
        (GOOD | {"speed": "fast"}, 400, "speed must be"),
        (b" " * (10 << 20), 413, "1048576 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_requests_are_told_what_is_wrong(server, document, status, says):
    answer = post(server, document)
    assert answer[0] == status
    assert says in json.loads(answer[2])["error"]["message"]
    assert post(server, GOOD)[0] == 200


def test_null_means_not_given(server):
    names = ("model", "voice", "response_format", "stream_format", "speed", "instructions", "seed")
    status, headers, data = post(server, {"input": "One."} | dict.fromkeys(names))
    assert status == 200
    assert data[:2] == post(server, {"input": "One."})[2][:2]  # the same format
    assert "X-Dora-Mlx-Tts-Note" not in headers


def test_other_content_types_are_refused(server):
    assert post(server, GOOD, Content_Type="text/plain")[0] == 415


def test_a_wrong_setting_is_the_clients_error():
    from dora_mlx_tts.errors import SettingError

    with serving(Engine({"No.": [SettingError("speed must be at most 2, got 9")]})) as server:
        ready(server)
        with pytest.raises(openai.BadRequestError, match="speed must be at most 2"):
            client(server).audio.speech.create(model="x", voice="anna", input="No.")


def test_the_key_is_asked_for():
    with serving(limits=Limits(key="sesame")) as server:
        ready(server)
        with pytest.raises(openai.AuthenticationError):
            client(server, "wrong").audio.speech.create(model="x", voice="anna", input="Hi.")
        assert server.engine.calls == []
        assert client(server, "sesame").audio.speech.create(model="x", voice="anna", input="Hi.")
        assert get(server, "/v1/models")[0] == 401


def test_an_error_in_the_middle_is_no_whole_file():
    steps = {"Fail now.": ["Fail", SynthesisError("not speech")]}
    with serving(Engine(steps)) as server:
        ready(server)
        with pytest.raises(openai.APIError):
            client(server).audio.speech.create(model="x", voice="anna", input="Fail now.")
        with client(server).audio.speech.with_streaming_response.create(
            model="x", voice="anna", input="Fail now.", stream_format="sse"
        ) as answer:
            events = [json.loads(line[6:]) for line in answer.iter_lines() if line]
        assert events[-1] == {
            "type": "error",
            "error": {
                "message": "not speech",
                "type": "server_error",
                "param": None,
                "code": None,
            },
        }
        assert post(server, GOOD)[0] == 200


def test_an_error_before_the_first_sound_is_a_status():
    with serving(Engine({"Fail.": [SynthesisError("not speech")]})) as server:
        ready(server)
        with pytest.raises(openai.InternalServerError, match="not speech"):
            client(server).audio.speech.create(model="x", voice="anna", input="Fail.")


@pytest.mark.parametrize("spoken", [0, 1])
def test_a_client_that_leaves_cancels_its_speech(spoken):
    gate = threading.Event()  # never set
    with serving(Engine({"Long story.": [*["Long"] * spoken, gate, "story"]})) as server:
        ready(server)
        body = json.dumps({"input": "Long story.", "response_format": "pcm"}).encode()
        head = (
            "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", server.opened.port), 20)
        connection.sendall(head.encode() + body)
        wait_until(lambda: server.engine.calls)
        if spoken:
            assert connection.recv(1000)
        connection.close()
        wait_until(lambda: server.engine.ended == ["Long story."])
        assert post(server, GOOD)[0] == 200


def test_requests_take_turns_and_one_too_many_is_refused():
    gate = threading.Event()
    long = " ".join(f"Sentence number {n} is as long as all the others here." for n in range(20))
    first = long.partition(" is")[0]
    with serving(parallel=2) as server:
        engine = ready(server).engine
        stream = engine.stream

        def gated(text, **options):
            if text.startswith(first):
                gate.wait(20)
            return stream(text, **options)

        engine.stream = gated
        threads = [threading.Thread(target=post, args=(server, {"input": long}))]
        threads[0].start()
        wait_until(lambda: json.loads(get(server, "/ready")[2])["requests"] == 1)
        threads.append(threading.Thread(target=post, args=(server, {"input": "Short one."})))
        threads[1].start()
        wait_until(lambda: json.loads(get(server, "/ready")[2])["requests"] == 2)
        status, head, _ = post(server, GOOD)
        assert status == 429
        assert "retry-after: 1" in head.lower()
        gate.set()
        for thread in threads:
            thread.join(20)
        texts = [call[0] for call in engine.calls]
    assert len(texts) > 3
    assert texts.index("Short one.") <= 1  # not behind the whole long text


def test_a_hundred_connections_at_once(server):
    idle = [socket.create_connection(("127.0.0.1", server.opened.port), 20) for _ in range(100)]
    assert post(server, GOOD)[0] == 200
    for connection in idle[:50]:
        connection.sendall(b"\x00\xff garbage\r\n\r\n")
    assert post(server, GOOD)[0] == 200
    for connection in idle:
        connection.close()
    assert post(server, GOOD)[0] == 200


def test_a_voice_that_cannot_be_loaded_closes_the_doors():
    def load():
        raise SynthesisError("no voice")

    with serving(load=load) as server:
        wait_until(lambda: server.failure)
    assert str(server.failure[0]) == "no voice"


def test_before_it_is_ready_it_says_so():
    gate = threading.Event()
    engine = Engine()

    def load():
        gate.wait(20)
        return engine

    with serving(load=load) as server:
        assert get(server, "/health")[0] == 200
        assert get(server, "/ready")[0] == 503
        assert post(server, GOOD)[0] == 503
        gate.set()
        ready(server)
        assert post(server, GOOD)[0] == 200

"""What browsers may do to the page's server, good ones and others; over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import ExitStack, suppress

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

import page as pages
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


@pytest.fixture
def served(outputs):
    """The page's server with the port it listens on."""
    page = pages.Page(outputs)
    listening = socket.create_server(("127.0.0.1", 0))
    server = pages.server(page, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield page, listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
    listening.close()


def opened(port, **options):
    origin = options.pop("origin", f"http://127.0.0.1:{port}")
    return connect(f"ws://127.0.0.1:{port}/talk", origin=origin, legacy=True, **options)


def wait(is_so):
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def closed(browser):
    """The code and the reason with which the server leaves."""
    try:
        while True:
            browser.recv(timeout=20)
    except ConnectionClosed as end:
        return end.rcvd.code, end.rcvd.reason


def gone(outputs):
    return sum(bool(data.get("gone")) for _, data in outputs.on("microphone"))


def ask(port, request):
    """The status line of an answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), 20) as link:
        with suppress(OSError):  # the server has heard enough
            link.sendall(request)
        link.settimeout(20)
        try:
            return link.recv(200).split(b"\r\n")[0]
        except OSError:
            return b""


def test_sound_comes_to_the_browser_that_it_is_for(served, outputs):
    page, port = served
    with opened(port) as one, opened(port) as other:
        wait(lambda: len(page._browsers) == 2)
        one.send(np.arange(512, dtype="<i2").tobytes())
        outputs.wait(bool)
        session = outputs.on("microphone")[0][1]["session_id"]
        sound = {
            "session_id": session,
            "text_index": 3,
            "sample_rate": 32000,
            "start_s": 0.0,
            "text": "Hi.",
        }
        page.show({"id": "audio", "value": pa.array([0.5, 2.0], pa.float32()), "metadata": sound})
        assert json.loads(one.recv(timeout=20))["type"] == "voices"
        assert json.loads(one.recv(timeout=20))["text_index"] == 3
        assert np.frombuffer(one.recv(timeout=20), "<i2").tolist() == [16383, 32767]
        assert json.loads(other.recv(timeout=20))["type"] == "voices"
        with pytest.raises(TimeoutError):
            other.recv(timeout=0.1)
        for index in (4, 3):  # of the first it never got a sound
            one.send(
                json.dumps({"type": "played", "text_index": index, "seconds": 1.5, "stopped": True})
            )
        outputs.wait(lambda _: outputs.on("played"))
        assert outputs.on("played") == [
            (1.5, {"session_id": session, "text_index": 3, "stopped": True})
        ]
    wait(lambda: gone(outputs) == 2)
    assert page._browsers == {}


HOSTILE = [
    *("", "no json", "[]", "5", "null", "{}", '{"type": "manner"}', '{"type": "say"}', "[" * 20000),
    '{"type": "manner", "speed": "NaN", "voice": "x"}',
    '{"type": "manner", "speed": [], "voice": "x"}',
    '{"type": "manner", "speed": 1, "voice": {}, "x": 1e999}',
    '{"type": "played"}',
    '{"type": "played", "text_index": []}',
    b"\x00",
]


def test_frames_that_no_page_sends_end_their_session_alone(served, outputs):
    page, port = served
    with opened(port) as good:
        for number, frame in enumerate(HOSTILE, 1):
            with opened(port) as bad:
                bad.send(frame)
                if number != 12:
                    assert closed(bad)[0] == pages.BAD, frame
            wait(lambda: len(page._browsers) == 1)
        assert gone(outputs) == len(HOSTILE)
        good.send('{"type": "stop"}')
        outputs.wait(lambda _: outputs.on("choice")[-1:] and outputs.on("choice")[-1][0] == "stop")


def test_a_text_with_half_a_character_is_said_without_it(served, outputs):
    _, port = served
    with opened(port) as browser:
        browser.send(r'{"type": "say", "text": "a\ud800b' + "c" * 5000 + '"}')
        outputs.wait(lambda _: outputs.on("audition"))
    (text, _), *_ = outputs.on("audition")
    assert text.startswith("a?bccc")
    assert len(text) == pages.TEXT_LIMIT


def test_frames_that_are_too_large_or_too_many(served, outputs):
    page, port = served
    with opened(port) as large:
        large.send(b"\x00" * (pages.FRAME_BYTES + 2))
        assert closed(large)[0] == 1009
    for frame, times in ((b"\x00" * 60000, 1000), ('{"type": "stop"}', 100_000)):
        with opened(port) as fast:
            with suppress(ConnectionClosed):
                for _ in range(times):
                    fast.send(frame)
            assert closed(fast)[1].endswith("more than a microphone can give")
    wait(lambda: page._browsers == {})
    assert len(outputs.on("choice")) <= pages.ORDER_BURST + 20
    samples = sum(len(value) for name, value, _ in outputs.sent if name == "microphone")
    assert samples <= (pages.BURST_S + 5) * pages.RATE


def test_other_sites_get_no_session(served, outputs):
    _, port = served
    for origin in ("http://example.org", None):
        with pytest.raises(InvalidStatus):
            opened(port, origin=origin)
    assert outputs.sent == []


def test_a_hundred_connections(served, outputs):
    page, port = served
    with ExitStack() as stack:
        results = []
        for _ in range(100):
            try:
                results.append(stack.enter_context(opened(port)))
            except InvalidStatus as refused:
                results.append(refused.response.status_code)
        taken = [one for one in results if not isinstance(one, int)]
        wait(lambda: len(page._browsers) == pages.SESSIONS)
        full = taken[pages.SESSIONS]
        assert closed(full) == (pages.FULL, f"{pages.SESSIONS} pages are open, which is the limit.")
        assert set(results) - set(taken) <= {503}
        taken[0].send('{"type": "stop"}')
        outputs.wait(lambda _: outputs.on("choice"))
    wait(lambda: page._browsers == {})
    with opened(port) as again:
        assert json.loads(again.recv(timeout=20))["type"] == "voices"


def test_a_browser_that_is_cut_off_is_cleaned_up(served, outputs):
    page, port = served
    browser = opened(port)
    wait(lambda: len(page._browsers) == 1)
    session = next(iter(page._browsers))
    browser.socket.shutdown(socket.SHUT_RDWR)  # no goodbye
    wait(lambda: page._browsers == {})
    assert outputs.on("microphone") == [(None, {"session_id": session, "gone": True})]
    browser.close()
    for port_name in ("audio", "segment_complete"):  # what was under way to it
        late = {"session_id": session, "text_index": 0, "sample_rate": 32000}
        page.show({"id": port_name, "value": pa.array([0.0]), "metadata": late})


def test_a_browser_that_does_not_read_costs_bounded_memory(outputs):
    async def fill():
        page = pages.Page(outputs)
        page._loop, browser = asyncio.get_running_loop(), pages.Browser()
        page._browsers[browser.session] = browser
        for _ in range(pages.WAITING + 500):
            page.show(
                {
                    "id": "problem",
                    "value": pa.array(["x"]),
                    "metadata": {"session_id": browser.session},
                }
            )
        await asyncio.sleep(0.05)
        return browser.waiting.qsize()

    assert asyncio.run(fill()) == pages.WAITING


BODY = b"x" * 10_000_000


@pytest.mark.parametrize(
    ("request_line", "statuses"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + BODY, (b"405", b"")),
        (
            b"PUT /talk HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + BODY,
            (b"405", b"404", b""),
        ),
        (b"GET /" + BODY + b" HTTP/1.1\r\n\r\n", (b"400", b"")),
        (b"GET / HTTP/1.1\r\nX: " + BODY + b"\r\n\r\n", (b"400", b"431", b"")),
        (b"\x16\x03\x01" * 1000 + b"\r\n\r\n", (b"400", b"")),
        (b"GET /../../../pyproject.toml HTTP/1.1\r\nHost: x\r\n\r\n", (b"404", b"400")),
        (b"GET /%2e%2e/page.py HTTP/1.1\r\nHost: x\r\n\r\n", (b"404", b"400")),
    ],
    ids=["post", "put", "address", "header", "tls", "above", "above-2"],
)
def test_bodies_of_ten_megabytes_and_other_requests(served, request_line, statuses):
    _, port = served
    _, _, rest = ask(port, request_line).partition(b" ")
    assert rest[:3] in statuses
    assert ask(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b"HTTP/1.1 200 OK"

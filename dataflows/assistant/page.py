"""The browser's side: serves the page, receives microphone audio, sends speech and everything worth showing.

Environment: HOST (127.0.0.1), PORT (8090). Each WebSocket is a session; sessions are isolated from each other.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import uvicorn
from dora import Node
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

SESSIONS = 20
CONNECTIONS = 64
WAITING = 2000  # messages for one browser; if it does not read, it loses further ones
FRAME_BYTES = 1 << 16
TEXT_LIMIT = 1000
RATE = 16_000
BURST_S = 10.0  # of audio that may arrive faster than from a microphone
ORDERS_PER_S, ORDER_BURST = 20, 200
SHOWN = (
    *("question_id", "sentence_index", "start_s", "text", "outcome", "error", "spoken_text"),
    *("text_index", "resumes", "aggregation_ms", "texts", "at_s"),
)
TIMES = ("ended_s", "heard_s", "recognised_s", "token_s")
REFUSED, FULL, BAD = 1008, 1013, 1003


class HostileError(Exception):
    """A browser sent something that our page never sends."""


class Allowance:
    """How much a browser may send: a rate, and a burst on top.

    Args:
        rate: units per second.
        burst: units at once.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._seen_s = burst, time.monotonic()

    def use(self, amount: float) -> None:
        """Use up this amount.

        Raises:
            HostileError: It exceeds the allowance.
        """
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._seen_s) * self._rate) - amount
        self._seen_s = now
        if self._left < 0:
            raise HostileError("more than a microphone can give")


class Browser:
    """One browser: messages waiting for it, and what it may send."""

    def __init__(self) -> None:
        self.session = uuid.uuid4().hex
        self.waiting: asyncio.Queue[tuple[dict[str, Any], bytes]] = asyncio.Queue(WAITING)
        self.sound = Allowance(RATE, BURST_S * RATE)
        self.orders = Allowance(ORDERS_PER_S, ORDER_BURST)
        self.texts: set[int] = set()  # whose audio it received


class Page:
    """All browsers: connects their sockets with the dataflow."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._sending = threading.Lock()
        self._browsers: dict[str, Browser] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._voices: list[str] = []

    async def talk(self, socket: WebSocket) -> None:
        """Serve one browser until it leaves."""
        origin = urlsplit(socket.headers.get("origin", "")).netloc
        if origin != socket.headers.get("host"):
            await socket.close(REFUSED)  # another site's page
            return
        await socket.accept()
        if len(self._browsers) >= SESSIONS:
            await socket.close(FULL, f"{SESSIONS} pages are open, which is the limit.")
            return
        self._loop = asyncio.get_running_loop()
        browser = Browser()
        self._browsers[browser.session] = browser
        browser.waiting.put_nowait(({"type": "voices", "voices": self._voices}, b""))
        sending = asyncio.create_task(self._pass_on(socket, browser))
        try:
            await self._listen(socket, browser)
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            HostileError,
        ) as error:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(BAD, f"not understood: {error}"[:100])
        except (WebSocketDisconnect, RuntimeError):
            pass  # it left
        finally:
            del self._browsers[browser.session]
            sending.cancel()
            self._send("microphone", pa.array([], pa.int16()), browser, gone=True)

    async def _listen(self, socket: WebSocket, browser: Browser) -> None:
        while (message := await socket.receive())["type"] == "websocket.receive":
            if (data := message.get("bytes")) is not None:
                samples = np.frombuffer(data, "<i2")
                browser.sound.use(len(samples))
                self._send("microphone", pa.array(samples), browser)
            else:
                browser.orders.use(1)
                self._obey(json.loads(message["text"]), browser)

    def _obey(self, order: dict[str, Any], browser: Browser) -> None:
        kind = order["type"]
        if kind == "stop":
            self._send("choice", pa.array(["stop"]), browser)
        elif kind == "manner":
            chosen = {"speed": _number(order["speed"], 0.5, 2)}
            if order["voice"] in self._voices:
                chosen["voice"] = order["voice"]
            self._send("choice", pa.array(["manner"]), browser, **chosen)
        elif kind == "say":
            text = str(order["text"])[:TEXT_LIMIT].encode("utf-8", "replace").decode()
            self._send("audition", pa.array([text]), browser, question_id=f"say-{uuid.uuid4().hex}")
        elif kind == "played" and (index := int(order["text_index"])) in browser.texts:
            told = {"text_index": index, "stopped": bool(order.get("stopped"))}
            seconds = _number(order["seconds"], 0, 86400)
            self._send("played", pa.array([seconds]), browser, **told)

    def _send(self, port: str, value: pa.Array, browser: Browser, **metadata: object) -> None:
        with self._sending:
            self._node.send_output(port, value, {"session_id": browser.session, **metadata})

    async def _pass_on(self, socket: WebSocket, browser: Browser) -> None:
        while True:
            message, sound = await browser.waiting.get()
            await socket.send_json(message)
            if sound:
                await socket.send_bytes(sound)

    def show(self, event: dict[str, Any]) -> None:
        """Pass a message of the dataflow on to the browser it concerns."""
        kind, value, metadata = event["id"], event["value"], event["metadata"]
        if kind == "status" and "voices" in metadata:
            self._voices = list(metadata["voices"])
            for browser in list(self._browsers.values()):
                self._give(browser, {"type": "voices", "voices": self._voices})
            return
        browser = self._browsers.get(str(metadata.get("session_id")))
        if browser is None:
            return
        message = {key: metadata[key] for key in SHOWN if key in metadata} | {"type": kind}
        sound = b""
        if kind == "audio":
            browser.texts.add(metadata["text_index"])
            sound = (np.clip(value.to_numpy(), -1, 1) * 32767).astype("<i2").tobytes()
            message |= {"rate": metadata["sample_rate"], "now_s": time.time()}
            message |= {key: metadata[key] for key in TIMES if key in metadata}
        elif kind == "words":
            message |= {"words": value.to_pylist()}
            message |= {key: list(metadata[key]) for key in ("starts_s", "ends_s", "chars")}
        else:
            message["value"] = value[0].as_py()
        self._give(browser, message, sound)

    def _give(self, browser: Browser, message: dict[str, Any], sound: bytes = b"") -> None:
        def put() -> None:
            with suppress(asyncio.QueueFull):
                browser.waiting.put_nowait((message, sound))

        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(put)


def _number(value: object, least: float, most: float) -> float:
    """A number within bounds.

    Raises:
        ValueError: It is not a number within the bounds.
    """
    number = float(str(value))
    if not math.isfinite(number):
        raise ValueError("a number must be finite")
    return min(max(number, least), most)


def application(page: Page) -> Starlette:
    """The page and its WebSocket."""
    files = StaticFiles(directory=Path(__file__).parent / "web", html=True)
    return Starlette(routes=[WebSocketRoute("/talk", page.talk), Mount("/", files)])


def server(page: Page, host: str, port: int) -> uvicorn.Server:
    """The web server."""
    limits = {"ws_max_size": FRAME_BYTES, "limit_concurrency": CONNECTIONS}
    config = uvicorn.Config(
        application(page), host, port, log_level="warning", lifespan="off", **limits
    )
    return uvicorn.Server(config)


def main() -> int:
    """Serve until the dataflow ends."""
    node = Node()
    page = Page(node)
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 8090)
    web = server(page, host, port)
    threading.Thread(target=web.run, daemon=True).start()
    print(f"open http://{'localhost' if host == '127.0.0.1' else host}:{port}", flush=True)
    while (event := node.next()) is not None and event["type"] != "STOP":
        if event["type"] == "INPUT" and event["id"] != "tick":
            page.show(event)
    web.should_exit = True
    return 0


if __name__ == "__main__":
    sys.exit(main())

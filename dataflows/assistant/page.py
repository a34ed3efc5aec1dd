"""The browser's side: serves the page, takes its microphone, gives it sound and everything worth showing.

Environment: HOST (127.0.0.1), PORT (8090). Each WebSocket is a session; sessions never see each other.
"""

from __future__ import annotations

import asyncio
import json
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
WAITING = 2000  # messages for one browser; one that does not read loses its session
FRAME_BYTES = 1 << 16
TEXT_LIMIT = 1000
SHOWN = ("question_id", "sentence_index", "start_s", "text", "outcome", "error", "spoken_text")
TIMES = ("ended_s", "heard_s", "recognised_s", "token_s")


class Page:
    """All browsers, between their sockets and the dataflow."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._sending = threading.Lock()
        self._browsers: dict[str, asyncio.Queue[tuple[dict[str, Any], bytes]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._voices: list[str] = []

    async def talk(self, socket: WebSocket) -> None:
        """One browser, from its arrival until it leaves."""
        origin = urlsplit(socket.headers.get("origin", "")).netloc
        if origin != socket.headers.get("host") or len(self._browsers) >= SESSIONS:
            await socket.close(1013)  # another site's page, or one browser too many
            return
        await socket.accept()
        self._loop = asyncio.get_running_loop()
        session = uuid.uuid4().hex
        waiting = self._browsers[session] = asyncio.Queue(WAITING)
        waiting.put_nowait(({"type": "voices", "voices": self._voices}, b""))
        sending = asyncio.create_task(self._pass_on(socket, waiting))
        try:
            await self._listen(socket, session)
        except (WebSocketDisconnect, ValueError, TypeError, KeyError, AttributeError):
            pass  # it left, or sent what no page of ours sends
        finally:
            del self._browsers[session]
            sending.cancel()
            self._send("microphone", pa.array([], pa.int16()), session, gone=True)
            with suppress(RuntimeError):
                await socket.close()

    async def _listen(self, socket: WebSocket, session: str) -> None:
        while (message := await socket.receive())["type"] == "websocket.receive":
            if (data := message.get("bytes")) is not None:
                samples = np.frombuffer(data, "<i2")
                self._send("microphone", pa.array(samples), session)
            else:
                self._obey(json.loads(message["text"]), session)

    def _obey(self, order: dict[str, Any], session: str) -> None:
        if order["type"] == "stop":
            self._send("choice", pa.array(["stop"]), session)
        elif order["type"] == "manner":
            chosen = {"speed": float(order["speed"])}
            if order["voice"] in self._voices:
                chosen["voice"] = order["voice"]
            self._send("choice", pa.array(["manner"]), session, **chosen)
        elif order["type"] == "say":
            text = str(order["text"])[:TEXT_LIMIT]
            self._send("audition", pa.array([text]), session, question_id=f"say-{time.time()}")

    def _send(self, port: str, value: pa.Array, session: str, **metadata: object) -> None:
        with self._sending:
            self._node.send_output(port, value, {"session_id": session, **metadata})

    async def _pass_on(
        self, socket: WebSocket, waiting: asyncio.Queue[tuple[dict[str, Any], bytes]]
    ) -> None:
        while True:
            message, sound = await waiting.get()
            await socket.send_json(message)
            if sound:
                await socket.send_bytes(sound)

    def show(self, event: dict[str, Any]) -> None:
        """Pass one message of the dataflow on to the browser that it concerns."""
        kind, value, metadata = event["id"], event["value"], event["metadata"]
        if kind == "status":
            self._voices = list(metadata.get("voices") or self._voices)
            for session in list(self._browsers):
                self._give(session, {"type": "voices", "voices": self._voices})
            return
        message = {key: metadata[key] for key in SHOWN if key in metadata} | {"type": kind}
        sound = b""
        if kind == "audio":
            sound = (np.clip(value.to_numpy(), -1, 1) * 32767).astype("<i2").tobytes()
            message |= {"rate": metadata["sample_rate"], "bytes": len(sound), "now_s": time.time()}
            message |= {key: metadata[key] for key in TIMES if key in metadata}
        elif kind == "words":
            message |= {"words": value.to_pylist()}
            message |= {key: list(metadata[key]) for key in ("starts_s", "ends_s", "chars")}
        else:
            message["value"] = value[0].as_py()
        self._give(str(metadata.get("session_id")), message, sound)

    def _give(self, session: str, message: dict[str, Any], sound: bytes = b"") -> None:
        waiting = self._browsers.get(session)
        if waiting is None or self._loop is None:
            return

        def put() -> None:
            with suppress(asyncio.QueueFull):
                waiting.put_nowait((message, sound))

        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(put)


def main() -> int:
    """Serve until the dataflow ends."""
    node = Node()
    page = Page(node)
    files = StaticFiles(directory=Path(__file__).parent / "web", html=True)
    app = Starlette(routes=[WebSocketRoute("/talk", page.talk), Mount("/", files)])
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8090"))
    server = uvicorn.Server(
        uvicorn.Config(
            app, host, port, log_level="warning", ws_max_size=FRAME_BYTES, lifespan="off"
        )
    )
    threading.Thread(target=server.run, daemon=True).start()
    print(f"open http://{'localhost' if host == '127.0.0.1' else host}:{port}", flush=True)
    while (event := node.next()) is not None and event["type"] != "STOP":
        if event["type"] == "INPUT":
            page.show(event)
    server.should_exit = True
    return 0


if __name__ == "__main__":
    sys.exit(main())

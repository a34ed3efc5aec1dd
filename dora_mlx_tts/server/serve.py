"""Opens the doors and serves until a signal arrives."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import uvicorn

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError, TtsError
from dora_mlx_tts.server.openai_door import Limits, OpenAIDoor
from dora_mlx_tts.server.speech_queue import ServedEngine, SpeechQueue
from dora_mlx_tts.server.wyoming_door import WyomingDoor

_CONNECTIONS: Final = 128
_GRACE_S: Final = 3
_JOIN_S: Final = 10.0


class _WebServer(uvicorn.Server):
    """Leaves signals alone: uvicorn would raise them again after its shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors to open.

    Attributes:
        host: address to listen on.
        port: HTTP port; 0 for any free one.
        wyoming_port: Wyoming port; None leaves that door closed, 0 takes any free one.
        parallel: maximum number of concurrent requests, both doors together.
        limits: limits for one client.
    """

    host: str = "127.0.0.1"
    port: int = 8088
    wyoming_port: int | None = 10200
    parallel: int = 8
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Opened:
    """The open doors.

    Attributes:
        port: HTTP port.
        wyoming_port: Wyoming port; None if that door is closed.
        stop: closes the doors; may be called from any thread.
    """

    port: int
    wyoming_port: int | None
    stop: Callable[[], None]


def serve(
    load: Callable[[], ServedEngine],
    settings: Settings,
    doors: Doors,
    opened: Callable[[Opened], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        load: creates the engine, on the thread that will own MLX.
        settings: how to split texts.
        doors: the doors to open.
        opened: called once all doors are open.

    Raises:
        TtsError: the engine cannot be loaded.
        BackendError: a port is not available.
    """
    queue = SpeechQueue(doors.parallel)
    engine = threading.Thread(target=queue.run, args=(load,), name="speech")
    try:
        asyncio.run(_serve(queue, engine, settings, doors, opened))
    except OSError as error:
        raise BackendError(f"cannot listen on {doors.host}: {error}") from error
    finally:
        queue.stop()
        if engine.ident is not None:
            engine.join(_JOIN_S)
    if queue.failure is not None:
        raise (
            queue.failure
            if isinstance(queue.failure, TtsError)
            else BackendError(f"the voice cannot be loaded: {queue.failure}")
        ) from queue.failure


async def _serve(
    queue: SpeechQueue,
    engine: threading.Thread,
    settings: Settings,
    doors: Doors,
    opened: Callable[[Opened], None],
) -> None:
    listening = socket.create_server((doors.host, doors.port), family=_family(doors.host))
    app = OpenAIDoor(queue, settings, doors.limits).app
    web = _WebServer(
        uvicorn.Config(
            app,
            lifespan="off",
            log_level="warning",
            access_log=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
        )
    )
    wyoming, wyoming_port = None, None
    if doors.wyoming_port is not None:
        door = WyomingDoor(queue, settings, doors.limits.characters)
        wyoming = await door.start(doors.host, doors.wyoming_port)
        wyoming_port = wyoming.sockets[0].getsockname()[1]
    engine.start()

    def stop() -> None:
        queue.stop()
        web.should_exit = True

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
    watch = asyncio.create_task(_stop_with(queue, stop))
    opened(Opened(listening.getsockname()[1], wyoming_port, stop))
    try:
        await web.serve(sockets=[listening])
    finally:
        queue.stop()
        watch.cancel()
        if wyoming is not None:
            wyoming.close()
        listening.close()


async def _stop_with(queue: SpeechQueue, stop: Callable[[], None]) -> None:
    """Close the doors when the engine has ended."""
    with contextlib.suppress(asyncio.CancelledError):
        while queue.state != "stopped":
            await asyncio.sleep(0.2)
        stop()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET

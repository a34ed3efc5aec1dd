"""The requests of all doors, served in turns by one engine on one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Literal, Protocol

from dora_mlx_tts.errors import EmptyTextError
from dora_mlx_tts.node.speech_job import SpeechEngine
from dora_mlx_tts.server.tickets import BusyError, Ended, Manner, StoppedError, Ticket, Update
from dora_mlx_tts.voices.registry import VoiceRegistry

logger = logging.getLogger(__name__)

State = Literal["loading", "ready", "stopped"]
STALLED_S: Final = 60.0
"""Seconds after which a client that does not read its speech is cancelled."""
_IDLE_S: Final = 0.5


class ServedEngine(SpeechEngine, Protocol):
    """An engine that also knows its voices."""

    @property
    def voices(self) -> VoiceRegistry:
        """The available voices."""
        ...

    def refresh(self) -> None:
        """Apply changes to voice files."""
        ...


class SpeechQueue:
    """Serves requests in turns of one part, about 20 seconds of speech at most.

    Args:
        limit: maximum number of concurrent requests; further ones are refused.
        clock: seconds.

    Attributes:
        state: whether the engine can speak.
        failure: why it could not be loaded.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self.state: State = "loading"
        self.failure: Exception | None = None
        self._engine: ServedEngine | None = None
        self._news = threading.Condition()
        self._tickets: deque[Ticket] = deque()  # next one first

    @property
    def engine(self) -> ServedEngine:
        """The engine.

        Raises:
            StoppedError: it is not running yet, or no longer.
        """
        if self._engine is None or self.state != "ready":
            raise StoppedError(f"the voice is {self.state}")
        return self._engine

    @property
    def open(self) -> int:
        """Number of requests being served."""
        return len(self._tickets)

    def submit(self, manner: Manner, deliver: Callable[[Update], None]) -> Ticket:
        """Begin a request.

        Raises:
            BusyError: too many requests are being served.
            StoppedError: the engine is not running.
        """
        with self._news:
            _ = self.engine
            if len(self._tickets) >= self.limit:
                raise BusyError(f"{self.limit} requests are being served (the limit); try later")
            ticket = Ticket(manner, deliver)
            self._tickets.append(ticket)
            return ticket

    def add(self, ticket: Ticket, parts: Iterable[str], *, is_last: bool) -> None:
        """Add parts to speak; `is_last` says that none follow."""
        with self._news:
            ticket.parts.extend(parts)
            ticket.is_closed = ticket.is_closed or is_last
            self._news.notify()

    def taken(self, ticket: Ticket, seconds: float) -> None:
        """Note how many seconds of delivered speech the client has read."""
        with self._news:
            ticket.ahead_s = max(0.0, ticket.ahead_s - seconds)
            ticket.taken_at_s = self._clock()
            self._news.notify()

    def cancel(self, ticket: Ticket, reason: str) -> None:
        """Cancel a request; takes effect within a step of the networks."""
        ticket.token.cancel(reason)
        with self._news:
            self._news.notify()

    def stop(self) -> None:
        """Stop; open requests get a `StoppedError`."""
        with self._news:
            self.state = "stopped"
            for ticket in self._tickets:
                ticket.token.cancel("the server stops")
            self._news.notify()

    def run(self, load: Callable[[], ServedEngine]) -> None:
        """Load the engine and serve until `stop`; call it on a dedicated thread, which will own MLX.

        Errors while loading are kept in `failure`.
        """
        try:
            engine = load()
        except Exception as error:  # noqa: BLE001  for whoever started the server
            self.failure = error
            self.stop()
            return
        with self._news:
            if self.state == "loading":
                self._engine, self.state = engine, "ready"
        while (ticket := self._take()) is not None:
            self._turn(engine, ticket)
        for ticket in [*self._tickets]:
            self._end(ticket, StoppedError("the server stopped before all was spoken"))

    def _take(self) -> Ticket | None:
        """The next ticket that can continue; None once stopped."""
        with self._news:
            while self.state != "stopped":
                for ticket in self._tickets:
                    if self._is_stalled(ticket):
                        ticket.token.cancel(f"nothing was read for {STALLED_S:.0f} s")
                    if ticket.can_go_on:
                        return ticket
                self._news.wait(_IDLE_S)
        return None

    def _is_stalled(self, ticket: Ticket) -> bool:
        return ticket.is_ahead and self._clock() - ticket.taken_at_s > STALLED_S

    def _turn(self, engine: ServedEngine, ticket: Ticket) -> None:
        """Speak one part of a request, or as much of it as its client can take."""
        try:
            if not ticket.token.cancelled:
                self._speak(engine, ticket)
        except EmptyTextError as error:  # other parts may contain more
            ticket.end_part()
            ticket.skipped = error
        except Exception as error:
            logger.debug("request failed", exc_info=error)
            self._end(ticket, error)
            return
        with self._news:
            is_over = ticket.is_closed and not ticket.parts and not ticket.in_part
        if ticket.token.cancelled:
            self._end(ticket, StoppedError(ticket.token.reason))
        elif is_over:
            self._end(ticket, ticket.verdict)
        else:
            with self._news:  # after those that arrived meanwhile
                self._tickets.remove(ticket)
                self._tickets.append(ticket)

    def _speak(self, engine: ServedEngine, ticket: Ticket) -> None:
        if not ticket.in_part:
            with self._news:
                if not ticket.parts:
                    return
                part = ticket.parts.popleft()
            engine.refresh()
            ticket.begin(engine, part)
        while ticket.can_go_on and not ticket.token.cancelled:
            fragment = ticket.next_fragment()
            if fragment is None:
                ticket.end_part()
                return
            if not ticket.token.cancelled:
                with self._news:
                    if not ticket.ahead_s:
                        ticket.taken_at_s = self._clock()
                    ticket.ahead_s += fragment.duration_s
                self._deliver(ticket, fragment)

    def _end(self, ticket: Ticket, error: Exception | None) -> None:
        ticket.end_part()
        with self._news:
            self._tickets.remove(ticket)
        self._deliver(ticket, Ended(error))

    @staticmethod
    def _deliver(ticket: Ticket, update: Update) -> None:
        try:
            ticket.deliver(update)
        except RuntimeError:  # its event loop is closed
            ticket.token.cancel("nobody listens")

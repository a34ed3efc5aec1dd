"""Messages that have arrived but are not handled yet: in order, but no command waits behind a crowd of texts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dora_mlx_tts.node.protocol import ports
from dora_mlx_tts.node.sender import DoraNode

Event = Mapping[str, Any]

PATIENCE_S: Final = 0.02
"""Seconds that a command waits for the texts ahead of it."""
_LOOK_S: Final = 0.005
"""Seconds of work after which dora is polled for more events."""
_MANY_EVENTS: Final = 100_000
_MANY_BYTES: Final = 256 << 20


@dataclass(slots=True)
class Arrival:
    """An event, its position in the order of arrival, when it arrived and how much memory it holds."""

    event: Event
    order: int
    came_s: float
    size: int

    def was_sent_before(self, other: Arrival) -> bool:
        """Whether this event was sent before the other: by dora's time stamps, else by the order of arrival."""
        mine, theirs = _stamp(self.event), _stamp(other.event)
        return self.order < other.order if mine is None or theirs is None else bool(mine < theirs)


def _stamp(event: Event) -> Any:  # noqa: ANN401  a datetime
    metadata = event.get("metadata")
    return metadata.get("timestamp") if isinstance(metadata, Mapping) else None


class Inbox:
    """Takes events from dora as soon as they arrive and hands them out one by one.

    Each ``next()`` may have to wait for the interpreter while the other thread computes; ``drain`` takes
    everything that is waiting at once.

    Args:
        node: Where events come from.
        clock: Seconds.
    """

    def __init__(self, node: DoraNode, clock: Callable[[], float]) -> None:
        self._node = node
        self._clock = clock
        self._others: deque[Arrival] = deque()
        self._urgent: deque[Arrival] = deque()
        self._count = 0
        self._bytes = 0
        self._looked_s = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether everything that arrived has been handed out."""
        return not self._others and not self._urgent

    def __iter__(self) -> Iterator[Arrival]:
        """Events until the stream is closed."""
        while (event := self._node.next()) is not None:
            self._put(event)
            self._look()
            while not self.is_empty:
                yield self._first()
                if self._clock() - self._looked_s > _LOOK_S:
                    self._look()

    def rest(self) -> Iterator[Arrival]:
        """Events that arrived before the stream ended."""
        while not self.is_empty:
            yield self._first()

    def _look(self) -> None:
        """Take the waiting events; beyond the limits they stay in dora, whose queues drop the oldest."""
        drain = getattr(self._node, "drain", None)
        while callable(drain) and self._count_waiting < _MANY_EVENTS and self._bytes < _MANY_BYTES:
            try:
                events = list(drain())
            except RuntimeError:  # how dora reports a closed stream; next() reports it again
                break
            for event in events:
                self._put(event)
            if not events:
                break
        self._looked_s = self._clock()

    @property
    def _count_waiting(self) -> int:
        return len(self._others) + len(self._urgent)

    def _put(self, event: Event) -> None:
        size = int(getattr(event.get("value"), "nbytes", 0) or 0)
        arrival = Arrival(event, self._count, self._clock(), size)
        self._count += 1
        self._bytes += size
        (self._urgent if _is_urgent(event) else self._others).append(arrival)

    def _first(self) -> Arrival:
        """The oldest event, or a command that has waited long enough."""
        urgent = self._urgent[0] if self._urgent else None
        overtakes = urgent is not None and (
            not self._others
            or urgent.order < self._others[0].order
            or is_stop(urgent.event)
            or self._clock() - urgent.came_s > PATIENCE_S
        )
        arrival = (self._urgent if overtakes else self._others).popleft()
        self._bytes -= arrival.size
        return arrival


def is_stop(event: Event) -> bool:
    """Whether the dataflow was stopped by hand. Any other STOP may precede inputs that are still waiting."""
    return event.get("type") == "STOP" and event.get("id") == "MANUAL"


def _is_urgent(event: Event) -> bool:
    return is_stop(event) or (
        event.get("type") == "INPUT"
        and event.get("id") in {ports.CONTROL, ports.BUFFER_STATUS, ports.PLAYED}
    )

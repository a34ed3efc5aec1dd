"""`WorkClock`: how the synthesis time of one text is spent."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Work(enum.StrEnum):
    """Kinds of work in synthesis.

    VOICE: loads a voice and prepares its reference. FRONT_END: text to phones and their features. PREFILL:
        reads reference and sentence, up to the first token. TOKENS: decodes and checks the other tokens. SOUND:
        everything else, from tokens to samples with word times.
    """

    VOICE = "voice"
    FRONT_END = "front_end"
    PREFILL = "prefill"
    TOKENS = "tokens"
    SOUND = "sound"


class WorkClock:
    """Adds up seconds by kind of work. Time outside `on` belongs to the caller and is not counted.

    One thread works; others may read `total_s`. A helper thread's work is not counted: the figures are seconds
    that somebody waited.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._seconds = dict.fromkeys(Work, 0.0)
        self._open: list[Work] = []
        self._done: tuple[float, float | None] = (
            0.0,
            None,
        )  # seconds, and since when it has been working

    @contextmanager
    def on(self, work: Work) -> Iterator[None]:
        """Count the time inside as `work`; a nested call pauses the outer one."""
        self._turn()
        self._open.append(work)
        self._done = (self._done[0], self._clock())
        try:
            yield
        finally:
            self._turn()
            self._open.pop()
            self._done = (self._done[0], self._clock() if self._open else None)

    def _turn(self) -> None:
        total, since = self._done
        if since is not None:
            passed = self._clock() - since
            self._seconds[self._open[-1]] += passed
            self._done = (total + passed, since + passed)

    @property
    def total_s(self) -> float:
        """Seconds of work so far; any thread may read it."""
        total, since = self._done
        return total if since is None else total + self._clock() - since

    def seconds(self) -> Mapping[str, float]:
        """Seconds by kind of work so far; for the working thread only."""
        self._turn()
        return {str(work): seconds for work, seconds in self._seconds.items()}

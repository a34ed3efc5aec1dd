"""`GrowingText`: a sentence that is spoken while it is still being written."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dora_mlx_tts.text.sentences.known_words import words_of
from dora_mlx_tts.text.spoken import SpokenText

_RECENT_WORDS: Final = 8
"""Words by whose arrival the writer's pace is measured."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What is known of a growing text at one moment.

    Attributes:
        text: what was written so far, free of markup.
        whole: the sentences, once the text is complete.
        words_per_s: how fast the last words came; None until words came at two moments.
        since_s: seconds since a word last began.
        wait_s: the longest time between two of these arrivals.
    """

    text: str
    whole: SpokenText | None
    words_per_s: float | None
    since_s: float = 0.0
    wait_s: float = 0.0


class GrowingText:
    """A sentence whose end is not written yet. One thread writes it, another reads it.

    Args:
        clock: seconds.

    Attributes:
        is_read: whether a reader has seen it unfinished.
        due_s: when the reader wants to continue even without more text; None for never.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.is_read = False
        self.due_s: float | None = None
        self._changed = threading.Condition()
        self._text = ""
        self._whole: SpokenText | None = None
        self._arrivals: deque[tuple[float, int]] = deque()  # when, and words begun by then
        self._version = 0
        self._waits_since = -1
        self._seen = -1

    def grow(self, text: str) -> None:
        """All of the sentence that is written by now; it only ever gets longer."""
        with self._changed:
            if self._whole is not None or text == self._text:
                return
            self._text = text
            self._arrived(self.clock(), len(words_of(text)))
            self._tell()

    def finish(self, whole: SpokenText) -> None:
        """The sentence is complete."""
        with self._changed:
            if self._whole is None:
                self._whole = whole
                self._tell()

    @property
    def whole(self) -> SpokenText | None:
        """The sentences, once the text is complete."""
        return self._whole

    def read(self) -> Growth:
        """What is known now."""
        with self._changed:
            self.is_read |= self._whole is None
            self._waits_since, self.due_s = -1, None
            self._seen = self._version
            since_s = self.clock() - self._arrivals[-1][0] if self._arrivals else 0.0
            waits = (later - before for (before, _), (later, _) in pairwise(self._arrivals))
            return Growth(self._text, self._whole, self._rate(), since_s, max(waits, default=0.0))

    def wait_for_more(self, seconds: float | None) -> None:
        """The reader has nothing to do for so long, unless more is written than it has read."""
        with self._changed:
            self.due_s = None if seconds is None else self.clock() + seconds
            self._waits_since = self._seen

    @property
    def is_starved(self) -> bool:
        """Whether the reader waits, and neither text nor time has come."""
        if self._waits_since != self._version:
            return False
        return self.due_s is None or self.clock() < self.due_s

    def sleep(self, longest_s: float = 0.05) -> None:
        """Block until the reader may go on, or for `longest_s`; for callers with a thread to spare."""
        with self._changed:
            if self.is_starved:
                left = longest_s if self.due_s is None else self.due_s - self.clock()
                self._changed.wait(max(0.001, min(left, longest_s)))

    def _arrived(self, now: float, count: int) -> None:
        """Note when words began, as far back as the pace is measured."""
        arrivals = self._arrivals
        if arrivals and count <= arrivals[-1][1]:
            return
        if arrivals and now <= arrivals[-1][0]:
            arrivals.pop()
        arrivals.append((now, count))
        while len(arrivals) > 1 and count - arrivals[1][1] >= _RECENT_WORDS:
            arrivals.popleft()

    def _rate(self) -> float | None:
        if not self._arrivals:
            return None
        (since, before), (now, count) = self._arrivals[0], self._arrivals[-1]
        return (count - before) / (now - since) if now > since else None

    def _tell(self) -> None:
        self._version += 1
        self._changed.notify_all()

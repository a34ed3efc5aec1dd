"""Sentences that are written a word at a time, more or less evenly; helpers of `growing.py`."""

from __future__ import annotations

import csv
import queue
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from growing_report import VOICES

from dora_mlx_tts.text.sentences.growing import GrowingText, Growth
from dora_mlx_tts.text.sentences.known_words import words_of
from dora_mlx_tts.text.sentences.pieces import whole_text

ROOT = Path(__file__).parents[1]
FIRST = {"en": 4, "zh": 6, "mixed": 6}
HARD = {"en": 15, "zh": 15, "mixed": 22}
EACH = 50
PATIENCE_S = 120.0
WRITING = ("steady", "jitter", "bursts", "stops")
BURST = 5
STOPS_S = (0.3, 2.0)


def sentences(limit: int) -> list[tuple[str, str]]:
    """Kind and text, so many of each kind, the kinds in turns; some with figures and homographs."""
    with Path(__file__).with_name("growing_sentences.tsv").open(encoding="utf-8") as file:
        hard = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    chosen = []
    for kind in VOICES:
        own = [row["text"] for row in hard if row["kind"] == kind][: HARD[kind]]
        with (ROOT / "tests" / "listen" / f"{kind}.tsv").open(encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            plain = [r["text"] for r in rows if len(words_of(r["text"])) >= FIRST[kind] + 3]
        texts = [*own, *plain][:EACH]
        random.Random(EACH).shuffle(texts)  # noqa: S311  the same order each time
        chosen.append([(kind, text) for text in texts[:limit]])
    return [one for group in zip(*chosen, strict=True) for one in group]


def pieces(text: str) -> list[str]:
    """A text in words with the blank before them; Chinese characters one by one."""
    ends = [word.start for word in words_of(text)][1:]
    cuts = [0, *(e - (text[e - 1] == " ") for e in ends), len(text)]
    return [text[a:b] for a, b in pairwise(cuts)]


def arrivals(text: str, rate: float, writing: str) -> list[float]:
    """Seconds at which the pieces of a text are written, so many a second on average.

    Args:
        text: the text.
        rate: words a second.
        writing: `steady`; `jitter`, each word earlier or later; `bursts` of `BURST` words; or `stops`, steady but for
            one stop.
    """
    count = len(pieces(text))
    if writing == "bursts":
        return [number // BURST * BURST / rate for number in range(count)]
    draw = random.Random(f"{writing} {rate} {text}")  # noqa: S311  the same each time
    gaps = [
        draw.uniform(0.2, 1.8) / rate if writing == "jitter" else 1 / rate for _ in range(count - 1)
    ]
    if writing == "stops" and gaps:
        gaps[draw.randrange(len(gaps))] += draw.uniform(*STOPS_S)
    return list(accumulate(gaps, initial=0.0))


class Desk:
    """A node's neighbours, in this process: what is written goes in, what is spoken comes out, with times."""

    def __init__(self) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.sent: queue.Queue[tuple[float, str, Any, dict[str, Any]]] = queue.Queue()

    def next(self) -> object:
        """The next event; None at the end."""
        return self.events.get()

    def node_config(self) -> dict[str, Any]:
        """What the dataflow says of this node."""
        return {"inputs": {}, "outputs": ["audio", "segment_complete", "status", "log", "words"]}

    def send_output(self, port: str, data: pa.Array, metadata: dict[str, Any]) -> None:
        """Take what the node sends."""
        self.sent.put((time.monotonic(), port, data, metadata))

    def log(self, *_: object, **__: object) -> None:
        """Nobody reads the log."""

    def write(
        self, text: str, times_s: Sequence[float], **metadata: object
    ) -> tuple[float, list[Any]]:
        """Write the pieces of a text at these times; when it was begun, and what came until its reply."""
        begun, parts = time.monotonic(), pieces(text)
        for number, (part, at_s) in enumerate(zip(parts, times_s, strict=True)):
            time.sleep(max(0.0, begun + at_s - time.monotonic()))
            about = {"seq": number, "fin": number == len(parts) - 1, "request_id": text, **metadata}
            self.events.put(
                {"type": "INPUT", "id": "text", "value": pa.array([part]), "metadata": about}
            )
        return begun, list(self._until_reply())

    def _until_reply(self) -> Iterator[Any]:
        port = ""
        while port != "segment_complete":
            item = self.sent.get(timeout=PATIENCE_S)
            port = item[1]
            yield item


class Simulated(GrowingText):
    """A text that is written by a clock of work and waiting.

    Attributes:
        times_s: when each of its pieces is written.
    """

    def __init__(self, text: str, times_s: Sequence[float], clock: Callable[[], float]) -> None:
        self.times_s = times_s
        self._parts = pieces(text)
        self._skipped, self._base, self._written, self._all = 0.0, clock(), 0, text
        self._work_clock = clock
        self._stamp: float | None = None
        super().__init__(self.now)

    def now(self) -> float:
        """Seconds since the first word."""
        if self._stamp is not None:
            return self._stamp
        return self._work_clock() - self._base + self._skipped

    def read(self) -> Growth:
        """As the text stands now."""
        now = self.now()
        while self._written < len(self._parts) and self.times_s[self._written] <= now + 1e-9:
            self._stamp = self.times_s[self._written]
            self._written += 1
            self.grow("".join(self._parts[: self._written]).strip())
        self._stamp = None
        if self._written == len(self._parts):  # the last piece says that it is the last
            self.finish(whole_text(self._all))
        return super().read()

    def skip(self) -> None:
        """Let the time pass in which nothing can be done."""
        until = (
            self.times_s[self._written] if self._written < len(self._parts) else self.times_s[-1]
        )
        until = min(until, self.due_s) if self.due_s is not None else until
        self._skipped += max(0.0, until - self.now())

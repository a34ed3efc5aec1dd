"""The driver node of `node.py`: says, listens and keeps account; dora starts it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from dora import Node
from node_crowd import crowd
from node_rude import PATIENCE_S, flood, resident, rude

SHORT = "Yes, of course."
LONG = (
    "This is a rather long sentence that goes on and on, so that there is enough time to interrupt it. "
    "And there is another one behind it, which nobody should ever hear."
)
LASTING = " ".join([LONG] * 10)
"""More than any machine speaks in the moment before it is interrupted."""
MANY = "A hundred fragments at once."
SETTLE_S = 0.3
NEVER = datetime.max.replace(tzinfo=UTC)


class LostError(Exception):
    """What was waited for did not come."""


class Driver:
    """The other side of the node: says, listens, keeps account."""

    def __init__(self) -> None:
        self._node = Node()
        self._next_seq: dict[str, int] = {}
        self._last_index = -1
        self._number = 0
        self.order_errors = 0
        self.replies: Counter[str] = Counter()
        self.answers: dict[str, dict[str, Any]] = {}
        self.texts: Counter[str] = Counter()  # replies by question_id
        self.rude_errors = 0
        self._rude_seq: dict[int, int] = {}
        self._rude_index: dict[str, int] = {}
        self.on_way: list[float] = []  # ms from dora's stamp to arrival

    def say(self, text: str, **metadata: str) -> str:
        """Send a text; its request_id."""
        self._number += 1
        request = f"r{self._number}"
        self._node.send_output("text", pa.array([text]), {"request_id": request, **metadata})
        return request

    def stream(self, text: str, session: int, name: str, seq: int, **metadata: Any) -> None:  # noqa: ANN401
        """Send a piece of a text that is known by its question_id."""
        ids = {"session_id": f"s{session}", "question_id": name, "seq": seq, "fin": False}
        self._node.send_output("text", pa.array([text]), {**ids, **metadata})

    def flood_text(self, number: int) -> None:
        """Send a text of which nobody keeps account."""
        ids = {"session_id": f"flood{number % 50}", "flood": True}
        self._node.send_output("text", pa.array(["Text of a flood."]), ids)

    def command(self, word: str, **metadata: str) -> None:
        """Send a command."""
        self._node.send_output("control", pa.array([word]), metadata)

    def events(self, seconds: float) -> Iterator[tuple[str, str, dict[str, Any], float]]:
        """Port, first value, metadata and time of what comes within `seconds`."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            event = self._node.next(timeout=max(left, 0.002))
            now = time.perf_counter()
            if event is None or event["type"] == "STOP":
                raise LostError("the dataflow ended")
            if event["type"] == "INPUT":
                metadata = event["metadata"]
                stamp = metadata["timestamp"]
                self.on_way.append(1e3 * (datetime.now(UTC) - stamp).total_seconds())
                value = "" if event["id"] == "audio" else str(event["value"][0].as_py())
                self._account(event["id"], metadata)
                yield event["id"], value, metadata, now

    def _account(self, port: str, metadata: dict[str, Any]) -> None:
        if "flood" in metadata:
            return
        if "question_id" in metadata and port != "status":
            self._account_rude(port, metadata)
            return
        request = str(metadata.get("request_id"))
        if port == "audio":
            self.order_errors += metadata["seq"] != self._next_seq.get(request, 0)
            self._next_seq[request] = metadata["seq"] + 1
            self.order_errors += metadata["text_index"] < self._last_index
            self._last_index = metadata["text_index"]
        elif port == "segment_complete":
            self.replies[request] += 1
            self.answers[request] = metadata

    def _account_rude(self, port: str, metadata: dict[str, Any]) -> None:
        name, session = metadata["question_id"], metadata["session_id"]
        if port == "segment_complete":
            self.texts[name] += 1
            return
        expected = self._rude_seq.get(metadata["text_index"], 0)
        self.rude_errors += metadata["seq"] != expected
        self._rude_seq[metadata["text_index"]] = metadata["seq"] + 1
        self.rude_errors += metadata["text_index"] < self._rude_index.get(session, 0)
        self._rude_index[session] = metadata["text_index"]

    def wait(self, port: str, request: str = "") -> float:
        """When the next message came on this port, that of a request if one is named."""
        for at, _, metadata, now in self.events(PATIENCE_S):
            if at == port and request in {"", metadata.get("request_id")}:
                return now
        raise LostError(f"nothing came on {port}")

    def reply(self, request: str) -> dict[str, Any]:
        """The figures of a request's answer, which may have overtaken its audio."""
        events = self.events(PATIENCE_S)
        while request not in self.answers:
            if next(events, None) is None:
                raise LostError(f"no answer to {request}")
        return self.answers[request]


def first_fragment(driver: Driver, samples: int) -> dict[str, list[float]]:
    """From sending a short text to the arrival of its first sound."""
    times = []
    for _ in range(samples):
        start = time.perf_counter()
        request = driver.say(SHORT)
        times.append(1e3 * (driver.wait("audio", request) - start))
        driver.reply(request)
    return {"text to first fragment, ms": times}


def overhead(driver: Driver, samples: int) -> dict[str, list[float]]:
    """The node's own time for a fragment; the scripted engine takes none for this text."""
    costs = []
    for _ in range(samples):
        metadata = driver.reply(driver.say(MANY))
        costs.append(metadata["synthesis_ms"] / metadata["fragments"])
    return {"node's own time a fragment, ms": costs}


@dataclass
class Cut:
    """What came after a cancel: milliseconds here, and the node's own stamps."""

    acknowledged_ms: float = 0.0
    acknowledged_at: datetime = NEVER
    last_fragment_ms: float = 0.0
    fragments_at: list[datetime] = field(default_factory=list)
    answered_ms: float = 0.0


def cancel(driver: Driver, request: str) -> Cut:
    """Cancel a text that is being spoken, and listen until nothing of it comes any more."""
    cut, start = Cut(), time.perf_counter()
    driver.command("cancel", of=request)
    if request in driver.answers:
        raise LostError("the text was spoken to its end before it was cancelled; it must be longer")
    end = start + PATIENCE_S
    while not (cut.acknowledged_ms and cut.answered_ms):
        if time.perf_counter() > end:
            raise LostError("a cancel was not answered")
        for port, value, metadata, now in driver.events(SETTLE_S):
            ms = 1e3 * (now - start)
            if port == "status" and value == "cancelled":
                cut.acknowledged_ms, cut.acknowledged_at = ms, metadata["timestamp"]
            elif port == "audio" and metadata["request_id"] == request:
                cut.last_fragment_ms = ms
                cut.fragments_at.append(metadata["timestamp"])
            elif port == "segment_complete":
                cut.answered_ms = ms
    return cut


def barge_in(driver: Driver, samples: int) -> dict[str, list[float]]:
    """Cancel in the middle of a sentence: acknowledgement, last stray fragment, how many."""
    random = np.random.default_rng(1)
    acknowledged, last, strays, terminal = [], [], [], []
    for _ in range(samples):
        request = driver.say(LASTING)
        driver.wait("audio", request)
        for _ in driver.events(float(random.uniform(0.02, 0.3))):
            pass
        cut = cancel(driver, request)
        acknowledged.append(cut.acknowledged_ms)
        last.append(cut.last_fragment_ms)
        strays.append(float(sum(stamp > cut.acknowledged_at for stamp in cut.fragments_at)))
        terminal.append(cut.answered_ms)
    return {
        "cancel to acknowledgement, ms": acknowledged,
        "cancel to last fragment, ms (0: none)": last,
        "fragments sent after the acknowledgement": strays,
        "cancel to terminal reply, ms": terminal,
    }


def bursts(driver: Driver, count: int, size: int = 200) -> dict[str, list[float]]:
    """Texts sent as fast as possible while a sentence is spoken; each must get its one reply."""
    lost, doubled, unheard = [], [], []
    for _ in range(count):
        before = heard(driver)
        requests = [driver.say(LONG), *(driver.say(f"Text {n} of many.") for n in range(size - 1))]
        for _ in driver.events(1.0):
            pass
        driver.command("cancel")
        for _ in driver.events(2.0):
            pass
        unheard.append(size - (heard(driver) - before))
        answers = [driver.replies[request] for request in requests]
        lost.append(float(answers.count(0)))
        doubled.append(float(sum(number > 1 for number in answers)))
    return {
        f"texts of {size} that dora lost on the way": unheard,
        f"texts of {size} without a reply": lost,
        f"texts of {size} answered twice": doubled,
    }


def heard(driver: Driver) -> float:
    """Texts that the node says it received since its start."""
    driver.command("stats")
    for _, value, metadata, _ in driver.events(PATIENCE_S):
        if value == "stats":
            return float(metadata["received"])
    raise LostError("no answer to stats")


def responsiveness(driver: Driver, samples: int) -> dict[str, list[float]]:
    """A ping to and fro, idle and while a sentence is being spoken."""
    idle, speaking = [], []
    while len(idle) < samples:
        idle.append(ping(driver))
    while len(speaking) < samples:
        request = driver.say(LONG)
        driver.wait("audio", request)
        while request not in driver.answers and len(speaking) < samples:
            speaking.append(ping(driver))
            for _ in driver.events(0.05):
                pass
        driver.command("cancel")
        driver.reply(request)
    return {"ping while idle, ms": idle, "ping while speaking, ms": speaking}


def ping(driver: Driver) -> float:
    """Milliseconds to and fro."""
    start = time.perf_counter()
    driver.command("ping")
    for _, value, _, now in driver.events(PATIENCE_S):
        if value == "pong":
            return 1e3 * (now - start)
    raise LostError("no answer to ping")


def soak(driver: Driver, texts: int, pid: int) -> dict[str, list[float]]:
    """Many texts one after the other: memory at the start, in the middle and at the end."""
    memory = [resident(pid)]
    for number in range(texts):
        request = driver.say(f"Number {number}.")
        driver.reply(request)
        if number + 1 in {texts // 2, texts}:
            memory.append(resident(pid))
    return {f"resident MiB before, amid, after {texts} texts": memory}


def drive() -> int:
    """Measure the parts that PARTS names; what was found goes to OUT."""
    samples, texts = int(os.environ["SAMPLES"]), int(os.environ["SOAK"])
    crowds = [int(size) for size in os.environ["CROWDS"].split()]
    driver = Driver()
    process = next(m["pid"] for _, value, m, _ in driver.events(PATIENCE_S) if value == "ready")
    parts: dict[str, Callable[[], dict[str, list[float]]]] = {
        "first": lambda: first_fragment(driver, samples),
        "overhead": lambda: overhead(driver, samples),
        "cancel": lambda: barge_in(driver, samples),
        "ping": lambda: responsiveness(driver, samples),
        "bursts": lambda: bursts(driver, int(os.environ["BURSTS"])),
        "rude": lambda: rude(driver, int(os.environ["RUDE"]), 50, process),
        "flood": lambda: flood(driver, 5),
        "crowd": lambda: crowd(driver, crowds, int(os.environ["TURNS"])),
        "soak": lambda: soak(driver, texts, process),
    }
    results: dict[str, list[float]] = {}
    for part in os.environ["PARTS"].split():
        results |= parts[part]()
        print("measured:", ", ".join(results), flush=True)
    results["dora: fragment or answer on its way, ms"] = driver.on_way
    results["errors of order"] = [float(driver.order_errors)]
    Path(os.environ["OUT"]).write_text(json.dumps(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(drive())

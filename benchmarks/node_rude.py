"""Rude traffic for the driver node of `node.py`: interruptions, repeats, late words and floods."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from node_driver import Driver

PATIENCE_S = 60.0
MANY_OPEN = 300
"""Texts of rude traffic that may be open at once."""


def resident(pid: int) -> float:
    """Resident memory of a process in MiB; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Rude:
    """Many conversations at once: streams, interruptions, repeats, wrong values and late words.

    Every text has ids of its own, so that it is known which reply must come for it.
    """

    def __init__(self, driver: Driver, sessions: int, seed: int) -> None:
        self._driver = driver
        self._random = np.random.default_rng(seed)
        self._sessions = sessions
        self._streams: dict[int, tuple[str, int]] = {}  # session: id and next seq of its stream
        self._number = 0
        self.expected: set[str] = set()

    def step(self) -> None:
        """One message or a few."""
        session = int(self._random.integers(self._sessions))
        roll = float(self._random.random())
        if session not in self._streams or roll < 0.1:
            self._begin(session)
        elif roll < 0.25:
            self._send(session, last=True)
        elif roll < 0.32:
            self._driver.command("cancel", session_id=f"s{session}")
        elif roll < 0.37:
            self._driver.stream("", session, *self._streams[session], speed="fast")
        else:
            self._send(session)

    def _begin(self, session: int) -> None:
        self._number += 1
        name = f"rude{self._number}"
        self.expected.add(name)
        old = self._streams.get(session)
        self._streams[session] = (name, 0)
        self._send(session)
        if old is not None and self._random.random() < 0.5:  # late words of the one before
            self._driver.command("cancel", question_id=old[0])
            self._driver.stream(" late.", session, *old)

    def _send(self, session: int, *, last: bool = False) -> None:
        name, seq = self._streams[session]
        text = f" word{seq}" + ("." if seq % 3 == 2 or last else "")
        for _ in range(2 if self._random.random() < 0.1 else 1):  # one in ten is sent twice
            self._driver.stream(text, session, name, seq, fin=last)
        if last:
            del self._streams[session]
        else:
            self._streams[session] = (name, seq + 1)

    def end(self) -> None:
        """End what is open."""
        for session in list(self._streams):
            self._send(session, last=True)


def rude(
    driver: Driver,
    texts: int,
    sessions: int,
    pid: int,
    *,
    most_open: int = MANY_OPEN,
    patience_s: float = PATIENCE_S,
) -> dict[str, list[float]]:
    """Rude traffic until so many texts were begun; what was lost, doubled or out of order."""
    traffic, memory = Rude(driver, sessions, 1), [resident(pid)]
    while len(traffic.expected) < texts:
        for _ in range(20):
            traffic.step()
        for _ in driver.events(0.002):
            pass
        while len(traffic.expected) - len(driver.texts) > most_open:
            for _ in driver.events(0.02):
                pass
        if len(traffic.expected) >= texts * len(memory) / 4:
            memory.append(resident(pid))
    traffic.end()
    end = time.perf_counter() + patience_s
    while any(name not in driver.texts for name in traffic.expected) and time.perf_counter() < end:
        for _ in driver.events(0.5):
            pass
    memory.append(resident(pid))
    replies = [driver.texts[name] for name in traffic.expected]
    return {
        f"rude: texts of {texts} without a reply": [float(replies.count(0))],
        f"rude: texts of {texts} answered by more than one": [float(sum(n > 1 for n in replies))],
        "rude: replies to texts that nobody sent": [
            float(len(set(driver.texts) - traffic.expected))
        ],
        "rude: fragments out of order": [float(driver.rude_errors)],
        "rude: resident MiB before, and after each quarter": memory,
    }


def flood(driver: Driver, samples: int) -> dict[str, list[float]]:
    """A cancel in the middle of as many texts as can be sent; 15,000 a second at most."""
    waits, rates = [], []
    for _ in range(samples):
        begun = time.perf_counter()
        for number in range(3000):
            driver.flood_text(number)
            time.sleep(max(0.0, begun + number / 15_000 - time.perf_counter()))
        rates.append(3000 / (time.perf_counter() - begun))
        sent = datetime.now(UTC)
        driver.command("cancel", of="flood")
        for number in range(1000):
            driver.flood_text(number)
        for _, value, metadata, _ in driver.events(PATIENCE_S):
            if value == "cancelled" and metadata.get("of") == "flood":
                # by dora's own stamp: this node is busy with its flood, and hears of it later
                waits.append(1e3 * (metadata["timestamp"] - sent).total_seconds())
                break
        for _ in driver.events(3.0):
            pass
    return {"flood: messages a second": rates, "flood: cancel to acknowledgement, ms": waits}

"""Conversations at once for the driver node of `node.py`: whether their players run dry."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node_driver import Driver

ANSWERS: Final = (
    (
        "The museum opens at ten and closes at six. On Mondays it stays closed all day."
        " You can buy tickets at the door, or order them the day before."
    ),
    (
        "I have moved the meeting to Thursday afternoon. Everybody has been told about it,"
        " and the large room is free until five. Shall I order some coffee as well?"
    ),
    (
        "It will rain in the morning, but the afternoon looks better. Take a warm coat with you,"
        " since the wind comes from the north. Tomorrow will be a sunny day."
    ),
)
LISTENS_S: Final = (2.0, 6.0)
"""Seconds between the end of an answer and the next one, in which the other side speaks."""
_AUDIBLE_S: Final = 0.005
_PATIENCE_S: Final = 600.0


@dataclass
class Conversation:
    """One of them, with a player that plays at once what it gets.

    Attributes:
        name: its `session_id`.
        turns: answers that are still to be said.
        next_s: when the next one is said.
        ends_s: when what its player has will have played.
        begun_s: when the last answer was said.
        is_open: whether its reply has not come.
        is_heard: whether some of that has come.
    """

    name: str
    turns: int
    next_s: float
    ends_s: float = 0.0
    begun_s: float = 0.0
    is_open: bool = False
    is_heard: bool = False


class Crowd:
    """Talks in many conversations and listens to all of them."""

    def __init__(self, driver: Driver, size: int, turns: int, seed: int = 5) -> None:
        self._driver = driver
        self._random = np.random.default_rng(seed)
        now = time.perf_counter()
        self._conversations = {
            f"c{number}": Conversation(f"c{number}", turns, now + self._listening_s() / 2)
            for number in range(size)
        }
        self._number = 0
        self.firsts_ms: list[float] = []
        self.gaps_ms: list[float] = []
        self.told: list[float] = []
        self.factors: list[float] = []

    def _listening_s(self) -> float:
        return float(self._random.uniform(*LISTENS_S))

    def run(self) -> None:
        """Until every conversation has said all its answers."""
        end = time.perf_counter() + _PATIENCE_S
        while any(one.turns or one.is_open for one in self._conversations.values()):
            if time.perf_counter() > end:
                break
            self._speak(time.perf_counter())
            for port, _, metadata, now in self._driver.events(0.05):
                self._hear(port, metadata, now)

    def _speak(self, now: float) -> None:
        for one in self._conversations.values():
            if one.is_open or not one.turns or now < max(one.next_s, one.ends_s):
                continue
            self._number += 1
            one.turns -= 1
            one.begun_s, one.is_open, one.is_heard = now, True, False
            text = ANSWERS[self._number % len(ANSWERS)]
            self._driver.say(text, session_id=one.name, question_id=f"crowd{self._number}")

    def _hear(self, port: str, metadata: dict[str, Any], now: float) -> None:
        one = self._conversations.get(str(metadata.get("session_id")))
        if one is None:
            return
        if port == "audio":
            if not one.is_heard:
                self.firsts_ms.append(1e3 * (now - one.begun_s))
            elif now - one.ends_s > _AUDIBLE_S:
                self.gaps_ms.append(1e3 * (now - one.ends_s))
            one.is_heard = True
            one.ends_s = max(one.ends_s, now) + metadata["duration_s"]
        elif port == "segment_complete":
            one.is_open = False
            one.next_s = max(now, one.ends_s) + self._listening_s()
            self.told.append(float(metadata["underruns"]))
            self.factors.append(float(metadata["rtf"]))


def crowd(driver: Driver, sizes: Sequence[int], turns: int) -> dict[str, list[float]]:
    """Underruns of so many conversations at once, by their own players and by the node's replies."""
    results: dict[str, list[float]] = {}
    for size in sizes:
        talk = Crowd(driver, size, turns)
        talk.run()
        name = f"{size} conversation{'s' if size > 1 else ''}"
        results |= {
            f"{name}: underruns of an answer, by the node": talk.told,
            f"{name}: gaps that its players heard, ms": talk.gaps_ms or [0.0],
            f"{name}: answer to first fragment, ms": talk.firsts_ms,
            f"{name}: real-time factor of an answer": talk.factors,
        }
    return results

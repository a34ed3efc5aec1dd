"""A simulated machine on which conversations take turns as in the node, with the real rules for turns and windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dora_mlx_tts.node.turns.deadlines import Need, most_urgent
from dora_mlx_tts.synthesis.pace import Pace, SpeedMeter
from dora_mlx_tts.synthesis.windows import WindowSizes

RATE = 25.0
LAG = 4
"""Codes that the first window of a sentence waits for in addition."""


class Voice:
    speed = 1.0

    def codes_for(self, seconds: float) -> int:
        return round(seconds * RATE) + LAG


@dataclass(frozen=True)
class Costs:
    """Seconds of work.

    Attributes:
        sentence: for the beginning of each.
        window: for each window, however long.
        sound: for each second of it.
    """

    sentence: float
    window: float
    sound: float


@dataclass
class Caller:
    """One conversation with one text."""

    began_s: float
    sentences: Sequence[float]
    end_s: float = 0.0
    in_part: bool = False
    first_s: float | None = None
    windows: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)


class Machine:
    """Serves callers until all are through.

    Args:
        costs: of its work.
        arrivals: when each caller's text comes.
        sentences: seconds of each sentence of a text.
        pace: plans windows.
    """

    def __init__(
        self,
        costs: Costs,
        arrivals: Sequence[float],
        sentences: Sequence[float],
        pace: type[Pace] = Pace,
    ) -> None:
        self.now = 0.0
        self.costs, self._pace, self.speed = costs, pace, SpeedMeter()
        self.speed.add(costs.window + costs.sound * 1.6, 1.6)  # it has spoken before
        self.callers = [Caller(at, sentences) for at in arrivals]
        self._waiting = {number: self._speak(one) for number, one in enumerate(self.callers)}

    def run(self) -> Machine:
        """Serve everybody."""
        while self._waiting:
            ready = [n for n in self._waiting if self.callers[n].began_s <= self.now]
            if not ready:
                self.now = min(self.callers[n].began_s for n in self._waiting)
                continue
            needs = [Need(self.callers[n].began_s, self.callers[n].end_s) for n in ready]
            number = ready[most_urgent(needs)]
            if next(self._waiting[number], None) is None:
                del self._waiting[number]
        return self

    @property
    def sound_per_s(self) -> float:
        """Seconds of sound made per second."""
        return sum(sum(caller.windows) for caller in self.callers) / self.now

    @property
    def silence_s(self) -> float:
        """Seconds in which players were dry, together."""
        return sum(sum(caller.gaps) for caller in self.callers)

    @property
    def gaps(self) -> int:
        """How often players ran dry."""
        return sum(len(caller.gaps) for caller in self.callers)

    @property
    def longest_wait_s(self) -> float:
        """For a first sound."""
        return max((caller.first_s or 0.0) - caller.began_s for caller in self.callers)

    def _sharing(self) -> int:
        return sum(self.callers[n].began_s <= self.now for n in self._waiting)

    def _speak(self, caller: Caller) -> Iterator[float]:
        for length in caller.sentences:
            pace = self._pace(self.speed)
            pace.follow(lambda: max(0.0, caller.end_s - self.now), self._sharing)
            left, is_first = length, True
            for size, _ in pairwise(WindowSizes(0.4, 1.6, pace).tokens(Voice())):
                sound_s = min((size - LAG * is_first) / RATE, left)
                left -= sound_s
                self._make(caller, sound_s, is_first=is_first)
                yield sound_s
                is_first = False
                if left <= 1e-9:
                    break

    def _make(self, caller: Caller, sound_s: float, *, is_first: bool) -> None:
        work_s = self.costs.window + self.costs.sound * sound_s
        self.now += work_s + self.costs.sentence * is_first
        if not is_first:
            self.speed.add(work_s, sound_s)
        if caller.first_s is None:
            caller.first_s = self.now
        elif self.now > caller.end_s + 0.005:
            caller.gaps.append(self.now - caller.end_s)
        caller.end_s = max(caller.end_s, self.now) + sound_s
        caller.windows.append(sound_s)

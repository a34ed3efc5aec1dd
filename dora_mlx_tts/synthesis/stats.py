"""What synthesis did since its start, as figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SynthesisStats:
    """A picture of one moment.

    Attributes:
        sentences: that were begun.
        spoken: that were spoken to their end.
        cancelled: that nobody wanted to the end.
        failed: that ended in an error.
        misspoken: that the networks said otherwise, found before anything was heard; they are spoken
            again in two parts, or end in an error where they cannot be divided.
        tokens: that were decoded, those of attempts given up included.
        windows: pieces of sound.
        audio_s: seconds of sound.
        real_time_factor: seconds of work for a second of sound, of the last windows.
        problems: what the guard found, by kind; each led to another attempt or to an error.
        surplus: tokens that said more than the text, taken out before they were sounded.
        restarts: attempts that began the sentence again.
        compared: attempts beside one that passed with doubt, of which the best was taken.
        continuations: attempts that continued from the last good token, since sound had left.
        grown: sentences that were begun before their end was written.
        stages: times that an unfinished sentence was read again.
        rests: times that speech waited at a word's end for more text.
        contradictions: readings of spoken words that later words would have changed.
        failed_warm_ups: voices that were loaded, though their first word failed.
        cache_positions: room of the kept key-value cache, the largest of all voices.
        work_s: seconds of texts that have ended, by kind of work (`Work`).
    """

    sentences: int = 0
    spoken: int = 0
    cancelled: int = 0
    failed: int = 0
    misspoken: int = 0
    tokens: int = 0
    windows: int = 0
    audio_s: float = 0.0
    real_time_factor: float = 0.0
    problems: Mapping[str, int] = field(default_factory=dict)
    surplus: int = 0
    restarts: int = 0
    compared: int = 0
    continuations: int = 0
    grown: int = 0
    stages: int = 0
    rests: int = 0
    contradictions: int = 0
    failed_warm_ups: int = 0
    cache_positions: int = 0
    work_s: Mapping[str, float] = field(default_factory=dict)


class SynthesisMeter:
    """Counts; belongs to one `Synthesizer`."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._audio_s = 0.0
        self._real_time_factor = 0.0
        self._cache_positions = 0
        self._work_s: dict[str, float] = {}

    def count(self, name: str, number: int = 1) -> None:
        """`number` more of a field of `SynthesisStats`."""
        self._counts[name] += number

    def problem(self, kind: str) -> None:
        """The guard found something."""
        self._problems[kind] += 1

    def sound(self, seconds: float) -> None:
        """One more window."""
        self._counts["windows"] += 1
        self._audio_s += seconds

    def speed(self, factor: float) -> None:
        """The networks speak this fast now."""
        self._real_time_factor = factor

    def cache(self, positions: int) -> None:
        """Room of a cache after use."""
        self._cache_positions = max(self._cache_positions, positions)

    def worked(self, seconds: Mapping[str, float]) -> None:
        """A text has ended that took these seconds, by kind of work."""
        for work, spent in seconds.items():
            self._work_s[work] = self._work_s.get(work, 0.0) + spent

    def stats(self) -> SynthesisStats:
        """The figures now."""
        return SynthesisStats(
            **self._counts,
            audio_s=self._audio_s,
            real_time_factor=self._real_time_factor,
            problems=dict(self._problems),
            cache_positions=self._cache_positions,
            work_s=dict(self._work_s),
        )

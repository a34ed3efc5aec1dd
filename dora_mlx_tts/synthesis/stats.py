"""Figures of synthesis since its start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SynthesisStats:
    """A snapshot of the figures.

    Attributes:
        sentences: sentences begun.
        spoken: sentences spoken to the end.
        cancelled: sentences cancelled.
        failed: sentences that ended in an error.
        misspoken: sentences with wrong words, found before anything was heard; they are spoken again in two
            parts, or end in an error if they cannot be split.
        tokens: decoded tokens, including those of abandoned attempts.
        windows: windows of audio.
        audio_s: seconds of audio.
        real_time_factor: seconds of work per second of audio, over the last windows.
        problems: what the guard found, by kind; each led to another attempt or to an error.
        surplus: tokens that said more than the text, removed before they were heard.
        restarts: attempts that started the sentence over.
        compared: attempts compared with one that passed with doubt.
        continuations: attempts that continued from the last good token, because audio had been sent.
        grown: sentences begun before their end was written.
        stages: how often an unfinished sentence was read again.
        rests: how often speech waited at the end of a word for more text.
        contradictions: readings of spoken words that later words would have changed.
        failed_warm_ups: voices loaded although their first word failed.
        cache_positions: positions of the largest key-value cache kept.
        work_s: seconds of work on texts that have ended, by kind (`Work`).
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
        """Count a problem found by the guard."""
        self._problems[kind] += 1

    def sound(self, seconds: float) -> None:
        """Count a window of this length."""
        self._counts["windows"] += 1
        self._audio_s += seconds

    def speed(self, factor: float) -> None:
        """Set the current speed of the networks."""
        self._real_time_factor = factor

    def cache(self, positions: int) -> None:
        """Record the size of a cache after use."""
        self._cache_positions = max(self._cache_positions, positions)

    def worked(self, seconds: Mapping[str, float]) -> None:
        """Add the seconds that a finished text took, by kind of work."""
        for work, spent in seconds.items():
            self._work_s[work] = self._work_s.get(work, 0.0) + spent

    def stats(self) -> SynthesisStats:
        """The current figures."""
        return SynthesisStats(
            **self._counts,
            audio_s=self._audio_s,
            real_time_factor=self._real_time_factor,
            problems=dict(self._problems),
            cache_positions=self._cache_positions,
            work_s=dict(self._work_s),
        )

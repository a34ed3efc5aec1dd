"""What speaking a sentence took, and what came of it; a helper of `growing.py`."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from growing_report import VOICES, Spoken, contour, pauses

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.synthesis.growing.sound import GrowingSound
from dora_mlx_tts.synthesis.growing.stages import StageDecoder
from dora_mlx_tts.synthesis.stats import SynthesisStats

_CODE_S = 0.04
_PLAIN = "Yes, of course."
_ENDING_S = 0.03
_QUIET = 0.15


class WorkTime:
    """Seconds of CPU time as the idle machine would take them; on a GPU the time on the wall.

    Args:
        engine: speaks the text that tells how much slower this machine is now.
        quiet_s: what that takes on the idle machine; 0 for the time on the wall.
    """

    def __init__(self, engine: Synthesizer, quiet_s: float) -> None:
        self._engine, self._quiet_s = engine, quiet_s
        self._found: deque[float] = deque(maxlen=3)
        self.slow = 1.0

    def __call__(self) -> float:
        """Seconds."""
        return time.process_time() / self.slow if self._quiet_s else time.perf_counter()

    def look(self) -> None:
        """Take the measure again."""
        for _ in range(1 if self._found else 3):
            before = time.process_time()
            stream = self._engine.stream(_PLAIN, voice=VOICES["en"], seed=1)
            next(stream)
            self._found.append(time.process_time() - before)
            stream.close()
        if self._quiet_s:
            self.slow = median(self._found) / self._quiet_s


@dataclass
class Joints:
    """Where stages of a growing sentence follow each other.

    Attributes:
        codes: numbers of codes released by them.
        begun_s: when the first word begins, counted from the first code.
    """

    codes: list[int] = field(default_factory=list)
    begun_s: float | None = None

    @contextmanager
    def watched(self) -> Iterator[Joints]:
        """Watch what is spoken inside."""
        decode, words = StageDecoder.decode, GrowingSound._words

        def decoding(this: Any, stage: Any, guard: Any) -> Any:  # noqa: ANN401  whatever it takes
            released = decode(this, stage, guard)
            if released.codes:
                self.codes.append(len(stage.codes) + len(released.codes))
            return released

        def telling(this: Any, *, last: bool) -> Any:  # noqa: ANN401
            found = words(this, last=last)
            if found and self.begun_s is None:
                self.begun_s = found[0].start_s
            return found

        StageDecoder.decode, GrowingSound._words = decoding, telling  # type: ignore[method-assign]
        try:
            yield self
        finally:
            StageDecoder.decode, GrowingSound._words = decode, words  # type: ignore[method-assign]

    def seconds(self, one: Spoken) -> list[float]:
        """Where they are in the sound."""
        if self.begun_s is None or not one.words:
            return []
        shift = one.words[0][1] - self.begun_s
        return [round(_CODE_S * count + shift, 3) for count in self.codes]


class Account:
    """What speaking one sentence took, and what came of it."""

    def __init__(self, engine: Synthesizer, one: Spoken, hear: Callable[..., None] | None) -> None:
        self._engine, self._one, self._hear = engine, one, hear
        self._before: SynthesisStats = engine.stats
        self._cpu = time.process_time()

    def close(self, fragments: Sequence[tuple[float, Any, int]], fourth_s: float | None) -> Spoken:
        """Fragments with the seconds at which each came and its sample rate; when the fourth word was written."""
        one, after, before = self._one, self._engine.stats, self._before
        one.cpu_s, one.tokens = time.process_time() - self._cpu, after.tokens - before.tokens
        one.stages, one.rests = after.stages - before.stages, after.rests - before.rests
        one.contradictions = after.contradictions - before.contradictions
        if fragments:
            self._sound(fragments, fourth_s)
        print(
            f"{one.way:12} {one.seed} {one.first_ms:6.0f} {one.after_fourth_ms:6.0f} {one.errors:2} {one.stalls}"
            f" {one.text[:50]} {one.error}",
            file=sys.stderr,
            flush=True,
        )
        return one

    def _sound(self, fragments: Sequence[tuple[float, Any, int]], fourth_s: float | None) -> None:
        one = self._one
        if fourth_s is not None:
            one.first_ms = 1e3 * fragments[0][0]
            one.after_fourth_ms = 1e3 * (fragments[0][0] - fourth_s)
            found = list(_stalls(fragments))
            one.stalls = [seconds for seconds, _ in found]
            one.broken = [seconds for seconds, is_quiet in found if not is_quiet]
        samples, hertz = np.concatenate([f[1] for f in fragments]), fragments[0][2]
        one.seconds = len(samples) / hertz
        one.contour, one.pauses = contour(samples, hertz), pauses(samples, hertz)
        if self._hear is not None:
            self._hear(one, samples, hertz)


def _stalls(fragments: Sequence[tuple[float, Any, int]]) -> Iterator[tuple[float, bool]]:
    """Silences at the player, and whether the sound before each had come to rest."""
    plays, loudest, ending = fragments[0][0], 0.0, np.zeros(1)
    for at, samples, hertz in fragments:
        if at > plays + 0.01:
            yield round(at - plays, 3), bool(np.sqrt(np.mean(ending**2)) < _QUIET * loudest)
        plays = max(plays, at) + len(samples) / hertz
        ending = np.concatenate([ending, samples])[-round(_ENDING_S * hertz) :]
        loudest = max(loudest, float(np.sqrt(np.mean(np.square(samples)))))

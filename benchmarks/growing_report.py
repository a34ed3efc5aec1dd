"""What `growing.py` found, in figures: times and their parts, errors, work, melody beside whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

VOICES = {"en": "starter-en", "zh": "starter-zh", "mixed": "starter-zh"}
STEP_S = 0.02
_AROUND = 6  # steps before and after a joint
LONG_S = 0.25


@dataclass
class Spoken:
    """One sentence, spoken in one way.

    Attributes:
        first_ms: from the first word to the first fragment.
        after_fourth_ms: the same from the fourth word (the sixth character).
        parts_ms: what that time was spent on, by `Work`, and waiting for words.
        stalls: seconds of silence at a player that plays at once.
        broken: those of them that break off a word.
        pauses: seconds of the silences of `LONG_S` and more in the sound itself, but its ends.
        words: text, begin and end in seconds.
        contour: semitones over 100 Hz every `STEP_S`; NaN where there is no pitch.
        joints_s: where a stage took over from the one before.
    """

    kind: str
    text: str
    way: str
    seed: int
    first_ms: float = 0.0
    after_fourth_ms: float = 0.0
    parts_ms: dict[str, float] = field(default_factory=dict)
    stalls: list[float] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    slow: float = 1.0
    tokens: int = 0
    stages: int = 0
    contradictions: int = 0
    rests: int = 0
    errors: int = 0
    units: int = 0
    heard: str = ""
    error: str = ""
    words: list[tuple[str, float, float]] = field(default_factory=list)
    contour: list[float] = field(default_factory=list)
    joints_s: list[float] = field(default_factory=list)


def contour(samples: NDArray[np.float32], rate: int) -> list[float]:
    """Fundamental frequency in semitones over 100 Hz every `STEP_S`, by autocorrelation."""
    step, size = round(STEP_S * rate), rate // 16
    found = []
    for start in range(0, len(samples) - size, step):
        piece = samples[start : start + size] - np.mean(samples[start : start + size])
        place = 0
        if np.sqrt(np.mean(piece**2)) >= 0.01:
            spectrum = np.fft.rfft(piece, 2 * size)
            alike = np.fft.irfft(np.abs(spectrum) ** 2)[: rate // 70]
            place = rate // 400 + int(alike[rate // 400 :].argmax())
            place = place if alike[place] > 0.5 * alike[0] else 0
        found.append(round(12 * float(np.log2(rate / place / 100)), 1) if place else float("nan"))
    return found


def pauses(samples: NDArray[np.float32], rate: int) -> list[float]:
    """Seconds of the silences of `LONG_S` and more, but those at the ends."""
    step = rate // 50
    level = np.abs(samples[: len(samples) // step * step].reshape(-1, step)).max(1)
    sounds = np.flatnonzero(level > 0.03 * level.max(initial=0.0))
    gaps = (np.diff(sounds) - 1) * step / rate
    return [round(float(gap), 2) for gap in gaps if gap >= LONG_S]


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if len(known) >= 3 else float("nan")


def _jump(one: Spoken, at_s: float) -> float:
    """Semitones between what lies before and after a moment."""
    place = round(at_s / STEP_S)
    before = _median(one.contour[max(0, place - _AROUND) : place])
    return abs(before - _median(one.contour[place : place + _AROUND]))


def joints(one: Spoken, whole: Spoken) -> Iterator[tuple[float, float, float]]:
    """For each joint: the jump of pitch there and at its place in the whole sentence, and how long its word is."""
    for at_s in one.joints_s:
        place = next((n for n, (_, a, b) in enumerate(one.words) if a <= at_s <= b), None)
        if place is None or len(one.words) != len(whole.words):
            continue
        (_, begin, end), (_, begun, ended) = one.words[place], whole.words[place]
        if end - begin < STEP_S or ended - begun < STEP_S:
            continue
        share = (at_s - begin) / (end - begin)
        there = begun + share * (ended - begun)
        yield _jump(one, at_s), _jump(whole, there), (end - begin) / (ended - begun)


def melody(one: Spoken, other: Spoken) -> list[float]:
    """Semitones by which words differ between two ways."""
    if [word[0] for word in one.words] != [word[0] for word in other.words]:
        return []
    pairs = zip(one.words, other.words, strict=True)
    found = [abs(_pitch(one, *mine) - _pitch(other, *theirs)) for mine, theirs in pairs]
    return [value for value in found if np.isfinite(value)]


def _pitch(one: Spoken, _: str, begin: float, end: float) -> float:
    return _median(one.contour[round(begin / STEP_S) : round(end / STEP_S)])


def report(results: Sequence[Spoken]) -> list[dict[str, Any]]:
    """A line for each way, over all kinds and by kind."""
    seeds = list(dict.fromkeys(o.seed for o in results))
    base = {(o.text, o.seed): o for o in results if o.way == "whole"}
    lines = []
    for way in dict.fromkeys(one.way for one in results):
        for seed in (None, *seeds):
            for kind in ("all", *VOICES):
                some = [
                    o
                    for o in results
                    if o.way == way and kind in {"all", o.kind} and seed in {None, o.seed}
                ]
                if some and (seed is None or kind == "all"):
                    name = {"way": way, "seed": seed or "all", "kind": kind, "n": len(some)}
                    lines.append(name | _line(some, base))
    return lines


def _line(some: Sequence[Spoken], base: dict[tuple[str, int], Spoken]) -> dict[str, Any]:
    pairs = [(o, base[o.text, o.seed]) for o in some if (o.text, o.seed) in base]
    grown = [(o, whole) for o, whole in pairs if o is not whole]
    found = [joint for o, whole in grown for joint in joints(o, whole)]
    pitched = [j for j in found if np.isfinite(j[0]) and np.isfinite(j[1])]
    return {
        "after_fourth_p50": _percentile(_of(some, lambda o: o.after_fourth_ms), 50),
        "after_fourth_p95": _percentile(_of(some, lambda o: o.after_fourth_ms), 95),
        "first_p50": _percentile(_of(some, lambda o: o.first_ms), 50),
        "parts_ms_p50": {
            part: _percentile(_of(some, lambda o, part=part: o.parts_ms.get(part, 0.0)), 50)  # type: ignore[misc]
            for part in dict.fromkeys(part for o in some for part in o.parts_ms)
        },
        "stalls_over_250": sum(s > LONG_S for o in some for s in o.stalls),
        "broken_over_250": sum(s > LONG_S for o in some for s in o.broken),
        "longest_stall": max((s for o in some for s in o.stalls), default=0.0),
        "long_pauses": sum(len(o.pauses) for o in some),
        "rests": sum(o.rests for o in some),
        "errors_percent": _share(sum(o.errors for o in some), sum(o.units for o in some), 1, 100),
        "units": sum(o.units for o in some),
        "failed": sum(bool(o.error) for o in some),
        "contradictions": sum(o.contradictions for o in some),
        "stages": _share(sum(o.stages for o in some), len(some), 1),
        "cpu_of_whole": _share(
            sum(o.cpu_s / o.slow for o, _ in grown), sum(w.cpu_s / w.slow for _, w in grown), 2
        ),
        "tokens_of_whole": _share(
            sum(o.tokens for o, _ in grown), sum(w.tokens for _, w in grown), 2
        ),
        "length_of_whole": _percentile(
            [o.seconds / w.seconds for o, w in grown if w.seconds], 50, 2
        ),
        "word_pitch_differs": _percentile([d for o, w in grown for d in melody(o, w)], 50, 2),
        "joints": len(found),
        "jump_at_joints": _percentile([j[0] for j in pitched], 50, 2),
        "jump_there_in_whole": _percentile([j[1] for j in pitched], 50, 2),
        "word_length_at_joints": _percentile([j[2] for j in found], 50, 2),
    }


def _of(some: Sequence[Spoken], value: Callable[[Spoken], float]) -> list[float]:
    return [value(one) for one in some if one.seconds and one.first_ms]


def _share(part: float, whole: float, digits: int, times: float = 1) -> float | None:
    return round(times * part / whole, digits) if whole else None


def _percentile(values: Sequence[float], share: float, digits: int = 0) -> float | None:
    return round(float(np.percentile(values, share)), digits) if values else None

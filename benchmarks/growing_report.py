"""What `growing.py` found, in figures: melody beside whole sentences, errors, work, times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.synthesis.records import WordTiming

VOICES = {"en": "starter-en", "zh": "starter-zh", "mixed": "starter-zh"}


@dataclass
class Spoken:
    """One sentence, spoken in one way."""

    kind: str
    text: str
    way: str
    first_ms: float = 0.0
    after_fourth_ms: float = 0.0
    stalls: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    tokens: int = 0
    stages: int = 0
    contradictions: int = 0
    rests: int = 0
    errors: int = 0
    units: int = 0
    error: str = ""
    samples: Any = None
    rate: int = 0
    words: tuple[WordTiming, ...] = ()


def pitch(samples: NDArray[np.float32], rate: int) -> float:
    """Median fundamental frequency in semitones over 100 Hz, by autocorrelation; NaN where there is none."""
    step, size = rate // 50, rate // 16
    found = []
    for start in range(0, len(samples) - size, step):
        piece = samples[start : start + size] - np.mean(samples[start : start + size])
        if np.sqrt(np.mean(piece**2)) < 0.01:
            continue
        spectrum = np.fft.rfft(piece, 2 * size)
        alike = np.fft.irfft(np.abs(spectrum) ** 2)[: rate // 70]
        place = rate // 400 + int(alike[rate // 400 :].argmax())
        if alike[place] > 0.5 * alike[0]:
            found.append(12 * np.log2(rate / place / 100))
    return float(np.median(found)) if found else float("nan")


def melody(one: Spoken, other: Spoken) -> list[float]:
    """Semitones by which words differ between two ways."""
    if [w.text for w in one.words] != [w.text for w in other.words]:
        return []
    found = []
    for mine, theirs in zip(one.words, other.words, strict=True):
        cut = [
            np.asarray(s.samples[int(w.start_s * s.rate) : int(w.end_s * s.rate)])
            for s, w in ((one, mine), (other, theirs))
        ]
        found.append(abs(pitch(cut[0], one.rate) - pitch(cut[1], other.rate)))
    return [value for value in found if np.isfinite(value)]


def report(results: Sequence[Spoken]) -> list[dict[str, Any]]:
    """A line for each way, over all kinds and by kind."""
    base = {one.text: one for one in results if one.way.startswith("whole")}
    lines = []
    for way in dict.fromkeys(one.way for one in results):
        for kind in ("all", *VOICES):
            some = [o for o in results if o.way == way and kind in {"all", o.kind}]
            if not some:
                continue
            firsts = [o.after_fourth_ms for o in some if o.seconds]
            whole_cpu = sum(base[o.text].cpu_s for o in some if o.text in base)
            whole_tokens = sum(base[o.text].tokens for o in some if o.text in base)
            differ = [
                d
                for o in some
                if o.text in base and base[o.text] is not o
                for d in melody(o, base[o.text])
            ]
            ratio = [
                o.seconds / base[o.text].seconds
                for o in some
                if o.text in base and base[o.text].seconds
            ]
            lines.append({
                "way": way, "kind": kind, "n": len(some),
                "first_p50": _percentile([o.first_ms for o in some if o.seconds], 50),
                "after_fourth_p50": _percentile(firsts, 50), "after_fourth_p95": _percentile(firsts, 95),
                "stalls_over_250": sum(s > 0.25 for o in some for s in o.stalls), "rests": sum(o.rests for o in some),
                "errors_percent": round(100 * sum(o.errors for o in some) / max(1, sum(o.units for o in some)), 1),
                "failed": sum(bool(o.error) for o in some),
                "contradictions": sum(o.contradictions for o in some),
                "stages": round(sum(o.stages for o in some) / len(some), 1),
                "cpu_of_whole": round(sum(o.cpu_s for o in some) / whole_cpu, 2) if whole_cpu else None,
                "tokens_of_whole": round(sum(o.tokens for o in some) / whole_tokens, 2) if whole_tokens else None,
                "length_of_whole": _percentile(ratio, 50, 2), "word_pitch_differs": _percentile(differ, 50, 2),
            })  # fmt: skip
    return lines


def _percentile(values: Sequence[float], share: float, digits: int = 0) -> float | None:
    return round(float(np.percentile(values, share)), digits) if values else None

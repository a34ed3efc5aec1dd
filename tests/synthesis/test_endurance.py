"""Memory does not grow with the number of requests."""

from __future__ import annotations

import sys
from pathlib import Path

import mlx.core as mx
import pytest
from script_loader import load_script

from dora_mlx_tts.synthesis.synthesizer import Synthesizer

TEXTS = (
    "OK.",
    "Please come back now.",
    "The morning train was late again, so we waited and talked.",
)


def resident() -> float:
    """MiB of this process."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096 / 2**20


def speak(synthesizer: Synthesizer, first: int, count: int) -> None:
    for number in range(first, first + count):
        options = {"mode": "throughput" if number % 5 == 0 else "latency", "seed": number}
        stream = synthesizer.stream(TEXTS[number % len(TEXTS)], **options)
        if number % 11 == 0:
            next(stream)
            stream.close()
        else:
            list(stream)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_five_hundred_requests_leave_nothing_behind(synthesizer: Synthesizer) -> None:
    speak(synthesizer, 0, 60)
    active, process = mx.get_active_memory(), resident()
    speak(synthesizer, 60, 500)
    assert mx.get_active_memory() - active < 2 << 20
    assert resident() - process < 32
    assert synthesizer.stats.cache_positions <= 1024


def test_a_short_soak_stays_within_its_bounds(synthesizer: Synthesizer) -> None:
    """Every kind of request once before it counts, and once more after that (`scripts/soak.py`)."""
    script, voices = load_script("soak"), ["starter-en", "starter-zh"]
    short = script.TEXTS[:2]
    for number in range(11):
        script.speak(synthesizer, number, voices, short)
    before = script.Memory.now()
    for number in range(11, 22):
        script.speak(synthesizer, number, voices, short)
    after = script.Memory.now()
    assert after.active - before.active < script.MOST_ACTIVE
    assert after.process - before.process < 2 * script.MOST_PROCESS  # no warm-up of an hour
    assert synthesizer.stats.cache_positions <= 1024


def test_closed_streams_leave_nothing_behind(synthesizer: Synthesizer) -> None:
    speak(synthesizer, 0, 3)
    before = mx.get_active_memory()
    for _ in range(3):
        stream = synthesizer.stream(TEXTS[2], seed=1)
        next(stream)
        stream.close()
    assert mx.get_active_memory() - before < 1 << 20

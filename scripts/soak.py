"""Speaks for a long time in every way there is, and watches the memory.

    python scripts/soak.py [--minutes N] [--warm-up N] [--voice NAME …]

Whole texts, streams, batches, texts closed in the middle, cancelled ones, ones that fail and voices in turns. After
the warm-up neither MLX's memory nor the process may grow by more than the bounds; prints both, and ends with 1
where they did.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mlx.core as mx

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.runtime.cancel import CancelToken

MOST_ACTIVE = 2.0
"""MiB that MLX's arrays in use may grow by: lengths differ, and so do caches of sizes and tables."""
MOST_PROCESS = 32.0
"""MiB that the process may grow by; what the allocator keeps varies by some 10 MiB from one minute to the next."""
TEXTS = (
    "OK.",
    "Please come back now.",
    "The morning train was late again, so we waited and talked.",
    "It costs $5.20 at 3:30 p.m., not 4.",
)


class Memory(NamedTuple):
    """MiB in use."""

    active: float
    process: float

    @classmethod
    def now(cls) -> Memory:
        """MLX's arrays, and what the process holds in memory (Linux; elsewhere 0)."""
        statm = Path("/proc/self/statm")
        pages = int(statm.read_text(encoding="ascii").split()[1]) if statm.exists() else 0
        return cls(mx.get_active_memory() / 2**20, pages * 4096 / 2**20)


def speak(
    synthesizer: Synthesizer, number: int, voices: Sequence[str], texts: Sequence[str] = TEXTS
) -> None:
    """The request of this number: which kind it is follows from it alone."""
    text, voice = texts[number % len(texts)], voices[number % len(voices)]
    kind = number % 11
    token = CancelToken()
    if kind == 3:
        text = f"{text} {texts[-1]}"
    mode = "throughput" if kind in {3, 7} else "latency"
    stream = synthesizer.stream(text, voice=voice, seed=number, mode=mode, cancelled=token)
    if kind == 0:
        next(stream)
        stream.close()
    elif kind == 5:
        next(stream)
        token.cancel("soak")
        list(stream)
    elif kind == 9:
        with contextlib.suppress(TtsError):
            list(synthesizer.stream("…", voice=voice))
        with contextlib.suppress(TtsError):
            list(synthesizer.stream(text, voice="nobody"))
        stream.close()
    else:
        list(stream)


def main() -> int:
    """Soak; 1 where the memory grew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--warm-up", type=int, default=60, metavar="N", help="requests before it counts"
    )
    parser.add_argument(
        "--voice", action="append", help="again for several; the starter voices if none"
    )
    options = parser.parse_args()
    voices = options.voice or ["starter-en", "starter-zh"]
    synthesizer = Synthesizer.load(voices[0])
    number, end, told = 0, time.monotonic() + 60 * options.minutes, 0.0
    while number < options.warm_up:
        speak(synthesizer, number, voices)
        number += 1
    before = now = Memory.now()
    while time.monotonic() < end:
        speak(synthesizer, number, voices)
        number += 1
        if time.monotonic() - told > 60:
            told, now = time.monotonic(), Memory.now()
            print(
                f"{number:7} requests, {now.active:8.1f} MiB of arrays, {now.process:8.1f} of the process"
            )
    now = Memory.now()
    grown = Memory(now.active - before.active, now.process - before.process)
    print(f"grown by {grown.active:.1f} MiB of arrays, {grown.process:.1f} of the process")
    return int(grown.active > MOST_ACTIVE or grown.process > MOST_PROCESS)


if __name__ == "__main__":
    sys.exit(main())

"""The starter voice from text to samples: cold start, first fragment, real-time factor, memory.

    python benchmarks/end_to_end.py --json out/end_to_end.json

A cold start is a new process, timed from its launch to the first fragment.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from functools import partial

import harness

from dora_mlx_tts import Synthesizer

TEXTS = {
    "starter-en": "Hello, this is your assistant speaking. How can I help you today?",
    "starter-zh": "你好，我是你的语音助手。今天我能帮你做什么呢？",
}
SHORT = {"starter-en": "Yes, of course.", "starter-zh": "好的，没问题。"}

COLD = """
import json, sys, time
from dora_mlx_tts import Synthesizer
synthesizer = Synthesizer.load(sys.argv[1], warm_up=False)
ready = time.time()
next(iter(synthesizer.stream(sys.argv[2], seed=1)))
print(json.dumps({"ready": ready, "first": time.time()}))
"""


def cold(voice: str, samples: int) -> list[harness.Row]:
    """Launch to ready, and to the first fragment of a short text."""
    ready, first = [], []
    for _ in range(samples):
        start = time.time()
        command = [sys.executable, "-c", COLD, voice, SHORT[voice]]
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        ready.append(answer["ready"] - start)
        first.append(answer["first"] - start)
    nothing = (0.0,) * samples
    return [
        harness.Row(voice, "new process to voice loaded", harness.Timing(tuple(ready), nothing)),
        harness.Row(voice, "new process to first fragment", harness.Timing(tuple(first), nothing)),
    ]


def warm(synthesizer: Synthesizer, voice: str, samples: int) -> list[harness.Row]:
    """First fragment of a short text, and the whole of two sentences."""
    stream = partial(synthesizer.stream, voice=voice, seed=1)
    runs = {
        "first fragment, short text": lambda: next(iter(stream(SHORT[voice]))),
        "two sentences": lambda: list(stream(TEXTS[voice])),
    }
    duration = sum(f.duration_s for f in stream(TEXTS[voice], fragment_interval=0))
    rows = []
    for name, timing in harness.take_turns(runs, samples=samples).items():
        whole = name == "two sentences"
        rate = timing.middle / duration if whole else None
        rows.append(harness.Row(voice, name, timing, rate, "of real time" if whole else ""))
    return rows


def main() -> None:
    """Measure and report."""
    given = harness.parser(__doc__.splitlines()[0]).parse_args()
    rows = [row for voice in TEXTS for row in cold(voice, given.samples)]
    synthesizer = Synthesizer.load()
    for voice in TEXTS:
        synthesizer.warm_up(synthesizer.voices.get(voice))
        rows += warm(synthesizer, voice, given.samples)
    factors = [row.rate for row in rows if row.rate is not None]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform == "linux" else 2**20
    )
    about = harness.machine(
        device=synthesizer.device.description,
        peak_memory_mib=round(peak),
        real_time_factor=round(statistics.mean(factors), 3),
    )
    harness.report("Starter voice, end to end", rows, about, given.json)
    print(f"peak memory of the process: {peak:.0f} MiB")


if __name__ == "__main__":
    main()

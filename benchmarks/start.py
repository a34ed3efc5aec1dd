"""A new process from its launch to the first fragment, by parts: processor time, time and resident memory.

    python benchmarks/start.py --samples 5 --json out/start.json
    python benchmarks/start.py --pack FOLDER       # how long a pack's networks take to load, such as one of full size

Each sample is a process of its own; the first one, which may fill caches, does not count. Modules count as a user's
do whose installer compiled them: set PYTHONPYCACHEPREFIX where Python may not write beside them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import harness

VOICES = {"starter-en": "Yes, of course.", "starter-zh": "好的，没问题。"}

PROBE = """
import json, resource, sys, time
def page(name):
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith(name)), 0.0)
    except OSError:
        return 0.0
def mark(name):
    marks.append([name, time.process_time(), time.time(), page("RssAnon"), page("RssFile")])
marks = []
mark("interpreter")
"""

SPEAK = (
    PROBE
    + """
from dora_mlx_tts import Synthesizer
import dora_mlx_tts.synthesis.synthesizer
mark("modules")
synthesizer = Synthesizer.load(sys.argv[1], warm_up=False)
mark("voice and prompt")
networks = synthesizer.prepare(sys.argv[1]).networks
networks.t2s
mark("T2S")
networks.sovits
mark("SoVITS")
synthesizer.prepare(sys.argv[1]).front_end.phonemize(sys.argv[2], sys.argv[1].rpartition("-")[2])
mark("front end")
stream = iter(synthesizer.stream(sys.argv[2], seed=1))
next(stream)
mark("first fragment")
print(json.dumps(marks))
"""
)

LOAD = (
    PROBE
    + """
from pathlib import Path
from dora_mlx_tts.packs.verified import VerifiedFiles
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.loading.networks import Networks
mark("modules")
blas.accelerate()
pack = Path(sys.argv[1])
networks = Networks.open(pack, device.select("auto"), verified=VerifiedFiles(pack / "cache"))
mark("pack opened")
for part in ("t2s", "sovits", "ssl", "bert"):
    if networks.pack.has(part):
        getattr(networks, part)
        mark(part)
print(json.dumps(marks))
"""
)


def sample(program: str, *arguments: str) -> dict[str, list[float]]:
    """One process: seconds of processor and of time, and MiB of its own and of mapped files, by part."""
    start = time.time()
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found, before = {}, (0.0, start)
    for name, processor, now, own, mapped in json.loads(done.stdout.splitlines()[-1]):
        found[name] = [processor - before[0], now - before[1], own, mapped]
        before = (processor, now)
    found["together"] = [before[0], before[1] - start, own, mapped]
    return found


def table(samples: list[dict[str, list[float]]]) -> list[str]:
    """Medians as a Markdown table."""
    lines = [
        "| part | processor, ms | time, ms | own memory after it, MiB | mapped files, MiB |",
        "|---|---|---|---|---|",
    ]
    for name in samples[0]:
        columns = [
            statistics.median(values)
            for values in zip(*(one[name] for one in samples), strict=True)
        ]
        processor, seconds, own, mapped = columns
        lines.append(
            f"| {name} | {1000 * processor:.0f} | {1000 * seconds:.0f} | {own:.0f} | {mapped:.0f} |"
        )
    return lines


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--pack", type=Path, help="load this pack's networks instead of speaking")
    given = parser.parse_args()
    runs: dict[str, Any] = {}
    jobs = (
        {str(given.pack): (LOAD, str(given.pack))}
        if given.pack
        else {voice: (SPEAK, voice, text) for voice, text in VOICES.items()}
    )
    for name, job in jobs.items():
        sample(*job)
        runs[name] = [sample(*job) for _ in range(given.samples)]
        print(f"\n{name}\n")
        print("\n".join(table(runs[name])))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"machine": harness.machine(), "runs": runs}, indent=1))


if __name__ == "__main__":
    main()

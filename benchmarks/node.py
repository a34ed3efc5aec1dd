"""The node in a real dataflow: first fragment, barge-in, loss, order, responsiveness, memory.

    python benchmarks/node.py --json out/node.json

The parent writes a dataflow and runs it with `dora run`; the same file is its driver node. The dataflow says
nothing about the voice's inputs, so everything there has dora's defaults; the driver's own queues are deep, so
that only the node under test can lose anything. `--direct` lets it use dora's direct path (`transport: direct`).
With `--fake` a scripted engine takes the networks' place: what is left is the node's own cost.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import harness
import numpy as np
import yaml

SHORT = "Yes, of course."
LONG = (
    "This is a rather long sentence that goes on and on, so that there is enough time to interrupt it. "
    "And there is another one behind it, which nobody should ever hear."
)
SETTLE_S = 0.3
PATIENCE_S = 120.0


class LostError(Exception):
    """What was waited for did not come."""


class Driver:
    """The other side of the node: says, listens, keeps account."""

    def __init__(self) -> None:
        import pyarrow as pa
        from dora import Node

        self._array = pa.array
        self._node = Node()
        self._next_seq: dict[str, int] = {}
        self._last_index = -1
        self._number = 0
        self.order_errors = 0
        self.replies: Counter[str] = Counter()
        self.on_way: list[float] = []  # ms from dora's stamp to arrival

    def say(self, text: str, **metadata: str) -> str:
        """Send a text; its request_id."""
        self._number += 1
        request = f"r{self._number}"
        self._node.send_output("text", self._array([text]), {"request_id": request, **metadata})
        return request

    def command(self, word: str, **metadata: str) -> None:
        """Send a command."""
        self._node.send_output("control", self._array([word]), metadata)

    def events(self, seconds: float) -> Iterator[tuple[str, str, dict[str, Any], float]]:
        """Port, first value, metadata and time of what comes within `seconds`."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            event = self._node.next(timeout=max(left, 0.002))
            now = time.perf_counter()
            if event is None or event["type"] == "STOP":
                raise LostError("the dataflow ended")
            if event["type"] == "INPUT":
                metadata = event["metadata"]
                stamp = metadata["timestamp"]
                self.on_way.append(1e3 * (datetime.now(UTC) - stamp).total_seconds())
                value = "" if event["id"] == "audio" else str(event["value"][0].as_py())
                self._account(event["id"], metadata)
                yield event["id"], value, metadata, now

    def _account(self, port: str, metadata: dict[str, Any]) -> None:
        request = str(metadata.get("request_id"))
        if port == "audio":
            self.order_errors += metadata["seq"] != self._next_seq.get(request, 0)
            self._next_seq[request] = metadata["seq"] + 1
            self.order_errors += metadata["text_index"] < self._last_index
            self._last_index = metadata["text_index"]
        elif port == "segment_complete":
            self.replies[request] += 1

    def wait(self, port: str, request: str = "") -> float:
        """When a message came on this port, that of a request if one is named."""
        for at, _, metadata, now in self.events(PATIENCE_S):
            if at == port and request in {"", metadata.get("request_id")}:
                return now
        raise LostError(f"nothing came on {port}")


def first_fragment(driver: Driver, samples: int) -> dict[str, list[float]]:
    """From sending a short text to the arrival of its first sound."""
    times = []
    for _ in range(samples):
        start = time.perf_counter()
        request = driver.say(SHORT)
        times.append(1e3 * (driver.wait("audio", request) - start))
        driver.wait("segment_complete", request)
    return {"text to first fragment, ms": times}


def barge_in(driver: Driver, samples: int) -> dict[str, list[float]]:
    """Cancel in the middle of a sentence: acknowledgement, last stray fragment, how many."""
    random = np.random.default_rng(1)
    acknowledged, last, strays, terminal = [], [], [], []
    for _ in range(samples):
        request = driver.say(LONG)
        driver.wait("audio", request)
        for _ in driver.events(float(random.uniform(0.02, 0.3))):
            pass
        start = time.perf_counter()
        driver.command("cancel", of=request)
        ack, stray, last_ms, reply = 0.0, 0, 0.0, 0.0
        while not (ack and reply):
            for port, value, metadata, now in driver.events(SETTLE_S):
                ms = 1e3 * (now - start)
                if port == "status" and value == "cancelled":
                    ack = ms
                elif port == "audio" and metadata["request_id"] == request:
                    last_ms = ms
                    stray += bool(ack)
                elif port == "segment_complete":
                    reply = ms
        acknowledged.append(ack)
        last.append(last_ms)
        strays.append(float(stray))
        terminal.append(reply)
    return {
        "cancel to acknowledgement, ms": acknowledged,
        "cancel to last fragment, ms (0: none)": last,
        "fragments after the acknowledgement": strays,
        "cancel to terminal reply, ms": terminal,
    }


def bursts(driver: Driver, count: int, size: int = 200) -> dict[str, list[float]]:
    """Texts sent as fast as possible while a sentence is spoken; each must get its one reply."""
    lost, doubled, unheard = [], [], []
    for _ in range(count):
        before = heard(driver)
        requests = [driver.say(LONG), *(driver.say(f"Text {n} of many.") for n in range(size - 1))]
        for _ in driver.events(1.0):
            pass
        driver.command("cancel")
        for _ in driver.events(2.0):
            pass
        unheard.append(size - (heard(driver) - before))
        answers = [driver.replies[request] for request in requests]
        lost.append(float(answers.count(0)))
        doubled.append(float(sum(number > 1 for number in answers)))
    return {
        f"texts of {size} that dora lost on the way": unheard,
        f"texts of {size} without a reply": lost,
        f"texts of {size} answered twice": doubled,
    }


def heard(driver: Driver) -> float:
    """Texts that the node says it received since its start."""
    driver.command("stats")
    for _, value, metadata, _ in driver.events(PATIENCE_S):
        if value == "stats":
            return float(metadata["received"])
    raise LostError("no answer to stats")


def responsiveness(driver: Driver, samples: int) -> dict[str, list[float]]:
    """A ping to and fro, idle and while a sentence is being spoken."""
    results: dict[str, list[float]] = {}
    for state in ("idle", "speaking"):
        times: list[float] = []
        while len(times) < samples:
            request = driver.say(LONG) if state == "speaking" else ""
            if request:
                driver.wait("audio", request)
            done = False
            while not done and len(times) < samples:
                start = time.perf_counter()
                driver.command("ping")
                for port, value, metadata, now in driver.events(PATIENCE_S):
                    done = done or (
                        port == "segment_complete" and metadata["request_id"] == request
                    )
                    if value == "pong":
                        times.append(1e3 * (now - start))
                        break
                for port, _, metadata, _ in driver.events(0.05):
                    done = done or (
                        port == "segment_complete" and metadata["request_id"] == request
                    )
            if request and not done:
                driver.command("cancel")
                driver.wait("segment_complete", request)
        results[f"ping while {state}, ms"] = times
    return results


def soak(driver: Driver, texts: int, pid: int) -> dict[str, list[float]]:
    """Many texts one after the other: memory at the start, in the middle and at the end."""
    memory = [resident(pid)]
    for number in range(texts):
        request = driver.say(f"Number {number}.")
        driver.wait("segment_complete", request)
        if number + 1 in {texts // 2, texts}:
            memory.append(resident(pid))
    return {f"resident MiB before, amid, after {texts} texts": memory}


def resident(pid: int) -> float:
    """Resident memory of a process in MiB; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def drive() -> int:
    """The driver node; writes what it found to OUT."""
    samples, count = int(os.environ["SAMPLES"]), int(os.environ["BURSTS"])
    driver, pid = Driver(), 0
    for _, value, metadata, _ in driver.events(10.0):
        if value == "ready":
            pid = metadata["pid"]
            break
    results: dict[str, list[float]] = {}
    for step in (
        lambda: first_fragment(driver, samples),
        lambda: barge_in(driver, samples),
        lambda: responsiveness(driver, samples),
        lambda: bursts(driver, count),
        lambda: soak(driver, int(os.environ["SOAK"]), pid),
    ):
        results |= step()
        print("measured:", ", ".join(results), flush=True)
    results["dora: fragment or answer on its way, ms"] = driver.on_way
    results["errors of order"] = [float(driver.order_errors)]
    Path(os.environ["OUT"]).write_text(json.dumps(results), encoding="utf-8")
    return 0


def dataflow(folder: Path, options: argparse.Namespace) -> Path:
    """Write the dataflow; its file."""
    fake = Path(__file__).parents[1] / "tests" / "node" / "fake_tts.py"
    outputs = ("audio", "segment_complete", "status")
    nodes = [
        {
            "id": "driver",
            "path": str(Path(__file__).resolve()),
            "inputs": {port: {"source": f"tts/{port}", "queue_size": 10_000} for port in outputs},
            "outputs": ["text", "control"],
            "env": {
                "DRIVE": 1,
                "SAMPLES": options.samples,
                "BURSTS": options.bursts,
                "SOAK": options.soak,
                "OUT": str(folder / "results.json"),
            },
        },
        {
            "id": "tts",
            "path": str(fake) if options.fake else "dora-mlx-tts",
            "inputs": {port: f"driver/{port}" for port in ("text", "control")},
            "outputs": list(outputs),
            "env": {
                "VOICE_NAME": options.voice,
                "SEED": 1,
                "LOG_LEVEL": "WARNING",
                "TRANSPORT": "direct" if options.direct else "daemon",
            },
        },
    ]
    file = folder / "benchmark.yml"
    file.write_text(yaml.safe_dump({"nodes": nodes}), encoding="utf-8")
    return file


def summary(results: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """p50, p95, largest and number of everything measured."""
    return {
        name: {
            "p50": round(float(np.percentile(values, 50)), 2),
            "p95": round(float(np.percentile(values, 95)), 2),
            "max": round(max(values), 2),
            "number": len(values),
        }
        for name, values in results.items()
        if values
    }


def main() -> int:
    """Run the dataflow and report; the exit code."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.set_defaults(samples=50)
    parser.add_argument("--bursts", type=int, default=3, help="bursts of 200 texts")
    parser.add_argument("--soak", type=int, default=1000, help="texts one after the other")
    parser.add_argument("--voice", default="starter-en")
    parser.add_argument(
        "--direct", action="store_true", help="on dora's direct path, which may drop"
    )
    parser.add_argument("--fake", action="store_true", help="a scripted engine, no networks")
    options = parser.parse_args()
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = subprocess.run(
            [
                shutil.which("dora", path=environment["PATH"]) or "dora",
                "run",
                str(dataflow(folder, options)),
            ],
            cwd=folder,
            env=environment,
            stdout=sys.stderr,
            check=False,
        )
        found = folder / "results.json"
        if not found.exists():
            print("the dataflow ended without results", file=sys.stderr)
            return done.returncode or 1
        raw = json.loads(found.read_text(encoding="utf-8"))
    about = harness.machine(voice="scripted" if options.fake else options.voice)
    print(
        f"The node in a dataflow\n{about['processor']}, {about['cores']} cores, {about['system']}\n"
    )
    print(f"{'':<50}{'p50':>10}{'p95':>10}{'max':>10}{'number':>8}")
    for title, row in summary(raw).items():
        print(
            f"{title:<50}"
            + "".join(f"{row[k]:>10}" for k in ("p50", "p95", "max"))
            + f"{row['number']:>8}"
        )
    memory = next(values for title, values in raw.items() if title.startswith("resident"))
    print("\nresident MiB: " + " -> ".join(f"{value:.0f}" for value in memory))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"about": about, "results": summary(raw), "resident_mib": memory}
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(drive() if "DRIVE" in os.environ else main())

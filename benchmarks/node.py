"""The node in a real dataflow: first fragment, barge-in, loss, order, responsiveness, underruns, memory.

    python benchmarks/node.py --json out/node.json

Writes a dataflow of the voice and `node_driver.py` and runs it with `dora run`. The dataflow says nothing about the
voice's inputs, so everything there has dora's defaults; the driver's own queues are deep, so that only the node under
test can lose anything. `--direct` lets it use dora's direct path (`transport: direct`), `--busy 2` keeps two other
processes busy meanwhile. With `--fake` a scripted engine takes the networks' place: what is left is the node's own cost.

    python benchmarks/node.py --parts first cancel --against FOLDER --rounds 5

runs this version and the one in another folder by turns, so that both meet the same machine, and prints them side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import harness
import numpy as np
import yaml

PARTS = ("first", "cancel", "ping", "bursts", "crowd", "soak")
SCRIPTED = ("overhead", "rude", "flood")
"""Parts that a scripted engine is for."""
DRIVER = Path(__file__).with_name("node_driver.py").resolve()
ROOT = Path(__file__).resolve().parents[1]

Results = dict[str, list[float]]


OUTPUTS = ("audio", "segment_complete", "status")


def dataflow(folder: Path, options: argparse.Namespace, tree: Path) -> Path:
    """Write the dataflow with the node of a version; its file."""
    driver = {
        "id": "driver",
        "path": str(DRIVER),
        "inputs": {port: deep(f"tts/{port}") for port in OUTPUTS},
        "outputs": ["text", "control"],
        "env": {
            "SAMPLES": options.samples,
            "BURSTS": options.bursts,
            "SOAK": options.soak,
            "RUDE": options.rude,
            "CROWDS": " ".join(map(str, options.crowds)),
            "TURNS": options.turns,
            "PARTS": " ".join(options.parts),
            "OUT": str(folder / "results.json"),
        },
    }
    nodes = [driver, voice("tts", "driver/text", options, tree)]
    if options.workers:
        nodes = [driver, *dispatched(driver, options, tree)]
    file = folder / "benchmark.yml"
    file.write_text(yaml.safe_dump({"nodes": nodes}), encoding="utf-8")
    return file


def deep(source: str) -> dict[str, Any]:
    """An input that has room for a burst and drops nothing on its way."""
    return {"source": source, "queue_size": 10_000, "queue_policy": "backpressure"}


def voice(name: str, text: str, options: argparse.Namespace, tree: Path) -> dict[str, Any]:
    """The node of a version, which speaks what comes from `text`."""
    fake = ROOT / "tests" / "node" / "fake_tts.py"
    return {
        "id": name,
        "path": str(fake) if options.fake else "dora-mlx-tts",
        "inputs": {"text": text, "control": "driver/control"},
        "outputs": list(OUTPUTS),
        "env": {
            "VOICE_NAME": options.voice,
            "SEED": 1,
            "LOG_LEVEL": "WARNING",
            "TRANSPORT": "direct" if options.direct else "daemon",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(tree), os.environ.get("PYTHONPATH")))),
        },
    }


def dispatched(
    driver: dict[str, Any], options: argparse.Namespace, tree: Path
) -> list[dict[str, Any]]:
    """A dispatcher and its voices, each of which sees one GPU; the driver then listens to them."""
    names = [f"voice{number}" for number in range(options.workers)]
    voices = [voice(name, f"dispatcher/text_{name}", options, tree) for name in names]
    for number, node in enumerate(voices):
        node["env"]["CUDA_VISIBLE_DEVICES"] = number
    kinds = {"audio": "audio", "done": "segment_complete", "status": "status"}
    driver["inputs"] = {port: deep(f"dispatcher/{port}") for port in OUTPUTS[:2]}
    driver["inputs"]["status"] = deep("voice0/status")
    dispatcher = {
        "id": "dispatcher",
        "path": str(tree / "dataflows" / "dispatcher.py"),
        "inputs": {
            "text": deep("driver/text"),
            **{f"{kind}_{name}": deep(f"{name}/{kinds[kind]}") for name in names for kind in kinds},
        },
        "outputs": [*(f"text_{name}" for name in names), *OUTPUTS[:2]],
        "env": {"WORKERS": ",".join(names), "EACH": 32},
    }
    return [dispatcher, *voices]


def summary(results: Results) -> dict[str, dict[str, float]]:
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


def run(options: argparse.Namespace, tree: Path) -> Results | None:
    """Run the dataflow; what the driver found, or None where it did not come to its end."""
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    dora = shutil.which("dora", path=environment["PATH"]) or "dora"
    with tempfile.TemporaryDirectory() as name, busy(options.busy):
        folder = Path(name)
        command = [dora, "run", str(dataflow(folder, options, tree))]
        subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr, check=False)
        found = folder / "results.json"
        return json.loads(found.read_text(encoding="utf-8")) if found.exists() else None


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep this many processes busy."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> int:
    """Run the dataflow and report; the exit code."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.set_defaults(samples=50)
    parser.add_argument("--bursts", type=int, default=3, help="bursts of 200 texts")
    parser.add_argument("--soak", type=int, default=1000, help="texts one after the other")
    parser.add_argument("--rude", type=int, default=10_000, help="texts of rude traffic")
    parser.add_argument(
        "--crowds", type=int, nargs="+", default=[1, 4, 16], help="conversations at once"
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="voices behind a dispatcher, a GPU each"
    )
    parser.add_argument("--turns", type=int, default=6, help="answers of each conversation")
    parser.add_argument("--voice", default="starter-en")
    parser.add_argument(
        "--direct", action="store_true", help="on dora's direct path, which may drop"
    )
    parser.add_argument("--busy", type=int, default=0, help="busy processes beside it")
    parser.add_argument("--parts", nargs="+", choices=(*PARTS, *SCRIPTED), help="not all of it")
    parser.add_argument("--fake", action="store_true", help="a scripted engine, no networks")
    parser.add_argument("--against", type=Path, help="folder of another version")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each version")
    options = parser.parse_args()
    options.parts = options.parts or [*PARTS, *(SCRIPTED if options.fake else ())]
    trees = [ROOT] if options.against is None else [ROOT, options.against.resolve()]
    found: list[Results] = [{} for _ in trees]
    for number in range(options.rounds):
        for which in sorted(range(len(trees)), reverse=number % 2 == 1):
            raw = run(options, trees[which])
            if raw is None:
                print("the dataflow ended without results", file=sys.stderr)
                return 1
            for title, values in raw.items():
                found[which].setdefault(title, []).extend(values)
    report(found[0], options)
    if options.against is not None:
        compare(*found)
    return 0


def compare(this: Results, other: Results) -> None:
    """Print the figures of two versions side by side."""
    print(f"\n{'':<50}{'this':>20}{'the other':>20}")
    print(f"{'':<50}" + f"{'p50':>10}{'p95':>10}" * 2)
    rows, others = summary(this), summary(other)
    for title in rows:
        cells = [
            row.get(title, {}).get(key, "-") for row in (rows, others) for key in ("p50", "p95")
        ]
        print(f"{title:<50}" + "".join(f"{cell:>10}" for cell in cells))


def report(raw: Results, options: argparse.Namespace) -> None:
    """Print the figures, and write them where asked to."""
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
    memory = next((values for title, values in raw.items() if title.startswith("resident")), [])
    print("\nresident MiB: " + " -> ".join(f"{value:.0f}" for value in memory))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"about": about, "results": summary(raw), "resident_mib": memory}
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

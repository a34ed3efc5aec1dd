"""Barge-ins with a real voice through `dora run`: is what was heard right, and is every word heard once?

    python scripts/barge_ins.py --runs 200

Several conversations at once, each with a player in real time that reports how far it has come. Each text is cut
somewhere with `keep`, what the node says was heard is compared with where the player was, and the text goes on: its
words before the cut and after it must be the text, and its sound, from the cut word on, that which was made
before, sample by sample. The exit code is 1 if a text is more than one word off, or anything else is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import soundfile
import yaml

DRIVER = Path(__file__).with_name("barge_in_driver.py").resolve()
HEARD = ("audio", "segment_complete", "status", "words")


def dataflow(folder: Path, options: argparse.Namespace) -> Path:
    """Write the dataflow; its file."""
    said = ("text", "control", "played")
    share = -(-options.runs // options.conversations)
    driver = {
        "id": "driver",
        "path": str(DRIVER),
        "inputs": {port: {"source": f"tts/{port}", "queue_size": 10_000} for port in HEARD},
        "outputs": list(said),
        "env": {
            "CONVERSATIONS": options.conversations,
            "RUNS": share,
            "FIRST_SEED": options.seed,
            "OUT": str(folder / "results.json"),
            "SOUND": str(folder) if options.hear else "",
        },
    }
    voice = {
        "id": "tts",
        "path": "dora-mlx-tts",
        "inputs": {port: f"driver/{port}" for port in said},
        "outputs": list(HEARD),
        "env": {"VOICE_NAME": options.voice, "LOG_LEVEL": "WARNING"},
    }
    file = folder / "barge_ins.yml"
    file.write_text(yaml.safe_dump({"nodes": [driver, voice]}), encoding="utf-8")
    return file


def main() -> int:
    """Run and print what was found; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--conversations", type=int, default=4)
    parser.add_argument("--voice", default="starter-en")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--hear",
        action="store_true",
        help="let a speech recogniser write down what was resumed; needs requirements-listen.lock",
    )
    options = parser.parse_args()
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    dora = shutil.which("dora", path=environment["PATH"]) or "dora"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [dora, "run", str(dataflow(folder, options))]
        subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr, check=False)
        found = folder / "results.json"
        if not found.exists():
            print("the dataflow ended without results", file=sys.stderr)
            return 1
        results = json.loads(found.read_text(encoding="utf-8"))
        if options.hear:
            hear(results, folder)
        return report(results)


def hear(results: list[dict[str, Any]], folder: Path) -> None:
    """Print what a recogniser writes down of texts that were cut and resumed, and how much of it is wrong."""
    from listen import Recogniser, Units, distance  # noqa: PLC0415  its packages are not everybody's

    recogniser, units = Recogniser(folder), Units()
    errors = words = wrong = 0
    resumed = [one for one in results if one["sound"]]
    for one in resumed:
        samples, rate = soundfile.read(folder / one["sound"], dtype="float32")
        heard = recogniser(samples, rate, "en")
        said, understood = units(one["said"], "en")[0], units(heard, "en")[0]
        differ = distance(said, understood)
        errors, words, wrong = errors + differ, words + len(said), wrong + bool(differ)
        if differ:
            print(f"{differ} words differ: {one['said']} | {heard}")
    print(f"recogniser: {errors} of {words} words in {wrong} of {len(resumed)} resumed texts")


def report(results: list[dict[str, Any]]) -> int:
    """Print the figures; the exit code."""
    for how in ("reported", "estimated", "gone"):
        off = Counter(abs(one["heard"] - one["told"]) for one in results if one["how"] == how)
        print(how, ", ".join(f"{words} off: {number}" for words, number in sorted(off.items())))
    print("every word once:", sum(one["once"] for one in results), "of", len(results))
    equal = Counter(str(one["equal"]) for one in results)
    print("played again sample by sample:", dict(equal))
    wrong = [
        one
        for one in results
        if one["fault"]
        or not one["once"]
        or one["equal"] is False
        or (one["how"] == "reported" and abs(one["heard"] - one["told"]) > 1)
    ]
    for one in wrong[:20]:
        print("wrong:", one)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

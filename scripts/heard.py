"""Random barge-ins in simulated time: is what the node says was heard right to the word?

    python scripts/heard.py --runs 10000

The world is that of `tests/node/test_heard.py`. The exit code is 1 if a reported text is more than one word off.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "node")]

from heard_world import barge_in


def main() -> int:
    """Run and print how far off the texts are, in words; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    args = parser.parse_args()
    found: dict[str, Counter[int]] = {"reported": Counter(), "estimated": Counter()}
    wrong = []
    for seed in range(args.first, args.first + args.runs):
        heard, told, is_reported = barge_in(seed)
        found["reported" if is_reported else "estimated"][abs(heard - told)] += 1
        if is_reported and abs(heard - told) > 1:
            wrong.append(seed)
    for kind, counts in found.items():
        print(kind, ", ".join(f"{off} off: {number}" for off, number in sorted(counts.items())))
    if wrong:
        print("more than a word off:", *wrong[:20])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Inputs that once broke the project, on this version or on another one: was the promise kept?

    python scripts/promises_kept.py [--tree FOLDER] [NAME …]

Each runs in a process of its own with a limit on memory and time, so that a version that breaks harms nobody. They
are in `tests/node/promises.py`, which says what else tests them, and `promises_alone.py`.
The exit code is 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 180.0
ROOM = 2 << 30
"""Bytes of memory that a process may take beyond what it has once everything is imported."""


def limit_memory() -> None:
    """Let this process take no more than `ROOM`, where the system can see to that."""
    try:
        import resource  # noqa: PLC0415  not on Windows

        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    most = used * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def cases() -> dict[str, object]:
    """All checks by name."""
    import promises  # noqa: PLC0415  as above
    import promises_alone  # noqa: PLC0415

    clock = "a hold that ends between two looks at the clock"
    return {
        **promises.CASES,
        clock: promises.a_hold_that_ends_between_two_looks_at_the_clock,
        **promises_alone.CASES,
    }


def run_one(name: str) -> int:
    """Run a check in this process."""
    import queue  # noqa: F401, PLC0415  has its own name for the clock, and keeps the true one
    import threading  # noqa: F401, PLC0415

    import clocks_that_jump  # noqa: PLC0415

    time.monotonic = clocks_that_jump.clock  # before the node takes it as a default
    check = cases()[name]
    import node_fakes  # noqa: PLC0415

    node_fakes.PATIENCE_S = 30.0  # a busy machine is not a broken node
    limit_memory()
    try:
        check()  # type: ignore[operator]
    except AssertionError as error:
        print(str(error).strip().splitlines()[0][:300] if str(error) else "an assertion failed")
        os._exit(1)  # threads of a broken node may hang
    os._exit(0)


def verdict(name: str, tree: Path) -> str:
    """What is wrong, or nothing."""
    beside = [tree, ROOT / "tests" / "node", ROOT / "scripts"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, beside))}
    command = [sys.executable, __file__, "--only", name]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env={**environment, "TREE": str(tree)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {PATIENCE_S:.0f} s"
    if done.returncode == 0:
        return ""
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return said[-1] if said else f"exit code {done.returncode}"


def main() -> int:
    """Run the checks named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the version to look at")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        return run_one(options.only)
    sys.path[:0] = [str(ROOT / "tests" / "node")]
    broken = 0
    for name in options.names or cases():
        wrong = verdict(name, options.tree.resolve())
        broken += bool(wrong)
        print(
            f"{'BROKEN' if wrong else 'kept':<7} {name}{': ' if wrong else ''}{wrong}", flush=True
        )
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

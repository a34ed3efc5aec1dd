"""Seeds one-line faults into a copy of the tree and asks whether the tests that must catch each do.

    python scripts/seed_faults.py [--list] [--they-pass] [NAME …]

Each fault (`faults.py`) names the tests that must fail because of it, and only those run, so the whole takes
minutes. Without a fault they must pass, which is tried first unless it is known (`--they-pass`). A fault that survives is a claim that nothing tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from faults import FAULTS, ROOT, Fault

COPIED = ("dora_mlx_tts", "tests", "scripts", "docs", "voices", "dataflows", "training")
FILES = ("pyproject.toml", "dora-node.yml", "README.md", "CHANGELOG.md", "NOTICE", "Makefile")


def copy_tree(target: Path) -> None:
    """What tests need, the package included."""
    leave = shutil.ignore_patterns("__pycache__", "*.pyc", "out", ".*_cache")
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=leave)
    for name in FILES:
        shutil.copy(ROOT / name, target / name)


def passes(tree: Path, tests: tuple[str, ...], *, show: bool = False) -> bool:
    """Whether the tests pass in that tree; what fails is shown if asked for."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    if done.returncode and show:
        print(done.stdout.decode(errors="replace")[-2000:])
    return done.returncode == 0


def caught(tree: Path, fault: Fault) -> bool:
    """Whether the fault makes its tests fail."""
    file = tree / fault.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(fault.old, fault.new), encoding="utf-8")
    try:
        return not passes(tree, fault.tests)
    finally:
        file.write_text(whole, encoding="utf-8")


def main() -> int:
    """Run the faults; 1 where one survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", action="store_true", help="show the faults and run nothing")
    parser.add_argument("--they-pass", action="store_true", help="do not run tests without a fault")
    parser.add_argument("names", nargs="*", help="faults; all by default")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if not options.names or fault.name in options.names]
    if options.list:
        for fault in chosen:
            print(f"{fault.name:28} {fault.file}: {fault.old.strip()} -> {fault.new.strip()}")
        return 0
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        tests = sorted({test for fault in chosen for test in fault.tests})
        if not options.they_pass and not passes(tree, tuple(tests), show=True):
            print("without a fault, these tests must pass:", *tests, sep="\n    ")
            return 1
        for fault in chosen:
            is_caught = caught(tree, fault)
            print(f"{'caught  ' if is_caught else 'SURVIVED'} {fault.name}", flush=True)
            if not is_caught:
                survivors.append(fault.name)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

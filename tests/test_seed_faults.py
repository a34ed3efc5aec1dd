"""The seeded faults can be seeded: their lines are there once, and so are their tests."""

from __future__ import annotations

from pathlib import Path

from script_loader import load_script

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"audio", "checkpoints", "cli", "config", "models", "node", "packs", "runtime"}
PACKAGES |= {"synthesis", "text", "tools", "voices"}


def test_every_fault_has_its_line_and_its_tests() -> None:
    wrong = []
    for fault in load_script("faults").FAULTS:
        count = (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old)
        if count != 1 or fault.old == fault.new:
            wrong.append((fault.name, count))
        wrong += [(fault.name, test) for test in fault.tests if not (ROOT / test).is_file()]
    assert wrong == []


def test_there_are_thirty_over_all_packages() -> None:
    found = load_script("faults").FAULTS
    assert len({fault.name for fault in found}) == len(found) >= 30
    assert {Path(fault.file).parts[1] for fault in found} >= PACKAGES
    assert all(fault.tests for fault in found)

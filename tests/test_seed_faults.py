"""The seeded faults can be seeded: their lines are there once, and so are their tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"audio", "checkpoints", "cli", "config", "models", "node", "packs", "runtime"}
PACKAGES |= {"synthesis", "text", "tools", "voices"}


def faults() -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults", ROOT / "scripts" / "faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["faults"] = module
    spec.loader.exec_module(module)
    return module


def test_every_fault_has_its_line_and_its_tests() -> None:
    wrong = []
    for fault in faults().FAULTS:
        count = (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old)
        if count != 1 or fault.old == fault.new:
            wrong.append((fault.name, count))
        wrong += [(fault.name, test) for test in fault.tests if not (ROOT / test).is_file()]
    assert wrong == []


def test_there_are_thirty_over_all_packages() -> None:
    found = faults().FAULTS
    assert len({fault.name for fault in found}) == len(found) >= 30
    assert {Path(fault.file).parts[1] for fault in found} >= PACKAGES
    assert all(fault.tests for fault in found)

"""A taste of the long run: `python scripts/fuzz.py --cases 20000`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "fuzz.py"


def test_mutated_files_give_results_or_errors_of_ours(tmp_path):
    report = tmp_path / "report.json"
    command = [sys.executable, SCRIPT, "--cases", "96", "--first", "50000", "--json", report]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert sum(found["outcomes"].values()) == 96
    assert any("Error" in outcome for outcome in found["outcomes"])
    assert any("read" in outcome for outcome in found["outcomes"])

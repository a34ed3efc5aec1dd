"""A text reaches the front end in few steps (`scripts/trace_walk.py`)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "trace_walk.py"


def test_a_text_is_handed_on_few_times() -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True, timeout=120
    )
    found = re.search(
        r"handed over: (\d+) changes of file, \d+ files, notes.py entered 0", run.stdout
    )
    assert found is not None, run.stdout
    assert int(found[1]) <= 20

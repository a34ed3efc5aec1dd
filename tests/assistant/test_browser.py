"""The whole chain in a real browser; `scripts/talk_in_browser.py` says what is checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.browser
def test_a_conversation_in_chromium():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "talk_in_browser.py"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

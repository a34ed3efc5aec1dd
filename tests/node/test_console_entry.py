"""What `dora-mlx-tts` is, by hand and from dora, and what importing costs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dora_mlx_tts import main as entry

WITHOUT_DORA = {key: value for key, value in os.environ.items() if not key.startswith("DORA_")}


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        env=WITHOUT_DORA,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_importing_the_package_and_its_entry_is_cheap():
    code = (
        "import sys, dora_mlx_tts, dora_mlx_tts.main; "
        "print([m for m in ('dora', 'pyarrow', 'mlx.core', 'numpy') if m in sys.modules])"
    )
    done = python("-c", code)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("name", ["DORA_NODE_CONFIG", "DORA_TEST_WITH_INPUTS"])
def test_dora_gets_the_node(monkeypatch, name):
    monkeypatch.setenv(name, "x")
    monkeypatch.setattr(sys, "argv", ["dora-mlx-tts"])
    monkeypatch.setattr(entry, "_node", lambda: 7)
    assert entry.main() == 7


def test_arguments_mean_the_command_line_even_under_dora(monkeypatch):
    monkeypatch.setenv("DORA_NODE_CONFIG", "x")
    monkeypatch.setattr(sys, "argv", ["dora-mlx-tts", "--version"])
    monkeypatch.setattr(entry, "_node", lambda: pytest.fail("not asked for"))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0


def test_by_hand_without_arguments_there_is_help():
    done = python("-m", "dora_mlx_tts")
    assert done.returncode == 2
    assert "Usage: dora-mlx-tts" in done.stdout + done.stderr

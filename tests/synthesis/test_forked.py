"""A process forked after loading has MLX's memory but not its threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from dora_mlx_tts import Synthesizer
from dora_mlx_tts.errors import BackendError

synthesizer = Synthesizer.load("starter-en", warm_up=False)
child = os.fork()
if not child:
    try:
        synthesizer.speak("Hello.")
    except BackendError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_is_told_so_instead_of_waiting_for_ever() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "must be used in the process that loaded it" in done.stdout
    assert "spawn" in done.stdout

"""What every test shares."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from dora_mlx_tts.runtime import blas
from dora_mlx_tts.voices.registry import BUILTIN

# The same examples in every run, so that a change is judged by itself; HYPOTHESIS_PROFILE=default looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Each node that a test starts would compile the generator; `models/test_sliced_generator.py` does that once.
os.environ.setdefault("DORA_MLX_TTS_CPU_GENERATOR", "mlx")


@pytest.fixture(scope="session", autouse=True)
def fast_matrix_products() -> None:
    """MLX's own BLAS on Linux would make the networks' tests 5 to 20 times slower."""
    blas.accelerate()


@pytest.fixture
def without_encoder() -> Callable[[Path], None]:
    """Makes a copy of the starter pack that cannot encode recordings."""

    def copy(folder: Path) -> None:
        shutil.copytree(BUILTIN / "starter", folder)
        manifest = json.loads((folder / "pack.json").read_text("utf-8"))
        file = manifest["parts"].pop("ssl")["file"]
        del manifest["files"][file]
        (folder / file).unlink()
        (folder / "pack.json").write_text(json.dumps(manifest), "utf-8")

    return copy

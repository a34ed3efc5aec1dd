"""What a resolver finds for other machines than this one: every platform and Python that the README names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.neighbours,
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv simulates other platforms"),
]
ROOT = Path(__file__).resolve().parents[2]
MAC, LINUX, ARM = "aarch64-apple-darwin", "x86_64-manylinux_2_35", "aarch64-manylinux_2_35"


def resolved(folder: Path, platform: str, python: str, *requirements: str) -> dict[str, str]:
    """Package -> version, wheels only."""
    wanted = folder / "requirements.in"
    wanted.write_text("\n".join([str(ROOT), *requirements]), encoding="utf-8")
    command = ["uv", "pip", "compile", str(wanted), "--quiet", "--no-header", "--no-annotate"]
    options = ["--python-platform", platform, "--python-version", python, "--only-binary", ":all:"]
    builds = ["--no-binary", "dora-mlx-tts"]
    environ = {
        **os.environ,
        "MACOSX_DEPLOYMENT_TARGET": "14.0",
    }  # the oldest that MLX has wheels for
    done = subprocess.run(
        [*command, *options, *builds], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("==") for line in done.stdout.splitlines() if "==" in line)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("platform", [MAC, LINUX, ARM])
def test_wheels_everywhere(tmp_path, platform, python):
    found = resolved(tmp_path, platform, python)
    assert ("mlx-metal" if platform == MAC else "mlx-cpu") in found
    assert ("mlx-cpu" in found) == (platform != MAC)
    assert not any("cuda" in name for name in found)


@pytest.mark.parametrize("platform", [MAC, LINUX])
def test_beside_the_requirements_of_hub_nodes(tmp_path, platform):
    found = resolved(tmp_path, platform, "3.11", "dora-vad", "dora-microphone", "terminal-input")
    assert found["numpy"].startswith("1.26")
    assert int(found["pyarrow"].split(".")[0]) < 26


def test_cuda_is_an_extra(tmp_path):
    found = resolved(tmp_path, LINUX, "3.12", f"dora-mlx-tts[cuda12] @ file://{ROOT}")
    assert found["mlx-cuda-12"] == found["mlx"] == found["mlx-cpu"]

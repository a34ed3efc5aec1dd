"""Environments of their own for nodes from PyPI; kept under out/neighbours between runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "out" / "neighbours"

COUNTER = """
import json, os
from dora import Node

seen = []
for event in Node():
    if event["type"] == "INPUT":
        value, metadata = event["value"], event["metadata"]
        seen.append({"id": event["id"], "type": str(value.type), "length": len(value),
                     "value": value.to_pylist() if str(value.type) == "string" else None,
                     "metadata": {k: v for k, v in metadata.items() if k != "timestamp"}})
        with open(os.environ["OUT"], "w") as file:
            json.dump(seen, file)
"""
"""A node that writes down what it receives."""


class Environment:
    """A virtual environment with this package and others."""

    def __init__(self, folder: Path, *packages: str) -> None:
        self.bin = folder / "bin"
        self.packages = packages
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            self.pip("install", "--quiet", *packages)
            (folder / "complete").touch()
        self.pip("install", "--quiet", "--force-reinstall", "--no-deps", str(ROOT))

    def pip(self, *arguments: str) -> None:
        command = [str(self.bin / "python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*command, *arguments], check=True)

    def run(
        self, *command: str, cwd: Path, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
        environ |= {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "HOME": str(cwd)}
        return subprocess.run(
            command,
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


@pytest.fixture(scope="session")
def beside_numpy_1() -> Environment:
    """This package with hub nodes that require numpy < 2, as one pip command installs them."""
    nodes = ["terminal-input", "dora-openai-server", "dora-microphone", "dora-echo", "dora-rs-cli"]
    return Environment(ENVIRONMENTS / "numpy-1", str(ROOT), *nodes)


@pytest.fixture(scope="session")
def with_player() -> Environment:
    """This package beside dora-pyaudio, which pip builds from source."""
    if shutil.which("cc") is None or not Path("/usr/include/portaudio.h").exists():
        pytest.skip("dora-pyaudio needs a compiler and portaudio19-dev")
    return Environment(ENVIRONMENTS / "player", str(ROOT), "dora-pyaudio", "dora-rs-cli")


@pytest.fixture(scope="session")
def beside_vad() -> Environment:
    """This package beside dora-vad; torch is large, so DORA_VAD_TORCH says which: "torch", or a wheel for the CPU."""
    torch = os.environ.get("DORA_VAD_TORCH")
    if not torch:
        pytest.skip("dora-vad needs torch: DORA_VAD_TORCH=torch installs it")
    return Environment(ENVIRONMENTS / "vad", str(ROOT), torch, "dora-vad", "dora-rs-cli")


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    file = tmp_path / "counter.py"
    file.write_text(COUNTER, encoding="utf-8")
    return file

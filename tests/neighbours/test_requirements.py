"""What pip makes of our requirements, by stand-ins for the packages that they name: no network, no real MLX."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds of MLX for Linux")


def wheel(folder: Path, name: str, requires: list[str], files: dict[str, str], extras=()) -> None:
    """A wheel with nothing but metadata and some text files."""
    module = name.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        "Version: 1.0",
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {requirement}" for requirement in requires),
    ]
    contents = {
        **files,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def ours(folder: Path) -> None:
    """Our own requirements on MLX, any version of it."""
    requires = []
    for extra, group in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        for line in group:
            requirement = Requirement(line)
            if requirement.name != "mlx":
                continue
            requirement.specifier = type(requirement.specifier)()
            marker = (
                f"({requirement.marker}) and extra == '{extra}'" if extra else requirement.marker
            )
            named = requirement.name + (
                f"[{','.join(requirement.extras)}]" if requirement.extras else ""
            )
            requires.append(f"{named}; {marker}")
    wheel(folder, "dora-mlx-tts", requires, {}, PROJECT["optional-dependencies"])


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    builds = {"cpu": "mlx-cpu", "cuda12": "mlx-cuda-12", "cuda13": "mlx-cuda-13"}
    requires = [f"{package}==1.0; extra == '{extra}'" for extra, package in builds.items()]
    wheel(folder, "mlx", requires, {"mlx/core.py": ""}, builds)
    for package in builds.values():
        needs = [f"nvidia-{package}"] if "cuda" in package else []  # as the real ones
        wheel(folder, package, needs, {"mlx/lib/libmlx.so": package})
        for one in needs:
            wheel(folder, one, [], {})
    ours(folder)
    return folder


def library(wheels: Path, prefix: Path, *wanted: str) -> str:
    """The library that stands in the place of MLX's after pip installed each of these."""
    for one in wanted:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        options = [
            "--no-index",
            "--find-links",
            str(wheels),
            "--prefix",
            str(prefix),
            "--ignore-installed",
        ]
        subprocess.run([*command, *options, one], check=True)
    (found,) = prefix.rglob("libmlx.so")
    return found.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wanted", "library_of"),
    [
        ("dora-mlx-tts", "mlx-cpu"),
        ("dora-mlx-tts[cpu]", "mlx-cpu"),
        ("dora-mlx-tts[cuda12]", "mlx-cuda-12"),
        ("dora-mlx-tts[cuda13]", "mlx-cuda-13"),
    ],
)
def test_the_build_that_was_asked_for_is_the_one_in_place(wheels, tmp_path, wanted, library_of):
    assert library(wheels, tmp_path, wanted) == library_of

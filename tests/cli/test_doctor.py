"""`doctor` says what is here, and fails for what cannot work."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dora_mlx_tts.cli import doctor as module
from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.runtime import device, kernel_verdicts, packages
from dora_mlx_tts.runtime.device import Backend, Device

HERE = importlib.metadata.version("dora-rs")


def other_dora(folder, says):
    script = folder / "dora"
    script.write_text(f"#!/bin/sh\n{says}\n")
    script.chmod(0o755)
    return str(folder)


def test_everything_is_checked_and_in_order():
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    report = json.loads(done.stdout)
    assert list(report["checks"]) == list(module._CHECKS)
    assert report["failed"] == []
    assert done.exit_code == 0
    assert "GFLOP/s" in report["checks"]["speed"]
    assert "starter-en" in report["checks"]["voices"]


def test_a_check_that_fails_is_told_and_so_is_the_rest(monkeypatch):
    def broken(_):
        raise BackendError("no such thing")

    monkeypatch.setattr(module, "_CHECKS", {"one": broken, "two": lambda _: "fine"})
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 1
    assert done.stdout.splitlines() == ["one:       FAILED: no such thing", "two:       fine"]


@pytest.mark.skipif(device.CPU.backend is not Backend.CPU, reason="only a Linux CPU uses OpenVINO")
def test_what_makes_the_sound_is_told():
    pytest.importorskip("openvino")
    assert module._device(Settings(device="cpu")).endswith(", sound by OpenVINO")
    assert "OpenVINO" not in module._device(Settings(device="cpu", cpu_generator="mlx"))


PLACE = {"device": "Apple M4", "mlx": "0.32.4"}
TRIED = {"kernel": "t2s-metal", "network": "512x16", "dtype": "float16"}


def test_trials_of_kernels_are_told(monkeypatch, tmp_path):
    settings = Settings(cache=tmp_path)
    assert module._kernels(settings) == "none on this device"  # a CPU
    assert module._kernels(Settings(cache=tmp_path, kernels="off")) == "switched off"

    def on_a_gpu(name, *, kernels):
        return Device("gpu", Backend.NATIVE, "Metal", kernels=kernels)

    monkeypatch.setattr(device, "select", on_a_gpu)
    monkeypatch.setattr(kernel_verdicts, "platform_key", lambda: PLACE)
    assert "not tried yet" in module._kernels(settings)
    store = kernel_verdicts.VerdictStore(tmp_path / kernel_verdicts.FOLDER)
    good = kernel_verdicts.Verdict(True, "equal; 2.00 ms", 0.001, 2.0, 9.0)
    bad = kernel_verdicts.Verdict(False, "it is not faster", 0.001, 9.0, 8.0)
    store.put({**PLACE, **TRIED, "rows": "1"}, good)
    store.put({**PLACE, **TRIED, "rows": "4"}, bad)
    store.put({**PLACE, **TRIED, "rows": "8", "mlx": "0.1"}, bad)
    told = sorted(module._kernels(settings).split("; "))
    assert len(told) == 3  # the good one's reason has two parts
    assert any("rows 1: used, equal" in line for line in told)
    assert any("rows 4: REFUSED, it is not faster" in line for line in told)
    assert "untested" in module._kernels(Settings(cache=tmp_path, kernels="on"))


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
class TestDora:
    def check(self):
        return module._dora(Settings())

    def test_the_same_version(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", other_dora(tmp_path, f"echo dora-cli {HERE}"))
        assert HERE in self.check()

    @pytest.mark.parametrize("says", ["echo dora-cli 0.3.13", "echo hello", "exit 1"])
    def test_another_version(self, tmp_path, monkeypatch, says):
        monkeypatch.setenv("PATH", other_dora(tmp_path, says))
        with pytest.raises(BackendError, match=f"dora-rs, {HERE}, got"):
            self.check()

    def test_no_command(self, tmp_path, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda _: None)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        assert "no dataflow can be started here: pip install" in self.check()

    def test_a_command_beside_an_interpreter_that_is_not_on_the_path(self, tmp_path, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda _: None)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        (tmp_path / "dora").touch()
        assert f"activate the environment, {tmp_path / 'dora'} is there" in self.check()

    @pytest.mark.parametrize(
        ("version", "says"), [("0.5.0", "must be 1.0 or newer"), (None, "missing")]
    )
    def test_a_package_that_is_too_old_or_missing(self, monkeypatch, version, says):
        def find(name):
            if version is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return version

        monkeypatch.setattr(importlib.metadata, "version", find)
        with pytest.raises(BackendError, match=says):
            self.check()


def test_a_folder_that_hides_the_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "nothing" in module._folder(Settings())
    (tmp_path / "dora-mlx-tts").mkdir()
    with pytest.raises(BackendError, match=r"dora would execute the folder .* another name"):
        module._folder(Settings())


class TestPackages:
    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (
                ImportError("pyarrow requires NumPy 2.0 or newer, found 1.26.4"),
                ["pyarrow<26", "numpy"],
            ),
            (
                ModuleNotFoundError("No module named 'mlx'", name="mlx"),
                ["MLX is missing", "pip install"],
            ),
            (
                ImportError("libmlx.so: cannot open shared object file"),
                ["MLX is missing", "pip install"],
            ),
            (
                ModuleNotFoundError("No module named 'opencc'", name="opencc"),
                ["'opencc'", "pip install"],
            ),
        ],
    )
    def test_a_failed_import_says_what_to_do(self, error, words):
        told = str(packages.explained(error))
        assert "\n" not in told
        assert all(word in told for word in words), told

    @pytest.mark.parametrize(
        ("module", "installed", "command"),
        [
            ("opencc", {}, "pip install dora-mlx-tts"),
            (
                "opencc.clib",
                {"opencc": "1.4"},
                "pip install --force-reinstall --no-deps opencc==1.4",
            ),
            ("dora", {"dora-rs": "1.1"}, "pip install --force-reinstall --no-deps dora-rs==1.1"),
            ("mlx.core", {}, "pip install dora-mlx-tts"),
            ("mlx.core", {"mlx": "1.0"}, "pip install dora-mlx-tts"),
            (
                "mlx.core",
                {"mlx": "1.0", "mlx-cpu": "1.0"},
                "pip install --force-reinstall --no-deps mlx==1.0 mlx-cpu==1.0",
            ),
            (None, {}, "pip install dora-mlx-tts"),
        ],
    )
    def test_the_command_fits_what_is_wrong(self, monkeypatch, module, installed, command):
        """One that is missing comes with our own requirements, one that is broken is put in place again."""
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(packages, "_version", lambda name: installed.get(name, "missing"))
        told = str(packages.explained(ImportError("broken", name=module)))
        assert told.endswith(f": {command}")

    def test_a_package_of_which_only_files_are_read_is_looked_for(self, monkeypatch):
        assert packages.problems() == []
        monkeypatch.setattr(packages, "_READ", ("no_such_package",))
        (told,) = packages.problems()
        assert told.startswith("package 'no_such_package' cannot be imported")
        assert told.endswith(": pip install dora-mlx-tts")

    def test_a_build_that_another_one_hides(self, monkeypatch):
        versions = {"mlx": "1.0", "mlx-cpu": "1.0", "mlx-cuda-12": "1.0"}
        monkeypatch.setattr(packages, "_version", lambda name: versions.get(name, "missing"))
        monkeypatch.setattr(packages, "_owns_library", lambda name: name == "mlx-cpu")
        (told,) = packages._hidden_builds()
        assert "pip install --force-reinstall --no-deps mlx-cuda-12" in told
        monkeypatch.setattr(packages, "_owns_library", lambda name: name != "mlx-cpu")
        assert packages._hidden_builds() == []
        versions["mlx-cuda-12"] = "0.9"
        assert "mlx-cuda-12==1.0" in packages._hidden_builds()[0]

    @pytest.mark.parametrize(
        "command", [["--help"], ["doctor"], ["speak", "--help"], ["speak", "Hi.", "-o", "a.wav"]]
    )
    def test_without_mlx(self, tmp_path, command):
        """In an environment where nothing of MLX can be imported."""
        (tmp_path / "mlx").mkdir()
        (tmp_path / "mlx" / "__init__.py").write_text(
            "raise ModuleNotFoundError('No module', name='mlx')"
        )
        done = subprocess.run(
            [sys.executable, "-m", "dora_mlx_tts", *command], capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        if "--help" in command:
            assert done.returncode == 0
            assert "Usage" in done.stdout
        else:
            assert "MLX is missing" in done.stdout + done.stderr

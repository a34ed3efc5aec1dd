"""`doctor` says what is here, and fails for what cannot work."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil

import pytest
from click.testing import CliRunner

from dora_mlx_tts.cli import doctor as module
from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError

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

    def test_no_command(self, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert "no dataflow can be started here" in self.check()

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

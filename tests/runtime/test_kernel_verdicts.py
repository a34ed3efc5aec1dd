"""Verdicts on kernels: kept for exactly what they were made with, and trusted only when whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dora_mlx_tts.runtime.kernel_verdicts import Verdict, VerdictStore

KEY = {"device": "Apple M4", "mlx": "0.32.4", "package": "0.1.0", "kernel": "t2s", "rows": "1"}
GOOD = Verdict(True, "equal and faster", 0.001, 1.0, 4.0)
BAD = Verdict(False, "it is not faster", 0.001, 4.0, 1.0)


def file_of(folder: Path) -> Path:
    (path,) = folder.glob("*.json")
    return path


def test_a_verdict_outlives_its_store(tmp_path):
    VerdictStore(tmp_path / "new").put(KEY, GOOD)
    assert VerdictStore(tmp_path / "new").get(KEY) == GOOD
    VerdictStore(tmp_path / "new").put(KEY, BAD)
    assert VerdictStore(tmp_path / "new").get(KEY) == BAD


@pytest.mark.parametrize("name", KEY)
def test_another_device_or_version_is_tried_again(tmp_path, name):
    VerdictStore(tmp_path).put(KEY, GOOD)
    assert VerdictStore(tmp_path).get({**KEY, name: "other"}) is None
    assert VerdictStore(tmp_path).get({**KEY, "more": "x"}) is None


def test_a_file_under_another_verdicts_name_is_not_trusted(tmp_path):
    store, other = VerdictStore(tmp_path), {**KEY, "device": "Apple M1"}
    store.put(other, BAD)
    name = file_of(tmp_path).name
    file_of(tmp_path).unlink()
    store.put(KEY, GOOD)
    file_of(tmp_path).rename(tmp_path / name)
    assert VerdictStore(tmp_path).get(other) is None
    assert list(VerdictStore(tmp_path).of({})) == []


def damaged(content: dict) -> list[bytes]:
    turned = {**content, "verdict": {**content["verdict"], "is_used": True}}
    return [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        json.dumps(content).encode()[:-9],
        json.dumps(turned).encode(),
        json.dumps({**content, "version": 2}).encode(),
        json.dumps({**content, "sha256": 7}).encode(),
        json.dumps({**content, "padding": "x" * 100_000}).encode(),
    ]


def test_a_damaged_file_is_not_trusted(tmp_path):
    VerdictStore(tmp_path).put(KEY, BAD)
    path = file_of(tmp_path)
    for data in damaged(json.loads(path.read_bytes())):
        path.write_bytes(data)
        assert VerdictStore(tmp_path).get(KEY) is None, data[:80]
        assert VerdictStore(tmp_path).begin(KEY) is None
        VerdictStore(tmp_path).abandon(KEY)


@pytest.mark.parametrize(
    "verdict",
    [{}, {"is_used": "yes", "reason": ""}, {"is_used": True, "reason": "", "kernel_ms": "1"}, 5],
)
def test_a_verdict_of_other_types_is_not_trusted(tmp_path, verdict):
    store = VerdictStore(tmp_path)
    store._write(KEY, {"verdict": verdict})
    assert store.get(KEY) is None


def test_a_folder_that_cannot_be_written_keeps_verdicts_for_this_run(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = VerdictStore(blocked / "kernels")
    assert store.begin(KEY) is None
    store.put(KEY, GOOD)
    assert store.get(KEY) == GOOD
    assert VerdictStore(blocked / "kernels").get(KEY) is None


def test_without_a_folder_verdicts_live_as_long_as_the_store():
    store = VerdictStore(None)
    assert store.begin(KEY) is None
    store.put(KEY, GOOD)
    assert store.get(KEY) == GOOD
    assert list(store.of(KEY)) == []


def test_a_passing_verdict_is_tried_again_at_the_next_start(tmp_path):
    store = VerdictStore(tmp_path)
    assert store.begin(KEY) is None
    store.put(KEY, BAD, lasting=False)
    assert store.get(KEY) == BAD
    assert VerdictStore(tmp_path).get(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_that_takes_the_process_down_twice_is_given_up(tmp_path):
    assert VerdictStore(tmp_path).begin(KEY) is None
    assert VerdictStore(tmp_path).get(KEY) is None
    assert VerdictStore(tmp_path).begin(KEY) is None
    verdict = VerdictStore(tmp_path).begin(KEY)
    assert verdict is not None
    assert not verdict.is_used
    assert VerdictStore(tmp_path).get(KEY) == verdict
    assert VerdictStore(tmp_path).begin({**KEY, "mlx": "1"}) is None


def test_a_trial_that_another_process_runs_now_is_no_crash(tmp_path, monkeypatch):
    living = os.getppid()
    monkeypatch.setattr(os, "getpid", lambda: living)
    VerdictStore(tmp_path).begin(KEY)
    VerdictStore(tmp_path).begin(KEY)
    monkeypatch.undo()
    assert VerdictStore(tmp_path).begin(KEY) is None


def test_verdicts_of_a_platform(tmp_path):
    store = VerdictStore(tmp_path)
    store.put(KEY, GOOD)
    store.put({**KEY, "rows": "4"}, BAD)
    store.put({**KEY, "mlx": "0.1"}, BAD)
    (tmp_path / "other.json").write_text("{}")
    found = VerdictStore(tmp_path).of({"device": "Apple M4", "mlx": "0.32.4"})
    assert sorted((key["rows"], verdict.is_used) for key, verdict in found) == [
        ("1", True),
        ("4", False),
    ]

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.runtime.folders import put_in_place


def folder(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "file").write_text(content)
    return path


@pytest.mark.parametrize("before", [None, "old"])
def test_the_new_folder_takes_the_place(tmp_path: Path, before: str | None) -> None:
    target = tmp_path / "target"
    if before is not None:
        folder(target, before)
    put_in_place(folder(tmp_path / "fresh.part", "new"), target)
    assert (target / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_failure_leaves_the_old_folder(tmp_path: Path) -> None:
    target = folder(tmp_path / "target", "old")
    with pytest.raises(OSError, match="fresh"):
        put_in_place(tmp_path / "fresh.part", target)
    assert (target / "file").read_text() == "old"

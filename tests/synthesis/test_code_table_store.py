"""Learned tables survive a start; a damaged file only costs what it knew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from dora_mlx_tts.synthesis.codes.code_table import CodeTable, TableStore

CODEBOOK = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
PHONES, CODES = np.arange(8, dtype=np.int32), np.arange(24, dtype=np.int32)


def taught(store: TableStore, lessons: int = 12) -> CodeTable:
    table = store.get(CODEBOOK)
    for _ in range(lessons):
        table.learn(PHONES, CODES)
        store.keep(table)
    return table


def test_a_table_is_found_again_and_goes_on_learning(tmp_path: Path) -> None:
    table = taught(TableStore(tmp_path))
    again = TableStore(tmp_path).get(CODEBOOK)
    assert (again.lessons, again.gain) == (table.lessons, table.gain)
    np.testing.assert_allclose(
        again.evidence(PHONES, CODES), table.evidence(PHONES, CODES), atol=1e-5
    )
    again.learn(PHONES, CODES)
    assert again.lessons == 13
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]


def test_another_codebook_has_a_table_of_its_own(tmp_path: Path) -> None:
    taught(TableStore(tmp_path))
    assert TableStore(tmp_path).get(CODEBOOK + 1).lessons == 0


def test_a_table_that_learned_little_is_not_kept(tmp_path: Path) -> None:
    taught(TableStore(tmp_path), 11)
    assert not list(tmp_path.iterdir())


def damage(path: Path, change: str) -> None:
    arrays = dict(load_file(path))
    if change == "bytes":
        path.write_bytes(path.read_bytes()[:-40])
        return
    if change == "missing":
        del arrays["taken"]
    elif change == "shape":
        arrays["counts"] = arrays["counts"][:, :-1].copy()
    else:
        arrays["all"][0] = np.nan
    save_file(arrays, path)


@pytest.mark.parametrize("change", ["bytes", "missing", "shape", "nan"])
def test_a_damaged_file_is_learned_again(tmp_path: Path, change: str, caplog) -> None:
    taught(TableStore(tmp_path))
    (path,) = tmp_path.iterdir()
    damage(path, change)
    store = TableStore(tmp_path)
    assert store.get(CODEBOOK).lessons == 0
    assert "learned again" in caplog.text
    taught(store)
    assert TableStore(tmp_path).get(CODEBOOK).lessons == 12


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("in the way")
    assert taught(TableStore(tmp_path / "file")).lessons == 12
    assert "not kept" in caplog.text
    assert taught(TableStore(None)).lessons == 12

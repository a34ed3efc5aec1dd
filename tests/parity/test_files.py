"""Checkpoint files written by the reference implementation's own savers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.checkpoints.read.checkpoint import Checkpoint, read_checkpoint
from dora_mlx_tts.errors import UnsafeFileError
from dora_mlx_tts.packs.families import detect_family
from dora_mlx_tts.packs.tensors import shapes_of

pytestmark = pytest.mark.parametrize("name", cases("files"))


@pytest.fixture
def opened(load_case, name):
    """Arrays and entry of the case, and every file that may be opened, by its stem."""
    arrays, entry = load_case(name)
    wanted = {key.split("/", 1)[0] for key in arrays}
    found = {path.stem: path for path in _files(entry["folder"]) if path.stem in wanted}
    assert set(found) == wanted
    return arrays, entry, {stem: read_checkpoint(path) for stem, path in found.items()}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "files").iterdir() if path.suffix != ".md")


def _tensors(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """Tensors under the case's names: the key, below its section unless that is ``weight``."""
    flat = {}
    for key, value in checkpoint.content.items():
        if isinstance(value, dict):
            prefix = "" if key == "weight" else f"{key}/"
            flat |= {f"{prefix}{k}": v.read() for k, v in value.items() if hasattr(v, "read")}
        elif hasattr(value, "read"):
            flat[key] = value.read()
    return flat


def test_tensors(opened):
    arrays, _entry, checkpoints = opened
    for stem, checkpoint in checkpoints.items():
        want = {k.split("/", 1)[1]: v for k, v in arrays.items() if k.startswith(f"{stem}/")}
        got = _tensors(checkpoint)
        assert sorted(got) == sorted(want), stem
        for key, expected in want.items():
            assert got[key].shape == expected.shape, (stem, key)
            np.testing.assert_array_equal(got[key].astype(expected.dtype), expected)
            if expected.dtype == np.float16:
                assert got[key].dtype == np.float16


def test_configuration(opened):
    _arrays, entry, checkpoints = opened
    for stem, checkpoint in checkpoints.items():
        config = checkpoint.content.get("config")
        if stem not in entry["config"]["versions"]:
            continue
        for section in ("train", "data", "model"):
            want = entry["config"][section]
            assert {key: config[section][key] for key in want} == want, (stem, section)
        rank = checkpoint.content.get("lora_rank")
        assert rank == (entry["config"]["lora_rank"] if "lora" in stem else None)


def test_families(opened):
    _arrays, entry, checkpoints = opened
    for stem, version in entry["config"]["versions"].items():
        checkpoint = checkpoints[stem]
        family = detect_family(shapes_of(checkpoint.tensors("weight")), checkpoint.header)
        assert f"{family.model}{' LoRA' if family.lora else ''}" == version


def test_files_without_expected_tensors_are_hostile(load_case, name):
    arrays, entry = load_case(name)
    wanted = {key.split("/", 1)[0] for key in arrays}
    hostile = [path for path in _files(entry["folder"]) if path.stem not in wanted]
    assert hostile
    for path in hostile:
        with pytest.raises(UnsafeFileError):
            read_checkpoint(path)

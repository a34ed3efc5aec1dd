"""Files of v5 as the reference implementation's states write them, and files that only look so."""

from __future__ import annotations

import golden_cases
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.sovits_file import open_sovits
from dora_mlx_tts.errors import TtsError, WeightsError
from dora_mlx_tts.packs.families import detect_family, file_digest
from dora_mlx_tts.packs.tensors import shapes_of

GROUP = "files_v5"
pytestmark = pytest.mark.parametrize("name", cases(GROUP))


def detected(path):
    checkpoint = read_checkpoint(path)
    config = checkpoint.content.get("config") or {}
    return detect_family(
        shapes_of(checkpoint.tensors("weight")),
        checkpoint.header,
        config.get("model", {}).get("version"),
        str(path),
        digest=file_digest(path),
    )


def test_families(name, load_case):
    _, entry = load_case(name)
    for file, said in entry["config"]["files"].items():
        path = entry["folder"] / "files" / file
        if said["family"] is None:
            with pytest.raises(TtsError) as refused:
                detected(path)
            assert file in str(refused.value)
            continue
        found = detected(path)
        assert (found.model, found.lora, found.symbols) == (said["family"], said["lora"], "v2"), (
            file
        )


def test_tensors(name, load_case):
    arrays, entry = load_case(name)
    files = entry["config"]["files"]
    stems = {key.split("/", 1)[0] for key in arrays}
    for stem in (stem for stem in stems if files[f"{stem}.pth"]["family"] is not None):
        checkpoint = read_checkpoint(entry["folder"] / "files" / f"{stem}.pth")
        tensors = checkpoint.tensors("weight")
        want = {k.split("/", 1)[1]: v for k, v in arrays.items() if k.startswith(f"{stem}/")}
        assert sorted(tensors) == sorted(want)
        for key, expected in want.items():
            got = tensors[key].read()
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)


def test_a_lora_asks_for_its_own_base(name, load_case):
    _, entry = load_case(name)
    for file, said in entry["config"]["files"].items():
        if said["lora"] and said["family"]:
            with pytest.raises(WeightsError, match=rf"LoRA of family {said['family']}; give the"):
                open_sovits(entry["folder"] / "files" / file)


def test_every_case_has_a_test(name):
    assert name in golden_cases.named(GROUP)

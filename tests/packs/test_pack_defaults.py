"""Settings of speech, cloning and loudness that a pack states about itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.config.speech_settings import PACK_SETTINGS
from dora_mlx_tts.errors import PackError
from dora_mlx_tts.packs.manifest import PackManifest
from dora_mlx_tts.packs.pack import Pack, PartContent, write_pack
from dora_mlx_tts.packs.tensor_file import TensorSpec

PLAIN = PackManifest("a voice", "v2", "v2", 32000, "CC0-1.0", ("en",), "float32", {}, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    values = np.ones((2, 2), np.float32)
    parts = {"t2s": PartContent({}, {"w": TensorSpec(values.dtype, values.shape, lambda: values)})}
    stated = replace(PLAIN, defaults={"top_k": 4, "short_parts": True}, clones=False, loudness=-26)
    return write_pack(tmp_path / "pack", stated, parts).root


def change(folder: Path, **fields: object) -> None:
    file = folder / "pack.json"
    content = {**json.loads(file.read_text()), **fields}
    file.write_text(json.dumps({k: v for k, v in content.items() if v != "absent"}))


def test_what_a_pack_states_is_read_again(folder: Path) -> None:
    manifest = Pack.open(folder).manifest
    assert manifest.defaults == {"top_k": 4, "short_parts": True}
    assert (manifest.clones, manifest.loudness) == (False, -26.0)


def test_packs_that_state_nothing_are_as_before(folder: Path) -> None:
    change(folder, defaults="absent", clones="absent", loudness="absent")
    manifest = Pack.open(folder).manifest
    assert manifest.defaults == {}
    assert (manifest.clones, manifest.loudness) == (True, None)


def test_values_get_the_types_of_the_settings(folder: Path) -> None:
    change(folder, defaults={"temperature": 1, "attempts": "5"})
    defaults = Pack.open(folder).manifest.defaults
    assert defaults == {"temperature": 1.0, "attempts": 5}
    assert type(defaults["temperature"]) is float


def test_every_setting_that_a_pack_may_state_exists() -> None:
    assert set(SpeechSettings.model_fields) > PACK_SETTINGS


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"defaults": []}, "defaults must be a dictionary"),
        ({"defaults": "top_k"}, "defaults must be a dictionary"),
        ({"defaults": {"top_k": 0}}, "top_k must be greater than or equal to 1, got 0"),
        ({"defaults": {"top_k": 10**30}}, "top_k"),
        ({"defaults": {"temperature": float("nan")}}, "temperature"),
        ({"defaults": {"temperature": float("inf")}}, "temperature"),
        ({"defaults": {"attempts": 3.5}}, "attempts"),
        ({"defaults": {"short_parts": "perhaps"}}, "short_parts"),
        ({"defaults": {"top_k": {"a": []}}}, "top_k"),
        ({"defaults": {"topk": 3}}, "unknown setting 'topk'; available: attempts.*'top_k'"),
        ({"defaults": {"seed": 3}}, "unknown setting 'seed'"),
        ({"defaults": {"loudness": -10}}, "unknown setting 'loudness'"),
        ({"clones": 1}, "'clones' must be true or false, got 1"),
        ({"loudness": 3}, "'loudness' must be a number from -70 to 0, or null, got 3"),
        ({"loudness": True}, "'loudness'"),
        ({"loudness": "loud"}, "'loudness'"),
        ({"loudness": float("nan")}, "'loudness'"),
    ],
)
def test_statements_that_are_wrong(folder: Path, fields: dict[str, object], match: str) -> None:
    change(folder, **fields)
    with pytest.raises(PackError, match=match) as caught:
        Pack.open(folder)
    assert str(folder) in str(caught.value)


def test_what_cannot_be_stated_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="top_k"):
        write_pack(tmp_path / "pack", replace(PLAIN, defaults={"top_k": -1}), {})
    assert not (tmp_path / "pack").exists()

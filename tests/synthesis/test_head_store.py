"""Alignment heads are found once; a file that is not whole is not used."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.runtime.device import CPU
from dora_mlx_tts.synthesis.loading.alignment import alignment_heads
from dora_mlx_tts.synthesis.loading.head_store import HeadStore, heads_name
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

CONFIG = T2SConfig(16, 2, 32, 3, 33, 20, 32)
HEADS = ((0, 1), (2, 0))
NAME = "ab" * 32


def never():
    raise AssertionError("it was kept")


def test_a_second_start_does_not_look_again(tmp_path):
    assert HeadStore(tmp_path / "heads").get(NAME, CONFIG, lambda: HEADS) == HEADS
    assert HeadStore(tmp_path / "heads").get(NAME, CONFIG, never) == HEADS
    assert HeadStore(tmp_path / "heads").get("cd" * 32, CONFIG, lambda: ()) == ()
    assert HeadStore(tmp_path / "heads").get("cd" * 32, CONFIG, never) == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        json.dumps({"name": NAME}),
        json.dumps({"name": "other", "heads": HEADS}),
        json.dumps({"name": NAME, "heads": [[3, 0]]}),
        json.dumps({"name": NAME, "heads": [[0, -1]]}),
        json.dumps({"name": NAME, "heads": [["0", 1]]}),
        json.dumps({"name": NAME, "heads": [[0, 1, 2]]}),
        json.dumps({"name": NAME, "heads": [[0, True]]}),
        json.dumps({"name": NAME, "heads": [[[0], [1]]]}),
        json.dumps({"name": NAME, "heads": [[0, 1], [0, 1]]}),
        json.dumps({"name": NAME, "heads": [[i % 3, i % 2] for i in range(9)]}),
        json.dumps({"name": NAME, "heads": HEADS})[:-3],
        json.dumps({"name": NAME, "heads": HEADS, "more": "x" * 100_000}),
    ],
)
def test_a_damaged_file_is_not_used(tmp_path, content):
    (tmp_path / f"{NAME}.json").write_text(content)
    assert HeadStore(tmp_path).get(NAME, CONFIG, lambda: HEADS) == HEADS
    assert HeadStore(tmp_path).get(NAME, CONFIG, never) == HEADS  # it was written again


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / f"{NAME}.json")  # a read would wait for a writer for ever
    (tmp_path / f"{'cd' * 32}.json").mkdir()
    for name in (NAME, "cd" * 32):
        assert HeadStore(tmp_path).get(name, CONFIG, lambda: HEADS) == HEADS


def test_a_folder_that_cannot_be_written_costs_the_time(tmp_path):
    (tmp_path / "file").write_text("")
    store = HeadStore(tmp_path / "file" / "heads")
    assert store.get(NAME, CONFIG, lambda: HEADS) == HEADS
    assert HeadStore(None).get(NAME, CONFIG, lambda: HEADS) == HEADS


def test_a_name_is_of_weights_device_and_prompt():
    def pack(sha256):
        manifest = SimpleNamespace(
            files={"t2s.st": SimpleNamespace(sha256=sha256)},
            parts={"t2s": SimpleNamespace(file="t2s.st")},
        )
        return SimpleNamespace(manifest=manifest)

    def prompt(phones, codes):
        return SimpleNamespace(phones=np.array(phones), codes=np.array(codes), features=None)

    names = {
        heads_name(pack("1"), CPU, prompt([1, 2], [3])),
        heads_name(pack("2"), CPU, prompt([1, 2], [3])),
        heads_name(pack("1"), replace(CPU, description="Metal"), prompt([1, 2], [3])),
        heads_name(pack("1"), CPU, prompt([1], [2, 3])),
        heads_name(pack("1"), CPU, prompt([1, 2], [4])),
    }
    assert len(names) == 5


def test_a_loaded_pack_keeps_what_it_finds(synthesizer: Synthesizer, tmp_path, monkeypatch):
    ready = synthesizer.prepare("starter-en")
    found = alignment_heads(ready.networks.t2s, ready.prompt)
    assert found
    store = HeadStore(tmp_path)
    first = LoadedPack(ready.networks, heads=store)
    first.prepare(ready.prompt)
    monkeypatch.setattr("dora_mlx_tts.synthesis.loading.loaded_pack.alignment_heads", never)
    second = LoadedPack(ready.networks, heads=store)
    second.prepare(ready.prompt)
    assert first.heads == second.heads == found

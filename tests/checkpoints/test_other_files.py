"""Files that people take for checkpoints are called what they are."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from dora_mlx_tts.checkpoints.read.checkpoint import Checkpoint, read_checkpoint
from dora_mlx_tts.errors import WeightsError

_HEADER = json.dumps({"__metadata__": {}}).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html>", ["web page", "download"]),
        (b"version https://git-lfs.github.com/spec/v1\n", ["Git LFS", "git lfs pull"]),
        (struct.pack("<Q", len(_HEADER)) + _HEADER, ["safetensors", ".ckpt or .pth"]),
        (b"\x80\x02\x8a\nl\xfc\x9c", ["older than 1.6"]),
        (b"GGUF\x03\x00\x00\x00", ["llama.cpp"]),
        (b"\x1f\x8b\x08\x00", ["gzip", "unpack"]),
        (b"anything else", ["zip archive"]),
    ],
)
def test_the_message_says_what_it_is(tmp_path: Path, data: bytes, words: list[str]) -> None:
    path = tmp_path / "voice.ckpt"
    path.write_bytes(data + bytes(100))
    with pytest.raises(WeightsError) as error:
        read_checkpoint(path)
    assert all(word in str(error.value) for word in [str(path), *words]), error.value


@pytest.mark.parametrize(
    ("content", "folder"),
    [
        ({"model": {}, "optimizer": {}, "iteration": 5, "learning_rate": 0.1}, "SoVITS_weights"),
        ({"state_dict": {}, "epoch": 3, "pytorch-lightning_version": "2.0"}, "GPT_weights"),
    ],
)
def test_states_of_a_training_say_where_the_result_is(content: dict, folder: str) -> None:
    fields = Checkpoint.__dataclass_fields__
    given = {"path": Path("G_5.pth"), "content": content}
    checkpoint = Checkpoint(**given, **{name: None for name in fields if name not in given})
    with pytest.raises(WeightsError, match=f"state of .* training.*{folder}"):
        checkpoint.tensors("weight")

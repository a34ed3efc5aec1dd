"""Hashes are compared once, and again as soon as anything about a file changed."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from dora_mlx_tts.errors import PackError
from dora_mlx_tts.packs import pack as pack_module
from dora_mlx_tts.packs.manifest import PackManifest
from dora_mlx_tts.packs.pack import Pack, PartContent, write_pack
from dora_mlx_tts.packs.tensor_file import TensorSpec
from dora_mlx_tts.packs.verified import VerifiedFiles


@pytest.fixture
def folder(tmp_path):
    values = np.arange(12, dtype="f4").reshape(3, 4)
    spec = TensorSpec(values.dtype, values.shape, lambda: values)
    manifest = PackManifest("p", "v2", "v2", 32000, "CC0-1.0", (), "float32", {}, {})
    write_pack(tmp_path / "pack", manifest, {"t2s": PartContent({}, {"a": spec})})
    return tmp_path / "pack"


@pytest.fixture
def hashed(monkeypatch):
    """Files that were read for their hash."""
    read = []
    whole = pack_module.file_sha256

    def counted(path):
        read.append(path.name)
        return whole(path)

    monkeypatch.setattr(pack_module, "file_sha256", counted)
    return read


def open_pack(folder):
    """As a process does that starts anew."""
    return Pack.open(folder, verified=VerifiedFiles(folder.parent / "cache"))


def test_hashes_are_compared_once(folder, hashed):
    for _ in range(3):
        open_pack(folder)
    assert hashed == ["t2s.safetensors"]
    Pack.open(folder)  # on demand
    assert len(hashed) == 2


def test_a_changed_file_is_refused_even_with_its_old_times(folder):
    open_pack(folder)
    path = folder / "t2s.safetensors"
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(PackError, match="damaged or changed"):
        open_pack(folder)


def test_a_truncated_file_is_refused(folder):
    open_pack(folder)
    path = folder / "t2s.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(PackError, match="bytes"):
        open_pack(folder)


def test_a_file_put_in_place_of_another_is_read_again(folder, hashed):
    open_pack(folder)
    path = folder / "t2s.safetensors"
    copy = folder / "copy"
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    open_pack(folder)
    assert len(hashed) == 2


def test_another_hash_in_the_manifest_counts(folder, hashed):
    open_pack(folder)
    manifest = json.loads((folder / "pack.json").read_text())
    manifest["files"]["t2s.safetensors"]["sha256"] = "0" * 64
    (folder / "pack.json").write_text(json.dumps(manifest))
    with pytest.raises(PackError, match="damaged or changed"):
        open_pack(folder)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"version": 9, "files": {}}', '{"version": 1, "files": [1]}', "\0" * 2**21],
)
def test_a_record_that_cannot_be_read_costs_time_only(folder, hashed, content):
    open_pack(folder)
    (folder.parent / "cache" / "verified.json").write_text(content)
    open_pack(folder)
    open_pack(folder)
    assert len(hashed) == 2


def test_a_folder_that_cannot_be_written_costs_time_only(folder, hashed):
    (folder.parent / "cache").write_text("a file")
    for _ in range(2):
        open_pack(folder)
    assert len(hashed) == 2


def test_records_of_two_processes_are_joined(tmp_path):
    files = [tmp_path / "a", tmp_path / "b"]
    records = [VerifiedFiles(tmp_path / "cache") for _ in files]
    for file, record in zip(files, records, strict=True):
        file.write_text("x")
        found = file.stat()
        mark = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]
        record.add(file, "0" * 64, mark)
    again = VerifiedFiles(tmp_path / "cache")
    assert all(again.has(file, "0" * 64) for file in files)
    assert not again.has(files[0], "1" * 64)

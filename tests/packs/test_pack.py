"""Voice packs: written whole, opened only when nothing is wrong."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from dora_mlx_tts.errors import PackError, WeightsError
from dora_mlx_tts.packs.manifest import PackManifest
from dora_mlx_tts.packs.pack import Pack, PartContent, file_sha256, write_pack
from dora_mlx_tts.packs.quantize import quantize
from dora_mlx_tts.packs.tensor_file import TensorSpec

MANIFEST = PackManifest("a voice", "v2", "v2", 32000, "CC0-1.0", ("en",), "int8", {}, {})
WEIGHTS = np.random.default_rng(0).normal(size=(8, 6)).astype("f4")


def spec(values):
    return TensorSpec(values.dtype, values.shape, lambda: values)


def parts():
    small = quantize(WEIGHTS)
    tensors = {"w": spec(small.values), "w:scale": spec(small.scale), "b": spec(np.ones(3, "f2"))}
    return {"t2s": PartContent({"head": 2}, tensors)}


@pytest.fixture
def folder(tmp_path):
    return write_pack(tmp_path / "voice", MANIFEST, parts(), {"card.md": b"# Card"}).root


def edit(folder, change):
    path = folder / "pack.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_written_pack_opens(folder):
    pack = Pack.open(folder)
    assert pack.manifest.name == "a voice"
    assert pack.manifest.languages == ("en",)
    assert pack.has("t2s")
    assert not pack.has("ssl")
    assert pack.config("t2s") == {"head": 2}
    assert pack.file("card.md").read_bytes() == b"# Card"
    assert pack.size == sum(p.stat().st_size for p in folder.iterdir() if p.name != "pack.json")


def test_parts_come_in_full_precision_or_as_asked(folder):
    config, tensors = Pack.open(folder).part("t2s")
    assert config == {"head": 2}
    assert {key: value.dtype.name for key, value in tensors.items()} == {
        "w": "float32",
        "b": "float16",
    }
    np.testing.assert_allclose(tensors["w"], WEIGHTS, atol=np.abs(WEIGHTS).max() / 250)
    _config, wide = Pack.open(folder).part("t2s", np.dtype("f4"))
    assert {value.dtype.name for value in wide.values()} == {"float32"}


def test_equal_input_gives_equal_packs(tmp_path, folder):
    other = write_pack(tmp_path / "other", MANIFEST, parts(), {"card.md": b"# Card"}).root
    for path in folder.iterdir():
        assert (other / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda c: c.pop("format"), "'format' must be a positive integer, got nothing"),
        (lambda c: c.update(format=3), "format must be from 1 to 2 for this version, got 3"),
        (lambda c: c.update(format="1"), "'format' must be a positive integer, got '1'"),
        (lambda c: c.update(format=True), "'format' must be a positive integer, got True"),
        (lambda c: c.update(name=""), "'name'"),
        (lambda c: c.update(model="v9"), "'model' must be one of v1, v2"),
        (lambda c: c.update(model=["v2"]), "'model'"),
        (lambda c: c.update(symbols="v3"), "'symbols'"),
        (lambda c: c.update(storage="int4"), "'storage'"),
        (lambda c: c.update(sample_rate=-1), "'sample_rate'"),
        (lambda c: c.update(sample_rate=32000.0), "'sample_rate'"),
        (lambda c: c.update(languages="en"), "'languages'"),
        (lambda c: c.update(languages=[1]), "'languages'"),
        (lambda c: c.update(parts=[]), "'parts'"),
        (lambda c: c.update(files=None), "'files'"),
        (lambda c: c["parts"].update(t2s=3), "part 't2s' needs"),
        (lambda c: c["parts"]["t2s"].update(config=[]), "part 't2s' needs"),
        (lambda c: c["parts"]["t2s"].update(file="x.safetensors"), "not among its files"),
        (lambda c: c["parts"].update({"../t2s": c["parts"]["t2s"]}), "names of parts must be"),
        (lambda c: c["files"].update({"../x": c["files"]["card.md"]}), "names of files must be"),
        (
            lambda c: c["files"].update({"/etc/passwd": c["files"]["card.md"]}),
            "names of files must be",
        ),
        (lambda c: c["files"].update({"a\\b": c["files"]["card.md"]}), "names of files must be"),
        (lambda c: c["files"].update({".hidden": c["files"]["card.md"]}), "names of files must be"),
        (
            lambda c: c["files"].update({"pack.json": c["files"]["card.md"]}),
            "names of files must be",
        ),
        (lambda c: c["files"].update({"more.md": c["files"]["card.md"]}), "more.md: missing"),
        (lambda c: c["files"]["card.md"].update(bytes=7), "has 6 bytes, pack.json says 7"),
        (lambda c: c["files"]["card.md"].update(bytes="6"), "needs its bytes"),
        (lambda c: c["files"]["card.md"].update(sha256="ab"), "needs its bytes"),
        (lambda c: c["files"]["card.md"].update(sha256="0" * 64), "card.md: damaged or changed"),
    ],
)
def test_manifests_that_are_wrong(folder, change, match):
    edit(folder, change)
    with pytest.raises(PackError, match=match) as caught:
        Pack.open(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff", b"[" * 100_000, b"[1]", b'"x"'])
def test_manifests_that_are_no_dictionaries(folder, content):
    (folder / "pack.json").write_bytes(content)
    with pytest.raises(PackError, match=r"not JSON|must hold a dictionary"):
        Pack.open(folder)


def test_a_huge_manifest(folder):
    (folder / "pack.json").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(PackError, match="at most 1048576 bytes"):
        Pack.open(folder)


def test_missing_files(tmp_path, folder):
    with pytest.raises(PackError, match="no such pack"):
        Pack.open(tmp_path / "nothing")
    (folder / "t2s.safetensors").unlink()
    with pytest.raises(PackError, match=r"t2s\.safetensors: missing"):
        Pack.open(folder)
    (folder / "pack.json").unlink()
    with pytest.raises(PackError, match="cannot be read"):
        Pack.open(folder)


def test_links_that_lead_out(tmp_path, folder):
    outside = tmp_path / "outside.md"
    outside.write_bytes(b"# Card")
    (folder / "card.md").unlink()
    (folder / "card.md").symlink_to(outside)
    with pytest.raises(PackError, match="leads out of the pack"):
        Pack.open(folder)


def test_a_changed_byte_is_found_unless_hashes_are_skipped(folder):
    path = folder / "t2s.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(PackError, match="SHA-256"):
        Pack.open(folder)
    assert Pack.open(folder, verify=False).has("t2s")


def test_damaged_weights_are_pack_errors(folder):
    path = folder / "t2s.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(PackError, match=r"t2s\.safetensors"):
        Pack.open(folder, verify=False).part("t2s")


def test_parts_and_files_that_are_not_there(folder):
    pack = Pack.open(folder)
    with pytest.raises(PackError, match="no part 'ssl'; it has t2s"):
        pack.part("ssl")
    with pytest.raises(PackError, match="no file 'x'"):
        pack.file("x")


@pytest.mark.parametrize("name", ["../x.md", "a/b", "pack.json", "", ".x", "t2s.safetensors"])
def test_extra_files_with_bad_names(tmp_path, name):
    with pytest.raises(PackError):
        write_pack(tmp_path / "voice", MANIFEST, parts(), {name: b""})
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_writing_fails(tmp_path, folder):
    def fail():
        raise WeightsError("no more")

    broken = {"t2s": PartContent({}, {"w": TensorSpec(np.dtype("f4"), (2,), fail)})}
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(WeightsError, match="no more"):
        write_pack(folder, MANIFEST, broken, overwrite=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert Pack.open(folder).has("t2s")


def test_what_is_there_is_not_replaced_unasked(tmp_path, folder):
    with pytest.raises(PackError, match="already exists"):
        write_pack(folder, MANIFEST, parts())
    replaced = write_pack(folder, MANIFEST, parts(), overwrite=True)
    assert set(replaced.manifest.files) == {"t2s.safetensors"}
    assert sorted(path.name for path in folder.iterdir()) == ["pack.json", "t2s.safetensors"]
    assert [path.name for path in tmp_path.iterdir()] == ["voice"]


def test_other_folders_are_never_replaced(tmp_path):
    other = tmp_path / "documents"
    other.mkdir()
    write_pack(other, MANIFEST, parts())
    shutil.rmtree(other)
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(PackError, match="is not a pack"):
        write_pack(other, MANIFEST, parts(), overwrite=True)
    assert (other / "letter.txt").read_text() == "dear"


def test_hash_of_a_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_sha256(path).startswith("ba7816bf8f01cfea")
    with pytest.raises(PackError, match="cannot be read"):
        file_sha256(tmp_path / "nothing")

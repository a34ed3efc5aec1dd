"""`scripts/build_starter.py`: one command from checkpoints and recordings to a pack that speaks."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import whole_voice
from script_loader import load_script

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.packs.quantize import SCALE_SUFFIX
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.runtime import device
from dora_mlx_tts.synthesis.loading.prompt_store import load_prompt
from dora_mlx_tts.tools.self_test import check_pack
from dora_mlx_tts.voices.voice import read_voice

SPOKEN = (("en_female_a", "en"), ("en_male_b", "en"), ("zh_female_c", "zh"))
TEXTS = {"en": "A few plain words are spoken here.", "zh": "今天早上下了一场小雨。"}


@pytest.fixture(scope="module")
def script():
    return load_script("build_starter")


@pytest.fixture
def built(script, tmp_path, monkeypatch, capsys):
    """Folder of the voices, made by the command line, and what it printed."""
    sources = whole_voice.save_voice(tmp_path / "files", "v2")
    for name in ("MODEL_CARD.md", "LICENSES.md"):
        (tmp_path / "files" / name).write_text(name, encoding="utf-8")
    references = tmp_path / "references"
    references.mkdir()
    entries = [{"name": n, "lang": code, "text": TEXTS[code]} for n, code in SPOKEN]
    for entry in entries:
        whole_voice.recording(references / f"{entry['name']}.wav")
    (references / "references.json").write_text(json.dumps(entries), encoding="utf-8")
    out = tmp_path / "builtin"
    out.mkdir()
    (out / "starter-ko.yml").write_text("of an earlier pack", encoding="utf-8")
    arguments = ["--s1", sources.gpt, "--s2", sources.sovits, "--ssl", sources.ssl]
    arguments += ["--references", references, "-o", out / "starter"]
    monkeypatch.setattr(sys, "argv", ["build_starter", *map(str, arguments)])
    script.main()
    return out, capsys.readouterr().out


def test_everything_is_written_by_one_command(built):
    out, printed = built
    pack = Pack.open(out / "starter")
    assert pack.manifest.storage == "int8"
    assert set(pack.manifest.parts) == {"t2s", "sovits", "ssl"}
    assert {"MODEL_CARD.md", "LICENSES.md"} <= set(pack.manifest.files)
    names = ["starter-en", "starter-en-2", "starter-zh"]
    assert sorted(file.stem for file in out.glob("*.yml")) == names
    for name in names:
        voice = read_voice(out / f"{name}.yml", [])
        assert voice.pack == (out / "starter").resolve()
        assert voice.prompt is not None
        prompt = load_prompt(voice.prompt)
        assert len(prompt.codes) > 0
        assert prompt.text == voice.reference.text
    assert read_voice(out / "starter-zh.yml", []).languages == ("zh", "en")
    for part in ("t2s", "sovits", "ssl", "together"):
        assert f"{part}: " in printed


@pytest.mark.parametrize("layers", [1, 3])
def test_an_encoder_of_any_size_is_stored_in_8_bits_and_speaks(tmp_path, monkeypatch, layers):
    sizes = {"num_hidden_layers": layers, "intermediate_size": 400, "conv_dim": [40] * 7}
    monkeypatch.setattr(whole_voice, "HUBERT_CONFIG", {**whole_voice.HUBERT_CONFIG, **sizes})
    monkeypatch.setattr(whole_voice, "WIDTH", 40)
    sources = whole_voice.save_voice(tmp_path / "files", "v2")
    convert(sources, tmp_path / "pack", PackOptions(storage="int8"))
    pack = Pack.open(tmp_path / "pack")
    for part in ("t2s", "ssl"):
        stored = read_tensor_file(pack.file(f"{part}.safetensors"))
        small = [key for key in stored if key + SCALE_SUFFIX in stored]
        assert small, part
        assert {stored[key].dtype for key in small} == {np.dtype("i1")}
    assert check_pack(tmp_path / "pack", device.select("cpu")).audio_s > 0


def test_six_bits_where_eight_are_too_many(script, tmp_path, monkeypatch, capsys):
    sizes = {"intermediate_size": 4000}
    monkeypatch.setattr(whole_voice, "HUBERT_CONFIG", {**whole_voice.HUBERT_CONFIG, **sizes})
    monkeypatch.setattr(whole_voice, "WIDTH", 40)
    sources = whole_voice.save_voice(tmp_path / "files", "v2")
    packs = {}
    for storage in ("int8", "int6"):
        convert(sources, tmp_path / storage, PackOptions(storage=storage))
        packs[storage] = Pack.open(tmp_path / storage)
        assert check_pack(tmp_path / storage, device.select("cpu")).audio_s > 0
    exact, coarse = (packs[name].part("ssl")[1] for name in ("int8", "int6"))
    name = "encoder.layers.0.feed_forward.output_dense.weight"
    error = np.sqrt(np.mean((exact[name] - coarse[name]) ** 2) / np.mean(exact[name] ** 2))
    assert 1e-3 < error < 5e-2
    sizes = [packs[name].manifest.files["ssl.safetensors"].bytes for name in ("int6", "int8")]
    assert sizes[0] < 0.9 * sizes[1]  # biases and headers stay


def test_statistics_of_the_codebook_are_not_stored(built):
    stored = read_tensor_file(Pack.open(built[0] / "starter").file("sovits.safetensors"))
    assert [key for key in stored if key.endswith("_codebook.embed")]
    assert not [key for key in stored if "embed_avg" in key or "cluster_size" in key]


def test_a_missing_licence_is_named(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "b",
            "--s1",
            str(tmp_path / "a"),
            "--s2",
            "b",
            "--ssl",
            "c",
            "--references",
            "d",
            "-o",
            "e",
        ],
    )
    with pytest.raises(SystemExit):
        script.main()
    assert "MODEL_CARD.md: no such file" in capsys.readouterr().err

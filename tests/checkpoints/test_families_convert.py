"""Conversion of files that only some families have, and how families are told."""

from __future__ import annotations

import dataclasses
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import whole_voice
from click.testing import CliRunner
from torch_files import Saver, encode, save_checkpoint, save_state, write_archive

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.cli.convert import convert as command
from dora_mlx_tts.errors import UnsafeFileError, WeightsError
from dora_mlx_tts.models.cfm.config import ROTARY_RATES
from dora_mlx_tts.packs import families
from dora_mlx_tts.packs.families import TEXT_EMBEDDING, Family, detect_family, file_digest
from dora_mlx_tts.packs.pack import Pack

VECTORS = Path(__file__).resolve().parents[1] / "parity" / "vectors"
CFM = {TEXT_EMBEDDING: (732, 192), "cfm.estimator.d_embed.time_mlp.0.weight": (1024, 256)}


def dropped(report, part):
    found = next(p for p in report.parts if p.name == part)
    return {key for ignored in found.ignored for key in ignored.keys}


def test_what_each_family_keeps_and_leaves_out(tmp_path):
    report = convert(whole_voice.save_voice(tmp_path / "v3", "v3"), tmp_path / "a")
    assert [part.name for part in report.parts] == ["t2s", "sovits", "cfm", "ssl", "vocoder"]
    assert {"linear_mel.weight", "enc_q.pre.weight"} <= dropped(report, "sovits")
    assert dropped(report, "cfm") == set()
    assert dropped(report, "vocoder") == {"activation_post.upsample.filter"}
    pack = Pack.open(tmp_path / "a")
    rates = pack.part("cfm")[1]["cfm.estimator.rotary_embed.inv_freq"]
    np.testing.assert_array_equal(rates, np.array(ROTARY_RATES, np.float16).astype(np.float32))
    assert pack.config("vocoder")["kind"] == "bigvgan"
    assert "sampling_rate" not in pack.config("vocoder")
    report = convert(whole_voice.save_voice(tmp_path / "pro", "v2Pro"), tmp_path / "b")
    assert [part.name for part in report.parts] == ["t2s", "sovits", "ssl", "speaker"]
    left = dropped(report, "speaker")
    assert "seg_1.weight" in left
    assert "bn1.num_batches_tracked" in left
    stored = Pack.open(tmp_path / "b").part("speaker")[1]
    kinds = {stored[f"bn1.{name}"].dtype.name for name in ("running_mean", "running_var")}
    assert kinds == {"float32"}
    assert stored["bn1.weight"].dtype == np.float16
    assert "no BERT" in report.to_text()
    assert "family recognized by keys of the speaker embedding" in report.to_text()


def test_eight_bits_of_every_network(tmp_path):
    for family in ("v2Pro", "v4"):
        report = convert(
            whole_voice.save_voice(tmp_path / family, family),
            tmp_path / f"{family}-pack",
            PackOptions(storage="int8"),
        )
        assert sum(part.eight_bit for part in report.parts) > 0
        assert all(part.error.relative_rms < 0.02 for part in report.parts)


def test_vocoders_in_their_forms(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    saver = Saver()
    content = {"generator": saver.state(whole_voice.vocoder("v4"))}
    nested = write_archive(tmp_path / "x.pth", encode(content), saver.storages)
    for number, path in enumerate((nested, sources.vocoder.parent)):
        convert(dataclasses.replace(sources, vocoder=path), tmp_path / f"pack{number}")


def test_vocoders_that_do_not_fit(tmp_path):
    v3 = whole_voice.save_voice(tmp_path / "v3", "v3")
    v4 = whole_voice.save_voice(tmp_path / "v4", "v4")

    def refused(match, sources, **changes):
        with pytest.raises(WeightsError, match=match):
            convert(dataclasses.replace(sources, **changes), tmp_path / "pack")

    v5 = whole_voice.save_voice(tmp_path / "v5", "v5turbo")
    refused("family v5turbo makes spectrograms and needs a vocoder: hifigan", v5, vocoder=None)
    refused("is a bigvgan vocoder; family v5turbo", v5, vocoder=v3.vocoder)
    refused("family v3 makes spectrograms and needs a vocoder: bigvgan", v3, vocoder=None)
    refused("is a hifigan vocoder; family v3 speaks with bigvgan", v3, vocoder=v4.vocoder)
    refused("is a bigvgan vocoder; family v4", v4, vocoder=v3.vocoder)
    refused("must be a BigVGAN v2", v4, vocoder=v4.sovits.parent / "hubert" / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    refused("no vocoder; expected one of", v3, vocoder=tmp_path / "empty")
    config = {**whole_voice.VOCODER_CONFIG, "upsample_rates": [8, 8, 2]}
    (v3.vocoder / "config.json").write_text(json.dumps(config))
    refused("makes 128 samples a frame; family v3 needs 256", v3)


def test_speaker_networks_that_do_not_fit(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "pro", "v2Pro")
    weights = whole_voice.speaker()
    weights["layer4.0.conv3.weight"] = np.zeros((8, 16, 1, 1), np.float32)
    narrow = save_state(tmp_path / "narrow.ckpt", weights)
    with pytest.raises(WeightsError, match=r"its embedding has 80 numbers, .* takes 160"):
        convert(dataclasses.replace(sources, speaker=narrow), tmp_path / "pack")
    with pytest.raises(WeightsError, match="no tensors of this network"):
        convert(
            dataclasses.replace(sources, speaker=tmp_path / "pro/hubert/pytorch_model.bin"),
            tmp_path / "pack",
        )


def test_published_base_models_are_known_by_their_hash(tmp_path, monkeypatch):
    weights, config = whole_voice.sovits("v3")
    del config["model"]["version"]
    path = save_checkpoint(tmp_path / "x.pth", weights, config)
    monkeypatch.setitem(families._BASE_FILES, file_digest(path), "v4")
    assert detect_family(CFM, digest=file_digest(path)) == Family("v4", "v2")
    assert "hash" in detect_family(CFM, digest=file_digest(path)).told_by
    header_first = detect_family(CFM, b"03", digest=file_digest(path))
    assert header_first == Family("v3", "v2")
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    assert convert(dataclasses.replace(sources, sovits=path), tmp_path / "pack").model == "v4"


def test_command_with_a_check(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    arguments = ["--gpt", sources.gpt, "--sovits", sources.sovits, "--ssl", sources.ssl]
    arguments += ["--vocoder", sources.vocoder, "-o", tmp_path / "pack", "--check", "--share"]
    result = CliRunner().invoke(command, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["check"]["audio_s"] > 0
    assert report["model"] == "v4"
    again = CliRunner().invoke(command, [*map(str, arguments), "--overwrite"])
    assert "it speaks" in again.output


def test_a_check_that_fails(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    weights = whole_voice.vocoder("v4")
    for key in ("conv_post.weight", "conv_post.bias"):
        weights[key] *= 0
    mute = save_state(tmp_path / "mute.pth", weights)
    arguments = ["--gpt", sources.gpt, "--sovits", sources.sovits, "--vocoder", mute]
    arguments += ["-o", tmp_path / "pack", "--check"]
    result = CliRunner().invoke(command, list(map(str, arguments)))
    assert isinstance(result.exception, WeightsError)
    assert "it is silent" in str(result.exception)


def test_files_of_the_reference_savers_are_read_or_refused_with_reasons(tmp_path):
    """They hold a few tensors only: each is told apart, then refused for the first one missing."""
    voice = whole_voice.save_voice(tmp_path / "v2", "v2")
    flow = {f: whole_voice.save_voice(tmp_path / f, f) for f in ("v3", "v4")}
    expected = {
        "sovits_v1": "different families",
        "sovits_v2": "is missing",
        "sovits_v2Pro": "is missing",
        "sovits_v2ProPlus": "is missing",
        "sovits_v3_lora": r"mis|shape|does not",
        "sovits_v4_lora": r"mis|shape|does not",
        "hostile": "names 'posix.getcwd'",
        "parameters": "section 'weight'",
        "state_dict": "section 'weight'",
        "gpt": "not a SoVITS checkpoint",
    }
    for path in sorted((VECTORS / "goldens" / "files").iterdir()):
        base = flow[path.stem.split("_")[1]] if "lora" in path.stem else None
        sources = dataclasses.replace(
            voice,
            sovits=path,
            base=base.sovits if base else None,
            vocoder=base.vocoder if base else None,
        )
        kind = UnsafeFileError if path.stem == "hostile" else WeightsError
        with pytest.raises(kind, match=expected.get(path.stem, "")):
            convert(sources, tmp_path / "pack")
        assert not (tmp_path / "pack").exists()


def test_large_files_are_streamed(tmp_path):
    """A pack of 96 MB is made with far less memory than that."""
    sources = whole_voice.save_voice(tmp_path / "v3", "v3")
    weights, config = whole_voice.sovits("v3")
    for i in range(24):
        weights[f"cfm.estimator.large.{i}"] = np.ones((1000, 1000), np.float32)
    pth = save_checkpoint(tmp_path / "large.pth", weights, config)
    script = f"""
import resource
from pathlib import Path
from dora_mlx_tts.checkpoints import convert as module
from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
module.check_networks = lambda *_, **__: None  # no network has these tensors
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
convert(ConversionSources(Path({str(sources.gpt)!r}), Path({str(pth)!r}),
        vocoder=Path({str(sources.vocoder)!r})), {str(tmp_path / "pack")!r})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert pth.stat().st_size > 96e6
    assert int(done.stdout) * unit < 40e6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0

"""From checkpoint files to a pack."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import tiny_voice
from click.testing import CliRunner
from safetensors.numpy import save_file
from torch_files import encode, write_archive

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.cli.convert import convert as command
from dora_mlx_tts.errors import PackError, UnsafeFileError, WeightsError
from dora_mlx_tts.packs.arrays import fold_weight_norm
from dora_mlx_tts.packs.pack import Pack, PartContent
from dora_mlx_tts.packs.tensor_file import TensorSpec


@pytest.fixture
def sources(tmp_path):
    return ConversionSources(
        tiny_voice.save_t2s(tmp_path / "gpt.ckpt"), tiny_voice.save_sovits(tmp_path / "voice.pth")
    )


def dropped(report, part):
    found = next(p for p in report.parts if p.name == part)
    return {key for ignored in found.ignored for key in ignored.keys}


def changed(config, section, **values):
    config = copy.deepcopy(config)
    config[section].update(values)
    return config


def without(config, section, name):
    config = copy.deepcopy(config)
    del config[section][name]
    return config


def test_half_precision_is_kept_bit_by_bit(tmp_path, sources):
    report = convert(sources, tmp_path / "pack")
    pack = Pack.open(tmp_path / "pack")
    for part, given in (("t2s", tiny_voice.t2s_weights()), ("sovits", tiny_voice.sovits_weights())):
        _config, stored = pack.part(part)
        folded = fold_weight_norm({k: v.astype(np.float32) for k, v in given.items()})
        for key, values in stored.items():
            assert values.dtype == np.float16
            np.testing.assert_array_equal(values, given.get(key, folded[key].astype(np.float16)))
        assert set(folded) - set(stored) == dropped(report, part)
    assert dropped(report, "sovits") == {
        "enc_q.pre.weight",
        "quantizer.vq.layers.0._codebook.embed_avg",
        "quantizer.vq.layers.0._codebook.inited",
    }


def test_what_the_pack_says(tmp_path, sources):
    options = PackOptions(name="Tiny", licence="CC0-1.0", languages=["en", "zh"])
    report = convert(sources, tmp_path / "pack", options, extra={"CARD.md": b"card"})
    pack = Pack.open(tmp_path / "pack")
    manifest = pack.manifest
    assert (manifest.name, manifest.model, manifest.symbols) == ("Tiny", "v2", "v2")
    assert (manifest.sample_rate, manifest.licence) == (32000, "CC0-1.0")
    assert manifest.languages == ("en", "zh")
    assert manifest.provenance["sovits"]["file"] == "voice.pth"
    assert manifest.provenance["training"]["t2s"] == "3epoch_9iteration"
    assert pack.config("t2s") == {**tiny_voice.T2S_CONFIG["model"], "max_sec": 54}
    sovits = pack.config("sovits")
    assert sovits["semantic_frame_rate"] == "25hz"
    assert sovits["sampling_rate"] == 32000
    assert sovits["upsample_kernel_sizes"] == [16, 16]
    assert "mel_fmax" not in sovits
    assert pack.file("CARD.md").read_bytes() == b"card"
    assert report.bytes == pack.size


def test_eight_bits(tmp_path, sources):
    report = convert(sources, tmp_path / "pack", PackOptions(storage="int8"))
    _config, stored = Pack.open(tmp_path / "pack").part("sovits")
    given = fold_weight_norm(
        {k: v.astype(np.float32) for k, v in tiny_voice.sovits_weights().items()}
    )
    assert set(given) - set(stored) == dropped(report, "sovits")
    square_error = square_sum = largest = 0.0
    for key, values in stored.items():
        if given[key].size >= 4096 and "_codebook" not in key:
            assert values.dtype == np.float32
            off = values.astype(np.float64) - given[key]
            square_error += (off**2).sum()
            square_sum += (given[key].astype(np.float64) ** 2).sum()
            largest = max(largest, np.abs(off).max())
        else:
            assert values.dtype == np.float16
            np.testing.assert_allclose(values, given[key], rtol=1e-3)
    part = report.parts[1]
    assert part.error.max_abs == pytest.approx(largest)
    assert part.error.relative_rms == pytest.approx(np.sqrt(square_error / square_sum))
    assert 0 < part.error.relative_rms < 0.02
    assert "flow.flows.0.enc.in_layers.0.weight" in {one.key for one in part.tensor_errors}


def test_float32_storage(tmp_path, sources):
    convert(sources, tmp_path / "pack", PackOptions(storage="float32"))
    _config, stored = Pack.open(tmp_path / "pack").part("t2s")
    assert {values.dtype.name for values in stored.values()} == {"float32"}


def test_without_the_reference_encoder(tmp_path, sources):
    options = PackOptions(storage="int8", reference_encoder=False)
    report = convert(sources, tmp_path / "pack", options)
    _config, stored = Pack.open(tmp_path / "pack").part("sovits")
    assert not any(key.startswith("ssl_proj") for key in stored)
    assert {"ssl_proj.weight", "ssl_proj.bias"} <= dropped(report, "sovits")
    assert stored["quantizer.vq.layers.0._codebook.embed"].dtype == np.float32
    with pytest.raises(WeightsError, match="needs the reference encoder"):
        convert(
            ConversionSources(sources.gpt, sources.sovits, ssl=tmp_path), tmp_path / "b", options
        )


def test_v1(tmp_path):
    sources = ConversionSources(
        tiny_voice.save_t2s(
            tmp_path / "g.ckpt",
            weights=tiny_voice.t2s_weights(512),
            config=changed(tiny_voice.T2S_CONFIG, "model", phoneme_vocab_size=512),
        ),
        tiny_voice.save_sovits(tmp_path / "s.pth", weights=tiny_voice.sovits_weights(322)),
    )
    report = convert(sources, tmp_path / "pack")
    assert (report.model, report.symbols) == ("v1", "v1")
    assert Pack.open(tmp_path / "pack").config("sovits")["version"] == "v1"


@pytest.mark.parametrize(("phones", "symbols"), [(512, 732), (732, 322)])
def test_parts_of_different_families(tmp_path, phones, symbols):
    sources = ConversionSources(
        tiny_voice.save_t2s(
            tmp_path / "g.ckpt",
            weights=tiny_voice.t2s_weights(phones),
            config=changed(tiny_voice.T2S_CONFIG, "model", phoneme_vocab_size=phones),
        ),
        tiny_voice.save_sovits(tmp_path / "s.pth", weights=tiny_voice.sovits_weights(symbols)),
    )
    with pytest.raises(WeightsError, match="different families"):
        convert(sources, tmp_path / "pack")


@pytest.mark.parametrize("prefix", ["", "hubert."])
def test_ssl_encoder(tmp_path, sources, prefix):
    weights = {prefix + key: values for key, values in tiny_voice.hubert_weights().items()}
    folder = tiny_voice.save_folder(tmp_path / "hubert", weights, tiny_voice.HUBERT_CONFIG)
    report = convert(ConversionSources(sources.gpt, sources.sovits, ssl=folder), tmp_path / "pack")
    config, stored = Pack.open(tmp_path / "pack").part("ssl")
    assert set(fold_weight_norm(tiny_voice.hubert_weights())) - set(stored) == {"masked_spec_embed"}
    assert dropped(report, "ssl") == {"masked_spec_embed"}
    assert config["conv_stride"] == [5]
    assert "id2label" not in config


@pytest.mark.parametrize(
    ("prefix", "norm"), [("bert.", ("gamma", "beta")), ("", ("weight", "bias"))]
)
def test_bert(tmp_path, sources, prefix, norm):
    folder = tiny_voice.save_folder(
        tmp_path / "bert", tiny_voice.bert_weights(prefix, norm), tiny_voice.BERT_CONFIG
    )
    (folder / "vocab.txt").write_text("[PAD]\n[CLS]\n", encoding="utf-8")
    convert(ConversionSources(sources.gpt, sources.sovits, bert=folder), tmp_path / "pack")
    pack = Pack.open(tmp_path / "pack")
    config, stored = pack.part("bert")
    assert config["num_hidden_layers"] == 4
    assert {key for key in stored if ".layer." in key} == {
        f"bert.encoder.layer.{i}.intermediate.dense.weight" for i in (0, 1)
    }
    assert {key for key in stored if "Norm" in key} == {
        "bert.embeddings.LayerNorm.weight",
        "bert.embeddings.LayerNorm.bias",
    }
    assert not any("pooler" in key or key.startswith("cls") for key in stored)
    assert pack.file("vocab.txt").read_text() == "[PAD]\n[CLS]\n"


def test_vocabulary_out_of_a_tokenizer_file(tmp_path, sources):
    folder = tiny_voice.save_folder(
        tmp_path / "bert", tiny_voice.bert_weights(), tiny_voice.BERT_CONFIG
    )
    tokens = folder / "tokenizer.json"
    target = ConversionSources(sources.gpt, sources.sovits, bert=folder)
    with pytest.raises(WeightsError, match=r"no vocab\.txt"):
        convert(target, tmp_path / "pack")
    tokens.write_text('{"model": {"vocab": {"b": 0, "a": 2}}}')
    with pytest.raises(WeightsError, match="not numbered from 0"):
        convert(target, tmp_path / "pack")
    tokens.write_text('{"model": {"vocab": {"b": 1, "a": 0}}}')
    convert(target, tmp_path / "pack")
    assert Pack.open(tmp_path / "pack").file("vocab.txt").read_text() == "a\nb\n"


def test_folder_with_safetensors(tmp_path, sources):
    folder = tmp_path / "hubert"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(tiny_voice.HUBERT_CONFIG))
    save_file(tiny_voice.hubert_weights(), folder / "model.safetensors")
    convert(ConversionSources(sources.gpt, sources.sovits, ssl=folder), tmp_path / "pack")
    assert Pack.open(tmp_path / "pack").has("ssl")


def test_folders_that_lack_something(tmp_path, sources):
    def refused(match):
        with pytest.raises(WeightsError, match=match):
            convert(ConversionSources(sources.gpt, sources.sovits, ssl=folder), tmp_path / "pack")

    folder = tmp_path / "hubert"
    refused("no such folder")
    folder.mkdir()
    refused(r"config\.json: cannot be read")
    (folder / "config.json").write_text("[]")
    refused("holds a list")
    (folder / "config.json").write_text("{")
    refused("not JSON")
    (folder / "config.json").write_text("{}")
    refused(r"expected model\.safetensors or pytorch_model\.bin")


@pytest.mark.parametrize(
    ("config", "match"),
    [
        (changed(tiny_voice.T2S_CONFIG, "model", n_layer=3), "n_layer 3, but its tensors have 2"),
        (changed(tiny_voice.T2S_CONFIG, "model", head=5), "head 5 does not divide hidden_dim 64"),
        (changed(tiny_voice.T2S_CONFIG, "model", head=0), "head 0 does not divide"),
        (changed(tiny_voice.T2S_CONFIG, "model", EOS=1024), "EOS 1024"),
        (without(tiny_voice.T2S_CONFIG, "model", "head"), "lacks head"),
        ({"data": {}}, "no section 'model'"),
        (3, "no configuration"),
    ],
)
def test_t2s_configurations_that_contradict(tmp_path, sources, config, match):
    gpt = tiny_voice.save_t2s(tmp_path / "bad.ckpt", config=config)
    with pytest.raises(WeightsError, match=match) as caught:
        convert(ConversionSources(gpt, sources.sovits), tmp_path / "pack")
    assert "bad.ckpt" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "match"),
    [
        (changed(tiny_voice.SOVITS_CONFIG, "model", n_layers=6), "n_layers 6"),
        (changed(tiny_voice.SOVITS_CONFIG, "model", gin_channels=512), "gin_channels 512"),
        (changed(tiny_voice.SOVITS_CONFIG, "model", upsample_rates=[10]), "2 upsampling stages"),
        (changed(tiny_voice.SOVITS_CONFIG, "model", upsample_kernel_sizes=[1, 1]), "kernel_sizes"),
        (changed(tiny_voice.SOVITS_CONFIG, "model", n_heads=None), "n_heads None"),
        (without(tiny_voice.SOVITS_CONFIG, "model", "upsample_rates"), "lacks upsample_rates"),
        (without(tiny_voice.SOVITS_CONFIG, "data", "hop_length"), "lacks hop_length"),
    ],
)
def test_sovits_configurations_that_contradict(tmp_path, sources, config, match):
    sovits = tiny_voice.save_sovits(tmp_path / "bad.pth", config=config)
    with pytest.raises(WeightsError, match=match):
        convert(ConversionSources(sources.gpt, sovits), tmp_path / "pack")


def test_files_in_each_others_place(tmp_path, sources):
    with pytest.raises(WeightsError, match="not a SoVITS checkpoint"):
        convert(ConversionSources(sources.sovits, sources.gpt), tmp_path / "pack")
    with pytest.raises(WeightsError, match="no tensors of this network"):
        convert(ConversionSources(sources.sovits, sources.sovits), tmp_path / "pack")


def test_headers_that_promise_what_is_not_there(tmp_path, sources):
    sovits = tiny_voice.save_sovits(tmp_path / "pro.pth", header=b"05")
    with pytest.raises(WeightsError, match=r"pro\.pth: tensor 'sv_emb\.weight' is missing"):
        convert(ConversionSources(sources.gpt, sovits), tmp_path / "pack")


def test_files_that_a_family_has_no_use_for(tmp_path, sources):
    for name in ("speaker", "vocoder", "base"):
        given = {name: sources.sovits}
        with pytest.raises(WeightsError, match=r"not used by family|is a full model"):
            convert(ConversionSources(sources.gpt, sources.sovits, **given), tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_missing_tensors_are_named(tmp_path, sources):
    weights = tiny_voice.sovits_weights()
    del weights["ref_enc.fc.fc.weight"]
    sovits = tiny_voice.save_sovits(tmp_path / "s.pth", weights=weights)
    with pytest.raises(WeightsError, match=r"s\.pth: tensor 'ref_enc\.fc\.fc\.weight' is missing"):
        convert(ConversionSources(sources.gpt, sovits), tmp_path / "pack")


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_weights_that_are_not_finite(tmp_path, sources, storage):
    weights = tiny_voice.t2s_weights()
    weights["model.h.layers.0.linear1.weight"][3, 4] = np.nan
    gpt = tiny_voice.save_t2s(tmp_path / "g.ckpt", weights=weights)
    with pytest.raises(WeightsError, match=r"t2s: tensor 'model\.h\.layers\.0\.linear1\.weight'"):
        convert(
            ConversionSources(gpt, sources.sovits), tmp_path / "p", PackOptions(storage=storage)
        )
    assert not (tmp_path / "p").exists()


def test_keys_that_would_name_scales(tmp_path, sources):
    weights = {**tiny_voice.t2s_weights(), "model.x:scale": np.ones(3, np.float32)}
    gpt = tiny_voice.save_t2s(tmp_path / "g.ckpt", weights=weights)
    with pytest.raises(WeightsError, match="colon"):
        convert(ConversionSources(gpt, sources.sovits), tmp_path / "pack")


def test_unknown_storage(tmp_path, sources):
    with pytest.raises(WeightsError, match=r"storage must be 'float16'.* got 'int4'"):
        convert(sources, tmp_path / "pack", PackOptions(storage="int4"))


def test_progress_ends_with_everything_done(tmp_path, sources):
    seen = []
    convert(sources, tmp_path / "pack", progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[1] == step[2]] == [("t2s", 5, 5), ("sovits", 15, 15)]


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_command(tmp_path, sources):
    out = tmp_path / "pack"
    files = ("--gpt", sources.gpt, "--sovits", sources.sovits, "-o", out)
    result = run(*files, "--storage", "int8", "--languages", "en, zh", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["parts"]["t2s"]["eight_bit_parameters"] > 0
    assert result.stderr == ""
    assert Pack.open(out).manifest.languages == ("en", "zh")
    again = run(*files)
    assert isinstance(again.exception, PackError)
    readable = run(*files, "--overwrite")
    assert readable.exit_code == 0
    assert "enc_q" in readable.stdout
    assert "sovits: 15/15" in readable.stderr


def test_command_refuses(tmp_path, sources):
    bad = write_archive(tmp_path / "bad.pth", encode({"weight": {}}).replace(b"}(u", b"cos\nx\n"))
    common = ("--sovits", sources.sovits, "-o", tmp_path / "pack")
    assert isinstance(run("--gpt", bad, *common).exception, UnsafeFileError)
    early = run("--gpt", sources.gpt, *common, "--speaker", bad)
    assert isinstance(early.exception, WeightsError)
    assert run("--gpt", sources.gpt, *common, "--storage", "int4").exit_code == 2
    assert not (tmp_path / "pack").exists()


def test_a_table_that_no_checkpoint_holds_is_a_part_like_any_other(tmp_path, sources):
    table = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    spec = TensorSpec(table.dtype, table.shape, lambda: table)
    convert(sources, tmp_path / "pack", tables={"codes": PartContent({}, {"evidence": spec})})
    _, stored = Pack.open(tmp_path / "pack").part("codes")
    np.testing.assert_array_equal(stored["evidence"], table)
    assert stored["evidence"].dtype == np.int8

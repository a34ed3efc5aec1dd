"""Files of v3, v4 and v5: LoRAs and their bases, digits in front, halves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import whole_voice
from torch_files import save_checkpoint

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.read.lora import merge_lora
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.tools.self_test import check_pack


@pytest.mark.parametrize("family", whole_voice.FLOWS)
def test_loras_are_merged_into_their_base(tmp_path, cpu, family):
    base = whole_voice.save_voice(tmp_path / "base", family)
    lora = whole_voice.save_lora(tmp_path / "lora.pth", family)
    sources = dataclasses.replace(base, sovits=lora, base=base.sovits)
    report = convert(sources, tmp_path / "pack", PackOptions(storage="float32"))
    assert report.model == family
    assert report.base == base.sovits
    assert "header" in report.told_by
    pack = Pack.open(tmp_path / "pack")
    arrays = {k: v.read() for k, v in read_checkpoint(lora).tensors("weight").items()}
    given = whole_voice.sovits(family)[0]
    want = merge_lora(given, arrays)
    changed = 0
    for part in ("sovits", "cfm"):
        for key, values in pack.part(part)[1].items():
            np.testing.assert_array_equal(values, want[key])
            changed += not np.array_equal(values, given[key])
    assert changed == 2
    ignored = {k for part in report.parts for one in part.ignored for k in one.keys}
    assert "elsewhere.weight" in ignored
    assert pack.manifest.provenance["base"]["file"] == "sovits.pth"
    check_pack(tmp_path / "pack", cpu)


def test_loras_need_their_own_base(tmp_path):
    base = whole_voice.save_voice(tmp_path / "base", "v3")
    other = whole_voice.save_voice(tmp_path / "other", "v2")
    lora = whole_voice.save_lora(tmp_path / "lora.pth", "v4")

    def refused(match, **changes):
        with pytest.raises(WeightsError, match=match):
            convert(dataclasses.replace(base, sovits=lora, **changes), tmp_path / "pack")

    refused(r"is a LoRA of family v4; give the base model .*s2Gv4\.pth")
    refused("is not a base model of v4", base=other.sovits)
    refused("is a base model of v3", base=base.sovits)
    with pytest.raises(WeightsError, match="is a full model, not a LoRA"):
        convert(dataclasses.replace(base, base=base.sovits), tmp_path / "pack")


def test_bases_and_loras_of_v5(tmp_path):
    base = whole_voice.save_voice(tmp_path / "base", "v5turbo")
    step = whole_voice.save_voice(tmp_path / "v4", "v4")
    lora = whole_voice.save_lora(tmp_path / "lora.pth", "v5dev")
    for other, match in ((base, "is a base model of v5turbo"), (step, "v3 or v4|base model of v4")):
        with pytest.raises(WeightsError, match=match):
            convert(dataclasses.replace(base, sovits=lora, base=other.sovits), tmp_path / "pack")
    with pytest.raises(WeightsError, match=r"give the base model .*s2Gv5dev\.pth"):
        convert(dataclasses.replace(base, sovits=lora), tmp_path / "pack")
    weights, config = whole_voice.sovits("v5dev")
    del config["model"]["version"]  # a base that does not say which it is
    plain = save_checkpoint(tmp_path / "plain.pth", weights, config)
    report = convert(dataclasses.replace(base, sovits=lora, base=plain), tmp_path / "pack")
    assert report.model == "v5dev"
    turbo = whole_voice.save_lora(tmp_path / "turbo.pth", "v5turbo")
    report = convert(dataclasses.replace(base, sovits=turbo, base=plain), tmp_path / "other")
    assert report.model == "v5turbo"


def test_half_a_file_is_refused(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v5", "v5turbo", header=b"08")
    content = sources.sovits.read_bytes()
    for size in (3, 600, len(content) // 2, len(content) - 1):
        sources.sovits.write_bytes(content[:size])
        with pytest.raises(WeightsError):
            convert(sources, tmp_path / "pack")
        assert not (tmp_path / "pack").exists()
    sources.sovits.write_bytes(content)
    assert convert(sources, tmp_path / "pack").model == "v5turbo"


def test_fine_tuned_v4_is_told_by_header_or_configuration(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    assert "config.model.version" in convert(sources, tmp_path / "a").told_by
    weights, config = whole_voice.sovits("v4")
    del config["model"]["version"]
    for header, match in ((b"04", None), (None, "neither its header nor its hash")):
        pth = save_checkpoint(tmp_path / "x.pth", weights, config, header=header)
        target = dataclasses.replace(sources, sovits=pth)
        if match is None:
            assert convert(target, tmp_path / "b").model == "v4"
            continue
        with pytest.raises(WeightsError, match=match):
            convert(target, tmp_path / "c")
        said = dataclasses.replace(target, family="v4")
        assert convert(said, tmp_path / "d").model == "v4"

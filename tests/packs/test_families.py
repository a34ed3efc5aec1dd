"""Telling model families apart."""

from __future__ import annotations

import pytest

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.families import TEXT_EMBEDDING, Family, detect_family

V2 = {TEXT_EMBEDDING: (732, 192), "dec.conv_pre.weight": (512, 192, 7)}
PRO = {**V2, "sv_emb.weight": (1024, 20480)}
PLUS = {**PRO, "dec.conv_pre.weight": (768, 192, 7)}
SMALL_PRO = {**PRO, "dec.conv_pre.weight": (64, 192, 7)}
V5 = {TEXT_EMBEDDING: (732, 192), "cfm.estimator.proj_out.weight": (100, 1024)}
CFM = {**V5, "cfm.estimator.d_embed.time_mlp.0.weight": (1024, 256)}
LORA = {"cfm.base_model.model.x.lora_A.default.weight": (8, 16)}


@pytest.mark.parametrize(
    ("shapes", "header", "declared", "want"),
    [
        ({TEXT_EMBEDDING: (322, 192)}, None, None, Family("v1", "v1")),
        ({TEXT_EMBEDDING: (322, 192)}, None, "v2", Family("v1", "v1")),
        (V2, None, None, Family("v2", "v2")),
        (V2, None, "v1", Family("v2", "v2")),
        (V2, b"05", None, Family("v2Pro", "v2")),
        (V2, b"06", None, Family("v2ProPlus", "v2")),
        (PRO, None, None, Family("v2Pro", "v2")),
        (PLUS, b"05", "v2Pro", Family("v2ProPlus", "v2")),
        (SMALL_PRO, None, "v2ProPlus", Family("v2ProPlus", "v2")),
        (CFM, b"02", "v4", Family("v3", "v2")),
        (CFM, None, "v4", Family("v4", "v2")),
        (LORA, b"03", None, Family("v3", "v2", lora=True)),
        (LORA, b"04", None, Family("v4", "v2", lora=True)),
        (LORA, b"07", None, Family("v5dev", "v2", lora=True)),
        (LORA, b"08", "v4", Family("v5turbo", "v2", lora=True)),
        (V5, b"07", "v5turbo", Family("v5dev", "v2")),
        (V5, b"08", None, Family("v5turbo", "v2")),
        (V5, None, "v5turbo", Family("v5turbo", "v2")),
        (V5, None, "v5", Family("v5dev", "v2")),
        (V5, None, "v4", Family("v5dev", "v2")),
        (V5, None, None, Family("v5dev", "v2")),
    ],
)
def test_families(shapes, header, declared, want):
    assert detect_family(shapes, header, declared) == want


@pytest.mark.parametrize(
    ("shapes", "header", "match"),
    [
        ({"model.h.layers.0.x": (1,)}, None, "not a SoVITS checkpoint"),
        (V2, b"77", "unknown version digits b'77'"),
        (CFM, None, "v3 or v4; neither"),
        (LORA, None, "v3 or v4 or v5dev or v5turbo; neither"),
        (LORA, b"05", "v3 or v4 or v5dev or v5turbo; neither"),
        (CFM, b"07", "header 07 means v5dev, but its flow matching has a step embedding"),
        (CFM, b"05", "v3 or v4; neither"),
        (V5, b"04", "header 04 means v4, but its flow matching has no step embedding"),
        (V5, b"06", "header 06 means v2ProPlus, but its flow matching has no step"),
        (V2, b"08", "header 08 means v5turbo, but there is no flow matching network"),
        (V2, b"04", "header 04 means v4, but there is no flow matching network"),
        (SMALL_PRO, None, "v2Pro or v2ProPlus; neither"),
    ],
)
def test_what_cannot_be_told(shapes, header, match):
    with pytest.raises(WeightsError, match=match):
        detect_family(shapes, header, source="f.pth")


@pytest.mark.parametrize(
    ("name", "digest", "asked", "want"),
    [
        ("s2Gv5turbo.pth", None, None, "v5turbo"),
        ("S2GV5DEV.pth", None, "v5turbo", "v5dev"),
        ("mine.pth", None, "v5turbo", "v5turbo"),
        ("mine.pth", None, "v4", "v5dev"),
        ("s2Gv5dev.pth", "6bc5cb2a195cc8ec22b2e723cd4d6f47", None, "v5turbo"),
        ("mine.pth", "695048a8e361076a54e6f32a21b949a3", None, "v5turbo"),
        ("mine.pth", "0e6e00af4104438346bda5344e6260e3", None, "v5dev"),
        ("mine.pth", "c4ce1f839a0d271e41963f9fb16ade76", "v5turbo", "v5dev"),
    ],
)
def test_what_tells_dev_from_turbo(name, digest, asked, want):
    found = detect_family(V5, None, None, f"/models/{name}", digest=digest, asked=asked)
    assert found == Family(want, "v2")


def test_digits_are_not_overruled():
    with pytest.raises(WeightsError, match="header 03 means v3"):
        detect_family(V5, b"03", None, "f.pth", asked="v5dev")
    with pytest.raises(WeightsError, match="LoRA checkpoint"):
        detect_family(LORA, b"05", None, "f.pth", asked="v4")

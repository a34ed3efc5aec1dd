"""Telling model families apart."""

from __future__ import annotations

import pytest

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.families import TEXT_EMBEDDING, Family, detect_family

V2 = {TEXT_EMBEDDING: (732, 192), "dec.conv_pre.weight": (512, 192, 7)}
PRO = {**V2, "sv_emb.weight": (1024, 20480)}
PLUS = {**PRO, "dec.conv_pre.weight": (768, 192, 7)}
SMALL_PRO = {**PRO, "dec.conv_pre.weight": (64, 192, 7)}
CFM = {TEXT_EMBEDDING: (732, 192), "cfm.estimator.proj_out.weight": (100, 1024)}
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
        (LORA, None, "v3 or v4; neither"),
        (LORA, b"05", "v3 or v4; neither"),
        (SMALL_PRO, None, "v2Pro or v2ProPlus; neither"),
    ],
)
def test_what_cannot_be_told(shapes, header, match):
    with pytest.raises(WeightsError, match=match):
        detect_family(shapes, header, source="f.pth")

"""A checkpoint that lacks a tensor, or has one of another shape, is refused before anything is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import whole_voice
from torch_files import save_checkpoint, save_state

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.errors import WeightsError

EACH = 16
UNUSED = ("enc_q.", "linear_mel.", "cfm.estimator.rotary_embed.", "activation_post.upsample.")
NOT_LOADED = ("embed_avg", "cluster_size", "inited", "num_batches_tracked", "sv_emb.weight")
GIVEN_BY_SHAPE = {"model.bert_proj.weight"}  # a width that only BERT can contradict


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ConversionSources]:
    folder = tmp_path_factory.mktemp("voices")
    return {f: whole_voice.save_voice(folder / f, f) for f in ("v2", "v2Pro", "v3", "v4")}


def damages(weights: dict[str, np.ndarray], seed: int) -> list[tuple[str, str, Any]]:
    """(kind, key, tensor or None) of tensors that a network needs."""
    random = np.random.default_rng(seed)
    keys = [k for k in sorted(weights) if not k.startswith(UNUSED) and not k.endswith(NOT_LOADED)]
    keys = [key for key in keys if key not in GIVEN_BY_SHAPE]
    made: list[tuple[str, str, Any]] = []
    for number, key in enumerate(random.choice(keys, EACH, replace=False).tolist()):
        values = weights[key]
        kind = ("missing", "longer", "shorter", "flat")[number % 4]
        if kind == "missing" or values.size == 1:
            made.append(("missing", key, None))
        elif kind == "longer":
            made.append((kind, key, np.concatenate([values, values[:1]])))
        elif kind == "shorter" and values.shape[-1] > 1:
            made.append((kind, key, values[..., :-1]))
        else:
            made.append((kind, key, values[None]))
    return made


def damaged(
    sources: ConversionSources, folder: Path, field: str, content: Any
) -> ConversionSources:
    weights, config, header = content
    file = folder / f"damaged-{field}.pth"
    if config is None:
        save_state(file, weights)
    else:
        save_checkpoint(file, weights, config, header=header)
    return dataclasses.replace(sources, **{field: file})


FILES = [
    ("v2", "gpt"),
    ("v2", "sovits"),
    ("v2Pro", "sovits"),
    ("v2Pro", "speaker"),
    ("v3", "sovits"),
    ("v3", "vocoder"),
    ("v4", "sovits"),
    ("v4", "vocoder"),
]


@pytest.mark.parametrize(("family", "field"), FILES)
def test_every_damage_is_refused(
    voices: dict[str, ConversionSources], tmp_path: Path, family: str, field: str
) -> None:
    weights, config = {
        "gpt": whole_voice.t2s,
        "sovits": lambda: whole_voice.sovits(family),
        "speaker": lambda: (whole_voice.speaker(), None),
        "vocoder": lambda: (whole_voice.vocoder(family), None),
    }[field]()
    header = whole_voice.HEADERS.get(family) if field == "sovits" else None
    sources = dataclasses.replace(voices[family], ssl=None, bert=None)
    if family == "v4" and field == "sovits":
        sources = dataclasses.replace(sources, family="v4")
    whole = damaged(sources, tmp_path, field, (weights, config, header))
    if field == "vocoder" and family == "v3":
        (tmp_path / "config.json").write_bytes((sources.vocoder / "config.json").read_bytes())
    convert(whole, tmp_path / "whole")
    passed, untold = [], []
    for kind, key, values in damages(weights, seed=len(field) + len(family)):
        less = {k: v for k, v in weights.items() if k != key}
        content = (less if values is None else {**less, key: values}, config, header)
        try:
            convert(damaged(sources, tmp_path, field, content), tmp_path / f"pack-{kind}-{key}")
        except WeightsError as error:
            if not any(name in str(error) for name in (str(tmp_path), key)):
                untold.append(str(error))
        else:
            passed.append((kind, key))
    assert passed == []
    assert untold == [], "an error names neither the file nor the tensor"
    assert not list(tmp_path.glob("pack-*"))


def test_a_voice_that_lacks_what_recordings_need(
    voices: dict[str, ConversionSources], tmp_path: Path
) -> None:
    weights, config = whole_voice.sovits("v2")
    less = {k: v for k, v in weights.items() if not k.startswith("ssl_proj.")}
    sources = dataclasses.replace(voices["v2"], ssl=None, bert=None)
    sources = damaged(sources, tmp_path, "sovits", (less, config, None))
    with pytest.raises(WeightsError, match=r"'ssl_proj\.weight' is missing"):
        convert(sources, tmp_path / "pack")
    convert(sources, tmp_path / "pack", PackOptions(reference_encoder=False))


def test_the_cause_is_kept(voices: dict[str, ConversionSources], tmp_path: Path) -> None:
    weights, config = whole_voice.t2s()
    less = {k: v for k, v in weights.items() if k != "model.ar_predict_layer.weight"}
    sources = damaged(voices["v2"], tmp_path, "gpt", (less, config, None))
    with pytest.raises(WeightsError, match=r"part 't2s'.*ar_predict_layer") as caught:
        convert(sources, tmp_path / "pack")
    assert isinstance(caught.value.__cause__, WeightsError)


def test_features_of_another_width(voices: dict[str, ConversionSources], tmp_path: Path) -> None:
    weights, config = whole_voice.t2s()
    narrow = {**weights, "model.bert_proj.weight": weights["model.bert_proj.weight"][:, :-1]}
    sources = damaged(voices["v2"], tmp_path, "gpt", (narrow, config, None))
    with pytest.raises(WeightsError, match=r"has features of width \d+, .* needs \d+"):
        convert(sources, tmp_path / "pack")

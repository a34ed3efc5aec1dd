"""From the recording to spectrum and codes, against the reference implementation."""

from __future__ import annotations

import json
from pathlib import Path

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.audio.io import checked
from dora_mlx_tts.audio.reference import convert, reference_samples
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.runtime import blas
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.synthesis.loading.prompt import semantic_codes

STARTER = Path(__file__).resolve().parents[3] / "shared" / "starter_voice"


@pytest.fixture(scope="module", autouse=True)
def _fast_products():
    blas.accelerate()


def make_hubert(config, tensors, backend=Backend.CPU):
    model = Hubert(HubertConfig.from_dict(config))
    strict_load(model, model.sanitize(tensors), "HuBERT")
    prepare(model, backend)
    return model


def make_sovits(config, tensors, backend=Backend.CPU):
    model = SoVITS(SoVITSConfig.from_checkpoint(config, tensors))
    strict_load(model, model.sanitize(tensors), "SoVITS")
    prepare(model, backend)
    return model


def config_of(weights, key):
    """Configuration of a network, from any case that runs it: those hold `key`."""
    return next(
        entry["config"]
        for entry in golden_cases.manifest()["cases"].values()
        if entry.get("weights") == weights and key in entry.get("config", {})
    )


@pytest.mark.parametrize("name", cases("reference", r"^reference_spec_"))
def test_spectrum(name, load_case, assert_close):
    arrays, entry = load_case(name)
    recording = checked(arrays["wav"].T, entry["config"]["rate"], name)
    reference = convert(recording)
    assert_close(reference.spectrum().T[None], arrays["spec"], entry, what="spectrum")
    assert_close(reference.speaker_samples()[None], arrays["audio_16k"], entry, what="16 kHz")


@pytest.mark.parametrize("name", cases("reference", r"^prompt_semantic"))
def test_semantic_codes(name, load_case):
    arrays, entry = load_case(name)
    sovits_name = entry["config"]["sovits_weights"]
    hubert_config = config_of(entry["weights"], "conv_dim")
    sovits_config = config_of(sovits_name, "n_heads")
    sovits = make_sovits({"model": sovits_config}, golden_cases.draw_weights(sovits_name))
    hubert = make_hubert(hubert_config, golden_cases.draw_weights(entry["weights"]))
    codes = semantic_codes(arrays["wav"], hubert, sovits)
    np.testing.assert_array_equal(codes, arrays["codes"])


@pytest.mark.skipif(
    not STARTER.is_dir(), reason="the float checkpoints of the starter voices are not here"
)
@pytest.mark.parametrize(
    "backend",
    [Backend.CPU, pytest.param(Backend.NATIVE, marks=pytest.mark.slow)],
)
def test_starter_voices_have_the_expected_codes(backend):
    tensors = {
        k: t.read() for k, t in read_tensor_file(STARTER / "hubert" / "model.safetensors").items()
    }
    hubert = make_hubert(
        json.loads((STARTER / "hubert" / "config.json").read_text()), tensors, backend
    )
    checkpoint = read_checkpoint(STARTER / "starter-s2.pth")
    weights = {key: tensor.read() for key, tensor in checkpoint.tensors("weight").items()}
    sovits = make_sovits(checkpoint.content["config"], weights, backend)
    voices = json.loads((STARTER / "references" / "references.json").read_text())
    assert voices
    for voice in voices:
        reference = reference_samples(STARTER / voice["file"])
        codes = semantic_codes(reference.samples_16k, hubert, sovits)
        with np.load(STARTER / "expected" / f"{voice['name']}.npz") as expected:
            np.testing.assert_array_equal(codes, expected["prompt_codes"], err_msg=voice["name"])
        ge = sovits.style([mx.array(reference.spectrum())[None]])
        assert np.isfinite(np.array(ge)).all()

"""The starter checkpoints, converted in float, against what the reference's modules made of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.audio.reference import reference_samples
from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import PromptNetworks, semantic_codes, style

FOLDER = Path(
    os.environ.get(
        "DORA_MLX_TTS_STARTER", Path(__file__).resolve().parents[3] / "shared" / "starter_voice"
    )
)
RECORDINGS = sorted(path.stem for path in (FOLDER / "expected").glob("*.npz"))

pytestmark = pytest.mark.skipif(
    not (FOLDER / "starter-s2.pth").is_file(),
    reason="no starter checkpoints: set DORA_MLX_TTS_STARTER or put them at ../shared/starter_voice",
)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    blas.accelerate()
    pack = tmp_path_factory.mktemp("packs") / "float"
    sources = ConversionSources(
        FOLDER / "starter-s1.ckpt", FOLDER / "starter-s2.pth", FOLDER / "hubert"
    )
    convert(sources, pack, PackOptions(storage="float16"))
    return Networks.open(pack, device.select("cpu"))


@pytest.fixture(params=RECORDINGS)
def expected(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    with np.load(FOLDER / "expected" / f"{request.param}.npz") as file:
        return {"name": np.array(request.param), **{key: file[key] for key in file.files}}


def test_reference_gives_the_prompt_codes(
    networks: Networks, expected: dict[str, np.ndarray]
) -> None:
    reference = reference_samples(FOLDER / "references" / f"{expected['name']}.wav")
    codes = semantic_codes(reference.samples_16k, networks.ssl, networks.sovits)
    np.testing.assert_array_equal(codes, expected["prompt_codes"])


def test_phones_give_the_codes(networks: Networks, expected: dict[str, np.ndarray]) -> None:
    phones = np.concatenate([expected["ref_phones"], expected["phones"]]).astype(np.int32)
    sampling = SamplingSettings(
        top_k=int(expected["top_k"]),
        temperature=float(expected["temperature"]),
        repetition_penalty=float(expected["repetition_penalty"]),
    )
    prompt = expected["prompt_codes"].astype(np.int32)
    stream = generate(networks.t2s, T2SText(phones), prompt, DecodeSettings(sampling))
    np.testing.assert_array_equal(list(stream), expected["codes"])


def test_codes_give_the_waveform(networks: Networks, expected: dict[str, np.ndarray]) -> None:
    reference = reference_samples(FOLDER / "references" / f"{expected['name']}.wav")
    ge = mx.array(style(PromptNetworks(networks.sovits), [reference]))
    codes, phones = (mx.array(expected[key].astype(np.int32))[None] for key in ("codes", "phones"))
    wave = np.array(networks.sovits.decode(codes, phones, ge, noise_scale=0.0)).reshape(-1)
    np.testing.assert_allclose(wave, expected["wav"], atol=1e-3)


def test_our_reading_of_the_references_is_the_one_they_were_made_with() -> None:
    from dora_mlx_tts.text.frontend import FrontEnd

    front_end = FrontEnd("v2")
    for entry in json.loads((FOLDER / "references" / "references.json").read_text("utf-8")):
        phonemes = front_end.prompt_phonemes(entry["text"], entry["lang"])
        assert phonemes.ids.tolist() == entry["phones"], entry["name"]

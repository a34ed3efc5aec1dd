"""SoVITS v1, v2 and v2Pro against the reference implementation, part by part and whole."""

from __future__ import annotations

import functools
import json

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases
from reference_steps import latent_window

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.blas import accelerate
from dora_mlx_tts.runtime.device import Backend

GROUP = "sovits"


@pytest.fixture(scope="module", autouse=True)
def _fast_blas():
    accelerate()


@functools.lru_cache(maxsize=2)
def _load(weights: str, config: str, backend: Backend) -> SoVITS:
    tensors = golden_cases.draw_weights(weights)
    model = SoVITS(SoVITSConfig.from_checkpoint({"model": json.loads(config)}, tensors))
    strict_load(model, SoVITS.sanitize(tensors), weights)
    prepare(model, backend)
    return model


@pytest.fixture(params=Backend, ids=[backend.value for backend in Backend])
def load_model(request):
    def load(entry):
        on_cpu = mx.default_device() == mx.Device(mx.cpu)
        if entry["speed"] == "slow" and request.param is Backend.NATIVE and on_cpu:
            pytest.skip("a GPU backend with a full-size network takes minutes on a CPU")
        return _load(entry["weights"], json.dumps(entry["config"]), request.param)

    return load


def nlc(array: np.ndarray) -> mx.array:
    """The reference's [B, C, T] as [B, T, C]."""
    return mx.array(np.ascontiguousarray(array.swapaxes(1, 2)))


def ncl(array: mx.array) -> np.ndarray:
    return np.array(array).swapaxes(1, 2)


def audio(array: mx.array) -> np.ndarray:
    """Samples [1, n] as the reference's [1, 1, n]."""
    return np.array(array)[:, None]


def ids(arrays: dict[str, np.ndarray]) -> tuple[mx.array, mx.array]:
    return mx.array(arrays["codes"][0]), mx.array(arrays["text"])


def style(model: SoVITS, arrays: dict[str, np.ndarray], count: int) -> mx.array:
    speakers = [mx.array(arrays[f"sv{i}"]) for i in range(count) if f"sv{i}" in arrays]
    return model.style([nlc(arrays[f"spec{i}"]) for i in range(count)], speakers)


@pytest.mark.parametrize("name", cases(GROUP, r"_extract_latent$"))
def test_extract_latent(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    model = load_model(entry)
    ssl = nlc(arrays["ssl"])
    assert_close(ncl(model.ssl_proj(ssl)), arrays["projected"], entry)
    np.testing.assert_array_equal(np.array(model.extract_latent(ssl))[None], arrays["codes"])


@pytest.mark.parametrize("name", cases(GROUP, r"_quantizer_decode$"))
def test_quantizer_decode(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    features = ncl(load_model(entry).quantizer.decode(mx.array(arrays["codes"][0])))
    head = arrays["upsampled_head"]
    assert_close(features[:, : head.shape[1]], head, entry)
    assert_close(np.abs(features).sum(dtype=np.float64), arrays["sum_abs"], entry, rtol=1e-5)
    assert_close(features.mean(dtype=np.float64), arrays["mean"], entry, atol=1e-5)


@pytest.mark.parametrize("name", cases(GROUP, r"_text_encoder(_short)?$"))
def test_text_encoder(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    model = load_model(entry)
    codes, text = ids(arrays)
    ge, encoder = nlc(arrays["ge"]), model.enc_p
    frames = encoder.encoder_ssl(encoder.ssl_proj(model.quantizer.decode(codes)))
    phones = encoder.encoder_text(encoder.text_embedding(text))
    assert_close(ncl(frames), arrays["encoder_ssl"], entry, what="encoder_ssl")
    assert_close(ncl(phones), arrays["encoder_text"], entry, what="encoder_text")
    assert_close(ncl(encoder.mrte(frames, phones, ge)), arrays["mrte"], entry, what="mrte")
    latent = model.encode_latent(codes, text, ge)
    assert_close(ncl(latent), arrays["encoder2"], entry, what="encoder2")
    for key in (key for key in arrays if key.startswith("m_")):
        speed = float(key.removeprefix("m_").replace("_", "."))
        mean, log_deviation = model.encode(codes, text, ge, speed)
        assert_close(ncl(mean), arrays[key], entry, what=key)
        assert_close(ncl(log_deviation), arrays[f"logs_{key[2:]}"], entry, what=f"logs_{key[2:]}")


@pytest.mark.parametrize("name", cases(GROUP, r"_flow_reverse$"))
def test_flow_reverse(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    flow, z_p, ge = load_model(entry).flow, nlc(arrays["zp"]), nlc(arrays["ge"])
    last = flow.flows[-2].inverse(z_p, ge)
    assert_close(ncl(last), arrays["last_layer_only"], entry, what="flows.6")
    assert_close(ncl(flow(z_p, ge)), arrays["z"], entry, what="flow")


@pytest.mark.parametrize("name", cases(GROUP, r"_generator$"))
def test_generator(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    generated = load_model(entry).dec(nlc(arrays["z"]), nlc(arrays["ge"]))
    assert_close(audio(generated), arrays["audio"], entry)


@pytest.mark.parametrize("name", cases(GROUP, r"_ref_enc$"))
def test_ref_enc(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    assert_close(ncl(load_model(entry).style([nlc(arrays["spec"])])), arrays["ge"], entry)


@pytest.mark.parametrize("name", cases(GROUP, r"_decode$(?<!quantizer_decode)"))
def test_decode(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    model = load_model(entry)
    codes, text = ids(arrays)
    ge = style(model, arrays, 1)
    noise = nlc(arrays["noise_1_0"])
    silent = model.decode(codes, text, ge, noise_scale=0.0)
    assert_close(audio(silent), arrays["audio_silent_noise"], entry, what="without noise")
    whole = model.decode(codes, text, ge, noise=noise)
    assert_close(audio(whole), arrays["audio_1_0"], entry, what="given noise")
    fast = model.decode(codes, text, ge, noise=nlc(arrays["noise_1_3"]), speed=1.3)
    assert_close(audio(fast), arrays["audio_1_3"], entry, what="speed 1.3")
    if "audio_two_refs" in arrays:
        two = model.decode(codes, text, style(model, arrays, 2), noise=noise)
        assert_close(audio(two), arrays["audio_two_refs"], entry, what="two references")


@pytest.mark.parametrize("name", cases(GROUP, r"_decode_streaming$"))
def test_decode_streaming(name, load_case, load_model, assert_close):
    arrays, entry = load_case(name)
    model, config = load_model(entry), entry["config"]
    codes, text = ids(arrays)
    ge = style(model, arrays, 1)
    first = config["first_codes"]
    latent = model.encode_latent(codes[:, :first], text, ge)
    samples = model.decode_latent(latent, ge, noise=nlc(arrays["noise1"]))
    assert_close(audio(samples), arrays["audio1"], entry, what="first call")
    assert_close(ncl(latent), arrays["latent1"], entry, what="first latent")
    tail = latent[:, -2 * config["overlap"] :]
    latent = latent_window(model, codes, text, ge, config["result_length"], tail)
    samples = model.decode_latent(latent, ge, noise=nlc(arrays["noise2"]))
    assert_close(audio(samples), arrays["audio2"], entry, what="second call")
    assert_close(ncl(latent), arrays["latent2"], entry, what="second latent")


def test_every_case_has_a_test():
    known = (
        "_extract_latent",
        "_quantizer_decode",
        "_text_encoder",
        "_text_encoder_short",
        "_flow_reverse",
        "_generator",
        "_ref_enc",
        "_decode",
        "_decode_streaming",
    )
    assert not [name for name in golden_cases.named(GROUP) if not name.endswith(known)]

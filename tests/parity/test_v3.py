"""Family v3 against the reference implementation: conditioning, flow matching, vocoder, LoRA."""

from __future__ import annotations

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from chunked_cases import (
    build_cfm,
    build_vocoder,
    check_chunked,
    check_conditioner,
    ncl,
    nlc,
)
from golden_cases import cases

from dora_mlx_tts.audio.spectrogram import MEL_V3
from dora_mlx_tts.checkpoints.read.lora import merge_lora
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN, lowpass
from dora_mlx_tts.runtime.device import Backend

GROUP = "v3"


@pytest.fixture(params=[Backend.CPU, Backend.NATIVE], ids=["cpu", "native"])
def backend(request):
    return request.param


def skip_slow_native(entry, backend):
    on_cpu = mx.default_device() == mx.Device(mx.cpu)
    if entry["speed"] == "slow" and backend is Backend.NATIVE and on_cpu:
        pytest.skip("a GPU backend with a full-size network takes minutes on a CPU")


@pytest.mark.parametrize("name", cases(GROUP, r"^cfm_"))
def test_cfm(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    skip_slow_native(entry, backend)
    model = build_cfm(draw_weights(entry["weights"]), entry["config"], backend)
    mu, prompt, noise = mx.array(arrays["mu"]), nlc(arrays["prompt"]), nlc(arrays["noise"])
    for key in (key for key in arrays if key.startswith("out_")):
        steps = int(key.split("_")[1])
        rate = 0.7 if key.endswith("_cfg") else 0.0
        got = model.inference(mu, prompt, steps, noise, rate)
        assert_close(ncl(got), arrays[key], entry, what=key)
    if "velocity" in arrays:
        dit = model.estimator
        text = dit.text(mu)
        assert_close(text, arrays["text_embed"], entry, what="text")
        assert_close(dit.d_embed(0.25), arrays["dt_embed"], entry, what="step size")
        (modulation,) = dit.modulations([dit.time(0.25, 0.25)])
        velocity = dit(noise, dit.conditions(mx.zeros_like(noise), text), modulation)
        assert_close(velocity, arrays["velocity"], entry, what="velocity")


@pytest.mark.parametrize("name", cases(GROUP, r"^lora_merge"))
def test_lora(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    config = entry["config"]
    merged = merge_lora(draw_weights(entry["weights"]), draw_weights(config["lora_weights"]))
    rows = arrays["merged_rows"]
    assert_close(merged[config["merged_key"]][: len(rows)], rows, entry, what="weight")
    model = build_cfm(merged, config["dit"], backend)
    got = model.inference(mx.array(arrays["mu"]), nlc(arrays["prompt"]), 2, nlc(arrays["noise"]))
    assert_close(ncl(got), arrays["out_2"], entry)


@pytest.mark.parametrize("name", cases(GROUP, r"^bigvgan_"))
def test_vocoder(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    skip_slow_native(entry, backend)
    model = build_vocoder(BigVGAN, draw_weights(entry["weights"]), entry["config"], backend)
    if "filter" in arrays:
        assert_close(lowpass(), arrays["filter"], entry, atol=1e-6)
    if "activation_in" in arrays:
        got = model.resblocks[0].activations[0](nlc(arrays["activation_in"]))
        assert_close(ncl(got), arrays["activation_out"], entry, atol=1e-5, rtol=1e-5)
    assert_close(np.array(model(nlc(arrays["mel"])))[:, None], arrays["audio"], entry)


@pytest.mark.parametrize("name", cases(GROUP, r"_decode_encp$"))
def test_conditioner(name, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    check_conditioner(arrays, entry, draw_weights(entry["weights"]), assert_close)


@pytest.mark.parametrize("name", cases(GROUP, r"_chunked$"))
def test_chunked(name, load_case, assert_close):
    arrays, entry = load_case(name)
    check_chunked(BigVGAN, MEL_V3, arrays, entry, assert_close)


def test_every_case_has_a_test():
    known = ("cfm_", "lora_merge", "bigvgan_")
    assert not [
        n
        for n in golden_cases.named(GROUP)
        if not n.startswith(known) and not n.endswith(("encp", "chunked"))
    ]

"""Family v4 against the reference implementation: conditioning, 48 kHz vocoder, chunks."""

from __future__ import annotations

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from chunked_cases import build_vocoder, check_chunked, check_conditioner, nlc
from golden_cases import cases

from dora_mlx_tts.audio.spectrogram import MEL_V4
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.runtime.device import Backend

GROUP = "v4"


@pytest.mark.parametrize("backend", Backend, ids=lambda f: f.value)
@pytest.mark.parametrize("name", cases(GROUP, r"^hifigan48_"))
def test_vocoder(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    on_cpu = mx.default_device() == mx.Device(mx.cpu)
    if entry["speed"] == "slow" and backend is Backend.NATIVE and on_cpu:
        pytest.skip("a GPU backend with a full-size network takes minutes on a CPU")
    model = build_vocoder(HiFiGAN, draw_weights(entry["weights"]), entry["config"], backend)
    mel = nlc(arrays["mel"])
    assert model.vocoder.hop * mel.shape[1] == arrays["audio"].shape[2]
    assert_close(np.array(model(mel))[:, None], arrays["audio"], entry)


@pytest.mark.parametrize("name", cases(GROUP, r"_decode_encp$"))
def test_conditioner(name, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    check_conditioner(arrays, entry, draw_weights(entry["weights"]), assert_close)


@pytest.mark.parametrize("name", cases(GROUP, r"_chunked$"))
def test_chunked(name, load_case, assert_close):
    arrays, entry = load_case(name)
    check_chunked(HiFiGAN, MEL_V4, arrays, entry, assert_close)


def test_every_case_has_a_test():
    assert not [
        n
        for n in golden_cases.named(GROUP)
        if not n.endswith(("encp", "chunked", "_small", "_full"))
    ]

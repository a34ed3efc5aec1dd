"""Resampling, spectra and post-processing against the reference implementation."""

from __future__ import annotations

import re

import golden_cases
import numpy as np
import pytest
from golden_cases import cases
from reference_steps import with_pauses

from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.audio.resample import sinc_resample, to_16k
from dora_mlx_tts.audio.spectrogram import (
    MEL_V3,
    MEL_V4,
    denormalize_mel,
    kaldi_fbank,
    log_mel,
    mel_basis,
    normalize_mel,
    spectrogram,
)


@pytest.mark.parametrize("name", cases("dsp", r"^resample_sinc"))
def test_sinc_resampling(name, load_case, assert_close):
    arrays, entry = load_case(name)
    pairs = [key.removeprefix("in_") for key in arrays if key.startswith("in_")]
    assert pairs
    for pair in pairs:
        rate, new_rate = map(int, pair.split("_"))
        got = sinc_resample(arrays[f"in_{pair}"], rate, new_rate)
        assert_close(got, arrays[f"out_{pair}"], entry, what=pair)


@pytest.mark.parametrize("name", cases("dsp", r"^resample_soxr_16k"))
def test_soxr_resampling(name, load_case, assert_close):
    arrays, entry = load_case(name)
    rates = [key.removeprefix("in_") for key in arrays if key.startswith("in_")]
    assert rates
    for rate in rates:
        got = to_16k(arrays[f"in_{rate}"], int(rate))
        assert_close(got, arrays[f"out_{rate}"], entry, what=rate)


@pytest.mark.parametrize("name", cases("dsp", r"^spectrogram"))
def test_spectrogram(name, load_case, assert_close):
    arrays, entry = load_case(name)
    sizes = {key: entry["config"][key] for key in ("n_fft", "hop")}
    assert_close(spectrogram(arrays["wav"], **sizes).T[None], arrays["spec"], entry)


@pytest.mark.parametrize("name", cases("dsp", r"^mel_"))
def test_mel(name, load_case, assert_close):
    arrays, entry = load_case(name)
    rate = entry["config"]["sampling_rate"]
    config = next(c for c in (MEL_V3, MEL_V4) if c.rate == rate)
    assert config.n_fft == entry["config"]["n_fft"]
    assert config.hop == entry["config"]["hop_size"]
    mel = log_mel(arrays["wav"], config)
    assert_close(mel.T[None], arrays["log_mel"], entry, what="log mel")
    assert_close(normalize_mel(mel).T[None], arrays["normalised"], entry, what="normalized")
    assert_close(denormalize_mel(normalize_mel(mel)), mel, entry, what="there and back")
    for row in arrays["basis_rows"]:
        assert np.abs(mel_basis(config) - row).max(axis=1).min() < 1e-6


@pytest.mark.parametrize("name", cases("dsp", r"^kaldi_fbank"))
def test_kaldi_fbank(name, load_case, assert_close):
    arrays, entry = load_case(name)
    assert_close(kaldi_fbank(arrays["wav"]), arrays["fbank"], entry)
    silent = np.zeros(2000, dtype=np.float32)
    assert_close(kaldi_fbank(silent), arrays["fbank_silence"], entry, what="silence")


@pytest.mark.parametrize("name", cases("glue", r"^postprocess"))
def test_postprocess(name, load_case):
    """Fragments in the order they were generated in, put back; clipped where the reference wraps."""
    arrays, entry = load_case(name)
    fragments = [arrays[key] for key in sorted(arrays) if re.fullmatch(r"f\d+", key)]
    rate = entry["config"]["rate"]
    for key, pause in (("without", 0.0), ("with_interval", entry["config"]["interval"])):
        got = to_int16(with_pauses(fragments, rate, pause)).astype(np.int64)
        want = arrays[key].astype(np.int64)
        assert got.shape == want.shape
        wrapped = (want == -32768) & (got == 32767)
        assert np.abs(got - want)[~wrapped].max() <= entry["atol"]


def test_every_case_has_a_test():
    tested = re.compile(r"^(resample_sinc|resample_soxr_16k|spectrogram|mel_|kaldi_fbank)")
    assert [name for name in golden_cases.named("dsp") if not tested.match(name)] == []

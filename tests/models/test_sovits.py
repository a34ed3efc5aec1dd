"""The whole network with tiny random weights: shapes, speed, references, both backends."""

from __future__ import annotations

import threading

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import (
    EmptyTextError,
    ReferenceAudioError,
    SettingError,
    SynthesisError,
    TextError,
    VoiceError,
)
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.semantic import resample_latent
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend


@pytest.fixture(scope="module")
def model() -> SoVITS:
    return tiny.model()


@pytest.fixture(scope="module")
def ge(model) -> mx.array:
    return model.style([tiny.spectrogram(9)])


@pytest.mark.parametrize("pro", [False, True])
def test_both_backends_agree(pro):
    codes, text = tiny.sentence()
    noise = mx.random.normal((1, 22, tiny.C), key=mx.random.key(3))
    ssl = mx.random.normal((1, 15, tiny.SSL), key=mx.random.key(4))
    specs = [tiny.spectrogram(9), tiny.spectrogram(6, seed=2)]
    speakers = [mx.ones((1, tiny.SPEAKER)), -mx.ones((1, tiny.SPEAKER))] if pro else []
    results = []
    for backend in Backend:
        made = tiny.model(backend, pro=pro)
        ge = made.style(specs, speakers)
        samples = made.decode(codes, text, ge, noise=noise)
        results.append((np.array(made.extract_latent(ssl)), np.array(ge), np.array(samples)))
    for others in results[1:]:
        np.testing.assert_array_equal(others[0], results[0][0])
        for other, native in zip(others[1:], results[0][1:], strict=True):
            np.testing.assert_allclose(other, native, atol=1e-5)
    assert np.std(results[0][2]) > 1e-3


def test_codes_of_a_reference_are_the_nearest_rows(model):
    ssl = mx.random.normal((2, 9, tiny.SSL), key=mx.random.key(5))
    features = np.array(model.ssl_proj(ssl))
    rows = np.array(model.quantizer.embed)
    distance = ((features[:, :, None] - rows) ** 2).sum(-1)
    assert features.shape == (2, 4, tiny.SSL)  # an odd last frame is dropped
    np.testing.assert_array_equal(np.array(model.extract_latent(ssl)), distance.argmin(-1))


@pytest.mark.parametrize(
    ("speed", "frames"), [(1.0, 22), (0.25, 89), (0.7, 32), (1.3, 17), (2.0, 12), (4.0, 6)]
)
def test_speed_sets_the_length(model, ge, speed, frames):
    codes, text = tiny.sentence(11)
    mean, log_deviation = model.encode(codes, text, ge, speed)
    assert mean.shape == log_deviation.shape == (1, frames, tiny.C)
    samples = np.array(model.decode(codes, text, ge, speed=speed, noise_scale=0.0))
    assert samples.shape == (1, frames * tiny.HOP)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.0


@pytest.mark.parametrize("codes", [1, 2, 3])
@pytest.mark.parametrize("phones", [1, 4])
def test_sequences_shorter_than_the_attention_window(model, ge, codes, phones):
    samples = model.decode(*tiny.sentence(codes, phones), ge, noise_scale=0.0)
    assert samples.shape == (1, 2 * codes * tiny.HOP)
    assert np.isfinite(np.array(samples)).all()


def test_style_is_the_mean_over_references(model):
    specs = [tiny.spectrogram(5, seed=1), tiny.spectrogram(8, seed=2), tiny.spectrogram(1, seed=3)]
    each = [np.array(model.style([spec])) for spec in specs]
    assert each[0].shape == (1, 1, tiny.STYLE)
    np.testing.assert_allclose(np.array(model.style(specs)), np.mean(each, axis=0), atol=1e-6)


def test_a_whole_spectrogram_is_cut_to_the_rows_read(model):
    whole = tiny.spectrogram(6, rows=1025)
    np.testing.assert_array_equal(
        np.array(model.style([whole])), np.array(model.style([whole[..., : tiny.ROWS]]))
    )


def test_noise_is_given_or_drawn(model, ge):
    codes, text = tiny.sentence()
    one, same, other = (
        np.array(model.decode(codes, text, ge, key=mx.random.key(seed))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4
    noise = mx.random.normal((1, 22, tiny.C), key=mx.random.key(1))
    np.testing.assert_array_equal(one, np.array(model.decode(codes, text, ge, noise=noise)))


@pytest.mark.skipif(mx.default_device() == mx.gpu, reason="to the last bit on a CPU only")
def test_two_streams_and_other_threads_give_the_same_samples(model, ge):
    codes, text = tiny.sentence()
    mx.eval(ge)
    results = []

    def speak() -> None:
        results.append(np.array(model.decode(codes, text, ge, noise_scale=0.0)))

    for two_streams in (False, True):
        model.dec.two_streams = two_streams
        speak()
        thread = threading.Thread(target=speak)
        thread.start()
        thread.join()
    assert len(results) == 4
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_resampling_is_linear_between_frame_centres():
    latent = mx.arange(4, dtype=mx.float32).reshape(1, 4, 1)
    stretched = np.array(resample_latent(latent, 0.5))[0, :, 0]
    want = np.clip((np.arange(9) + 0.5) * 4 / 9 - 0.5, 0, 3)
    np.testing.assert_allclose(stretched, want, atol=1e-6)


@pytest.mark.parametrize("speed", [0.2, 4.1, 0.0, -1.0, float("nan"), float("inf")])
def test_speed_out_of_range(model, ge, speed):
    with pytest.raises(SettingError, match=r"from 0\.25 to 4"):
        model.decode(*tiny.sentence(), ge, speed=speed)


@pytest.mark.parametrize("scale", [-0.1, float("nan"), float("inf")])
def test_noise_scale_out_of_range(model, ge, scale):
    with pytest.raises(SettingError, match="noise_scale"):
        model.decode(*tiny.sentence(), ge, noise_scale=scale)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([[0, tiny.CODES]], "from 0 to 15, got 0 to 16"),
        ([[-1, 3]], "got -1 to 3"),
        ([[]], "one or more, got none"),
        ([1, 2], r"got \[2\]"),
        ([[1], [2]], r"got \[2, 1\]"),
    ],
)
def test_bad_codes(model, ge, codes, message):
    with pytest.raises(SynthesisError, match=message):
        model.decode(mx.array(codes, dtype=mx.int32), tiny.sentence()[1], ge)


def test_bad_phones(model, ge):
    codes, _ = tiny.sentence()
    with pytest.raises(EmptyTextError, match="phones must be one or more"):
        model.decode(codes, mx.zeros((1, 0), dtype=mx.int32), ge)
    with pytest.raises(TextError, match="from 0 to 731, got 5 to 732"):
        model.decode(codes, mx.array([[5, tiny.SYMBOLS]]), ge)


def test_bad_noise(model, ge):
    codes, text = tiny.sentence()
    with pytest.raises(SynthesisError, match=r"noise must be \(1, 22, 8\)"):
        model.decode(codes, text, ge, noise=mx.zeros((1, 21, tiny.C)))


@pytest.mark.parametrize("shape", [(1, 5, 703), (1, 0, 704), (5, 704), (1, 704, 5)])
def test_bad_spectrogram(model, shape):
    with pytest.raises(ReferenceAudioError, match="704 or 1025"):
        model.style([mx.zeros(shape)])


def test_no_reference(model):
    with pytest.raises(ReferenceAudioError, match="one or more"):
        model.style([])


@pytest.mark.parametrize("shape", [(1, 1, tiny.SSL), (1, 6, tiny.SSL + 1), (6, tiny.SSL)])
def test_bad_speech_features(model, shape):
    with pytest.raises(ReferenceAudioError, match="at least 2 frames, 12"):
        model.extract_latent(mx.zeros(shape))


def test_speaker_embeddings_must_fit(model):
    pro = tiny.model(pro=True)
    spec, speaker = tiny.spectrogram(4), mx.ones((1, tiny.SPEAKER))
    with pytest.raises(ReferenceAudioError, match="must be none, got 1 for 1 references"):
        model.style([spec], [speaker])
    with pytest.raises(ReferenceAudioError, match="must be one per reference"):
        pro.style([spec])
    with pytest.raises(ReferenceAudioError, match=r"must be \(1, 10\)"):
        pro.style([spec], [speaker[0]])


def test_a_pack_without_the_reference_encoder_speaks_but_takes_no_references():
    drawn = {k: v for k, v in tiny.weights().items() if not k.startswith("ssl_proj.")}
    made = SoVITS(SoVITSConfig.from_checkpoint(tiny.CONFIG, drawn))
    strict_load(made, SoVITS.sanitize(drawn), "pack")
    prepare(made, Backend.CPU)
    ge = made.style([tiny.spectrogram(4)])
    assert made.decode(*tiny.sentence(), ge).shape == (1, 22 * tiny.HOP)
    with pytest.raises(VoiceError, match="ssl_proj"):
        made.extract_latent(mx.zeros((1, 4, tiny.SSL)))

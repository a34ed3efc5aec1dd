"""The conditioner of v3 and v4 with tiny random weights."""

from __future__ import annotations

from fractions import Fraction

import flow_tiny
import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import EmptyTextError, SettingError, WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.models.sovits.semantic import resample_latent
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

FEATURES = flow_tiny.FEATURES


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    return flow_tiny.conditioner_weights()


def loaded(checkpoint, version="v3", backend=Backend.CPU) -> Conditioner:
    model = Conditioner(ConditionerConfig.from_checkpoint(tiny.CONFIG, checkpoint, version))
    strict_load(model, Conditioner.sanitize(checkpoint), "test")
    prepare(model, backend)
    return model


CODES, TEXT = mx.array([[3, 1, 4, 1, 5]]), mx.array([[7, 8, 9]])
GE = mx.random.normal((1, 1, tiny.STYLE), key=mx.random.key(3))


def test_backends_agree(checkpoint):
    native, *others = (
        np.array(loaded(checkpoint, backend=f).condition(CODES, TEXT, GE)) for f in Backend
    )
    assert native.shape == (1, 18, FEATURES)
    np.testing.assert_allclose(others, [native] * len(others), atol=2e-5)


@pytest.mark.parametrize(
    ("version", "ratio", "speed", "frames"),
    [("v3", "15/8", 1.0, 18), ("v4", "2", 1.0, 20), ("v3", "15/8", 2.0, 11), ("v4", "2", 0.8, 26)],
)
def test_frames_follow_version_and_speed(checkpoint, version, ratio, speed, frames):
    model = loaded(checkpoint, version)
    assert model.ratio == Fraction(ratio)
    assert model.condition(CODES, TEXT, GE, speed).shape == (1, frames, FEATURES)


def test_features_repeat_the_nearest_frame_before(checkpoint):
    """Without the neighbourhood each feature frame depends on one latent frame only."""
    model = loaded(checkpoint)
    seen: list[mx.array] = []
    model.wns1 = lambda x, ge: seen.append(x) or x
    model.condition(CODES, TEXT, GE)
    frames = np.array(seen[0])[0]
    sources = [int(j / 1.875) for j in range(18)]
    for j in range(1, 18):
        same = np.array_equal(frames[j], frames[j - 1])
        assert same == (sources[j] == sources[j - 1])


def masked_features(checkpoint, latent, ge, per_frame, unmasked) -> np.ndarray:
    """`bridge` and `wns1` by their definition, with the mask wherever the reference multiplies it."""
    weights = {key: value.astype(np.float64) for key, value in checkpoint.items()}

    def affine(name, x):
        return x @ weights[f"{name}.weight"][..., 0].T + weights[f"{name}.bias"]

    frames = int(len(latent) * per_frame)
    mask = (np.arange(frames) < unmasked)[:, None]
    bridged = affine("bridge.0", latent)
    bridged = np.maximum(bridged, 0.01 * bridged)
    nearest = (np.arange(frames) / per_frame).astype(int)
    x, skipped = affine("wns1.pre", bridged[nearest]) * mask, 0.0
    conditions = affine("wns1.enc.cond_layer", ge)
    for layer in range(8):
        kernel = weights[f"wns1.enc.in_layers.{layer}.weight"]
        padded = np.pad(x, [(2, 2), (0, 0)])
        inner = sum(padded[k : k + frames] @ kernel[..., k].T for k in range(5))
        inner = inner + weights[f"wns1.enc.in_layers.{layer}.bias"]
        inner = inner + conditions[2 * FEATURES * layer : 2 * FEATURES * (layer + 1)]
        gated = np.tanh(inner[:, :FEATURES]) / (1 + np.exp(-inner[:, FEATURES:]))
        mixed = affine(f"wns1.enc.res_skip_layers.{layer}", gated)
        if layer < 7:
            x = (x + mixed[:, :FEATURES]) * mask
            mixed = mixed[:, FEATURES:]
        skipped = skipped + mixed
    return affine("wns1.proj", skipped * mask) * mask


@pytest.mark.parametrize("speed", [1.0, 0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.25, 1.37, 1.5, 2.0])
@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_mask_is_the_reference_s(checkpoint, version, speed):
    """Lengths at which it is as long as the sentence, and at which it is a frame or two short."""
    model = loaded(checkpoint, version)
    per_code, per_frame = {"v3": (3.875, 1.875), "v4": (4, 2)}[version]
    short = 0
    for count in (1, 2, 3, 5, 8, 13, 19, 21):
        codes = mx.array(np.arange(count)[None] * 3 % tiny.CODES)
        latent = np.array(resample_latent(model.encode_latent(codes, TEXT, GE), speed))[0]
        frames = int(len(latent) * per_frame)
        unmasked = int(count * per_code) if speed == 1 else int(count * per_code / speed) + 1
        short += unmasked < frames
        got = np.array(model.condition(codes, TEXT, GE, speed))[0]
        want = masked_features(checkpoint, latent, np.array(GE)[0, 0], per_frame, unmasked)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, atol=5e-5)
        assert (got[unmasked:] == 0).all()
    assert bool(short) == (speed != 1) or version == "v3"


def test_bad_input_is_refused(checkpoint):
    model = loaded(checkpoint)
    with pytest.raises(EmptyTextError):
        model.condition(CODES, mx.zeros((1, 0), mx.int32), GE)
    with pytest.raises(SettingError, match="speed"):
        model.condition(CODES, TEXT, GE, 0.0)


def test_damaged_checkpoints_are_refused(checkpoint):
    with pytest.raises(WeightsError, match="must be 'v3' or 'v4'"):
        loaded(checkpoint, "v2")
    for key in ("bridge.0.weight", "enc_p.text_embedding.weight", "wns1.proj.bias"):
        holed = {k: v for k, v in checkpoint.items() if k != key}
        with pytest.raises(WeightsError, match=key.replace(".", r"\.")):
            loaded(holed)

"""The conditioner of v3 and v4 with tiny random weights."""

from __future__ import annotations

from fractions import Fraction

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import EmptyTextError, SettingError, WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

FEATURES = 12


def plain(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": (shape[0],)}


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    """A tiny v2 checkpoint whose generator and flow are replaced by v3's parts."""
    drawn = {k: v for k, v in tiny.weights().items() if not k.startswith(("dec.", "flow."))}
    shapes = plain("bridge.0", FEATURES, tiny.C, 1) | plain("linear_mel", 5, FEATURES, 1)
    for name in ("wns1.pre", "wns1.proj"):
        shapes |= plain(name, FEATURES, FEATURES, 1)
    shapes |= plain("wns1.enc.cond_layer", 16 * FEATURES, tiny.STYLE, 1)
    for i in range(8):
        outputs = FEATURES if i == 7 else 2 * FEATURES
        shapes |= plain(f"wns1.enc.in_layers.{i}", 2 * FEATURES, FEATURES, 5)
        shapes |= plain(f"wns1.enc.res_skip_layers.{i}", outputs, FEATURES, 1)
    shapes["cfm.estimator.proj_out.weight"] = (5, 128)
    random = np.random.default_rng(8)
    return drawn | {k: random.normal(0, 0.3, s).astype(np.float32) for k, s in shapes.items()}


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

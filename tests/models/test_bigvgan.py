"""The vocoders of v3 and v4 with tiny random weights."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.vocoders.bigvgan import Activation, BigVGAN, lowpass
from dora_mlx_tts.models.vocoders.config import BIGVGAN_24K, HIFIGAN_48K, VocoderConfig
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

CONFIG = {
    "resblock": "1",
    "upsample_rates": [4, 2],
    "upsample_kernel_sizes": [8, 4],
    "upsample_initial_channel": 16,
    "resblock_kernel_sizes": [3, 5],
    "resblock_dilation_sizes": [[1, 3], [1, 2]],
    "num_mels": 6,
}
KINDS = [BigVGAN, HiFiGAN]


def checkpoint(kind) -> dict[str, np.ndarray]:
    """Weights under the checkpoint's keys and in its layouts."""
    random = np.random.default_rng(6)
    seed = {"conv_pre.weight": np.zeros((16, 6, 7), np.float32)}
    drawn = {"activation_post.upsample.filter": np.zeros((1, 1, 12), np.float32)}
    for key, value in tree_flatten(kind(kind.read_config(CONFIG, seed)).parameters()):
        shape = value.shape
        if len(shape) == 3:
            a, b, c = shape
            shape = (c, a, b) if key.startswith("ups.") else (a, c, b)
        scale = 0.3 if len(shape) == 1 else np.prod(shape[1:]) ** -0.5
        drawn[key] = random.normal(0.0, scale, shape).astype(np.float32)
    return drawn


def loaded(kind, weights, backend=Backend.CPU, config=CONFIG):
    model = kind(kind.read_config(config, weights))
    strict_load(model, kind.sanitize(weights), "test")
    prepare(model, backend)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_backends_agree(kind):
    mel = mx.random.normal((2, 9, 6), key=mx.random.key(1))
    native, *others = (np.array(loaded(kind, checkpoint(kind), f)(mel)) for f in Backend)
    assert native.shape == (2, 9 * 8)
    assert np.ptp(native) > 0.1
    assert np.abs(native).max() <= 1.0
    np.testing.assert_allclose(others, [native] * len(others), atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_norm_is_folded(kind):
    plain = checkpoint(kind)
    normed = dict(plain)
    for key in [key for key in plain if key.startswith("ups.") and key.endswith("weight")]:
        weight = normed.pop(key)
        norm = np.sqrt(np.square(weight).sum(axis=(1, 2), keepdims=True))
        normed |= {f"{key}_g": norm, f"{key}_v": weight * 3.0}
    mel = mx.random.normal((1, 5, 6), key=mx.random.key(1))
    got, want = (np.array(loaded(kind, weights)(mel)) for weights in (normed, plain))
    np.testing.assert_allclose(got, want, atol=1e-5)


def reference_activation(x: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """By the definition: insert zeros, filter, snake, filter, drop every second."""
    taps = lowpass()
    padded = np.pad(x.astype(np.float64), [(5, 5), (0, 0)], mode="edge")
    stuffed = np.zeros((2 * len(padded) - 1, x.shape[1]))
    stuffed[::2] = padded
    up = np.stack([np.convolve(column, 2 * taps) for column in stuffed.T], axis=1)[15:-15]
    up = up + np.sin(up * np.exp(alpha)) ** 2 / (np.exp(beta) + 1e-9)
    padded = np.pad(up, [(5, 6), (0, 0)], mode="edge")
    down = [np.convolve(column, taps[::-1], mode="valid") for column in padded.T]
    return np.stack(down, axis=1)[::2]


@pytest.mark.parametrize("backend", Backend)
@pytest.mark.parametrize("length", [1, 2, 31, 32, 33, 100])
def test_activation_matches_its_definition(backend, length):
    random = np.random.default_rng(length)
    layer = Activation(3)
    alpha, beta = random.normal(size=(2, 3))
    layer.act = {"alpha": mx.array(alpha, mx.float32), "beta": mx.array(beta, mx.float32)}
    prepare(layer, backend)
    x = random.normal(0, 2, size=(2, length, 3)).astype(np.float32)
    got = np.array(layer(mx.array(x)))
    for row, want in zip(got, x, strict=True):
        np.testing.assert_allclose(row, reference_activation(want, alpha, beta), atol=2e-5)


def test_large_angles_keep_their_sine():
    layer = Activation(1)
    layer.act = {"alpha": mx.zeros((1,)), "beta": mx.zeros((1,))}
    prepare(layer, Backend.CPU)
    level = 300.0  # a constant passes both filters unchanged
    got = np.array(layer(mx.full((1, 40, 1), level)))
    np.testing.assert_allclose(got, level + np.sin(level) ** 2, atol=3e-4)


def test_published_networks_need_no_configuration():
    assert BIGVGAN_24K.hop == 256
    assert HIFIGAN_48K.hop == 480
    weights = {"conv_pre.weight_v": np.zeros((1536, 100, 7), np.float32)}
    assert BigVGAN.read_config({}, weights) == BIGVGAN_24K
    weights = {"conv_pre.weight": np.zeros((512, 100, 7), np.float32)}
    assert HiFiGAN.read_config({}, weights) == HIFIGAN_48K


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (BigVGAN, {"activation": "snake"}, "'activation' must be 'snakebeta', got 'snake'"),
        (BigVGAN, {"use_tanh_at_final": True}, "use_tanh_at_final"),
        (HiFiGAN, {"gin_channels": 512}, "gin_channels"),
        (BigVGAN, {"resblock": "2"}, "resblock"),
        (BigVGAN, {"num_mels": 80}, "num_mels"),
        (BigVGAN, {"upsample_initial_channel": 32}, "upsample_initial_channel"),
        (BigVGAN, {"upsample_rates": [4]}, "as many upsample kernels"),
        (BigVGAN, {"upsample_rates": [3, 2]}, "parity"),
        (BigVGAN, {"upsample_rates": "42"}, "upsample_rates"),
        (BigVGAN, {"upsample_rates": [4, 0]}, "upsample_rates"),
        (BigVGAN, {"upsample_rates": [4, True]}, "upsample_rates"),
        (BigVGAN, {"resblock_kernel_sizes": [3, 4]}, "odd"),
        (BigVGAN, {"resblock_dilation_sizes": [[1, 3]]}, "dilations"),
        (BigVGAN, {"resblock_dilation_sizes": 3}, "list of lists"),
        (
            BigVGAN,
            {"upsample_rates": [2] * 5, "upsample_kernel_sizes": [4] * 5},
            "halve",
        ),
    ],
)
def test_configurations_of_other_networks_are_refused(kind, change, message):
    with pytest.raises(WeightsError, match=message):
        kind.read_config(CONFIG | change, checkpoint(kind))


def test_a_checkpoint_without_its_first_layer_is_refused():
    with pytest.raises(WeightsError, match=r"conv_pre\.weight"):
        VocoderConfig.from_checkpoint({}, {}, BIGVGAN_24K)

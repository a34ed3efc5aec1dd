"""Flow matching with tiny random weights: parts by their definitions, steps, refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from dora_mlx_tts.errors import SettingError, SynthesisError, WeightsError
from dora_mlx_tts.models.cfm.blocks import (
    DepthwiseConv,
    FeedForward,
    ResponseNorm,
    attend_on_host,
    rotate,
    rotation,
)
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.config import ROTARY_RATES, DiTConfig
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.core.numpy_ops import Widener
from dora_mlx_tts.models.core.ops import ops_for
from dora_mlx_tts.models.core.two_threads import Halves
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.device import Backend

SIZES = DiTConfig(
    channels=128, depth=2, feed_forward=48, features=6, text_depth=1, text_inner=8, mels=5
)


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    """Weights under the checkpoint's keys and in its layouts."""
    random = np.random.default_rng(4)
    drawn = {"enc_p.proj.weight": np.zeros((2, 2, 1), np.float32)}
    for key, value in tree_flatten(CFM(SIZES).parameters()):
        shape = value.shape
        if len(shape) == 3 and key.endswith("weight"):
            shape = (shape[0], shape[2], shape[1])
        scale = 0.3 if len(shape) == 1 else np.prod(shape[1:]) ** -0.5
        drawn[f"cfm.{key}"] = random.normal(0.0, scale, shape).astype(np.float32)
    drawn["cfm.estimator.rotary_embed.inv_freq"] = np.array(ROTARY_RATES, np.float32)
    return drawn


def loaded(checkpoint, backend: Backend = Backend.CPU) -> CFM:
    model = CFM(DiTConfig.from_weights(checkpoint))
    strict_load(model, CFM.sanitize(checkpoint), "test")
    prepare(model, backend)
    return model


def inputs(batch: int = 1, length: int = 11, given: int = 4) -> tuple[mx.array, mx.array, mx.array]:
    keys = mx.random.split(mx.random.key(9), 3)
    shapes = ((batch, length, 6), (1, given, 5), (batch, length, 5))
    mu, prompt, noise = (mx.random.normal(s, key=k) for s, k in zip(shapes, keys, strict=True))
    return mu, prompt, noise


def test_sizes_are_read_from_the_tensors(checkpoint):
    rates = tuple(np.array(ROTARY_RATES, np.float32).astype(float).tolist())
    assert DiTConfig.from_weights(checkpoint) == replace(SIZES, rotary_rates=rates)
    del checkpoint["cfm.estimator.rotary_embed.inv_freq"]
    assert DiTConfig.from_weights(checkpoint) == SIZES
    assert SIZES.heads == 2


def test_backends_agree(checkpoint):
    mu, prompt, noise = inputs(batch=2)
    native, *others = (
        np.array(loaded(checkpoint, f).inference(mu, prompt, 3, noise, 0.5)) for f in Backend
    )
    np.testing.assert_allclose(others, [native] * len(others), atol=2e-5)
    assert not native[:, :4].any()
    assert native[:, 4:].std() > 0.1


@pytest.mark.parametrize(("dtype", "error"), [(mx.float16, 2e-3), (mx.bfloat16, 2e-2)])
def test_half_precision_stays_near(checkpoint, dtype, error):
    mu, prompt, noise = inputs()
    want = np.array(loaded(checkpoint, Backend.NATIVE).inference(mu, prompt, 3, noise))
    model = CFM(DiTConfig.from_weights(checkpoint))
    strict_load(model, CFM.sanitize(checkpoint), "test", dtype=dtype)
    prepare(model, Backend.NATIVE)
    got = model.inference(mu, prompt, 3, noise)
    assert got.dtype == mx.float32
    assert np.square(np.array(got) - want).mean() ** 0.5 < error * want.std()


def test_response_norm_survives_half_precision():
    norm = ResponseNorm(4)
    norm.gamma = mx.ones((1, 1, 4), mx.float16)
    x = mx.full((1, 1000, 4), 20.0, mx.float16)
    np.testing.assert_allclose(np.array(norm(x)), 40.0, rtol=1e-2)


def test_steps_follow_the_velocity(checkpoint):
    """Two Euler steps by hand."""
    model = loaded(checkpoint)
    mu, prompt, noise = inputs()
    dit = model.estimator
    conditions = dit.conditions(mx.pad(prompt, [(0, 0), (0, 7), (0, 0)]), dit.text(mu))
    unknown = mx.array(np.arange(11) >= 4)[:, None]
    x = noise * unknown
    for now in (0.0, 0.5):
        (modulation,) = dit.modulations([dit.time(now, 0.5)])
        x = (x + 0.5 * dit(x, conditions, modulation)) * unknown
    got = model.inference(mu, prompt, 2, noise)
    np.testing.assert_allclose(np.array(got), np.array(x), atol=1e-6)


def test_rows_of_a_batch_do_not_meet(checkpoint):
    model = loaded(checkpoint)
    mu, prompt, noise = inputs(batch=3)
    whole = model.inference(mu, prompt, 2, noise)
    alone = model.inference(mu[1:2], prompt, 2, noise[1:2])
    np.testing.assert_allclose(np.array(whole[1:2]), np.array(alone), atol=1e-5)


def test_a_key_decides_the_noise(checkpoint):
    model = loaded(checkpoint)
    mu, prompt, _ = inputs()
    first, same, other = (
        np.array(model.inference(mu, prompt, 1, key=mx.random.key(seed))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.1


def test_only_the_first_head_is_rotated():
    x = np.random.default_rng(0).normal(size=(1, 3, 128)).astype(np.float32)
    got = np.array(rotate(mx.array(x), rotation(3)))
    np.testing.assert_array_equal(got[..., 64:], x[..., 64:])
    np.testing.assert_array_equal(got[:, 0], x[:, 0])
    for pair in (0, 5, 31):
        angle = 2 * 10000 ** (-pair / 32)
        turned = complex(x[0, 2, 2 * pair], x[0, 2, 2 * pair + 1]) * complex(
            math.cos(angle), math.sin(angle)
        )
        np.testing.assert_allclose(
            got[0, 2, 2 * pair : 2 * pair + 2], [turned.real, turned.imag], atol=1e-6
        )


def test_response_norm_matches_its_definition():
    random = np.random.default_rng(1)
    norm = ResponseNorm(4)
    norm.gamma, norm.beta = (mx.array(random.normal(size=(1, 1, 4)), mx.float32) for _ in range(2))
    x = random.normal(size=(2, 7, 4)).astype(np.float32)
    size = np.linalg.norm(x, axis=1, keepdims=True)
    want = np.array(norm.gamma) * (x * size / (size.mean(axis=-1, keepdims=True) + 1e-6))
    want += np.array(norm.beta) + x
    np.testing.assert_allclose(np.array(norm(mx.array(x))), want, atol=1e-5)


def test_depthwise_backends_agree():
    results = []
    for backend in Backend:
        layer = DepthwiseConv(6, 7)
        layer.weight = mx.random.normal((6, 7, 1), key=mx.random.key(2))
        layer.bias = mx.random.normal((6,), key=mx.random.key(3))
        prepare(layer, backend)
        results.append(np.array(layer(mx.random.normal((2, 9, 6), key=mx.random.key(4)))))
    native, *others = results
    np.testing.assert_allclose(others, [native] * len(others), atol=1e-5)


def test_half_of_many_rows_may_run_on_a_second_stream():
    x = mx.random.normal((2, 129, 16), key=mx.random.key(1))
    matrix = Stored(np.random.default_rng(2).normal(size=(8, 16)).astype(np.float16))
    bias = mx.arange(8).astype(mx.float32)
    plain, split = Widener(), Widener()
    split.second = mx.new_thread_local_stream(mx.cpu)
    for given in (x, x[:, :5], x[0]):
        for added in (bias, None):
            got, want = (np.array(w.affine(given, matrix, added)) for w in (split, plain))
            np.testing.assert_allclose(got, want, atol=1e-5)


def test_attention_in_two_halves_is_the_whole_s():
    q, k, v = mx.random.normal((3, 2, 70, 320), key=mx.random.key(1))
    whole, halves = attend_on_host(q, k, v, 5), attend_on_host(q, k, v, 5, Halves().run)
    np.testing.assert_array_equal(np.array(whole), np.array(halves))


@pytest.mark.parametrize("backend", Backend)
def test_gelu_with_tanh_of_large_numbers(backend):
    x = np.array([[-1e4, -30, -6, -1e-8, 0, 1e-8, 6, 30, 1e4]], np.float32)
    want = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x.astype(np.float64) ** 3)))
    got = np.array(ops_for(backend).gelu_tanh(mx.array(x)))
    np.testing.assert_allclose(got, want, atol=2e-6, rtol=1e-6)


@pytest.mark.parametrize("rates", [np.zeros(31), np.full(32, np.nan)])
def test_rotary_rates_that_are_none_are_refused(checkpoint, rates):
    checkpoint["cfm.estimator.rotary_embed.inv_freq"] = rates
    with pytest.raises(WeightsError, match="must be 32 finite numbers"):
        DiTConfig.from_weights(checkpoint)


def test_feed_forward_uses_the_gelu_with_tanh():
    layer = FeedForward(4, 4)
    layer.ff[0][0].weight = layer.ff[2].weight = mx.eye(4)
    x = np.linspace(-3, 3, 4, dtype=np.float32)
    want = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(np.array(layer(mx.array(x))), want, atol=1e-6)


@pytest.mark.parametrize(("steps", "rate"), [(0, 0.0), (129, 0.0), (4, -1.0), (4, math.nan)])
def test_settings_out_of_range_are_refused(checkpoint, steps, rate):
    mu, prompt, noise = inputs()
    with pytest.raises(SettingError, match="must be"):
        loaded(checkpoint).inference(mu, prompt, steps, noise, rate)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("features", (1, 11, 7)),
        ("features", (1, 0, 6)),
        ("features", (11, 6)),
        ("prompt", (2, 4, 5)),
        ("prompt", (1, 11, 5)),
        ("prompt", (1, 4, 6)),
        ("noise", (1, 10, 5)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(checkpoint, name, shape):
    given = dict(zip(("features", "prompt", "noise"), inputs(), strict=True))
    given[name] = mx.zeros(shape)
    with pytest.raises(SynthesisError, match=name):
        loaded(checkpoint).inference(given["features"], given["prompt"], 1, given["noise"])


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("proj_out.weight", None, "missing"),
        ("proj_out.weight", (5, 100), "multiple of 64"),
        ("input_embed.proj.weight", (128, 17), "17 inputs"),
        ("transformer_blocks.1.attn.to_q.bias", None, "to_q.bias"),
    ],
)
def test_a_damaged_checkpoint_is_refused(checkpoint, key, shape, message):
    name = f"cfm.estimator.{key}"
    checkpoint.pop(name)
    if shape is not None:
        checkpoint[name] = np.zeros(shape, np.float32)
    with pytest.raises(WeightsError, match=message):
        loaded(checkpoint)

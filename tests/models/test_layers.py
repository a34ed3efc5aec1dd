"""Both backends of every layer and operation agree, so the GPU's is covered without a GPU."""

from __future__ import annotations

from collections.abc import Callable

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.models.core.layers import (
    Conv1d,
    ConvTranspose1d,
    Layer,
    LayerNorm,
    Linear,
    prepare,
)
from dora_mlx_tts.models.core.ops import ops_for
from dora_mlx_tts.runtime.device import Backend


def outputs(make: Callable[[], Layer], *inputs: mx.array) -> list[np.ndarray]:
    results = []
    for backend in Backend:
        mx.random.seed(7)
        layer = make()
        layer.update({k: mx.random.normal(v.shape) * 0.2 for k, v in layer.parameters().items()})
        prepare(layer, backend)
        results.append(np.array(layer(*inputs)))
    return results


LAYERS = {
    "linear": lambda: Linear(24, 16),
    "linear without bias": lambda: Linear(24, 16, bias=False),
    "layer norm": lambda: LayerNorm(24),
    "conv": lambda: Conv1d(24, 16, 5),
    "conv without bias": lambda: Conv1d(24, 16, 3, bias=False),
    "dilated conv": lambda: Conv1d(24, 16, 7, dilation=3),
    "strided conv": lambda: Conv1d(24, 16, 3, stride=2, padding=0),
    "strided padded conv": lambda: Conv1d(24, 16, 10, stride=5, padding=3),
    "grouped conv": lambda: Conv1d(24, 24, 8, padding=4, groups=4),
    "transposed conv": lambda: ConvTranspose1d(24, 16, 16, 10, 3),
    "transposed conv without overlap": lambda: ConvTranspose1d(24, 16, 2, 2, 0),
    "transposed conv of four blocks": lambda: ConvTranspose1d(24, 16, 8, 2, 3),
}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", LAYERS)
def test_layer_backends_agree(name: str, batch: int) -> None:
    x = mx.random.normal((batch, 37, 24), key=mx.random.key(1))
    native, *others = outputs(LAYERS[name], x)
    assert [one.shape for one in others] == [native.shape] * len(others)
    np.testing.assert_allclose(others, [native] * len(others), atol=2e-5)


@pytest.mark.parametrize("batch", [1, 2])
def test_conv_adds_the_residual(batch: int) -> None:
    x = mx.random.normal((batch, 20, 24), key=mx.random.key(1))
    residual = mx.random.normal((batch, 20, 24), key=mx.random.key(2))
    native, *others = outputs(lambda: Conv1d(24, 24, 3), x, residual)
    (alone, *_) = outputs(lambda: Conv1d(24, 24, 3), x)
    np.testing.assert_allclose(native, alone + np.array(residual), atol=1e-5)
    np.testing.assert_allclose(others, [native] * len(others), atol=2e-5)


def test_conv_matches_its_definition() -> None:
    layer = Conv1d(2, 1, 3, dilation=2, padding=0)
    layer.weight = mx.array([[[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]])
    layer.bias = mx.array([0.5])
    x = np.arange(14, dtype=np.float32).reshape(1, 7, 2)
    want = [
        x[0, t, 0] + 2 * x[0, t + 2, 1] - x[0, t + 4, 0] + x[0, t + 4, 1] + 0.5 for t in range(3)
    ]
    np.testing.assert_allclose(np.array(layer(mx.array(x)))[0, :, 0], want)


@pytest.mark.parametrize("name", ["exp", "softmax", "sigmoid", "tanh", "gelu", "mish"])
def test_operation_backends_agree(name: str) -> None:
    x = mx.concatenate(
        [mx.linspace(-60, 30, 4001), mx.random.normal((4000,), key=mx.random.key(0))]
    )
    native = np.array(getattr(ops_for(Backend.NATIVE), name)(x), np.float64)
    cpu = np.array(getattr(ops_for(Backend.CPU), name)(x), np.float64)
    np.testing.assert_allclose(cpu, native, rtol=2e-6, atol=6e-7)


def test_large_softmaxes_are_the_same() -> None:
    x = mx.random.normal((3, 160, 161), key=mx.random.key(1)) * 20  # enough for numpy's turn
    native, *others = (np.array(ops_for(f).softmax(x)) for f in Backend)
    np.testing.assert_allclose(others, [native] * len(others), rtol=2e-6, atol=6e-7)


def test_gate_survives_extreme_inputs() -> None:
    values = mx.array([-1e4, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
    a, b = mx.meshgrid(values, values)
    native = np.array(ops_for(Backend.NATIVE).gate(a, b))
    cpu = np.array(ops_for(Backend.CPU).gate(a, b))
    np.testing.assert_allclose(cpu, native, atol=1e-6)

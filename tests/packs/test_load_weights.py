"""Putting weights into a network."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx import nn

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.load import strict_load


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 2), nn.Linear(2, 2)]
        self.gain = mx.zeros(4)


def weights(**changes):
    given = {
        "layers.0.weight": np.arange(6, dtype=np.float16).reshape(2, 3),
        "layers.0.bias": np.ones(2, np.float16),
        "layers.1.weight": mx.ones((2, 2)),
        "layers.1.bias": np.zeros(2, np.float32),
        "gain": np.full(4, 3.0, np.float32),
    }
    return {key: value for key, value in {**given, **changes}.items() if value is not None}


def test_weights_arrive_as_float32():
    module = Small()
    strict_load(module, weights(), "file")
    assert module.layers[0].weight.dtype == mx.float32
    np.testing.assert_array_equal(np.array(module.layers[0].weight), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(np.array(module.gain), [3, 3, 3, 3])


def test_other_precisions():
    module = Small()
    strict_load(module, weights(), "file", dtype=mx.float16)
    assert module.gain.dtype == mx.float16
    strict_load(module, weights(), "file", dtype=None)
    assert module.gain.dtype == mx.float32
    assert module.layers[0].bias.dtype == mx.float16


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"gain": None}, "v.pth: the weights do not fit Small: 1 missing: gain"),
        ({"enc_q.pre.weight": np.ones(2)}, "1 unexpected: enc_q.pre.weight"),
        (
            {"layers.0.weight": np.ones((3, 2))},
            r"1 mis-shaped: layers.0.weight expected \(2, 3\) got \(3, 2\)",
        ),
        ({f"x{i}": np.ones(1) for i in range(9)}, "9 unexpected: x0, x1, x2, x3, x4 and 4 more"),
    ],
)
def test_weights_that_do_not_fit(changes, match):
    module = Small()
    with pytest.raises(WeightsError, match=match):
        strict_load(module, weights(**changes), "v.pth")
    np.testing.assert_array_equal(np.array(module.gain), 0)


def test_left_over_keys_can_be_allowed():
    strict_load(Small(), weights(**{"enc_q.x": np.ones(1)}), "file", ignore=("enc_q.*",))
    with pytest.raises(WeightsError, match=r"unexpected: enc_p\.x"):
        strict_load(Small(), weights(**{"enc_p.x": np.ones(1)}), "file", ignore=("enc_q.*",))

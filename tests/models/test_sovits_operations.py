"""What a forward pass of SoVITS is made of, as MLX would run it."""

from __future__ import annotations

import io
import re
from collections import Counter

import mlx.core as mx
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.models.core.layers import Conv1d, prepare
from dora_mlx_tts.runtime.device import Backend

ATTENTIONS = 5
"""One in each of the four encoder layers, and the one that looks from frames at phones."""
OF_HEADS = 5
"""Query, key and value are split, keys turned for the product, and the heads joined."""
OF_RELATIVE_PLACES = 4
OF_MATRICES = 54
"""A linear layer's weights, as [outputs, inputs]."""


def operations(backend: Backend) -> Counter[str]:
    model = tiny.model(backend)
    ge = model.style([tiny.spectrogram(9)])
    mx.eval(ge)
    codes, text = tiny.sentence()
    graph = io.StringIO()
    mx.export_to_dot(graph, model.decode(codes, text, ge, noise_scale=0.0))
    return Counter(re.findall(r'label ?="(\w+)"', graph.getvalue()))


def test_a_convolution_as_a_product_takes_few_operations() -> None:
    """On a GPU each costs some 10 µs, also one that only looks at numbers in another way."""
    layer = Conv1d(4, 6, 3, padding=0)
    prepare(layer, Backend.CUDA_MATMUL)
    graph = io.StringIO()
    x = mx.zeros((2, 9, 4))
    mx.eval(x)
    mx.export_to_dot(graph, layer(x))
    found = re.findall(r'label ?="(\w+)"', graph.getvalue())
    assert Counter(found) == Counter(
        ["Flatten", "AsStrided", "Reshape", "Broadcast", "AddMM", "Unflatten"]
    )


@pytest.mark.parametrize("backend", [Backend.NATIVE, Backend.CPU])
def test_nothing_is_turned_but_heads_and_matrices(backend: Backend) -> None:
    """Everything is [B, T, C] from end to end: each further turn would cost a copy per layer."""
    found = operations(backend)
    assert found["Transpose"] == ATTENTIONS * OF_HEADS + OF_RELATIVE_PLACES + OF_MATRICES

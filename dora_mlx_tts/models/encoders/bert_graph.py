"""BERT's layers with 8-bit weights, as a graph for OpenVINO.

On a CPU matrices stay in the file and each product widens its own, which takes longer than multiplying a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dora_mlx_tts.models.core.graph_layers import (
    LAST,
    Node,
    PlainGraph,
    graph_of,
    ints,
    linear,
    node_input,
    normed,
    ops,
)
from dora_mlx_tts.models.encoders.bert import EncoderLayer, SelfAttention


def encoder_graph(layers: Sequence[EncoderLayer]) -> PlainGraph:
    """All layers; embedded tokens [T, C] to their features [T, C]."""
    x = node_input(-1, layers[0].output.LayerNorm.weight.shape[0])
    inputs = [x]
    for layer in layers:
        mixed, after = _attended(x, layer.attention.self), layer.attention.output
        x = normed(ops.add(linear(mixed, after.dense), x), after.LayerNorm)
        inner = ops.gelu(linear(x, layer.intermediate.dense), "erf")
        x = normed(ops.add(linear(inner, layer.output.dense), x), layer.output.LayerNorm)
    return graph_of([x], inputs, "BERT")


def _attended(x: Node, attention: SelfAttention) -> Node:
    """[T, C] to [T, C]."""
    width = attention.query.bias.shape[0]
    size = width // attention.heads

    def divided(y: Node) -> Node:  # [H, T, S]
        return ops.transpose(ops.reshape(y, ints(-1, attention.heads, size), False), ints(1, 0, 2))

    queries, keys, values = (
        divided(linear(x, layer)) for layer in (attention.query, attention.key, attention.value)
    )
    scale = ops.constant(np.float32(size**-0.5))
    scores = ops.multiply(ops.matmul(queries, keys, False, True), scale)
    mixed = ops.matmul(ops.softmax(scores, LAST), values, False, False)
    return ops.reshape(ops.transpose(mixed, ints(1, 0, 2)), ints(-1, width), False)

"""The text-to-semantic network with 8-bit weights, as two graphs for OpenVINO: a prefill and a step.

Sums, attention and norms are in float32. A step reads keys and values of all room in a cache, filled or not, so that
shapes seldom change, and a bias hides what is not filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dora_mlx_tts.models.core.graph_layers import (
    LAST,
    Node,
    PlainGraph,
    affine,
    graph_of,
    ints,
    linear,
    node_input,
    normed,
    ops,
    product,
)
from dora_mlx_tts.models.core.layers import Linear
from dora_mlx_tts.models.t2s.layers import Block


class _Projected(NamedTuple):
    """Queries, scaled, keys and values, [1, H, n, S] each."""

    queries: Node
    keys: Node
    values: Node


def prefill_graph(blocks: Sequence[Block]) -> PlainGraph:
    """The blocks over a whole sequence.

    Inputs are the sequence [T, C] and the bias of its scores [T, T]. Outputs are the last position's state [1, C], and
    each layer's keys and values [1, H, T, S].
    """
    width = _width(blocks)
    x, bias = node_input(-1, width), node_input(-1, -1)
    inputs, stored = [x, bias], []
    for number, block in enumerate(blocks):
        queries, keys, values = _project(x, block, rows=-1)
        stored += [keys, values]
        if number == len(blocks) - 1:
            x, bias, queries = _last(x, 0), _last(bias, 0), _last(queries, 2)
        scores = ops.add(ops.matmul(queries, keys, False, True), bias)
        mixed = ops.matmul(ops.softmax(scores, LAST), values, False, False)
        rows = ops.reshape(ops.transpose(mixed, ints(0, 2, 1, 3)), ints(-1, width), False)
        x = _finish(x, rows, block)
    return graph_of([x, *stored], inputs, "prefill")


def step_graph(blocks: Sequence[Block], predict: Linear) -> PlainGraph:
    """One more position.

    Inputs are its embedded token [1, C], the bias of the scores [R], and each layer's keys and values [1, H, R, S] of R
    positions. Outputs are the logits [1, V], and each layer's keys and values of the new position [1, H, 1, S] and its
    attention [1, H, 1, R + 1], that to itself last.
    """
    width = _width(blocks)
    x, bias = node_input(1, width), node_input(-1)
    inputs, outputs = [x, bias], []
    room = ops.shape_of(bias, "i64")
    for block in blocks:
        heads = block.self_attn.heads
        past_keys, past_values = (node_input(1, heads, -1, width // heads) for _ in range(2))
        inputs += [past_keys, past_values]
        queries, keys, values = _project(x, block, rows=1)
        to_past = ops.add(ops.matmul(queries, past_keys, False, True), bias)
        to_itself = ops.reduce_sum(ops.multiply(queries, keys), ints(LAST), True)
        attention = ops.softmax(ops.concat([to_past, to_itself], LAST), LAST)
        cut = ops.variadic_split(
            attention, ops.constant(np.int64(3)), ops.concat([room, ints(1)], 0)
        )
        of_past, of_itself = cut.outputs()
        mixed = ops.add(
            ops.matmul(of_past, past_values, False, False), ops.multiply(of_itself, values)
        )
        outputs += [keys, values, attention]
        x = _finish(x, ops.reshape(mixed, ints(1, width), False), block)
    return graph_of([product(x, predict.matrix), *outputs], inputs, "step")


def _project(x: Node, block: Block, rows: int) -> _Projected:
    attention = block.self_attn
    size = _width([block]) // attention.heads
    merged = affine(x, attention.in_proj_weight, attention.in_proj_bias)
    apart = ops.reshape(merged, ints(rows, 3, attention.heads, size), False)
    three = ops.split(ops.transpose(apart, ints(1, 2, 0, 3)), ops.constant(np.int64(0)), 3)
    queries, keys, values = three.outputs()
    return _Projected(ops.multiply(queries, ops.constant(np.float32(size**-0.5))), keys, values)


def _finish(x: Node, mixed: Node, block: Block) -> Node:
    x = normed(ops.add(linear(mixed, block.self_attn.out_proj), x), block.norm1)
    inner = ops.relu(linear(x, block.linear1))
    return normed(ops.add(linear(inner, block.linear2), x), block.norm2)


def _last(x: Node, axis: int) -> Node:
    return ops.slice(x, ints(-1), ints(np.iinfo(np.int64).max), ints(1), ints(axis))


def _width(blocks: Sequence[Block]) -> int:
    return int(blocks[0].norm1.weight.shape[0])

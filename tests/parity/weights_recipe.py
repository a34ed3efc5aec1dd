"""Pseudo-weights for the golden cases: every tensor follows from its name, its shape and a salt.

A case stores inputs and outputs only. Both sides draw each weight from a Philox stream whose key is
the first eight bytes of ``sha256(salt, NUL, name)``, uniform around a centre. Centre and half-width
are chosen so that activations stay of order one and no bias, gain or scale can be lost unseen.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Law = tuple[float, float]  # centre, half-width

# Laws that hold for any tensor of that last name component, whatever its shape.
_BY_LEAF: dict[str, Law] = {
    "running_mean": (0.0, 0.1),
    "running_var": (1.0, 0.2),
    "inited": (1.0, 0.0),
    "cluster_size": (1.0, 0.0),
    "num_batches_tracked": (0.0, 0.0),
    "embed": (0.0, 1.0),
    "embed_avg": (0.0, 1.0),
    "emb_rel_k": (0.0, 1.0),
    "emb_rel_v": (0.0, 1.0),
    "masked_spec_embed": (0.0, 1.0),
}

# First match wins; they come after the table above and before the laws that look at the shape.
_BY_NAME: tuple[tuple[re.Pattern[str], Law], ...] = tuple(
    (re.compile(pattern), law)
    for pattern, law in (
        (r"\.activations\.|activation_post\.", (0.0, 0.3)),
        (r"\.grn\.(gamma|beta)$", (0.0, 0.5)),
        (r"(^|\.)alpha$", (1.0, 0.3)),
        (r"conv_post\.weight_g$", (0.05, 0.01)),
        (r"(^|\.)ups\.\d+\.weight_g$", (1.5, 0.2)),
        (r"(^|\.)weight_g$", (1.0, 0.2)),
        (r"(^|\.)gamma$", (1.0, 0.2)),
        (
            (
                r"(^|\.)(norm\d*|layer_norm|final_layer_norm|LayerNorm|bn\d*|bns\.\d+"
                r"|local_att\.[14]|shortcut\.1)\.weight$"
            ),
            (1.0, 0.2),
        ),
        (r"^prelu\.weight$", (0.25, 0.15)),
        (r"wav2vec_layer_norm$", (1.0, 0.2)),
        (r"(^|\.)(bias|beta|in_proj_bias)$", (0.0, 0.1)),
    )
)
_EMBEDDING = re.compile(r"embeddings?\.weight$")

# Matrices: a factor on the width sqrt(3 / fan-in), which alone would keep the variance.
_GAIN: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r"ar_predict_layer\.weight$"), 3.0),
    (
        re.compile(
            r"(in_proj_weight|conv_q\.weight|w_qs\.weight|query\.weight|q_proj\.weight"
            r"|to_q\.weight)$"
        ),
        1.5,
    ),
    (
        re.compile(
            r"(self_attn\.out_proj|h\.layers\.\d+\.linear2|attention\.out_proj"
            r"|feed_forward\.output_dense|output\.dense|conv_o|ffn_layers\.\d+\.conv_2)\.weight$"
        ),
        0.25,
    ),
)


def law(name: str, shape: Sequence[int]) -> Law:
    """Centre and half-width of the uniform law of tensor ``name``."""
    leaf = name.rpartition(".")[2]
    if leaf in _BY_LEAF:
        return _BY_LEAF[leaf]
    for pattern, fixed in _BY_NAME:
        if pattern.search(name):
            return fixed
    if _EMBEDDING.search(name) and "proj" not in name:
        return 0.0, math.sqrt(3.0)
    if len(shape) >= 2:
        gain = next((factor for pattern, factor in _GAIN if pattern.search(name)), 1.0)
        return 0.0, gain * math.sqrt(3.0 / int(np.prod(shape[1:])))
    return (1.0, 0.2) if len(shape) == 1 else (0.0, 0.1)


def draw(name: str, shape: Sequence[int], salt: str) -> np.ndarray:
    """Tensor ``name`` as float32, in the checkpoint's (PyTorch) layout."""
    centre, half = law(name, shape)
    if half == 0.0:
        return np.full(tuple(shape), centre, dtype=np.float32)
    digest = hashlib.sha256(salt.encode() + b"\0" + name.encode()).digest()
    stream = np.random.Philox(key=int.from_bytes(digest[:8], "little"))
    raw = stream.random_raw(math.prod(shape))
    values = (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53
    values = centre + (2.0 * values - 1.0) * half
    return values.astype(np.float32).reshape(tuple(shape))


def draw_all(
    shapes: Mapping[str, Sequence[int]],
    salt: str,
    keep: Callable[[str], bool] = lambda _name: True,
) -> dict[str, np.ndarray]:
    """Every tensor of ``shapes`` whose key ``keep`` accepts."""
    return {name: draw(name, shape, salt) for name, shape in shapes.items() if keep(name)}

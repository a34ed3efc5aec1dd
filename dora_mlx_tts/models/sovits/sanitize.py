"""Converts the tensors of a SoVITS checkpoint to the parameters of these modules."""

from __future__ import annotations

import re

import numpy as np

from dora_mlx_tts.packs.arrays import fold_weight_norm
from dora_mlx_tts.packs.stored import Stored, Weight, Weights

# Training-time parts: posterior encoder, codebook statistics, the head of an unused mel loss.
_UNUSED = re.compile(r"^enc_q\.|_codebook\.(inited|cluster_size|embed_avg)$|^linear_mel\.")
_CODEBOOK = "quantizer.vq.layers.0._codebook.embed"
_TRANSPOSED_CONVOLUTION = re.compile(r"^dec\.ups\.\d+\.weight$")
_CONVOLUTION_AXES = 3


def sanitize(weights: Weights) -> dict[str, Weight]:
    """Rename, fold and transpose the tensors of a checkpoint or pack (PyTorch keys and layouts).

    Weight norm may be present as `weight_g` and `weight_v`, as parametrizations, or already folded.
    Convolutions become [O, k, I]; those of one tap become the matrices of linear layers [O, I].
    Arrays become float32 before any computation; a pack's stored tensors are only transposed, not read. Tensors
    not needed for inference are dropped.

    Raises:
        WeightsError: half of a weight-norm pair is missing or does not match the other.
    """
    needed = {key: _exact(value) for key, value in weights.items() if not _UNUSED.search(key)}
    folded = fold_weight_norm(needed, "SoVITS checkpoint")
    return {_rename(key): _turn(key, value) for key, value in folded.items()}


def _exact(values: Weight) -> Weight:
    if isinstance(values, Stored):
        return values
    return values.astype(np.float32) if values.dtype.kind == "f" else values


def _rename(key: str) -> str:
    """Adapt to MLX's names: a leading underscore would hide a parameter; layer norms have weight and bias."""
    if key == _CODEBOOK:
        return "quantizer.embed"
    if key.endswith(".gamma"):
        return key.removesuffix("gamma") + "weight"
    return key.removesuffix("beta") + "bias" if key.endswith(".beta") else key


def _turn(key: str, values: Weight) -> Weight:
    if values.ndim != _CONVOLUTION_AXES or not key.endswith(".weight"):
        return values
    if _TRANSPOSED_CONVOLUTION.match(key):
        return values.transpose(1, 2, 0)
    return values.squeeze(2) if values.shape[2] == 1 else values.transpose(0, 2, 1)

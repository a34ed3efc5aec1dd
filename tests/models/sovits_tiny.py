"""A SoVITS checkpoint of a few kilobytes with random weights, in PyTorch's keys and layouts."""

from __future__ import annotations

import copy
from typing import Any

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

SYMBOLS, CODES, SSL, C, FILTER, STYLE, WIDE, HIDDEN, ROWS, SPEAKER = (
    732, 16, 12, 8, 20, 16, 16, 4, 704, 10,
)  # fmt: skip
HOP = 8

CONFIG: dict[str, Any] = {
    "model": {
        "inter_channels": C,
        "hidden_channels": C,
        "filter_channels": FILTER,
        "n_heads": 2,
        "n_layers": 2,
        "kernel_size": 3,
        "resblock": "1",
        "resblock_kernel_sizes": [3, 5],
        "resblock_dilation_sizes": [[1, 3], [1, 2]],
        "upsample_rates": [4, 2],
        "upsample_initial_channel": 16,
        "upsample_kernel_sizes": [8, 2],
        "gin_channels": STYLE,
    },
    "data": {"sampling_rate": 400, "hop_length": HOP, "filter_length": 2048},
}

Shapes = dict[str, tuple[int, ...]]


def config(**model: Any) -> dict[str, Any]:
    """The configuration with other values in its section `model`."""
    changed = copy.deepcopy(CONFIG)
    changed["model"].update(model)
    return changed


def _plain(name: str, *weight: int) -> Shapes:
    return {f"{name}.weight": weight, f"{name}.bias": (weight[0],)}


def _normed(name: str, *weight: int, bias: int | None = None) -> Shapes:
    gain = (weight[0], *[1] * (len(weight) - 1))
    bias = weight[0] if bias is None else bias
    return {f"{name}.weight_g": gain, f"{name}.weight_v": weight, f"{name}.bias": (bias,)}


def _attention(name: str, width: int) -> Shapes:
    made: Shapes = {}
    for part in "qkvo":
        made |= _plain(f"{name}.conv_{part}", width, width, 1)
    return made


def _encoder(name: str, layers: int) -> Shapes:
    made: Shapes = {}
    for i in range(layers):
        made |= _attention(f"{name}.attn_layers.{i}", C)
        for table in ("emb_rel_k", "emb_rel_v"):
            made[f"{name}.attn_layers.{i}.{table}"] = (1, 9, C // 2)
        made |= _plain(f"{name}.ffn_layers.{i}.conv_1", FILTER, C, 3)
        made |= _plain(f"{name}.ffn_layers.{i}.conv_2", C, FILTER, 3)
        for norm in ("norm_layers_1", "norm_layers_2"):
            made |= {f"{name}.{norm}.{i}.gamma": (C,), f"{name}.{norm}.{i}.beta": (C,)}
    return made


def _text_encoder() -> Shapes:
    made = _plain("enc_p.ssl_proj", C, SSL, 1) | _plain("enc_p.proj", 2 * C, C, 1)
    made["enc_p.text_embedding.weight"] = (SYMBOLS, C)
    for name, layers in (("encoder_ssl", 1), ("encoder_text", 2), ("encoder2", 1)):
        made |= _encoder(f"enc_p.{name}", layers)
    made |= _attention("enc_p.mrte.cross_attention", WIDE)
    for name in ("c_pre", "text_pre"):
        made |= _plain(f"enc_p.mrte.{name}", WIDE, C, 1)
    return made | _plain("enc_p.mrte.c_post", C, WIDE, 1)


def _flow(style: int) -> Shapes:
    made: Shapes = {}
    for i in (0, 2, 4, 6):
        name = f"flow.flows.{i}"
        made |= _plain(f"{name}.pre", C, C // 2, 1) | _plain(f"{name}.post", C // 2, C, 1)
        made |= _normed(f"{name}.enc.cond_layer", 8 * C, style, 1)
        for k in range(4):
            made |= _normed(f"{name}.enc.in_layers.{k}", 2 * C, C, 5)
            made |= _normed(f"{name}.enc.res_skip_layers.{k}", C if k == 3 else 2 * C, C, 1)
    return made


def _generator(style: int) -> Shapes:
    made = _plain("dec.conv_pre", 16, C, 7) | _plain("dec.cond", 16, style, 1)
    made["dec.conv_post.weight"] = (1, 4, 7)
    for i, (inputs, kernel) in enumerate(((16, 8), (8, 2))):
        half = inputs // 2
        made |= _normed(f"dec.ups.{i}", inputs, half, kernel, bias=half)
        for j, taps in enumerate((3, 5)):
            for part in ("convs1", "convs2"):
                for k in range(2):
                    made |= _normed(f"dec.resblocks.{2 * i + j}.{part}.{k}", half, half, taps)
    return made


def _style_encoder(style: int, rows: int) -> Shapes:
    made = _plain("ref_enc.spectral.0.fc", HIDDEN, rows) | _plain("ref_enc.fc.fc", style, HIDDEN)
    made |= _plain("ref_enc.spectral.3.fc", HIDDEN, HIDDEN)
    for i in range(2):
        made |= _plain(f"ref_enc.temporal.{i}.conv1.conv", 2 * HIDDEN, HIDDEN, 5)
    for part in ("w_qs", "w_ks", "w_vs", "fc"):
        made |= _plain(f"ref_enc.slf_attn.{part}", HIDDEN, HIDDEN)
    return made


def shapes(*, pro: bool = False, rows: int = ROWS) -> Shapes:
    """Key -> shape of the whole checkpoint."""
    style = 6 if pro else STYLE
    made = _text_encoder() | _flow(style) | _generator(style) | _style_encoder(style, rows)
    made |= _plain("ssl_proj", SSL, SSL, 2)
    for name in ("embed", "embed_avg"):
        made[f"quantizer.vq.layers.0._codebook.{name}"] = (CODES, SSL)
    if pro:
        made |= _plain("sv_emb", style, SPEAKER) | _plain("ge_to512", WIDE, style)
        made["prelu.weight"] = (style,)
    return made


def weights(*, pro: bool = False, seed: int = 0, rows: int = ROWS) -> dict[str, np.ndarray]:
    """Random tensors that keep activations of order one."""
    generator = np.random.default_rng(seed)
    drawn = {}
    for key, shape in shapes(pro=pro, rows=rows).items():
        scale = 0.3 if len(shape) < 2 else 0.8 / np.sqrt(np.prod(shape[1:]))
        values = generator.standard_normal(shape) * scale
        if key.endswith((".gamma", ".weight_g")):
            values = 1.0 + 0.1 * values
        drawn[key] = values.astype(np.float32)
    return drawn


def model(backend: Backend = Backend.CPU, *, pro: bool = False, seed: int = 0) -> SoVITS:
    """A loaded and prepared model."""
    drawn = weights(pro=pro, seed=seed)
    made = SoVITS(SoVITSConfig.from_checkpoint(config(gin_channels=6) if pro else CONFIG, drawn))
    strict_load(made, SoVITS.sanitize(drawn), "tiny checkpoint")
    prepare(made, backend)
    return made


def spectrogram(frames: int, rows: int = ROWS, seed: int = 1) -> mx.array:
    """Magnitudes [1, frames, rows]."""
    return mx.abs(mx.random.normal((1, frames, rows), key=mx.random.key(seed)))


def sentence(codes: int = 11, phones: int = 7) -> tuple[mx.array, mx.array]:
    """Codes [1, n] and phones [1, m]."""
    return (mx.arange(codes)[None] * 5) % CODES, (mx.arange(phones)[None] * 97) % SYMBOLS

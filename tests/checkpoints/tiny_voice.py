"""The smallest checkpoints that have a GPT-SoVITS voice's keys, for tests of conversion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from torch_files import save_checkpoint, save_state

T2S_CONFIG: dict[str, Any] = {
    "data": {"max_sec": 54, "pad_val": 1024},
    "model": {
        "vocab_size": 33,
        "phoneme_vocab_size": 732,
        "embedding_dim": 64,
        "hidden_dim": 64,
        "head": 2,
        "linear_units": 128,
        "n_layer": 2,
        "EOS": 32,
    },
}
SOVITS_CONFIG: dict[str, Any] = {
    "train": {"segment_size": 20480},
    "data": {
        "sampling_rate": 32000,
        "filter_length": 2048,
        "hop_length": 640,
        "win_length": 2048,
        "mel_fmax": None,
    },
    "model": {
        "inter_channels": 12,
        "hidden_channels": 64,
        "filter_channels": 96,
        "n_heads": 2,
        "n_layers": 1,
        "kernel_size": 3,
        "resblock_kernel_sizes": [3],
        "resblock_dilation_sizes": [[1, 3, 5]],
        "upsample_rates": [10, 8],
        "upsample_initial_channel": 24,
        "upsample_kernel_sizes": [16, 16],
        "gin_channels": 16,
        "version": "v2",
    },
}
HUBERT_CONFIG: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "conv_dim": [8],
    "conv_kernel": [10],
    "conv_stride": [5],
    "layer_norm_eps": 1e-5,
    "id2label": {"0": "a"},
}
BERT_CONFIG: dict[str, Any] = {
    "vocab_size": 20,
    "hidden_size": 16,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 30,
}


def _random(shapes: dict[str, tuple[int, ...]], dtype: str = "float16") -> dict[str, np.ndarray]:
    generator = np.random.default_rng(1)
    return {key: generator.normal(size=shape).astype(dtype) for key, shape in shapes.items()}


def t2s_weights(phones: int = 732) -> dict[str, np.ndarray]:
    """A T2S network's keys that conversion looks at."""
    return _random(
        {
            "model.ar_text_embedding.word_embeddings.weight": (phones, 64),
            "model.ar_audio_embedding.word_embeddings.weight": (33, 64),
            "model.ar_audio_position.alpha": (1,),
            "model.h.layers.0.linear1.weight": (128, 64),
            "model.h.layers.1.linear1.weight": (128, 64),
        }
    )


def sovits_weights(symbols: int = 732) -> dict[str, np.ndarray]:
    """A SoVITS network's keys that conversion looks at, with what training leaves behind."""
    return _random(
        {
            "enc_p.text_embedding.weight": (symbols, 64),
            "enc_p.proj.weight": (24, 64, 1),
            "enc_p.encoder_text.attn_layers.0.conv_q.weight": (64, 64, 1),
            "enc_p.encoder_text.ffn_layers.0.conv_1.weight": (96, 64, 3),
            "dec.conv_pre.weight": (24, 12, 7),
            "dec.ups.0.weight_g": (24, 1, 1),
            "dec.ups.0.weight_v": (24, 12, 16),
            "dec.ups.0.bias": (12,),
            "dec.ups.1.weight_g": (12, 1, 1),
            "dec.ups.1.weight_v": (12, 6, 16),
            "dec.resblocks.0.convs1.0.weight_g": (12, 1, 1),
            "dec.resblocks.0.convs1.0.weight_v": (12, 12, 3),
            "dec.resblocks.1.convs1.0.weight_g": (6, 1, 1),
            "dec.resblocks.1.convs1.0.weight_v": (6, 6, 3),
            "flow.flows.0.enc.in_layers.0.weight_g": (64, 1, 1),
            "flow.flows.0.enc.in_layers.0.weight_v": (64, 32, 5),
            "ref_enc.fc.fc.weight": (16, 8),
            "ssl_proj.weight": (64, 64, 2),
            "ssl_proj.bias": (64,),
            "quantizer.vq.layers.0._codebook.embed": (128, 64),
            "quantizer.vq.layers.0._codebook.embed_avg": (128, 64),
            "quantizer.vq.layers.0._codebook.inited": (1,),
            "enc_q.pre.weight": (4, 4, 1),
        }
    )


def hubert_weights() -> dict[str, np.ndarray]:
    """A HuBERT encoder's keys that conversion looks at."""
    return _random(
        {
            "feature_extractor.conv_layers.0.conv.weight": (8, 1, 10),
            "feature_projection.projection.weight": (64, 8),
            "encoder.layers.0.feed_forward.intermediate_dense.weight": (96, 64),
            "encoder.pos_conv_embed.conv.weight_g": (1, 1, 16),
            "encoder.pos_conv_embed.conv.weight_v": (64, 16, 16),
            "masked_spec_embed": (64,),
        },
        "float32",
    )


def bert_weights(prefix: str = "bert.", norm: tuple[str, str] = ("gamma", "beta")) -> Any:
    """A BERT encoder's keys that conversion looks at, by default under their old names."""
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (20, 16),
        "embeddings.position_embeddings.weight": (30, 16),
        f"embeddings.LayerNorm.{norm[0]}": (16,),
        f"embeddings.LayerNorm.{norm[1]}": (16,),
        "pooler.dense.weight": (16, 16),
    }
    shapes |= {f"encoder.layer.{i}.intermediate.dense.weight": (32, 16) for i in range(4)}
    named = {prefix + key: shape for key, shape in shapes.items()}
    if prefix:
        named["cls.predictions.bias"] = (20,)
    return _random(named, "float32")


def save_t2s(path: Path, **changes: Any) -> Path:
    """A T2S file; ``weights`` and ``config`` replace the usual ones."""
    return save_checkpoint(
        path, changes.get("weights", t2s_weights()), changes.get("config", T2S_CONFIG)
    )


def save_sovits(path: Path, **changes: Any) -> Path:
    """A SoVITS file; ``weights``, ``config`` and ``header`` replace the usual ones."""
    return save_checkpoint(
        path,
        changes.get("weights", sovits_weights()),
        changes.get("config", SOVITS_CONFIG),
        header=changes.get("header"),
    )


def save_folder(path: Path, weights: dict[str, np.ndarray], config: dict[str, Any]) -> Path:
    """A model folder with ``pytorch_model.bin``."""
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_state(path / "pytorch_model.bin", weights)
    return path

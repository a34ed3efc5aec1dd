"""Checkpoint files of small whole voices with random weights: every family, every file it needs."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import sovits_tiny
import test_bert
import test_eres2net
import test_hubert
from mlx.utils import tree_flatten
from torch_files import Saver, encode, save_checkpoint, save_state, write_archive

from dora_mlx_tts.checkpoints.convert import ConversionSources
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.config import ROTARY_RATES, DiTConfig
from dora_mlx_tts.models.encoders.bert import Bert, BertConfig
from dora_mlx_tts.models.encoders.hubert import HubertConfig
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN

FLOWS = ("v3", "v4", "v5dev", "v5turbo")
FAMILIES = ("v1", "v2", "v2Pro", "v2ProPlus", *FLOWS)
HEADERS = {"v2Pro": b"05", "v2ProPlus": b"06"}
WIDTH, FEATURES, MELS = 16, 12, 100
DIT = DiTConfig(
    channels=64, depth=1, feed_forward=32, features=FEATURES, text_depth=1, text_inner=8, mels=MELS
)
VOCODER_CONFIG = {
    "resblock": "1",
    "upsample_rates": [8, 8, 4],
    "upsample_kernel_sizes": [16, 16, 8],
    "upsample_initial_channel": 16,
    "resblock_kernel_sizes": [3, 5],
    "resblock_dilation_sizes": [[1, 3], [1, 2]],
    "num_mels": MELS,
    "sampling_rate": 24000,
}
HUBERT_CONFIG = {
    **test_hubert.CONFIG,
    "hidden_size": sovits_tiny.SSL,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
}
Weights = dict[str, np.ndarray]


def drawn(shapes: dict[str, tuple[int, ...]], seed: int) -> Weights:
    """Random tensors that keep activations of order one."""
    random = np.random.default_rng(seed)
    made = {}
    for key, shape in shapes.items():
        scale = 0.3 if len(shape) < 2 else float(np.prod(shape[1:])) ** -0.5
        made[key] = random.normal(0.0, scale, shape).astype(np.float32)
    return made


def t2s(phones: int = 732) -> tuple[Weights, dict[str, Any]]:
    """A text-to-semantic network of two layers."""
    vocabulary = sovits_tiny.CODES + 1
    shapes = {
        "model.bert_proj.weight": (WIDTH, test_bert.CONFIG["hidden_size"]),
        "model.bert_proj.bias": (WIDTH,),
        "model.ar_text_embedding.word_embeddings.weight": (phones, WIDTH),
        "model.ar_audio_embedding.word_embeddings.weight": (vocabulary, WIDTH),
        "model.ar_text_position.alpha": (1,),
        "model.ar_audio_position.alpha": (1,),
        "model.ar_predict_layer.weight": (vocabulary, WIDTH),
    }
    for i in range(2):
        name = f"model.h.layers.{i}"
        shapes |= {
            f"{name}.self_attn.in_proj_weight": (3 * WIDTH, WIDTH),
            f"{name}.self_attn.in_proj_bias": (3 * WIDTH,),
            f"{name}.self_attn.out_proj.weight": (WIDTH, WIDTH),
            f"{name}.self_attn.out_proj.bias": (WIDTH,),
            f"{name}.linear1.weight": (32, WIDTH),
            f"{name}.linear1.bias": (32,),
            f"{name}.linear2.weight": (WIDTH, 32),
            f"{name}.linear2.bias": (WIDTH,),
        }
        for norm in ("norm1", "norm2"):
            shapes |= {f"{name}.{norm}.weight": (WIDTH,), f"{name}.{norm}.bias": (WIDTH,)}
    model = {
        "hidden_dim": WIDTH,
        "embedding_dim": WIDTH,
        "head": 2,
        "linear_units": 32,
        "n_layer": 2,
        "vocab_size": vocabulary,
        "phoneme_vocab_size": phones,
        "EOS": vocabulary - 1,
    }
    return drawn(shapes, 11), {"model": model, "data": {"max_sec": 54}}


def sovits(family: str) -> tuple[Weights, dict[str, Any]]:
    """A SoVITS model; v3 and later with their flow matching network."""
    pro = family.startswith("v2Pro")
    weights = sovits_tiny.weights(pro=pro, rows=1025 if family == "v1" else 704)
    config = sovits_tiny.config(gin_channels=6) if pro else copy.deepcopy(sovits_tiny.CONFIG)
    config["data"]["win_length"] = 2048
    config["model"]["version"] = family
    weights["enc_q.pre.weight"] = np.ones((2, 2, 1), np.float32)
    if family == "v1":
        weights["enc_p.text_embedding.weight"] = weights["enc_p.text_embedding.weight"][:322]
    if pro:
        width = test_eres2net.OUTPUTS[-1] * 10
        weights["sv_emb.weight"] = drawn({"x": (6, width)}, 3)["x"]
    if family in FLOWS:
        weights = {k: v for k, v in weights.items() if not k.startswith(("dec.", "flow."))}
        weights |= _flow_parts(step_embedding=family in ("v3", "v4"))
    return weights, config


def _flow_parts(*, step_embedding: bool) -> Weights:
    def plain_value(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": shape, f"{name}.bias": (shape[0],)}

    shapes = plain_value("bridge.0", FEATURES, sovits_tiny.C, 1) | plain_value(
        "linear_mel", 5, FEATURES, 1
    )
    for name in ("wns1.pre", "wns1.proj"):
        shapes |= plain_value(name, FEATURES, FEATURES, 1)
    shapes |= plain_value("wns1.enc.cond_layer", 16 * FEATURES, sovits_tiny.STYLE, 1)
    for i in range(8):
        outputs = FEATURES if i == 7 else 2 * FEATURES
        shapes |= plain_value(f"wns1.enc.in_layers.{i}", 2 * FEATURES, FEATURES, 5)
        shapes |= plain_value(f"wns1.enc.res_skip_layers.{i}", outputs, FEATURES, 1)
    sizes = dataclasses.replace(DIT, step_embedding=step_embedding)
    for key, value in tree_flatten(CFM(sizes).parameters()):
        shape = value.shape
        if len(shape) == 3 and key.endswith("weight"):
            shape = (shape[0], shape[2], shape[1])
        shapes[f"cfm.{key}"] = shape
    rates = np.array(ROTARY_RATES, np.float16)
    return drawn(shapes, 12) | {"cfm.estimator.rotary_embed.inv_freq": rates}


def vocoder(family: str) -> Weights:
    """BigVGAN for v3 (weight norm in its new form), the 48 kHz HiFi-GAN for v4 and v5."""
    kind = BigVGAN if family == "v3" else HiFiGAN
    initial = 16 if family == "v3" else 32
    config = VOCODER_CONFIG if family == "v3" else {}
    made = kind(
        kind.read_config(config, {"conv_pre.weight": np.zeros((initial, MELS, 7), np.float32)})
    )
    shapes = {}
    for key, value in tree_flatten(made.parameters()):
        shape = value.shape
        if len(shape) == 3:
            a, b, c = shape
            shape = (c, a, b) if key.startswith("ups.") else (a, c, b)
        shapes[key] = shape
    weights = drawn(shapes, 13)
    weights["conv_post.weight"] *= 0.01 if family == "v3" else 0.3  # there is no tanh in v3's
    if family == "v3":
        weights["activation_post.upsample.filter"] = np.zeros((1, 1, 12), np.float32)
        direction = weights.pop("conv_pre.weight")
        stem = "conv_pre.parametrizations.weight.original"
        weights[f"{stem}0"] = np.ones((initial, 1, 1), np.float32)
        weights[f"{stem}1"] = direction
    return weights


def speaker() -> Weights:
    """A speaker network with batch norms and the head that is not used."""
    weights = drawn(test_eres2net.network_shapes(), 14)
    for key in weights:
        if key.endswith("running_var"):
            weights[key] = np.abs(weights[key]) + 0.5
    return weights


def save_hubert(folder: Path) -> Path:
    """A HuBERT folder."""
    folder.mkdir(parents=True)
    weights = test_hubert.random_checkpoint(HubertConfig.from_dict(HUBERT_CONFIG))
    (folder / "config.json").write_text(json.dumps(HUBERT_CONFIG), encoding="utf-8")
    save_state(folder / "pytorch_model.bin", weights)
    return folder


def save_bert(folder: Path) -> Path:
    """A BERT folder with names of an old conversion, two layers beyond those that are used."""
    folder.mkdir(parents=True)
    used = Bert(BertConfig.from_dict(test_bert.CONFIG))
    shapes = {f"bert.{key}": value.shape for key, value in tree_flatten(used.parameters())}
    for key, shape in list(shapes.items()):
        for old, new in (("0", "2"), ("1", "3")):
            shapes[key.replace(f"layer.{old}.", f"layer.{new}.")] = shape
    old = (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"))
    weights = drawn(shapes, 16)
    for new, name in old:
        weights = {key.replace(new, name): values for key, values in weights.items()}
    (folder / "config.json").write_text(json.dumps(test_bert.CONFIG), encoding="utf-8")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(chr(0x4E00 + i) for i in range(45))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    save_state(folder / "pytorch_model.bin", weights)
    return folder


def save_vocoder(folder: Path, family: str) -> Path:
    """BigVGAN's folder, or the file of v4's and v5's."""
    folder.mkdir(parents=True, exist_ok=True)
    if family != "v3":
        return save_state(folder / "vocoder.pth", vocoder(family))
    (folder / "config.json").write_text(json.dumps(VOCODER_CONFIG), encoding="utf-8")
    saver = Saver()
    content = {"generator": saver.state(vocoder("v3"))}
    write_archive(folder / "bigvgan_generator.pt", encode(content), saver.storages)
    return folder


def save_lora(path: Path, family: str, rank: int = 2) -> Path:
    """A LoRA of v3 or later that changes one attention and replaces one layer."""
    name = "cfm.base_model.model.estimator.transformer_blocks.0.attn.to_q"
    weights = drawn(
        {
            f"{name}.lora_A.default.weight": (rank, DIT.channels),
            f"{name}.lora_B.default.weight": (DIT.channels, rank),
            "bridge.0.bias": (FEATURES,),
            "elsewhere.weight": (3,),
        },
        15,
    )
    halves = {key: values.astype(np.float16) for key, values in weights.items()}
    header = {"v3": b"03", "v4": b"04", "v5dev": b"07", "v5turbo": b"08"}[family]
    return save_checkpoint(path, halves, sovits(family)[1], header=header)


def save_voice(folder: Path, family: str, *, header: bytes | None = None) -> ConversionSources:
    """Every file of a voice, as its users have them."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, config = t2s(512 if family == "v1" else 732)
    gpt = save_checkpoint(folder / "gpt.ckpt", weights, config)
    weights, config = sovits(family)
    header = HEADERS.get(family) if header is None else header
    pth = save_checkpoint(folder / "sovits.pth", weights, config, header=header)
    pro = family.startswith("v2Pro")
    flow = family in FLOWS
    return ConversionSources(
        gpt,
        pth,
        ssl=save_hubert(folder / "hubert"),
        bert=save_bert(folder / "bert") if family == "v2" else None,
        speaker=save_state(folder / "sv.ckpt", speaker()) if pro else None,
        vocoder=save_vocoder(folder / "vocoder", family) if flow else None,
    )


def recording(path: Path, seconds: float = 4.0, rate: int = 32000) -> Path:
    """Something that swells like speech."""
    t = np.arange(round(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 12))
    samples = 0.2 * tone * (0.02 + np.sin(2 * np.pi * 2.5 * t) ** 2)
    soundfile.write(path, samples.astype(np.float32), rate)
    return path

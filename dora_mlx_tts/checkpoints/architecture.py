"""Network sizes, taken from a checkpoint's configuration and checked against its tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.families import TEXT_EMBEDDING, Family, Shapes

_SOVITS_DATA = ("sampling_rate", "filter_length", "hop_length", "win_length")
_SOVITS_NEEDED = ("n_heads", "kernel_size", "resblock_kernel_sizes", "resblock_dilation_sizes")
_GENERATOR_NEEDED = ("upsample_rates", "upsample_initial_channel", "upsample_kernel_sizes")
_SPEAKER_FREQUENCIES = 10  # 80 mel bands, halved three times
_HUBERT_KEPT = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "conv_dim",
    "conv_kernel",
    "conv_stride",
    "conv_bias",
    "feat_extract_norm",
    "do_stable_layer_norm",
    "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups",
    "hidden_act",
    "layer_norm_eps",
)
_BERT_KEPT = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
    "hidden_act",
)
_TRANSFORMER_NEEDED = ("hidden_size", "num_hidden_layers", "num_attention_heads")


class _Sizes:
    """Looks up dimensions of tensors; a missing one is an error that names the file."""

    def __init__(self, shapes: Shapes, source: str) -> None:
        self.shapes = shapes
        self.source = source

    def of(self, key: str, dimension: int) -> int:
        """Length of one dimension; for a weight-norm pair, that of the folded weight."""
        shape = next((self.shapes[name] for name in _names(key) if name in self.shapes), None)
        if shape is None or len(shape) <= dimension:
            raise WeightsError(
                f"{self.source}: tensor {key!r} is missing or has too few dimensions"
            )
        return shape[dimension]

    def count(self, pattern: str) -> int:
        """How many different numbers the pattern's group captures among the matching keys."""
        found = (re.match(pattern, key) for key in self.shapes)
        return len({match.group(1) for match in found if match})


def _names(key: str) -> tuple[str, ...]:
    """Keys that may give a weight's shape: its own, or the direction of a weight-norm pair."""
    stem = key.removesuffix(".weight")
    return key, f"{stem}.weight_v", f"{stem}.parametrizations.weight.original1"


def t2s_config(config: Mapping[str, Any], shapes: Shapes, source: str) -> dict[str, Any]:
    """Sizes of a T2S network: the ``model`` section and ``data.max_sec``.

    Raises:
        WeightsError: A size is missing or contradicts the tensors.
    """
    sizes = _Sizes(shapes, source)
    width = sizes.of("model.ar_text_embedding.word_embeddings.weight", 1)
    codes = sizes.of("model.ar_audio_embedding.word_embeddings.weight", 0)
    derived = {
        "phoneme_vocab_size": sizes.of("model.ar_text_embedding.word_embeddings.weight", 0),
        "embedding_dim": width,
        "hidden_dim": width,
        "vocab_size": codes,
        "EOS": codes - 1,
        "linear_units": sizes.of("model.h.layers.0.linear1.weight", 0),
        "n_layer": sizes.count(r"model\.h\.layers\.(\d+)\."),
    }
    model = _agree(_section(config, "model", source), derived, source)
    _require(model, ("head",), source)
    _divides(model, "head", "hidden_dim", source)
    max_sec = _section(config, "data", source, optional=True).get("max_sec")
    return {**model, **({} if max_sec is None else {"max_sec": max_sec})}


def sovits_config(
    config: Mapping[str, Any], shapes: Shapes, family: Family, source: str
) -> dict[str, Any]:
    """Sizes of a SoVITS network: the ``model`` section and four values of ``data``.

    For v3, v4 and v5 the sizes of a generator come from the configuration alone: their files contain none.

    ``version`` becomes the detected family and ``semantic_frame_rate`` "25hz", as the reference
    implementation sets them.

    Raises:
        WeightsError: A size is missing or contradicts the tensors.
    """
    sizes = _Sizes(shapes, source)
    generator = {} if family.flow_matching else _generator_sizes(sizes)
    derived = {
        "hidden_channels": sizes.of(TEXT_EMBEDDING, 1),
        "inter_channels": sizes.of("enc_p.proj.weight", 0) // 2,
        "filter_channels": sizes.of("enc_p.encoder_text.ffn_layers.0.conv_1.weight", 0),
        "n_layers": sizes.count(r"enc_p\.encoder_text\.attn_layers\.(\d+)\."),
        **generator,
        "gin_channels": sizes.of("ref_enc.fc.fc.weight", 0),
    }
    if family.speaker:
        sizes.of("sv_emb.weight", 1)
    given = {**_section(config, "model", source), "version": family.model}
    model = _agree({**given, "semantic_frame_rate": "25hz"}, derived, source)
    _require(model, (*_SOVITS_NEEDED, *_GENERATOR_NEEDED), source)
    _divides(model, "n_heads", "hidden_channels", source)
    if generator:
        _check_stages(sizes, model, source)
    data = _section(config, "data", source)
    _require(data, _SOVITS_DATA, source)
    return {**model, **{name: data[name] for name in _SOVITS_DATA}}


def speaker_width(shapes: Shapes, source: str) -> int:
    """Width of a speaker network's embedding: its last channels times the remaining frequencies.

    Raises:
        WeightsError: The tensors are not those of the speaker network.
    """
    sizes = _Sizes(shapes, source)
    sizes.of("conv1.weight", 3)
    sizes.of("fuse34.local_att.0.weight", 3)
    return sizes.of("layer4.0.conv3.weight", 0) * _SPEAKER_FREQUENCIES


def _generator_sizes(sizes: _Sizes) -> dict[str, Any]:
    stages = sizes.count(r"dec\.ups\.(\d+)\.")
    return {
        "upsample_initial_channel": sizes.of("dec.conv_pre.weight", 0),
        "upsample_kernel_sizes": [sizes.of(f"dec.ups.{i}.weight", 2) for i in range(stages)],
    }


def _check_stages(sizes: _Sizes, model: Mapping[str, Any], source: str) -> None:
    stages = sizes.count(r"dec\.ups\.(\d+)\.")
    blocks = sizes.count(r"dec\.resblocks\.(\d+)\.")
    if len(model["upsample_rates"]) != stages or blocks != stages * len(
        model["resblock_kernel_sizes"]
    ):
        raise WeightsError(
            f"{source}: its tensors have {stages} upsampling stages and {blocks} residual blocks;"
            f" its configuration says {model['upsample_rates']} and"
            f" {model['resblock_kernel_sizes']} a stage"
        )


def hubert_config(config: Mapping[str, Any], shapes: Shapes, source: str) -> dict[str, Any]:
    """Sizes of a HuBERT encoder, from its folder's ``config.json``.

    Raises:
        WeightsError: A size is missing or contradicts the tensors, or the variant is not supported.
    """
    sizes = _Sizes(shapes, source)
    kept = {name: config[name] for name in _HUBERT_KEPT if name in config}
    derived = {
        "hidden_size": sizes.of("feature_projection.projection.weight", 0),
        "num_hidden_layers": sizes.count(r"encoder\.layers\.(\d+)\."),
        "intermediate_size": sizes.of("encoder.layers.0.feed_forward.intermediate_dense.weight", 0),
    }
    model = _agree(kept, derived, source)
    _require(model, (*_TRANSFORMER_NEEDED, "conv_dim", "conv_kernel", "conv_stride"), source)
    _divides(model, "num_attention_heads", "hidden_size", source)
    if model.get("do_stable_layer_norm") or model.get("feat_extract_norm", "group") != "group":
        raise WeightsError(f"{source}: only HuBERT's base variant (group norm, post-norm) is known")
    return model


def bert_config(config: Mapping[str, Any], shapes: Shapes, source: str) -> dict[str, Any]:
    """Sizes of a BERT encoder, from its folder's ``config.json``; the full number of layers.

    Raises:
        WeightsError: A size is missing or contradicts the tensors.
    """
    sizes = _Sizes(shapes, source)
    kept = {name: config[name] for name in _BERT_KEPT if name in config}
    derived = {
        "vocab_size": sizes.of("bert.embeddings.word_embeddings.weight", 0),
        "hidden_size": sizes.of("bert.embeddings.word_embeddings.weight", 1),
        "max_position_embeddings": sizes.of("bert.embeddings.position_embeddings.weight", 0),
        "num_hidden_layers": sizes.count(r"bert\.encoder\.layer\.(\d+)\."),
        "intermediate_size": sizes.of("bert.encoder.layer.0.intermediate.dense.weight", 0),
    }
    model = _agree(kept, derived, source)
    _require(model, _TRANSFORMER_NEEDED, source)
    _divides(model, "num_attention_heads", "hidden_size", source)
    return model


def _section(
    config: Mapping[str, Any], name: str, source: str, *, optional: bool = False
) -> dict[str, Any]:
    section = config.get(name, {} if optional else None)
    if not isinstance(section, Mapping):
        raise WeightsError(f"{source}: its configuration has no section {name!r}")
    return {str(key): value for key, value in section.items() if is_plain(value)}


def is_plain(value: object) -> bool:
    """Whether a configuration value can be represented in JSON."""
    if isinstance(value, list | tuple):
        return all(is_plain(item) for item in value)
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN
    return value is None or isinstance(value, str | int)


def _agree(given: Mapping[str, Any], derived: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The given sizes, completed from the tensors."""
    for name, actual in derived.items():
        said = given.get(name, actual)
        if (list(said) if isinstance(said, tuple) else said) != actual:
            raise WeightsError(
                f"{source}: its configuration says {name} {said!r}, but its tensors have {actual!r}"
            )
    return {**given, **derived}


def _require(model: Mapping[str, Any], names: tuple[str, ...], source: str) -> None:
    missing = [name for name in names if name not in model]
    if missing:
        raise WeightsError(f"{source}: its configuration lacks {', '.join(missing)}")


def _divides(model: Mapping[str, Any], heads: str, width: str, source: str) -> None:
    count, size = model[heads], model[width]
    if not isinstance(count, int) or count < 1 or size % count:
        raise WeightsError(f"{source}: {heads} {count!r} does not divide {width} {size}")

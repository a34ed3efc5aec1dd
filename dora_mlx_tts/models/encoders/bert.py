"""BERT: characters to context features (Devlin et al. 2019, arXiv:1810.04805).

T2S was trained on the third hidden state from the end of chinese-roberta-wwm-ext-large, so the last
two layers and the heads of the checkpoint are never built.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import mlx.core as mx
import numpy as np
from mlx import nn

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.attention import attend
from dora_mlx_tts.models.core.layers import Layer, LayerNorm, Linear
from dora_mlx_tts.models.encoders.hf_config import check_divides, read_config
from dora_mlx_tts.packs.stored import Stored, Weight, Weights
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.compiled_graph import CompiledGraph, usable

logger = logging.getLogger(__name__)

_FIXED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
_SKIPPED_LAYERS = 2
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")
_UNUSED = re.compile(r"^(cls|pooler)\.|^embeddings\.position_ids$")
_OLD_NAMES = {"gamma": "weight", "beta": "bias"}


@dataclass(frozen=True, slots=True)
class BertConfig:
    """Sizes of the network, under the names of `config.json`."""

    vocab_size: int = 21128
    hidden_size: int = 1024
    num_hidden_layers: int = 24
    num_attention_heads: int = 16
    intermediate_size: int = 4096
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Parse the content of `config.json`.

        Raises:
            WeightsError: the sizes are inconsistent, or of another variant of the network.
        """
        config = read_config(cls, data, _FIXED, "BERT")
        check_divides(config.hidden_size, config.num_attention_heads, "hidden_size, heads", "BERT")
        if config.num_hidden_layers <= _SKIPPED_LAYERS:
            raise WeightsError(
                f"BERT configuration: num_hidden_layers must be above {_SKIPPED_LAYERS}, got"
                f" {config.num_hidden_layers}: features come from the third state from the end"
            )
        return config

    @property
    def used_layers(self) -> int:
        """Layers below the hidden state that is used."""
        return self.num_hidden_layers - _SKIPPED_LAYERS


class WordTable(nn.Module):
    """Word vectors, [V, C]; as large as three layers, with few rows read."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.weight = mx.zeros((words, width))
        self._kept: Stored | None = None

    def keep(self, name: str, weight: Stored) -> bool:
        """Leave the table in its file."""
        self.pop(name)
        self._kept = weight
        return True

    def __call__(self, ids: mx.array) -> mx.array:
        """[...] to [..., C]."""
        if self._kept is None:
            return self.weight[ids]
        return mx.array(self._kept.rows(np.array(ids)))


class Embeddings(nn.Module):
    """Word, position and segment vectors (all of segment 0), added and normalized."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = WordTable(config.vocab_size, width)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.LayerNorm = LayerNorm(width, config.layer_norm_eps)

    def __call__(self, ids: mx.array) -> mx.array:
        """Ids [B, T] to [B, T, C]."""
        position = self.position_embeddings.weight[: ids.shape[1]]
        segment = self.token_type_embeddings.weight[0]
        x: mx.array = self.LayerNorm(self.word_embeddings(ids) + position + segment)
        return x


class SelfAttention(Layer):
    """Projections and attention without a mask."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.query = Linear(width, width)
        self.key = Linear(width, width)
        self.value = Linear(width, width)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        return attend(self.query(x), self.key(x), self.value(x), self.heads, self._ops)


class Output(nn.Module):
    """Affine map, residual and layer norm: the end of both halves of a layer."""

    def __init__(self, inputs: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = Linear(inputs, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, x: mx.array, residual: mx.array) -> mx.array:
        """[B, T, I] to [B, T, C]."""
        y: mx.array = self.LayerNorm(self.dense(x) + residual)
        return y


class Attention(nn.Module):
    """The first half of a layer."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Output(config.hidden_size, config)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        y: mx.array = self.output(self.self(x), x)
        return y


class Intermediate(Layer):
    """The wide affine map of the second half, and GELU."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = Linear(config.hidden_size, config.intermediate_size)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, I]."""
        return self._ops.gelu(self.dense(x))


class EncoderLayer(nn.Module):
    """Attention and feed-forward."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Output(config.intermediate_size, config)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        x = self.attention(x)
        y: mx.array = self.output(self.intermediate(x), x)
        return y


class Encoder(nn.Module):
    """The stack of layers, without the last two."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = [EncoderLayer(config) for _ in range(config.used_layers)]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        for layer in self.layer:
            x = layer(x)
        return x


class Bert(nn.Module):
    """Embeddings and encoder up to the hidden state that T2S reads."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)
        self._eight_bit: CompiledGraph[Any] | None = None

    def compile_in_eight_bits(self, *, round_rows: bool) -> None:
        """Let OpenVINO compile the layers with 8-bit weights, on a thread; for the Linux CPU, once prepared.

        The first text waits for it. Where OpenVINO fails, float32 is used, and a warning is logged.

        Args:
            round_rows: let products round what they multiply as well.
        """
        try:
            from dora_mlx_tts.models.encoders.bert_graph import (  # noqa: PLC0415  needs an extra
                encoder_graph,
            )
        except ImportError as error:
            logger.warning("BERT computes in float32: OpenVINO cannot be imported: %s", error)
            return
        build = partial(encoder_graph, self.encoder.layer)
        self._eight_bit = CompiledGraph("BERT", build, round_rows=round_rows)

    def features(self, ids: mx.array) -> mx.array:
        """Token ids [B, T], [CLS] first and [SEP] last, to features [B, T, hidden], float32.

        Raises:
            BackendError: OpenVINO failed.
        """
        x = self.embeddings(ids)
        if (graph := self._in_eight_bits()) is not None:
            rows = np.array(x.astype(mx.float32))
            return mx.array(np.stack([graph.run([row], _features) for row in rows]))
        features: mx.array = self.encoder(x)
        return features.astype(mx.float32)

    def _in_eight_bits(self) -> CompiledGraph[Any] | None:
        """The layers in 8 bits, if they were asked for and could be compiled."""
        self._eight_bit = usable(self._eight_bit, "BERT computes in float32")
        return self._eight_bit

    def sanitize(self, weights: Weights) -> dict[str, Weight]:
        """Map checkpoint keys to this module's: no `bert.` prefix, no heads, no unused layers.

        Conversions from TensorFlow call the parameters of layer norms gamma and beta.
        """
        result: dict[str, Weight] = {}
        for key, value in weights.items():
            name = key.removeprefix("bert.")
            layer = _LAYER.match(name)
            if _UNUSED.match(name) or (layer and int(layer[1]) >= self.config.used_layers):
                continue
            stem, _, leaf = name.rpartition(".")
            result[f"{stem}.{_OLD_NAMES.get(leaf, leaf)}"] = value
        return result


def _features(outputs: Mapping[Any, Floats]) -> Floats:
    (features,) = outputs.values()
    return features.copy()

"""Sizes of the text-to-semantic network, read from a checkpoint and checked against its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be

_NAMES = {  # field: the checkpoint's name for it, under config["model"]
    "channels": "hidden_dim",
    "heads": "head",
    "feed_forward": "linear_units",
    "layers": "n_layer",
    "vocabulary": "vocab_size",
    "phones": "phoneme_vocab_size",
    "eos": "EOS",
}


@dataclass(frozen=True, slots=True)
class T2SConfig:
    """Sizes of the network.

    Attributes:
        channels: width.
        heads: attention heads; must divide `channels`.
        feed_forward: inner width of feed-forward layers.
        layers: number of blocks.
        vocabulary: number of semantic tokens, including the end token.
        phones: number of phone ids.
        eos: the end token, which is the last of the vocabulary.
        features: channels of the text features (BERT).
    """

    channels: int
    heads: int
    feed_forward: int
    layers: int
    vocabulary: int
    phones: int
    eos: int
    features: int = 1024

    @classmethod
    def from_checkpoint(
        cls, config: Mapping[str, Any], weights: Mapping[str, Any] | None = None
    ) -> T2SConfig:
        """Read the sizes from a checkpoint's `config` (its "model" section) or from that section itself.

        Other sections and keys concern training and are ignored. With `weights` (any names that `sanitize`
        accepts) every size is checked against the tensors.

        Raises:
            WeightsError: a size is missing, not a number, or contradicts the tensors.
        """
        section = config.get("model", config)
        if not isinstance(section, Mapping):
            raise WeightsError(
                f"T2S configuration: 'model' must be a table, got {type(section).__name__}"
            )
        sizes = {field: _size(section, name) for field, name in _NAMES.items()}
        if weights is not None:
            tensor = sanitize(weights).get("bert_proj.weight")
            if tensor is not None and len(tensor.shape) == 2:  # noqa: PLR2004  a matrix
                sizes["features"] = int(tensor.shape[1])
        made = cls(**sizes)
        made.check(section, weights)
        return made

    def check(self, section: Mapping[str, Any], weights: Mapping[str, Any] | None) -> None:
        """Check that the sizes are consistent with each other and with the tensors.

        Raises:
            WeightsError: they do not.
        """
        if self.channels % (2 * self.heads):
            raise WeightsError(
                f"T2S configuration: hidden_dim must be a multiple of twice head ({self.heads}), got"
                f" {self.channels}"
            )
        if section.get("embedding_dim", self.channels) != self.channels:
            raise WeightsError(
                f"T2S configuration: embedding_dim must be hidden_dim ({self.channels}), got"
                f" {section['embedding_dim']!r}"
            )
        if self.eos != self.vocabulary - 1:
            raise WeightsError(
                f"T2S configuration: EOS must be the last token of vocab_size ({self.vocabulary}), got"
                f" {self.eos}"
            )
        if weights is not None:
            self._check_tensors(sanitize(weights))

    def _check_tensors(self, weights: Mapping[str, Any]) -> None:
        first = "h.layers.0."
        wanted = {
            "ar_text_embedding.word_embeddings.weight": (self.phones, self.channels),
            "ar_audio_embedding.word_embeddings.weight": (self.vocabulary, self.channels),
            "ar_predict_layer.weight": (self.vocabulary, self.channels),
            f"{first}self_attn.in_proj_weight": (3 * self.channels, self.channels),
            f"{first}linear1.weight": (self.feed_forward, self.channels),
        }
        for key, shape in wanted.items():
            if key not in weights:
                raise WeightsError(f"T2S weights: {key!r} is missing")
            if tuple(weights[key].shape) != shape:
                raise WeightsError(
                    f"T2S weights: {key!r} is {list(weights[key].shape)}; its configuration wants"
                    f" {list(shape)}"
                )
        layers = {key.split(".")[2] for key in weights if key.startswith("h.layers.")}
        if layers != {str(layer) for layer in range(self.layers)}:
            raise WeightsError(
                f"T2S weights must hold {self.layers} layers (n_layer), got {sorted(layers)}"
            )


def _size(section: Mapping[str, Any], name: str) -> int:
    value = section.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WeightsError(must_be(f"T2S configuration: {name}", "an integer above 0", value))
    return value


def sanitize(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Map checkpoint names to this module's: remove `model.`; nothing else changes."""
    return {key.removeprefix("model."): value for key, value in weights.items()}

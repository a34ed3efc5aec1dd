"""Checks that the parts of a pack are complete networks: builds each from shapes alone, before writing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from mlx import nn

from dora_mlx_tts.checkpoints.folding import FoldedTensor, fold_pairs
from dora_mlx_tts.checkpoints.parts import Part
from dora_mlx_tts.errors import TtsError, WeightsError
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.cfm.families import FLOWS
from dora_mlx_tts.models.encoders.bert import Bert, BertConfig
from dora_mlx_tts.models.encoders.eres2net import SpeakerConfig, SpeakerNetwork
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import model as t2s_names
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.packs.load import check_weights
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.packs.tensors import Tensors

_REFERENCES = "ssl_proj.weight"

Weights = dict[str, Any]
Built = tuple[nn.Module, Weights]


def check_networks(parts: list[Part], model: str, *, reference_encoder: bool) -> None:
    """Check that every part has all the tensors of the network that loading will build from it.

    No tensor is read: the networks are built from shapes and their parameters never computed.

    Args:
        parts: the parts of one pack.
        model: the family.
        reference_encoder: whether the pack keeps the encoder for new recordings.

    Raises:
        WeightsError: tensors are missing, left over, or have another shape; the message names them and the
            file.
    """
    built: dict[str, nn.Module] = {}
    for part in parts:
        source = f"{part.source}: part {part.name!r}"
        shapes = _unread(part.selection.kept, source)
        try:
            built[part.name], weights = _build(part, shapes, model)
        except TtsError as error:
            raise WeightsError(f"{source}: {error}") from error
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise WeightsError(
                f"{source}: its sizes or tensors are not those of the network"
                f" ({type(error).__name__}: {error})"
            ) from error
        check_weights(built[part.name], weights, source)
        if part.name == "sovits" and reference_encoder and _REFERENCES not in shapes:
            raise WeightsError(
                f"{source}: {_REFERENCES!r} is missing, but needed to encode new recordings; a pack"
                " without the reference encoder does not need it"
            )
    _check_features(built, parts)


def _check_features(built: Mapping[str, nn.Module], parts: list[Part]) -> None:
    """Check that BERT's features have the width that the text-to-semantic network expects."""
    if "bert" not in built:
        return
    made, read = built["bert"].config.hidden_size, built["t2s"].config.features
    if made != read:
        files = {part.name: part.source for part in parts}
        raise WeightsError(
            f"{files['bert']}: has features of width {made}, {files['t2s']} needs {read}"
        )


def _build(part: Part, shapes: Weights, model: str) -> Built:
    builders: Mapping[str, Callable[[Mapping[str, Any], Weights], Built]] = {
        "t2s": _t2s,
        "cfm": _cfm,
        "vocoder": _vocoder,
        "speaker": _speaker,
        "ssl": _hubert,
        "bert": _bert,
    }
    if part.name != "sovits":
        return builders[part.name](part.config, shapes)
    if any(key.startswith("dec.") for key in shapes):
        return SoVITS(SoVITSConfig.from_checkpoint(part.config, shapes)), SoVITS.sanitize(shapes)
    version = FLOWS[model].conditioner
    config = ConditionerConfig.from_checkpoint(part.config, shapes, version)
    return Conditioner(config), Conditioner.sanitize(shapes)


def _t2s(config: Mapping[str, Any], shapes: Weights) -> Built:
    return T2S(T2SConfig.from_checkpoint(config, shapes)), t2s_names.sanitize(shapes)


def _cfm(_: Mapping[str, Any], shapes: Weights) -> Built:
    return CFM(DiTConfig.from_weights(shapes)), CFM.sanitize(shapes)


def _vocoder(config: Mapping[str, Any], shapes: Weights) -> Built:
    kind = BigVGAN if config.get("kind") == "bigvgan" else HiFiGAN
    return kind(kind.read_config(config, shapes)), kind.sanitize(shapes)


def _speaker(_: Mapping[str, Any], shapes: Weights) -> Built:
    full = {key: shape.full() for key, shape in shapes.items()}
    return SpeakerNetwork(SpeakerConfig.from_weights(full)), SpeakerNetwork.sanitize(full)


def _hubert(config: Mapping[str, Any], shapes: Weights) -> Built:
    return Hubert(HubertConfig.from_dict(config)), Hubert.sanitize(shapes)


def _bert(config: Mapping[str, Any], shapes: Weights) -> Built:
    network = Bert(BertConfig.from_dict(config))
    return network, network.sanitize(shapes)


def _unread(tensors: Tensors, source: str) -> Weights:
    """Placeholders for tensors of these shapes as in a pack, which take no memory."""
    one = np.ones((), np.float16)
    folded = fold_pairs(tensors, source)
    for tensor in folded.values():
        if isinstance(tensor, FoldedTensor):
            tensor.check()
    return {key: Stored(np.broadcast_to(one, t.shape)) for key, t in folded.items()}

"""Selects the tensors of a checkpoint that a pack needs; the others are listed with reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dora_mlx_tts.checkpoints.report import Ignored
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.arrays import rename_norm
from dora_mlx_tts.packs.tensors import ReadableTensor, Tensors

Rule = tuple[str, str]  # pattern of keys, reason for leaving them out

T2S_WANTED = r"model\."
SOVITS_WANTED = r"(enc_p|dec|flow|ref_enc|ssl_proj|quantizer|sv_emb|ge_to512|prelu)\."
CONDITIONER_WANTED = r"(enc_p|ref_enc|ssl_proj|quantizer|bridge|wns1)\."
CFM_WANTED = r"cfm\."
SPEAKER_WANTED = r"(conv1|bn1|layer\d|layer3_ds|fuse34)\."
VOCODER_WANTED = r"(conv_pre|ups|resblocks|activation_post|conv_post)\."
HUBERT_WANTED = r"(feature_extractor|feature_projection|encoder)\."
BERT_WANTED = r"bert\.(embeddings|encoder)\."
# The features are the third hidden state from the end: the last two layers never run.
_BERT_UNUSED_LAYERS = 2

SOVITS_RULES: tuple[Rule, ...] = (
    (r"enc_q\.", "posterior encoder, used in training only"),
    (r"quantizer\..*\.(inited|cluster_size|embed_avg)$", "codebook statistics, training only"),
)
CONDITIONER_RULES: tuple[Rule, ...] = (
    *SOVITS_RULES,
    (r"linear_mel\.", "head of a loss, used in training only"),
    (r"(dec|flow)\.", "sound of other families; flow matching takes its place"),
)
CFM_RULES: tuple[Rule, ...] = ((r".*\.freqs_cis$", "tables, computed"),)
SPEAKER_RULES: tuple[Rule, ...] = (
    (r".*num_batches_tracked$", "used in training only"),
    (r"(seg|pool)", "head that was trained with it, not used"),
)
VOCODER_RULES: tuple[Rule, ...] = ((r".*\.filter$", "tables, computed"),)
NO_REFERENCE_RULE: Rule = (r"ssl_proj\.", "encodes new reference audio, not wanted in this pack")
HUBERT_RULES: tuple[Rule, ...] = ((r"masked_spec_embed$", "used in training only"),)
BERT_RULES: tuple[Rule, ...] = (
    (r"cls\.", "word prediction head, not used"),
    (r"bert\.pooler\.", "sentence vector, not used"),
    (r"bert\.embeddings\.position_ids$", "counts from 0, computed"),
)


@dataclass(frozen=True)
class Selection:
    """The tensors to keep, and the ones left out."""

    kept: dict[str, ReadableTensor]
    ignored: tuple[Ignored, ...]


def select(tensors: Tensors, wanted: str, rules: tuple[Rule, ...], source: str) -> Selection:
    """Keep the tensors whose keys match ``wanted`` and none of ``rules``.

    Raises:
        WeightsError: No tensor is left.
    """
    kept: dict[str, ReadableTensor] = {}
    ignored: dict[str, list[str]] = {}
    for key, tensor in tensors.items():
        reason = next((why for pattern, why in rules if re.match(pattern, key)), None)
        if reason is None and re.match(wanted, key):
            kept[key] = tensor
        else:
            ignored.setdefault(reason or "not part of this network", []).append(key)
    if not kept:
        raise WeightsError(f"{source}: no tensors of this network; expected keys like {wanted!r}")
    return Selection(kept, tuple(Ignored(why, tuple(keys)) for why, keys in ignored.items()))


def select_bert(tensors: Tensors, layers: int, source: str) -> Selection:
    """Select the tensors of BERT up to the layer whose output is used.

    Raises:
        WeightsError: No tensor is left.
    """
    unused = "|".join(str(layers - 1 - i) for i in range(_BERT_UNUSED_LAYERS))
    rule = (rf"bert\.encoder\.layer\.({unused})\.", "comes after the features are taken")
    return select(tensors, BERT_WANTED, (*BERT_RULES, rule), source)


def bert_names(tensors: Tensors) -> dict[str, ReadableTensor]:
    """BERT's tensors under their current names, prefixed with ``bert.`` as in the reference's file."""
    has_prefix = any(key.startswith("bert.") for key in tensors)
    return {
        rename_norm(key if has_prefix else f"bert.{key}"): tensor for key, tensor in tensors.items()
    }

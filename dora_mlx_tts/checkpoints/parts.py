"""The networks of a voice: found in its files, checked, and stripped of tensors that synthesis never needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.checkpoints.architecture import (
    bert_config,
    hubert_config,
    sovits_config,
    speaker_width,
    t2s_config,
)
from dora_mlx_tts.checkpoints.read.checkpoint import Checkpoint, read_checkpoint
from dora_mlx_tts.checkpoints.read.model_folder import read_model_folder
from dora_mlx_tts.checkpoints.selection import (
    CFM_RULES,
    CFM_WANTED,
    CONDITIONER_RULES,
    CONDITIONER_WANTED,
    HUBERT_RULES,
    HUBERT_WANTED,
    NO_REFERENCE_RULE,
    SOVITS_RULES,
    SOVITS_WANTED,
    SPEAKER_RULES,
    SPEAKER_WANTED,
    T2S_WANTED,
    Selection,
    bert_names,
    select,
    select_bert,
)
from dora_mlx_tts.checkpoints.sovits_file import SoVITSFile
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.arrays import without_prefix
from dora_mlx_tts.packs.tensors import shapes_of

# Reference audio is matched to the nearest codebook row: rounding rows could change the match.
_CODEBOOK = r"quantizer\..*\.embed$"
# Batch-norm statistics are divisors and may be too small for half precision.
_NORMS = r".*\.?(running_mean|running_var)$"
# The rates of rotary positions are used exactly as rounded in the file.
_RATES = r".*rotary_embed\.inv_freq$"
_V2_PHONES = 732
_SPEAKER_EMBEDDING = "sv_emb.weight"


@dataclass(frozen=True)
class Part:
    """A network before it is stored.

    Attributes:
        name: "t2s", "sovits", "cfm", "ssl", "bert", "speaker" or "vocoder".
        source: The file with its tensors.
        config: Its sizes.
        selection: Its tensors.
        exact: Pattern of keys that stay float16 even if others are stored in 8 bits.
        wide: Pattern of keys that stay float32.
    """

    name: str
    source: Path
    config: dict[str, Any]
    selection: Selection
    exact: str | None = None
    wide: str | None = None


def t2s_part(checkpoint: Checkpoint, sovits: SoVITSFile) -> Part:
    """Phones to semantic tokens.

    Raises:
        WeightsError: It is another kind of network, is inconsistent, or knows other phones.
    """
    source = str(checkpoint.path)
    chosen = select(checkpoint.tensors("weight"), T2S_WANTED, (), source)
    config = t2s_config(config_of(checkpoint), shapes_of(chosen.kept), source)
    phones, needed = config["phoneme_vocab_size"], sovits.symbols
    if phones < needed or (phones == _V2_PHONES and needed != _V2_PHONES):
        raise WeightsError(
            f"{source}: knows {phones} phone symbols, {sovits.path} has {needed}: they are of"
            " different families"
        )
    return Part("t2s", checkpoint.path, config, chosen)


def sovits_parts(file: SoVITSFile, *, reference_encoder: bool) -> list[Part]:
    """Semantic tokens to audio, or for v3, v4 and v5 to features and a spectrogram.

    Raises:
        WeightsError: A tensor or size is missing, or they contradict each other.
    """
    source, family = str(file.path), file.family
    exact = _CODEBOOK if reference_encoder else None
    extra = () if reference_encoder else (NO_REFERENCE_RULE,)
    if not family.flow_matching:
        chosen = select(file.tensors, SOVITS_WANTED, (*SOVITS_RULES, *extra), source)
        config = sovits_config(file.config, shapes_of(chosen.kept), family, source)
        return [Part("sovits", file.path, config, chosen, exact)]
    flow = {key: value for key, value in file.tensors.items() if key.startswith("cfm.")}
    rest = {key: value for key, value in file.tensors.items() if key not in flow}
    chosen = select(rest, CONDITIONER_WANTED, (*CONDITIONER_RULES, *extra), source)
    config = sovits_config(file.config, shapes_of(chosen.kept), family, source)
    chosen = Selection(chosen.kept, (*chosen.ignored, *file.ignored))
    matching = select(flow, CFM_WANTED, CFM_RULES, source)
    return [
        Part("sovits", file.path, config, chosen, exact),
        Part("cfm", file.path, {"version": family.model}, matching, wide=_RATES),
    ]


def ssl_part(path: Path) -> Part:
    """Recordings to speech features, from a Hugging Face folder.

    Raises:
        WeightsError: The folder is incomplete or holds another network.
    """
    folder = read_model_folder(path)
    source = str(folder.weight_file)
    tensors = without_prefix(folder.tensors, "hubert.")
    chosen = select(tensors, HUBERT_WANTED, HUBERT_RULES, source)
    config = hubert_config(folder.config, shapes_of(chosen.kept), source)
    return Part("ssl", folder.weight_file, config, chosen)


def bert_part(path: Path) -> Part:
    """Chinese characters to features, from a Hugging Face folder.

    Raises:
        WeightsError: The folder is incomplete or holds another network.
    """
    folder = read_model_folder(path)
    source = str(folder.weight_file)
    tensors = bert_names(folder.tensors)
    config = bert_config(folder.config, shapes_of(tensors), source)
    chosen = select_bert(tensors, config["num_hidden_layers"], source)
    return Part("bert", folder.weight_file, config, chosen)


def speaker_part(path: Path, sovits: SoVITSFile) -> Part:
    """Recordings to speaker embeddings (v2Pro), from the verification network's file.

    Raises:
        WeightsError: The family does not use one, or the file holds another network.
    """
    if not sovits.family.speaker:
        raise WeightsError(f"speaker network {path}: not used by family {sovits.family.model}")
    source = str(path)
    chosen = select(read_checkpoint(path).tensors(), SPEAKER_WANTED, SPEAKER_RULES, source)
    width = speaker_width(shapes_of(chosen.kept), source)
    wanted = sovits.tensors[_SPEAKER_EMBEDDING].shape[1]
    if width != wanted:
        raise WeightsError(
            f"{source}: its embedding has {width} numbers, {sovits.path} takes {wanted}"
        )
    return Part("speaker", path, {"embedding": width}, chosen, wide=_NORMS)


def config_of(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The configuration that a checkpoint carries.

    Raises:
        WeightsError: It has none.
    """
    config = checkpoint.content.get("config")
    if not isinstance(config, Mapping):
        raise WeightsError(f"{checkpoint.path}: has no configuration (section 'config')")
    return config

"""Makes a voice pack from the reference implementation's checkpoint files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.weights.architecture import (
    bert_config,
    hubert_config,
    sovits_config,
    t2s_config,
)
from dora_mlx_tts.weights.arrays import without_prefix
from dora_mlx_tts.weights.encode import Encoder, Progress, no_progress
from dora_mlx_tts.weights.families import TEXT_EMBEDDING, Family, detect_family
from dora_mlx_tts.weights.model_folder import read_model_folder, read_vocabulary
from dora_mlx_tts.weights.pack import Pack, PartContent, file_sha256, write_pack
from dora_mlx_tts.weights.pack_manifest import STORAGES, PackManifest
from dora_mlx_tts.weights.report import ConversionReport, PartReport
from dora_mlx_tts.weights.selection import (
    HUBERT_RULES,
    HUBERT_WANTED,
    NO_REFERENCE_RULE,
    SOVITS_RULES,
    SOVITS_WANTED,
    T2S_WANTED,
    Selection,
    bert_names,
    select,
    select_bert,
)
from dora_mlx_tts.weights.tensors import shapes_of
from dora_mlx_tts.weights.unpickle import Checkpoint, read_checkpoint

SUPPORTED = frozenset({"v1", "v2"})
VOCABULARY = "vocab.txt"
# Reference audio is matched to its nearest codebook row: rounding rows could change the match.
_CODEBOOK = r"quantizer\..*\.embed$"
_V2_PHONES = 732


@dataclass(frozen=True)
class ConversionSources:
    """The files a pack is made from.

    Attributes:
        gpt: T2S checkpoint (``.ckpt``).
        sovits: SoVITS checkpoint (``.pth``).
        ssl: Hugging Face folder of the HuBERT encoder, or None.
        bert: Hugging Face folder of the Chinese BERT, or None.
    """

    gpt: Path
    sovits: Path
    ssl: Path | None = None
    bert: Path | None = None


@dataclass(frozen=True)
class PackOptions:
    """How a pack is stored and described.

    Attributes:
        storage: "float32", "float16" or "int8".
        name: For people; the SoVITS file's stem when empty.
        licence: SPDX expression.
        languages: Languages the voice speaks.
        reference_encoder: Keep what turns new reference audio into codes (``ssl_proj``). Without
            it a pack only speaks with prompts prepared before, and is smaller.
        overwrite: Replace a pack that is there already.
    """

    storage: str = "float16"
    name: str = ""
    licence: str = "unknown"
    languages: Sequence[str] = ()
    reference_encoder: bool = True
    overwrite: bool = False


@dataclass(frozen=True)
class _Part:
    """A network before it is stored."""

    name: str
    source: Path
    config: dict[str, Any]
    selection: Selection


def convert(
    sources: ConversionSources,
    out: str | Path,
    options: PackOptions | None = None,
    *,
    extra: Mapping[str, bytes | Path] | None = None,
    progress: Progress = no_progress,
) -> ConversionReport:
    """Write a voice pack of family v1 or v2.

    Args:
        sources: The checkpoint files and folders.
        out: The pack's folder.
        options: Precision and description.
        extra: Further files for the pack (name -> bytes or a file), such as a model card.
        progress: Called with part, tensors done and tensors in all.

    Raises:
        UnsafeFileError: A file asks for more than data.
        PackError: The pack cannot be written there.
        WeightsError: A file is missing, damaged, of another family, or contradicts itself.
    """
    options = options or PackOptions()
    if options.storage not in STORAGES:
        allowed = ", ".join(sorted(STORAGES))
        raise WeightsError(f"storage {options.storage!r} is not allowed; allowed are {allowed}")
    if sources.ssl is not None and not options.reference_encoder:
        raise WeightsError("an SSL encoder is of no use in a pack without the reference encoder")
    gpt_file, sovits_file = read_checkpoint(sources.gpt), read_checkpoint(sources.sovits)
    family = _family(sovits_file)
    parts = [
        _t2s_part(gpt_file, sovits_file),
        _sovits_part(sovits_file, family, options.reference_encoder),
    ]
    files: dict[str, bytes | Path] = dict(extra or {})
    if sources.ssl is not None:
        parts.append(_ssl_part(sources.ssl))
    if sources.bert is not None:
        parts.append(_bert_part(sources.bert))
        files[VOCABULARY] = read_vocabulary(sources.bert)
    encoders = {part.name: _encoder(part, options, progress) for part in parts}
    contents = {
        part.name: PartContent(part.config, encoders[part.name].encode(part.selection.kept))
        for part in parts
    }
    notes = _training_notes(t2s=gpt_file, sovits=sovits_file)
    manifest = _manifest(options, family, parts, notes)
    pack = write_pack(out, manifest, contents, files, overwrite=options.overwrite)
    return _report(pack, parts, encoders, contents)


def _family(checkpoint: Checkpoint) -> Family:
    config = checkpoint.content.get("config")
    model = config.get("model") if isinstance(config, Mapping) else None
    declared = model.get("version") if isinstance(model, Mapping) else None
    shapes = shapes_of(checkpoint.tensors("weight"))
    source = str(checkpoint.path)
    family = detect_family(shapes, checkpoint.header, declared, source)
    if family.model not in SUPPORTED or family.lora:
        kind = f"{family.model}{' LoRA' if family.lora else ''}"
        raise WeightsError(
            f"{source}: family {kind} is not supported yet; supported are"
            f" {', '.join(sorted(SUPPORTED))}"
        )
    return family


def _t2s_part(checkpoint: Checkpoint, sovits: Checkpoint) -> _Part:
    source = str(checkpoint.path)
    chosen = select(checkpoint.tensors("weight"), T2S_WANTED, (), source)
    config = t2s_config(_config(checkpoint), shapes_of(chosen.kept), source)
    phones, needed = config["phoneme_vocab_size"], sovits.tensors("weight")[TEXT_EMBEDDING].shape[0]
    if phones < needed or (phones == _V2_PHONES and needed != _V2_PHONES):
        raise WeightsError(
            f"{source}: knows {phones} phone symbols, {sovits.path} has {needed}: they are of"
            " different families"
        )
    return _Part("t2s", checkpoint.path, config, chosen)


def _sovits_part(checkpoint: Checkpoint, family: Family, reference_encoder: bool) -> _Part:
    source = str(checkpoint.path)
    rules = SOVITS_RULES if reference_encoder else (*SOVITS_RULES, NO_REFERENCE_RULE)
    chosen = select(checkpoint.tensors("weight"), SOVITS_WANTED, rules, source)
    config = sovits_config(_config(checkpoint), shapes_of(chosen.kept), family, source)
    return _Part("sovits", checkpoint.path, config, chosen)


def _ssl_part(path: Path) -> _Part:
    folder = read_model_folder(path)
    source = str(folder.weight_file)
    tensors = without_prefix(folder.tensors, "hubert.")
    chosen = select(tensors, HUBERT_WANTED, HUBERT_RULES, source)
    config = hubert_config(folder.config, shapes_of(chosen.kept), source)
    return _Part("ssl", folder.weight_file, config, chosen)


def _bert_part(path: Path) -> _Part:
    folder = read_model_folder(path)
    source = str(folder.weight_file)
    tensors = bert_names(folder.tensors)
    config = bert_config(folder.config, shapes_of(tensors), source)
    chosen = select_bert(tensors, config["num_hidden_layers"], source)
    return _Part("bert", folder.weight_file, config, chosen)


def _config(checkpoint: Checkpoint) -> Mapping[str, Any]:
    config = checkpoint.content.get("config")
    if not isinstance(config, Mapping):
        raise WeightsError(f"{checkpoint.path}: has no configuration (section 'config')")
    return config


def _encoder(part: _Part, options: PackOptions, progress: Progress) -> Encoder:
    exact = _CODEBOOK if part.name == "sovits" and options.reference_encoder else None
    return Encoder(part.name, options.storage, exact, progress)


def _manifest(
    options: PackOptions, family: Family, parts: list[_Part], notes: Mapping[str, str]
) -> PackManifest:
    sovits = next(part for part in parts if part.name == "sovits")
    provenance: dict[str, Any] = {
        part.name: {"file": part.source.name, "sha256": file_sha256(part.source)} for part in parts
    }
    return PackManifest(
        name=options.name or sovits.source.stem,
        model=family.model,
        symbols=family.symbols,
        sample_rate=sovits.config["sampling_rate"],
        licence=options.licence,
        languages=tuple(options.languages),
        storage=options.storage,
        parts={},
        files={},
        provenance={**provenance, "training": dict(notes)},
    )


def _training_notes(**checkpoints: Checkpoint) -> dict[str, str]:
    """The free text each checkpoint carries about its training, such as "GPT-e15"."""
    notes = {name: checkpoint.content.get("info") for name, checkpoint in checkpoints.items()}
    return {name: note for name, note in notes.items() if isinstance(note, str)}


def _report(
    pack: Pack,
    parts: list[_Part],
    encoders: Mapping[str, Encoder],
    contents: Mapping[str, PartContent],
) -> ConversionReport:
    manifest = pack.manifest
    reports = []
    for part in parts:
        encoder = encoders[part.name]
        worst = sorted(encoder.errors, key=lambda one: one.relative_rms, reverse=True)
        reports.append(
            PartReport(
                part.name,
                part.source,
                tensors=len(contents[part.name].tensors),
                parameters=encoder.parameters,
                bytes=manifest.files[manifest.parts[part.name].file].bytes,
                ignored=part.selection.ignored,
                eight_bit=encoder.eight_bit,
                error=encoder.error,
                tensor_errors=tuple(worst),
            )
        )
    return ConversionReport(
        pack.root,
        manifest.name,
        manifest.model,
        manifest.symbols,
        manifest.storage,
        pack.size,
        tuple(reports),
    )

"""Converts the reference implementation's checkpoint files to a voice pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dora_mlx_tts.checkpoints.encode import Progress, TensorEncoder, no_progress
from dora_mlx_tts.checkpoints.fit import check_networks
from dora_mlx_tts.checkpoints.parts import (
    Part,
    bert_part,
    sovits_parts,
    speaker_part,
    ssl_part,
    t2s_part,
)
from dora_mlx_tts.checkpoints.read.checkpoint import Checkpoint, read_checkpoint
from dora_mlx_tts.checkpoints.read.model_folder import read_vocabulary
from dora_mlx_tts.checkpoints.report import ConversionReport, PartReport
from dora_mlx_tts.checkpoints.sovits_file import SoVITSFile, open_sovits
from dora_mlx_tts.checkpoints.vocoder_file import KINDS, vocoder_part
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be, one_of
from dora_mlx_tts.packs.families import Family
from dora_mlx_tts.packs.manifest import STORAGES, PackManifest, pack_defaults
from dora_mlx_tts.packs.pack import Pack, PartContent, file_sha256, write_pack

VOCABULARY = "vocab.txt"
BASE_PARTS = frozenset({"ssl", "bert", "speaker", "vocoder"})
"""Parts that many voices share."""


@dataclass(frozen=True)
class ConversionSources:
    """The files a pack is made from.

    Attributes:
        gpt: T2S checkpoint (``.ckpt``).
        sovits: SoVITS checkpoint (``.pth``).
        ssl: Hugging Face folder of the HuBERT encoder, or None.
        bert: Hugging Face folder of the Chinese BERT, or None.
        speaker: Speaker verification network (v2Pro, v2ProPlus), or None.
        vocoder: Vocoder's file or folder (v3, v4 and v5 need one).
        base: Base model that a LoRA modifies.
        family: The family, if two are possible and the SoVITS file does not say which.
    """

    gpt: Path
    sovits: Path
    ssl: Path | None = None
    bert: Path | None = None
    speaker: Path | None = None
    vocoder: Path | None = None
    base: Path | None = None
    family: str | None = None


@dataclass(frozen=True)
class PackOptions:
    """Storage and description of a pack.

    Attributes:
        storage: "float32", "float16", "int8" or "int6".
        name: Name for people; the SoVITS file's stem if empty.
        licence: SPDX expression.
        languages: Languages the voice speaks.
        reference_encoder: Keep the layer that turns new reference audio into codes (``ssl_proj``). Without it a
            pack is smaller but only speaks with prompts prepared before.
        overwrite: Replace an existing pack.
        share: Put base parts into the folder ``parts`` next to the pack, where packs with the same parts find
            them by hash.
        others: Part -> storage that differs from `storage`.
        defaults: Speech settings that suit the networks (`PACK_SETTINGS`).
        clones: Whether the voice takes over the timbre of any recording.
        loudness: Its natural loudness in LUFS, if measured.
    """

    storage: str = "float16"
    name: str = ""
    licence: str = "unknown"
    languages: Sequence[str] = ()
    reference_encoder: bool = True
    overwrite: bool = False
    share: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    clones: bool = True
    loudness: float | None = None


def convert(
    sources: ConversionSources,
    out: str | Path,
    options: PackOptions | None = None,
    *,
    extra: Mapping[str, bytes | Path] | None = None,
    tables: Mapping[str, PartContent] | None = None,
    progress: Progress = no_progress,
) -> ConversionReport:
    """Write a voice pack of any family.

    Args:
        sources: The checkpoint files and folders.
        out: The pack's folder.
        options: Precision and description.
        extra: Further files for the pack (name -> bytes or a file), such as a model card.
        tables: Further parts that are not in any checkpoint, by name.
        progress: Called with the part, tensors done and total tensors.

    Raises:
        UnsafeFileError: A file contains more than data.
        PackError: The pack cannot be written there.
        WeightsError: A file is missing, damaged, of another family, or inconsistent.
    """
    options = options or PackOptions()
    for storage in (options.storage, *options.others.values()):
        if storage not in STORAGES:
            raise WeightsError(must_be("storage", one_of(sorted(STORAGES)), storage))
    if sources.ssl is not None and not options.reference_encoder:
        raise WeightsError("an SSL encoder needs the reference encoder in the pack")
    options = replace(
        options, defaults=pack_defaults(dict(options.defaults), "the pack's defaults")
    )
    gpt, sovits = (
        read_checkpoint(sources.gpt),
        open_sovits(sources.sovits, sources.base, sources.family),
    )
    parts = _parts(sources, gpt, sovits, options)
    check_networks(parts, sovits.family.model, reference_encoder=options.reference_encoder)
    files: dict[str, bytes | Path] = dict(extra or {})
    if sources.bert is not None:
        files[VOCABULARY] = read_vocabulary(sources.bert)
    encoders = {part.name: _encoder(part, options, progress) for part in parts}
    contents = {
        part.name: PartContent(part.config, encoders[part.name].encode(part.selection.kept))
        for part in parts
    }
    manifest = _manifest(options, sovits, parts, gpt)
    shared = BASE_PARTS & contents.keys() if options.share else frozenset()
    whole = {**contents, **(tables or {})}
    pack = write_pack(out, manifest, whole, files, overwrite=options.overwrite, shared=shared)
    return _report(pack, parts, encoders, contents, sovits)


def _parts(
    sources: ConversionSources, gpt: Checkpoint, sovits: SoVITSFile, options: PackOptions
) -> list[Part]:
    family = sovits.family
    parts = [t2s_part(gpt, sovits)]
    parts += sovits_parts(sovits, reference_encoder=options.reference_encoder)
    if sources.ssl is not None:
        parts.append(ssl_part(sources.ssl))
    if sources.bert is not None:
        parts.append(bert_part(sources.bert))
    if sources.speaker is not None:
        parts.append(speaker_part(sources.speaker, sovits))
    if sources.vocoder is not None:
        parts.append(vocoder_part(sources.vocoder, family))
    elif family.flow_matching:
        raise WeightsError(
            f"{sources.sovits}: family {family.model} makes spectrograms and needs a vocoder:"
            f" {KINDS[family.model][0]}"
        )
    return parts


def _sample_rate(family: Family, sovits: Part) -> int:
    if family.model in KINDS:
        return KINDS[family.model][1][0]
    rate: int = sovits.config["sampling_rate"]
    return rate


def _encoder(part: Part, options: PackOptions, progress: Progress) -> TensorEncoder:
    storage = options.others.get(part.name, options.storage)
    return TensorEncoder(part.name, storage, part.exact, part.wide, progress)


def _manifest(
    options: PackOptions, file: SoVITSFile, parts: list[Part], gpt: Checkpoint
) -> PackManifest:
    sovits, family = next(part for part in parts if part.name == "sovits"), file.family
    hashes = {path: file_sha256(path) for path in {part.source for part in parts}}
    provenance: dict[str, Any] = {
        part.name: {"file": part.source.name, "sha256": hashes[part.source]} for part in parts
    }
    if file.base is not None:
        provenance["base"] = {"file": file.base.name, "sha256": file_sha256(file.base)}
    info = gpt.content.get("info")
    notes = {"t2s": info if isinstance(info, str) else "", "sovits": file.info}
    return PackManifest(
        name=options.name or sovits.source.stem,
        model=family.model,
        symbols=family.symbols,
        sample_rate=_sample_rate(family, sovits),
        licence=options.licence,
        languages=tuple(options.languages),
        storage=options.storage,
        parts={},
        files={},
        provenance={**provenance, "training": {name: note for name, note in notes.items() if note}},
        defaults=options.defaults,
        clones=options.clones,
        loudness=options.loudness,
    )


def _report(
    pack: Pack,
    parts: list[Part],
    encoders: Mapping[str, TensorEncoder],
    contents: Mapping[str, PartContent],
    sovits: SoVITSFile,
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
        told_by=sovits.family.told_by,
        base=sovits.base,
        missing=_missing(sovits.family, contents),
    )


def _missing(family: Family, parts: Mapping[str, object]) -> tuple[str, ...]:
    """The limitations of the pack because of files that were not given."""
    found = []
    if "ssl" not in parts:
        found.append("no SSL encoder (--ssl): recordings with a transcript cannot be prepared")
    if family.speaker and "speaker" not in parts:
        found.append("no speaker network (--speaker): no recording can be prepared")
    if "bert" not in parts:
        found.append("no BERT (--bert): Chinese is spoken without its prosody features")
    return tuple(found)

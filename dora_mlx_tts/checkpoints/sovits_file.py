"""A SoVITS checkpoint with its family detected, and a LoRA merged into its base model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.checkpoints.read.checkpoint import Checkpoint, read_checkpoint
from dora_mlx_tts.checkpoints.read.lora import Lora, read_lora
from dora_mlx_tts.checkpoints.report import Ignored
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.families import TEXT_EMBEDDING, Family, detect_family, file_digest
from dora_mlx_tts.packs.tensors import Array, ReadableTensor, shapes_of


@dataclass(frozen=True)
class SoVITSFile:
    """A complete model, from one file or from a base model and its LoRA.

    Attributes:
        path: The file of this voice.
        family: Its family.
        tensors: Key -> tensor, not yet read.
        config: The configuration's sections.
        ignored: Tensors of a LoRA that its base does not have.
        info: Notes written by the training.
        base: The base model's file.
        rank: Rank of a LoRA.
    """

    path: Path
    family: Family
    tensors: Mapping[str, ReadableTensor]
    config: Mapping[str, Any]
    ignored: tuple[Ignored, ...] = ()
    info: str = ""
    base: Path | None = None
    rank: int | None = None

    @property
    def symbols(self) -> int:
        """Number of phones it knows."""
        return self.tensors[TEXT_EMBEDDING].shape[0]


@dataclass(frozen=True)
class _Merged:
    """A base model's tensor with a LoRA's change, computed when read."""

    base: ReadableTensor
    key: str
    changes: Lora

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.base.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def bfloat16(self) -> bool:
        return self.base.bfloat16

    @property
    def size(self) -> int:
        return self.base.size

    def read(self) -> Array:
        return self.changes.apply(self.key, self.base.read())


def open_sovits(path: Path, base: Path | None = None, asked: str | None = None) -> SoVITSFile:
    """Open a SoVITS checkpoint; a LoRA is merged into ``base``.

    Args:
        path: The checkpoint.
        base: The base model of a LoRA.
        asked: The family, if the file leaves a choice.

    Raises:
        UnsafeFileError: A file contains more than data.
        WeightsError: It is not a SoVITS checkpoint, or base and LoRA do not belong together.
    """
    checkpoint = read_checkpoint(path)
    family = _family(checkpoint, asked)
    if not family.lora:
        if base is not None:
            raise WeightsError(
                f"{path}: is a full model, not a LoRA; leave out the base {base} out"
            )
        return _whole(checkpoint, family)
    if base is None:
        raise WeightsError(
            f"{path}: is a LoRA of family {family.model}; give the base model it was trained on"
            f" (s2G{family.model}.pth) as well"
        )
    opened = read_checkpoint(base)
    return _merged(checkpoint, _whole(opened, _base_family(opened, family, path)))


def _family(checkpoint: Checkpoint, asked: str | None = None) -> Family:
    config = checkpoint.content.get("config")
    model = config.get("model") if isinstance(config, Mapping) else None
    version = model.get("version") if isinstance(model, Mapping) else None
    return detect_family(
        shapes_of(checkpoint.tensors("weight")),
        checkpoint.header,
        version if isinstance(version, str) else None,
        str(checkpoint.path),
        digest=file_digest(checkpoint.path),
        asked=asked,
    )


def _base_family(base: Checkpoint, wanted: Family, path: Path) -> Family:
    """The base's family; a base that could belong to several is assumed to match the LoRA."""
    shapes = shapes_of(base.tensors("weight"))
    source = str(base.path)
    if TEXT_EMBEDDING not in shapes or not any(key.startswith("cfm.") for key in shapes):
        raise WeightsError(f"{source}: is not a base model of {wanted.model}, which {path} needs")
    found = _family(base, wanted.model)
    if found.model != wanted.model:
        raise WeightsError(f"{source}: is a base model of {found.model}, {path} of {wanted.model}")
    return Family(found.model, found.symbols, told_by=wanted.told_by)


def _whole(checkpoint: Checkpoint, family: Family) -> SoVITSFile:
    config = checkpoint.content.get("config")
    if not isinstance(config, Mapping):
        raise WeightsError(f"{checkpoint.path}: has no configuration (section 'config')")
    info = checkpoint.content.get("info")
    tensors = checkpoint.tensors("weight")
    note = info if isinstance(info, str) else ""
    return SoVITSFile(checkpoint.path, family, tensors, config, info=note)


def _merged(checkpoint: Checkpoint, base: SoVITSFile) -> SoVITSFile:
    source = str(checkpoint.path)
    arrays = {key: tensor.read() for key, tensor in checkpoint.tensors("weight").items()}
    changes = read_lora(arrays, source)
    lost = changes.check(base.tensors.keys())
    touched = changes.pairs.keys() | changes.replaced.keys()
    tensors: dict[str, ReadableTensor] = {
        key: _Merged(tensor, key, changes) if key in touched else tensor
        for key, tensor in base.tensors.items()
    }
    rank, info = checkpoint.content.get("lora_rank"), checkpoint.content.get("info")
    return SoVITSFile(
        checkpoint.path,
        base.family,
        tensors,
        base.config,
        (Ignored("the LoRA's, but the base model has no place for it", lost),) if lost else (),
        info if isinstance(info, str) else "",
        base.path,
        rank if isinstance(rank, int) else None,
    )

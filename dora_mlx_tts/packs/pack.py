"""Voice packs: folders with ``pack.json`` and safetensors, nothing executable, nothing pickled.

Tensors keep the checkpoint's keys and shapes, so a pack and a raw checkpoint go through the same
loading code; in the file their axes are ordered as networks want them in memory (see memory_order.py). 8-bit
tensors are stored with their scales (see quantize.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.errors import PackError, WeightsError
from dora_mlx_tts.packs.manifest import (
    MANIFEST,
    PackFile,
    PackManifest,
    PackPart,
    check_file_name,
    check_part_name,
)
from dora_mlx_tts.packs.quantize import join_scales
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.packs.tensor_file import TensorSpec, map_tensor_file, write_tensor_file
from dora_mlx_tts.packs.tensors import Array
from dora_mlx_tts.packs.verified import VerifiedFiles, mark
from dora_mlx_tts.runtime.folders import put_in_place

MAX_MANIFEST_BYTES = 2**20
PARTS = "parts"
"""Folder next to packs that holds the parts they share, each named by its hash."""


@dataclass(frozen=True)
class PartContent:
    """A network to write: its sizes and its tensors."""

    config: Mapping[str, Any]
    tensors: Mapping[str, TensorSpec]


class Pack:
    """An opened pack; weights are read on demand."""

    def __init__(self, root: Path, manifest: PackManifest) -> None:
        self.root = root
        self.manifest = manifest

    @classmethod
    def open(
        cls, path: str | Path, *, verify: bool = True, verified: VerifiedFiles | None = None
    ) -> Pack:
        """Open a pack folder and check it.

        Args:
            path: The folder.
            verify: Check every file's hash; lengths are always checked.
            verified: Record of checked hashes, so that each file is checked only once.

        Raises:
            PackError: The folder, a file or a field is missing, damaged or not allowed.
        """
        root = Path(path)
        if not root.is_dir():
            raise PackError(f"{root} must be a folder with {MANIFEST}: there is no such pack")
        pack = cls(root, PackManifest.from_json(_read_manifest(root), str(root / MANIFEST)))
        for name, entry in pack.manifest.files.items():
            _check_file(pack.file(name), entry, verify=verify, verified=verified)
        return pack

    @property
    def size(self) -> int:
        """Bytes of all files but ``pack.json``."""
        return sum(entry.bytes for entry in self.manifest.files.values())

    def has(self, part: str) -> bool:
        """Whether the pack contains a part."""
        return part in self.manifest.parts

    def file(self, name: str) -> Path:
        """The path of one of the pack's files.

        Raises:
            PackError: It is not listed, is missing, or leads out of the pack.
        """
        if name not in self.manifest.files:
            listed = ", ".join(self.manifest.files)
            raise PackError(f"{self.root}: no file {name!r}; it has {listed}")
        entry = self.manifest.files[name]
        path = shared_file(self.root, entry.sha256) if entry.shared else self.root / name
        if not path.is_file():
            hint = f"; {name!r} is shared: copy the folder {PARTS} as well" if entry.shared else ""
            raise PackError(f"{path}: missing, though {MANIFEST} lists it{hint}")
        if path.resolve().parent != path.parent.resolve():
            raise PackError(f"{path}: leads out of the pack, to {path.resolve()}")
        return path

    def config(self, part: str) -> dict[str, Any]:
        """A part's sizes.

        Raises:
            PackError: The pack has no such part.
        """
        return dict(self._part(part).config)

    def part(
        self, name: str, dtype: np.dtype[np.floating] | None = None
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """A part's sizes and full tensors as newly allocated arrays; see `weights`.

        Args:
            name: "t2s", "sovits", …
            dtype: Type of all floating-point tensors; None gives float32 for 8-bit tensors and keeps the stored
                type of the others.

        Raises:
            PackError: See `weights`.
        """
        config, tensors = self.weights(name)
        kinds = {key: dtype if one.dtype.kind == "f" else None for key, one in tensors.items()}
        return config, {key: one.full(kinds[key]) for key, one in tensors.items()}

    def weights(self, name: str) -> tuple[dict[str, Any], dict[str, Stored]]:
        """A part's sizes and tensors, under the checkpoint's keys and shapes, not yet read.

        The file is mapped into memory and must not change while they are in use.

        Raises:
            PackError: The pack has no such part, or its file is damaged.
        """
        part = self._part(name)
        path = self.file(part.file)
        try:
            return dict(part.config), join_scales(map_tensor_file(path), str(path))
        except PackError:
            raise
        except WeightsError as error:
            raise PackError(str(error)) from error

    def _part(self, name: str) -> PackPart:
        part = self.manifest.parts.get(name)
        if part is None:
            listed = ", ".join(self.manifest.parts) or "none"
            raise PackError(f"{self.root}: no part {name!r}; it has {listed}")
        return part


def write_pack(
    out: str | Path,
    manifest: PackManifest,
    parts: Mapping[str, PartContent],
    extra: Mapping[str, bytes | Path] | None = None,
    *,
    overwrite: bool = False,
    shared: Collection[str] = (),
) -> Pack:
    """Write a pack atomically: the folder appears complete or not at all.

    Args:
        out: The folder to create.
        manifest: The pack's description; its parts and files are filled in here.
        parts: Part name -> content; each is written to ``<name>.safetensors``.
        extra: Further files, as bytes or as a file to copy (a tokenizer's words, a model card).
        overwrite: Replace an existing pack.
        shared: Parts to store once for all packs, in the folder ``parts`` next to the pack.

    Raises:
        PackError: A name is not allowed, or something else is in the way.
        WeightsError: A tensor cannot be read or written.
    """
    target = Path(out)
    _check_target(target, overwrite=overwrite)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        fresh.mkdir(parents=True)
        files = _write_files(fresh, parts, extra or {})
        described = {
            name: PackPart(f"{name}.safetensors", content.config) for name, content in parts.items()
        }
        for name in shared:
            file = described[name].file
            files[file] = replace(files[file], shared=True)
            _share(fresh / file, shared_file(target, files[file].sha256))
        whole = replace(manifest, parts=described, files=files)
        text = json.dumps(whole.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        PackManifest.from_json(json.loads(text), str(target / MANIFEST))
        (fresh / MANIFEST).write_text(text, encoding="utf-8")
        put_in_place(fresh, target)
    except OSError as error:
        raise PackError(f"{target}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Pack.open(target, verify=False)


def shared_file(root: Path, sha256: str) -> Path:
    """The path of a part that the pack ``root`` shares with others."""
    return Path(os.path.abspath(root)).parent / PARTS / f"{sha256}.safetensors"  # noqa: PTH100  keeps links


def _share(file: Path, place: Path) -> None:
    """Move a part to the shared folder, unless that has an intact copy."""
    if place.is_file() and file_sha256(place) == place.stem:
        file.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    file.replace(place)


def _read_manifest(root: Path) -> Mapping[str, Any]:
    path = root / MANIFEST
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(f"{path} must have at most {MAX_MANIFEST_BYTES} bytes")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PackError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise PackError(f"{path} must hold a dictionary, got a {type(content).__name__}")
    return content


def _check_file(
    path: Path, entry: PackFile, *, verify: bool, verified: VerifiedFiles | None
) -> None:
    try:
        before = mark(path)
        size = path.stat().st_size
        if size != entry.bytes:
            raise PackError(f"{path}: has {size} bytes, {MANIFEST} says {entry.bytes}")
        if not verify or (verified and verified.has(path, entry.sha256)):
            return
        if file_sha256(path) != entry.sha256:
            raise PackError(f"{path}: damaged or changed: its SHA-256 is not the one in {MANIFEST}")
        if verified:
            verified.add(path, entry.sha256, before)
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error.strerror}") from error


def file_sha256(path: Path) -> str:
    """A file's SHA-256 in lower-case hexadecimal digits.

    Raises:
        PackError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error.strerror}") from error


def _check_target(target: Path, *, overwrite: bool) -> None:
    if not (target.exists() or target.is_symlink()):
        return
    if target.is_dir() and not any(target.iterdir()):
        return
    if not (target / MANIFEST).is_file():
        raise PackError(f"{target}: exists and is not a pack; choose another place")
    if not overwrite:
        raise PackError(f"{target}: already exists; choose another place or allow replacing it")


def _write_files(
    folder: Path, parts: Mapping[str, PartContent], extra: Mapping[str, bytes | Path]
) -> dict[str, PackFile]:
    names = [f"{check_part_name(name, str(folder))}.safetensors" for name in parts]
    for file_name, content in zip(names, parts.values(), strict=True):
        write_tensor_file(folder / file_name, content.tensors)
    for name, source in extra.items():
        if check_file_name(name, str(folder)) in names:
            raise PackError(f"{folder}: {name!r} is the file of a part")
        if isinstance(source, bytes):
            (folder / name).write_bytes(source)
        else:
            shutil.copyfile(source, folder / name)
    return {
        name: PackFile((folder / name).stat().st_size, file_sha256(folder / name))
        for name in (*names, *extra)
    }

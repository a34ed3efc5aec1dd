"""New voices from recordings, and their removal.

Each voice gets its own folder: ``<name>/voice.yml`` and copies of its recordings.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dora_mlx_tts.audio.reference import PROMPT, STYLE, reference_samples
from dora_mlx_tts.errors import ReferenceAudioError, VoiceError
from dora_mlx_tts.messages import must_be, unknown
from dora_mlx_tts.runtime.folders import put_in_place
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry
from dora_mlx_tts.voices.voice import NAME_RULE, Voice, is_voice_name, read_voice, resolve_inside

VOICE_FILE = "voice.yml"
_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".opus"})


@dataclass(frozen=True)
class NewReference:
    """A recording and what is said in it."""

    audio: Path
    text: str | None = None
    language: str = "auto"


@dataclass(frozen=True)
class NewVoice:
    """The parts of a new voice.

    Attributes:
        name: What requests will call it.
        pack: Folder of its pack; "starter" is the pack that ships.
        reference: The recording that decides timbre and manner.
        styles: Further recordings of the same person by name.
        auxiliary: Further recordings whose timbre is averaged in.
        description: A one-line description.
        licence: Licence of recording and pack, for people.
        languages: Languages it speaks well.
        aliases: Other names.
        defaults: Speech settings.
    """

    name: str
    pack: Path
    reference: NewReference
    styles: Mapping[str, NewReference] = field(default_factory=dict)
    auxiliary: Sequence[Path] = ()
    description: str = ""
    licence: str = ""
    languages: Sequence[str] = ()
    aliases: Sequence[str] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def add_voice(
    folder: Path, new: NewVoice, roots: Sequence[Path] = (), *, overwrite: bool = False
) -> Voice:
    """Write a voice into a folder of voices, completely or not at all.

    Args:
        folder: One of the voice folders.
        new: The voice.
        roots: Further folders that may contain its pack.
        overwrite: Replace a voice of that name.

    Raises:
        ReferenceAudioError: A recording cannot be used.
        VoiceError: The name is taken or not allowed, the pack is outside the allowed folders, or the voice
            cannot be written.
    """
    if not is_voice_name(new.name):
        raise VoiceError(must_be("voice name", NAME_RULE, new.name))
    target = folder.expanduser().resolve() / new.name
    _check_target(target, overwrite=overwrite)
    if not overwrite and new.name in VoiceRegistry.scan().voices:
        raise VoiceError(
            f"voice {new.name!r} ships with the package and would be hidden; choose another name or allow"
            " replacing it (--overwrite)"
        )
    fresh = target.with_name(f".{new.name}.{secrets.token_hex(4)}.part")
    allowed = [folder, *roots, BUILTIN]
    try:
        fresh.mkdir(parents=True)
        values = _values(new, fresh, target, allowed)
        text = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=1000)
        (fresh / VOICE_FILE).write_text(text, encoding="utf-8")
        read_voice(fresh / VOICE_FILE, allowed)
        put_in_place(fresh, target)
    except OSError as error:
        raise VoiceError(f"{target}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return read_voice(target / VOICE_FILE, allowed)


def remove_voice(voice: Voice) -> list[Path]:
    """Delete a voice's file and the recordings next to it that it names; its pack stays.

    Returns:
        The deleted files.

    Raises:
        VoiceError: It ships with the package, is a style of another one, or cannot be deleted.
    """
    file = voice.file
    if file.resolve().is_relative_to(BUILTIN.resolve()):
        raise VoiceError(f"voice {voice.name} ships with the package and cannot be removed")
    own = file.name in {VOICE_FILE, "voice.yaml"}
    named = [voice.reference.audio, *voice.auxiliary, *(s.audio for s in voice.styles.values())]
    beside = [path for path in named if own and path.parent == file.parent.resolve()]
    try:
        gone = [path for path in (file, *dict.fromkeys(beside)) if path.is_file()]
        for path in gone:
            path.unlink()
        if own and not any(file.parent.iterdir()):
            file.parent.rmdir()
    except OSError as error:
        raise VoiceError(f"voice {voice.name} cannot be removed: {error}") from error
    return gone


def _values(new: NewVoice, fresh: Path, target: Path, allowed: Sequence[Path]) -> dict[str, Any]:
    pack = resolve_inside(new.pack, target / VOICE_FILE, allowed)
    if not pack.is_dir():
        raise VoiceError(f"pack {new.pack}: no such folder")
    shown = (
        str(new.pack) if pack == (BUILTIN / new.pack).resolve() else os.path.relpath(pack, target)
    )
    described = {
        "name": new.name,
        "aliases": list(new.aliases),
        "description": new.description,
        "licence": new.licence,
        "languages": list(new.languages),
    }
    values: dict[str, Any] = {name: value for name, value in described.items() if value}
    values["pack"] = shown
    values["reference"] = _copy(new.reference, fresh, "reference")
    if new.auxiliary:
        extra = [NewReference(path) for path in new.auxiliary]
        copies = [_copy(one, fresh, f"auxiliary-{i}") for i, one in enumerate(extra, start=1)]
        values["auxiliary"] = [copy["audio"] for copy in copies]
    if new.styles:
        values["styles"] = {
            name: _copy(style, fresh, f"style-{number}")
            for number, (name, style) in enumerate(new.styles.items(), start=1)
        }
    if new.defaults:
        values["defaults"] = dict(new.defaults)
    return values


def _copy(reference: NewReference, fresh: Path, stem: str) -> dict[str, Any]:
    """Check and copy a recording; returns its entry in the voice file."""
    suffix = reference.audio.suffix.lower()
    text = (reference.text or "").strip()
    reference_samples(reference.audio, limits=PROMPT if text else STYLE)
    if suffix not in _SUFFIXES:
        raise ReferenceAudioError(
            f"{reference.audio}: {unknown('suffix', suffix, sorted(_SUFFIXES))}"
        )
    shutil.copyfile(reference.audio, fresh / f"{stem}{suffix}")
    entry: dict[str, Any] = {"audio": f"{stem}{suffix}"}
    if text:
        entry |= {"text": text, "language": reference.language}
    return entry


def _check_target(target: Path, *, overwrite: bool) -> None:
    if not (target.exists() or target.is_symlink()):
        return
    if target.is_symlink() or not (target / VOICE_FILE).is_file():
        raise VoiceError(f"{target}: exists and is not a voice; choose another name")
    if not overwrite:
        raise VoiceError(
            f"{target}: already exists; choose another name or allow replacing it (--overwrite)"
        )

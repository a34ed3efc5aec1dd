"""A voice: a pack, a reference recording and how to speak with them, read from a YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from dora_mlx_tts.config import SpeechSettings
from dora_mlx_tts.errors import VoiceError

MAX_VOICE_FILE_BYTES = 1 << 20
_NAME = re.compile(r"\w[\w .-]{0,63}")


def is_voice_name(name: object) -> bool:
    """Whether `name` can be a voice's name: letters, digits, blank, `.`, `-`, `_`; 64 at most."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and ".." not in name


class Reference(BaseModel):
    """A recording of the voice and what is said in it.

    Without a text the voice is zero-shot: its timbre is kept, its way of speaking is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio: Path
    text: str | None = None
    language: str = "auto"


class Voice(BaseModel):
    """One voice file; all paths are absolute once it is loaded.

    Attributes:
        name: what requests call it.
        aliases: further names.
        description: a line for people.
        licence: of recording and pack together, for people.
        languages: codes that it speaks well.
        pack: folder of the voice pack.
        reference: the recording that decides timbre and manner.
        auxiliary: further recordings whose timbre is averaged in.
        prompt: the reference prepared for this pack, so that its encoder need not run.
        defaults: settings of speech that suit the voice.
        lexicon: word -> reading, by language.
        file: the file this was read from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    pack: Path
    reference: Reference
    auxiliary: tuple[Path, ...] = ()
    prompt: Path | None = None
    defaults: Mapping[str, Any] = Field(default_factory=dict)
    lexicon: Mapping[str, Mapping[str, str | list[str]]] = Field(default_factory=dict)
    file: Path

    @field_validator("name", "aliases")
    @classmethod
    def _named_well(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in (value,) if isinstance(value, str) else value:
            if not is_voice_name(name):
                raise ValueError("a name has letters, digits, blanks, '.', '-', '_', at most 64")
        return value

    @field_validator("defaults")
    @classmethod
    def _settings_exist(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        SpeechSettings.model_validate(dict(value))
        return value


def read_voice(file: Path, roots: Sequence[Path]) -> Voice:
    """Read a voice file and resolve its paths.

    Args:
        file: the YAML file.
        roots: folders that its paths may lie in, besides its own.

    Raises:
        VoiceError: the file is not a voice, or a path leaves the folders it may lie in.
    """
    values = _read_yaml(file)
    values.setdefault("name", file.stem if file.stem != "voice" else file.parent.name)
    if "file" in values:
        raise VoiceError(f"{file}: 'file' is not a setting of a voice")
    try:
        voice = Voice.model_validate({**values, "file": file})
    except ValidationError as error:
        raise VoiceError(f"{file}: {_explain(error)}") from error
    allowed = [file.parent, *roots]
    reference = voice.reference.model_copy(
        update={"audio": resolve_inside(voice.reference.audio, file, allowed)}
    )
    return voice.model_copy(
        update={
            "pack": resolve_inside(voice.pack, file, allowed),
            "reference": reference,
            "auxiliary": tuple(resolve_inside(p, file, allowed) for p in voice.auxiliary),
            "prompt": resolve_inside(voice.prompt, file, allowed) if voice.prompt else None,
        }
    )


def resolve_inside(path: Path, file: Path, roots: Sequence[Path]) -> Path:
    """Absolute form of a path named in `file`, symbolic links followed.

    A relative path starts at the file's folder, then at each root.

    Raises:
        VoiceError: it lies outside every root.
    """
    resolved_roots = [root.expanduser().resolve() for root in roots]
    candidates = [(root / path.expanduser()).resolve() for root in resolved_roots]
    inside = [c for c in candidates if any(c.is_relative_to(root) for root in resolved_roots)]
    if not inside:
        folders = ", ".join(map(str, resolved_roots))
        raise VoiceError(
            f"{file}: path {str(path)!r} leaves the folders a voice may use ({folders})"
        )
    return next((c for c in inside if c.exists()), inside[0])


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_VOICE_FILE_BYTES:
            raise VoiceError(f"{file}: larger than {MAX_VOICE_FILE_BYTES} bytes")
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise VoiceError(f"{file}: cannot be read: {error}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise VoiceError(f"{file}: not YAML: {error}") from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise VoiceError(f"{file}: not a voice: it must hold name: value lines")
    return values


def _explain(error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False):
        name = ".".join(map(str, problem["loc"])) or "voice"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(n for n in Voice.model_fields if n != "file")
            problems.append(f"{name} is unknown; allowed: {known}")
        else:
            problems.append(f"{name}: {problem['msg']}")
    return "; ".join(problems)

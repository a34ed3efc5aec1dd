"""A voice: a pack, a reference recording and speech settings, read from a YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from dora_mlx_tts.config.languages import known
from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.messages import explain, must_be
from dora_mlx_tts.yaml_reader import YamlFile, read_yaml

HOLDS = "what makes a voice (name: value)"
"""The content of a voice file, for messages."""
_CHARACTERS = "letters, digits, blanks, '.', '-', '_'"
NAME_RULE = f"{_CHARACTERS}, at most 64"
"""The rule for names of voices, for messages."""
_LONGEST_STYLE = 32
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
    language: Annotated[str, AfterValidator(known)] = "auto"


class Voice(BaseModel):
    """A voice file; all paths are absolute once loaded.

    Attributes:
        name: what requests call it.
        aliases: further names.
        description: a line for people.
        licence: of recording and pack together, for people.
        languages: codes that it speaks well.
        pack: folder of the voice pack.
        reference: the recording that decides timbre and manner.
        auxiliary: further recordings whose timbre is averaged in.
        styles: other recordings of the same person by name, such as emotions; each makes a voice
            `<name>.<style>`.
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
    styles: Mapping[str, Reference] = Field(default_factory=dict)
    prompt: Path | None = None
    defaults: Mapping[str, Any] = Field(default_factory=dict)
    lexicon: Mapping[str, Mapping[str, str | list[str]]] = Field(default_factory=dict)
    file: Path

    @field_validator("name", "aliases")
    @classmethod
    def _named_well(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in (value,) if isinstance(value, str) else value:
            if not is_voice_name(name):
                raise ValueError(must_be("a name", NAME_RULE, name))
        return value

    @field_validator("defaults")
    @classmethod
    def _settings_exist(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        known(SpeechSettings.model_validate(dict(value)).language)
        return value

    @field_validator("styles")
    @classmethod
    def _styles_named_well(cls, value: Mapping[str, Reference]) -> Mapping[str, Reference]:
        for name in value:
            if not is_voice_name(name) or len(name) > _LONGEST_STYLE:
                raise ValueError(
                    must_be("a style's name", f"{_CHARACTERS}, at most {_LONGEST_STYLE}", name)
                )
        return value

    def styled(self) -> tuple[Voice, ...]:
        """A voice of its own for each style."""
        return tuple(
            self.model_copy(
                update={
                    "name": f"{self.name}.{style}",
                    "aliases": tuple(f"{alias}.{style}" for alias in self.aliases),
                    "description": f"{self.description or self.name} ({style})",
                    "reference": reference,
                    "styles": {},
                    "prompt": None,
                }
            )
            for style, reference in self.styles.items()
        )


def read_voice(file: Path, roots: Sequence[Path]) -> Voice:
    """Read a voice file and resolve its paths.

    Args:
        file: the YAML file.
        roots: folders that its paths may lie in, besides its own.

    Raises:
        VoiceError: the file is not a voice, or a path leaves the folders it may lie in.
    """
    content = read_yaml(file, error=VoiceError, holds=HOLDS)
    values = {name: value for name, value in content.values.items() if value is not None}
    values.setdefault("name", file.stem if file.stem != "voice" else file.parent.name)
    if "file" in values:
        raise VoiceError(f"{content.at(('file',))}: 'file' must not be given")
    try:
        voice = Voice.model_validate({**values, "file": file})
    except ValidationError as error:
        raise VoiceError(_explain(error, content)) from error
    allowed = [file.parent, *roots]

    def resolved(reference: Reference) -> Reference:
        audio = resolve_inside(reference.audio, file, allowed)
        return reference.model_copy(update={"audio": audio})

    return voice.model_copy(
        update={
            "pack": resolve_inside(voice.pack, file, allowed),
            "reference": resolved(voice.reference),
            "styles": {name: resolved(style) for name, style in voice.styles.items()},
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
    try:
        candidates = [(root / path.expanduser()).resolve() for root in resolved_roots]
        inside = [c for c in candidates if any(c.is_relative_to(root) for root in resolved_roots)]
        found = next((c for c in inside if c.exists()), inside[0] if inside else None)
    except (OSError, RuntimeError, ValueError) as error:  # too long; ~nobody; a NUL byte
        raise VoiceError(f"{file}: {str(path)[:80]!r} cannot be a path: {error!s:.80}") from error
    if found is None:
        folders = ", ".join(map(str, dict.fromkeys(resolved_roots)))
        raise VoiceError(
            f"{file}: path {str(path)!r} leaves the folders a voice may use ({folders})"
        )
    return found


def _explain(error: ValidationError, content: YamlFile) -> str:
    owners: dict[str, type[BaseModel]] = {
        "reference": Reference,
        "styles": Reference,
        "defaults": SpeechSettings,
    }
    problems = []
    for problem in error.errors(include_url=False):
        place = tuple(problem["loc"])
        owner = owners.get(str(place[0]), Voice) if len(place) > 1 else Voice
        known = [name for name in owner.model_fields if name != "file"]
        problems.append(f"{content.at(place)}: {explain(problem, known)}")
    return "; ".join(problems)

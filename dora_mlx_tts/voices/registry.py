"""The available voices."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.voices.voice import Voice, read_voice

logger = logging.getLogger(__name__)

BUILTIN = Path(__file__).parent / "builtin"
"""Folder of the voices that ship with the package."""


@dataclass(frozen=True, slots=True)
class OtherNames:
    """Other names of voices.

    Attributes:
        aliases: name, or pattern such as `af_*` -> voice; names take precedence over patterns.
        fallback: the voice that replaces an unknown one; None if unknown voices are errors.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    fallback: str | None = None
    _told: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def voice_of(self, name: str) -> str | None:
        """The voice that an alias or a pattern names."""
        wanted = name.casefold()
        for matches in (str.__eq__, fnmatchcase):
            for alias, voice in self.aliases.items():
                if matches(wanted, alias.casefold()):
                    return voice
        return None

    def stand_in(self, name: str, available: Iterable[str]) -> str | None:
        """The fallback voice for an unknown one, logged once."""
        if self.fallback is not None and name not in self._told:
            self._told.add(name)
            problem = unknown("voice", name, available)
            logger.warning("%s; %r speaks instead (voice_fallback)", problem, self.fallback)
        return self.fallback


@dataclass(frozen=True)
class VoiceRegistry:
    """The voices in several folders, by name.

    Attributes:
        voices: name -> voice, without aliases.
        broken: name -> what is wrong with the file of that name. One bad file does not affect the others.
        other_names: other names that `get` accepts.
    """

    voices: Mapping[str, Voice]
    broken: Mapping[str, VoiceError]
    other_names: OtherNames = field(default_factory=OtherNames)

    @classmethod
    def scan(
        cls,
        folders: Sequence[Path] = (),
        roots: Sequence[Path] = (),
        other_names: OtherNames | None = None,
    ) -> Self:
        """Read every voice file in the built-in folder and in `folders`; later ones take precedence.

        A voice file is `<name>.yml` in a folder, or `<name>/voice.yml`.

        Args:
            folders: folders to look in.
            roots: further folders that paths in the files may lead to, besides `folders` and the built-in
                folder.
            other_names: other names of voices.

        Raises:
            VoiceError: a folder does not exist.
        """
        voices: dict[str, Voice] = {}
        broken: dict[str, VoiceError] = {}
        for folder in (BUILTIN, *(f.expanduser() for f in folders)):
            if not folder.is_dir():
                raise VoiceError(f"voice folder {folder} does not exist")
            for file in _voice_files(folder):
                try:
                    voice = read_voice(file, [folder, *folders, *roots, BUILTIN])
                except VoiceError as error:
                    name = file.stem if file.stem != "voice" else file.parent.name
                    broken[name] = error
                    logger.warning("voice file skipped: %s", error)
                    continue
                for one in (voice, *voice.styled()):
                    _warn_of_twin(voices.get(one.name), one, folder)
                    voices[one.name] = one
                    broken.pop(one.name, None)
        return cls(voices, broken, other_names or OtherNames())

    def __iter__(self) -> Iterator[Voice]:
        return iter(self.voices[name] for name in sorted(self.voices))

    def _found(self, name: str) -> Voice | None:
        wanted = name.casefold()
        for names in (lambda v: (v.name,), lambda v: v.aliases):
            for voice in self:
                if wanted in {n.casefold() for n in names(voice)}:
                    return voice
        return None

    def get(self, name: str) -> Voice:
        """The voice with this name or alias, or its fallback, ignoring case.

        Raises:
            VoiceError: there is none; the message lists the available ones.
        """
        voice = self._found(name) or self._found(self.other_names.voice_of(name) or "")
        if voice is not None:
            return voice
        if name in self.broken:
            raise self.broken[name]
        voice = self._found(self.other_names.stand_in(name, sorted(self.voices)) or "")
        if voice is not None:
            return voice
        raise VoiceError(unknown("voice", name, sorted(self.voices)))


def _warn_of_twin(known: Voice | None, new: Voice, folder: Path) -> None:
    """Warn if two files in a folder give the same name, or a voice hides one that ships."""
    if known is None or known.file == new.file:
        return
    if known.file.is_relative_to(folder) or known.file.is_relative_to(BUILTIN):
        logger.warning("voice %r of %s hides the one of %s", new.name, new.file, known.file)


def _voice_files(folder: Path) -> list[Path]:
    flat = [p for p in folder.iterdir() if p.suffix in {".yml", ".yaml"}]
    for path in folder.iterdir():
        if path.suffix.lower() in {".yml", ".yaml"} and path.suffix != path.suffix.lower():
            logger.warning("voice file skipped: %s: its suffix must be .yml in lower case", path)
    nested = [*folder.glob("*/voice.yml"), *folder.glob("*/voice.yaml")]
    being_written = (p for p in nested if p.parent.name.startswith("."))
    return sorted(p for p in {*flat, *nested}.difference(being_written) if p.is_file())

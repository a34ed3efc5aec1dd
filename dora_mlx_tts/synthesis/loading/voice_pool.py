"""Loaded voices: loaded on first use, unloaded when memory is short, reloaded when their files change."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import SettingError, VoiceError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import Prompt
from dora_mlx_tts.synthesis.loading.prompt_source import VoicePrompts
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.lexicon import Lexicon, ReadingOptions
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.schemes import CODES, scheme_of
from dora_mlx_tts.text.spans import tells_language
from dora_mlx_tts.text.spoken import SpokenSentence
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry
from dora_mlx_tts.voices.voice import Reference, Voice, resolve_inside

logger = logging.getLogger(__name__)

_BROUGHT = "brought-"
_MANY_BROUGHT = 20


@dataclass(frozen=True, slots=True)
class ReadyVoice:
    """A voice with everything needed to speak."""

    voice: Voice
    pack: LoadedPack
    front_end: FrontEnd
    prompt: Prompt

    @property
    def networks(self) -> Networks:
        """The pack's."""
        return self.pack.networks

    def phonemize(self, sentence: SpokenSentence, language: str) -> Phonemes:
        """Phones of a sentence as this voice reads it; bare digits are read in its own language, if allowed.

        Raises as `FrontEnd.phonemize`.
        """
        native = next(iter(self.voice.languages), "")
        if native in CODES and scheme_of(language).detect and not tells_language(sentence.text):
            language = native
        return self.front_end.phonemize(sentence.text, language, readings=sentence.readings)

    def speech(self, settings: Settings, request: Mapping[str, Any]) -> SpeechSettings:
        """The settings for a request with this voice.

        Raises:
            SettingError: a value of the request or the voice is not allowed.
        """
        return settings.speech(self.voice.defaults, request, self.networks.pack.manifest.defaults)

    @property
    def loudness(self) -> float | None:
        """Its natural loudness in LUFS: as measured, or as given by its pack; None if unknown."""
        measured = self.prompt.loudness
        return self.networks.pack.manifest.loudness if measured is None else measured

    @property
    def fingerprint(self) -> str:
        """Identifies how a voice speaks: its weights, its prompt, its readings."""
        pack, voice, prompt = self.networks.pack, self.voice, self.prompt
        files = sorted((name, file.sha256) for name, file in pack.manifest.files.items())
        return repr(
            (files, prompt.key, self.loudness, voice.languages, sorted(voice.lexicon.items()))
        )


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Loaded voices and packs, and what the pool has done since its start."""

    voices: int
    packs: int
    hits: int
    loads: int
    dropped: int


class VoicePool:
    """Voices ready to speak; the most recently used are kept longest.

    Args:
        registry: the available voices.
        folders: where they were found, besides the built-in ones; `refresh` checks them again.
        device: where networks run.
        prompts: prepares references.
        limit: bytes of memory above which unused packs are dropped; 0 is no limit.
        memory: returns the bytes now in use.
        open_pack: opens a pack.
        reading: how texts are read, whatever the voice.
    """

    def __init__(
        self,
        registry: VoiceRegistry,
        folders: tuple[Path, ...],
        device: Device,
        prompts: VoicePrompts,
        *,
        limit: int = 0,
        memory: Callable[[], int] | None = None,
        open_pack: Callable[[Path, Device], LoadedPack] = LoadedPack.open,
        reading: ReadingOptions | None = None,
    ) -> None:
        self.registry = registry
        self._folders = folders
        self._device = device
        self._prompts = prompts
        self._limit = limit
        self._memory = memory or _mlx_memory
        self._open_pack = open_pack
        self._reading = reading or ReadingOptions()
        self._packs: OrderedDict[Path, LoadedPack] = OrderedDict()
        self._ready: dict[str, ReadyVoice] = {}
        self._brought: OrderedDict[str, Voice] = OrderedDict()
        self._seen = self._signature()
        self._looked_s = time.monotonic()
        self._watcher: threading.Thread | None = None
        self._found: VoiceRegistry | None = None
        self._hits = self._loads = self._dropped = 0

    def get(self, name: str) -> ReadyVoice:
        """A voice, loaded now if necessary.

        Raises:
            VoiceError: it is unknown, or its reference cannot be used.
            WeightsError: its pack cannot be used.
            SettingError: its lexicon has an invalid reading.
        """
        if not isinstance(name, str):
            raise VoiceError(must_be("voice", "a name", name))
        voice = self._brought.get(name) or self.registry.get(name)
        ready = self._ready.get(voice.name)
        if ready is None:
            self._loads += 1
            ready = self._ready[voice.name] = self._load(voice)
        else:
            self._hits += 1
        self._packs[voice.pack] = ready.pack
        self._packs.move_to_end(voice.pack)
        self._make_room()
        return ready

    def _load(self, voice: Voice) -> ReadyVoice:
        pack = self._packs.get(voice.pack)
        if pack is None:
            pack = self._open_pack(voice.pack, self._device)
        networks = pack.networks
        front_end = FrontEnd(
            networks.pack.manifest.symbols,
            networks.features,
            lexicon=Lexicon.of(voice.lexicon, str(voice.file)).over(self._reading.lexicon),
            polyphone_model=self._reading.polyphone_model,
        )
        return ReadyVoice(voice, pack, front_end, self._prompts.get(voice, networks, front_end))

    def keep_loudness(self, ready: ReadyVoice, lufs: float) -> ReadyVoice:
        """Add the measured loudness to a loaded voice, and keep it for the next start."""
        prompt = self._prompts.keep_loudness(ready.prompt, lufs, ready.networks.pack)
        known = self._ready[ready.voice.name] = replace(ready, prompt=prompt)
        return known

    def _make_room(self) -> None:
        """Unload packs, least recently used first, but never the one used last."""
        while self._limit and len(self._packs) > 1 and self._memory() > self._limit:
            pack, _ = self._packs.popitem(last=False)
            for name in [n for n, ready in self._ready.items() if ready.voice.pack == pack]:
                del self._ready[name]
            self._dropped += 1
            logger.info("pack %s was unloaded to make room", pack.name)
            _give_back_memory()

    def adopt(self, audio: str, text: str, language: str, base: str) -> str:
        """Make a voice from a recording that a request names; returns the voice's name.

        Args:
            audio: path of the recording, inside one of the voice folders.
            text: what is said in it; if empty, only its timbre is used.
            language: language of that text.
            base: the voice whose pack and settings to use.

        Raises:
            SettingError: the path lies outside the voice folders, or is not a file.
        """
        voice = self.registry.get(base)
        folders = [*self._folders, BUILTIN]
        try:
            path = resolve_inside(Path(audio), Path("VOICE:CUSTOM"), folders)
        except (VoiceError, ValueError, RuntimeError) as error:  # NUL bytes; an unknown ~user
            raise SettingError(
                f"recording {audio[:80]!r}: only files in a voice folder may be used"
            ) from error
        if not path.is_file():
            raise SettingError(f"recording {audio[:80]!r}: there is no such file in a voice folder")
        key = "\0".join([str(path), str(path.stat().st_mtime_ns), text, language, voice.name])
        name = _BROUGHT + hashlib.sha256(key.encode()).hexdigest()[:16]
        reference = Reference(audio=path, text=text or None, language=language)
        changes = {
            "name": name,
            "aliases": (),
            "reference": reference,
            "auxiliary": (),
            "prompt": None,
        }
        self._brought[name] = voice.model_copy(update=changes)
        self._brought.move_to_end(name)
        while len(self._brought) > _MANY_BROUGHT:
            oldest, _ = self._brought.popitem(last=False)
            self._ready.pop(oldest, None)
        return name

    def refresh(self, every_s: float = 0.0) -> bool:
        """Reload the voice folders if a file in them has changed; returns whether one has.

        Changed voices are loaded again on their next use. If a folder cannot be read, nothing changes.

        Args:
            every_s: check at most once in this many seconds.
        """
        if not self._is_due(every_s):
            return False
        self._look()
        return self._take_over()

    def watch(self, every_s: float) -> bool:
        """Like `refresh`, but a separate thread reads the folders; returns whether voices have changed by now."""
        if self._watcher is None and self._folders:
            arguments = (weakref.ref(self), every_s)
            self._watcher = threading.Thread(
                target=_watch, args=arguments, name="voices", daemon=True
            )
            self._watcher.start()
        return self._take_over()

    def _is_due(self, every_s: float) -> bool:
        now = time.monotonic()
        if not self._folders or now - self._looked_s < every_s:
            return False
        self._looked_s = now
        return True

    def _look(self) -> None:
        """Read the folders if they changed; the voices found wait for `_take_over`."""
        signature = self._signature()
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._found = VoiceRegistry.scan(self._folders, other_names=self.registry.other_names)
        except VoiceError as error:
            logger.warning("voices are unchanged: %s", error)

    def _take_over(self) -> bool:
        """Switch to the voices that were found; returns whether there were any."""
        registry, self._found = self._found, None
        if registry is None:
            return False
        for name, ready in list(self._ready.items()):
            if name not in self._brought and registry.voices.get(name) != ready.voice:
                del self._ready[name]
        self.registry = registry
        logger.info("voices were reloaded: %s", ", ".join(sorted(registry.voices)))
        return True

    def _signature(self) -> frozenset[tuple[str, int, int]]:
        """Shows whether a voice file or a recording next to it has changed, without reading it."""
        return frozenset(
            entry for folder in self._folders for entry in _entries(folder.expanduser())
        )

    def stats(self) -> PoolStats:
        """The current figures."""
        return PoolStats(len(self._ready), len(self._packs), self._hits, self._loads, self._dropped)


def _watch(pool_of: Callable[[], VoicePool | None], every_s: float) -> None:
    """Watch the folders of a pool as long as it exists."""
    while True:
        time.sleep(every_s)
        pool = pool_of()
        if pool is None:
            return
        try:
            pool._look()
        except Exception:
            logger.exception("the voice folders could not be checked")
        del pool


def _entries(folder: Path) -> Iterator[tuple[str, int, int]]:
    for pattern in ("*", "*/voice.y*ml"):
        for path in folder.glob(pattern):
            try:
                found = path.stat()
            except OSError:  # gone in the meantime
                continue
            yield str(path), found.st_mtime_ns, found.st_size


def _mlx_memory() -> int:
    import mlx.core as mx  # noqa: PLC0415  not needed by a pool without a limit

    return int(mx.get_active_memory())


def _give_back_memory() -> None:
    """Return the memory of dropped networks to the system; they are not part of reference cycles.

    Measured with four copies of the starter pack spoken in turns, with room for one: on a Linux CPU the process
    stays at 314 to 322 MiB with this and at 310 to 325 without, since MLX keeps 32 MiB there however much was
    freed. On a GPU it may keep as much as the device has, so this is meant for GPUs; the effect there was not
    measured.
    """
    import mlx.core as mx  # noqa: PLC0415  see above

    mx.clear_cache()

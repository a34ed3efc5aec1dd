"""`Synthesizer`: texts in, fragments of speech out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import metadata
from typing import Any, Self

from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import BackendError, EmptyTextError, PackError, SynthesisError
from dora_mlx_tts.packs.verified import VerifiedFiles
from dora_mlx_tts.runtime import blas, cuda, device
from dora_mlx_tts.runtime.cancel import Cancellation, Cancelled, CancelToken
from dora_mlx_tts.runtime.device import Backend, Device, usable_cores
from dora_mlx_tts.runtime.kernel_verdicts import FOLDER as KERNELS
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.runtime.memory import MemoryStats, limit_kept
from dora_mlx_tts.synthesis.codes.code_table import TableStore
from dora_mlx_tts.synthesis.company import MOST_ROWS, Company
from dora_mlx_tts.synthesis.decode_thread import DecodeThread
from dora_mlx_tts.synthesis.flow_sentence import FlowSpeaker
from dora_mlx_tts.synthesis.fragment_stream import FragmentStream, Piece, typed_errors
from dora_mlx_tts.synthesis.growing.policy import GrowingLimits
from dora_mlx_tts.synthesis.growing.script import speak_growing
from dora_mlx_tts.synthesis.loading.head_store import HeadStore
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.loading.prompt_source import VoicePrompts
from dora_mlx_tts.synthesis.loading.voice_pool import PoolStats, ReadyVoice, VoicePool
from dora_mlx_tts.synthesis.pace import Pace
from dora_mlx_tts.synthesis.phrase_cache import (
    PhraseCache,
    PhraseStats,
    phrase_key,
    replayed,
)
from dora_mlx_tts.synthesis.records import Asked, Fragment, Speech
from dora_mlx_tts.synthesis.script import check_pauses, sentences_of, speak_script
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter, SynthesisStats
from dora_mlx_tts.synthesis.timed_token import TimedToken
from dora_mlx_tts.synthesis.voice_loudness import measure
from dora_mlx_tts.synthesis.warm_up import speak_first_words
from dora_mlx_tts.synthesis.work_clock import Work, WorkClock
from dora_mlx_tts.text.lexicon import ReadingOptions
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.split import fitted
from dora_mlx_tts.text.spoken import SpokenSentence
from dora_mlx_tts.voices.registry import OtherNames, VoiceRegistry
from dora_mlx_tts.voices.voice import Voice

logger = logging.getLogger(__name__)


class Synthesizer:
    """Speaks with any voice of a registry; packs and prompts are loaded once.

    All work happens on the calling thread, which must always be the same one (MLX's streams belong
    to threads).

    Attributes:
        settings: all settings.
        device: where networks run.
        verdicts: which of this package's GPU kernels proved equal and faster in trials here.
    """

    def __init__(self, settings: Settings, registry: VoiceRegistry, where: Device) -> None:
        self.settings = settings
        self.device = where
        self._process = os.getpid()
        self.verdicts = VerdictStore(settings.cache.expanduser() / KERNELS)
        self._pool = VoicePool(
            registry,
            settings.voices,
            where,
            VoicePrompts(settings.cache.expanduser()),
            limit=_memory_limit(settings.voice_memory, where),
            open_pack=partial(
                LoadedPack.open,
                verified=VerifiedFiles(settings.cache.expanduser()),
                tables=TableStore(settings.cache.expanduser() / "words"),
                heads=HeadStore(settings.cache.expanduser() / "heads"),
                exact=settings.precision == "float32",
                verdicts=self.verdicts,
            ),
            reading=ReadingOptions.load(settings.lexicon, settings.polyphone_model),
        )
        self._meter = SynthesisMeter()
        self._phrases = PhraseCache(settings.phrase_cache << 20)
        self._unmeasured: set[str] = set()  # voices whose loudness cannot be measured
        overlaps = where.backend is Backend.CPU and usable_cores() > 1
        self._helper = DecodeThread() if overlaps else None
        self._company = Company() if where.kind == "gpu" else None

    @classmethod
    def load(
        cls, voice: str | None = None, *, settings: Settings | None = None, warm_up: bool = True
    ) -> Self:
        """Choose the device, find the voices and load the first one.

        Args:
            voice: name of the voice; None uses the one in the settings.
            settings: all settings; None reads `dora-mlx-tts.yml` and the environment.
            warm_up: speak a word now, so that the first sentence is not slowed down by one-time costs.

        Raises:
            TtsError: a setting is invalid, MLX is missing, or the voice cannot be loaded.
        """
        if settings is None:
            settings = Settings.load()
            settings.log_remarks(logger)
        if voice is not None:
            settings = settings.model_copy(update={"voice": voice})
        status = blas.accelerate(settings.blas, settings.blas_threads)
        logger.debug("BLAS: %s", status)
        chosen = device.select(
            settings.device,
            kernels=settings.kernels,
            products=settings.cuda_layers == "products",
            generator=settings.cpu_generator,
            precision=settings.precision,
        )
        limit_kept(chosen, settings.freed_memory)
        _keep_kernels(chosen, settings)
        others = OtherNames(settings.voice_aliases, settings.voice_fallback)
        registry = VoiceRegistry.scan(settings.voices, other_names=others)
        synthesizer = cls(settings, registry, chosen)
        for name in (*settings.preload, settings.voice):
            ready = synthesizer.prepare(name)
            if warm_up and (problem := synthesizer.warm_up(ready.voice)):
                logger.warning(
                    "voice %s is loaded, but could not speak its first word: %s", name, problem
                )
        return synthesizer

    @property
    def voices(self) -> VoiceRegistry:
        """The available voices."""
        return self._pool.registry

    @property
    def voice(self) -> Voice:
        """The default voice."""
        return self.voices.get(self.settings.voice)

    @property
    def most_together(self) -> int:
        """How many texts are best spoken at once, with their streams primed one after the other; 1 on a CPU.

        On a CPU a window takes as long as its arithmetic, so batching gains nothing.
        """
        return MOST_ROWS if self._company is not None else 1

    def prepare(self, name: str) -> ReadyVoice:
        """Load a voice, or return it if already loaded.

        Raises:
            VoiceError: it is unknown, or its reference cannot be used.
            WeightsError: its pack cannot be used.
            BackendError: MLX failed, memory ran out, or this is a fork of the process that loaded it.
        """
        if os.getpid() != self._process:  # a fork has no MLX threads: it would wait forever
            raise BackendError(
                "a Synthesizer must be used in the process that loaded it; "
                "start other processes with multiprocessing's method 'spawn'"
            )
        with typed_errors(f"loading voice {str(name)[:80]!r}", PackError):
            return self._pool.get(name)

    def adopt(self, recording: str, text: str, language: str) -> str:
        """Make a voice from a recording in a voice folder, with the default voice's networks; returns its name.

        Raises:
            SettingError: the recording lies outside the voice folders or does not exist.
        """
        return self._pool.adopt(recording, text, language, self.settings.voice)

    def refresh(self) -> None:
        """Apply changes to voice files; from the first call on, they are watched in the background."""
        if self.settings.voices_poll:
            self._pool.watch(self.settings.voices_poll)

    def warm_up(self, voice: Voice) -> SynthesisError | None:
        """Speak a word and discard it: builds networks, loads dictionaries, fills MLX's caches.

        Returns:
            Why the word could not be spoken, or None if it was. The voice is loaded in either case, because
            other sentences may succeed.

        Raises:
            TtsError: the voice cannot be loaded, or MLX failed.
        """
        networks = self.prepare(voice.name).networks
        networks.compile_ahead()
        networks.t2s.warm_up()
        return speak_first_words(self.speak, voice, self._meter)

    def stream(
        self,
        text: str | Sequence[SpokenSentence],
        *,
        voice: str | None = None,
        language: str | None = None,
        cancelled: Cancellation | None = None,
        judge_whole: bool = False,
        **speech: Any,  # noqa: ANN401  validated by SpeechSettings
    ) -> FragmentStream[Fragment]:
        """Speak a text; fragments are yielded as soon as they are ready.

        Args:
            text: one or more sentences; a plain string is split here, and may contain speech markup.
            voice: a voice's name; None uses the one in the settings.
            language: code of the text's language; None uses the one in the settings.
            cancelled: a token, or a function that returns True once the text is cancelled; the
                stream then ends within a step of the networks.
            judge_whole: the caller waits for the whole result, so each sentence is checked before its
                first sample, if the settings enable content checks.
            **speech: speech settings to override for this text (`SpeechSettings`).

        Raises:
            SettingError: a setting is invalid.
            VoiceError: the voice is unknown or cannot be used.
            TextError: the text cannot be read aloud.
            SynthesisError: the networks produced no speech, or took too long (raised by the iterator).
            BackendError: MLX failed or memory ran out (also raised by the iterator).
        """
        clock = WorkClock()
        ready, settings = self._begin(voice, language, cancelled, clock, speech)
        if ready.networks.flow is not None:
            ready.networks.flow.sampling(settings.sample_steps, settings.cfg_rate)  # or refuses
        if judge_whole and settings.content_check == "ahead":
            settings = settings.model_copy(update={"content_check": "whole"})
        script = fitted(
            sentences_of(text, self.settings), settings.join_short, settings.short_parts
        )
        if not script:
            raise EmptyTextError("the text holds nothing that can be pronounced")
        check_pauses(script)
        speak = partial(speak_script, ready, settings, script)
        if not self._phrases.is_on:
            return self._speaking(ready, settings, speak, cancelled, clock)
        key = phrase_key(ready, settings, script)
        known = self._phrases.find(key)
        if known is not None:
            token = CancelToken.of(cancelled)
            return FragmentStream(replayed(known, token), clock, ready.voice.name)
        keep = partial(self._phrases.recorded, key)
        return self._speaking(ready, settings, speak, cancelled, clock, keep)

    def stream_growing(
        self,
        text: GrowingText,
        *,
        voice: str | None = None,
        language: str | None = None,
        cancelled: Cancellation | None = None,
        **speech: Any,  # noqa: ANN401  validated by SpeechSettings
    ) -> FragmentStream[Fragment | None]:
        """Speak a sentence while it is being written; arguments and errors are those of `stream`.

        Another thread writes `text` and ends it with `GrowingText.finish`. Besides fragments, the iterator
        yields None when there is nothing to do until the text grows or its `due_s` is reached; then ask again
        (`GrowingText.sleep` waits for that).
        """
        clock = WorkClock()
        ready, settings = self._begin(voice, language, cancelled, clock, speech)
        speak = partial(speak_growing, ready, settings, text, limits=self._growing(ready))
        return self._speaking(ready, settings, speak, cancelled, clock)

    def _begin(
        self,
        voice: str | None,
        language: str | None,
        cancelled: Cancellation | None,
        clock: WorkClock,
        speech: dict[str, Any],
    ) -> tuple[ReadyVoice, SpeechSettings]:
        """The voice of a text, with its loudness, and the settings to speak it with."""
        if language is not None:
            speech = {**speech, "language": language}
        with clock.on(Work.VOICE):
            ready = self.prepare(voice or self.settings.voice)
        settings = ready.speech(self.settings, speech)
        ready = self._levelled(ready, settings, cancelled, clock)
        if not self.settings.return_fragment:
            settings = settings.model_copy(update={"mode": "throughput"})
        return ready, settings

    def _levelled(
        self,
        ready: ReadyVoice,
        settings: SpeechSettings,
        cancelled: Cancellation | None,
        clock: WorkClock,
    ) -> ReadyVoice:
        """The voice with its loudness, measured now if it is needed and unknown."""
        if settings.loudness is None or ready.prompt.loudness is not None:
            return ready
        if ready.fingerprint in self._unmeasured:
            return ready
        with clock.on(Work.VOICE):
            token = CancelToken.of(cancelled)
            lufs = measure(partial(self.stream, voice=ready.voice.name, cancelled=token), ready)
            if token.cancelled:
                return ready
            if lufs is None:
                self._unmeasured.add(ready.fingerprint)
                return ready
            return self._pool.keep_loudness(ready, lufs)

    def _growing(self, ready: ReadyVoice) -> GrowingLimits | None:
        """How sentences grow; None if the voice or the readings need complete sentences."""
        settings = self.settings
        if ready.networks.flow is not None or settings.polyphone_model is not None:
            return None
        return GrowingLimits(
            first_words=settings.grow_words,
            first_characters=settings.grow_characters,
            margin=settings.grow_margin,
            first_margin=settings.grow_first_margin,
        )

    def speak(self, text: str | Sequence[SpokenSentence], **options: Any) -> Speech:  # noqa: ANN401  as `stream`
        """Speak a text and return it whole; arguments and errors are those of `stream`.

        Nothing is heard before the end, so each sentence is checked as a whole (`content_check`).

        Raises:
            EmptyTextError: the text was cancelled before anything was spoken.
            TtsError: see `stream` and its iterator.
        """
        fragments = list(self.stream(text, judge_whole=True, **options))
        if not fragments:
            raise EmptyTextError("the text was cancelled before anything was spoken")
        return Speech.of(fragments)

    @property
    def pool_stats(self) -> PoolStats:
        """Loaded voices and packs."""
        return self._pool.stats()

    @property
    def memory_stats(self) -> MemoryStats:
        """MLX's current memory."""
        return MemoryStats.of(self.device)

    @property
    def phrase_stats(self) -> PhraseStats:
        """Cached texts, and how often one was reused."""
        return self._phrases.stats()

    @property
    def stats(self) -> SynthesisStats:
        """Figures of what was spoken so far and what the guard found."""
        return self._meter.stats()

    def _speaking(
        self,
        ready: ReadyVoice,
        settings: SpeechSettings,
        speak: Callable[[SentenceSpeaker], Iterator[Piece | Asked]],
        cancelled: Cancellation | None,
        clock: WorkClock,
        keep: Callable[[Iterator[Any]], Iterator[Any]] | None = None,
    ) -> FragmentStream[Piece]:
        limit = self.settings.synthesis_timeout
        token = TimedToken(CancelToken.of(cancelled), limit, lambda: clock.total_s)
        pace = Pace(ready.pack.speed)
        fragments = self._fragments(ready, settings, speak, token, clock, pace)
        fragments = keep(fragments) if keep else fragments
        return FragmentStream(fragments, clock, ready.voice.name, pace)

    def _fragments(
        self,
        ready: ReadyVoice,
        settings: SpeechSettings,
        speak: Callable[[SentenceSpeaker], Iterator[Piece | Asked]],
        token: CancelToken,
        clock: WorkClock,
        pace: Pace,
    ) -> Iterator[Piece | Asked]:
        pack = ready.pack
        with clock.on(Work.VOICE):
            pack.prepare(ready.prompt)
        kind = FlowSpeaker if pack.networks.flow else SentenceSpeaker
        with pack.borrow_cache() as cache:
            session = SpeechSession(
                cache, self._meter, token, self._helper, clock, self._company, pace
            )
            try:
                yield from speak(kind(pack, ready.prompt, settings, session))
            except Cancelled:
                return
            finally:
                pack.keep_table()
                self._meter.worked(clock.seconds())


def _keep_kernels(where: Device, settings: Settings) -> None:
    """Keep compiled kernels for the next start; log it if this start compiles them."""
    if where.description != "CUDA":
        return
    if not cuda.keep_kernels(settings.cache.expanduser() / KERNELS, metadata.version("mlx")):
        logger.warning(
            "compiling kernels for this GPU, which takes some 15 s; they are kept for the next start"
        )


def _memory_limit(asked: int | None, where: Device) -> int:
    """Bytes of loaded voices above which unused ones are unloaded; 0 is no limit."""
    return device.memory_of(where) // 2 if asked is None else asked << 20

"""`Synthesizer`: texts in, fragments of speech out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np

from dora_mlx_tts.audio.finish import silence
from dora_mlx_tts.config import Settings, SpeechSettings
from dora_mlx_tts.errors import EmptyTextError
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.networks import Networks
from dora_mlx_tts.synthesis.prompt import Prompt
from dora_mlx_tts.synthesis.records import Fragment, Speech
from dora_mlx_tts.synthesis.references import VoicePrompts
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.stats import SynthesisMeter, SynthesisStats
from dora_mlx_tts.synthesis.stream import Cancelled, KeptCache
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.split import split
from dora_mlx_tts.voices.registry import VoiceRegistry
from dora_mlx_tts.voices.voice import Voice

logger = logging.getLogger(__name__)

_WARM_UP = {"zh": "你好。", "en": "Hello."}


@dataclass(frozen=True, slots=True)
class ReadyVoice:
    """A voice with everything that speaking it takes."""

    voice: Voice
    networks: Networks
    front_end: FrontEnd
    prompt: Prompt


class Synthesizer:
    """Speaks with any voice of a registry; packs and prompts are loaded once.

    All work happens on the calling thread, which must always be the same one (MLX's streams belong
    to threads).
    """

    def __init__(self, settings: Settings, registry: VoiceRegistry, where: Device) -> None:
        self.settings = settings
        self.voices = registry
        self.device = where
        self._networks: dict[Path, Networks] = {}
        self._ready: dict[str, ReadyVoice] = {}
        self._prompts = VoicePrompts(settings.cache.expanduser())
        self._caches: WeakKeyDictionary[Networks, KeptCache] = WeakKeyDictionary()
        self._meter = SynthesisMeter()

    @classmethod
    def load(
        cls, voice: str | None = None, *, settings: Settings | None = None, warm_up: bool = True
    ) -> Self:
        """Choose the device, find the voices and load the one to begin with.

        Args:
            voice: name of the voice; None takes the settings'.
            settings: all settings; None reads `dora-mlx-tts.yml` and the environment.
            warm_up: speak a word now, so that the first sentence does not pay for first uses.

        Raises:
            TtsError: a setting is not allowed, MLX is missing, or the voice cannot be loaded.
        """
        settings = settings or Settings.load()
        if voice is not None:
            settings = settings.model_copy(update={"voice": voice})
        status = blas.accelerate(settings.blas, settings.blas_threads)
        logger.debug("BLAS: %s", status)
        synthesizer = cls(
            settings, VoiceRegistry.scan(settings.voices), device.select(settings.device)
        )
        ready = synthesizer.prepare(settings.voice)
        if warm_up:
            synthesizer.warm_up(ready.voice)
        return synthesizer

    @property
    def voice(self) -> Voice:
        """The voice that speaks where a request names none."""
        return self.voices.get(self.settings.voice)

    def prepare(self, name: str) -> ReadyVoice:
        """Load a voice, or return it if it is loaded.

        Raises:
            VoiceError: it is unknown, or its reference cannot be used.
            WeightsError: its pack cannot be used.
        """
        voice = self.voices.get(name)
        if voice.name not in self._ready:
            networks = self._networks.get(voice.pack)
            if networks is None:
                networks = self._networks[voice.pack] = Networks.open(voice.pack, self.device)
            front_end = FrontEnd(networks.pack.manifest.symbols, networks.features)
            prompt = self._prompts.get(voice, networks, front_end)
            self._ready[voice.name] = ReadyVoice(voice, networks, front_end, prompt)
        return self._ready[voice.name]

    def warm_up(self, voice: Voice) -> None:
        """Speak a word and forget it: builds networks, loads dictionaries, fills MLX's caches."""
        languages = [code for code in voice.languages if code in _WARM_UP] or ["en"]
        for language in languages:
            self.speak(_WARM_UP[language], voice=voice.name, language=language, seed=0)

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        **speech: Any,  # noqa: ANN401  validated by SpeechSettings
    ) -> Iterator[Fragment]:
        """Speak a text; fragments come as soon as they are there.

        Args:
            text: one or many sentences.
            voice: a voice's name; None for the settings'.
            language: code of the text's language; None for the settings'.
            cancelled: asked all the time while speaking; once it says True the stream ends.
            **speech: settings of speech that differ for this text (`SpeechSettings`).

        Raises:
            SettingError: a setting is not allowed.
            VoiceError: the voice is unknown or cannot be used.
            TextError: the text cannot be read aloud.
            SynthesisError: the networks gave no speech (from the iterator).
        """
        if language is not None:
            speech["language"] = language
        ready = self.prepare(voice or self.settings.voice)
        settings = self.settings.speech(ready.voice.defaults, speech)
        if not self.settings.return_fragment:
            settings = settings.model_copy(update={"mode": "throughput"})
        sentences = split(text)
        if not sentences:
            raise EmptyTextError("the text holds nothing that can be pronounced")
        return self._fragments(ready, settings, sentences, cancelled)

    def speak(self, text: str, **options: Any) -> Speech:  # noqa: ANN401  as `stream`
        """Speak a text and return it whole; arguments and errors are those of `stream`."""
        fragments = list(self.stream(text, **options))
        if not fragments:
            raise EmptyTextError("the text was cancelled before anything was spoken")
        sentences = {fragment.sentence_index: fragment.text for fragment in fragments}
        return Speech(
            samples=np.concatenate([fragment.samples for fragment in fragments]),
            sample_rate=fragments[0].sample_rate,
            sentences=tuple(sentences.values()),
        )

    @property
    def stats(self) -> SynthesisStats:
        """What was spoken so far, and what the guard found."""
        return self._meter.stats()

    def _fragments(
        self,
        ready: ReadyVoice,
        settings: SpeechSettings,
        sentences: list[str],
        cancelled: Callable[[], bool],
    ) -> Iterator[Fragment]:
        networks = ready.networks
        cache = self._caches.setdefault(networks, KeptCache(networks.t2s))
        speaker = SentenceSpeaker(networks, ready.prompt, settings, cache, self._meter, cancelled)
        rate = networks.pack.manifest.sample_rate
        pause = silence(settings.fragment_interval, rate)
        seeds = np.random.SeedSequence(settings.seed).generate_state(len(sentences))
        start = 0.0
        for index, (sentence, seed) in enumerate(zip(sentences, seeds, strict=True)):
            phonemes = ready.front_end.phonemize(sentence, settings.language)
            try:
                for number, piece in enumerate(speaker.stream(phonemes, int(seed))):
                    samples = np.concatenate([piece.samples, pause]) if piece.last else piece.samples
                    final = piece.last and index == len(sentences) - 1
                    yield Fragment(
                        samples, rate, sentence, index, number, final, start, piece.tokens
                    )
                    start += len(samples) / rate
            except Cancelled:
                return

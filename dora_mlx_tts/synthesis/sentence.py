"""One sentence: phones to semantic tokens to samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.finish import limit_peak
from dora_mlx_tts.config import SpeechSettings
from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.models.decode import DecodeSettings, End, generate
from dora_mlx_tts.models.sampling import SamplingSettings
from dora_mlx_tts.models.t2s import T2SText
from dora_mlx_tts.synthesis.networks import Networks
from dora_mlx_tts.synthesis.prompt import Prompt
from dora_mlx_tts.text.phonemes import Phonemes

Samples = NDArray[np.float32]

TOKENS_PER_SECOND = 25
_ATTEMPTS = 3
_TOKENS_PER_PHONE = 8  # slow speech takes 4; beyond twice that the network lost its way
_SPARE_TOKENS = 50


class Cancelled(Exception):  # noqa: N818  a signal between these functions, not an error
    """The caller wants no more of this text."""


@dataclass(frozen=True, slots=True)
class SentenceSpeech:
    """Samples of a sentence and how many tokens they came from."""

    samples: Samples
    tokens: int


@dataclass(frozen=True, slots=True)
class SentenceSpeaker:
    """Speaks sentences with one voice and one request's settings.

    Attributes:
        networks: the pack's.
        prompt: the prepared reference.
        settings: of speech.
        cancelled: asked between tokens; True raises `Cancelled`.
    """

    networks: Networks
    prompt: Prompt
    settings: SpeechSettings
    cancelled: Callable[[], bool]

    def speak(self, phonemes: Phonemes, seed: int) -> SentenceSpeech:
        """Speak one sentence; the same seed gives the same speech.

        Raises:
            Cancelled: it is not wanted any more.
            SynthesisError: the networks gave no speech after several attempts.
        """
        codes = self._tokens(phonemes, seed)
        return SentenceSpeech(self._samples(codes, phonemes, seed), len(codes))

    def _tokens(self, phonemes: Phonemes, seed: int) -> list[int]:
        """Tokens of the sentence; a decoding that does not end is tried again with other draws."""
        limit = _SPARE_TOKENS + _TOKENS_PER_PHONE * len(phonemes)
        settings = DecodeSettings(self._sampling(), early_stop=limit)
        text, prompt = self._text(phonemes), None if self.prompt.is_zero_shot else self.prompt.codes
        for attempt in range(_ATTEMPTS):
            tokens = []
            with generate(self.networks.t2s, text, prompt, settings, seed=seed + attempt) as stream:
                for token in stream:
                    if self.cancelled():
                        raise Cancelled
                    tokens.append(token)
            if stream.end is End.EOS and tokens:
                return tokens
        raise SynthesisError(
            f"{phonemes.text[:60]!r}: the network did not end the sentence within {limit} tokens"
            f" ({limit / TOKENS_PER_SECOND:.0f} s) in {_ATTEMPTS} attempts"
        )

    def _sampling(self) -> SamplingSettings:
        settings = self.settings
        return SamplingSettings(
            top_k=settings.top_k,
            top_p=settings.top_p,
            temperature=settings.temperature,
            repetition_penalty=settings.repetition_penalty,
        )

    def _text(self, phonemes: Phonemes) -> T2SText:
        """The prompt's phones, if it has some, before the sentence's."""
        prompt = self.prompt
        if prompt.is_zero_shot:
            return T2SText(phonemes.ids, phonemes.features)
        phones = np.concatenate([prompt.phones, phonemes.ids])
        parts = ((prompt.features, prompt.phones), (phonemes.features, phonemes.ids))
        width = next((f.shape[1] for f, _ in parts if f is not None), None)
        if width is None:
            return T2SText(phones)
        rows = [np.zeros((len(ids), width), np.float32) if f is None else f for f, ids in parts]
        return T2SText(phones, np.concatenate(rows))

    def _samples(self, codes: list[int], phonemes: Phonemes, seed: int) -> Samples:
        sovits, settings = self.networks.sovits, self.settings
        ge = mx.array(self.prompt.ge)
        text = mx.array(phonemes.ids)[None]
        mean, log_deviation = sovits.encode(mx.array([codes]), text, ge, settings.speed)
        # Drawn on the host: the same on every device.
        noise = np.random.default_rng(seed).standard_normal(mean.shape, dtype=np.float32)
        z_p = sovits.sample(
            mean, log_deviation, noise_scale=settings.noise_scale, noise=mx.array(noise)
        )
        samples: Samples = np.array(sovits.dec(sovits.flow(z_p, ge), ge)).reshape(-1)
        if not np.isfinite(samples).all():
            raise SynthesisError(
                f"{phonemes.text[:60]!r}: the vocoder gave NaN or infinite samples"
            )
        return limit_peak(samples.astype(np.float32, copy=False))

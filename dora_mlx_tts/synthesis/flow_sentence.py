"""One sentence of v3 and v4: all its tokens, then spectrograms chunk by chunk, then sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.spectrogram import denormalize_mel
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.models.cfm.chunked import Vocode, chunks
from dora_mlx_tts.synthesis.checks.token_guard import SampleGuard
from dora_mlx_tts.synthesis.guarded_tokens import GuardedTokens
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.text.phonemes import Phonemes

Samples = NDArray[np.float32]

CONTEXT = 48
"""Frames beside a piece of spectrogram that the vocoders hear; more change nothing."""


@dataclass(frozen=True, slots=True)
class FlowSpeaker(SentenceSpeaker):
    """Speaks sentences by flow matching, which needs all tokens of a sentence before it begins.

    The first sound leaves after the first chunk (5 s of speech at most), not after the sentence.
    """

    def _windows(
        self, phonemes: Phonemes, tokens: GuardedTokens, seed: int
    ) -> Iterator[SentencePiece]:
        rate = self.networks.pack.manifest.sample_rate
        while True:
            codes, _ = tokens.take(None)
            guard, problem, heard = SampleGuard(), None, False
            count, spoken_s = len(codes), 0.0
            tracker = self._tracker(phonemes)
            self._follow(tracker, phonemes, tokens, codes)
            for samples, last in self._pieces(phonemes, codes, seed):
                problem = guard.samples(samples) or (guard.end() if last else None)
                if problem is not None:
                    break
                self.session.meter.sound(len(samples) / rate)
                spoken_s += len(samples) / rate
                words = tracker.words(spoken_s, ended=last)
                yield SentencePiece(samples, count, last, tuple(words))
                heard, count = True, 0
            if problem is None:
                return
            self._recover(problem, phonemes, tokens, heard=heard)

    def _pieces(
        self, phonemes: Phonemes, codes: list[int], seed: int
    ) -> Iterator[tuple[Samples, bool]]:
        """Pieces of sound that have samples, and whether each is the last."""
        family, start = self.networks.flow, self.prompt.flow
        if family is None or start is None:
            raise VoiceError("the prompt was not prepared for flow matching; prepare it again")
        features = self.networks.conditioner.condition(
            mx.array([codes]),
            mx.array(phonemes.ids)[None],
            mx.array(self.prompt.ge),
            self.settings.speed,
        )
        vocoder = ChunkVocoder(self.networks.vocoder, family.sizes.hop)
        left, held = features.shape[1], []
        for mel in chunks(features, start.prompt(), _Flow(self, seed), family.sizes):
            left -= mel.shape[1]
            held.append(vocoder.push(mel, last=left == 0))
            if left == 0 or self.settings.mode != "throughput":
                samples = np.concatenate(held)
                held = []
                if len(samples):
                    yield samples, left == 0


class _Flow:
    """Flow matching with the request's steps and seed, ended early where the text is cancelled."""

    def __init__(self, speaker: FlowSpeaker, seed: int) -> None:
        networks, family = speaker.networks, speaker.networks.flow
        self._network, self._token = networks.cfm, speaker.session.token
        self._steps = speaker.settings.sample_steps or (family.steps if family else 1)
        self._key = mx.random.key(seed)

    def __call__(self, features: mx.array, mel: mx.array) -> mx.array:
        self._key, now = mx.random.split(self._key)
        return self._network.inference(
            features, mel, self._steps, key=now, each_step=self._token.check
        )


class ChunkVocoder:
    """Turns a spectrogram that comes in pieces into the samples that the whole would give.

    Each piece is vocoded with the frames beside it, and its last frames wait for the next piece.

    Args:
        vocode: log mel spectrogram [1, T, mels] to samples [1, T * hop].
        hop: samples a frame.
        context: frames beside a piece that its samples depend on.
    """

    def __init__(self, vocode: Vocode, hop: int, context: int = CONTEXT) -> None:
        self._vocode, self._hop, self._context = vocode, hop, context
        self._mel: mx.array | None = None
        self._spoken = 0  # frames of `_mel` whose samples have left

    def push(self, mel: mx.array, *, last: bool) -> Samples:
        """Normalized spectrogram [1, t, mels] to the samples that are certain now, maybe none."""
        whole = mel if self._mel is None else mx.concatenate([self._mel, mel], axis=1)
        length = whole.shape[1]
        end = length if last else max(self._spoken, length - self._context)
        samples = np.zeros(0, np.float32)
        if end > self._spoken:
            log_mel = mx.array(denormalize_mel(np.array(whole)))
            made = np.array(self._vocode(log_mel)[0], np.float32)
            samples = made[self._spoken * self._hop : end * self._hop]
        start = max(0, end - self._context)
        self._mel, self._spoken = whole[:, start:], end - start
        return samples

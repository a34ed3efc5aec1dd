"""Streams SoVITS v3, v4 and v5 chunk by chunk: codes in as they are decoded, samples out.

Features come from a bounded range of codes (see `sovits.latent_stream`); their convolutions carry their
context. Flow matching continues a prompt of constant length that moves along with the sentence
(`chunked.RollingPrompt`), and the vocoder carries the state of its convolutions. So the cost of a chunk does
not grow with the sentence, and a sentence in one chunk matches the reference implementation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.spectrogram import denormalize_mel
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.chunked import ChunkSizes, FlowPrompt, RollingPrompt
from dora_mlx_tts.models.sovits.conditioner import Conditioner
from dora_mlx_tts.models.sovits.generator_stream import Queue
from dora_mlx_tts.models.sovits.latent_stream import FRAMES, Context, FrameNoise, LatentStream
from dora_mlx_tts.models.vocoders.stream import Vocoder, vocoder_stream
from dora_mlx_tts.runtime.device import Backend

CODES_PER_SECOND = 25


@dataclass(frozen=True, slots=True)
class FlowDecoder:
    """The networks that turn codes into audio, prepared.

    Attributes:
        conditioner: codes and phones to features.
        cfm: features to spectrograms.
        vocoder: spectrograms to samples.
        sizes: sizes of chunks.
    """

    conditioner: Conditioner
    cfm: CFM
    vocoder: Vocoder
    sizes: ChunkSizes


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """Options for speaking a sentence.

    Attributes:
        steps: Euler steps of a chunk.
        guidance: strength of guidance.
        speed: 2 speaks twice as fast.
        seed: seed of the noise, which depends on the frame's index, not on the chunks.
    """

    steps: int
    guidance: float = 0.0
    speed: float = 1.0
    seed: int = 0


class FlowStream(LatentStream):
    """The stream of one sentence.

    Args:
        networks: networks of the voice's family.
        text: phones [1, m] of the sentence.
        ge: style [1, 1, G].
        prompt: the reference's features and spectrogram.
        options: steps, guidance, speed and seed.
        context: codes around a window that the encoder sees.

    Raises:
        EmptyTextError: there are no phones.
        TextError: a phone is outside the embedding.
        SettingError: the speed is out of range.
        SynthesisError: the prompt leaves no room for new frames.
    """

    def __init__(
        self,
        networks: FlowDecoder,
        text: mx.array,
        ge: mx.array,
        prompt: FlowPrompt,
        options: FlowOptions,
        context: Context | None = None,
    ) -> None:
        super().__init__(networks.conditioner, text, ge, options.speed, context or Context())
        self._networks, self.options = networks, options
        self._prompt = RollingPrompt(prompt, networks.sizes)
        self._vocoder = vocoder_stream(networks.vocoder)
        self._noise = FrameNoise(options.seed, networks.cfm.config.mels)
        self._history = Queue()  # input of the features before the first one not made yet
        self._featured = 0  # feature frames made so far
        self._spoken = 0  # how many of them have a spectrogram

    @property
    def largest_s(self) -> float:
        """Seconds of audio in a full chunk."""
        return self._prompt.fresh / self._frames_per_code / CODES_PER_SECOND

    @property
    def _frames_per_code(self) -> float:
        return float(FRAMES * self._networks.conditioner.ratio)

    def begin(self) -> None:
        """On a GPU, start work that needs no codes: states of the phones, modulations of the steps."""
        if self._networks.cfm.backend is not Backend.CPU:
            mx.async_eval(self._phones)  # type: ignore[no-untyped-call]  # MLX stub
            self._networks.cfm.modulations(self.options.steps)

    def codes_for(self, seconds: float) -> int:
        """Approximate number of codes needed for this many seconds of audio."""
        lag = self._vocoder.lag_frames / self._frames_per_code
        return (
            math.ceil((seconds * CODES_PER_SECOND + lag) * self.options.speed)
            + self.context.lookahead
        )

    def speak(self, codes: Sequence[int], *, last: bool) -> Iterator[mx.array]:
        """Take more codes; yields the samples [N] that they settle.

        The `last` call yields the rest. Most slices are empty: they mark a finished part of the work (features,
        a step of flow matching, a stage of the vocoder), after which the caller may stop.

        Raises:
            SettingError: steps or guidance is out of range.
            SynthesisError: a code is outside the codebook, or there are none at all.
        """
        pushed = self._push(codes, last=last)
        if pushed is None:
            return
        settled, total = pushed
        features = self._features(settled, total, last=last)
        yield mx.zeros((0,))
        size, count = self._prompt.fresh, features.shape[1]
        for start in range(0, max(count, 1), size):
            fresh, ended = features[:, start : start + size], last and start + size >= count
            made = None
            if fresh.shape[1]:
                for reached in self._chunk(fresh):
                    made = reached[:, -fresh.shape[1] :]
                    yield mx.zeros((0,))
            if made is not None:
                self._prompt.extend(FlowPrompt(fresh, made))
            yield from self._vocoder.steps(_log_mel(made), last=ended)

    def _chunk(self, fresh: mx.array) -> Iterator[mx.array]:
        """The spectrogram [1, P + t, mels] of a prompt and new frames, after each step."""
        known, options = self._prompt.now, self.options
        start, self._spoken = self._spoken, self._spoken + fresh.shape[1]
        noise = np.pad(self._noise.rows(start, self._spoken), [(known.frames, 0), (0, 0)])
        self._noise.forget(self._spoken)
        mu = mx.concatenate([known.features, fresh], axis=1)
        return self._networks.cfm.sample(
            mu, known.mel, options.steps, mx.array(noise)[None], options.guidance
        )

    def _features(self, settled: int, total: int, *, last: bool) -> mx.array:
        """The features [1, t, F] settled by now, possibly none."""
        conditioner, first = self._networks.conditioner, self._made
        frames, new = self._paced(self._latent(settled), settled, total, last=last)
        self._made += new
        end = self._until(self._made, last=last)
        beyond = self._until(first + frames.shape[1], last=last)  # the expected frames, as context
        x = conditioner.stretched(frames, range(self._featured, beyond), first)
        before, count = len(self._history), end - self._featured
        self._history.push(x[:, :count] if count else None)
        whole = self._history.frames
        if whole is None or not count:
            return mx.zeros((1, 0, self._networks.cfm.config.features))
        whole = mx.concatenate([whole, x[:, count:]], axis=1)
        unmasked = None
        if last:
            masked_from = conditioner.unmasked_frames(len(self._codes), self.speed)
            unmasked = max(0, masked_from - self._featured + before)
        made = conditioner.features(whole, self._ge, unmasked)[:, before : before + count]
        self._featured = end
        self._history.take(max(0, len(self._history) - conditioner.wns1.receptive_frames))
        mx.eval(made, self._history.frames, self._carried())
        return made

    def _pace(self, total: int, count: int) -> float:
        """Stretch of a window; a complete sentence is stretched to a whole frame, as in the reference."""
        return self.speed if self._made else total / count

    def _until(self, latent_frames: int, *, last: bool) -> int:
        """Feature frames determined by this many frames at 50 Hz, or all of a sentence of that length."""
        conditioner = self._networks.conditioner
        if last:
            return max(self._featured, conditioner.feature_frames(latent_frames))
        return math.ceil(latent_frames * conditioner.ratio)


def _log_mel(mel: mx.array | None) -> mx.array | None:
    return None if mel is None else mx.array(denormalize_mel(np.array(mel)))

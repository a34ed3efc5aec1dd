"""Streams SoVITS v1, v2 and v2Pro window by window: codes in as they are decoded, samples out.

The cost of a window does not grow with the sentence. The text encoder, whose attention is global, sees a
bounded range of codes: some before the window and a few after it. The flow is computed over its receptive
field, and the generator carries the state of its convolutions. So windows differ from offline synthesis only
through missing context of the encoder and the flow, and a sentence in one window does not differ at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.sovits.latent_stream import FRAMES, Context, FrameNoise, LatentStream
from dora_mlx_tts.models.sovits.semantic import FASTEST, SLOWEST
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.sovits.together import Window
from dora_mlx_tts.runtime.device import Backend


@dataclass(frozen=True, slots=True)
class SpeakingOptions:
    """Options for speaking a sentence.

    Attributes:
        speed: 2 speaks twice as fast.
        noise_scale: deviation from the prior's mean; 0 uses the mean.
        seed: seed of the noise, which depends on the position in the sentence, not on the windows.

    Raises:
        SettingError: the speed is out of range.
    """

    speed: float = 1.0
    noise_scale: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.speed <= FASTEST:
            raise SettingError(must_be("speed", f"from {SLOWEST} to {FASTEST}", self.speed))


class SoVITSStream(LatentStream):
    """The stream of one sentence.

    Args:
        sovits: the network, prepared.
        text: phones [1, m] of the sentence.
        ge: style [1, 1, G].
        options: speed, noise and seed.
        context: the context of windows.

    Raises:
        EmptyTextError: there are no phones.
        TextError: a phone is outside the embedding.
    """

    def __init__(
        self,
        sovits: SoVITS,
        text: mx.array,
        ge: mx.array,
        options: SpeakingOptions | None = None,
        context: Context | None = None,
    ) -> None:
        self.options = options or SpeakingOptions()
        super().__init__(sovits, text, ge, self.options.speed, context or Context())
        self._sovits = sovits
        self._generator = sovits.generator_stream(ge)
        self._noise = FrameNoise(self.options.seed, sovits.config.channels)
        self._history: mx.array | None = None  # the flow's input before `_made`

    def begin(self) -> None:
        """On a GPU, start work that needs no codes: the states of the phones."""
        if self._sovits.dec.backend is not Backend.CPU:
            mx.async_eval(self._phones)  # type: ignore[no-untyped-call]  # MLX stub

    def read(self, text: mx.array) -> None:
        """Continue with more phones [1, m] than before.

        Raises as the constructor.
        """
        self._phones = self._sovits.encode_phones(text)

    def codes_for(self, seconds: float) -> int:
        """Approximate number of codes needed for this many seconds of audio."""
        config = self._sovits.config
        frames = seconds * config.sample_rate / config.hop + self._generator.lag_frames
        return math.ceil(frames * self.options.speed / FRAMES) + self.context.lookahead

    def speak(
        self, codes: Sequence[int], *, last: bool, foreseen: Sequence[int] = ()
    ) -> Iterator[mx.array]:
        """Take more codes; yields the samples [N] that they settle, in slices of a few frames.

        Codes `foreseen` to come next, which may still change, only serve as context.

        The `last` call yields the rest. Most slices are empty: they mark a finished part of the work (encoder,
        flow, a stage of the generator), after which the caller may stop.

        Raises:
            SynthesisError: a code is outside the codebook, or there are none at all.
        """
        pushed = self._push([*codes, *foreseen], last=last)
        if pushed is None:
            self._forget_foreseen(foreseen)
            return
        settled, total = pushed
        yield self._part(self._phones)
        latent = self._latent(settled)
        self._forget_foreseen(foreseen)
        yield self._part(latent)
        z_p, new = self._draw(latent, settled, total, last=last)
        z = self._flow(z_p, new)
        yield mx.zeros((0,))
        yield from self._generator.window(z, last=last)

    def open_window(self, codes: Sequence[int], *, last: bool) -> Window | None:
        """Take more codes like `speak`, but leave the rest to `make_together`; None if nothing is settled.

        The samples must be made before any other call.

        Raises:
            SynthesisError: see `speak`.
            AssertionError: a bug in this package: this is not a GPU.
        """
        if not isinstance(self._generator, GeneratorStream):
            raise AssertionError("windows are made together on a GPU only")  # noqa: TRY004  no input
        pushed = self._push(codes, last=last)
        if pushed is None:
            return None
        settled, total = pushed
        z_p, new = self._draw(self._latent(settled), settled, total, last=last)
        before = 0
        if new > 0:
            z_p, before = self._behind_history(z_p)
            self._keep_history(z_p, before + new)
        carried = [*self._carried(), *([] if self._history is None else [self._history])]
        mx.async_eval(z_p, carried)  # type: ignore[no-untyped-call]  # MLX stub
        return Window(self._sovits, self._ge, self._generator, z_p, before, new, last)

    def _behind_history(self, z_p: mx.array) -> tuple[mx.array, int]:
        """The flow's input preceded by the frames it needs as context, and how many these are."""
        if self._history is None:
            return z_p, 0
        return mx.concatenate([self._history, z_p], axis=1), self._history.shape[1]

    def _keep_history(self, z_p: mx.array, end: int) -> None:
        reach = self._sovits.flow.receptive_frames
        self._history = z_p[:, max(0, end - reach) : end]

    def _forget_foreseen(self, codes: Sequence[int]) -> None:
        del self._codes[len(self._codes) - len(codes) :]

    def _part(self, done: mx.array) -> mx.array:
        """Evaluate a part of the work on the Linux CPU, where it is slow; returns no samples."""
        if self._sovits.dec.backend is Backend.CPU:
            mx.eval(done)
        return mx.zeros((0,))

    def _draw(
        self, latent: mx.array, settled: int, total: int, *, last: bool
    ) -> tuple[mx.array, int]:
        """The flow's input from frame `_made` on, and how many of its frames are settled."""
        start = self._made
        frames, new = self._paced(latent, settled, total, last=last)
        mean, log_deviation = self._sovits.enc_p.prior(frames)
        noise = mx.array(self._noise.rows(start, start + frames.shape[1]))[None].astype(mean.dtype)
        scale = self.options.noise_scale
        z_p = self._sovits.sample(mean, log_deviation, noise_scale=scale, noise=noise)
        self._made += new
        self._noise.forget(self._made)
        return z_p, new

    def _flow(self, z_p: mx.array, new: int) -> mx.array | None:
        """The settled frames of the flow's output."""
        if new < 1:
            return None
        z_p, before = self._behind_history(z_p)
        z = self._sovits.flow(z_p, self._ge)[:, before : before + new]
        self._keep_history(z_p, before + new)
        mx.eval(z, self._history, self._carried())
        return z

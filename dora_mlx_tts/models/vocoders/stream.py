"""Streams any vocoder as the spectrogram is generated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

import mlx.core as mx

from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN
from dora_mlx_tts.models.vocoders.bigvgan_stream import BigVGANStream
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN

Vocoder: TypeAlias = BigVGAN | HiFiGAN


class VocoderStream(Protocol):
    """One sentence's frames in, samples out.

    Attributes:
        lag_frames: approximate number of frames needed beyond the end of the output.
    """

    lag_frames: int

    def steps(self, z: mx.array | None, *, last: bool) -> Iterator[mx.array]:
        """Log mel [1, T, mels], or None, to the complete samples [N].

        Yields nothing after each part of the work, where the caller may stop, then the samples.
        """


def vocoder_stream(vocoder: Vocoder) -> VocoderStream:
    """A stream whose output equals that of `vocoder` for the whole, up to rounding."""
    if isinstance(vocoder, BigVGAN):
        return BigVGANStream(vocoder)
    return GeneratorStream(vocoder, None)

"""SoVITS v1, v2 and v2Pro: semantic codes, phones and a style vector to the waveform."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

import mlx.core as mx

from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.sovits import sanitize as checkpoint
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.flow import Flow
from dora_mlx_tts.models.sovits.generator import Generator
from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.sovits.semantic import SemanticEncoder, resample_latent
from dora_mlx_tts.packs.stored import Weight, Weights
from dora_mlx_tts.runtime.compiled_graph import usable
from dora_mlx_tts.runtime.device import usable_cores

if TYPE_CHECKING:
    from dora_mlx_tts.models.sovits.sliced_generator import SlicedGenerator, SliceStream

logger = logging.getLogger(__name__)

_MOST_THREADS: Final = 2
"""Threads of OpenVINO: other nodes need cores as well."""


class SoVITS(SemanticEncoder):
    """The whole network, with the names of `SynthesizerTrn`'s checkpoints.

    Codes run at 25 Hz, latent frames at 50 Hz; a frame is `config.hop` samples.

    Attributes:
        sliced: the generator compiled by OpenVINO; None uses MLX's.
    """

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__(config)
        self.flow = Flow(config.channels, config.style_channels)
        self.dec = Generator(config.generator, config.channels, config.style_channels)
        self.sliced: SlicedGenerator | None = None

    def compile_generator(self) -> None:
        """Compile the generator with OpenVINO on a thread; for the Linux CPU, once the network is prepared.

        The first stream waits for it. Where OpenVINO fails, MLX is used, and a warning is logged.
        """
        if self.sliced is not None:
            return
        try:
            from dora_mlx_tts.models.sovits.sliced_generator import (  # noqa: PLC0415  needs an extra
                SlicedGenerator,
            )
        except ImportError as error:
            logger.warning("MLX makes the sound: OpenVINO cannot be imported: %s", error)
            return
        self.sliced = SlicedGenerator(self.dec, min(_MOST_THREADS, usable_cores()))

    def generator_stream(self, ge: mx.array) -> GeneratorStream | SliceStream:
        """A stream of the generator for one sentence with style [1, 1, G]."""
        self.sliced = usable(self.sliced, "MLX makes the sound")
        return GeneratorStream(self.dec, ge) if self.sliced is None else self.sliced.stream(ge)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """Checkpoint tensors to parameters of this module; see `sovits.sanitize`."""
        return checkpoint.sanitize(weights)

    def encode(
        self, codes: mx.array, text: mx.array, ge: mx.array, speed: float = 1.0
    ) -> tuple[mx.array, mx.array]:
        """Mean and log deviation [1, T, C] of the prior for codes [1, n] and phones [1, m].

        T is 2 n, or int(2 n / speed) + 1 at another speed.

        Raises:
            TtsError: see `encode_latent` and `resample_latent`.
        """
        return self.enc_p.prior(resample_latent(self.encode_latent(codes, text, ge), speed))

    def decode(
        self,
        codes: mx.array,
        text: mx.array,
        ge: mx.array,
        *,
        noise_scale: float = 0.5,
        speed: float = 1.0,
        noise: mx.array | None = None,
        key: mx.array | None = None,
    ) -> mx.array:
        """Speak: codes [1, n], phones [1, m], style [1, 1, G] to samples [1, hop * T].

        Args:
            codes: codes of the sentence, without those of the prompt.
            text: phones of the sentence, without those of the prompt.
            ge: from `style`.
            noise_scale: deviation from the prior's mean; 0 uses the mean.
            speed: 2 speaks twice as fast.
            noise: standard normal values [1, T, C]; None draws them.
            key: key for MLX's random numbers, if `noise` is not given.

        Raises:
            TtsError: see `encode_latent`, `resample_latent` and `decode_latent`.
        """
        latent = self.encode_latent(codes, text, ge)
        return self.decode_latent(
            latent, ge, noise_scale=noise_scale, speed=speed, noise=noise, key=key
        )

    def decode_latent(
        self,
        latent: mx.array,
        ge: mx.array,
        *,
        noise_scale: float = 0.5,
        speed: float = 1.0,
        noise: mx.array | None = None,
        key: mx.array | None = None,
    ) -> mx.array:
        """The second half of `decode`: latent frames [1, T, C] to samples [1, hop * T].

        Raises:
            SettingError: speed or noise_scale is out of range.
            SynthesisError: `noise` has another shape than the prior.
        """
        mean, log_deviation = self.enc_p.prior(resample_latent(latent, speed))
        z_p = self.sample(mean, log_deviation, noise_scale=noise_scale, noise=noise, key=key)
        generate = self.dec if self.sliced is None else self.sliced
        samples: mx.array = generate(self.flow(z_p, ge), ge)
        return samples

    def sample(
        self,
        mean: mx.array,
        log_deviation: mx.array,
        *,
        noise_scale: float,
        noise: mx.array | None = None,
        key: mx.array | None = None,
    ) -> mx.array:
        """Draw from the prior: `mean + noise * exp(log_deviation) * noise_scale`, all [1, T, C].

        Raises:
            SettingError: noise_scale is negative or not finite.
            SynthesisError: `noise` has another shape than the mean.
        """
        if not math.isfinite(noise_scale) or noise_scale < 0:
            raise SettingError(must_be("noise_scale", "0 or more", noise_scale))
        if noise_scale == 0:
            return mean
        if noise is None:
            noise = mx.random.normal(mean.shape, key=key).astype(mean.dtype)
        elif noise.shape != mean.shape:
            raise SynthesisError(f"noise must be {tuple(mean.shape)}, got {tuple(noise.shape)}")
        return mean + noise * self._ops.exp(log_deviation) * noise_scale

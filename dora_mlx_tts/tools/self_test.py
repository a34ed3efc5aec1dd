"""Checks that a pack speaks: builds its networks and synthesizes a few tokens.

It needs no text and no recording of a person: phones are counted up, and the reference is a tone that swells
like speech. The audio is meaningless, but damaged or misread weights give silence, full-scale noise, or values
that are not finite.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.reference import ReferenceAudio, reference_samples
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.cfm.chunked import speak
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.packs.families import PRO
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import FlowNetworks, flow_start, semantic_codes

_PHONES = 24
_TOKENS = 24
_STEPS = 2
_SILENT, _FULL, _MOSTLY = 1e-4, 0.999, 0.5


@dataclass(frozen=True)
class SelfTest:
    """The result of the test.

    Attributes:
        tokens: Number of semantic tokens decoded.
        audio_s: Seconds of audio.
        peak: Largest magnitude.
        rms: Mean level.
        seconds: Stage -> wall-clock seconds, including loading.
    """

    tokens: int
    audio_s: float
    peak: float
    rms: float
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A dictionary for ``--json``."""
        return {
            "tokens": self.tokens,
            "audio_s": round(self.audio_s, 3),
            "peak": self.peak,
            "rms": self.rms,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

    def to_text(self) -> str:
        """A one-line summary."""
        stages = ", ".join(f"{name} {value:.2f} s" for name, value in self.seconds.items())
        return (
            f"it speaks: {self.tokens} tokens, {self.audio_s:.2f} s of sound, peak {self.peak:.3f},"
            f" RMS {self.rms:.3f} ({stages})"
        )


def check_pack(folder: Path, device: Device) -> SelfTest:
    """Load a pack and let it speak.

    Raises:
        WeightsError: A network cannot be built, or its output is not audio.
    """
    return _Check(Networks.open(folder, device)).run()


class _Check:
    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._where = str(networks.pack.root)
        self._seconds: dict[str, float] = {}

    def run(self) -> SelfTest:
        reference = reference_samples(_tone(), 32000)
        with self._stage("reference"):
            codes = self._codes(reference)
            ge = self._style(reference)
        with self._stage("bert"):
            self._bert()
        with self._stage("t2s"):
            tokens = self._tokens(codes)
        with self._stage("sound"):
            samples = self._sound(tokens, codes, ge, reference)
        self._judge(samples)
        rate = self._networks.pack.manifest.sample_rate
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        peak = float(np.abs(samples).max())
        return SelfTest(len(tokens), len(samples) / rate, peak, rms, self._seconds)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._seconds[name] = time.perf_counter() - start

    def _codes(self, reference: ReferenceAudio) -> NDArray[np.int32]:
        """Codes of the tone if the pack can encode it, otherwise counted up."""
        networks, encoder = self._networks, self._networks.encoder
        if networks.pack.has("ssl") and encoder.config.encodes_references:
            return semantic_codes(reference.samples_16k, networks.ssl, encoder)
        return (np.arange(_TOKENS) * 7 % encoder.config.codes).astype(np.int32)

    def _style(self, reference: ReferenceAudio) -> NDArray[np.float32]:
        networks = self._networks
        spectrum = mx.array(reference.spectrum())[None]
        speakers: list[mx.array] = []
        if networks.pack.manifest.model in PRO:
            if networks.pack.has("speaker"):
                speakers = [networks.speaker.embed(reference.speaker_samples())]
            else:
                speakers = [mx.zeros((1, networks.encoder.config.speaker_channels))]
        style = np.array(networks.encoder.style([spectrum], speakers), np.float32)
        self._finite(style, "style")
        return style

    def _bert(self) -> None:
        features = self._networks.features
        if features is not None:
            self._finite(features.encode(np.zeros((1, 3), np.int32)), "BERT")

    def _tokens(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        phones = self._phones(_PHONES * 2)
        greedy = DecodeSettings(SamplingSettings(top_k=1), early_stop=_TOKENS)
        stream = generate(self._networks.t2s, T2SText(phones), codes, greedy, seed=0)
        found = np.array(
            [token for token, _ in zip(stream, range(_TOKENS), strict=False)], np.int32
        )
        stream.close()
        return np.minimum(found, self._networks.encoder.config.codes - 1)

    def _sound(
        self,
        tokens: NDArray[np.int32],
        codes: NDArray[np.int32],
        ge: NDArray[np.float32],
        reference: ReferenceAudio,
    ) -> Samples:
        networks, family = self._networks, self._networks.flow
        given = (mx.array(tokens)[None], mx.array(self._phones(_PHONES))[None], mx.array(ge))
        if family is None:
            made = networks.sovits.decode(*given, key=mx.random.key(0))
            return np.array(made[0], np.float32)
        name = networks.pack.manifest.model
        prepared = FlowNetworks(networks.conditioner.condition, family.mel, family.sizes, name)
        start = flow_start(prepared, reference, codes, self._phones(_PHONES), ge).prompt()
        features = networks.conditioner.condition(*given)

        def flow(mu: mx.array, known: mx.array) -> mx.array:
            return networks.cfm.inference(mu, known, _STEPS, key=mx.random.key(0))

        return speak(features, start, flow, networks.vocoder, family.sizes)

    def _phones(self, count: int) -> NDArray[np.int32]:
        return (np.arange(count) * 13 % self._networks.encoder.config.symbols).astype(np.int32)

    def _finite(self, values: NDArray[np.float32], what: str) -> None:
        if not np.isfinite(values).all():
            raise WeightsError(f"{self._where}: self-test: {what} is not finite")

    def _judge(self, samples: Samples) -> None:
        self._finite(samples, "the sound")
        peak = float(np.abs(samples).max(initial=0.0))
        if peak < _SILENT:
            raise WeightsError(f"{self._where}: self-test: it is silent (peak {peak:.2g})")
        full = float(np.mean(np.abs(samples) > _FULL))
        if full > _MOSTLY:
            raise WeightsError(
                f"{self._where}: self-test: {full:.0%} of the samples are at full scale"
            )


def _tone() -> Samples:
    """Four seconds of harmonics that swell four times per second."""
    t = np.arange(4 * 32000) / 32000
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20))
    swell = 0.02 + np.square(np.sin(2 * np.pi * 2 * t))
    return np.asarray(0.15 * tone * swell, np.float32)

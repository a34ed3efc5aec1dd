"""A voice's reference recording, checked and converted to the forms that the networks need."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.io import Recording, checked, read_audio
from dora_mlx_tts.audio.resample import sinc_resample, to_16k
from dora_mlx_tts.audio.spectrogram import MelConfig, log_mel, normalize_mel, spectrogram
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError, ReferenceAudioError

logger = logging.getLogger(__name__)

SPEECH_RATE = 16000
STYLE_RATE = 32000
LOWEST_RATE = 8000

_SILENT_PEAK = 0.005  # -46 dB: below it, 16-bit audio is hardly more than noise
_QUIET_PEAK = 0.05
_CLIPPED = 0.999
_CLIPPED_SHARE = 1e-3
_STEADY_DB = 3.0  # speech varies by far more, noise and hum by less
_ACTIVE_DB = 30.0  # how far below the loud parts audio still counts as sound
_LEAST_ACTIVE_S, _LEAST_ACTIVE_SHARE = 0.8, 0.25  # for short recordings the share is enough
_FRAME = SPEECH_RATE // 50


@dataclass(frozen=True, slots=True)
class DurationLimits:
    """Limits on the length of a recording in seconds, and advice if it is outside them."""

    shortest_s: float
    longest_s: float
    advice: str


PROMPT = DurationLimits(3.0, 10.0, "choose one or two sentences, without long pauses")
"""Limits for the recording that T2S continues, as in the reference implementation."""

STYLE = DurationLimits(1.0, 60.0, "choose a few sentences")
"""Limits for recordings of which only the timbre is used."""


@dataclass(frozen=True, slots=True)
class ReferenceAudio:
    """A recording ready for the networks.

    Attributes:
        source: its origin, for messages.
        samples_32k: mono, scaled down if it was too loud; for the spectrogram.
        samples_16k: mono, as recorded; for HuBERT.
        rate: its original sample rate.
        channels: its original number of channels.
        duration_s: its length in seconds.
        recorded: mono at the original rate, scaled like `samples_32k`.
        advice: possible improvements, for people.
    """

    source: str
    samples_32k: Samples
    samples_16k: Samples
    rate: int
    channels: int
    duration_s: float
    recorded: Samples
    advice: tuple[str, ...] = ()

    def spectrum(self) -> Samples:
        """Magnitudes [T, 1025] for the style encoder.

        Raises:
            AudioError: it is shorter than a spectrum needs.
        """
        return spectrogram(self.samples_32k)

    def mel(self, config: MelConfig) -> Samples:
        """Normalized log mel spectrogram [T, mels] that flow matching continues.

        Raises:
            AudioError: it is shorter than a spectrum needs.
        """
        return normalize_mel(log_mel(sinc_resample(self.recorded, self.rate, config.rate), config))

    def speaker_samples(self) -> Samples:
        """Mono at 16 kHz for the speaker network, which gets the same audio as the style encoder."""
        return sinc_resample(self.samples_32k, STYLE_RATE, SPEECH_RATE)


def reference_samples(
    audio: Path | Samples, rate: int | None = None, *, limits: DurationLimits = PROMPT
) -> ReferenceAudio:
    """Read, check and convert a recording.

    Args:
        audio: a file, or samples [N] or [N, C].
        rate: sample rate of `samples`; files have their own.
        limits: allowed length.

    Raises:
        ReferenceAudioError: it cannot be read or used; the message says what to do.
    """
    try:
        if isinstance(audio, Path):
            recording = read_audio(audio)
        else:
            recording = checked(audio, rate or 0, "reference samples")
    except AudioError as error:
        raise ReferenceAudioError(f"reference recording: {error}") from error
    _check_form(recording, limits)
    reference = convert(recording)
    _check_content(reference)
    for line in reference.advice:
        logger.warning("reference %s: %s", reference.source, line)
    return reference


def convert(recording: Recording) -> ReferenceAudio:
    """Convert without checking length or content.

    As in the reference implementation, the spectrum's samples are divided by their peak if that exceeds 1, but
    by 2 at most; HuBERT's samples are not scaled.
    """
    mono = recording.mono()
    samples = sinc_resample(mono, recording.rate, STYLE_RATE)
    peak = float(np.abs(samples).max(initial=0.0))
    gain = np.float32(1 / min(2.0, peak) if peak > 1.0 else 1.0)
    return ReferenceAudio(
        source=recording.source,
        samples_32k=samples * gain,
        samples_16k=to_16k(mono, recording.rate),
        rate=recording.rate,
        channels=recording.channels,
        duration_s=recording.duration_s,
        recorded=mono * gain,
        advice=_advice(recording, mono),
    )


def _check_form(recording: Recording, limits: DurationLimits) -> None:
    where = f"reference {recording.source}"
    if recording.rate < LOWEST_RATE:
        raise ReferenceAudioError(
            f"{where} must have at least {LOWEST_RATE} samples per second, got {recording.rate}:"
            " use a recording of better quality"
        )
    samples = math.ceil(len(recording.samples) * SPEECH_RATE / recording.rate)
    if not limits.shortest_s * SPEECH_RATE <= samples <= limits.longest_s * SPEECH_RATE:
        raise ReferenceAudioError(
            f"{where} must last {limits.shortest_s:g} to {limits.longest_s:g} s, got"
            f" {recording.duration_s:.2f} s: {limits.advice}"
        )


def _check_content(reference: ReferenceAudio) -> None:
    where = f"reference {reference.source}"
    peak = float(np.abs(reference.samples_16k).max(initial=0.0))
    if peak < _SILENT_PEAK:
        raise ReferenceAudioError(
            f"{where} is silent (peak {peak:.4f} of 1, at least {_SILENT_PEAK} is needed): check"
            " the microphone, or the channels if one is the inverse of the other"
        )
    levels = _levels(reference.samples_16k)
    quiet, loud = np.percentile(levels, [10, 95])
    if loud - quiet < _STEADY_DB:
        raise ReferenceAudioError(
            f"{where} is a steady sound (its level varies by {loud - quiet:.1f} dB, speech by more"
            f" than {_STEADY_DB:g}): use a recording of somebody speaking, without loud noise"
        )
    active = float(np.count_nonzero(levels > loud - _ACTIVE_DB)) * _FRAME / SPEECH_RATE
    least = min(_LEAST_ACTIVE_S, _LEAST_ACTIVE_SHARE * reference.duration_s)
    if active < least:
        raise ReferenceAudioError(
            f"{where} has only {active:.2f} s of sound; at least {least:.1f} s of speech are"
            " needed: trim the silence and use a longer sentence"
        )


def _levels(samples: Samples) -> NDArray[np.float64]:
    """Level of each 20 ms in dB."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-10))


def _advice(recording: Recording, mono: Samples) -> tuple[str, ...]:
    peaks = np.abs(recording.samples)
    found = []
    if np.count_nonzero(peaks >= _CLIPPED) > _CLIPPED_SHARE * peaks.size:
        found.append("it is clipped; the voice will sound harsh: record it at a lower level")
    if float(np.abs(mono).max(initial=0.0)) < _QUIET_PEAK:
        found.append("it is very quiet; the voice may sound noisy: record it at a higher level")
    if recording.rate < SPEECH_RATE:
        found.append(
            f"at {recording.rate} Hz it lacks high frequencies; the voice will sound dull: use a"
            f" recording of {SPEECH_RATE} Hz or more"
        )
    return tuple(found)

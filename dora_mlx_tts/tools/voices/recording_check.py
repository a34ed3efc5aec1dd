"""Checks the quality of a reference recording, and what would improve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.io import Recording
from dora_mlx_tts.audio.types import Samples

Weight = Literal["error", "warning", "good"]

_FRAME_S = 0.02
_SPEECH_DB = 30.0  # below the loud parts; quieter sound does not count as speech
_NOISY_DB, _CLEAN_DB = 20.0, 35.0  # level of speech above the noise between words
_QUIET_DB, _LOUD_DB = -35.0, -10.0
_LONGEST_EDGE_S, _LONGEST_PAUSE_S = 0.5, 1.0
_OFFSET = 0.01
_CLIPPED, _CLIPPED_SHARE = 0.999, 1e-3
_DULL_HZ = 7000
_BAND_DB = 65.0  # below the strongest band; weaker bands count as empty


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        about: What was checked.
        weight: Whether it is good, could be better, or prevents use.
        text: What was found.
        advice: What would improve it; empty if nothing needs to be done.
    """

    about: str
    weight: Weight
    text: str
    advice: str = ""


def check_recording(recording: Recording) -> list[Finding]:
    """Check level, clipping, noise, silence and bandwidth of a sufficiently long recording."""
    mono = recording.mono()
    levels = _levels(mono, recording.rate)
    return [
        *_loudness(mono, levels),
        *_noise(levels),
        *_silence(levels),
        *_bandwidth(mono, recording.rate),
    ]


def _loudness(mono: Samples, levels: NDArray[np.float64]) -> Iterator[Finding]:
    peak = float(np.abs(mono).max(initial=0.0))
    speech = levels[levels > levels.max() - _SPEECH_DB]
    level = float(10 * np.log10(np.mean(10 ** (speech / 10))))
    text = f"{level:.0f} dB while speaking, peak {20 * np.log10(max(peak, 1e-6)):.0f} dB"
    if level < _QUIET_DB:
        yield Finding("level", "warning", text, "record louder, or closer to the microphone")
    elif level > _LOUD_DB:
        yield Finding("level", "warning", text, "record at a lower level, without a limiter")
    else:
        yield Finding("level", "good", text)
    clipped = float(np.mean(np.abs(mono) >= _CLIPPED))
    if clipped > _CLIPPED_SHARE:
        advice = "record again at a lower level; what is cut off cannot be restored"
        yield Finding("clipping", "warning", f"{clipped:.1%} of the samples", advice)
    offset = float(np.mean(mono))
    if abs(offset) > _OFFSET:
        yield Finding("offset", "warning", f"mean {offset:+.3f}", "remove the direct current")


def _noise(levels: NDArray[np.float64]) -> Iterator[Finding]:
    quiet, loud = np.percentile(levels, [5, 90])
    distance = float(loud - quiet)
    text = f"speech is {distance:.0f} dB above what is between words"
    if distance < _NOISY_DB:
        advice = "record in a quieter room, without music; noise becomes part of the voice"
        yield Finding("noise", "warning", text, advice)
    elif distance < _CLEAN_DB:
        yield Finding("noise", "good", text, "a quieter room would make the voice cleaner still")
    else:
        yield Finding("noise", "good", text)


def _silence(levels: NDArray[np.float64]) -> Iterator[Finding]:
    speaking = np.flatnonzero(levels > levels.max() - _SPEECH_DB)
    first, last = int(speaking[0]), int(speaking[-1])
    for name, frames in (("beginning", first), ("end", len(levels) - 1 - last)):
        seconds = frames * _FRAME_S
        if seconds > _LONGEST_EDGE_S:
            advice = "cut it off; 0.1 to 0.3 s are enough"
            yield Finding("silence", "warning", f"{seconds:.1f} s at the {name}", advice)
    pause = float(np.diff(speaking).max(initial=1) - 1) * _FRAME_S
    if pause > _LONGEST_PAUSE_S:
        advice = "the voice will pause like this; choose a passage without the pause"
        yield Finding("silence", "warning", f"a pause of {pause:.1f} s", advice)


def _bandwidth(mono: Samples, rate: int) -> Iterator[Finding]:
    window = 2048
    if len(mono) < window:
        return
    frames = np.lib.stride_tricks.sliding_window_view(mono, window)[:: window // 2]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(window), axis=1))).mean(axis=0)
    level = 10 * np.log10(power + 1e-12)
    highest = int(np.flatnonzero(level > level.max() - _BAND_DB)[-1] * rate / window)
    text = f"sound up to {highest / 1000:.1f} kHz ({rate} samples per second)"
    if highest < _DULL_HZ:
        advice = "the voice will sound dull; avoid telephone recordings and strong compression"
        yield Finding("bandwidth", "warning", text, advice)
    else:
        yield Finding("bandwidth", "good", text)


def _levels(mono: Samples, rate: int) -> NDArray[np.float64]:
    """Level of each 20 ms in dB."""
    size = max(1, round(_FRAME_S * rate))
    frames = mono[: len(mono) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-10))

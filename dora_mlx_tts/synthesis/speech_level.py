"""How loud a text is spoken: one factor per voice, which its sentences change slightly and slowly.

The factor brings what the voice speaks to the wanted loudness. Sentences differ all the same, by 0.7 LU
(standard deviation), so the factor follows them: half of what the speech of the last moments lies above or
below is taken back, within 2 dB and never fast. Pauses change nothing, so nothing pumps.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.loudness import KWeighting, energy_of, loudness_of
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.config.settings import SpeechSettings

MOST_DB: Final = 30.0
"""What a voice is raised or lowered by at most, whatever was measured."""
SLIGHTLY_DB: Final = 2.0
"""What a sentence that is heard while it is made changes that by at most."""
WHOLE_DB: Final = 6.0
"""What one that is known whole changes it by at most, with one factor."""
_STEP_S: Final = 0.1
_MEMORY_S: Final = 0.4
_AHEAD: Final = 3
"""Steps whose mean counts, as far as they are known."""
_SHARE: Final = 0.5
_FASTEST_DB_PER_S: Final = 10.0
_GATE: Final = 0.03
"""Share of the wanted energy below which a step is a pause."""
_KNEE: Final = 0.8
"""Samples beyond it are bent, so that none leaves [-1, 1]."""


class SpeechLevel:
    """Brings the sentences of one text to one loudness, piece by piece.

    Args:
        rate: samples per second.
        settings: the wanted loudness, and the gain beyond it.
        voice_lufs: of what the voice speaks by itself; None where nobody knows, which leaves it.
    """

    def __init__(self, rate: int, settings: SpeechSettings, voice_lufs: float | None) -> None:
        self._rate = rate
        self._gain_db = settings.gain
        self._wanted = settings.loudness if voice_lufs is not None else None
        self._base_db = 0.0
        if self._wanted is not None and voice_lufs is not None:
            self._base_db = float(np.clip(self._wanted - voice_lufs, -MOST_DB, MOST_DB))
        self._begin()

    def _begin(self) -> None:
        """Forget the last sentence: each of them begins with the voice's factor."""
        self._weighting = KWeighting(self._rate)
        self._recent = 1.0  # energy of the last moments, 1 is wanted
        self._change_db: float | None = None

    def __call__(self, samples: Samples, *, last: bool) -> Samples:
        """A piece of a sentence, [n], as loud as wanted; ``last`` ends the sentence."""
        if self._wanted is None and not self._gain_db:
            return samples
        decibels = np.asarray(self._base_db + self._gain_db)
        if self._wanted is not None:
            is_whole = last and self._change_db is None
            decibels = decibels + (
                self._one_change(samples, self._wanted)
                if is_whole
                else self._changes(samples, self._wanted)
            )
        if last:
            self._begin()
        factors = np.power(10.0, decibels / 20).astype(np.float32)
        return bent(np.asarray(samples * factors, np.float32))

    def _one_change(self, samples: Samples, wanted: float) -> float:
        """What a sentence that is known whole changes the factor by, in dB."""
        change = wanted - loudness_of(samples, self._rate) - self._base_db
        return min(max(change, -WHOLE_DB), WHOLE_DB) if math.isfinite(change) else 0.0

    def _changes(self, samples: Samples, wanted: float) -> NDArray[np.float64]:
        """What the factor is changed by at each sample, in dB, from what is known by now."""
        size = round(_STEP_S * self._rate)
        squares = self._weighting(samples) ** 2
        starts = range(0, len(samples), size)
        scale = 10 ** (self._base_db / 10) / energy_of(wanted)
        energies = [float(squares[at : at + size].mean()) * scale for at in starts]
        lengths = [len(squares[at : at + size]) for at in starts]
        marks = [self._change_db or 0.0]
        for number, length in enumerate(lengths):
            known = energies[number : number + _AHEAD]
            speech = [energy for energy in known if energy > _GATE]
            marks.append(self._step(speech, length / self._rate, marks[-1]))
        self._change_db = marks[-1]
        places = np.concatenate([[0], np.cumsum(lengths)])
        return np.interp(np.arange(1, len(samples) + 1), places, marks)

    def _step(self, speech: list[float], seconds: float, change_db: float) -> float:
        """The change after a step; its energy and the next ones', without those of pauses, 1 is wanted."""
        if speech:
            energy = sum(speech) / len(speech)
            self._recent += (1 - math.exp(-seconds / _MEMORY_S)) * (energy - self._recent)
        wanted = -_SHARE * 10 * math.log10(self._recent)
        wanted = min(max(wanted, -SLIGHTLY_DB), SLIGHTLY_DB)
        fastest = _FASTEST_DB_PER_S * seconds
        return change_db + min(max(wanted - change_db, -fastest), fastest)


def bent(samples: Samples) -> Samples:
    """Samples whose peaks stay below full scale: as they are up to a knee, less and less beyond it."""
    sizes = np.abs(samples)
    if not len(samples) or sizes.max() <= _KNEE:
        return samples
    room = 1 - _KNEE
    bowed = _KNEE + room * np.tanh((sizes - _KNEE) / room)
    return np.where(sizes > _KNEE, np.copysign(bowed, samples), samples).astype(np.float32)

"""Loudness of a text: one factor per voice, which its sentences adjust slightly and slowly.

The factor brings the voice to the target loudness. Sentences still differ by 0.7 LU (standard deviation), so
the factor follows them: half of the deviation of recent speech is corrected, within 2 dB and never fast. Pauses
change nothing, so nothing pumps.
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
"""Maximum gain or attenuation of a voice in dB, whatever was measured."""
SLIGHTLY_DB: Final = 2.0
"""Maximum change in dB within a sentence that is heard while it is made."""
WHOLE_DB: Final = 6.0
"""Maximum change in dB for a sentence known as a whole, as a single factor."""
_STEP_S: Final = 0.1
_MEMORY_S: Final = 0.4
_AHEAD: Final = 3
"""Number of steps averaged, as far as they are known."""
_SHARE: Final = 0.5
_FASTEST_DB_PER_S: Final = 10.0
_GATE: Final = 0.03
"""Share of the target energy below which a step is a pause."""
_KNEE: Final = 0.8
"""Samples beyond it are compressed, so that none leaves [-1, 1]."""


class SpeechLevel:
    """Brings the sentences of one text to one loudness, piece by piece.

    Args:
        rate: samples per second.
        settings: the target loudness, and additional gain.
        voice_lufs: natural loudness of the voice; None if unknown, which leaves it unchanged.
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
        """Forget the last sentence: each one begins with the voice's factor."""
        self._weighting = KWeighting(self._rate)
        self._recent = 1.0  # recent energy; 1 is the target
        self._change_db: float | None = None

    def __call__(self, samples: Samples, *, last: bool) -> Samples:
        """Bring a piece of a sentence, [n], to the target loudness; ``last`` ends the sentence."""
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
        """The change of the factor for a sentence known as a whole, in dB."""
        change = wanted - loudness_of(samples, self._rate) - self._base_db
        return min(max(change, -WHOLE_DB), WHOLE_DB) if math.isfinite(change) else 0.0

    def _changes(self, samples: Samples, wanted: float) -> NDArray[np.float64]:
        """The change of the factor at each sample, in dB, from what is known so far."""
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
        """The change after a step, from its energy and that of the next ones (1 is the target), without pauses."""
        if speech:
            energy = sum(speech) / len(speech)
            self._recent += (1 - math.exp(-seconds / _MEMORY_S)) * (energy - self._recent)
        wanted = -_SHARE * 10 * math.log10(self._recent)
        wanted = min(max(wanted, -SLIGHTLY_DB), SLIGHTLY_DB)
        fastest = _FASTEST_DB_PER_S * seconds
        return change_db + min(max(wanted - change_db, -fastest), fastest)


def bent(samples: Samples) -> Samples:
    """Soft-limit samples: unchanged up to a knee, compressed more and more beyond it, always below full scale."""
    sizes = np.abs(samples)
    if not len(samples) or sizes.max() <= _KNEE:
        return samples
    room = 1 - _KNEE
    bowed = _KNEE + room * np.tanh((sizes - _KNEE) / room)
    return np.where(sizes > _KNEE, np.copysign(bowed, samples), samples).astype(np.float32)

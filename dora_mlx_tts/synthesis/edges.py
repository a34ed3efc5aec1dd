"""The edges of a spoken sentence: trimmed silence, fades, and the pause that follows.

They are found in the audio as synthesized: `SpeechLevel` comes after them.
"""

from __future__ import annotations

import numpy as np

from dora_mlx_tts.audio.finish import fade
from dora_mlx_tts.audio.types import Samples

QUIET = 10 ** (-60 / 20)
"""Level of a 10 ms step below which there is no speech; the starter voice pauses at -73 dB."""

MOST_CUT_S = 0.35
"""Maximum length trimmed: the minimum length of a sentence's last window, streamed or not."""

RISE_S, FALL_S = 0.02, 0.01


class SentenceEdges:
    """Finishes the pieces of one sentence, in order.

    Args:
        rate: samples per second.
        kept: seconds of quiet left before and after the speech.

    Attributes:
        cut: number of samples trimmed from the beginning.
    """

    def __init__(self, rate: int, kept: float) -> None:
        self._rate, self._kept = rate, round(kept * rate)
        self._most = round(MOST_CUT_S * rate)
        self._begun = False
        self.cut = 0

    def __call__(self, samples: Samples, *, last: bool) -> Samples:
        """The piece as it will be heard."""
        rise = fall = 0.0
        if not self._begun:
            self._begun, rise = True, RISE_S
            self.cut = self._surplus(samples, len(samples) // 2, ringing=2)
            samples = samples[self.cut :]
        if last:
            fall = FALL_S
            samples = samples[: len(samples) - self._surplus(samples[::-1], len(samples) // 2)]
        return fade(samples, self._rate, rise_s=rise, fall_s=fall) if rise or fall else samples

    def _surplus(self, samples: Samples, most: int, ringing: int = 0) -> int:
        """Number of quiet samples at the beginning that may be trimmed.

        The first 10 ms steps may be `ringing`, because the vocoder starts from nothing.
        """
        step = self._rate // 100
        count = min(self._most, most) // step
        if count < 1:
            return 0
        levels = np.sqrt(np.mean(samples[: count * step].reshape(count, step) ** 2, axis=1))
        levels[:ringing] = 0.0
        loud = np.flatnonzero(levels > QUIET)
        quiet = int(loud[0]) if len(loud) else count
        return max(0, quiet * step - self._kept)

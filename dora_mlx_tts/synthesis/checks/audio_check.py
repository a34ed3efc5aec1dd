"""Checks a sentence's audio with the pack's own encoder: whether its codes match the text.

`content_check` checks the output of the text-to-semantic network. This module checks the acoustic network's
output, before any of it is heard, at the cost of encoding each sentence.
"""

from __future__ import annotations

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.resample import resample
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, ContentLimits, Flaw
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.text.phonemes import Phonemes

LIMITS = ContentLimits(ended=40.0, few=28.0, floor=0.5)
"""Limits for audio: codes encoded from synthetic audio fit its phones less well than those it was made from."""

_RATE = 16_000
_LEAST = 1600  # samples; shorter audio has no frames


class AudioCheck:
    """Listens with a pack's SSL encoder and codebook.

    Args:
        networks: the pack's networks, including an encoder for recordings.
        table: the pack's code table.
        rate: sample rate of the audio to check, in Hz.
    """

    def __init__(self, networks: Networks, table: PhoneCodes, rate: int) -> None:
        self._networks, self._table, self._rate = networks, table, rate

    def codes(self, samples: Samples) -> list[int]:
        """Codes at 25 Hz of samples [n]."""
        heard = resample(samples, self._rate, _RATE)
        if len(heard) < _LEAST:
            return []
        features = self._networks.ssl(mx.array(heard)[None])
        # The tokenizer was trained with an even number of frames, the last one repeated.
        even = mx.concatenate([features, features[:, -1:]], axis=1)
        codes: list[int] = np.array(self._networks.encoder.extract_latent(even)[0]).tolist()
        return codes

    def flaw(self, phonemes: Phonemes, samples: Samples) -> Flaw | None:
        """The flaw in the audio [n] of a whole sentence, or None."""
        check = ContentCheck(self._table, phonemes, LIMITS)
        check.begin(self.codes(samples))
        return check.ended()

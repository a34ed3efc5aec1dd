"""Checks a sentence's sound with the pack's own encoder: whether its codes are those of the text.

The content check of `content` judges what the text-to-semantic network wrote. This one judges what the
acoustic network made of it, at the cost of encoding each sentence, before anything of it is heard.
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
"""Where doubt ends for sound: codes of synthetic sound fit its phones less well than the ones it was made of."""

_RATE = 16_000
_LEAST = 1600  # samples; shorter sound has no frames


class AudioCheck:
    """Hears with a pack's SSL encoder and codebook.

    Args:
        networks: the pack's, with an encoder for recordings.
        table: of its codes.
        rate: of the sound that will be heard, in Hz.
    """

    def __init__(self, networks: Networks, table: PhoneCodes, rate: int) -> None:
        self._networks, self._table, self._rate = networks, table, rate

    def codes(self, samples: Samples) -> list[int]:
        """Codes at 25 Hz of sound [n]."""
        heard = resample(samples, self._rate, _RATE)
        if len(heard) < _LEAST:
            return []
        features = self._networks.ssl(mx.array(heard)[None])
        # The tokenizer was taught with an even number of frames, the last one repeated.
        even = mx.concatenate([features, features[:, -1:]], axis=1)
        codes: list[int] = np.array(self._networks.encoder.extract_latent(even)[0]).tolist()
        return codes

    def flaw(self, phonemes: Phonemes, samples: Samples) -> Flaw | None:
        """What is wrong with the sound [n] of a whole sentence, if anything."""
        check = ContentCheck(self._table, phonemes, LIMITS)
        check.begin(self.codes(samples))
        return check.ended()

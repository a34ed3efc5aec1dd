"""What tests of speaking families share: rates, few steps, and tokens that come to an end."""

from __future__ import annotations

import numpy as np

from dora_mlx_tts.models.t2s.decoding import End

RATES = {"v1": 400, "v2": 400, "v2Pro": 400, "v2ProPlus": 400, "v3": 24000}
RATES |= dict.fromkeys(("v4", "v5dev", "v5turbo"), 48000)
STEPS = {"v5dev": 4, "v5turbo": 4}  # which few v5 allows; others take 2
TOKENS = 60
TEXT = "Good morning, my friend."


class TokensInOneRow:
    """Stands in for decoding: what random weights would never end by themselves."""

    def __init__(self, *_arguments, **_options):
        self._tokens = iter(np.random.default_rng(5).integers(0, 16, TOKENS).tolist())
        self.end = End.EOS

    def __iter__(self):
        return self._tokens

    def __next__(self):
        return next(self._tokens)

    def close(self):
        pass

"""The node with voices of all families and small random weights: `path: small_families_tts.py`.

Random weights would never end a sentence, so each has so many tokens as TOKENS says.
"""

from __future__ import annotations

import os
import sys

import numpy as np

from dora_mlx_tts.main import main
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.synthesis import guarded_tokens


class DrawnTokens:
    """Stands in for decoding."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        count = int(os.environ["TOKENS"])
        self._tokens = iter(np.random.default_rng(5).integers(0, 16, count).tolist())
        self.end = End.EOS

    def __iter__(self) -> DrawnTokens:
        return self

    def __next__(self) -> int:
        return next(self._tokens)

    def close(self) -> None:
        """Nothing is held."""


if __name__ == "__main__":
    guarded_tokens.generate = DrawnTokens  # type: ignore[assignment,misc]
    sys.exit(main())

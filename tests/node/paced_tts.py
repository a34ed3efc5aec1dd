"""The node with an engine that takes RTF seconds for each second of sound: `path: paced_tts.py`."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from dora_mlx_tts.node.app import run_node
from dora_mlx_tts.synthesis.records import Fragment

RATE = 32000
LENGTHS_S = (0.4, 0.8, 1.6, 1.7)


class PacedEngine:
    """Sentences of 4.5 seconds, in pieces as the real one makes them."""

    def __init__(self):
        self._rtf = float(os.environ["RTF"])

    def stream(self, text, *, cancelled, **_):
        sentences = text.count(".")
        start = 0.0
        for sentence in range(sentences):
            for number, length in enumerate(LENGTHS_S):
                time.sleep(length * self._rtf)
                if cancelled():
                    return
                is_final = sentence == sentences - 1 and number == len(LENGTHS_S) - 1
                samples = np.full(round(length * RATE), 0.2, np.float32)
                yield Fragment(samples, RATE, "Speech.", sentence, number, is_final, start, 1)
                start += length


if __name__ == "__main__":
    sys.exit(run_node(lambda settings: PacedEngine()))

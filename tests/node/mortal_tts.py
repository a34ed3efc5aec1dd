"""The node with the starter voice that dies once in the middle of a sentence: `path: mortal_tts.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dora_mlx_tts.node import run_node

LAST_WORDS = "The third one takes so long that somebody dies before it is over."


class Mortal:
    """An engine that kills its process in `last_words`, if the file that DIE_ONCE names is not there yet."""

    def __init__(self, engine, last_words=LAST_WORDS):
        self._engine, self._last_words = engine, last_words

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def stream(self, text, **options):
        mark = Path(os.environ.get("DIE_ONCE", os.devnull))
        for number, fragment in enumerate(self._engine.stream(text, **options)):
            if text == self._last_words and number == 1 and not mark.exists():
                mark.touch()
                os._exit(9)
            yield fragment


if __name__ == "__main__":
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer

    sys.exit(run_node(lambda settings: Mortal(Synthesizer.load(settings=settings))))

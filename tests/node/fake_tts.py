"""The node with the scripted engine, for dataflows: `path: fake_tts.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from node_fakes import FakeEngine

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.node import run_node

SLOW = (*("ok", 0.1) * 20,)
SCRIPT = {
    "The history of bread is a long one.": SLOW,
    "This is a rather long sentence that goes on and on, so that there is enough time to interrupt it."
    " And there is another one behind it, which nobody should ever hear.": SLOW,
    "A hundred fragments at once.": ("ok",) * 100,
    "Fail.": ("ok", SynthesisError("not speech")),
    "Slow.": ("ok", 0.2, "ok", 0.2, "ok"),
    "Die.": ("ok", 0.2, "ok", 0.2, "ok"),
}


class MortalEngine(FakeEngine):
    """Dies in the middle of the text "Die." if the file that DIE_ONCE names is not there yet."""

    def stream(self, text, **options):
        for number, fragment in enumerate(super().stream(text, **options)):
            mark = Path(os.environ.get("DIE_ONCE", os.devnull))
            if text == "Die." and number == 1 and not mark.exists():
                mark.touch()
                os._exit(9)
            yield fragment


if __name__ == "__main__":
    sys.exit(run_node(lambda settings: MortalEngine(SCRIPT)))

"""The node with the scripted engine, for dataflows: `path: fake_tts.py`."""

from __future__ import annotations

import sys

from mortal_tts import Mortal
from node_fakes import FakeEngine

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.node import run_node

SLOW = (*("ok", 0.1) * 20,)
SCRIPT = {
    "The history of bread is a long one.": SLOW,
    "This is a rather long sentence that goes on and on, so that there is enough time to interrupt it."
    " And there is another one behind it, which nobody should ever hear.": SLOW,
    "A hundred fragments at once.": ("ok",) * 100,
    "One that never comes to its end.": ("ok", 0.1) * 3000,
    "Fail.": ("ok", SynthesisError("not speech")),
    "Slow.": ("ok", 0.2, "ok", 0.2, "ok"),
    "Die.": ("ok", 0.2, "ok", 0.2, "ok"),
}


if __name__ == "__main__":
    sys.exit(run_node(lambda settings: Mortal(FakeEngine(SCRIPT), last_words="Die.")))

"""How well the recogniser understands the teacher on the sentences of `tests/listen`: what a pupil can reach.

``teacher_listen.py SOURCE WEIGHTS VOICES WHISPER OUT`` with the project and `scripts` on the path; adds one
figure for each voice and set to the JSON file OUT.
"""

import json
import sys
from pathlib import Path

import listen
import numpy as np
import teacher
import torch
from networks import SAMPLE_RATE
from speakable import Speakable
from synthesize import shape, upward

VOICES = {
    "starter-en": "af_heart",
    "starter-en-2": "am_michael",
    "starter-zh": "zf_xiaoxiao",
    "starter-zh-2": "zm_yunxi",
}


def read_aloud(model: torch.nn.Module, voices: Path, voice: str, phonemes: str) -> np.ndarray:
    """Speech of a voice, 32 kHz, as the corpus has it."""
    phonemes = phonemes.removeprefix(". ")
    tokens = len(teacher.numbers(model, phonemes)) - 2
    vector = teacher.style(voices, {voice: 1.0}, {voice: 1.0}, tokens)
    wave = torch.from_numpy(teacher.speak(model, phonemes, vector))[None]
    shaped = shape(upward(wave)[0].numpy())
    assert shaped is not None, phonemes
    return shaped[0].astype(np.float32)


def main() -> None:
    source, weights, voices, whisper, out = map(Path, sys.argv[1:6])
    torch.set_grad_enabled(False)
    model = teacher.load(source, weights)
    speakable, recogniser, units = Speakable(source), listen.Recogniser(whisper), listen.Units()
    figures = json.loads(out.read_text()) if out.exists() else {}
    totals: dict[str, list[int]] = {}
    for name, voice in VOICES.items():
        for kind, _, text in listen.sentences(list(listen.LANGUAGES), None):
            language = "en" if kind == "en" else "auto"
            wave = read_aloud(model, voices, voice, speakable.read(text, language)[1])
            errors, length, *_ = listen.judged(
                units, kind, text, recogniser(wave, SAMPLE_RATE, kind)
            )
            for key in (f"{name} {kind}", f"all {kind}"):
                total = totals.setdefault(key, [0, 0])
                total[0] += errors
                total[1] += length
        done = name == list(VOICES)[-1]
        figures.update(
            {
                key: round(100 * e / n, 1)
                for key, (e, n) in totals.items()
                if done or "all" not in key
            }
        )
        out.write_text(json.dumps(figures, indent=1) + "\n")
        print(figures, flush=True)


if __name__ == "__main__":
    main()

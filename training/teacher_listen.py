"""How well the recogniser understands the teacher on the sentences of `tests/listen`: what a pupil can reach.

``teacher_listen.py SOURCE WEIGHTS VOICES WHISPER OUT`` with the project and `scripts` on the path; adds one
figure for each voice and set to the JSON file OUT.
"""

import json
import sys
from pathlib import Path

import listen
import teacher
import torch
from networks import SAMPLE_RATE
from references import read_aloud
from speakable import Speakable
from speakers import SPEAKERS


def main() -> None:
    source, weights, voices, whisper, out = map(Path, sys.argv[1:6])
    torch.set_grad_enabled(False)
    model = teacher.load(source, weights)
    speakable, recogniser, units = Speakable(source), listen.Recogniser(whisper), listen.Units()
    figures = json.loads(out.read_text()) if out.exists() else {}
    totals: dict[str, list[int]] = {}
    for speaker in SPEAKERS:
        for kind, _, text in listen.sentences(list(listen.LANGUAGES), None):
            language = "en" if kind == "en" else "auto"
            phonemes = speakable.read(text, language)[1]
            wave = read_aloud(model, voices, speaker, phonemes, kind)
            errors, length, *_ = listen.judged(
                units, kind, text, recogniser(wave, SAMPLE_RATE, kind)
            )
            for key in (f"{speaker.voice} {kind}", f"all {kind}"):
                total = totals.setdefault(key, [0, 0])
                total[0] += errors
                total[1] += length
        done = speaker is SPEAKERS[-1]
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

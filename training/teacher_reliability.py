"""The teacher speaks the texts of `benchmarks/reliability_texts.tsv`: what a pupil can reach there.

``teacher_reliability.py SOURCE WEIGHTS VOICES OUT`` with the project and `benchmarks` on the path. OUT is a folder
as `benchmarks/reliability.py --out` makes it, which then hears and judges what lies in it. A run that was
stopped goes on where it was.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import reliability
import soundfile
import teacher
import torch
from networks import SAMPLE_RATE
from recognise import read_lines
from speakable import Speakable
from synthesize import shape
from teacher_listen import VOICES

COUNT = 300
NOTHING_FOUND = {"problems": {}, "restarts": 0, "continuations": 0}


def main() -> None:
    source, weights, voices, out = map(Path, sys.argv[1:5])
    torch.set_grad_enabled(False)
    out.mkdir(parents=True, exist_ok=True)
    model, speakable = teacher.load(source, weights), Speakable(source)
    done = {line["number"] for line in read_lines(out / "spoken.jsonl")}
    with (out / "spoken.jsonl").open("a", encoding="utf-8") as file:
        for text in reliability.texts(COUNT):
            if text.number in done:
                continue
            start = time.perf_counter()
            _, phonemes = speakable.read(text.text, text.reading)
            phonemes = phonemes.removeprefix(". ")
            mix = {VOICES[text.voice]: 1.0}
            vector = teacher.style(voices, mix, mix, teacher.tokens(model, phonemes))
            wave = shape(teacher.speak(model, phonemes, vector))
            assert wave is not None, text
            name = f"{text.number:03}.wav"
            soundfile.write(out / name, wave.astype(np.float32), SAMPLE_RATE)
            line = {
                "number": text.number,
                "kind": text.kind,
                "language": text.language,
                "text": text.text,
                "file": name,
                "audio_s": round(len(wave) / SAMPLE_RATE, 2),
                "seconds": round(time.perf_counter() - start, 2),
            }
            file.write(json.dumps(line | NOTHING_FOUND) + "\n")
            file.flush()


if __name__ == "__main__":
    main()

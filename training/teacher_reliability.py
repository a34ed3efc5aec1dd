"""The teacher speaks the texts of `benchmarks/reliability_texts.tsv`: what a pupil can reach there.

``teacher_reliability.py SOURCE WEIGHTS VOICES OUT`` with the project and `benchmarks` on the path. OUT is a folder
as `benchmarks/reliability.py --out` makes it, which then hears and judges what lies in it. A run that was
stopped goes on where it was.
"""

import json
import sys
import time
from pathlib import Path

import reliability
import soundfile
import teacher
import torch
from networks import SAMPLE_RATE
from recognise import read_lines
from references import read_aloud
from speakable import Speakable
from speakers import SPEAKERS

COUNT = 300
NOTHING_FOUND = {"problems": {}, "restarts": 0, "continuations": 0}


def main() -> None:
    source, weights, voices, out = map(Path, sys.argv[1:5])
    torch.set_grad_enabled(False)
    out.mkdir(parents=True, exist_ok=True)
    model, speakable = teacher.load(source, weights), Speakable(source)
    speakers = {speaker.voice: speaker for speaker in SPEAKERS}
    done = {line["number"] for line in read_lines(out / "spoken.jsonl")}
    with (out / "spoken.jsonl").open("a", encoding="utf-8") as file:
        for text in reliability.texts(COUNT):
            if text.number in done:
                continue
            start = time.perf_counter()
            phonemes = speakable.read(text.text, text.reading)[1]
            wave = read_aloud(
                model,
                voices,
                speakers[text.voice],
                phonemes,
                "en" if text.language == "en" else "zh",
            )
            name = f"{text.number:03}.wav"
            soundfile.write(out / name, wave, SAMPLE_RATE)
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

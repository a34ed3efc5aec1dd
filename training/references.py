"""The recordings that the starter voices are made from, read by the teacher.

``references.py SOURCE WEIGHTS VOICES OUT`` writes ``references.json`` and a WAV file each.
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
import teacher
import torch
from networks import SAMPLE_RATE
from speakable import Speakable
from speakers import SPEAKERS, Speaker
from synthesize import shape, upward


def read_aloud(
    model: torch.nn.Module, voices: Path, speaker: Speaker, phonemes: str, kind: str
) -> np.ndarray:
    """Speech of a voice, 32 kHz, as the corpus has it."""
    phonemes = phonemes.removeprefix(". ")
    tokens = len(teacher.numbers(model, phonemes)) - 2
    vector = teacher.style(voices, speaker.timbre, speaker.melody(kind), tokens)
    shaped = shape(
        upward(torch.from_numpy(teacher.speak(model, phonemes, vector))[None])[0].numpy()
    )
    assert shaped is not None, phonemes
    return shaped[0].astype(np.float32)


def main() -> None:
    source, weights, voices, out = map(Path, sys.argv[1:5])
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    model, speakable = teacher.load(source, weights), Speakable(source)
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for speaker in SPEAKERS:
        phones, phonemes, _ = speakable.read(speaker.text, speaker.language)
        wave = read_aloud(model, voices, speaker, phonemes, speaker.language)
        soundfile.write(out / f"{speaker.name}.wav", wave, SAMPLE_RATE)
        entries.append(
            {
                "name": speaker.name,
                "voice": speaker.voice,
                "file": f"references/{speaker.name}.wav",
                "text": speaker.text,
                "lang": speaker.language,
                "timbre": speaker.timbre,
                "prosody": speaker.prosody[speaker.language],
                "phones": phones,
            }
        )
        print(speaker.name, f"{len(wave) / SAMPLE_RATE:.2f} s", flush=True)
    (out / "references.json").write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()

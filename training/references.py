"""The recordings that the starter voices are made from, read by the teacher.

``references.py SOURCE WEIGHTS VOICES OUT`` writes ``references.json`` and a WAV file each. The Mandarin voices are
blends: at the pitch and timbre of the teacher's own, the acoustic model loses half of the English words.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import teacher
import torch
from networks import SAMPLE_RATE
from speakable import Speakable
from synthesize import shape, upward


@dataclass(frozen=True)
class Speaker:
    """A starter voice as the teacher speaks it.

    Attributes:
        voice: its name in the package.
        name: of the recording.
        timbre: blend of the teacher's voices.
        prosody: whose rhythm and melody it has, by language.
        text, language: of the recording.
    """

    voice: str
    name: str
    timbre: dict[str, float]
    prosody: dict[str, str]
    text: str
    language: str


FEMALE = {"en": "af_heart", "zh": "zf_xiaoxiao"}
MALE = {"en": "am_michael", "zh": "zm_yunxi"}
SPEAKERS = (
    Speaker(
        "starter-en", "en_female", {"af_heart": 1.0}, FEMALE,
        "The morning train was late again, so we waited quietly and talked about the weather.", "en",
    ),
    Speaker(
        "starter-en-2", "en_male", {"am_michael": 1.0}, MALE,
        "Every good story begins with a small question, and this one is no different.", "en",
    ),
    Speaker(
        "starter-zh", "zh_female", {"zf_xiaoxiao": 0.5, "af_heart": 0.5}, FEMALE,
        "今天早上下了一场小雨，路上的行人都打着伞，走得很快。", "zh",
    ),
    Speaker(
        "starter-zh-2", "zh_male", {"zm_yunxi": 0.6, "am_michael": 0.4}, MALE,
        "学习一门新的语言需要时间，也需要每天坚持练习。", "zh",
    ),
)  # fmt: skip


def read_aloud(
    model: torch.nn.Module, voices: Path, speaker: Speaker, phonemes: str, language: str
) -> np.ndarray:
    """Speech of a voice, 32 kHz, as the corpus has it."""
    phonemes = phonemes.removeprefix(". ")
    tokens = len(teacher.numbers(model, phonemes)) - 2
    vector = teacher.style(voices, speaker.timbre, {speaker.prosody[language]: 1.0}, tokens)
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

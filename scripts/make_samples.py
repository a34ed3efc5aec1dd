"""Write docs/samples: one sentence by each starter voice, as OGG Vorbis."""

from __future__ import annotations

from pathlib import Path

import soundfile

from dora_mlx_tts import Synthesizer

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "samples"
SENTENCES = {
    "starter-en": "Hello! I speak while your language model is still writing.",
    "starter-en-2": "Your train leaves at 7:45 from platform 3.",
    "starter-zh": "你好，我已经帮你打开了灯。",
    "starter-zh-2": "今天气温25度，下午有小雨。",
}


def main() -> None:
    """Speak each sentence with seed 1."""
    FOLDER.mkdir(exist_ok=True)
    synthesizer = Synthesizer.load("starter-en")
    for voice, text in SENTENCES.items():
        speech = synthesizer.speak(text, voice=voice, seed=1)
        path = FOLDER / f"{voice}.ogg"
        soundfile.write(path, speech.samples, speech.sample_rate, format="OGG", subtype="VORBIS")
        print(f"{path.name}: {speech.duration_s:.1f} s, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

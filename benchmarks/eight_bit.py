"""What 8-bit storage changes: logits, chosen tokens and sound, against the same pack in float16.

    dora-mlx-tts convert --gpt F --sovits F --storage float16 -o out/float16
    python benchmarks/eight_bit.py --float-pack out/float16

The float networks decode sentences greedily; the 8-bit ones are shown the same tokens and compared
at every step, then both turn these tokens into sound.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.spectrogram import MEL_V4, log_mel
from dora_mlx_tts.config import Settings
from dora_mlx_tts.models.decode import DecodeSettings, generate
from dora_mlx_tts.models.sampling import SamplingSettings
from dora_mlx_tts.models.t2s import T2SText
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.engine import Synthesizer
from dora_mlx_tts.synthesis.networks import Networks

SENTENCES = {
    "starter-en": "Seven people waited near the old bridge for the bus.",
    "starter-en-2": "Hello, this is your assistant speaking, how can I help you?",
    "starter-zh": "明天下午我们一起去图书馆看书吧。",
    "starter-zh-2": "这条小河从山里流出来，一直流到大海。",
}
MOST_TOKENS = 150


def compare(
    exact: Networks, coarse: Networks, synthesizer: Synthesizer, voice: str
) -> dict[str, float]:
    """Deviations for one voice's sentence."""
    ready = synthesizer.prepare(voice)
    phonemes, prompt = ready.front_end.phonemize(SENTENCES[voice], "auto"), ready.prompt
    text = T2SText(np.concatenate([prompt.phones, phonemes.ids]))
    greedy = DecodeSettings(SamplingSettings(top_k=1), early_stop=MOST_TOKENS)
    tokens = np.array(list(generate(exact.t2s, text, prompt.codes, greedy)), np.int32)
    audio = np.concatenate([prompt.codes, tokens])
    logits = [np.array(n.t2s.predict(n.t2s.hidden([text], audio))) for n in (exact, coarse)]
    a, b = (one[0, len(text.phones) + len(prompt.codes) - 1 :] for one in logits)
    ge, phones = mx.array(prompt.ge), mx.array(phonemes.ids)[None]
    waves = [
        np.array(n.sovits.decode(mx.array(tokens)[None], phones, ge, noise_scale=0)).reshape(-1)
        for n in (exact, coarse)
    ]
    mels = [log_mel(wave, MEL_V4) for wave in waves]
    error = waves[1] - waves[0]
    return {
        "tokens": len(tokens),
        "logits_relative_rms": float(np.sqrt(np.mean((a - b) ** 2) / np.var(a))),
        "same_best_token": float(np.mean(a.argmax(-1) == b.argmax(-1))),
        "signal_to_error_db": float(10 * np.log10(np.mean(waves[0] ** 2) / np.mean(error**2))),
        "log_mel_l1": float(np.abs(mels[0] - mels[1]).mean()),
    }


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--float-pack", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    blas.accelerate()
    synthesizer = Synthesizer.load(settings=Settings.load(environ={}), warm_up=False)
    exact = Networks.open(given.float_pack, device.select())
    coarse = synthesizer.prepare("starter-en").networks
    results = {voice: compare(exact, coarse, synthesizer, voice) for voice in SENTENCES}
    for voice, figures in results.items():
        print(voice, {name: round(value, 4) for name, value in figures.items()})
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

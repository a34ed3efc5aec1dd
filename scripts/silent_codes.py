"""Codes that sound as silence, and a table of codes that knows them.

    python scripts/silent_codes.py VOICE [VOICE …] --texts TEXTS --table codes.safetensors -o repaired.safetensors

A table learned from trimmed recordings has hardly heard a pause longer than a comma's, so it gives the codes
of a long silence to whatever rare phone it once saw them in; a sentence that ends in such a run is then said
to end in sounds that are none of its text. Texts are spoken, and the codes in whose runs they end are sounded, a run of each with each voice. Those that have
faded away at the end of the run are silent: they speak for a mark by at least `LEAST` nats, and for no phone by more.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.packs.tensor_file import TensorSpec, map_tensor_file, write_tensor_file
from dora_mlx_tts.packs.tensors import Array
from dora_mlx_tts.synthesis.codes.phone_codes import STEPS
from dora_mlx_tts.synthesis.loading.prompt import SILENT_CODES
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.text.spoken import SpokenSentence

END = 3
"""Equal codes at the end of a text that make a run."""
RUN = 8
"""Codes of one kind in a row, 0.32 s."""
QUIET_DB = -55.0
"""Level of the last fifth of a run, below which it is silence; speech is above -40."""
LEAST = 1.0


def candidates(voices: Sequence[ReadyVoice], texts: Sequence[str]) -> NDArray[np.int64]:
    """Codes in whose runs prompts and spoken texts end."""
    found: set[int] = set()
    for number, voice in enumerate(voices):
        found |= {int(code) for code in voice.prompt.codes[-SILENT_CODES // 2 :]}
        for seed, text in enumerate(texts[number :: len(voices)]):
            codes = _spoken(voice, text, seed)
            if len(set(codes[-END:])) == 1:
                found.add(codes[-1])
    return np.array(sorted(found))


def _spoken(voice: ReadyVoice, text: str, seed: int) -> list[int]:
    """The codes of a text, as they are drawn first."""
    prompt, phonemes = voice.prompt, voice.phonemize(SpokenSentence(text), "auto")
    phones = T2SText(np.concatenate([prompt.phones, phonemes.ids]))
    sampling = SamplingSettings(top_k=3, temperature=0.5, repetition_penalty=1.0)
    settings = DecodeSettings(sampling, early_stop=300)
    return list(generate(voice.networks.t2s, phones, prompt.codes, settings, seed=seed))


def level(voice: ReadyVoice, code: int) -> float:
    """How loud a run of a code is at its end, in dB."""
    prompt, sovits = voice.prompt, voice.networks.sovits
    text, style = mx.array(prompt.phones)[None], mx.array(prompt.ge)
    stream = SoVITSStream(sovits, text, style, SpeakingOptions(noise_scale=0.1))
    parts = [np.array(part, np.float32) for part in stream.speak([code] * RUN, last=True)]
    samples = np.concatenate(parts)
    end = samples[-len(samples) // 5 :]
    return 20 * float(np.log10(max(float(np.sqrt(np.mean(end**2))), 1e-6)))


def silent(
    voices: Sequence[ReadyVoice], texts: Sequence[str], also: Sequence[int] = ()
) -> NDArray[np.int64]:
    """Codes that texts end in, and further ones, as far as they are silent with every voice."""
    tried = sorted({*map(int, candidates(voices, texts)), *also})
    found = [c for c in tried if all(level(v, int(c)) < QUIET_DB for v in voices)]
    return np.sort(np.array(found, np.int64))


def repaired(tensors: dict[str, Array], codes: NDArray[np.int64]) -> dict[str, Array]:
    """A table's tensors in which silent codes speak for marks by `LEAST` nats, and for no phone by more."""
    evidence, marks = tensors["evidence"].copy(), tensors["marks"].astype(bool)
    least = np.int8(round(LEAST * STEPS))
    quiet, sounds = np.ix_(np.flatnonzero(marks), codes), np.ix_(np.flatnonzero(~marks), codes)
    evidence[quiet] = np.maximum(evidence[quiet], least)
    evidence[sounds] = np.minimum(evidence[sounds], least)
    return {**tensors, "evidence": evidence}


def main() -> None:
    """Find the silent codes, say what the table thought of them, and write the repaired table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", nargs="+", help="voices of the pack")
    parser.add_argument("--texts", type=Path, required=True, help="sentences, one per line")
    parser.add_argument("--also", type=int, nargs="*", default=[], help="further codes to sound")
    parser.add_argument("--table", type=Path, required=True, help="what learn_codes.py wrote")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the repaired table's file")
    given = parser.parse_args()
    engine = Synthesizer.load(given.voices[0], warm_up=False)
    texts = given.texts.read_text(encoding="utf-8").splitlines()
    codes = silent([engine.prepare(name) for name in given.voices], texts, given.also)
    tensors = {name: np.array(values) for name, values in map_tensor_file(given.table).items()}
    quiet = tensors["evidence"][tensors["marks"].astype(bool)].max(0) / STEPS
    wrong = codes[quiet[codes] < LEAST]
    print(
        f"{len(codes)} silent codes; {len(wrong)} spoke for a mark by less than {LEAST} nats: {wrong}"
    )
    new = repaired(tensors, codes)
    write_tensor_file(
        given.out,
        {
            name: TensorSpec(values.dtype, values.shape, lambda values=values: values)
            for name, values in new.items()
        },
    )


if __name__ == "__main__":
    main()

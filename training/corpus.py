"""The corpus: sentences, who reads them, their phones and the teacher's phonemes, as JSON lines.

``corpus.py SOURCE OLD OUT``: the sentences are ``sentences/*.txt`` and those of an older corpus; SOURCE holds misaki.
"""

import gzip
import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
from speakable import Speakable

from dora_mlx_tts.errors import TtsError

VOICES = {"en": ("af_heart", "am_michael"), "zh": ("zf_xiaoxiao", "zm_yunxi")}
OTHERS = (
    "af_bella",
    "am_fenrir",
    "bf_emma",
    "bm_george",
    "zf_xiaobei",
    "zm_yunjian",
    "af_nicole",
    "am_puck",
)
EVERY = (*VOICES["en"], *VOICES["zh"], *OTHERS)
OWN, FOREIGN = 0.66, 0.22
"""Shares of sentences read by a voice of their language, and by one of the other; blends read the rest."""
MOST_PHONES = 150

Mix = dict[str, float]


def reader(language: str, rng: np.random.Generator) -> Mix:
    """Who reads a sentence: one of the four voices, or a blend of two that nobody has heard."""
    chance = rng.random()
    other = "en" if language == "zh" else "zh"
    if chance < OWN + FOREIGN:
        return {str(rng.choice(VOICES[language if chance < OWN else other])): 1.0}
    first, second = rng.choice(EVERY, 2, replace=False)
    share = round(float(rng.uniform(0.3, 0.7)), 2)
    return {str(first): share, str(second): 1.0 - share}


def everyone() -> list[Mix]:
    return [{voice: 1.0} for voices in VOICES.values() for voice in voices]


def written(folder: Path, rng: np.random.Generator) -> list[tuple[str, str, Mix]]:
    """The sentences written for this project: each by a voice of its language and by another."""
    out = []
    for path in sorted(folder.glob("*.txt")):
        language = {"mixed": "zh"}.get(path.stem, path.stem.removeprefix("short_"))
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
            if path.stem == "mixed" or path.stem.startswith("short"):
                voices = everyone()
            else:
                own = {str(rng.choice(VOICES[language])): 1.0}
                second = own
                while second == own:
                    second = reader(language, rng)
                voices = [own, second]
            out += [(line, language, voice) for voice in voices]
    return out


def main() -> None:
    source, old, out = map(Path, sys.argv[1:4])
    rng = np.random.default_rng(11)
    speakable = Speakable(source)
    tests = {
        line.split("\t")[1]
        for path in Path("../tests/listen").glob("*.tsv")
        for line in path.read_text().splitlines()
    }
    fresh = written(Path("sentences"), rng)
    with gzip.open(old, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    known = [(d["t"], d["l"], reader(d["l"], rng)) for d in lines]
    rng.shuffle(fresh)
    rng.shuffle(known)
    # the new sentences all come within the first two thirds, should the time run out
    at = np.sort(rng.choice(int(1.2 * len(fresh)) + len(known) // 2, len(fresh), replace=False))
    for place, item in zip(at, fresh, strict=True):
        known.insert(min(int(place), len(known)), item)
    known += [
        (text, language, reader(language, rng)) for text, language, _ in known
    ]  # again, by others
    refused = 0
    read = cache(speakable.read)
    with gzip.open(out, "wt", encoding="utf-8") as file:
        for text, language, voice in known:
            try:
                phones, spoken = read(text, language)
            except (TtsError, KeyError, AssertionError) as error:
                refused += 1
                print(f"{text}: {error!r}")
                continue
            if text in tests or len(phones) > MOST_PHONES:
                refused += 1
                continue
            spoken = spoken.removeprefix(". ")  # a short text's pause is ours alone
            file.write(
                json.dumps(
                    {"t": text, "l": language, "v": voice, "p": phones, "k": spoken},
                    ensure_ascii=False,
                )
                + "\n"
            )
    print(len(known) - refused, "lines,", refused, "refused")


if __name__ == "__main__":
    main()

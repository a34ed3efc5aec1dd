"""Builds `letter_sounds.bin`, the letter-to-sound model of English, from the packaged CMU dictionary.

Every letter of a word is aligned with none, one or two of its phones (hard expectation maximization); an
n-gram model with absolute discounting over such pairs then gives the likeliest phones of any spelling.

    python scripts/build_letter_sounds.py [--held-out 50]
"""

from __future__ import annotations

import argparse
import math
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from dora_mlx_tts.text.en.pronounce.letters import spell
from dora_mlx_tts.text.en.pronounce.wordlist import FIRST, packaged

TARGET = Path(__file__).parents[1] / "dora_mlx_tts/text/en/pronounce/letter_sounds.bin"
ORDER, BITS = 6, 10
ROUNDS = 6
CUTOFFS = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1}
"""Pairs in a row that occurred no oftener are left to shorter ones."""
RAREST_PAIR = 3
START, STOP = 1, 2
LOWEST = -12.0
"""Natural logarithm that the smallest byte stands for."""

Word = tuple[str, tuple[str, ...]]
Pair = tuple[str, tuple[str, ...]]


def dictionary() -> list[Word]:
    """Words of letters only that are no spelled short forms."""
    words = packaged("cmudict.bin")
    phones = words.header.split()
    found: list[Word] = []
    for line in words._lines:
        size = next(i for i, code in enumerate(line) if code >= FIRST)
        word = line[:size].decode()
        reading = tuple(phones[code - FIRST] for code in line[size:])
        if word.isalpha() and len(word) > 1 and _bare(reading) != _bare(spell(word)):
            found.append((word, reading))
    return found


def _bare(phones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phone.rstrip("012") for phone in phones)


def first_weights(words: list[Word]) -> dict[Pair, float]:
    """How often a phone stands at about the place of a letter."""
    weights: dict[Pair, float] = defaultdict(float)
    totals: Counter[str] = Counter()
    for word, reading in words:
        bare = _bare(reading)
        for i, letter in enumerate(word):
            place = (i + 0.5) * len(bare) / len(word) - 0.5
            totals[letter] += 1
            for j in range(max(0, round(place) - 1), min(len(bare), round(place) + 2)):
                weights[letter, (bare[j],)] += math.exp(-abs(j - place))
    log = {pair: math.log(w / totals[pair[0]]) for pair, w in weights.items()}
    return {pair: w for pair, w in log.items() if w > LOWEST / 2}


def align(word: str, bare: tuple[str, ...], logs: dict[Pair, float]) -> list[int] | None:
    """Number of phones of every letter; None if they do not fit."""
    size, best = len(bare), {0: (0.0, ())}
    for at, letter in enumerate(word):
        left, scores = len(word) - at - 1, dict[int, tuple[float, tuple[int, ...]]]()
        for j, (score, path) in best.items():
            for length in range(3):
                end = j + length
                if end > size or size - end > 2 * left:
                    continue
                chunk = bare[j:end]
                value = score + logs.get((letter, chunk), _unseen(letter, chunk, logs))
                if end not in scores or value > scores[end][0]:
                    scores[end] = (value, (*path, length))
        best = scores
    return list(best[size][1]) if size in best else None


def _unseen(letter: str, chunk: tuple[str, ...], logs: dict[Pair, float]) -> float:
    if not chunk:
        return -2.5
    if len(chunk) == 1:
        return -9.0
    return sum(logs.get((letter, (phone,)), -9.0) for phone in chunk) - 3.0


def pairs_of(words: list[Word], logs: dict[Pair, float]) -> list[list[Pair]]:
    """Words as rows of letters with their phones."""
    rows = []
    for word, reading in words:
        lengths = align(word, _bare(reading), logs)
        if lengths is None:
            continue
        ends = np.cumsum(lengths)
        rows.append(
            [(c, reading[end - n : end]) for c, n, end in zip(word, lengths, ends, strict=True)]
        )
    return rows


def train(words: list[Word]) -> list[list[Pair]]:
    """Aligns all words after learning from a part of them which phones a letter stands for."""
    logs = first_weights(words)
    sample = words[:: max(1, len(words) // 30_000)]
    for _ in range(ROUNDS):
        counts = Counter((c, _bare(p)) for row in pairs_of(sample, logs) for c, p in row)
        totals = Counter[str]()
        for (letter, _), n in counts.items():
            totals[letter] += n
        logs = {pair: math.log(n / totals[pair[0]]) for pair, n in counts.items() if n > 1}
    return pairs_of(words, logs)


def grams(rows: list[list[int]]) -> list[Counter[tuple[int, ...]]]:
    """Counts by order; of shorter ones, how many different pairs precede them (Kneser and Ney)."""
    counts: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(ORDER + 1)]
    for row in rows:
        line = [START] * (ORDER - 1) + row + [STOP]
        for at in range(ORDER - 1, len(line)):
            counts[ORDER][tuple(line[at - ORDER + 1 : at + 1])] += 1
    for order in range(ORDER - 1, 0, -1):
        for gram in counts[order + 1]:
            counts[order][gram[1:]] += 1
    return counts


def model(rows: list[list[int]]) -> dict[int, tuple[float, float]]:
    """By key: logarithm of the probability behind the pairs before it, and of the weight left to shorter rows."""
    counts = grams(rows)
    probabilities: dict[tuple[int, ...], float] = {(): 1.0 / len(counts[1])}
    left: dict[tuple[int, ...], float] = {}
    for order in range(1, ORDER + 1):
        ones = sum(n == 1 for n in counts[order].values())
        twos = sum(n == 2 for n in counts[order].values())
        discount = ones / (ones + 2 * twos)
        totals: Counter[tuple[int, ...]] = Counter()
        for gram, n in counts[order].items():
            totals[gram[:-1]] += n
        kept = {g: n for g, n in counts[order].items() if n > CUTOFFS[order]}
        mass: dict[tuple[int, ...], float] = defaultdict(float)
        for gram, n in kept.items():
            mass[gram[:-1]] += (n - discount) / totals[gram[:-1]]
        left |= {context: max(1.0 - m, 1e-5) for context, m in mass.items()}
        for gram, n in kept.items():
            context = gram[:-1]
            shorter = probabilities.get(gram[1:], 0.0)
            probabilities[gram] = (n - discount) / totals[context] + left[context] * shorter
    return {
        _key(gram): (math.log(p), math.log(left[gram]) if gram in left else 0.0)
        for gram, p in probabilities.items()
        if gram
    }


def _key(gram: tuple[int, ...]) -> int:
    key = 0
    for token in gram:
        key = key << BITS | token
    return key


def pack(table: dict[int, tuple[float, float]], pairs: list[Pair]) -> bytes:
    """One header line with the pairs, then differences of the sorted keys by byte, then two bytes a key."""
    keys = np.array(sorted(table), np.uint64)
    values = np.array([table[int(key)] for key in keys])
    levels = np.clip(np.rint(255 * (1 - values / LOWEST)), 0, 255).astype(np.uint8)
    steps = np.diff(keys, prepend=np.uint64(0)).view(np.uint8).reshape(-1, 8)
    header = " ".join("".join((c, ":", "+".join(phones))) for c, phones in pairs)
    body = np.ascontiguousarray(steps.T).tobytes() + np.ascontiguousarray(levels.T).tobytes()
    return zlib.compress(f"{len(keys)} {header}\n".encode() + body, 9)


def main() -> None:
    """Train on the dictionary and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", type=int, default=0, help="leave out every n-th word")
    parser.add_argument("--to", type=Path, default=TARGET)
    arguments = parser.parse_args()
    words = dictionary()
    if arguments.held_out:
        words = [word for at, word in enumerate(words) if at % arguments.held_out]
    rows = train(words)
    counts = Counter(pair for row in rows for pair in row)
    pairs = sorted(pair for pair, n in counts.items() if n >= RAREST_PAIR)
    ids = {pair: at for at, pair in enumerate(pairs, STOP + 1)}
    known = [[ids[p] for p in row] for row in rows if all(p in ids for p in row)]
    table = model(known)
    data = pack(table, pairs)
    arguments.to.write_bytes(data)
    print(
        len(words),
        "words,",
        len(known),
        "aligned,",
        len(pairs),
        "pairs,",
        len(table),
        "rows,",
        len(data),
        "bytes",
    )


if __name__ == "__main__":
    main()

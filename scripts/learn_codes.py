"""Learn which codes phones are spoken with: the table by which the guard judges what a pack generates.

    python scripts/learn_codes.py PAIRS.jsonl.gz -o codes.safetensors

Each line of PAIRS is `{"p": [phone ids], "c": [codes, 25 a second]}`, spoken by anybody whose codes
come from the pack's tokenizer. Where a line has `"a"`, the phone (index into `p`, or -1) of each 20 ms, counting begins with it;
otherwise with even alignments. A hidden Markov model then finds better ones. `--held-out` says how well the table
foretells utterances that it did not see, and `scripts/build_starter.py --codes` puts it into a pack.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.packs.tensor_file import TensorSpec, write_tensor_file
from dora_mlx_tts.synthesis.codes.code_table import USUAL_PACE, log_moves
from dora_mlx_tts.synthesis.codes.phone_codes import STEPS, PhoneCodes
from dora_mlx_tts.text.symbols import SymbolTable

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

FLOOR = 0.2  # share of tokens that may be anything, so that none speaks much against a phone
DOUBT = 10.0  # tokens that each row is given, as all phones together have them
PASSES = 8
BATCH = 32
MARKS = frozenset(".,?!-…")
NEVER = -1e9


@dataclass(frozen=True, eq=False)
class Utterance:
    """Phones [m], codes [n] and, where known, the phone of each code, -1 for none."""

    phones: Ids
    codes: Ids
    aligned: Ids | None = None


@dataclass(frozen=True, eq=False)
class Batch:
    """Utterances of like length, padded.

    Attributes:
        rows: of the table, [b, m].
        codes: [b, n].
        is_phone: which of `rows` are no padding.
        is_code: which of `codes` are no padding.
        aligned: the phone of each code, [b, n]; -1 where unknown.
    """

    rows: Ids
    codes: Ids
    is_phone: NDArray[np.bool_]
    is_code: NDArray[np.bool_]
    aligned: Ids


@dataclass(eq=False)
class Counts:
    """What was counted, and the table that follows from it.

    Attributes:
        rows: of each phone id.
        codes: how many there are.
    """

    rows: Ids
    codes: int
    usual: Floats = field(init=False)
    said: Floats = field(init=False)
    taken: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.usual = np.full(self.codes, 1 / self.codes)
        self.forget()

    def forget(self) -> None:
        """Count from nothing."""
        self.said = np.zeros((int(self.rows.max()) + 1, self.codes))
        self.taken = np.zeros((len(self.said), 2))

    def add(self, batch: Batch, chances: Floats) -> None:
        """Count a batch whose codes belong to phones with these chances [b, n, m]."""
        rows = np.broadcast_to(batch.rows[:, None, :], chances.shape)
        codes = np.broadcast_to(batch.codes[:, :, None], chances.shape)
        np.add.at(self.said, (rows, codes), chances)
        came = np.stack([chances.sum(1), batch.is_phone], axis=-1)
        np.add.at(self.taken, batch.rows, came * batch.is_phone[..., None])

    def evidence(self) -> Floats:
        """Nats by which a code is likelier in a row's phones than anywhere, [rows, codes]."""
        total = self.said.sum(1, keepdims=True)
        ratio = (self.said / self.usual + DOUBT) / (total + DOUBT)
        floored: Floats = np.log((1 - FLOOR) * ratio + FLOOR)
        return floored

    def pace(self) -> Floats:
        """Tokens that a row's phones take."""
        paces: Floats = (self.taken[:, 0] + 2 * USUAL_PACE) / (self.taken[:, 1] + 2)
        return np.maximum(paces, 1.05)


def read(path: Path) -> list[Utterance]:
    """The utterances of a file; those with fewer codes than a way through the phones needs are left out."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    found: list[Utterance] = []
    for line in text.splitlines():
        entry = json.loads(line)
        phones, codes = np.array(entry["p"]), np.array(entry["c"])
        aligned = _per_code(entry["a"], len(codes)) if "a" in entry else None
        if len(phones) >= 2 and len(codes) > len(phones) // 2 + 1:
            found.append(Utterance(phones, codes, aligned))
    return found


def _per_code(frames: Sequence[int], codes: int) -> Ids:
    """The phone of each code, from those of its two frames of 20 ms."""
    padded = np.full(2 * codes, -1)
    padded[: len(frames)] = frames[: 2 * codes]
    first, second = padded[::2], padded[1::2]
    return np.where(first >= 0, first, second)


def row_of_phones(symbols: Sequence[str], heard: set[int]) -> Ids:
    """A row for each phone id; tones and stress share one, and phones that nobody said have -1."""
    bare = [symbol.rstrip("0123456789") or symbol for symbol in symbols]
    used = dict.fromkeys(bare[phone] for phone in sorted(heard))
    number = {name: row for row, name in enumerate(used)}
    return np.array([number.get(name, -1) for name in bare])


def batches(utterances: Sequence[Utterance], rows: Ids) -> Iterator[Batch]:
    """All utterances, those of like length together."""
    order = sorted(range(len(utterances)), key=lambda i: len(utterances[i].codes))
    for start in range(0, len(order), BATCH):
        some = [utterances[i] for i in order[start : start + BATCH]]
        shape = (len(some), max(len(one.codes) for one in some))
        phones = np.full((len(some), max(len(one.phones) for one in some)), -1)
        codes, aligned = np.full(shape, -1), np.full(shape, -1)
        for number, one in enumerate(some):
            phones[number, : len(one.phones)] = rows[one.phones]
            codes[number, : len(one.codes)] = one.codes
            if one.aligned is not None:
                aligned[number, : len(one.codes)] = one.aligned
        yield Batch(np.maximum(phones, 0), np.maximum(codes, 0), phones >= 0, codes >= 0, aligned)


def first_guess(batch: Batch) -> Floats:
    """Chances [b, n, m]: the given alignment, or an even one with some width."""
    number, places = np.arange(batch.codes.shape[1]), np.arange(batch.rows.shape[1])
    tokens = batch.is_code.sum(1)[:, None, None]
    phones = batch.is_phone.sum(1)[:, None, None]
    centre = (number[None, :, None] + 0.5) / tokens * phones
    even = np.exp(-0.5 * ((places + 0.5 - centre) / (1.5 + 0.04 * phones)) ** 2)
    known = batch.aligned[..., None] == places
    chances = np.where(batch.aligned[..., None] >= 0, known, even * batch.is_phone[:, None, :])
    return _shared(chances) * batch.is_code[..., None]


def posterior(batch: Batch, evidence: Floats, pace: Floats) -> Floats:
    """Chances [b, n, m] over all ways from the first phone to the last, none leaving out two in a row."""
    said = evidence[batch.rows[:, None, :], batch.codes[..., None]]
    said = np.where(batch.is_phone[:, None, :], said, NEVER)
    stay = 1 - 1 / pace[batch.rows]
    moves = log_moves(stay)
    count = batch.codes.shape[1]
    forth, back = np.full(said.shape, NEVER), np.full(said.shape, NEVER)
    forth[:, 0, :2] = said[:, 0, :2]
    for token in range(1, count):
        forth[:, token] = _sum(_onwards(forth[:, token - 1], moves)) + said[:, token]
    tokens, phones = batch.is_code.sum(1), batch.is_phone.sum(1)
    everyone = np.arange(len(tokens))
    for token in range(count - 1, -1, -1):
        if token < count - 1:
            back[:, token] = _sum(_backwards(back[:, token + 1] + said[:, token + 1], moves))
        last = everyone[tokens - 1 == token]
        back[last, token] = NEVER
        back[last, token, phones[last] - 1] = back[last, token, phones[last] - 2] = 0.0
    both = forth + back
    best = both.max(2, keepdims=True)
    return _shared(np.exp(both - best) * (best > NEVER / 2)) * batch.is_code[..., None]


def _onwards(scores: Floats, moves: Sequence[Floats]) -> list[Floats]:
    found = [np.full(scores.shape, NEVER) for _ in moves]
    for step, move in enumerate(moves):
        found[step][:, step:] = (scores + move)[:, : scores.shape[1] - step]
    return found


def _backwards(scores: Floats, moves: Sequence[Floats]) -> list[Floats]:
    found = [np.full(scores.shape, NEVER) for _ in moves]
    for step, move in enumerate(moves):
        wide = scores.shape[1] - step
        found[step][:, :wide] = scores[:, step:] + move[:, :wide]
    return found


def _sum(ways: Sequence[Floats]) -> Floats:
    return np.logaddexp(np.logaddexp(ways[0], ways[1]), ways[2])


def _shared(chances: Floats) -> Floats:
    return chances / np.maximum(chances.sum(2, keepdims=True), 1e-12)


def learn(utterances: Sequence[Utterance], codes: int, symbols: Sequence[str]) -> PhoneCodes:
    """The table of some utterances."""
    heard = {int(phone) for one in utterances for phone in one.phones}
    counts = Counts(row_of_phones(symbols, heard), codes)
    usual = np.bincount(np.concatenate([one.codes for one in utterances]), minlength=codes) + 0.5
    counts.usual = usual / usual.sum()
    evidence = pace = np.zeros(0)
    for number in range(PASSES):
        counts.forget()
        for batch in batches(utterances, counts.rows):
            chances = posterior(batch, evidence, pace) if number else first_guess(batch)
            counts.add(batch, chances)
        evidence, pace = counts.evidence(), counts.pace()
        print(
            f"pass {number + 1}: {gain(utterances, counts.rows, evidence, pace):.3f} nats a token"
        )
    marks = np.zeros(len(evidence), bool)
    marks[[counts.rows[n] for n, name in enumerate(symbols) if name in MARKS and n in heard]] = True
    return PhoneCodes(evidence, counts.rows, pace, marks)


def gain(utterances: Sequence[Utterance], rows: Ids, evidence: Floats, pace: Floats) -> float:
    """How much better the codes are foretold than by their frequencies, in nats a token; some of them."""
    total = tokens = 0.0
    for batch in batches(utterances[:: max(1, len(utterances) // 200)], rows):
        chances = posterior(batch, evidence, pace)
        said = evidence[batch.rows[:, None, :], batch.codes[..., None]]
        total += float((chances * said).sum())
        tokens += float(batch.is_code.sum())
    return total / tokens


def main() -> None:
    """Learn, say how well, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path, help="lines of JSON, plain or gzipped")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the table's file")
    parser.add_argument("--codes", type=int, default=1024, help="codes of the tokenizer")
    parser.add_argument("--symbols", default="v2", help="inventory of the phone ids")
    parser.add_argument("--held-out", type=int, default=0, help="utterances to test with, the last")
    given = parser.parse_args()
    utterances = read(given.pairs)
    known = utterances[: len(utterances) - given.held_out]
    table = learn(known, given.codes, SymbolTable.load(given.symbols).symbols)
    tensors = table.tensors()
    specs = {
        name: TensorSpec(values.dtype, values.shape, lambda values=values: values)
        for name, values in tensors.items()
    }
    write_tensor_file(given.out, specs)
    size = given.out.stat().st_size / 1024
    print(f"{len(known)} utterances, {len(tensors['evidence'])} rows, {size:.0f} KiB")
    if given.held_out:
        rows, evidence = tensors["rows"].astype(np.int64), tensors["evidence"] / STEPS
        last = utterances[-given.held_out :]
        print(f"held out: {gain(last, rows, evidence, tensors['pace']):.3f} nats a token")


if __name__ == "__main__":
    main()

"""How well the content check tells genuine codes from damaged ones.

    python benchmarks/content.py PAIRS.jsonl.gz codes.safetensors --last 400

PAIRS as `scripts/learn_codes.py` reads them; the last ones, which the table must not have seen, are judged as they are
and after a damage: phones cut out with their codes, codes said twice, codes of another text put in between or in
place of some phones, the end cut off, halves swapped, another text. Prints the share of each that is found, and the
share of genuine utterances in which something is found, at the end and while tokens come; and how far the path through the
phones, which gives the word times, is from the alignments of PAIRS, where they have some.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from learn_codes import MARKS, Utterance, read

from dora_mlx_tts.packs.tensor_file import map_tensor_file
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, ContentLimits, Flaw
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.synthesis.word_times import Path as Way
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.symbols import SymbolTable

Codes = NDArray[np.int64]

SHARES = (0.5, 0.9, 0.99)

INSIDE = [
    *(("left out", count) for count in (3, 4, 5, 6, 8)),
    *(("twice", count) for count in (3, 5, 8)),
    *(("replaced", count) for count in (6, 9)),
]


def phonemes(phones: Sequence[int], symbols: Sequence[str]) -> Phonemes:
    """A sentence whose text is its phones."""
    names = tuple(symbols[phone] for phone in phones)
    ends = np.cumsum([len(name) + 1 for name in names])
    spans = tuple((int(e) - len(n) - 1, int(e) - 1) for e, n in zip(ends, names, strict=True))
    return Phonemes(" ".join(names), "", names, np.array(phones, np.int32), spans, ())


class Damage:
    """Makes damaged codes of genuine ones."""

    def __init__(
        self, table: PhoneCodes, pairs: Sequence[Utterance], symbols: Sequence[str]
    ) -> None:
        self._table, self._pairs, self._symbols = table, pairs, symbols
        self._draw = np.random.default_rng(1)

    def all(self, one: Utterance) -> Iterator[tuple[str, Codes]]:
        """Every damage that the utterance is long enough for."""
        places = self._places(one)
        yield from self._inside(one, places)
        for count in (4, 6, 9):
            start = int(np.searchsorted(places, len(one.phones) - 1 - count))
            if start > 2:
                yield f"last {count} phones cut", one.codes[:start]
        if len(one.phones) > 24:
            half = int(np.searchsorted(places, len(one.phones) // 2))
            yield "halves swapped", np.concatenate([one.codes[half:], one.codes[:half]])
            length, text = len(one.codes), list(one.phones)
            others = [o for o in self._pairs if abs(len(o.codes) - length) < 12]
            others = [o for o in others if list(o.phones) != text]
            if others:
                yield "another text", others[self._draw.integers(len(others))].codes

    def _inside(self, one: Utterance, places: Codes) -> Iterator[tuple[str, Codes]]:
        codes = one.codes
        for what, count in INSIDE:
            for start, end in self._stretch(one, places, count):
                kept = {
                    "left out": codes[:0],
                    "twice": np.tile(codes[start:end], 2),
                    "replaced": self._foreign(end - start),
                }[what]
                joined = np.concatenate([codes[:start], kept, codes[end:]])
                yield f"{count} phones {what}", joined
        for count in (8, 12, 20):
            at = int(self._draw.integers(3, max(4, len(codes) - 3)))
            yield f"{count} codes put in", np.insert(codes, at, self._foreign(count))

    def borders(self, one: Utterance) -> Iterator[int]:
        """By how many codes each phone's beginning is off."""
        if one.aligned is not None:
            places = self._places(one)
            for phone in np.unique(one.aligned[one.aligned > 0]):
                if self._symbols[one.phones[phone]] not in MARKS:
                    begins = int(np.flatnonzero(one.aligned == phone)[0])
                    yield int(np.searchsorted(places, phone)) - begins

    def _places(self, one: Utterance) -> Codes:
        phones, codes = one.phones.astype(np.int32), one.codes.astype(np.int32)
        way = Way(len(phones), self._table.moves(phones), ends=2)
        for row in self._table.evidence(phones, codes):
            way.add(row)
        return way.phones(ended=True)

    def _stretch(self, one: Utterance, places: Codes, count: int) -> Iterator[tuple[int, int]]:
        """Codes of some phones in a row without a mark."""
        plain = [self._symbols[phone] not in MARKS for phone in one.phones]
        starts = [i for i in range(len(plain) - count) if all(plain[i : i + count])]
        if starts:
            first = starts[self._draw.integers(len(starts))]
            start, end = np.searchsorted(places, [first, first + count])
            if end > start:
                yield int(start), int(end)

    def _foreign(self, count: int) -> Codes:
        long = [one.codes for one in self._pairs if len(one.codes) >= count]
        other = long[self._draw.integers(len(long))]
        start = self._draw.integers(len(other) - count + 1)
        return other[start : start + count]


def judge(check: ContentCheck, codes: Codes) -> tuple[Flaw | None, Flaw | None, float]:
    """What is found while tokens come, what at the end, and microseconds a token."""
    start, early = time.perf_counter(), None
    check.begin()
    for code in codes:
        check.add(int(code))
        early = early or check.ahead()
    end = check.ended()
    return early, end, 1e6 * (time.perf_counter() - start) / max(1, len(codes))


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--last", type=int, default=400)
    parser.add_argument("--symbols", default="v2")
    parser.add_argument("--set", nargs="*", default=[], help="limits: name=number")
    parser.add_argument("--show", type=int, default=0, help="genuine ones to print")
    given = parser.parse_args()
    changes = {name: float(value) for name, value in (one.split("=") for one in given.set)}
    limits = replace(ContentLimits(), **changes)
    symbols = SymbolTable.load(given.symbols).symbols
    table = PhoneCodes.read(map_tensor_file(given.table), str(given.table))
    pairs = read(given.pairs)[-given.last :]
    damage, found = Damage(table, pairs, symbols), defaultdict(list)
    times, shown = [], []
    for one in pairs:
        check = ContentCheck(table, phonemes(one.phones, symbols), limits)
        early, end, took = judge(check, one.codes)
        few = len(one.phones) <= limits.short
        found["genuine, short" if few else "genuine"].append((early, end))
        times.append(took)
        shown += [(check, flaw) for flaw in (early or end,) if flaw]
        if not few:
            for kind, codes in damage.all(one):
                found[kind].append(judge(check, codes)[:2])
    print(f"{len(pairs)} utterances, {np.median(times):.0f} us a token, {limits}")
    for kind, flaws in found.items():
        early, ended = (np.mean([flaw[i] is not None for flaw in flaws]) for i in (0, 1))
        either = np.mean([a is not None or b is not None for a, b in flaws])
        print(
            f"{kind:20} {len(flaws):5} found: {either:6.1%}  coming {early:6.1%}  at the end {ended:6.1%}"
        )
    off = 40 * np.abs([border for one in pairs for border in damage.borders(one)])
    if len(off):
        within = ", ".join(f"{share:.0%} within {np.quantile(off, share):.0f}" for share in SHARES)
        print(f"{len(off)} beginnings of phones, ms off: {within}")
    for check, flaw in shown[: given.show]:
        print(flaw.fault.value, flaw.since, flaw.detail, "|", check._phonemes.text[:120])


if __name__ == "__main__":
    main()

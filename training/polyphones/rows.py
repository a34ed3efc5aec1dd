"""Rows for the training of the polyphone network: what the reader is told of a sentence's characters, and the right readings.

    python rows.py OUT --sentences sentences/*.txt --benchmark FOLDER/train FOLDER/dev --raw TEXT

Sentences have the reading behind the character (银行{hang2}). A benchmark has SPLIT.sent, with `▁` on either side of the
character, and SPLIT.lb. Raw text, a sentence a line, is for the first training and for what the teachers read. OUT is a pickle of
`chars`, `tags`, `syllables` and `readings`, and of lists of rows: indices of characters, places, tags, syllables and sources, and
targets (place, character, syllable or -1, source).
"""

import argparse
import collections
import difflib
import pickle
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.zh.pronounce import g2p
from dora_mlx_tts.text.zh.pronounce.network import LONGEST, PLACES
from dora_mlx_tts.text.zh.readings import readings_of_character
from dora_mlx_tts.text.zh.syllable import symbols_of

MARKED = re.compile(r"(.)\{([a-z]+[1-5])\}|(.)")
RULED = frozenset("一不子儿")
"""Characters whose reading the tone rules know."""
FEWEST_CHARS, FEWEST_READINGS = 12, 2
HELD_OUT = 8
"""Percent of the sentences that are only measured on, chosen by their text."""


def marked(path: Path) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Text, and places with their readings, of marked sentences."""
    for line in path.read_text("utf-8").splitlines():
        text, targets = "", []
        for match in MARKED.finditer(line):
            if match[1]:
                targets.append((len(text), match[2]))
            text += match[1] or match[3]
        yield text, targets


def benchmark(stem: Path) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The same of a benchmark's split."""
    sentences = stem.with_suffix(".sent").read_text("utf-8").splitlines()
    labels = stem.with_suffix(".lb").read_text("utf-8").splitlines()
    for sentence, label in zip(sentences, labels, strict=True):
        if sentence.count("▁") == 2:
            yield sentence.replace("▁", ""), [(sentence.index("▁"), label.replace("u:", "v"))]


class Listener:
    """What the reader would tell its network of a text."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[int, g2p.Told]]] = []
        g2p._from_network = self._listen  # the one place where it asks
        self.front_end = FrontEnd()

    def _listen(self, text, clauses, changes, _settled):
        self.heard.append((text, dict(g2p._told(clauses, changes))))
        return {}

    def rows(self, text, targets):
        """Normalized text, what is told of it, and its targets, for every Chinese part of a text."""
        self.heard.clear()
        self.front_end.phonemize(text, "zh", allow_silence=True)
        whole = "".join(norm for norm, _ in self.heard)
        blocks = difflib.SequenceMatcher(None, text, whole, autojunk=False).get_matching_blocks()
        moved = {b.a + k: b.b + k for b in blocks for k in range(b.size)}
        found = [(moved[at], pinyin) for at, pinyin in targets if at in moved]
        start = 0
        for norm, told in self.heard:
            here = [(at - start, p) for at, p in found if start <= at < start + len(norm)]
            yield norm, told, [(at, p) for at, p in here if at in told and norm[at] not in RULED]
            start += len(norm)


def is_neutral(left: str, right: str) -> bool:
    """Whether two syllables differ in a neutral tone alone."""
    return left != right and left[:-1] == right[:-1] and "5" in (left[-1], right[-1])


def vocabulary(rows, raw: list[str]):
    """Characters, tags, syllables and readings, the first two indices of each kept for none and unknown."""
    chars = collections.Counter("".join(raw)) + collections.Counter("".join(r[0] for r in rows))
    seen = collections.defaultdict(collections.Counter)
    for norm, told, targets in rows:
        for at, pinyin in targets:
            seen[norm[at]][pinyin] += 1
            seen[norm[at]][told[at].reading] += 1
    readings = {}
    for char, counts in seen.items():
        known = {r for r, n in counts.items() if n >= FEWEST_READINGS and symbols_of(r)}
        known |= {r for r in readings_of_character(char) if counts[r]}
        plain = {
            r
            for r in known
            if not any(is_neutral(r, o) for o in known) or r[-1] != "5" or char == "得"
        }
        if len(plain) > 1:
            readings[char] = sorted(plain)
    tags = sorted({one.tag for _, told, _ in rows for one in told.values()})
    syllables = {one.reading for _, told, _ in rows for one in told.values()}
    syllables |= {r for options in readings.values() for r in options}
    return {
        "chars": ["\0", "\1", *(c for c, n in chars.most_common() if n >= FEWEST_CHARS)],
        "tags": ["\0", "\1", *tags],
        "syllables": ["\0", "\1", *sorted(syllables - {""})],
        "readings": readings,
    }


class Encoder:
    """Rows of indices."""

    def __init__(self, words) -> None:
        self.chars, self.tags, self.syllables = (
            {item: i for i, item in enumerate(words[k])} for k in ("chars", "tags", "syllables")
        )
        self.readings = words["readings"]

    def row(self, norm, told, targets):
        """One row, or None if nothing in it is to be read or it is too long."""
        ids = [self.chars.get(c, 1) for c in norm]
        table = np.zeros((4, len(norm)), np.int16)
        for at, one in told.items():
            syllable = self.syllables.get(one.reading, 1)
            table[:, at] = (
                PLACES.index(one.place),
                self.tags.get(one.tag, 1),
                syllable,
                one.source + 1,
            )
        wanted = [
            (at, ids[at], -1 if pinyin is None else self.syllables[pinyin], told[at].source)
            for at, pinyin in targets
            if ids[at] > 1
            and norm[at] in self.readings
            and (pinyin is None or pinyin in self.readings[norm[at]])
        ]
        return (
            (np.array(ids, np.int16), *table, wanted) if wanted and len(norm) <= LONGEST else None
        )

    def rows(self, heard):
        """All rows of what was heard."""
        return [row for one in heard if (row := self.row(*one)) is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sentences", nargs="*", type=Path, default=[])
    parser.add_argument("--benchmark", nargs="*", type=Path, default=[])
    parser.add_argument("--raw", type=Path)
    options = parser.parse_args()
    listener = Listener()
    kept, held, judged = [], [], []
    for path in options.sentences:
        for text, targets in marked(path):
            is_held = zlib.crc32(text.encode()) % 100 < HELD_OUT
            (held if is_held else kept).extend(listener.rows(text, targets))
    for stem in options.benchmark:
        for text, targets in benchmark(stem):
            for norm, told, right in listener.rows(text, targets):
                # where a word decides otherwise, the label is wrong more often than the dictionary
                sure = [
                    (at, p)
                    for at, p in right
                    if not is_neutral(p, told[at].reading)
                    and (told[at].source != 1 or told[at].reading == p)
                ]
                judged.append((norm, told, sure))
    raw = options.raw.read_text("utf-8").splitlines() if options.raw else []
    words = vocabulary([*kept, *judged], raw)
    plain = [
        (norm, told, [(at, None) for at in told if norm[at] not in RULED])
        for text in raw
        for norm, told, _ in listener.rows(text, [])
    ]
    encoder = Encoder(words)
    data = {"sentences": kept, "held_out": held, "benchmarks": judged, "raw": plain}
    words |= {name: encoder.rows(rows) for name, rows in data.items()}
    options.out.write_bytes(pickle.dumps(words, protocol=5))
    print({name: len(rows) for name, rows in words.items()})


if __name__ == "__main__":
    main()

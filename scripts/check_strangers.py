"""Are the sentences that the starter voice is judged on strangers to it, and to each other?

    python scripts/check_strangers.py

Compares `tests/listen/strangers` with the training corpus and with the validation sentences in `tests/listen`: no
sentence may be among them, share a long run of words or characters with one, or be mostly made of one. Prints what
is too near; the exit code is 1 where something is.
"""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
STRANGERS = ROOT / "tests" / "listen" / "strangers"
CORPUS = ROOT / "training" / "sentences"
LONGEST_RUN = 6
"""Units, English words and Chinese characters, that two sentences may have in a row in common."""
LARGEST_SHARE = 0.6
"""Share of a sentence's pairs of neighbours that another one may have, too."""
_FEW = 5  # units of a sentence that is too short for a share


def units(text: str) -> list[str]:
    """English words and Chinese characters, without case, marks and accents."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("'", ""))
    return re.findall(r"[a-z0-9]+|[一-鿿]", plain)


def longest_run(one: Sequence[str], two: Sequence[str]) -> int:
    """Units in a row that both have."""
    best, row = 0, [0] * (len(two) + 1)
    for unit in one:
        above, row = row, [0] * (len(two) + 1)
        for place, other in enumerate(two, start=1):
            if unit == other:
                row[place] = above[place - 1] + 1
                best = max(best, row[place])
    return best


def share(one: Sequence[str], two: Sequence[str]) -> float:
    """Share of the first one's pairs of neighbours that the second has, too."""
    mine, others = set(pairwise(one)), set(pairwise(two))
    return len(mine & others) / len(mine) if mine else float(list(one) == list(two))


def read_set(folder: Path) -> dict[str, str]:
    """Sentences of the tables in a folder, by id."""
    found = {}
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            found |= {row["id"]: row["text"] for row in rows}
    return found


def known() -> list[str]:
    """Everything that the voice was taught or chosen with."""
    taught = [
        line
        for path in sorted(CORPUS.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [*taught, *read_set(STRANGERS.parent).values()]


def too_near(sentences: dict[str, str], others: Sequence[str]) -> Iterator[str]:
    """Which sentences are too near to others, and why."""
    read = [(other, units(other)) for other in others]
    for name, text in sentences.items():
        own = units(text)
        for other, theirs in read:
            run = longest_run(own, theirs) if set(own) & set(theirs) else 0
            is_alike = len(own) >= _FEW and share(own, theirs) > LARGEST_SHARE
            if own == theirs or run > LONGEST_RUN or is_alike:
                yield f"{name} {text!r} is near {other!r} ({run} units in a row)"


def main() -> int:
    """Print what is too near."""
    strangers = read_set(STRANGERS)
    texts = list(strangers.values())
    found = list(too_near(strangers, known()))
    for name, text in strangers.items():
        found += too_near({name: text}, [other for other in texts if other != text])
    print("\n".join([*found, f"{len(strangers)} sentences, {len(found)} too near"]))
    return 1 if found or len(set(texts)) < len(texts) else 0


if __name__ == "__main__":
    sys.exit(main())

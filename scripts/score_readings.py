"""Score readings of characters and words that have several, on suites that are not ours.

    git clone --depth 1 https://github.com/kakaobrain/g2pM
    python scripts/score_readings.py --polyphones g2pM --split test [--list]
    git clone --depth 1 https://github.com/google-research-datasets/WikipediaHomographData
    python scripts/score_readings.py --homographs WikipediaHomographData --split eval [--list]
    python scripts/score_readings.py --everyday [--list]

`--polyphones`: the CPP benchmark, SPLIT.sent and SPLIT.lb (splits dev and test), in a checkout or in its
folder `data`. `--homographs`: `wordids.tsv` and SPLIT/*.tsv (splits train and eval), likewise.
`--everyday`: our own list, `tests/text/polyphone_everyday.txt`. Nothing of theirs is copied into the tree.

A syllable counts as right if its letters and tone are right; a third tone may be a second one
before another third, 一 and 不 may have any tone; "with neutral tones" also takes a syllable of which
either side has the neutral tone. A word counts as right if the reading said is nearer to the right
transcription than to the other one; where both are equally near it is a tie, which is not right.
"""

from __future__ import annotations

import argparse
import csv
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from train_homographs import first_readings

from dora_mlx_tts.text.en.homographs.homographs import readings_of
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.zh.syllable import symbols_of

EVERYDAY = Path(__file__).parents[1] / "tests" / "text" / "polyphone_everyday.txt"
_ENTRY = re.compile(r"([^\[\]]*)\[(.)\]([^\[\]]*) ([a-z]+[1-5])")


def holding(folder: Path, *names: str) -> Path:
    """The folder of a checkout that holds files: itself or its `data`.

    Raises:
        SystemExit: neither does.
    """
    for candidate in (folder, folder / "data"):
        if all((candidate / name).exists() for name in names):
            return candidate
    raise SystemExit(f"{folder} must hold {' and '.join(names)}, there or in its folder data")


def everyday() -> Iterator[tuple[str, int, str]]:
    """Text, position of the character, and its syllable, of our own list."""
    for line in EVERYDAY.read_text(encoding="utf-8").splitlines():
        for entry in line.split("|") if not line.startswith("#") else ():
            match = _ENTRY.fullmatch(entry.strip())
            if match is None:
                raise ValueError(f"entry must be like 银[行] hang2, got {entry!r}")
            yield match[1] + match[2] + match[3], len(match[1]), match[4]


def benchmark(folder: Path, split: str) -> Iterator[tuple[str, int, str]]:
    """The same of the CPP benchmark."""
    folder = holding(folder, f"{split}.sent", f"{split}.lb")
    sentences = (folder / f"{split}.sent").read_text(encoding="utf-8").splitlines()
    labels = (folder / f"{split}.lb").read_text(encoding="utf-8").splitlines()
    for sentence, label in zip(sentences, labels, strict=True):
        yield sentence.replace("▁", ""), sentence.index("▁"), label.replace("u:", "v")


def judge(front_end: FrontEnd, text: str, at: int, wanted: str) -> tuple[str, str]:
    """How the syllable of a character compares with the wanted one, and what was said."""
    said = front_end.phonemize(text, "zh", allow_silence=True)
    mine = [i for i, span in enumerate(said.char_spans) if span == (at, at + 1)]
    mine = mine or [i for i, (a, b) in enumerate(said.char_spans) if a <= at < b][:2]
    got = [said.symbols[i] for i in mine]
    right = symbols_of(wanted)
    if len(got) < 2 or right is None or (got[0], got[-1][:-1]) != (right[0], right[1][:-1]):
        return "other syllable", " ".join(got)
    tone, wanted_tone = got[-1][-1], wanted[-1]
    after = said.symbols[mine[-1] + 2 : mine[-1] + 3]
    if tone == wanted_tone:
        return "right", ""
    if text[at] in "一不" or (
        wanted_tone == "3" and tone == "2" and after and after[0][-1] in "23"
    ):
        return "right by a tone rule", ""
    return ("neutral tone" if "5" in (tone, wanted_tone) else "other tone"), " ".join(got)


def score_polyphones(entries: Iterator[tuple[str, int, str]], *, show: bool) -> None:
    """Print the shares, and with `show` every misreading."""
    front_end = FrontEnd()
    front_end.phonemize("你好世界", "zh")
    count: Counter[str] = Counter()
    chars, start = 0, time.process_time()
    for text, at, wanted in entries:
        kind, got = judge(front_end, text, at, wanted)
        count[kind] += 1
        chars += len(text)
        if show and kind.startswith("other"):
            print(f"  {text[:at]}[{text[at]}]{text[at + 1 :]} {wanted}, said {got}")
    spent, total = time.process_time() - start, count.total()
    right = count["right"] + count["right by a tone rule"]
    print(f"{total} characters: right {right / total:.2%},", end=" ")
    print(f"with neutral tones {(right + count['neutral tone']) / total:.2%},", end=" ")
    print(f"syllable right {1 - count['other syllable'] / total:.2%};", end=" ")
    print(f"{spent * 1e5 / chars:.2f} ms of CPU per 100 characters")


# English


def homographs(folder: Path, split: str) -> Iterator[tuple[str, str, int, int, str]]:
    """Word, sentence, its first and last character, and the id of the right reading."""
    for file in sorted((folder / split).glob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows, delimiter="\t"):
                raw = row["sentence"].encode()
                start, end = (len(raw[: int(row[side])].decode()) for side in ("start", "end"))
                yield row["homograph"], row["sentence"], start, end, row["wordid"]


def score_homographs(folder: Path, split: str, *, show: bool) -> None:
    """Print how many words are read as the one of our two readings that the id stands for."""
    folder = holding(folder, "wordids.tsv", split)
    firsts = first_readings(folder)
    front_end = FrontEnd()
    count: Counter[str] = Counter()
    for word, text, start, end, wanted in homographs(folder, split):
        if word not in firsts or (both := readings_of(word)) is None:
            count["without an entry"] += 1
            continue
        said = front_end.phonemize(text, "en")
        pairs = zip(said.symbols, said.char_spans, strict=True)
        phones = " ".join(s for s, (a, b) in pairs if a < end and b > start and s[:1].isalpha())
        first, second = (" ".join(reading) in phones for reading in both)
        right = first if wanted == firsts[word][0] else second
        count["tie" if first == second else "right" if right else "wrong"] += 1
        if show and first != second and not right:
            print(f"  {word} {wanted}: {text}")
    decided = count["right"] + count["wrong"]
    print(f"{dict(count)}: right {count['right'] / max(decided, 1):.2%} of the decided")


def main() -> None:
    """Print what was asked for."""
    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--polyphones", type=Path, metavar="FOLDER")
    parser.add_argument("--everyday", action="store_true")
    parser.add_argument("--homographs", type=Path, metavar="FOLDER")
    parser.add_argument("--split", help="test and eval by default")
    parser.add_argument("--list", action="store_true", help="show every misreading")
    options = parser.parse_args()
    if not (options.polyphones or options.everyday or options.homographs):
        parser.error("one of --polyphones, --everyday and --homographs is needed")
    if options.polyphones:
        score_polyphones(benchmark(options.polyphones, options.split or "test"), show=options.list)
    if options.everyday:
        score_polyphones(everyday(), show=options.list)
    if options.homographs:
        score_homographs(options.homographs, options.split or "eval", show=options.list)


if __name__ == "__main__":
    main()

"""Score the text front end on the corpora: parity with the reference, truth, exceptions.

Every entry counts; nothing is left out but what the corpus itself flags (`upstream_bug`) or where
the reference raised. `--list` shows each difference and each wrong reading.

    python scripts/score_text.py --goldens ../shared/goldens [--list] [--json FILE] [zh en …]
    python scripts/score_text.py --suite nemo-en CHECKOUT [--suite wetext-ja CHECKOUT] [--list]

`--suite` scores the tests of another normalizer (nemo: NeMo-text-processing, wetext:
WeTextProcessing) in a checkout of theirs: agreement, agreement but for a choice of words, and with
`--list` what differs, to be read by a person. Of a sentence splitter (pysbd, sentencex) it scores texts
that are divided alike, and the borders that either of both sets.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dora_mlx_tts.errors import LanguageError, TextError
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.reference_cut import cut, cut_lines
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner
from dora_mlx_tts.text.zh.syllable import symbols_of

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "goldens"
READINGS = ("zh", "en", "mixed", "ja", "ko", "yue")
PROSODY = frozenset({"[", "]", "UNK"})
"""Accents and accent-phrase borders of Japanese, which depend on the dictionary's version."""

_LISTED = frozenset({"same or a variant", "same, prose"})
"""Questions of a suite whose differences `--list` shows: the others are parts of them."""

Entry = Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """How many of how many, and what went wrong."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, right: bool, shown: str) -> None:
        """Count one."""
        if right:
            self.right += 1
        else:
            self.wrong.append(shown)

    @property
    def total(self) -> int:
        """All that were counted."""
        return self.right + len(self.wrong)

    def __str__(self) -> str:
        share = f"{100 * self.right / self.total:5.1f} %" if self.total else "    – "
        return f"{self.right:4}/{self.total:<4} {share}"


@dataclass(slots=True)
class Score:
    """What one corpus file gave, by question."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    note: str = ""

    def add(self, question: str, right: bool, shown: str) -> None:
        """Count one answer to `question`."""
        self.tallies.setdefault(question, Tally()).add(right, shown)

    def share(self, question: str) -> float:
        """Part of the answers that were right; 1.0 where there was no question."""
        tally = self.tallies.get(question, Tally())
        return tally.right / tally.total if tally.total else 1.0


def entries_of(folder: Path, name: str) -> list[Entry]:
    """Entries of a corpus file, [] if there is none."""
    file = folder / f"{name}.jsonl"
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


# Readings


def score_readings(entries: Sequence[Entry], front_end: FrontEnd) -> Score:
    """Parity with the recorded phones, truth of readings and of normalized texts."""
    score = Score()
    for entry in entries:
        name = f"{entry['id']} {entry['lang']} {entry['text']!r}"
        try:
            said = front_end.phonemize(entry["text"], entry["lang"], allow_silence=True)
        except LanguageError as error:
            score.note = str(error)
            return score
        except TextError as error:
            score.exceptions.append(f"{name}: {error}")
            continue
        except Exception as error:  # noqa: BLE001 (this is what is counted)
            score.exceptions.append(f"{name}: {type(error).__name__}: {error}")
            continue
        _judge(score, name, entry, said)
    return score


def _judge(score: Score, name: str, entry: Entry, said: Phonemes) -> None:
    if "phones" in entry and "error" not in entry and not entry.get("upstream_bug"):
        recorded = [entry["phones"], entry.get("phones_with_polyphone_fix_table")]
        score.add("parity", list(said.symbols) in recorded, f"{name}\n{_difference(entry, said)}")
        if entry["lang"].endswith("ja"):
            segments = [s for s in said.symbols if s not in PROSODY]
            right = segments == [s for s in entry["phones"] if s not in PROSODY]
            score.add("parity of segments", right, name)
    accepted = entry.get("accepted_norm")
    if accepted:
        shown = f"{name}\n    read {said.norm_text!r}\n    true {accepted}"
        score.add("accepted norm", _bare(said.norm_text) in map(_bare, accepted), shown)
    for question, wrong in _misread(entry, said):
        score.add(question, wrong is None, f"{name}: {wrong}")


def _difference(entry: Entry, said: Phonemes) -> str:
    ours, theirs = [*said.symbols], [*entry["phones"]]
    start = _common(ours, theirs)
    end = _common(ours[start:][::-1], theirs[start:][::-1])
    return (
        f"    ours   {said.norm_text!r} … {' '.join(ours[start : len(ours) - end])}\n"
        f"    theirs {entry['norm_text']!r} … {' '.join(theirs[start : len(theirs) - end])}"
    )


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the beginning that both share."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    return sum(1 for _ in same)


def _bare(text: str) -> str:
    """Letters only, without the word "and": so the corpus says to compare."""
    words = re.findall(r"\w+", text.lower().replace("'", ""))
    return "".join(word for word in words if word != "and")


def _misread(entry: Entry, said: Phonemes) -> Iterator[tuple[str, str | None]]:
    """For every expected reading whether it holds: what is wrong, or None."""
    expected = entry.get("expected_readings", ())
    flagged = " (flagged)" if entry.get("upstream_bug") else ""
    line, arpabet_at, pinyin_at = f" {' '.join(said.symbols)} ", 0, 0
    chars, starts = _characters(said)
    for reading in expected:
        if "arpabet" in reading:
            sought = reading["arpabet"]
            sought = sought if isinstance(sought, str) else " ".join(sought)
            at = line.find(f" {sought} ", arpabet_at)
            arpabet_at = at + 1 if at >= 0 else arpabet_at
            yield f"expected readings{flagged}", None if at >= 0 else f"{reading} not said"
        elif "pinyin" in reading:
            at = chars.find(reading["word"], pinyin_at)
            if at < 0:
                yield f"expected readings{flagged}", f"{reading} not in {said.norm_text!r}"
                continue
            pinyin_at = at + len(reading["word"])
            problem = _other_pinyin(said, starts[at], reading["pinyin"].split())
            yield f"expected readings{flagged}", problem and f"{reading}: said {problem}"


def _characters(said: Phonemes) -> tuple[str, list[int]]:
    """Characters of the spans that have word2ph, and the first phone of each."""
    chars, starts, phone = "", list[int](), 0
    for span in said.spans:
        if span.word2ph is not None:
            chars += span.norm_text
            starts += [phone + n for n in itertools.accumulate(span.word2ph, initial=0)][:-1]
        phone += len(span.symbols)
    return chars, starts


def _other_pinyin(said: Phonemes, start: int, wanted: Sequence[str]) -> str | None:
    got = said.symbols[start : start + 2 * len(wanted)]
    for i, syllable in enumerate(wanted):
        if syllable != "_" and symbols_of(syllable) != got[2 * i : 2 * i + 2]:
            return " ".join(got)
    return None


# Cutting and sentences


def score_cutting(entries: Sequence[Entry]) -> Score:
    """Lines of every cut method, and the final pieces."""
    score = Score()
    for entry in entries:
        flagged = " (flagged)" if entry.get("upstream_bug") else ""
        for method, recorded in entry["cut"].items():
            shown = f"{entry['id']} {method} {entry['text']!r}"
            if isinstance(recorded, str):
                score.add(f"lines{flagged}", cut_lines(entry["text"], method) == recorded, shown)
            pieces = entry["pre_seg"].get(method)
            if isinstance(pieces, list):
                ours = cut(entry["text"], method, entry["lang"])
                score.add(f"pieces{flagged}", ours == pieces, f"{shown}\n    {ours}\n    {pieces}")
    return score


def score_sentences(entries: Sequence[Entry]) -> Score:
    """Sentences as the corpus expects them, whatever the chunks."""
    score = Score()
    for entry in entries:
        text = "".join(entry["chunks"])
        for question, chunks in (
            ("as chunked", entry["chunks"]),
            ("whole", [text]),
            ("by character", list(text)),
        ):
            scanner = SentenceScanner(ScannerOptions.from_dict(entry["options"]))
            found = [s.text for chunk in chunks for s in scanner.feed(chunk)]
            found += [s.text for s in scanner.flush()]
            shown = f"{entry['id']}\n    {found}\n    {entry['expected']}"
            score.add(question, found == entry["expected"], shown)
    return score


def score_suite(name: str, checkout: Path, front_end: FrontEnd) -> Score:
    """Agreement with the tests of another normalizer, by their files (`nemo-en`, `wetext-ja`, …).

    Raises:
        SystemExit: unknown suite, or no tests of it in the checkout.
    """
    from suites import READERS  # noqa: PLC0415 (beside this script; only for suites)
    from suites.judge import agreement  # noqa: PLC0415
    from suites.sentences import DIVIDED  # noqa: PLC0415

    kind, _, language = name.partition("-")
    known = [*READERS, *DIVIDED]
    if kind not in known or not language:
        raise SystemExit(f"unknown suite {name!r}; available: {', '.join(known)} + -LANGUAGE")
    if kind in DIVIDED:
        return score_divided(name, checkout)
    score = Score()
    for case in READERS[kind](checkout, language):
        said, verdict = agreement(front_end, case.text, case.accepted, language)
        shown = f"[{case.file}] {case.text!r}\n    read {said!r}\n    suite {list(case.accepted)}"
        score.add("same", verdict == "same", shown)
        score.add("same or a variant", verdict != "other", shown)
        score.add(f"  {case.file}", verdict != "other", shown)
    if not score.tallies:
        raise SystemExit(f"no tests of {name} in {checkout}")
    return score


def score_divided(name: str, checkout: Path) -> Score:
    """Agreement with the tests of a sentence splitter.

    Raises:
        SystemExit: no tests of it in the checkout.
    """
    from suites.sentences import DIVIDED, bare, borders, scanned  # noqa: PLC0415

    kind, _, language = name.partition("-")
    score = Score()
    for case in DIVIDED[kind](checkout, language):
        found = scanned(case.text)
        ours, theirs = bare(found), bare(case.sentences)
        shown = f"{case.text!r}\n    ours  {found}\n    suite {list(case.sentences)}"
        score.add("same", ours == theirs, shown)
        score.add("in pieces as whole", found == scanned(case.text, 1), shown)
        if not case.is_prose:
            continue
        score.add("same, prose", ours == theirs, shown)
        if "".join(ours) == "".join(theirs):
            for border in borders(ours) | borders(theirs):
                right = border in borders(ours) and border in borders(theirs)
                score.add("borders, prose", right, shown)
    if not score.tallies:
        raise SystemExit(f"no tests of {name} in {checkout}")
    return score


def scores(folder: Path, names: Sequence[str] = ()) -> dict[str, Score]:
    """Score of every corpus file in `folder`, or of those named."""
    front_end = FrontEnd()
    judges: dict[str, Callable[[Sequence[Entry]], Score]] = {
        **dict.fromkeys(READINGS, lambda entries: score_readings(entries, front_end)),
        "cutting": score_cutting,
        "streaming_sentences": score_sentences,
    }
    return {
        name: judge(entries)
        for name, judge in judges.items()
        if (not names or name in names) and (entries := entries_of(folder, name))
    }


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    named = os.environ.get("DORA_MLX_TTS_GOLDENS", "").split(os.pathsep)
    given = [folder for name in named if name and ((folder := Path(name)) / "text").is_dir()]
    parser.add_argument("--goldens", type=Path, default=given[0] if given else DEFAULT)
    parser.add_argument("--list", action="store_true", help="show every difference")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the scores there")
    parser.add_argument(
        "--suite",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "CHECKOUT"),
        help="tests of others, e.g. nemo-en ../NeMo-text-processing or pysbd-en ../pySBD",
    )
    parser.add_argument("names", nargs="*", help="corpus files; all by default")
    options = parser.parse_args()
    found = (
        {name: score_suite(name, Path(path), FrontEnd()) for name, path in options.suite}
        if options.suite
        else scores(options.goldens / "text", options.names)
    )
    for name, score in found.items():
        print(name + (f": not scored: {score.note}" if score.note else ""))
        for question, tally in score.tallies.items():
            print(f"    {question:28} {tally}")
            if options.list and not (options.suite and question not in _LISTED):
                print("".join(f"      - {line}\n" for line in tally.wrong), end="")
        print(f"    {'exceptions':28} {len(score.exceptions):4}")
        print("".join(f"      - {line}\n" for line in score.exceptions), end="")
    if options.json:
        data = {
            name: {q: [t.right, t.total] for q, t in score.tallies.items()}
            | {"exceptions": len(score.exceptions)}
            for name, score in found.items()
        }
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

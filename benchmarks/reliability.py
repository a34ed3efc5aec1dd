"""Is every text spoken in full, or reported as an error? 300 texts, heard by an offline recogniser.

    python benchmarks/reliability.py --out out/reliability --recogniser asr/bin/python
    python benchmarks/reliability.py --out out/reliability --texts 10

Texts are those of `reliability_texts.tsv`: one character to five clauses, English, Chinese and both in one. Each is
spoken once with its number as seed. `--recogniser` names a Python that can run `recognise.py`; without it
lengths, findings of the guard and errors are counted. A run that was stopped goes on where it was: delete the
folder to begin anew.

Reference and transcript are both read by our front end and compared as phones, without tones, stress and
marks, so that "3" is "three" and a homophone is right. A text counts as spoken in full where at most
`MOST_ERRORS` of its phones are wrong and nowhere more than `LONGEST` phones in a row are missing or added, by the best of the
recogniser's hearings; a text of kind `short` also where the recogniser finds it the likeliest of all short texts. The
recogniser's own mistakes count against the voice: `training/teacher_reliability.py` says how many they are.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from recognise import read_lines

from dora_mlx_tts import Synthesizer, TtsError
from dora_mlx_tts.audio.io import write_audio
from dora_mlx_tts.text.frontend import FrontEnd

TEXTS = Path(__file__).with_name("reliability_texts.tsv")
MOST_ERRORS = 0.3
LONGEST = 4
FEW, MOST_ERRORS_OF_FEW = 6, 0.5  # one wrong phone of "OK" is a third of it
HOT = {"temperature": 1.7, "repetition_penalty": 1.0, "top_k": 1025}


@dataclass(frozen=True, slots=True)
class Text:
    """A line of the list."""

    number: int
    kind: str
    voice: str
    language: str
    text: str

    @property
    def reading(self) -> str:
        """The language to read it in: "3" has none of its own."""
        return "auto" if self.kind == "mixed" else self.language


def texts(count: int) -> list[Text]:
    """The first `count`; kinds, voices and lengths are mixed."""
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Text(n, *row) for n, row in enumerate(itertools.islice(rows, count + 1)) if n]


def speak(synthesizer: Synthesizer, wanted: Sequence[Text], folder: Path, hot: bool) -> None:
    """Speak what is not there yet: a WAV file and a line of `spoken.jsonl` each."""
    done = {line["number"] for line in read_lines(folder / "spoken.jsonl")}
    with (folder / "spoken.jsonl").open("a", encoding="utf-8") as file:
        for text in wanted:
            if text.number in done:
                continue
            line = {"number": text.number, "kind": text.kind, "language": text.language}
            line["text"] = text.text
            file.write(json.dumps(line | spoken(synthesizer, text, folder, hot)) + "\n")
            file.flush()


def spoken(synthesizer: Synthesizer, text: Text, folder: Path, hot: bool) -> dict[str, Any]:
    """What became of one text."""
    before, start = synthesizer.stats, time.perf_counter()
    try:
        speech = synthesizer.speak(
            text.text,
            voice=text.voice,
            seed=text.number,
            language=text.reading,
            **(HOT if hot else {}),
        )
    except TtsError as error:
        return {"error": type(error).__name__, "message": str(error)} | found(synthesizer, before)
    seconds = time.perf_counter() - start
    name = f"{text.number:03}.wav"
    write_audio(folder / name, speech.samples, speech.sample_rate)
    length = {"audio_s": round(speech.duration_s, 2), "seconds": round(seconds, 2)}
    return {"file": name, **length} | found(synthesizer, before)


def found(synthesizer: Synthesizer, before: Any) -> dict[str, Any]:  # noqa: ANN401  stats
    """What the guard met on the way."""
    after = synthesizer.stats
    problems = {
        kind: count - before.problems.get(kind, 0)
        for kind, count in after.problems.items()
        if count > before.problems.get(kind, 0)
    }
    return {
        "problems": problems,
        "restarts": after.restarts - before.restarts,
        "continuations": after.continuations - before.continuations,
    }


def phones(front_end: FrontEnd, text: str, language: str = "auto") -> list[str]:
    """How a text sounds, without tones, stress and marks."""
    if not any(character.isalnum() for character in text):
        return []
    try:
        symbols = front_end.phonemize(text, language).symbols
    except TtsError:
        return []
    return [bare for s in symbols if (bare := s.rstrip("0123456789")).isalpha()]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rows of phones side by side.

    Attributes:
        wrong: changed, missing and added phones.
        missing: most phones in a row that were not heard.
        added: most phones in a row that were heard and not written.
        count: phones that were written.
    """

    wrong: int
    missing: int
    added: int
    count: int

    @property
    def full(self) -> bool:
        """Whether the text counts as spoken in full."""
        if self.count <= FEW:
            return self.wrong <= MOST_ERRORS_OF_FEW * self.count
        few = self.wrong <= MOST_ERRORS * self.count
        return few and max(self.missing, self.added) <= LONGEST


def compare(written: Sequence[str], heard: Sequence[str]) -> Comparison:
    """The least number of differences, and the longest gaps of such an alignment."""
    rows = [list(range(len(heard) + 1))]
    for i, one in enumerate(written, 1):
        row = [i]
        for j, other in enumerate(heard, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (one != other)))
        rows.append(row)
    steps = list(_way_back(rows, written, heard))
    longest = {
        kind: max((len(list(run)) for k, run in itertools.groupby(steps) if k == kind), default=0)
        for kind in ("missing", "added")
    }
    return Comparison(rows[-1][-1], longest["missing"], longest["added"], len(written))


def _way_back(
    rows: Sequence[Sequence[int]], written: Sequence[str], heard: Sequence[str]
) -> Iterator[str]:
    i, j = len(written), len(heard)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (written[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            yield "same"
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            yield "missing"
        else:
            j -= 1
            yield "added"


def judged(
    synthesizer: Synthesizer, wanted: Sequence[Text], folder: Path
) -> Iterator[dict[str, Any]]:
    """One record a text, with its outcome: full, flawed, an error's name, or not heard."""
    lines = {line["number"]: line for line in read_lines(folder / "spoken.jsonl")}
    heard = {line["number"]: line for line in read_lines(folder / "heard.jsonl")}
    for text in wanted:
        line = lines[text.number]
        record = {"text": text.text, "voice": text.voice, **line}
        if "error" in line:
            yield record | {"outcome": line["error"]}
        elif text.number not in heard:
            yield record | {"outcome": "not heard"}
        else:
            front_end = synthesizer.prepare(text.voice).front_end
            result, transcript = best_hearing(front_end, text, heard[text.number])
            chosen = heard[text.number].get("chosen") == text.text
            yield record | {
                "heard": transcript,
                "chosen": chosen,
                "wrong": result.wrong,
                "phones": result.count,
                "missing": result.missing,
                "added": result.added,
                "outcome": "full" if result.full or chosen else "flawed",
            }


def best_hearing(front_end: FrontEnd, text: Text, heard: dict[str, Any]) -> tuple[Comparison, str]:
    """The hearing that is nearest to the text."""
    written = phones(front_end, text.text, text.reading)
    reading = "en" if text.reading == "en" else "auto"  # Chinese transcripts hold figures and "OK"
    found = []
    for name, times in (("heard", 1), ("again", 1), ("twice", 2)):
        if name in heard:
            result = compare(written * times, phones(front_end, heard[name], reading))
            found.append((result, heard[name]))
    return min(found, key=lambda one: (not one[0].full, one[0].wrong / max(1, one[0].count)))


def summary(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts by kind and of what the guard met."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    problems: Counter[str] = Counter()
    for record in records:
        by_kind[f"{record['kind']} {record['language']}"][record["outcome"]] += 1
        problems.update(record["problems"])
    rates = [record for record in records if "wrong" in record]
    return {
        "texts": len(records),
        "outcomes": dict(Counter(record["outcome"] for record in records)),
        "by kind": {kind: dict(counts) for kind, counts in sorted(by_kind.items())},
        "only chosen": sum(
            record["chosen"] and record["wrong"] > MOST_ERRORS_OF_FEW * record["phones"]
            for record in rates
        ),
        "wrong phones, %": round(
            100 * sum(r["wrong"] for r in rates) / max(1, sum(r["phones"] for r in rates)), 1
        ),
        "problems": dict(problems),
        "restarts": sum(record["restarts"] for record in records),
        "continuations": sum(record["continuations"] for record in records),
        "audio_s": round(sum(record.get("audio_s", 0) for record in records), 1),
        "seconds": round(sum(record.get("seconds", 0) for record in records), 1),
    }


def table(records: Sequence[dict[str, Any]], result: dict[str, Any]) -> None:
    """Print what went wrong, and the counts."""
    for record in records:
        if record["outcome"] != "full":
            print(f"{record['outcome']:10} {record['text']}")
            print(f"{'':10} {record.get('heard') or record.get('message', '')}")
    print()
    for kind, counts in result["by kind"].items():
        print(f"{kind:12} " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    for name, value in result.items():
        if name != "by kind":
            print(f"{name}: {value}")


def main() -> None:
    """Speak, hear, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of sound and results")
    parser.add_argument("--texts", type=int, default=300, help="how many, from the first")
    parser.add_argument("--recogniser", help="a Python that can run recognise.py")
    parser.add_argument("--hot", action="store_true", help="sample carelessly")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = texts(given.texts)
    synthesizer = Synthesizer.load()
    speak(synthesizer, wanted, given.out, given.hot)
    if given.recogniser:
        script = Path(__file__).with_name("recognise.py")
        subprocess.run([given.recogniser, str(script), str(given.out)], check=True)
    records = list(judged(synthesizer, wanted, given.out))
    result = summary(records)
    table(records, result)
    document = {"machine": harness.machine(), "hot": given.hot, **result, "records": records}
    path = given.out / "result.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {path}", file=sys.stderr)


if __name__ == "__main__":
    main()

"""The corpus: sentences, who reads them, their phones and the teacher's phonemes, as JSON lines.

``corpus.py SOURCE OLD OUT`` with `scripts` on the path: the sentences are ``sentences/*.txt``, those of an older corpus, and
made ones: an assistant's language from templates, rows of words that are seldom said, English words in Chinese sentences,
short sentences in a row. None is near to one of `tests/listen`. SOURCE holds misaki.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import check_strangers
import jieba
import numpy as np
import templates
from speakable import Speakable
from speakers import SPEAKERS, speaker_of

from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.text.en.pronounce.segmenter import _unigrams
from dora_mlx_tts.text.en.pronounce.wordlist import packaged

OTHERS = {
    "en": ("af_bella", "am_fenrir", "bf_emma", "bm_george", "af_nicole", "am_puck"),
    "zh": ("zf_xiaobei", "zm_yunjian"),
}
MODELS = {"en": ("af_heart", "am_michael"), "zh": ("zf_xiaoxiao", "zm_yunxi")}
"""Of the four voices."""
EVERY = (*MODELS["en"], *MODELS["zh"], *OTHERS["en"], *OTHERS["zh"])
OWN, FOREIGN = 0.5, 0.45
"""Shares of sentences read by a starter voice of their language, and by one of the other; blends read the rest."""
MOST_PHONES = 150
RARE = {"en": 1800, "zh": 1300, "mixed": 2600}
"""Made sentences of rare words, and of English words in Chinese ones."""
MADE = {"en": 4200, "zh": 3900, "mixed": 4200}
"""Sentences from the templates of an assistant's language."""
REPEATED = 700
JOINED = 2500
OLDER = 3500
"""Sentences of the older corpus."""
SHORT = 40
"""Phones of a sentence that others may follow in the same utterance."""

Mix = dict[str, float]
Line = tuple[str, str, Mix]


def reader(language: str, rng: np.random.Generator) -> Mix:
    """Who reads a sentence: one of the four voices, or a blend of two of the teacher's that nobody has heard."""
    chance = rng.random()
    if chance < OWN + FOREIGN:
        known = [s.timbre for s in SPEAKERS if (s.language == language) == (chance < OWN)]
        return known[rng.integers(len(known))]
    first, second = rng.choice(EVERY, 2, replace=False)
    share = round(float(rng.uniform(0.3, 0.7)), 2)
    return {str(first): share, str(second): 1.0 - share}


def prosody(voice: Mix, text: str, language: str, rng: np.random.Generator) -> Mix:
    """Whose rhythm and melody it gets: that of its speaker in this language; for a blend, a native's."""
    mixed = language == "zh" and re.search("[A-Za-z]", text)
    if speaker := speaker_of(voice):
        return speaker.melody("mixed" if mixed else language)
    return {str(rng.choice((*MODELS[language], *OTHERS[language]))): 1.0}


def written(folder: Path, rng: np.random.Generator) -> Iterator[Line]:
    """The sentences written for this project, by one of the four voices, an assistant's and mixed ones by more."""
    everyone = [speaker.timbre for speaker in SPEAKERS]
    for path in sorted(folder.glob("*.txt")):
        language = path.stem.split("_")[-1]
        times = 4 if "assistant" in path.stem else 2 if language == "mixed" else 1
        language = {"mixed": "zh"}.get(language, language)
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
            for chosen in rng.permutation(len(everyone))[:times]:
                yield line, language, everyone[chosen]


class Tests:
    """The sentences that voices are judged by, and whether another one is too near to one of them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        self._whole: set[tuple[str, ...]] = set()
        self._pairs: list[set[tuple[str, str]]] = []
        for folder in folders:
            for text in check_strangers.read_set(folder).values():
                own = check_strangers.units(text)
                self._whole.add(tuple(own))
                self._runs |= set(runs(own))
                if len(own) >= check_strangers._FEW:
                    self._pairs.append(set(pairwise(own)))

    def near(self, text: str) -> bool:
        own = check_strangers.units(text)
        theirs = set(pairwise(own))
        most = check_strangers.LARGEST_SHARE
        return (
            tuple(own) in self._whole
            or not self._runs.isdisjoint(runs(own))
            or any(len(pairs & theirs) > most * len(pairs) for pairs in self._pairs)
        )


def runs(units: Sequence[str]) -> Iterator[tuple[str, ...]]:
    size = check_strangers.LONGEST_RUN + 1
    return (tuple(units[at : at + size]) for at in range(len(units) - size + 1))


def english_words(most: int) -> list[str]:
    """The most frequent words that the dictionary knows."""
    known = packaged("cmudict.bin")
    plain = (re.split(rb"[^a-z]", line, maxsplit=1)[0].decode() for line in known._lines)
    counted = ((_unigrams().log_count(w), w) for w in set(plain) if len(w) > 2)
    return [w for n, w in sorted(((n, w) for n, w in counted if n), reverse=True)[:most]]


def chinese_words(most: int) -> list[str]:
    jieba.initialize()
    words = ((n, w) for w, n in jieba.dt.FREQ.items() if n and re.fullmatch("[一-鿿]{2,4}", w))
    return [w for n, w in sorted(words, reverse=True)[:most]]


def rare(rng: np.random.Generator, chinese: list[str]) -> Iterator[tuple[str, str]]:
    """Rows of words, so that no word is strange; and Chinese sentences with English words in them."""
    english, common, words = english_words(24_000), english_words(5000), chinese_words(24_000)
    for _ in range(RARE["en"]):
        row = list(rng.choice(english, rng.integers(4, 9)))
        row[1 : len(row) - 1] = [w + "," * bool(rng.random() < 0.15) for w in row[1:-1]]
        yield " ".join(row).capitalize() + str(rng.choice([".", ".", ".", "?", "!"])), "en"
    for _ in range(RARE["zh"]):
        row = list(rng.choice(words, rng.integers(3, 7)))
        marks = rng.choice(["", "", "，", "的", "和"], len(row) - 1)
        yield "".join(a + b for a, b in zip(row, [*marks, "。"], strict=True)), "zh"
    for text in rng.choice(chinese, RARE["mixed"]):
        pieces = list(jieba.cut(str(text)))
        places = [i for i, w in enumerate(pieces) if len(w) > 1 and "一" <= w[0] <= "鿿"]
        for place in rng.permutation(places)[: 1 + int(rng.random() < 0.4)]:
            pieces[place] = f" {rng.choice(common)} "
        yield "".join(pieces), "zh"


def joined(short: dict[str, list[str]], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Two or three short sentences, as a caller may send them."""
    for _ in range(JOINED):
        language = str(rng.choice(list(short)))
        row = rng.choice(short[language], 2 + int(rng.random() < 0.3), replace=False)
        yield (" " if language == "en" else "").join(map(str, row)), language


def main() -> None:
    source, old, out = map(Path, sys.argv[1:4])
    rng = np.random.default_rng(12)
    read = cache(Speakable(source).read)
    tests = Tests([check_strangers.STRANGERS, check_strangers.STRANGERS.parent])
    with gzip.open(old, "rt", encoding="utf-8") as file:
        known = sorted({(d["t"], d["l"]) for d in map(json.loads, file)})
    fresh = list(written(Path("sentences"), rng))
    texts = sorted({(t, language) for t, language, _ in fresh} | set(known))
    made = list(rare(rng, [t for t, language in texts if language == "zh" and t.isprintable()]))
    short: dict[str, list[str]] = {"en": [], "zh": []}
    for text, language in texts:
        if text[-1] in ".?!。？！" and len(text) < (SHORT if language == "en" else SHORT // 3):
            short[language].append(text)
    made += joined(short, rng)
    made += [one for kind, count in MADE.items() for one in templates.made(kind, count, rng)]
    made += templates.repeated(REPEATED, rng)
    again = [known[i] for i in rng.permutation(len(known))[:OLDER]]
    lines = fresh + [(t, language, reader(language, rng)) for t, language in made + again]
    lines = [lines[i] for i in rng.permutation(len(lines))]  # should the time run out
    refused = 0
    with gzip.open(out, "wt", encoding="utf-8") as file:
        for text, language, voice in lines:
            try:
                phones, spoken, owners = read(text, language)
            except (TtsError, KeyError, AssertionError) as error:
                refused += 1
                print(f"{text}: {error!r}")
                continue
            if tests.near(text) or len(phones) > MOST_PHONES:
                refused += 1
                continue
            cut = 2 * spoken.startswith(". ")  # a short text's pause is ours alone
            record = {
                "t": text, "l": language, "v": voice, "m": prosody(voice, text, language, rng),
                "p": phones, "k": spoken[cut:], "o": owners[cut:],
            }  # fmt: skip
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(len(lines) - refused, "lines,", refused, "refused")


if __name__ == "__main__":
    main()

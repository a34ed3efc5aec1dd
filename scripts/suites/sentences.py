"""Test suites of sentence splitters: the golden rules of pySBD and the tests of sentencex, in a checkout of theirs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner

_PYSBD_FILES = {"en": "test_english.py", "zh": "test_chinese.py", "ja": "test_japanese.py"}
_LOOSE = re.compile(
    r"\w ['’]{1,2} |(?<=\w) [.!?](?= [^.!?\s]|$)|['’]{2}|`|^['’] | ['’] |[a-z0-9]{2}\.[A-Z][a-z]"
)
"""Signs of a corpus in tokens, of TeX's quotation marks and of missing blanks: not as people write."""


@dataclass(frozen=True, slots=True)
class Divided:
    """A text and the sentences that a suite wants."""

    text: str
    sentences: tuple[str, ...]

    @property
    def is_prose(self) -> bool:
        """Whether it is written as people write."""
        return bool(self.text.strip()) and _LOOSE.search(self.text) is None


def pysbd(checkout: Path, language: str) -> Iterator[Divided]:
    """The golden rules: pairs of a text and its sentences in a Python file, which is not run."""
    for file in sorted(checkout.rglob(_PYSBD_FILES.get(language, "no such file"))):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and "GOLDEN" in ast.unparse(node.targets[0]):
                yield from _pairs(node.value)


def _pairs(rules: ast.expr) -> Iterator[Divided]:
    for rule in rules.elts if isinstance(rules, ast.List | ast.Tuple) else ():
        parts = rule.args if isinstance(rule, ast.Call) else getattr(rule, "elts", ())
        text, sentences = map(ast.literal_eval, parts[:2])
        yield Divided(text, tuple(sentences))


def sentencex(checkout: Path, language: str) -> Iterator[Divided]:
    """Blocks of a text and its sentences, one per line."""
    for file in sorted(checkout.rglob(f"tests/{language}.txt")):
        for block in file.read_text("utf-8").split("\n===\n"):
            above, mark, below = block.partition("\n---\n")
            text = "\n".join(line for line in above.splitlines() if not line.startswith("#"))
            wanted = (line for line in below.splitlines() if line.strip() and line[0] != "#")
            if mark and text.strip():
                yield Divided(text.strip("\n"), tuple(wanted))


DIVIDED: dict[str, Callable[[Path, str], Iterator[Divided]]] = {
    "pysbd": pysbd,
    "sentencex": sentencex,
}
"""Readers by the name of the suite: of a checkout and a language code."""


def scanned(text: str, step: int = 0) -> list[str]:
    """The sentences of a text, whole or in pieces of so many characters; its markup is text."""
    scanner = SentenceScanner(ScannerOptions(markup=False))
    size = step or max(len(text), 1)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [one.text for one in [*(s for p in pieces for s in scanner.feed(p)), *scanner.flush()]]


def bare(sentences: Sequence[str]) -> list[str]:
    """Sentences without blanks and bullets; what holds no letter is left out."""
    plain = (re.sub(r"[\s•⁃*_`#]+", "", one) for one in sentences)
    return [one for one in plain if re.search(r"\w", one)]


def borders(sentences: Sequence[str]) -> set[int]:
    """Characters before each border between sentences."""
    return set(accumulate(map(len, sentences[:-1])))

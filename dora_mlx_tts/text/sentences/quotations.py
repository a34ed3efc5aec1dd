"""Quotations and brackets, which stay in one piece where they fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dora_mlx_tts.text.sentences.lengths import LONG, length_of, lengths
from dora_mlx_tts.text.sentences.scanner import Sentence

_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")", "【": "】"}


def join_quotations(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Sentences, those of one quotation together while they fit into a piece."""
    group: Sentence | None = None
    length, waiting = 0.0, list[str]()
    for sentence in sentences:
        more = length_of(sentence.text)
        if group and waiting and length + more <= LONG and sentence.gap != "\n":
            group, length = group.joined(sentence, " " if sentence.gap else ""), length + more
        else:
            if group:
                yield group
            group, length, waiting = sentence, more, []
        for char in sentence.text:
            _follow(char, waiting)
    if group:
        yield group


def depths(text: str) -> list[int]:
    """For each character, how many quotations and brackets are open behind it."""
    waiting: list[str] = []
    found: list[int] = []
    for char in text:
        _follow(char, waiting)
        found.append(len(waiting))
    return found


def quotation_fits(text: str, depth: Sequence[int]) -> bool:
    """Whether no stretch in quotation marks or brackets is too long for one piece."""
    length = 0.0
    for size, level in zip(lengths(text), depth, strict=True):
        length = length + size if level else 0.0
        if length > LONG:
            return False
    return True


def _follow(char: str, waiting: list[str]) -> None:
    """Take one more character; `waiting` holds the signs that close what is open."""
    if waiting and char == waiting[-1]:
        waiting.pop()
    elif char == '"':
        waiting.append(char)
    elif char in _PAIRS:
        waiting.append(_PAIRS[char])

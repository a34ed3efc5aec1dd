"""Divide Hanzi into words with their part of speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dora_mlx_tts.text.zh.segment.dictionary import UNKNOWN, word_list
from dora_mlx_tts.text.zh.segment.hidden_markov import cut_unknown
from dora_mlx_tts.text.zh.segment.plain_markov import cut_plain

_TWO = 2
_INNER_SIZES = (2, 3)
"""Characters of the words that are looked for inside a longer one."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its part of speech in jieba's tag set.

    `fixed` holds the pinyin of a word that the user gave a reading; it is never joined or changed.
    """

    text: str
    tag: str
    fixed: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.text)


def segment(text: str, *, before_stop: bool = False) -> list[Word]:
    """Divide a run of Hanzi: the likeliest path through the dictionary, then the Markov model.

    Gives what jieba's `posseg.cut` gives. jieba takes a full stop for a letter, so that single
    characters before one are always left to the model; `before_stop` says that one follows.
    """
    dictionary = word_list()
    words: list[Word] = []
    singles = ""
    for piece in _likeliest_path(text):
        if len(piece) == 1:
            singles += piece
            continue
        words.extend(_tag_singles(singles))
        singles = ""
        words.append(Word(piece, (dictionary.entry(piece) or UNKNOWN).tag))
    words.extend(_tag_singles(singles, guess=before_stop))
    return words


def _likeliest_path(text: str) -> Iterator[str]:
    dictionary = word_list()
    size = len(text)
    score = [0.0] * (size + 1)
    end_of = [0] * size
    for i in range(size - 1, -1, -1):
        words = dictionary.group(text[i])
        score[i], end_of[i] = max(
            (
                (entry.score + score[end], end)
                for end in range(i + 1, min(i + words.longest, size) + 1)
                if (entry := words.get(text[i:end]))
            ),
            default=(UNKNOWN.score + score[i + 1], i + 1),
        )
    at = 0
    while at < size:
        yield text[at : end_of[at]]
        at = end_of[at]


def _tag_singles(run: str, *, guess: bool = False) -> Iterator[Word]:
    """Words in a run that the dictionary could only divide into single characters."""
    dictionary = word_list()
    if guess or (len(run) > 1 and run not in dictionary):
        for text, tag in cut_unknown(run):
            yield Word(text, tag)
        return
    for char in run:
        yield Word(char, (dictionary.entry(char) or UNKNOWN).tag)


def _untagged(text: str) -> Iterator[str]:
    """Words of a text as jieba's plain `cut` gives them."""
    singles = ""
    for piece in (*_likeliest_path(text), ""):
        if len(piece) == 1:
            singles += piece
            continue
        is_known = len(singles) < _TWO or singles in word_list()
        yield from singles if is_known else cut_plain(singles)
        singles = ""
        if piece:
            yield piece


def shortest_part(word: str) -> str:
    """Shortest dictionary word inside `word`, the first of equals; `word` itself if none."""
    dictionary = word_list()
    parts: list[str] = []
    for piece in _untagged(word):
        for size in _INNER_SIZES:
            if size < len(piece):
                inner = (piece[i : i + size] for i in range(len(piece) - size + 1))
                parts.extend(part for part in inner if part in dictionary)
        parts.append(piece)
    return min(parts, key=len, default=word)

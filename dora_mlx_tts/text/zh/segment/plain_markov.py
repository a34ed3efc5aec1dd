"""Unknown words by jieba's smaller hidden Markov model, which knows no parts of speech.

The two models divide some runs differently (小李给 is 小李 and 给 for one, 小 and 李给 for the other),
and the reference asks this one where a word falls into two parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.zh.packages import package_file

_STATES = "BMES"
"""A character begins a word, is inside one, ends one, is one."""
_BEFORE = {"B": "ES", "M": "MB", "S": "SE", "E": "BM"}
_LONGEST_RUN = 64
"""Longer runs of single characters are no language; they are read in pieces."""
_IMPOSSIBLE = -3.14e100
_EMISSIONS = re.compile(r"'([BMES])': \{([^}]*)\}")


def cut_plain(text: str) -> Iterator[str]:
    """Divide a run of Hanzi into words."""
    for start in range(0, len(text), _LONGEST_RUN):
        yield from _cut(text[start : start + _LONGEST_RUN])


def _cut(text: str) -> Iterator[str]:
    begin = 0
    for i, state in enumerate(_best_path(text)):
        if state in "ES":
            yield text[begin : i + 1]
            begin = i + 1
    if begin < len(text):
        yield text[begin:]


def _best_path(text: str) -> str:
    start, step = _table("prob_start"), _table("prob_trans")
    best = {s: (start[s] + _emission(s, text[0]), s) for s in _STATES}
    for char in text[1:]:
        best = {
            s: max(
                (best[p][0] + step[p].get(s, _IMPOSSIBLE) + _emission(s, char), best[p][1] + s)
                for p in _BEFORE[s]
            )
            for s in _STATES
        }
    return max(best[s] for s in "ES")[1]


@lru_cache(maxsize=4096)
def _emission(state: str, char: str) -> float:
    """Log probability of a character in a state; the table stays the text that it is."""
    found = re.search(rf"'\\u{ord(char):04x}': ([-+.\de]+)", _emissions()[state])
    return float(found[1]) if found else _IMPOSSIBLE


@cache
def _emissions() -> Mapping[str, str]:
    tables = dict(_EMISSIONS.findall(_text("prob_emit")))
    if len(tables) != len(_STATES):
        raise LanguageError(
            "jieba's table of emissions is not laid out as in jieba 0.42; install jieba 0.42.1"
        )
    return tables


@cache
def _table(name: str) -> Any:  # noqa: ANN401 - the two tables have each their own form
    return json.loads(_text(name).partition("P=")[2].replace("'", '"'))


def _text(name: str) -> str:
    return package_file("jieba", f"finalseg/{name}.py").read_text(encoding="utf-8")

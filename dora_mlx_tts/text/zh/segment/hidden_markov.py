"""Words that are in no dictionary, found by jieba's hidden Markov model.

The search is the usual Viterbi algorithm in the log domain; for the tables see `markov_tables.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dora_mlx_tts.text.zh.segment.dictionary import UNKNOWN_TAG
from dora_mlx_tts.text.zh.segment.markov_tables import State, Tables, tables

_IMPOSSIBLE = -3.14e100
_NEVER = float("-inf")
_LONGEST_RUN = 64
"""Longer runs of single characters are no language; they are read in pieces."""


def cut_unknown(text: str) -> Iterator[tuple[str, str]]:
    """Divide a run of Hanzi into (word, tag) by the model."""
    model = tables()
    start = 0
    for i, char in enumerate(text):
        if not model.states(char):
            yield from _cut_known(text[start:i])
            yield char, UNKNOWN_TAG
            start = i + 1
        elif i - start == _LONGEST_RUN:
            yield from _cut_known(text[start:i])
            start = i
    yield from _cut_known(text[start:])


@lru_cache(maxsize=4096)
def _cut_known(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_words_of_path(text)) if text else ()


def _words_of_path(text: str) -> Iterator[tuple[str, str]]:
    path = _best_path(text)
    begin = done = 0
    for i, (position, tag) in enumerate(path):
        if position == "B":
            begin = i
        elif position in "ES":
            yield text[begin if position == "E" else i : i + 1], tag
            done = i + 1
    if done < len(text):
        yield text[done:], path[done][1]


def _best_path(text: str) -> list[State]:
    model = tables()
    scores = {s: model.start[s] + _emit(model, s, text[0]) for s in model.states(text[0])}
    back: list[dict[State, State]] = []
    for char in text[1:]:
        scores, origin = _advance(model, scores, char)
        back.append(origin)
    state = max(scores.items(), key=lambda item: (item[1], item[0]))[0]
    path = [state]
    for origin in reversed(back):
        state = origin[state]
        path.append(state)
    return path[::-1]


def _advance(
    model: Tables, scores: dict[State, float], char: str
) -> tuple[dict[State, float], dict[State, State]]:
    previous = {s: score for s, score in scores.items() if model.step[s]}
    reachable = {s for p in previous for s in model.step[p]}
    states = reachable.intersection(model.states(char)) or reachable or set(model.states(char))
    new: dict[State, float] = {}
    origin: dict[State, State] = {}
    for state in states:
        steps = model.incoming.get(state, {})
        best, origin[state] = max(
            ((previous[p] + steps[p], p) for p in steps.keys() & previous),
            default=(_NEVER, max(scores)),
        )
        new[state] = best + _emit(model, state, char)
    return new, origin


def _emit(model: Tables, state: State, char: str) -> float:
    return model.emit(char).get(state, _IMPOSSIBLE)

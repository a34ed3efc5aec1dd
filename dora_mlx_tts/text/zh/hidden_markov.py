"""Words that are in no dictionary, found by jieba's hidden Markov model.

States are pairs of position in the word (Begin, Middle, End, Single) and part of speech. The
tables are jieba's (package `jieba`, MIT); the search is the usual Viterbi algorithm in the log
domain.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.zh.dictionary import UNKNOWN_TAG
from dora_mlx_tts.text.zh.packages import package_file

State = tuple[str, str]

_IMPOSSIBLE = -3.14e100
_NEVER = float("-inf")
_LONGEST_RUN = 64
"""Longer runs of single characters are no language; they are read in pieces."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Log probabilities of the model, and the states each character may take."""

    states: Mapping[str, tuple[State, ...]]
    start: Mapping[State, float]
    step: Mapping[State, Mapping[State, float]]
    emit: Mapping[State, Mapping[str, float]]
    incoming: Mapping[State, Mapping[State, float]]


def _table(name: str) -> Any:  # noqa: ANN401 - four tables of different types
    """The one constant of a data module of jieba.

    Loaded from its file because importing it as `jieba.posseg.…` would first build jieba's
    dictionary.
    """
    path = package_file("jieba", f"posseg/{name}.py")
    spec = importlib.util.spec_from_file_location(f"_jieba_{name}", path)
    if spec is None or spec.loader is None:
        raise LanguageError(f"the data file {path} of jieba cannot be read; reinstall jieba")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.P


@cache
def tables() -> Tables:
    """The model of jieba, read once a process."""
    step = _table("prob_trans")
    incoming: dict[State, dict[State, float]] = {}
    for origin, targets in step.items():
        for target, probability in targets.items():
            incoming.setdefault(target, {})[origin] = probability
    return Tables(
        states=_table("char_state_tab"),
        start=_table("prob_start"),
        step=step,
        emit=_table("prob_emit"),
        incoming=incoming,
    )


def cut_unknown(text: str) -> Iterator[tuple[str, str]]:
    """Divide a run of Hanzi into (word, tag) by the model."""
    known = tables().states
    start = 0
    for i, char in enumerate(text):
        if char not in known:
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
    scores = {s: model.start[s] + _emit(model, s, text[0]) for s in model.states[text[0]]}
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
    states = reachable.intersection(model.states[char]) or reachable or set(model.states[char])
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
    return model.emit[state].get(char, _IMPOSSIBLE)

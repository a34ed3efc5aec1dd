"""The tables of jieba's hidden Markov model, read as the text they are.

jieba (MIT) keeps them as Python literals of several megabytes. Importing them would first build
jieba's dictionary, and data need not be executed: the files are divided where one state or
character ends, and each part is parsed when it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.zh.packages import package_file

State = tuple[str, str]
"""Position in the word (Begin, Middle, End, Single) and part of speech."""

_FEWEST_STATES = 100
_FEWEST_CHARACTERS = 1000
_STATE = re.compile(r"\('(\w)',\s*'(\w+)'\)")
_GROUP = re.compile(r"\('(\w)',\s*'(\w+)'\):\s*\{([^}]*)\}")
_VALUE = re.compile(r"\('(\w)',\s*'(\w+)'\):\s*([-+.\de]+)")


@dataclass(frozen=True, slots=True)
class Tables:
    """Log probabilities of the model, and the states each character may take.

    Attributes:
        start: of the first state.
        step: of one state after another, by origin.
        incoming: the same by target.
    """

    start: Mapping[State, float]
    step: Mapping[State, Mapping[State, float]]
    incoming: Mapping[State, Mapping[State, float]]
    _emit: Mapping[State, str]
    _states: Mapping[str, str]
    _parsed: dict[State, dict[str, float]] = field(default_factory=dict)
    _known: dict[str, tuple[State, ...]] = field(default_factory=dict)

    def emit(self, state: State) -> Mapping[str, float]:
        """Log probabilities of the characters in a state."""
        found = self._parsed.get(state)
        if found is None:
            text = self._emit.get(state, "").replace("'", '"')
            found = self._parsed[state] = json.loads(f"{{{text}}}")
        return found

    def states(self, char: str) -> tuple[State, ...]:
        """States a character may take; none for a character the model does not know."""
        found = self._known.get(char)
        if found is None:
            pairs = _STATE.findall(self._states.get(char, ""))
            found = self._known[char] = tuple((position, tag) for position, tag in pairs)
        return found


@cache
def tables() -> Tables:
    """The model of jieba, opened once a process.

    Raises:
        LanguageError: jieba's files are missing or laid out otherwise.
    """
    step = {
        (p, tag): {(q, t): float(value) for q, t, value in _VALUE.findall(inner)}
        for p, tag, inner in _GROUP.findall(_text("prob_trans"))
    }
    incoming: dict[State, dict[State, float]] = {}
    for origin, targets in step.items():
        for target, probability in targets.items():
            incoming.setdefault(target, {})[origin] = probability
    found = Tables(
        start={(p, tag): float(value) for p, tag, value in _VALUE.findall(_text("prob_start"))},
        step=step,
        incoming=incoming,
        _emit={(p, tag): inner for p, tag, inner in _GROUP.findall(_text("prob_emit"))},
        _states=_characters(_text("char_state_tab")),
    )
    if min(len(found.start), len(step), len(found._emit)) < _FEWEST_STATES:
        raise _changed("states")
    return found


def _text(name: str) -> str:
    return package_file("jieba", f"posseg/{name}.py").read_text(encoding="utf-8")


def _characters(text: str) -> dict[str, str]:
    """For each character the text of its states."""
    parts = re.split(r"'\\u([0-9a-f]{4})': ", text)
    if len(parts) < _FEWEST_CHARACTERS:
        raise _changed("characters")
    return {
        chr(int(code, 16)): states for code, states in zip(parts[1::2], parts[2::2], strict=True)
    }


def _changed(what: str) -> LanguageError:
    return LanguageError(
        f"jieba's table of {what} is not laid out as in jieba 0.42; install jieba 0.42.1"
    )

"""Regular-expression pieces shared by the rules, and what every replacement needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.words import listed

INTEGER = r"(?:\d{1,3}(?:,\d{3})+(?!\d|,\d{3})|\d++)"
NUMBER = rf"(?:{INTEGER}(?:\.\d++|(?!\.\d))|(?<!\.)\.\d++)"
"""A number without sign. Start it with `NOT_INSIDE`, or the time is quadratic on long figures."""
PART = r"(?:\d{1,3}[ -])?\d{1,3}/\d{1,3}(?![\d/])"
"""A fraction of figures, with or without a whole number before it: `1 1/2`."""
NOT_INSIDE = r"(?<![\d.])(?<!\d,)"
"""What may not stand before a number: it would be the middle of another one."""
DASH = r"[-–—−~]"
MAGNITUDE = r"(?:hundred|thousand|million|billion|trillion|mn|bn|tn|[KMBTkm])"
MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mm": "million",
    "mil": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
SENTENCE_STARTERS = listed(
    "An And As At But By For He Her Here His How However I If In It Its Let My No Not Now On Or Our She So "
    "Some That The Their Then There These They This Those To Today Tomorrow We Well What When Where Which "
    "Who Why With Yes You Your"
)
NEW_SENTENCE = (
    rf"(?=\s*+(?:$|[\"'”’)\]]*+\s*+\Z)|\s++(?:{'|'.join(SENTENCE_STARTERS)}|A(?= [a-z]))\b)"
)
"""After the dot of an abbreviation: the dot ends the sentence as well."""


def alternatives(words: Iterable[str]) -> str:
    """Regular expression of words or signs, the longest first, those with the same first letter together."""
    groups: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        groups.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in groups.items())


def magnitude(sign: str | None) -> str:
    """The word of a magnitude sign or word (` million`), or nothing; with a leading blank."""
    if not sign:
        return ""
    word = sign.strip(" -").lower()
    return f" {MAGNITUDES.get(word, word)}"


def spaced(match: re.Match[str], words: str) -> str:
    """Words set off by blanks from letters and figures that touch the match."""
    text, (start, end) = match.string, match.span()
    left = " " if start and text[start - 1].isalnum() else ""
    right = " " if end < len(text) and text[end].isalnum() else ""
    return f"{left}{words}{right}"


Replacement = str | Callable[[re.Match[str]], str | None]


class Rule(NamedTuple):
    """What is written in the place of a pattern.

    Attributes:
        pattern: what is found.
        replace: the words, or a function that gives them or None.
        needs: characters of which the text must have one, or the search is in vain; "" for any text.
    """

    pattern: re.Pattern[str]
    replace: Replacement
    needs: str = ""


def apply_rules(text: AlignedText, rules: Iterable[Rule]) -> AlignedText:
    """Apply rules in order; those that cannot match are not even searched for."""
    present = frozenset(text.text)
    for pattern, replace, needs in rules:
        if needs and present.isdisjoint(needs):
            continue
        new = text.sub(pattern, replace)
        if new is not text:
            text, present = new, frozenset(new.text)
    return text

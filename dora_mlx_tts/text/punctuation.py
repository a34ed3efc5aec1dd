"""What a full stop, an abbreviation or a closing sign means for the end of a sentence."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

HARD_STOPS = frozenset("。！？!?｡‼⁇⁈⁉")
DOTS = frozenset(".．")
ELLIPSES = frozenset("…⋯")
DASHES = frozenset("—–―")
CLOSERS = frozenset("”’\"'）)】]》」』›»")
CLAUSE_MARKS = frozenset("，、；：,;:")
OPENING_BRACKETS = frozenset("(（")
CLOSING_BRACKETS = frozenset(")）")

_TOKEN = re.compile(r"[^\s\"'“”‘’(（\[【《「『]+$")
_LETTERS = re.compile(r"[a-z](?:\.[a-z])+")  # J.R.R., a.k.a.
_LONGEST_TOKEN = 24


@cache
def _words(kind: str) -> frozenset[str]:
    """A word list of `punctuation.json`.

    never_last: abbreviations that something always follows. before_number: abbreviations only
    before a number. months_and_days: likewise, shortened names. last_before_starter: may end a
    sentence, but only a word of `starters` shows it. last_before_capital: end a sentence before
    any capital that does not begin one of `time_words`. labels: words after which a single capital
    is a name of its own, not an initial.
    """
    data = resources.files(__package__).joinpath("punctuation.json").read_text("utf-8")
    return frozenset(json.loads(data)[kind].split())


def token_before_stop(text: str) -> tuple[str, str]:
    """The word that the full stop `text` ends with belongs to, and the word before that."""
    tail = text[-3 * _LONGEST_TOKEN :]
    stop = tail.rstrip()[:-1]
    match = _TOKEN.search(stop)
    if not match:
        return "", ""
    before = _TOKEN.search(stop[: match.start()].rstrip())
    return match.group(), before.group() if before else ""


def never_ends(word: str, before: str, following: str) -> bool:
    """Whether the stop after `word` ends no sentence, `following` being the next character."""
    known = _word(word)
    if known in _words("never_last"):
        return True
    if following.isdigit():
        return known in _words("before_number") or known in _words("months_and_days")
    is_initial = len(word) == 1 and word.isascii() and word.isupper()
    if is_initial and following.isupper():
        is_pronoun = word == "I" and before[:1].islower()
        return before.lower() not in _words("labels") and not is_pronoun
    return False


def may_end(token: str) -> bool:
    """Whether the next word has to be known to tell if the stop after `token` ends a sentence."""
    return _needs_starter(token) or _word(token) in _words("last_before_capital")


def next_word_ends(token: str, word: str, *, is_whole: bool) -> bool | None:
    """Whether `word`, a capital first, shows that `token` was the last of its sentence.

    None while the rest of the word has to be known.
    """
    begun = word.lower()
    if _needs_starter(token):
        return begun in _words("starters") if is_whole else None
    if is_whole:
        return begun not in _words("time_words")
    return None if any(known.startswith(begun) for known in _words("time_words")) else True


def _needs_starter(token: str) -> bool:
    word = _word(token)
    if word in _words("last_before_capital"):
        return False
    return word in _words("last_before_starter") or _LETTERS.fullmatch(word) is not None


def _word(token: str) -> str:
    return token.lower().lstrip("-–—/")


def is_east_asian(char: str) -> bool:
    """Whether `char` is written without blanks: Han, kana, Hangul and their punctuation."""
    return (
        "\u2e80" <= char <= "\u9fff"
        or "\uac00" <= char <= "\ud7ff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff01" <= char <= "\uffef"
        or char >= "\U00020000"
    )

"""Citation marks, which are not spoken: `[1]`, `[2, 3]`, `[citation needed]`, `【4†source】`."""

from __future__ import annotations

import re

LONGEST_MARK = 120
"""Maximum length of a mark in other than square brackets."""

MARK_STARTS = frozenset("【\ue200")
"""Opening characters of such a mark; some models use private characters as brackets."""

_NUMBER = r"\[[1-9]\d{0,2}\]"
_NUMBERS = r"\[[1-9]\d{0,2}(?:\s?[,，、;–-]\s?[1-9]\d{0,2})+\]"
_WORDS = r"\[(?i:cite(?:_start|_end)?(?:\s?:[^\[\]]*)?|citation needed|来源请求)\]"
_MARK = r"【\d{1,3}(?:[:,、 ]\d{0,3})*(?:†[^【】\n]*)?】|\ue200[^\ue200\ue201\n]*\ue201"
_MARK_SO_FAR = re.compile(r"【(?:\d[:,、\d ]*(?:†[^【】\n]*)?】?)?|\ue200[^\ue200\ue201\n]*\ue201?")
_LABEL = re.compile(_NUMBER)
_LABELS = re.compile(_NUMBERS)
_WORDY = re.compile(_WORDS)
_WHOLE_MARK = re.compile(_MARK)
_LISTED = frozenset("：:=为是")
"""Behind these brackets hold a list."""
LOOK_BACK = 24
"""So many characters in front of a bracket decide."""
_INDEXED = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:[A-Za-z]|list|lst|arr|array|nums|int|args|argv|dict|tuple|matrix|grid|vector|vec|dp|df|buf)"
    r"|(?<=[\u3400-\u9fff])[ ]?(?:data|rows?|cols?|items|keys|values|str|char|num|result|results|res|words|names|scores|lines|users)"
    r"|[a-z]_[a-z0-9_]{1,20})(?:\[[^\[\]]{1,12}\]){0,3}$"
)
"""Behind a letter and what programs call their data a bracket holds an index: list[3]."""
CITATION = re.compile(
    rf"{_WORDS}|{_MARK}|(?<![{''.join(sorted(_LISTED))}])(?<![：:=][ ])(?:{_NUMBER}|(?<=\S){_NUMBERS})"
)
"""Matches what may be a citation mark in a whole text."""


def without_citation(match: re.Match[str]) -> str | None:
    """Nothing in place of a mark; None if it is an index."""
    before = match.string[max(0, match.start() - LOOK_BACK) : match.start()]
    return None if _INDEXED.search(before) else ""


def is_citation(label: str, before: str) -> bool:
    """Whether a label in square brackets names sources.

    Args:
        label: with its brackets.
        before: up to `LOOK_BACK` characters in front of it.
    """
    last, second = before[-1:], before[-2:-1]
    if _INDEXED.search(before):
        return False
    if last in _LISTED or (last == " " and second in _LISTED):
        return False
    if _LABEL.fullmatch(label) or _WORDY.fullmatch(label):
        return True
    return bool(last.strip()) and _LABELS.fullmatch(label) is not None


def may_be_mark(text: str) -> bool:
    """Whether `text`, from its bracket on, can still become a mark."""
    return len(text) <= LONGEST_MARK and _MARK_SO_FAR.fullmatch(text) is not None


def is_mark(text: str) -> bool:
    """Whether `text` is a mark such as `【4†source】`."""
    return _WHOLE_MARK.fullmatch(text) is not None

"""Marks of citations, which are there for the eye: `[1]`, `[2, 5–7]`, `[citation needed]`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_NUMBERS = r"\[\^?[1-9]\d{0,2}(?:\s?[,;–-]\s?\^?[1-9]\d{0,2}){0,8}\]"
_MARK = expression(
    rf"(?P<word>[A-Za-z]{{1,40}})?(?P<end>[.,;:!?\"')%\d]{{0,3}})(?P<blank>\s?)(?P<mark>{_NUMBERS}(?:\s?[,–-]?\s?{_NUMBERS}){{0,8}})"
)
_WORDED = expression(r"\s?\[(?:citation needed|who\?|note \d{1,2}|edit|sic)\]")
_HOLDERS = word_set(
    "list lst arr array nums int args argv dict dp df buf vector vec grid tuple set range interval matrix values numbers returns return prints print outputs "
    "is are equals in index indices slice input output result from to"
)
"""Behind these a bracket holds something to be read."""


def _mark(match: re.Match[str]) -> str | None:
    """The text before the mark, if the mark is a citation."""
    word, end, blank = match["word"] or "", match["end"], match["blank"]
    if not (word or end) or word.lower() in _HOLDERS or (len(word) == 1 and not end and not blank):
        return None
    if end.endswith(":") or (not word and end.isdecimal()):
        return None
    return word + end


def apply(text: AlignedText) -> AlignedText:
    """`It froze.[1] Then` → It froze. Then."""
    if "[" not in text.text:
        return text
    return text.sub(_WORDED, "").sub(_MARK, _mark)

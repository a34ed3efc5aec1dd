"""Numbers and letters in front of the items of a list that stands within a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

BULLETS = frozenset("•⁃▪●‣◦")
"""Signs that begin an item, wherever they stand behind a blank."""

LABEL_ENDS = frozenset(")）")
"""Brackets behind a label."""

_LABEL = re.compile(
    r"(?:^|(?<=[\s•⁃▪●‣◦])|(?<=\D[:：]))[(（]?(?:(\d{1,3})|([a-zA-H]))([.．]?[)）]|[.．])\s?$"
)
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Label:
    """What a text ends with that may number an item.

    Attributes:
        number: the place that it says; of a letter its place in the alphabet.
        is_letter: whether it is a letter.
        bracketed: whether a bracket closes it.
        text: as it is written.
        begins: whether nothing but a bullet, or a colon, stands before it.
        is_capital: whether it is a capital, which is as often an initial or the end of a sentence.
    """

    number: int
    is_letter: bool
    bracketed: bool
    text: str
    begins: bool
    is_capital: bool = False

    def follows(self, other: Label | None) -> bool:
        """Whether it numbers the item behind another."""
        return (
            other is not None
            and self.number == other.number + 1
            and (self.is_letter, self.bracketed) == (other.is_letter, other.bracketed)
        )


def label_of(text: str, *, is_whole: bool) -> Label | None:
    """The label that `text` ends with; `is_whole` if it is all of the sentence so far."""
    match = _LABEL.search(text[-_LONGEST:])
    if match is None:
        return None
    number, letter, mark = match.groups()
    start = len(text) - len(match.group())
    before = text[:start].strip().strip("".join(BULLETS))
    begins = not before if is_whole else False
    begins = begins or ((number or letter.isupper()) and before.endswith((":", "：")))
    value = int(number) if number else ord(letter.lower()) - ord("a") + 1
    is_capital = number is None and letter.isupper()
    return Label(
        value, number is None, mark[-1] in LABEL_ENDS, match.group(), bool(begins), is_capital
    )

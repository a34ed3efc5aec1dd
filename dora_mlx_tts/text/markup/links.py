"""Links and images of Markdown, read character by character."""

from __future__ import annotations

import re
from typing import Literal

from dora_mlx_tts.text.markup.chat import BRACKETED
from dora_mlx_tts.text.markup.citations import is_citation

Held = list[tuple[str, int]]
"""Characters with their offsets, of which it is not yet known whether they are markup."""

LONGEST_LINK = 300
"""Maximum length of a link's text, and a quarter of that of its target."""

_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")

Verdict = Literal["open", "link", "box", "token", "text"]


def text_of(chars: Held) -> str:
    """The characters as a string."""
    return "".join(char for char, _ in chars)


class Link:
    """A bracket that may become `[text](target)` or `![image](target)`."""

    def __init__(self, char: str, at: int, *, is_image: bool, before: str) -> None:
        """Begin with a bracket; `before` holds characters in front of it."""
        self._label: Held = [(char, at)]
        self._target: Held = []
        self._depth = 1
        self._label_done = False
        self._is_image = is_image
        self._before = before

    def take(self, char: str, at: int) -> tuple[Verdict, bool]:
        """Take the next character; returns the verdict, and whether the character belongs to it.

        `link`: complete; `box`: a footnote's or a source's mark or a task's box, which is not spoken;
        `token`: one of a chat template; `text`: it was no link.
        """
        if self._label_done and not self._target:
            return self._after_label(char, at)
        part, limit = (self._target, 4) if self._label_done else (self._label, 1)
        if char in "\n\r" or len(part) > limit * LONGEST_LINK:
            return "text", False
        part.append((char, at))
        opening, closing = "()" if self._label_done else "[]"
        self._depth += (char == opening) - (char == closing)
        if self._depth:
            return "open", True
        if self._label_done:
            return "link", True
        self._label_done = True
        return "open", True

    def _after_label(self, char: str, at: int) -> tuple[Verdict, bool]:
        if char == "(":
            self._target, self._depth = [(char, at)], 1
            return "open", True
        label = text_of(self._label)
        if BRACKETED.fullmatch(label):
            return "token", False
        is_box = label in {"[ ]", "[x]", "[X]"} and self._before[-1:].isspace()
        is_box = is_box or label.startswith("[^") or is_citation(label, self._before)
        return ("box" if is_box else "text"), False

    def end(self) -> Verdict:
        """The verdict if nothing follows."""
        return self.take("\n", 0)[0]

    @property
    def label(self) -> str:
        """The text in brackets, with them."""
        return text_of(self._label)

    @property
    def shout(self) -> Held:
        """The exclamation mark in front of what was no image."""
        return [("!", self._label[0][1] - 1)] if self._is_image else []

    @property
    def held(self) -> Held:
        """Everything so far, as text."""
        return [*self.shout, *self._label, *self._target]

    @property
    def spoken(self) -> Held:
        """The spoken part of a complete link: its text, or nothing for an image."""
        if self._is_image:
            return []
        label = self._label[1:-1]
        gone = [match.span() for match in _IMAGE.finditer(text_of(label))]
        return [c for i, c in enumerate(label) if not any(a <= i < b for a, b in gone)]

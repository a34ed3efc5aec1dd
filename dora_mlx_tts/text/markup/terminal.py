"""Escape sequences of terminals, as in the output of programs: colours, cursor moves, titles, links."""

from __future__ import annotations

import re

_STRING = r"[\]PX^_][^\x07\x1b\n]{0,400}"
"""A title or a link, which BEL or ESC and a backslash end."""
_CONTROL = r"[0-?]{0,60}[ -/]{0,4}"
SEQUENCE = re.compile(
    rf"\x1b(?:\[{_CONTROL}[@-~]|{_STRING}(?:\x07|\x1b\\)|[()][0-9AB]|\\)|\x9b{_CONTROL}[@-~]"
)
_SO_FAR = re.compile(rf"\x1b(?:\[{_CONTROL}|{_STRING}\x1b?|[()])?|\x9b{_CONTROL}")
_SIGN = re.compile("[\x1b\x9b]")


class SequenceFilter:
    """Takes escape sequences out of a text that arrives in chunks; a sequence that a chunk cuts is held back."""

    def __init__(self) -> None:
        self._held = ""

    def runs(self, chunk: str, start: int) -> list[tuple[str, int]]:
        """The text between the sequences, with offsets.

        Args:
            chunk: the next piece of the text.
            start: its offset in the whole text.
        """
        if not self._held and _SIGN.search(chunk) is None:
            return [(chunk, start)]
        text, start = self._held + chunk, start - len(self._held)
        self._held = ""
        found: list[tuple[str, int]] = []
        done = 0
        while sign := _SIGN.search(text, done):
            at = sign.start()
            found.append((text[done:at], start + done))
            sequence = SEQUENCE.match(text, at)
            if sequence is None and _SO_FAR.fullmatch(text, at):
                self._held = text[at:]
                return found
            done = sequence.end() if sequence else at + 1  # a lone sign has no sound
        return [*found, (text[done:], start + done)]

    def flush(self) -> None:
        """The text is over: a sequence that was not finished has no sound either."""
        self._held = ""

"""Fenced code of Markdown, which is not spoken."""

from __future__ import annotations

import re

_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")


def fence_in(marks: str) -> str | None:
    """The fence opened by the marks at the beginning of a line, or None."""
    match = _FENCE.match(marks)
    return match[1] if match else None


class Fence:
    """Code after a fence. It is closed at the beginning of a line, or on the line that opened it."""

    def __init__(self, fence: str) -> None:
        self._fence = fence
        self._ticks = 0
        self._opening = True  # on the line that opened it
        self._may_close = True

    @property
    def closes(self) -> bool:
        """Whether the marks so far close it, if no further one follows."""
        return self._may_close and self._ticks >= len(self._fence)

    def take(self, char: str) -> bool:
        """Whether the code continues with this character; it does not belong to it otherwise."""
        if char == self._fence[0]:
            self._ticks += 1
        elif self.closes:
            return False
        elif char in "\n\r":
            self._ticks, self._may_close, self._opening = 0, True, False
        else:
            self._may_close = self._opening or (self._may_close and char.isspace())
            self._ticks = 0
        return True

"""Text that keeps track of where each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

CharSpan = tuple[int, int]
"""Half-open interval of character offsets in a source text."""


@dataclass(frozen=True, slots=True)
class AlignedText:
    """A text and, for every character of it, the source interval it stands for.

    Normalizers rewrite a text step by step; every step keeps the mapping, so that a phone can be traced to the
    characters that the user wrote.
    """

    text: str
    spans: tuple[CharSpan, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Align `text` with itself."""
        return cls(text, tuple((i, i + 1) for i in range(len(text))))

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, part: slice) -> AlignedText:
        return AlignedText(self.text[part], self.spans[part])

    def source(self, start: int, end: int) -> CharSpan:
        """Source interval covered by the characters `start:end` (which must not be empty)."""
        return self.spans[start][0], self.spans[end - 1][1]

    def sub(
        self, pattern: str | re.Pattern[str], replace: str | Callable[[re.Match[str]], str | None]
    ) -> AlignedText:
        """Replace every match; each new character stands for the whole match.

        Characters that a replacement keeps at the match's ends keep their own spans, so that a
        rule which only changes the middle stays exact. A function may return None to leave a
        match alone.
        """
        pattern = re.compile(pattern) if isinstance(pattern, str) else pattern
        if pattern.search(self.text) is None:  # most rules match nothing in most texts
            return self
        fixed = replace if isinstance(replace, str) and "\\" not in replace else None
        text: list[str] = []
        spans: list[CharSpan] = []
        done = 0
        for match in pattern.finditer(self.text):
            if fixed is not None:
                new: str | None = fixed
            else:
                new = match.expand(replace) if isinstance(replace, str) else replace(match)
            start, end = match.span()
            if new is None or new == match.group():
                continue
            text.append(self.text[done:start])
            spans.extend(self.spans[done:start])
            text.append(new)
            spans.extend(self._align(start, end, new))
            done = end
        if not done and not text:
            return self
        text.append(self.text[done:])
        spans.extend(self.spans[done:])
        return AlignedText("".join(text), tuple(spans))

    def _align(self, start: int, end: int, new: str) -> list[CharSpan]:
        old = self.text[start:end]
        limit = min(len(old), len(new))
        head = next((i for i in range(limit) if old[i] != new[i]), limit)
        tail = next((i for i in range(limit - head) if old[-1 - i] != new[-1 - i]), limit - head)
        first, last = start + head, end - tail
        if first < last:
            middle = self.source(first, last)
        else:  # a pure insertion stands for the position where it was inserted
            at = (
                self.spans[first][0]
                if first < len(self.spans)
                else self.spans[-1][1]
                if self.spans
                else 0
            )
            # two characters may stand for one source character, and so does anything inserted between them
            middle = (at, max(at, self.spans[first - 1][1]) if first else at)
        kept_tail = list(self.spans[last:end])
        return [
            *self.spans[start:first],
            *[middle] * (len(new) - head - tail),
            *kept_tail,
        ]


def join(parts: list[AlignedText]) -> AlignedText:
    """Concatenate parts of one source text."""
    return AlignedText("".join(p.text for p in parts), tuple(s for p in parts for s in p.spans))

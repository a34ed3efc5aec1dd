"""Takes Markdown, tags and emoji out of text that arrives character by character.

A character is released as soon as it is certain to be spoken; possible markup is held back. Each character is
examined a bounded number of times, whatever the text, and the result does not depend on how the text was
divided into chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dora_mlx_tts.text.markup.chat import (
    read_token,
)
from dora_mlx_tts.text.markup.citations import MARK_STARTS
from dora_mlx_tts.text.markup.fences import Fence, fence_in
from dora_mlx_tts.text.markup.formulas import FormulaFilter
from dora_mlx_tts.text.markup.links import Held, Link, Verdict
from dora_mlx_tts.text.markup.tag_filter import OPENING_ANGLES, UNSPOKEN, TagFilter
from dora_mlx_tts.text.markup.tags import Char

_LINE_MARKS = frozenset(" \t\u3000#>-*+_=|~`")
_LINE_PREFIX = re.compile(r"(?:[ \t]*(?:>[ \t]?|#{1,6}[ \t]+|[-*+][ \t]+))*")
_ESCAPABLE = frozenset("\\`*_{}[]()#+-.!|<>~")


class MarkupFilter(TagFilter):
    """Keeps only the spoken part of a text with Markdown, tags and emoji.

    Headings, bullets, quotes and emphasis lose their marks; links and inline code keep their text;
    images, fenced code, marks of sources, tokens of chat templates and the spans of
    `tags.DROPPED_SPANS` vanish. Formulas and entities become plain text. A line break stays one.
    """

    def __init__(self, *, speech_tags: bool = False) -> None:
        """Args: speech_tags: hand out the tags that say how to speak, instead of dropping them."""
        super().__init__(speech_tags=speech_tags)
        self._formulas = FormulaFilter()
        self._position = 0
        self._last = ""  # character of the text
        self._line: Held = []  # possible line marks
        self._run: Held = []  # equal emphasis marks
        self._link: Link | None = None
        self._fence: Fence | None = None
        self._in_table = False
        self._plain = False  # brackets were found to be no link

    def feed(self, chunk: str) -> list[Char]:
        """Take a chunk; returns the characters that are now certain to be spoken."""
        if self._formulas.is_needed(chunk):
            chars = self._formulas.feed(chunk, self._position, self._last)
            self._position += len(chunk)
            self._look_at(chars)
        else:
            for char in chunk:
                if " " <= char <= "~" or not UNSPOKEN.match(char):
                    self._state(char, self._position)
                self._position += 1
        self._last = chunk[-1:] or self._last
        return self._take()

    def _look_at(self, chars: Held) -> None:
        for char, at in chars:
            if " " <= char <= "~" or not UNSPOKEN.match(char):
                self._state(char, at)

    def flush(self) -> list[Char]:
        """Release what was held back; a dropped span that is still open stays dropped."""
        self._look_at(self._formulas.flush())
        if self._state == self._line_start:
            self._leave_line_start()
        elif self._state == self._emphasis:
            self._end_run(" ")
        elif self._state == self._bang:
            self._let("!", self._position - 1)
        elif self._state == self._escape:
            self._let("\\", self._position - 1)
        elif self._link is not None:
            link, self._link, self._state = self._link, None, self._inline
            self._end_link(link, link.end())
        elif self._state in {self._entity, self._mark}:
            self._release_held()
        elif self._state == self._in_tag:
            self._release_tag(at_end=True)
        if self._state == self._emphasis:  # let go by one of the above
            self._end_run(" ")
        closed = self._fence is not None and self._fence.closes
        if closed or self._state not in {self._dropped, self._fenced, self._head}:
            self._fence, self._state = None, self._inline
        return self._take()

    # The beginning of a line

    def _line_start(self, char: str, at: int) -> None:
        if char in OPENING_ANGLES:
            self._begin_tag("<", at)
        elif char in _LINE_MARKS:
            self._line.append((char, at))
        else:
            self._leave_line_start()
            self._state(char, at)

    def _leave_line_start(self) -> None:
        held, self._line = self._line, []
        marks = "".join(char for char, _ in held)
        fence = fence_in(marks)
        if fence:
            self._open_fence(fence)
            return
        prefix = _LINE_PREFIX.match(marks)
        rest = held[prefix.end() if prefix else 0 :]
        self._in_table = any(char == "|" for char, _ in rest)
        self._before = " "
        self._state = self._inline
        self._replay(rest)

    # Inside a line

    def _inline(self, char: str, at: int) -> None:
        if char in "\n\r":
            self._let("\n", at)
            self._code, self._in_table, self._state = 0, False, self._line_start
        elif char == "`" or (char in "*_~" and not self._code):
            self._run = [(char, at)]
            self._state = self._emphasis
        elif self._code:
            self._let(char, at)
        else:
            self._plain_char(char, at)

    def _plain_char(self, char: str, at: int) -> None:
        if char == "\\":
            self._state = self._escape
        elif char == "!" and not self._plain:
            self._state = self._bang
        elif char == "[" and not self._plain:
            self._begin_link(char, at, is_image=False)
        elif char in OPENING_ANGLES:
            self._begin_tag("<", at)
        elif char == "&":
            self._tag, self._state = [(char, at)], self._entity
        elif char in MARK_STARTS:
            self._tag, self._state = [(char, at)], self._mark
        elif char == "|" and (self._in_table or self._before.isspace()):
            self._let(" ", at)
        else:
            self._let(char, at)

    def _escape(self, char: str, at: int) -> None:
        self._state = self._inline
        if char in _ESCAPABLE:
            self._let(char, at)
        else:
            self._let("\\", at - 1)
            self._state(char, at)

    def _bang(self, char: str, at: int) -> None:
        self._state = self._inline
        if char == "[":
            self._begin_link(char, at, is_image=True)
        else:
            self._let("!", at - 1)
            self._state(char, at)

    def _emphasis(self, char: str, at: int) -> None:
        if char == self._run[0][0]:
            self._run.append((char, at))
        else:
            self._end_run(char)
            self._state(char, at)

    def _end_run(self, after: str) -> None:
        """Decide whether a run of equal marks is content, by what stands around it."""
        run, self._run = self._run, []
        mark, before = run[0][0], self._before
        self._state = self._inline
        if mark == "`":
            self._end_ticks(run)
            return
        if mark == "*":
            alone = before.isspace() and after.isspace()
            content = alone or (len(run) == 1 and before.isdigit() and after.isdigit())
        elif mark == "_":
            content = (before + after).isascii() and before.isalnum() and after.isalnum()
        else:
            content = len(run) != 2  # noqa: PLR2004 (two tildes strike through)
        if content:
            for char, at in run:
                self._let(char, at)

    def _end_ticks(self, run: Held) -> None:
        if self._code:
            self._code = 0 if len(run) == self._code else self._code
        elif len(run) > 2:  # noqa: PLR2004 (a fence that does not begin its line)
            self._open_fence("`" * len(run))
        else:
            self._code, self._code_start = len(run), run[-1][1]

    # Links and images

    def _begin_link(self, char: str, at: int, *, is_image: bool) -> None:
        self._link = Link(char, at, is_image=is_image, before=self._second + self._before)
        self._state = self._in_link

    def _in_link(self, char: str, at: int) -> None:
        link = self._link
        if link is None:
            return
        verdict, belongs = link.take(char, at)
        if verdict == "open":
            return
        self._link, self._state = None, self._inline
        self._end_link(link, verdict)
        if not belongs:
            self._state(char, at)

    def _end_link(self, link: Link, verdict: Verdict) -> None:
        if verdict == "token":
            self._after_tag = self._inline
            self._replay_plain(link.shout)
            self._token(read_token(link.label), link.held[-1][1])
            return
        spoken = {"link": link.spoken, "box": link.shout}
        self._replay_plain(spoken.get(verdict, link.held))

    def _replay_plain(self, chars: Iterable[tuple[str, int]]) -> None:
        self._plain = True
        self._replay(chars)
        self._plain = False

    # Fenced code

    def _open_fence(self, fence: str) -> None:
        self._fence = Fence(fence)
        self._state = self._fenced

    def _fenced(self, char: str, at: int) -> None:
        if self._fence is not None and not self._fence.take(char):
            self._fence, self._state = None, self._inline
            self._state(char, at)

"""Takes Markdown, tags and emoji out of text that arrives character by character.

A character is released as soon as it is certain to be spoken; possible markup is held back. Each character is
examined a bounded number of times, whatever the text, and the result does not depend on how the text was
divided into chunks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from dora_mlx_tts.text.markup.chat import (
    read_token,
)
from dora_mlx_tts.text.markup.citations import MARK_STARTS
from dora_mlx_tts.text.markup.fences import Fence, fence_in
from dora_mlx_tts.text.markup.formulas import FormulaFilter
from dora_mlx_tts.text.markup.links import Held, Link, Verdict, text_of
from dora_mlx_tts.text.markup.tag_filter import OPENING_ANGLES, UNSPOKEN, TagFilter
from dora_mlx_tts.text.markup.tags import Char, is_mention
from dora_mlx_tts.text.markup.terminal import SequenceFilter

_LINE_MARKS = frozenset(" \t\u3000#>-*+_=|~`")
_LINE_PREFIX = re.compile(r"(?:[ \t]*(?:>[ \t]?|#{1,6}[ \t]+|[-*+][ \t]+))*")
_GRADES = frozenset("ABCDE")
_DIGIT = re.compile("[0-9]")
_COUNTED = frozenset("元克升斤片粒盒瓶袋箱人天次米分件张组)%½")
"""Behind these a star before a figure multiplies: 50元*3."""
_PRESSING = frozenset("按拨")
"""Behind these a star is a key."""
_ESCAPABLE = frozenset("\\`*_{}[]()#+-.!|<>~")


def _is_counted(char: str) -> bool:
    """Whether a figure behind this character and a star tells how often: `0.5g*24`."""
    return char in _COUNTED or (char.isascii() and char.isalnum())


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
        self._sequences = SequenceFilter()
        self._position = 0
        self._last = ""  # character of the text
        self._line: Held = []  # possible line marks
        self._run: Held = []  # equal emphasis marks
        self._link: Link | None = None
        self._fence: Fence | None = None
        self._in_table = False
        self._starred = False  # a single star began emphasis
        self._is_strong = False  # two stars did
        self._plain = False  # brackets were found to be no link

    def feed(self, chunk: str) -> list[Char]:
        """Take a chunk; returns the characters that are now certain to be spoken."""
        for run, start in self._sequences.runs(chunk, self._position):
            self._feed_run(run, start)
        self._position += len(chunk)
        return self._take()

    def _feed_run(self, run: str, start: int) -> None:
        """Take text without escape sequences, which begins at an offset."""
        if self._formulas.is_needed(run):
            self._look_at(self._formulas.feed(run, start, self._last))
        else:
            for at, char in enumerate(run, start):
                if " " <= char <= "~" or not UNSPOKEN.match(char):
                    self._state(char, at)
        self._last = run[-1:] or self._last

    def _look_at(self, chars: Held) -> None:
        for char, at in chars:
            if " " <= char <= "~" or not UNSPOKEN.match(char):
                self._state(char, at)

    def flush(self) -> list[Char]:
        """Release what was held back; a dropped span that is still open stays dropped."""
        self._sequences.flush()
        self._look_at(self._formulas.flush())
        self._release()
        if self._state == self._emphasis:  # let go by one of the above
            self._end_run(" ")
        closed = self._fence is not None and self._fence.closes
        if closed or self._state not in {self._dropped, self._fenced, self._head}:
            self._fence, self._state = None, self._inline
        return self._take()

    def _release(self) -> None:
        """Release what a state holds back at the end of the text."""
        if self._link is not None:
            link, self._link, self._state = self._link, None, self._inline
            self._end_link(link, link.end())
            return
        ends: dict[Callable[[str, int], None], Callable[[], None]] = {
            self._line_start: self._leave_line_start,
            self._emphasis: lambda: self._end_run(" "),
            self._bang: lambda: self._let("!", self._position - 1),
            self._escape: lambda: self._let("\\", self._position - 1),
            self._bar: lambda: None,
            self._entity: self._release_held,
            self._mark: self._release_held,
            self._in_tag: lambda: self._release_tag(at_end=True),
            self._mention: self._release_mention,
        }
        end = ends.get(self._state)
        if end is not None:
            end()

    def _release_mention(self) -> None:
        behind = text_of(self._behind) + " "
        self._end_mention(told=is_mention(text_of(self._tag), behind) is True)

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
        self._before, self._recent = " ", "  "
        self._state = self._inline
        self._replay(rest)

    # Inside a line

    def _inline(self, char: str, at: int) -> None:
        if char in "\n\r":
            self._let("\n", at)
            self._code, self._in_table, self._state = 0, False, self._line_start
            self._starred = self._is_strong = False
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
        elif char == "|" and self._in_table:
            self._let(" ", at)
        elif char == "|" and self._before.isspace():
            self._state = self._bar
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

    def _bar(self, char: str, at: int) -> None:
        """A bar behind a blank parts the cells of a table if a blank follows it; else it is a sign: |x|."""
        self._state = self._inline
        is_sign = not (char.isspace() or char in "|-:")
        self._let("|" if is_sign else " ", at - 1)
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
            content = alone or self._is_lone_star(before, after, len(run))
        elif mark == "_":
            content = (before + after).isascii() and before.isalnum() and after.isalnum()
        else:
            content = len(run) != 2  # noqa: PLR2004 (two tildes strike through)
        if content:
            for char, at in run:
                self._let(char, at)

    def _is_lone_star(self, before: str, after: str, count: int) -> bool:
        """Whether stars are content, as in `2*3`, `2**3` and, where nothing is emphasised, in `118*`."""
        is_quantity = before.isascii() and before.isalnum() and _DIGIT.search(self._recent[-3:])
        if is_quantity and after.isdigit() and (count == 1 or not self._is_strong):
            return True
        if count > 1:
            self._is_strong = not self._is_strong
            return False
        if self._is_grade(before, after):
            return True
        opens = not after.isspace() and not before.isalnum()
        is_marked = before.isdigit() or (before.isalpha() and not self._recent[-2].isalnum())
        is_lone = not self._starred and (
            (is_marked and after in " ,;.)=")
            or (_is_counted(before) and (after.isdigit() or after == "("))
            or before in _PRESSING
        )
        self._starred = opens or (self._starred and before.isspace())
        return is_lone

    def _is_grade(self, before: str, after: str) -> bool:
        """Whether a star belongs to a mark of a school: `A*AA`, where nothing is emphasised."""
        begins = not self._recent[-2].islower() and not self._recent[-2].isdigit()
        behind = after in _GRADES or not after.isalnum()
        return not self._starred and before in _GRADES and begins and behind

    def _end_ticks(self, run: Held) -> None:
        if self._code:
            self._code = 0 if len(run) == self._code else self._code
        elif len(run) > 2:  # noqa: PLR2004 (a fence that does not begin its line)
            self._open_fence("`" * len(run))
        else:
            self._code, self._code_start = len(run), run[-1][1]

    # Links and images

    def _begin_link(self, char: str, at: int, *, is_image: bool) -> None:
        self._link = Link(char, at, is_image=is_image, before=self._recent)
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

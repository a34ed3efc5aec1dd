"""Removes tags, chat-template tokens, entities and citation marks from a text's characters."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from dora_mlx_tts.text.markup.chat import (
    LONGEST_HEAD,
    MESSAGE_ENDS,
    TOKEN,
    Token,
    is_spoken,
    read_token,
)
from dora_mlx_tts.text.markup.citations import LOOK_BACK, is_mark, may_be_mark
from dora_mlx_tts.text.markup.entities import decoded, may_be_entity
from dora_mlx_tts.text.markup.links import Held, text_of
from dora_mlx_tts.text.markup.tags import (
    CELLS,
    SPEECH_TAGS,
    Char,
    Tag,
    is_half_a_span,
    is_mention,
    may_be_tag,
    read_tag,
)

_LONGEST_CODE = 60
"""Maximum length of inline code; after a backtick that is never closed, text continues as usual."""

_LONGEST_CLOSING = 60
OPENING_ANGLES, _CLOSING_TRIANGLE = "<◁", "▷"
"""Some models write their tags with triangles: ◁think▷."""
UNSPOKEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
    "\u20e3\ufff9-\ufffb\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\u25fd\u25fe\u2600-\u2604\u2607\u2608\u260a-\u263f\u2641\u2643-\u265f\u2668\u266a-\u266c\u2670-\u27bf\u2b05-\u2b07"
    "\u2b1b\u2b1c\u2b55\ufe0e\ufe0f\ud800-\udfff\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
"""Characters without a sound: control characters, emoji and what joins them; not stars, suits of cards, ♀ and ♂."""


class TagFilter(ABC):
    """The part of `MarkupFilter` that handles single signs and tags, as a state machine.

    A state is a method that takes one character and its offset.
    """

    def __init__(self, *, speech_tags: bool) -> None:
        self._speech_tags = speech_tags
        self._out: list[Char] = []
        self._before = " "  # the last character that was let through
        self._recent = "  "  # the last ones, with it
        self._state: Callable[[str, int], None] = self._line_start
        self._tag: Held = []
        self._after_tag: Callable[[str, int], None] = self._line_start
        self._tail = ""
        self._read: Tag | None = None  # a tag that may only be spoken of
        self._behind: Held = []  # what follows it
        self._closings: tuple[
            str, ...
        ] = ()  # what ends the span that is dropped, or a message's head
        self._code = 0  # backticks that opened inline code
        self._code_start = 0

    @abstractmethod
    def _line_start(self, char: str, at: int) -> None:
        """The beginning of a line."""

    @abstractmethod
    def _leave_line_start(self) -> None:
        """Leave the beginning of a line, once it is known."""

    @abstractmethod
    def _inline(self, char: str, at: int) -> None:
        """Inside a line."""

    def _take(self) -> list[Char]:
        out, self._out = self._out, []
        return out

    def _let(self, char: str, at: int) -> None:
        in_code = self._code > 0 and at - self._code_start <= _LONGEST_CODE
        self._out.append(Char(char, at, in_code))
        self._before, self._recent = char, self._recent[1 - LOOK_BACK :] + char

    def _replay(self, chars: Iterable[tuple[str, int]]) -> None:
        for char, at in chars:
            self._state(char, at)

    # Entities and marks of sources

    def _entity(self, char: str, at: int) -> None:
        self._tag.append((char, at))
        text = text_of(self._tag)
        if char == ";":
            self._end_entity(text)
        elif not may_be_entity(text):
            self._tag.pop()
            self._release_held()
            self._state(char, at)

    def _end_entity(self, text: str) -> None:
        said = decoded(text)
        if said is None:
            self._release_held()
            return
        at = self._tag[0][1]
        self._state = self._inline
        if said == "&":  # what was written twice: &amp;lt;
            self._tag, self._state = [(said, at)], self._entity
            return
        for char in said:
            if not UNSPOKEN.match(char):
                self._let(char, at)

    def _mark(self, char: str, at: int) -> None:
        text = text_of(self._tag) + char
        if not may_be_mark(text):
            self._release_held()
            self._state(char, at)
            return
        self._tag.append((char, at))
        if is_mark(text):
            self._tag, self._state = [], self._inline

    def _release_held(self) -> None:
        """Release what was neither an entity nor a mark: its first character is text."""
        held, self._tag, self._state = self._tag, [], self._inline
        self._let(*held[0])
        self._replay(held[1:])

    # Tags, tokens and the spans they open

    def _begin_tag(self, char: str, at: int) -> None:
        self._after_tag = self._state if self._state == self._line_start else self._inline
        self._tag = [(char, at)]
        self._state = self._in_tag

    def _in_tag(self, char: str, at: int) -> None:
        char = ">" if char == _CLOSING_TRIANGLE else char
        so_far = text_of(self._tag) + char
        if char == ">" and so_far not in {"<<SYS>", "<</SYS>"}:
            self._tag.append((char, at))
            self._end_tag()
            return
        if char in "\n\r" or not may_be_tag(so_far):
            self._release_tag()
            self._state(char, at)
            return
        self._tag.append((char, at))
        if so_far == "<!--":
            self._drop_until("-->")

    def _end_tag(self) -> None:
        text, at = text_of(self._tag), self._tag[-1][1]
        if TOKEN.fullmatch(text):
            self._tag = []
            self._token(read_token(text), at)
            return
        tag = read_tag(text)
        if tag is None:
            self._release_tag()
        elif self._may_be_told(tag):
            self._read, self._behind, self._state = tag, [], self._mention
        else:
            self._obey(tag, at)

    def _may_be_told(self, tag: Tag) -> bool:
        """Whether a tag stands where a text may speak of it: behind a blank within a line."""
        obeyed = self._speech_tags and tag.name in SPEECH_TAGS
        within_line = self._after_tag == self._inline and self._before in " (\"'"
        return within_line and tag.may_be_told and not obeyed

    def _mention(self, char: str, at: int) -> None:
        """Behind a tag that stands between blanks, the next word tells whether it is only spoken of."""
        self._behind.append((char, at))
        told = is_mention(text_of(self._tag), text_of(self._behind))
        if told is not None:
            self._end_mention(told=told)

    def _end_mention(self, *, told: bool) -> None:
        tag, behind, self._read, self._behind = self._read, self._behind, None, []
        if told:
            held, self._tag, self._state = self._tag, [], self._inline
            for char, at in held:
                self._let(char, at)
        elif tag is not None:
            self._obey(tag, self._tag[-1][1])
        self._replay(behind)

    def _obey(self, tag: Tag, at: int) -> None:
        """Do what a tag says."""
        if self._speech_tags and tag.name in SPEECH_TAGS:
            held, self._tag, self._state = self._tag, [], self._after_tag
            self._out.append(Char("", held[0][1], tag=text_of(held)))
        elif tag.kind == "span":
            self._drop_until(f"</{tag.name}>")
        elif tag.kind == "answer":
            self._forget(at)
        elif tag.kind == "head":
            self._begin_head(("\n",))
        else:
            held, self._tag, self._state = self._tag, [], self._after_tag
            if tag.kind == "address":
                self._replay(held[1:-1])
            elif tag.kind == "line":
                self._state("\n", held[-1][1])
            elif tag.name in CELLS:
                self._state(" ", held[-1][1])

    def _release_tag(self, *, at_end: bool = False) -> None:
        """Release what was not a tag: the angle bracket is text. At the end of the text, half a tag is dropped."""
        held, self._tag = self._tag, []
        if self._after_tag == self._line_start:
            self._leave_line_start()
        self._state = self._inline
        if at_end and is_half_a_span(text_of(held)):
            return
        self._let(*held[0])
        self._replay(held[1:])

    def _token(self, token: Token, at: int) -> None:
        """Handle a complete token of a chat template."""
        self._state = self._after_tag
        if token.kind == "answer":
            self._forget(at)
        elif token.kind != "mark":
            self._state("\n", at)
            if token.kind == "head":
                self._begin_head(token.until)
            elif token.kind == "drop":
                self._drop_until(*token.until)

    def _begin_head(self, until: tuple[str, ...]) -> None:
        self._tag, self._closings, self._state = [], until, self._head

    def _head(self, char: str, at: int) -> None:
        """The head of a message, which says whom it is from and whom it is for."""
        self._tag.append((char, at))
        text = text_of(self._tag)
        self._after_tag = self._line_start
        if text.endswith(self._closings):
            self._tag, self._state = [], self._line_start
            if not is_spoken(text):
                self._drop_until(*MESSAGE_ENDS)
        elif len(text) > LONGEST_HEAD:
            held, self._tag, self._state = self._tag, [], self._line_start
            self._replay(held)

    def _forget(self, at: int) -> None:
        """End reasoning whose opening tag the template wrote: everything before is not spoken."""
        self._tag, self._code, self._before, self._recent = [], 0, " ", "  "
        self._out.append(Char("", at, forgets=True))
        self._state = self._line_start

    def _drop_until(self, *closings: str) -> None:
        self._tag, self._tail = [], ""
        self._closings = tuple(closing.lower() for closing in closings)
        self._state = self._dropped

    def _dropped(self, char: str, at: int) -> None:  # noqa: ARG002 (a state's signature)
        char = {"◁": "<", _CLOSING_TRIANGLE: ">"}.get(char, char)
        self._tail = (self._tail + char.lower())[-_LONGEST_CLOSING:]
        if self._tail.endswith(self._closings):
            self._state = self._after_tag
            if self._tail.endswith("<|start|>"):
                self._begin_head(("<|message|>",))

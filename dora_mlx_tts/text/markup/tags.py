"""Recognizes tags in angle brackets and their meaning for speech."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from dora_mlx_tts.text.markup.chat import TOKEN_SO_FAR
from dora_mlx_tts.text.spoken import Direction

REASONING = frozenset(
    [
        "think",
        "thinking",
        "thought",
        "thoughts",
        "reasoning",
        "analysis",
        "reflection",
        "scratchpad",
        "inner_monologue",
        "internal_monologue",
        "chain_of_thought",
    ]
)
"""Tags around a model's reasoning. If the template writes the opening tag, only the closing one appears."""

_CALLS = frozenset(
    [
        "tool_call",
        "tool_calls",
        "tool_response",
        "tool_result",
        "tool_results",
        "tool_use",
        "tool_code",
        "tool_output",
        "tool_outputs",
        "function",
        "function_call",
        "function_calls",
        "function_result",
        "function_results",
        "function_response",
        "invoke",
    ]
)
DROPPED_SPANS = REASONING | _CALLS | {"script", "style"}
"""Tags whose content is never spoken."""

LONGEST_TAG = 300
"""Maximum length of a tag; anything longer is text."""

SPEECH_TAGS = frozenset({"speak", "p", "s", "break", "sub", "say-as", "phoneme", "prosody"})
"""Tags that say how to speak (`ssml.py`); elsewhere they are like any other tag."""

_LINE_TAGS = frozenset(
    {
        "end_of_turn",
        "br",
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "dt",
        "dd",
        "summary",
        "details",
        "table",
        "blockquote",
        "section",
        "article",
        "figcaption",
        "caption",
    }
)
CELLS = frozenset({"td", "th"})
"""Cells of a table's row, which a space separates."""
_FORMAT_TAGS = frozenset(
    [
        "br",
        "hr",
        "p",
        "a",
        "b",
        "i",
        "u",
        "em",
        "strong",
        "small",
        "sub",
        "sup",
        "center",
        "font",
        "marquee",
        "pre",
        "code",
    ]
)
_TOLD = _FORMAT_TAGS | frozenset(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "div",
        "span",
        "table",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "img",
        "nav",
        "header",
        "footer",
        "main",
        "aside",
        "section",
        "article",
        "form",
        "input",
        "button",
        "label",
        "select",
        "option",
        "textarea",
        "fieldset",
        "canvas",
        "svg",
        "video",
        "audio",
        "source",
        "iframe",
        "head",
        "body",
        "html",
        "meta",
        "link",
        "title",
        "script",
        "style",
        "template",
        "slot",
        "dialog",
        "details",
        "summary",
        "figure",
        "figcaption",
        "blockquote",
    ]
)
"""Tags of HTML that a text may speak of."""
_BEHIND_TOLD = re.compile(r" (?:tags?|elements?|blocks?|nodes?|attributes?)[^A-Za-z]")
_BEHIND_STRUCTURE = re.compile(
    r"[.,;:?!)\"']| (?:and|or|instead|inside|in|for|from|around|rather|that|which|is|to|with)[^A-Za-z]"
)
"""What follows a tag that is only spoken of; the second only behind one that begins a part of a page."""
_LONGEST_BEHIND = len(" attributes ")
_LETTER_TAGS = frozenset("abipqsu")
_NAME = r"[A-Za-z][\w:.-]*(?:=[\w:.-]+)?"
_ATTRIBUTES = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))*"
_TAG = re.compile(rf"<(/?)({_NAME}){_ATTRIBUTES}\s*(/?)>")
SPEECH_TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(SPEECH_TAGS))})\b{_ATTRIBUTES}\s*/?>", re.IGNORECASE
)
_TAG_SO_FAR = re.compile(
    rf"<(?:!-{{0,2}}|/?(?:[A-Za-z][\w:.-]*=?|{_NAME}{_ATTRIBUTES}"
    r"(?:\s+(?:[\w:.-]+\s*(?:=\s*(?:\"[^\"]*|'[^']*|[^\s\"'<>]*))?)?)?\s*/?)?)"
)
_ADDRESS = re.compile(r"<((?:https?://|mailto:)[^\s<>]+|[\w.+-]+@[\w.-]+)>")
_ADDRESS_SO_FAR = re.compile(r"<[\w.+-]*(?:@[\w.-]*|:[^\s<>]*)?")


class Char(NamedTuple):
    """A character to speak, a speech tag, or the direction of such a tag.

    Attributes:
        text: the character; empty for a tag or a direction.
        at: offset in the source text.
        in_code: whether it is in inline code.
        tag: the tag as it was written.
        direction: what markup says here; its offsets count from this place.
        forgets: whether the text before was a model's reasoning, which should not have been spoken.
    """

    text: str
    at: int
    in_code: bool = False
    tag: str = ""
    direction: Direction | None = None
    forgets: bool = False


class Tag(NamedTuple):
    """A tag: `span` opens what is not spoken, `answer` ends it though nothing has opened it.

    `line` ends a line, `address` holds a link, `head` begins the head of a message; a `mark` is silent.
    """

    kind: Literal["mark", "line", "span", "answer", "address", "head"]
    name: str

    @property
    def may_be_told(self) -> bool:
        """Whether a text about HTML may speak of it: "use an <h2> tag"."""
        return self.name in _TOLD


def may_be_tag(text: str) -> bool:
    """Whether `text`, from its opening angle on, can still become a tag."""
    if len(text) > LONGEST_TAG:
        return False
    return bool(
        _TAG_SO_FAR.fullmatch(text)
        or _ADDRESS_SO_FAR.fullmatch(text)
        or TOKEN_SO_FAR.fullmatch(text)
    )


def read_tag(text: str) -> Tag | None:  # noqa: PLR0911 (one case per line)
    """Parse `text` from angle bracket to angle bracket; None if it is not a tag."""
    if _ADDRESS.fullmatch(text):
        return Tag("address", "")
    match = _TAG.fullmatch(text)
    if match is None:
        return None
    closing, name, empty = match[1], match[2].lower().partition("=")[0], match[3]
    if len(name) == 1 and name not in _LETTER_TAGS:
        return None
    known = name.rpartition(":")[2]
    if known in DROPPED_SPANS and not closing and not empty:
        return Tag("span", name)
    if known in REASONING and closing:
        return Tag("answer", name)
    if name == "start_of_turn":
        return Tag("head", name)
    return Tag("line" if name in _LINE_TAGS else "mark", name)


def is_mention(tag: str, behind: str) -> bool | None:
    """Whether a text only speaks of a tag with `behind` behind it; None while a word goes on."""
    begins_part = tag[1] != "/" and re.split(r"[\s/>]", tag[1:])[0].lower() not in _FORMAT_TAGS
    if _BEHIND_TOLD.match(behind) or (begins_part and _BEHIND_STRUCTURE.match(behind)):
        return True
    goes_on = behind[:1] == " " and (len(behind) == 1 or behind[1:].isalpha())
    return None if goes_on and len(behind) < _LONGEST_BEHIND else False


def is_half_a_span(text: str) -> bool:
    """Whether `text`, at the end of everything, began a token or a tag whose content is not spoken."""
    if text[1:2] in {"|", "｜"}:
        return True
    name = text.removeprefix("<").removeprefix("/").lower()
    return len(name) > 1 and any(known.startswith(name) for known in DROPPED_SPANS)

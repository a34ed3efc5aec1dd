"""Tokens of chat templates, which models write by mistake: `<|im_end|>`, `<|channel|>…<|message|>`, `[INST]`.

Neither tokens nor message heads (role, channel) are spoken. A message that is not from the assistant to the
user (another role, the channel `analysis`, a tool call) is dropped entirely.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

LONGEST_HEAD = 100
"""Maximum length of a message's head; anything longer is text."""

TOKEN = re.compile(
    r"<\|[^\s<>|]{1,40}\|>|<｜[^\s<>｜]{1,40}｜>|<</?SYS>>|<\|[a-z_]{2,40}>|<[a-z_]{2,40}\|>"
)
TOKEN_SO_FAR = re.compile(
    r"<(?:\|(?:[^\s<>|]{1,40}\|?)?|｜(?:[^\s<>｜]{1,40}｜?)?|<(?:/?(?:S(?:Y(?:S>?)?)?)?)?|[a-z_]{2,40}\|)?"
)
BRACKETED = re.compile(
    r"\[(/?)(INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CONTENT|THINK|gMASK)\]"
)
"""Tokens in square brackets."""

MESSAGE_ENDS = ("<|end|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|return|>", "<|call|>", "<|start|>",
         "<|end_of_turn|>", "<end_of_turn>", "<|assistant|>", "<|endoftext|>",
         "<｜assistant｜>", "<｜end▁of▁sentence｜>", "<turn|>")  # fmt: skip
"""Tokens that end a message, or begin the next."""

_HEADS = {
    "start": "<|message|>",
    "channel": "<|message|>",
    "im_start": "\n",
    "start_header_id": "<|end_header_id|>",
    "header_start": "<|header_end|>",
    "role_start": "<|role_end|>",
    "start_of_role": "<|end_of_role|>",
}
_OTHERS = frozenset(
    [
        "user",
        "human",
        "system",
        "developer",
        "tool",
        "tools",
        "function",
        "ipython",
        "observation",
        "environment",
    ]
)
_INSIDE = re.compile(r"(?:begin_of_|start_of_)?(tool|thought|think|reason|function)\w*")
_LONE = re.compile(r"(?:end_of_)?(?:thought|think|thinking|reasoning)(?:_end)?|/(?:think|thinking)")


@dataclass(frozen=True, slots=True)
class Token:
    """The meaning of a token.

    Attributes:
        kind: `mark` is nothing but silent, `end` ends a message, `head` begins one, `drop` begins what
            is not spoken, `answer` ends a reasoning whose beginning the template wrote.
        until: what ends a head or what is not spoken.
        role: what the token itself says of the message that it begins.
    """

    kind: Literal["mark", "end", "head", "drop", "answer"]
    until: tuple[str, ...] = ()
    role: str = ""


def read_token(text: str) -> Token:  # noqa: PLR0911 (one case per line)
    """The meaning of a token that `TOKEN` or `BRACKETED` has found."""
    bracketed = BRACKETED.fullmatch(text)
    if bracketed:
        return _bracketed(bracketed[1], bracketed[2])
    if text in {"<<SYS>>", "<</SYS>>"}:
        return Token("mark") if "/" in text else Token("drop", ("<</SYS>>",))
    if text[-2] not in "|｜" or text[1] not in "|｜":
        return _half_barred(text)
    name = text[2:-2].replace("▁", "_").lower()
    if name in _HEADS:
        return Token("head", (_HEADS[name],))
    if name in _OTHERS:
        return Token("drop", MESSAGE_ENDS)
    if name == "python_tag":
        return Token("drop", MESSAGE_ENDS)
    if text in MESSAGE_ENDS or name in {
        "end_of_text",
        "end_of_sentence",
        "eos",
        "message",
        "assistant",
    }:
        return Token("end")
    if _INSIDE.fullmatch(name) and not name.endswith("end"):
        return Token("drop", (_closing(text),))
    return Token("answer") if _LONE.fullmatch(name) else Token("mark")


def _half_barred(text: str) -> Token:
    """`<|turn>model` begins and `<turn|>` ends a message; between other pairs is nothing to be spoken."""
    if text.endswith("|>"):
        return Token("end")
    name = text[2:-1]
    return Token("head", ("\n",)) if name == "turn" else Token("drop", (f"<{name}|>",))


def _bracketed(slash: str, name: str) -> Token:
    if slash:
        return Token("answer") if name == "THINK" else Token("end")
    if name == "gMASK":
        return Token("mark")
    if name == "INST":
        return Token("end")
    if name == "TOOL_CALLS":
        return Token("drop", ("\n", "</s>"))
    return Token("drop", (f"[/{name}]".lower(),))


def _closing(token: str) -> str:
    """The token that closes one such as `<|tool_call_begin|>`, `<|begin_of_thought|>` or `<|tool_call|>`."""
    for begin, end in (("begin", "end"), ("start", "end")):
        if begin in token:
            return token.replace(begin, end).lower()
    return f"{token[:2]}/{token[2:]}".lower()


def is_spoken(head: str) -> bool:
    """Whether a message with this head (role, channel, recipient) is meant for the user."""
    words = re.findall(r"[a-z_]+", head.lower())
    return not ("analysis" in words or "to=" in head or (words and words[0] in _OTHERS))

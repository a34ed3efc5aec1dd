"""Keys of a keyboard, options of a command line, signs between commands."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import digits
from dora_mlx_tts.text.en.words import listed, word_set
from dora_mlx_tts.text.patterns import expression

_MODIFIERS = {
    "ctrl": "control", "control": "control", "cmd": "command", "command": "command", "alt": "alt",
    "opt": "option", "option": "option", "shift": "shift", "win": "windows", "windows": "windows",
    "fn": "function", "meta": "meta", "super": "super",
}  # fmt: skip
_KEYS = _MODIFIERS | {
    "esc": "escape", "del": "delete", "ins": "insert", "pgup": "page up", "pgdn": "page down",
    "prtsc": "print screen", "prtscn": "print screen", "bksp": "backspace",
    **{name: name for name in listed(
        "escape delete insert enter return tab space spacebar backspace home end up down left right click "
        "drag scroll plus minus"
    )},
}  # fmt: skip
_SIGNS = {
    "/": "slash", "\\": "backslash", ".": "period", ",": "comma", ";": "semicolon", "'": "quote",
    "=": "equals", "-": "minus", "+": "plus", "[": "left bracket", "]": "right bracket", "`": "backtick",
    "?": "question mark",
}  # fmt: skip
_SHORT_WORDS = word_set(
    "ad ah am an as at ax be by do eh go ha he hi if in is it me my no of oh ok on or ow ox so to uh um up us we ye yo"
)
_NAMES = "|".join(sorted(_KEYS, key=len, reverse=True))
_ONE = (
    rf"(?:(?:{_NAMES}|F\d{{1,2}}|[A-Za-z]|\d{{1,2}})(?!\w)|[/\\.,;'=\[\]`?+-](?=\s|[.,;:!?)]|\Z))"
)
_PLUS = r"(?:\s?\+{1,2}\s?)"
_COMBINED = expression(
    rf"(?<![\w+])(?:{'|'.join(_MODIFIERS)})(?:{_PLUS}{_ONE}){{1,5}}"
    rf"|(?<![\w+-])(?:ctrl|cmd|alt|opt|shift|win)(?:-(?:ctrl|cmd|alt|opt|shift)){{0,2}}-(?:F\d{{1,2}}|[A-Za-z]|\d|tab|enter|escape|esc|delete|del|space)(?![\w-])"
    rf"|(?<![\w+-])(?:ctrl|cmd)(?:-{_ONE}){{1,4}}",
    re.IGNORECASE,
)
_LONE = expression(r"\b(?:Ctrl|Cmd|Esc|PgUp|PgDn|PrtScn?|Bksp)\b|\b(?:Del|Ins|Opt|Fn)(?= keys?\b)")
_OPTION = expression(
    r"(?<=\s)(--?)(?=[A-Za-z][\w-]+\b)|(?<=\s)(-)(?=[A-Za-z](?:\s|[.,;)]|\Z))|(?<=[a-z]\s)(-)(?=[a-z]{2}(?:\s|[.,;)]|\Z))"
)
_MINUS = expression(r"(?<=[,=<>≤≥(] )-(?=[a-z](?:[,;)]|\s?[=<>≤≥+²³]))")
_FLAGS = expression(
    r"\b(?P<command>rm|ls|cp|mv|tar|ps|grep|git|curl|ssh|scp|sed|find|kill|unzip|df|du|head|tail) -(?P<flags>[a-zA-Z]{2,5})"
    r"(?= |\Z|[.,`])"
)
_HOME = expression(r"(?<![\w/])~/(\.)?(?=\w[\w-]*(?![\w-]*/))")
_MODE = expression(r"(?<=\bchmod )(-R )?([0-7]{3,4})\b")
_MENU = expression(
    r"(?i)\b(?:go to|settings|preferences|open|menu|tap|click|select|choose|navigate)\b"
)
_MENU_STEP = expression(r"(?<=[A-Za-z]) (?:>|→) (?=[A-Z\d\"])")
_LOGIC = expression(r"\s?(&&|\|\|)\s?")
_LOCAL = expression(r"(?<=\blocalhost):(\d{2,5})\b")


_SIGN_NAMES = {
    ".": "dot", "~": "tilde", "^": "caret", "*": "asterisk", "#": "hash", "/": "slash", "\\": "backslash", "|": "pipe", "&": "ampersand", "@": "at sign",
    "!": "exclamation mark", "?": "question mark", ":": "colon", ";": "semicolon", ",": "comma", "-": "hyphen", "_": "underscore", "=": "equals sign",
    "+": "plus sign", "%": "percent sign", "$": "dollar sign", "<": "less than sign", ">": "greater than sign", "(": "open parenthesis", ")": "close parenthesis",
    "[": "open bracket", "]": "close bracket", "{": "open brace", "}": "close brace", "`": "backtick",
}  # fmt: skip
_QUOTED = expression(rf"(?<!\w)([\"'])([{re.escape(''.join(_SIGN_NAMES))}]{{1,3}})\1(?!\w)")
"""A sign between quotation marks is spoken of."""


_ROW = expression(
    r"(?<![^\s(,:])(?:[!?@#$%^&*+=~_-](?![\w'\"])(?:, ?(?:and |or )?| (?:and|or) | )?){3,12}(?<![ ,])(?=[\s),.;:]|\Z)"
)
"""Signs that are listed: `!, @, #`, `!@#$`."""
_ROW_SIGN = expression(r"[^\s,A-Za-z](?=(,?))")


def _row(match: re.Match[str]) -> str | None:
    signs = [sign for sign in match.group() if sign in _SIGN_NAMES and sign != ","]
    if len(set(signs)) < FEWEST_SIGNS:
        return None
    return _ROW_SIGN.sub(lambda m: f" {_SIGN_NAMES[m[0]]}", match.group()).strip()


FEWEST_SIGNS = 3
"""So many different signs side by side are spoken of."""


def _quoted(match: re.Match[str]) -> str:
    return " ".join(_SIGN_NAMES[sign] for sign in match[2])


def _combined(match: re.Match[str]) -> str:
    parts = _split(match.group())
    return " ".join(_spoken(part) for part in parts)


def _split(combination: str) -> list[str]:
    """Keys of a combination: `Ctrl++` holds the key + itself."""
    bare = combination.replace(" ", "")
    last = bare[-1] if bare[-1] in _SIGNS and bare[-2] in "+-" else ""
    body = bare[: -2 if last else len(bare)]
    return [part for part in re.split(r"[+-]+", body) if part] + ([last] if last else [])


def _spoken(part: str) -> str:
    if part in _SIGNS:
        return _SIGNS[part]
    return _KEYS.get(part.lower(), part.upper())


def _option(match: re.Match[str]) -> str | None:
    if match[1] == "-":  # -name: a word with a sign in front, or a dash that lost its blank
        return None
    if match[3]:
        letters = match.string[match.end() : match.end() + 2]
        return None if letters in _SHORT_WORDS else f"dash {letters[0]} "
    return "dash dash " if match[1] else "dash "


def apply(text: AlignedText) -> AlignedText:
    """`Ctrl+C` → control C, `a && b` → a and b, `chmod 755` → chmod seven five five."""
    text = (
        text.sub(_QUOTED, _quoted)
        .sub(_ROW, _row)
        .sub(_COMBINED, _combined)
        .sub(_LONE, lambda m: _KEYS[m.group().lower()])
    )
    if _MENU.search(text.text):
        text = text.sub(_MENU_STEP, ", ")
    text = text.sub(_LOGIC, lambda m: " and " if m[1] == "&&" else " or ")
    text = text.sub(_FLAGS, lambda m: f"{m['command']} dash {' '.join(m['flags'])}")
    text = text.sub(_HOME, lambda m: "dot " if m[1] else "")
    text = (
        text.sub(_MINUS, "minus ")
        .sub(_OPTION, _option)
        .sub(_MODE, lambda m: (m[1] or "") + digits(m[2]))
    )
    return text.sub(_LOCAL, lambda m: f" port {digits(m[1])}")

r"""LaTeX formulas as plain text: signs and figures that every language reads in its own words.

`\\frac{3}{4}` becomes `3/4`, `x^2 \\geq 5` becomes `x² ≥ 5`. Commands without a sound (spacing, fonts,
sizes) vanish; an unknown one does, too.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

Placed = list[tuple[str, int]]
"""Characters with their offsets."""

_TOKEN = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|(.)", re.DOTALL)
_DEEPEST = 20
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ESCAPED = {
    ",": " ",
    ";": " ",
    ":": " ",
    " ": " ",
    "\\": ", ",
    "%": "%",
    "$": "$",
    "#": "#",
    "&": "&",
}
_BIG = frozenset({"sum", "prod", "int", "oint", "iint", "lim"})
_HALVES = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}
_ROOTS = {"": "√", "2": "√", "3": " cube root of ", "4": " fourth root of "}
_UNITS = frozenset({"km", "cm", "mm", "kg", "mg", "ml", "mL", "Hz", "ms", "GB", "MB"})
_LOOSE = {"<": " < ", ">": " > ", "=": " = ", "*": " × ", "[": "(", "]": ")", "`": "'"}
_LETTERS = re.compile(r"[A-Za-z]+")
_SIMPLE = re.compile(r"\w*[.,]?\w+")


@cache
def _signs() -> dict[str, str]:
    """The text of commands without arguments."""
    data = json.loads(resources.files(__package__).joinpath("latex.json").read_text("utf-8"))
    signs: dict[str, str] = data["signs"]
    return signs | dict.fromkeys(data["silent"].split(), "") | dict.fromkeys(_BLANKS, " ")


_BLANKS = frozenset({"quad", "qquad", "enspace", "thinspace"})
_CONTENT = frozenset(
    [
        "text",
        "textbf",
        "textit",
        "textrm",
        "texttt",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "mathcal",
        "mathbb",
        "mathfrak",
        "mbox",
        "boxed",
        "operatorname",
        "overline",
        "underline",
        "vec",
        "hat",
        "bar",
        "tilde",
        "dot",
        "ddot",
        "widehat",
        "widetilde",
        "boldsymbol",
        "bm",
        "cancel",
        "underbrace",
        "overbrace",
        "emph",
    ]
)
_UPRIGHT = frozenset({"mathrm", "mbox", "operatorname", "emph"})
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_ENVIRONMENTS = frozenset({"begin", "end"})


def arguments(command: str) -> int | None:
    """How many arguments in braces a command takes; None if it is unknown."""
    if command in _FRACTIONS or command == "binom":
        return 2
    if command == "sqrt" or command in _CONTENT or command in _ENVIRONMENTS:
        return 1
    return 0 if command in _signs() else None


def read_math(source: str) -> Placed:
    """A formula, without the marks around it, as text; offsets are those in `source`."""
    chars: Placed = []
    last = 0
    for char, at in _Reader(source).read():
        last = max(last, at)
        if char != " " or (chars and chars[-1][0] != " "):
            chars.append((char, last))
    while chars and chars[-1][0] == " ":
        chars.pop()
    return chars


def math_text(source: str) -> str:
    """`read_math` as a string."""
    return _text(read_math(source))


def _text(chars: Placed) -> str:
    return "".join(char for char, _ in chars)


class _Reader:
    """Reads a formula from left to right, once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._limits = False  # behind a sum or the like, whose bounds follow
        self._words = False  # inside text, whose letters are no variables

    def read(self, depth: int = 0) -> Placed:
        """Everything up to the brace that closes, or the end."""
        out: Placed = []
        while self._at < len(self._source):
            if self._source[self._at] == "}":
                self._at += 1
                if depth:
                    break
                continue
            out += self._next(depth, out)
        return out

    def _next(self, depth: int, before: Placed) -> Placed:  # noqa: PLR0911 (one case per line)
        """The next sign, group or command with its arguments."""
        at = self._at
        match = _TOKEN.match(self._source, at)
        if match is None or depth > _DEEPEST:
            self._at = len(self._source)
            return []
        self._at = match.end()
        name, escaped, char = match.groups()
        if name:
            return self._command(name, at, depth, before)
        if escaped:
            return self._said(_ESCAPED.get(escaped, ""), at)
        if char == "{":
            return self.read(depth + 1)
        if char == "^":
            return self._raised(at, depth)
        if char == "_":
            return self._lowered(at, depth)
        return self._plain(char, at, before)

    def _plain(self, char: str, at: int, before: Placed) -> Placed:
        if char.isspace() or char in "&~":
            return [(" ", at)]
        self._limits = False
        if self._words:
            return [(char, at)]
        if char in "-−":
            return self._said(self._minus(before), at)
        if char.isascii() and char.isalpha():
            return self._variables(at, before)
        return self._said(_LOOSE.get(char, char), at)

    def _minus(self, before: Placed) -> str:
        """Use a word if the sign would be taken for a hyphen."""
        last = next((char for char, _ in reversed(before) if char != " "), "")
        following = self._source[self._at : self._at + 1]
        if (last and not last.isascii()) or last == ")":
            return " minus "
        if last.isalnum():
            return " - "
        return "minus " if following.isalpha() or following == "\\" else "-"

    def _variables(self, at: int, before: Placed) -> Placed:
        """A run of letters: variables stand apart, a word or a unit stays whole."""
        match = _LETTERS.match(self._source, at)
        run = match.group() if match else self._source[at]
        self._at = at + len(run)
        follows = bool(before) and before[-1][0].isdigit()
        if len(run) > 2 or run in _UNITS:  # noqa: PLR2004 (no product has three letters in a row)
            return [(char, at + i) for i, char in enumerate(run)]
        lead = " " if follows else ""
        lead = " × " if follows and run[0] in "xX" else lead
        apart = [pair for i, char in enumerate(run) for pair in ((" ", at), (char, at + i))]
        return [*self._said(lead, at), *apart[1:]]

    @staticmethod
    def _said(text: str, at: int) -> Placed:
        return [(char, at) for char in text]

    def _argument(self, depth: int) -> Placed:
        while self._source[self._at : self._at + 1].isspace():
            self._at += 1
        if self._at >= len(self._source) or self._source[self._at] == "}":
            return []
        return _stripped(self._next(depth + 1, []))

    def _command(self, name: str, at: int, depth: int, before: Placed) -> Placed:
        if name in _FRACTIONS:
            return self._fraction(at, depth, before)
        if name == "sqrt":
            return self._root(at, depth)
        if name == "binom":
            return [*self._argument(depth), *self._said(" choose ", at), *self._argument(depth)]
        if name in _ENVIRONMENTS:
            self._argument(depth)
            return [(" ", at)]
        if name in _CONTENT:
            return self._content(name, depth)
        if name in {"left", "right"} and self._source[self._at : self._at + 1] == ".":
            self._at += 1
        sign = _signs().get(name, "")
        self._limits = name in _BIG
        return self._said(sign, at)

    def _content(self, name: str, depth: int) -> Placed:
        outside = self._words
        self._words = outside or name.startswith("text") or name in _UPRIGHT
        while self._source[self._at : self._at + 1].isspace():
            self._at += 1
        content = self._next(depth + 1, []) if self._at < len(self._source) else []
        self._words = outside
        return content

    def _fraction(self, at: int, depth: int, before: Placed) -> Placed:
        upper, lower = self._argument(depth), self._argument(depth)
        follows = bool(before) and before[-1][0].isalnum()
        lead = " " if follows else ""
        if _text(upper).isdigit() and _text(lower).isdigit():
            half = _HALVES.get(f"{_text(upper)}/{_text(lower)}")
            if follows and half:
                return [(half, at)]
            return [*self._said(lead, at), *upper, ("/", at), *lower]
        return [
            *self._said(lead, at),
            *_grouped(upper, at),
            *self._said(" ÷ ", at),
            *_grouped(lower, at),
        ]

    def _root(self, at: int, depth: int) -> Placed:
        degree = ""
        if self._source[self._at : self._at + 1] == "[":
            end = self._source.find("]", self._at)
            if end > 0:
                degree, self._at = self._source[self._at + 1 : end].strip(), end + 1
        sign = _ROOTS.get(degree, f" {degree}th root of ")
        return [*self._said(sign, at), *_grouped(self._argument(depth), at)]

    def _raised(self, at: int, depth: int) -> Placed:
        limits = self._limits
        upper = self._argument(depth)
        text = _text(upper)
        if text in {"°", "∘"}:
            return [("°", at)]
        if text.strip("'′") == "":
            return []
        if limits:
            self._limits = False
            return [*self._said(" → ", at), *upper, *self._said(", ", at)]
        if text.strip("+-−").isdigit() and text.isascii():
            return [(char.translate(_RAISED), place) for char, place in upper]
        return [("^", at), *_grouped(upper, at)]

    def _lowered(self, at: int, depth: int) -> Placed:
        limits = self._limits
        lower = self._argument(depth)
        text = _text(lower)
        self._limits = limits
        if limits:
            more = self._source[self._at : self._at + 1] == "^"
            return [(" ", at), *lower, *self._said("" if more else ", ", at)]
        if text.isdigit() and text.isascii():
            return [(char.translate(_LOWERED), place) for char, place in lower]
        return [(" ", at), *lower]


def _stripped(chars: Placed) -> Placed:
    while chars and chars[0][0] == " ":
        chars = chars[1:]
    while chars and chars[-1][0] == " ":
        chars = chars[:-1]
    return chars


def _grouped(chars: Placed, at: int) -> Placed:
    """Characters in brackets, unless they are one word or number."""
    if not chars or _SIMPLE.fullmatch(_text(chars)):
        return chars
    return [("(", at), *chars, (")", chars[-1][1])]

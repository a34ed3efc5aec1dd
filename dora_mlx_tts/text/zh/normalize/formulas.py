"""Formulas with letters: `x²+2x-3=0`, `log₂8=3`, `E=mc²`, `H₂O`.

The zh rules see figures only, for letters are words of English once a text is divided by language.
A formula is therefore written out before: operators and figures as Hanzi, letters as they are.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable

from dora_mlx_tts.text.zh.normalize.maths import (
    GREEK,
    OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    power,
    quotient,
    scientific,
)
from dora_mlx_tts.text.zh.normalize.numbers import number
from dora_mlx_tts.text.zh.normalize.patterns import Rule

_FORMULA = re.compile(
    r"(?<![0-9A-Za-z.@#_/])[-\u2212√(|∠△∵∴0-9A-Za-zα-ωΔ³½⅓⅔¼¾](?:[0-9A-Za-zα-ωΔΩ½⅓⅔¼¾拔∠△∥⊥≌∽∈∉⊂⊃⊆⊇∪∩∝⇔≅≪≫≦≧∧∨∵∴|.+\-\u2212×÷·*/=≈≠<>≤≥±^()√%°!:∶²³¹⁰⁴-⁹⁻⁺ⁿ₀-₉₊₋ₐₑₒₓₙₘₖᵢⱼₜₚₛᵣ]|(?<=[^ ]) (?=[^ ])|(?<=[0-9A-Za-z]),(?=-?[0-9A-Za-z]{1,3}[,)])){1,120}"
)
"""What may be a formula; `read_formula` tells."""

_FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "log": "log", "ln": "L N", "lg": "L G",
    "lim": "limit", "max": "max", "min": "min", "exp": "E X P",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<relation>[=!]==|==|(?<![0-9)n])!=|<=|>=|[=≈≠<>≤≥∥⊥≌∽∈∉⊂⊃⊆⊇∪∩∝⇔≅≪≫≦≧∧∨])|(?P<fraction>(?<![0-9A-Za-z.)])[0-9]{1,8}/[0-9]{1,8}(?![0-9A-Za-z./(²³^])|\((?:[0-9]{1,8}/[0-9]{1,8})\))|(?P<operator>[+×÷·*±])|(?P<maybe>[-\u2212/:∶])"
    r"|(?P<vulgar>[½⅓⅔¼¾])|(?P<root>[²³]?√)|(?P<power>[²³¹⁰⁴-⁹⁻ⁿ]{1,3}⁺[¹²³⁴-⁹ⁿ]{1,2}|[²³¹⁰⁴-⁹⁻ⁿ]{1,4}|\^\(?-?[0-9A-Za-z]{1,3}\)?)|(?P<below>[₀-₉₊₋ₐₑₒₓₙₘₖᵢⱼₜₚₛᵣ]{1,4})"
    r"|(?P<scientific>[0-9]{1,8}(?:\.[0-9]{1,16})?[eE][+-][0-9]{1,3})|(?P<number>[0-9]{1,16}(?:\.[0-9]{1,16})?%?)|(?P<word>[A-Za-z]{1,40})|(?P<greek>[α-ωΔΩ])"
    r"|(?P<shape>[∠△∵∴])|(?P<mean>拔)|(?P<bar>\|)|(?P<open>\()|(?P<close>\))|(?P<degree>°)|(?P<factorial>!)|(?P<comma>,)|(?P<blank> )"
)
_CLOCK = re.compile("(?<![0-9])[0-2]?[0-9][:：][0-5][0-9](?![0-9])")
_STRONG = frozenset({"relation", "operator", "root", "power", "below", "shape"})
"""Signs of a formula; a hyphen or a stroke alone is one of a name (A-1, A/B)."""
_BINARY = frozenset({"relation", "operator", "maybe"})
_ENDS = frozenset(
    {
        "number",
        "scientific",
        "fraction",
        "vulgar",
        "word",
        "greek",
        "power",
        "below",
        "close",
        "degree",
        "bar",
        "factorial",
        "mean",
    }
)
_STARTS = frozenset(
    {"number", "scientific", "fraction", "vulgar", "word", "greek", "root", "open", "shape", "bar"}
)
_BEFORE_QUANTITY = re.compile("[ ]?([=≈≠<>≤≥])[ ]?$")
_NUMERAL = re.compile("[ ]?[负零一二两三四五六七八九十百]")
_LONGEST_PRODUCT = 3
"""More letters in a row are a word."""
_KEYWORDS = frozenset(
    {"if", "in", "is", "or", "do", "to", "of", "on", "as", "at", "not", "and", "var", "let", "int"}
)
_SHORT_NAME = re.compile(
    "[A-Za-z]?(?i:alt|tab|esc|del|cmd|opt|age|avg|cnt|len|idx|err|row|col|key|val|out|end|qty|all|add)|[B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]"
)
"""What programs and tables call a value with so few letters."""
_LOGARITHM = re.compile(r"log([₀-₉]{1,4})[ ]?(\(?)([0-9]{1,16}(?:\.[0-9]{1,8})?|[A-Za-z])(\)?)")


def read_formula(text: str) -> str | None:
    """A formula written out, None if `text` is none."""
    tokens = None if _CLOCK.search(text) else _tokens(text)
    if tokens is None or not _is_formula(tokens):
        return None
    return _spoken(tokens)


def _read(match: re.Match[str]) -> str | None:
    """A formula, also one whose result is a quantity that is written out by now: V=πr³≈一百毫升."""
    relation = _BEFORE_QUANTITY.search(match[0])
    if relation is None or not _NUMERAL.match(match.string, match.end()):
        return read_formula(match[0])
    formula = match[0][: relation.start()]
    spoken = read_formula(formula)
    return None if spoken is None else f"{spoken}{OPERATORS[relation[1]]}"


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Kind and text of each token; None if something else is between them."""
    tokens, at = list[tuple[str, str]](), 0
    while at < len(text):
        logarithm = _LOGARITHM.match(text, at)
        if logarithm is not None:
            tokens += [("logarithm", f"{logarithm[1]} {logarithm[3]}"), ("below", "")]
            at = logarithm.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        if match.lastgroup != "blank":
            tokens.append((match.lastgroup or "", match[0]))
        at = match.end()
    return tokens


def _is_formula(tokens: list[tuple[str, str]]) -> bool:
    """Whether letters are joined by signs of a formula, with something on both sides of each."""
    kinds = [kind for kind, _ in tokens]
    words = [text for kind, text in tokens if kind == "word"]
    has_letters = (
        bool(words)
        or "ⁿ" in "".join(text for _, text in tokens)
        or not {"greek", "logarithm", "shape"}.isdisjoint(kinds)
    )
    if ("maybe", ":") in tokens and "relation" not in kinds:
        return False
    functions = {a[1].lower() for a, b in itertools.pairwise(tokens) if b[0] == "greek"}
    is_weak = _FUNCTIONS.keys().isdisjoint(functions) and not (
        _STRONG.intersection(kinds) or _is_quotient(tokens) or _is_bracketed(tokens)
    )
    if not has_letters or is_weak:
        return False
    if any(_is_name(word) for word in words):
        return False
    if any(_is_word(a) and _is_word(b) for a, b in itertools.pairwise(tokens)):
        return False
    for i, kind in enumerate(kinds):
        before = kinds[i - 1] if i else ""
        after = kinds[i + 1] if i + 1 < len(kinds) else ""
        if kind not in _BINARY:
            continue
        is_sign = kind == "maybe" and before not in _ENDS and tokens[i][1] in "-−"
        if (before not in _ENDS and not is_sign) or (
            after not in _STARTS and after not in ("maybe", "logarithm")
        ):
            return False
    return True


def _is_name(word: str) -> bool:
    """Whether a word is no product of letters nor a function: `total`, and `age`, `sum`, `Top`."""
    if word.lower() in _FUNCTIONS:
        return False
    return (
        len(word) > _LONGEST_PRODUCT or word in _KEYWORDS or _SHORT_NAME.fullmatch(word) is not None
    )


def _is_word(token: tuple[str, str]) -> bool:
    """Whether a token is several letters; two such in a row are a phrase: `new int`."""
    kind, text = token
    return kind == "word" and len(text) > 1 and text.lower() not in _FUNCTIONS


def _is_quotient(tokens: list[tuple[str, str]]) -> bool:
    """`-b/2a`: a stroke, a minus before it and small letters; 5G/4K is a list."""
    texts = [text for _, text in tokens]
    return texts[0] in "-−" and "/" in texts and all(text == text.lower() for text in texts)


def _is_bracketed(tokens: list[tuple[str, str]]) -> bool:
    """`(x-3)`: a letter and a figure that are joined within brackets."""
    kinds = [kind for kind, _ in tokens]
    letters = [text for kind, text in tokens if kind == "word"]
    return (
        "open" in kinds
        and "close" in kinds
        and "maybe" in kinds
        and letters[0:1] == [c for c in letters[0:1] if len(c) == 1]
    )


def _spoken(tokens: list[tuple[str, str]]) -> str:
    spoken, before, in_bars = "", "", False
    for i, (kind, text) in enumerate(tokens):
        if kind in ("relation", "operator"):
            spoken += OPERATORS[text]
        elif kind == "maybe":
            is_sign = before not in _ENDS
            spoken += "负" if is_sign else OPERATORS[text]
        elif kind in ("open", "close"):
            raised = kind == "close" and i + 1 < len(tokens) and tokens[i + 1][0] == "power"
            spoken += "括号" if raised else ""
        elif kind == "bar":
            in_bars = not in_bars
            spoken += "绝对值" if in_bars else ""
        else:
            spoken += _READERS[kind](text)
        before = kind
    return spoken.strip()


def _letters(word: str) -> str:
    """Letters one by one, a the letter rather than the article."""
    function = _FUNCTIONS.get(word.lower())
    return f" {function or ' '.join('A' if c == 'a' else c for c in word)} "


def _power(text: str) -> str:
    exponent = text.strip("^()").translate(SUPERSCRIPTS)
    if not any(char.isalpha() for char in exponent):
        return power(exponent)
    sign = "负" if exponent[0] == "-" else ""
    return f"的{sign}{_terms(exponent.lstrip('-'))}次方"


def _terms(text: str) -> str:
    """An index or exponent: `2` 二, `n+1` n加一, `2n` 二n."""
    signs = {"+": "加", "-": "减"}
    return "".join(
        number(part) if part.isdecimal() else signs.get(part) or _letters(part)
        for part in re.findall("[0-9]+|.", text)
    )


def _number(text: str) -> str:
    return ("百分之" if text.endswith("%") else "") + number(text.rstrip("%"))


def _root(text: str) -> str:
    return {"³√": "三次根号"}.get(text, "根号")


def _logarithm(text: str) -> str:
    base, of = text.translate(SUBSCRIPTS).split()
    spoken = _letters(of) if of.isalpha() else number(of)
    return f"以{number(base)}为底{spoken}的对数"


_READERS: dict[str, Callable[[str], str]] = {
    "number": _number,
    "scientific": scientific,
    "fraction": quotient,
    "vulgar": lambda text: quotient(
        unicodedata.normalize("NFKC", text).replace("\u2044", "/"), as_fraction=True
    ),
    "word": _letters,
    "greek": lambda text: GREEK.get(text, text),
    "power": _power,
    "below": lambda text: _terms(text.translate(SUBSCRIPTS)),
    "root": _root,
    "mean": str,
    "shape": lambda text: {"∠": "角", "△": "三角形", "∵": "因为", "∴": "所以"}[text],
    "degree": lambda _: "度",
    "factorial": lambda _: "的阶乘",
    "comma": lambda _: "，",
    "logarithm": _logarithm,
}

FORMULA_RULE = Rule(
    _FORMULA,
    _read,
    "=≈≠<>≤≥+×÷·*±√^²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ⁿₐₑₒₓₙₘₖᵢⱼₜₚₛᵣ∠△∥⊥≌∽∈∉⊂⊃⊆⊇∪∩∝⇔≅≪≫≦≧∧∨",
)

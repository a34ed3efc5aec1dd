"""Equations and powers, where a letter is a variable and a hyphen a minus sign."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, number, ordinal
from dora_mlx_tts.text.en.normalize.patterns import NOT_INSIDE, NUMBER
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_TIMES_COUNT = expression(
    r"(?:(?<=[A-Za-z]{2}\s)|(?<=\()|(?<=, )|(?<=: ))(?<!plus\s)(?<!minus\s)(?<!times\s)(?<!equals\s)[x×]\s?(?=\d)(?P<long>(?=\d{1,3} (?:days?|weeks?|doses?|months?|hours?|hrs?)\b))?"
)
_BEHIND_LENGTH = expression(r"\d(?: ?(?:ft|in|cm|mm)| yd)\s\Z")
"""`12 ft × 14 ft` is by, which the units read."""
_INTEGRAL = expression(
    r"∫(?:[\s_]*(?P<a>-?\w{1,3}|∞)\s?\^\s?(?P<b>-?\w{1,3}|∞))?\s?(?P<what>[^,;.=∫]{1,60}?\s?d(?P<x>[a-z])\b)?"
)
_ABOUT = expression(r"(?<![\w.)/~])~\s?(?=\d)")
_DOUBLE_STAR = expression(r"(?<=[\w)])\s?\*\*\s?(?=[\w(-])")
_EXPONENT = r"\^\(?(?P<sign>[-−])?(?P<exp>\d{1,4}|[a-z]\b)\)?(?!\.?\d|\w)"
_TEN = expression(rf"{NOT_INSIDE}(?:(?P<n>{NUMBER})\s?[×x*·]\s?)?(?<!\d)10{_EXPONENT}")
_POWER = expression(rf"(?<![\w.])(?P<base>\d{{1,9}}|[A-Za-z]|\)){_EXPONENT}")
_SCIENTIFIC = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})[eE](?:(?P<sign>[+-])(?P<exp>\d{{1,3}})|(?P<plain>\d{{1,2}}))(?!\w|\.\d)"
)

_POWER_SIGN = r"(?:[²³]|\^-?\w{1,3})?"
_TERM = rf"\({{0,3}}[-−]?√?\({{0,3}}(?:\d{{1,12}}(?:\.\d{{1,9}})?(?:a[dsxy]|g[hdy]|[a-cn-rt-z]{{0,2}})|[A-Za-z]\d{{1,2}}|[A-Za-z]{{1,3}}){_POWER_SIGN}\){{0,3}}{_POWER_SIGN}"
_OPERATOR = r"\s?(?:[=+*/×·÷±−-]|(?:(?<=[\d)])|(?<=[\d)] ))x(?=\s?\d))\s?"
_EXPRESSION = expression(
    rf"(?<![\w.^)=+*/$€£'-])(?:{_TERM})(?:{_OPERATOR}(?:{_TERM})){{1,40}}(?![\w^$]|\.\d|/|-\w)"
)
_FUNCTION = expression(
    r"(?<![\w'])(?P<name>[fghFGP])(?P<primes>'{0,3})\((?P<of>[a-zA-Z]|\d{1,4})(?:\s?\|\s?(?P<given>[A-Za-z]))?\)(?P<over>\s?/\s?(?=[A-Za-z]\())?"
)
_FUNCTION_NAMES = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "sec": "secant", "csc": "cosecant", "cot": "cotangent",
    "arcsin": "arc sine", "arccos": "arc cosine", "arctan": "arc tangent", "ln": "natural log", "exp": "exp", "lim": "limit",
}  # fmt: skip
_ABSOLUTE = expression(
    r"(?<![\w|])\|(?=[^|\n]{0,12}[a-z\d])([\w²³.+ −-]{1,16}(?<! ))\|(?![\w|])(?=\s?[=<>≤≥+*/,.;)−-]|\s(?:is|for|to)\b|\s?\Z)"
)
_DERIVATIVE = expression(r"(?<![\w/])d(?P<y>[a-zA-Z]?)\s?/\s?d(?P<x>[a-z])(?![\w/])")
_TWO_PRODUCTS = expression(
    r"(?<=[=(]\s)([a-z])([a-z])(\s?[−+-]\s?)([a-z])([a-z])(?![\w'])|(?<=\()([a-z])([a-z])(\s?[−+-]\s?)([a-z])([a-z])(?![\w'])"
)
"""A determinant: ad − bc."""
_LIMIT = expression(r"\blim(?=(?:_| ?\(|\s[a-z]\b))_?")
_VARIABLES = expression(r"\bx1\b.*\bx2\b|\bx_?2\b.*\bx_?1\b")
_CHANCE = expression(r"\b(P|Pr|E|Var)\((?=[A-Za-z]{2}|[A-Z])")
_NAMED_FUNCTION = expression(
    r"(?<![\w.])(?P<name>arcsin|arccos|arctan|sin|cos|tan|sec|csc|cot|ln|exp)(?P<power>[²³])?"
    r"(?:\((?P<of>-?\d{0,4}(?:°|[a-z]?)|theta|alpha|pi)\)|(?= ?(?:theta|alpha|beta|phi)\b)|\((?P<of2>[a-z])\)|(?= ?(?:x\b|\d{1,3} ?°)))(?P<over>\s?/\s?(?=[a-z\d]\b))?"
)
_SURD_RATIO = expression(
    r"(?<![\w:.])(?:√?\d{1,4}|√?[a-z])(?: ?: ?(?:√?\d{1,4}|√?[a-z])){1,4}(?![\w:.]?\w)"
)
_STEP = expression(rf"(?P<op>{_OPERATOR})(?=\(|[-−\w])")
_MORE_THAN = expression(r"\d\+ [A-Za-z]")
"""`300+ mi` is no sum."""
_AMOUNT_BEFORE = expression(r"[\d½¼¾]\s?\Z")
_UNIT_FIRST = expression(r"[A-Za-zμΩ]{1,4}[²³]?(?:/[A-Za-zμ]{1,4}[²³]?)?\s?[=+−÷×*/-]")
"""`9.8 m/s² = ` behind a figure: a unit, no variables."""
_ROOT_OF = expression(r"√\(((?=\d*[a-zA-Z])\d?[a-zA-Z]{1,2})/([a-zA-Z]|\d{1,4})\)")
_INVERSE = expression(r"\b(sin|cos|tan|sec|csc|cot)\^[-−]1\s?(?=\(|[a-z\d√])")
_LN = expression(r"\bln\s(?=\d|[a-z]\b)|\bln(?=\((?![a-z\d]{1,4}\)))")
_MINUS_FUNCTION = expression(r"(?<![\w)] )(?<![\w)])[-−](?=(?:log|ln|sin|cos|tan)\b)")
_ROOT_POWER = expression(r"\^\(([1-9]\d?)/([1-9]\d?)\)(?![\w^])")
_COEFFICIENT = expression(r"(?<=\d)(?=[a-z])")
_PRODUCT = expression(r"(?<![A-Za-z])([A-Za-z]{2,3})(?![A-Za-z\d(])")
_NO_PRODUCT = word_set(
    "pi ln on no is it in to of or if as at by be do go my we he me us up so an am sin cos tan log exp max min abs sum "
    "mod det dim lim var new old yes not the cm mm km kg mg ml lb oz ft hr min sec gb mb tb kb and for but are was has "
    "age day one two six ten all any end max row col key val map set get put out id ok ai dx dy dt"
)
_NAMES = {
    "=": " equals ",
    "+": " plus ",
    "-": " minus ",
    "−": " minus ",
    "÷": " divided by ",
    "±": " plus or minus ",
}
_TIMES = frozenset("*×·x")


def _times_count(match: re.Match[str]) -> str | None:
    if _BEHIND_LENGTH.search(match.string, max(0, match.start() - 5), match.start()):
        return None
    return "times " if match["long"] is None else "for "


def _factors(product: str) -> str:
    """`2h` → two h."""
    return " ".join(number(sign) if sign.isdecimal() else sign for sign in product)


def _exponent(match: re.Match[str]) -> str:
    sign, exponent = match["sign"], match["exp"]
    if exponent.isalpha():
        return f"{'minus ' if sign in ('-', '−') else ''}{exponent}"
    if sign in ("-", "−"):
        return f"minus {number(exponent)}"
    return ordinal(int(exponent))


def _ten(match: re.Match[str]) -> str:
    """`6.02×10^23` → six point zero two times ten to the twenty-third."""
    times = f"{number(match['n'])} times " if match["n"] else ""
    return f"{times}ten to the {_exponent(match)}"


def _power(match: re.Match[str]) -> str | None:
    exponent = match["exp"]
    if exponent == "1" and match["sign"] and match["base"].isalpha():
        return f"{match['base']} inverse"
    if (
        exponent in {"2", "3"} and not match["sign"]
    ):  # squared and cubed are for letters and units, too
        return None
    return f"{match['base']} to the {_exponent(match)}"


def _scientific(match: re.Match[str]) -> str:
    exponent = ordinal(int(match["plain"])) if match["plain"] else _exponent(match)
    return f"{number(match['n'])} times ten to the {exponent}"


def _integral(match: re.Match[str]) -> str:
    """`∫0^1 x² dx` → integral from 0 to 1 of x² d x."""
    bounds = f"from {match['a']} to {match['b']} " if match["a"] else ""
    what = match["what"] or ""
    if what:
        what = f"{what[:-2].rstrip()} d {match['x']}"
    return f"integral {bounds}of {what}"


def _function(match: re.Match[str]) -> str:
    """`f(x)` → f of x, `f'(2)` → f prime of 2."""
    primes = ("", " prime", " double prime", " triple prime")[len(match["primes"])]
    given = f" given {match['given']}" if match["given"] else ""
    over = " over " if match["over"] else ""
    times = " times " if match.string[match.start() - 1 : match.start()] == ")" else ""
    return f"{times}{match['name']}{primes} of {match['of']}{given}{over}"


def _named_function(match: re.Match[str]) -> str | None:
    """`sin²(x)` → sine squared of x, `sin(x)/x` → sine of x over x."""
    if match["of"] == "":
        return None
    power = {"²": " squared", "³": " cubed"}.get(match["power"] or "", "")
    of = f" of {match['of']}" if match["of"] else ""
    return f"{_FUNCTION_NAMES[match['name']]}{power}{of}{' over ' if match['over'] else ''}"


def _expression(match: re.Match[str]) -> str | None:
    """Operators as words, if it is an equation or has powers or variables with a factor."""
    text = match.group()
    if _UNIT_FIRST.match(match.string, match.start()) and _AMOUNT_BEFORE.search(
        match.string, max(0, match.start() - 3), match.start()
    ):
        return None
    is_equation = "=" in text
    has_variable = (
        bool(re.search(r"[²³^]|\d[a-z]|[A-Za-z)]\s?\+|\+\s?[A-Za-z(]", text)) and "+" in text
    )
    if not is_equation and (not has_variable or _MORE_THAN.search(text)):
        return None
    terms = _STEP.split(text)
    said = [_term(terms[0], terms, 0)]
    for place in range(1, len(terms), 2):
        said.append(_operator(terms, place))
        said.append(_term(terms[place + 1], terms, place + 1))
    return "".join(said)


def _operator(terms: list[str], place: int) -> str:
    """The word of an operator; a fraction of two figures keeps its slash."""
    sign = terms[place].strip()
    if sign == "/":
        a, b = terms[place - 1], terms[place + 1]
        is_fraction = a.isdecimal() and b.isdecimal() and int(a) < int(b)
        return "/" if is_fraction else " divided by "
    return " times " if sign in _TIMES else _NAMES[sign]


def _term(term: str, terms: list[str], place: int) -> str:
    """`3x²` → 3 x², `mc²` → m c²; a word stays a word."""
    term = _COEFFICIENT.sub(" ", term)
    left = terms[place - 2].strip("() ") if place > 1 else ""
    alone = len(left) == 1 and place > 1 and terms[place - 1].strip() == "="
    following = terms[place + 1].strip() if place + 1 < len(terms) else ""

    def product(match: re.Match[str]) -> str:
        letters = match[1]
        has_factor = term[: match.start()].endswith(" ") and len(letters) == 2  # noqa: PLR2004 (4ac)
        raised = match.end() < len(term) and term[match.end()] in "²³^"
        is_product = (
            raised
            or has_factor
            or (
                letters.lower() not in _NO_PRODUCT
                and not letters.isupper()
                and (
                    (alone and len(letters) == 2) or (following == "+" and len(letters) == 2)  # noqa: PLR2004 (y = mx + b)
                )
            )
            or (letters[0].islower() and not letters.islower())
        )
        return " ".join(letters) if is_product and letters.lower() not in _NO_PRODUCT else letters

    return _PRODUCT.sub(product, term)


def apply(text: AlignedText) -> AlignedText:
    """`x = 3y - 2` → x equals 3 y minus 2, `10^-3` → ten to the minus three."""
    text = text.sub(_INTEGRAL, _integral) if "∫" in text.text else text
    text = text.sub(_ABOUT, "about ") if "~" in text.text else text
    if "^(" in text.text:
        text = text.sub(_ROOT_POWER, lambda m: f" to the {fraction(int(m[1]), int(m[2]))}")
    if "^" in text.text or "**" in text.text:
        text = text.sub(_DOUBLE_STAR, "^").sub(_TEN, _ten)
    if not _VARIABLES.search(text.text):
        text = text.sub(_TIMES_COUNT, _times_count)
    text = text.sub(_SCIENTIFIC, _scientific).sub(_FUNCTION, _function)
    if "√" in text.text and ":" in text.text:
        text = text.sub(
            _SURD_RATIO, lambda m: re.sub(r" ?: ?", " to ", m.group()) if "√" in m.group() else None
        )
    text = text.sub(_ABSOLUTE, r"absolute value of \1") if "|" in text.text else text
    if "√" in text.text:
        text = text.sub(_ROOT_OF, lambda m: f"√({_factors(m[1])} over {m[2]})")
    if "^" in text.text:
        text = text.sub(_INVERSE, lambda m: f"inverse {_FUNCTION_NAMES[m[1]]} of ")
    if "ln" in text.text:
        text = text.sub(_LN, "natural log of ")
    if "−" in text.text or "-" in text.text:
        text = text.sub(_MINUS_FUNCTION, "minus ")
    text = text.sub(_LIMIT, "limit ")
    text = text.sub(_TWO_PRODUCTS, lambda m: " ".join(part for part in m.groups() if part))
    text = text.sub(_DERIVATIVE, lambda m: " ".join(f"d {m['y']} d {m['x']}".split()))
    text = text.sub(_CHANCE, r"\1 of (")
    text = text.sub(_NAMED_FUNCTION, _named_function)
    if any(sign in text.text for sign in "=+^²³"):
        text = text.sub(_EXPRESSION, _expression)
    return text.sub(_POWER, _power) if "^" in text.text else text

"""Amounts of money: signs and codes before or after the number, magnitudes, cents, ranges."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.currencies import CODES, DOUBTFUL, LOCAL, SIGNS, Currency
from dora_mlx_tts.text.en.normalize.numbers import cardinal, number
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    MAGNITUDE,
    NOT_INSIDE,
    NUMBER,
    Rule,
    alternatives,
    apply_rules,
    magnitude,
    spaced,
)
from dora_mlx_tts.text.patterns import expression

_CURRENCIES = SIGNS | CODES | LOCAL
_NAME = alternatives(_CURRENCIES)
_SIGN = "|".join(map(re.escape, SIGNS))
_CODE_WORD = alternatives(code for code in CODES | LOCAL if code.isalpha())
_MAGNITUDE = rf"(?:{MAGNITUDE}|mm|MM|mil|[bt](?!\s?/))"
_ENDS = r"(?![A-Za-z]|(?<=\s[A-Za-z])-)"
_SCALE = rf"(?P<scale>\s?{_MAGNITUDE}{_ENDS})?"
_SECOND = rf"(?P<scale1>\s?{_MAGNITUDE}{_ENDS}|-(?:thousand|million|billion|trillion)\b)?(?:(?:{DASH}|\s(?:{DASH}|to)\s)(?:{_SIGN})?(?P<second>{NUMBER}))?"

_BEFORE = expression(
    rf"(?P<minus>(?<!\w)[-−])?(?<![A-Za-z$])(?P<name>{_NAME})\s?(?P<minus2>[-−](?=[\d.]))?"
    rf"(?P<n>{NUMBER}){_SECOND}{_SCALE}(?P<more>\+(?!\s?[\w$]))?"
)
_AFTER = expression(
    rf"{NOT_INSIDE}(?P<n>{NUMBER}){_SECOND}{_SCALE}\s?(?P<name>{_SIGN}|(?:{_CODE_WORD})\b)"
)
_SPAN = expression(rf"(?<=[\dnkKMB])\s?{DASH}\s?(?=(?:{_SIGN})\d[\d.]{{0,12}}\s?(?:{MAGNITUDE})\b)")
_EUROPEAN = expression(
    r"(?<![\w.,])(?P<n>\d{1,3}(?:\.\d{3})+),(?P<c>\d{1,2})(?![\d.,]\d|\d)|(?<![\w.,€])(?P<w>\d{1,3}(?:\.\d{3})+)(?=\s?€)"
    r"|(?<=€)(?P<w2>\d{1,3}(?:\.\d{3})+),(?P<c2>\d{1,2})(?![\d.,]\d|\d)"
)
_ABOUT = expression(rf"(?<![\w.])(?P<sign>[~≈<>≤≥+]|<=|>=)\s?(?=(?:{_NAME})\s?\.?\d)")
_RELATIONS = {
    "~": "about", "≈": "about", "<": "less than", ">": "more than", "≤": "at most", "<=": "at most",
    "≥": "at least", ">=": "at least", "+": "plus",
}  # fmt: skip
_ONE_OF_A_KIND = expression(
    r"\b((?i:a|an|another|this|that|each|every|the|your|my|his|her|our|their|its|[A-Za-z]{2,20}'s)\s(?:(?!(?:is|are|was|were|be|costs?|has|have|had|gets?|than|of)\s)[a-z\d-]{1,20},?\s){0,7}?)(dollar|euro|pound|cent)s(?=\s(?![a-z]+(?:-[a-z]+)? ounces?\b|the\b|per\b|and\b|or\b|to\b|in\b|for\b|a\b|"
    r"an\b|off\b|at\b|is\b|was\b|on\b|from\b|of\b|by\b|with\b|as\b|but\b|if\b|more\b|less\b|each\b|extra\b|plus\b|every\b|now\b|today\b|so\b|"
    r"he\b|she\b|they\b|we\b|you\b|it\b|was\b|were\b|has\b|had\b|have\b|will\b|that\b|which\b|who\b|into\b|until\b|"
    r"because\b|when\b|after\b|before\b|than\b|worth\b|back\b|times\b|minus\b|divided\b|equals\b|(?!(?:signing|opening|closing|filing|processing|cleaning|parking|booking|shipping|handling|listing|asking|starting|funding|housing|heating|wedding|training|operating|spending|marketing|advertising|licensing|building|boarding|restocking|unlimited)\b)[a-z]+(?:ed|ing)\b)[A-Za-z])"
)
_DOLLARS_AND = expression(r"\b(dollar|euro|pound)s(?= and [a-z-]+ \Z)")
_RATE = expression(rf"{NOT_INSIDE}(?P<n>{NUMBER})\s?(?P<a>[A-Z]{{3}})/(?P<b>[A-Z]{{3}})\b")
_PER_MANY = expression(
    r"([£€$]\d[\d.,]{0,12})\s?/\s?(?=1 ?[KMB]\b|1,000(?:,000)?\b|\d{2,3} (?:miles?|mi|km|g|grams|ml|mL|sq|pages|words|words|views|users|units|oz)\b)"
)
_A_DAY = expression(r"(?:(?<=\bdollar)|(?<=\beuro)|(?<=\bpound)|(?<=\bcent))s(?=-a-[a-z])")
_PER_PERSON = expression(r"([£€$]\d[\d.,]{0,12})\s?pp\b(?:\.(?=\s[a-z]|[,;]))?")
_RUPEES = expression(r"\bRs\.?\s?(?=\d)")
_COMMA_CENTS = expression(r"(?<=\d),(?=\d\d\s?€)|(?<=€\d),(?=\d\d(?!\d))|(?<=€\d\d),(?=\d\d(?!\d))")
_CENTS_SIGN = expression(rf"(?<![\w.)])([~≈<>≤≥+−-])\s?(?={NUMBER}\s?¢)")
_CENTS = expression(rf"{NOT_INSIDE}({NUMBER})\s?¢")


def _amount(figures: str, currency: Currency) -> str:
    """`3.50` → three dollars and fifty cents."""
    whole, _, part = figures.replace(",", "").partition(".")
    if currency.cent and part:  # $20.5 is what $20.50 is, and $2.000 what $2 is
        part = part.ljust(2, "0")
        part = part[:2] + part[2:].rstrip("0")
        figures = f"{whole}.{part}" if part != "00" else whole
        part = part if part != "00" else ""
    if not part or currency.cent is None or len(part) != 2:  # noqa: PLR2004 (cents have two figures)
        return f"{number(figures)} {currency.one if figures == '1' else currency.many}"
    cents = int(part)
    words = []
    if int(whole or "0") or not cents:
        words.append(f"{number(whole or '0')} {currency.one if whole == '1' else currency.many}")
    if cents:
        words.append(f"{cardinal(cents)} {currency.cent if cents == 1 else currency.cents}")
    return " and ".join(words)


_CHINA = expression(
    r"\b(?:Chin(?:a|ese)|Beijing|Shanghai|Shenzhen|Guangzhou|Hangzhou|Chengdu|Chongqing|Wuhan|Xi'an|Nanjing|Suzhou|Tianjin|"
    r"Taobao|Alipay|WeChat|Meituan|Didi|JD|yuan|RMB|CNY|renminbi|Huawei|Xiaomi|BYD)\b"
)

_JAPAN = expression(r"\b(?:Japan(?:ese)?|Tokyo|Kyoto|Osaka|Nagoya|Sapporo|yen|JPY)\b")


def _currency(match: re.Match[str]) -> Currency:
    """The sign of yen is that of yuan, too, where a text speaks of China."""
    name = match["name"]
    if name == "kr" and _SWEDEN.search(match.string):
        return Currency("krona", "kronor")
    is_yuan = name == "¥" and _CHINA.search(match.string) and not _JAPAN.search(match.string)
    return _CURRENCIES["CNY" if is_yuan else name]


_SPEAKS_OF_MONEY = expression(
    r"(?i)\b(?:exchange|convert\w*|currenc\w+|costs?|price[sd]?|pay|paid|pays|worth|rates?|salary|fee|[A-Z]{3}/[A-Z]{3})\b|\b(?:USD|EUR|GBP|CNY|JPY)\b|[$€£]"
)
_MALAYSIA = expression(
    r"\b(?:Malaysian?|Kuala Lumpur|KL|Penang|ringgit|Johor|MYR|Grab)\b|RM\s?\d[\d,]*\.\d\d\b"
)
_SWEDEN = expression(r"\b(?:Swed\w+|Stockholm|Gothenburg|SEK|kronor)\b")


def _is_local(match: re.Match[str]) -> bool:
    """`RM` is a room as well; the others are sure beside figures."""
    return match["name"] != "RM" or bool(_MALAYSIA.search(match.string))


_LABORATORY = expression(r"\d\.\d")


def _money(match: re.Match[str]) -> str | None:
    if match["name"] == "INR" and _LABORATORY.fullmatch(match["n"]):  # a measure of blood
        return None
    if match["name"] in DOUBTFUL and not _SPEAKS_OF_MONEY.search(match.string):
        return None
    if match["name"] in LOCAL and not _is_local(match):
        return None
    currency = _currency(match)
    groups = match.groupdict()
    sign = "negative " if groups.get("minus") or groups.get("minus2") else ""
    scale1, scale = magnitude(match["scale1"]), magnitude(match["scale"])
    if (
        match["second"]
        and not scale
        and not scale1
        and currency.cent
        and "." in match["n"] + match["second"]
    ):
        words = f"{_amount(match['n'], currency)} to {_amount(match['second'], currency)}"
    elif match["second"]:
        if scale1 == scale and len((match["scale1"] or "").strip()) <= 2:  # noqa: PLR2004 ($20k-30k)
            scale1 = ""
        words = f"{number(match['n'])}{scale1} to {number(match['second'])}{scale} {currency.many}"
    elif scale1:
        words = f"{number(match['n'])}{scale1} {currency.many}"
    elif match["name"].isalpha() and match["n"].startswith("0."):  # of a rate: no cents
        words = f"{number(match['n'])} {currency.many}"
    else:
        words = _amount(match["n"], currency)
    more = " plus" if groups.get("more") else ""
    return spaced(match, sign + words + more)


def _rate(match: re.Match[str]) -> str | None:
    """`1.08 USD/EUR` → one point zero eight U S dollars per euro."""
    if match["a"] not in CODES or match["b"] not in CODES:
        return None
    return f"{number(match['n'])} {CODES[match['a']].many} per {CODES[match['b']].one}"


def _european(match: re.Match[str]) -> str:
    """`1.234,56` → 1,234.56."""
    whole = match["n"] or match["w"] or match["w2"]
    cents = match["c"] or match["c2"]
    return whole.replace(".", ",") + (f".{cents}" if cents else "")


_SHAPE = expression(
    rf"[{''.join(SIGNS)}¢]|\d\s?(?:{MAGNITUDE}\s?)?(?:[A-Z]{{3}}|kr|zl|Kc)\b|\b(?:[A-Z]{{2,3}}|Rp|Rs\.?|kr)\s?\d"
)
"""What every amount of money has."""
_ACCOUNTS = expression(
    r"(?P<sign>[$€£])\((?P<n>\d[\d.,]*)\)|\((?P<sign2>[$€£])(?P<n2>\d[\d.,]*)\)(?=\s?(?:million|billion|[MBK]\b))"
)
"""Losses as accountants write them: $(1.2)M."""
_RULES = (
    Rule(_ACCOUNTS, lambda m: f"-{m['sign'] or m['sign2']}{m['n'] or m['n2']}", "("),
    Rule(_PER_PERSON, r"\1 per person", "£€$"),
    Rule(_EUROPEAN, _european, "€,"),
    Rule(_RATE, _rate, "/"),
    Rule(_PER_MANY, r"\1 per ", "/"),
    Rule(_RUPEES, "₹", "R"),
    Rule(_COMMA_CENTS, ".", "€"),
    Rule(_SPAN, " to ", "".join(SIGNS)),
    Rule(_ABOUT, lambda m: f"{_RELATIONS[m['sign']]} ", "~≈<>≤≥+"),
    Rule(_BEFORE, _money),
    Rule(_AFTER, _money),
    Rule(_CENTS_SIGN, lambda m: f"{_RELATIONS.get(m[1], 'negative')} ", "¢"),
    Rule(_CENTS, lambda m: f"{number(m[1])} cent{'' if m[1] == '1' else 's'}", "¢"),
)


def apply(text: AlignedText) -> AlignedText:
    """`$3.50` → three dollars and fifty cents, `€5-10 million` → five to ten million euros."""
    return apply_rules(text, _RULES) if _SHAPE.search(text.text) else text


def apply_kinds(text: AlignedText) -> AlignedText:
    """`a three hundred dollars deposit` → a three hundred dollar deposit."""
    if "-a-" in text.text:
        text = text.sub(_A_DAY, "")
    return text.sub(_ONE_OF_A_KIND, lambda m: _DOLLARS_AND.sub(r"\1", m[1]) + m[2])

"""Amounts of money: signs and codes before or after the number, magnitudes, cents, ranges."""

from __future__ import annotations

import re
from typing import NamedTuple

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, number
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    MAGNITUDE,
    NOT_INSIDE,
    NUMBER,
    magnitude,
    spaced,
)


class Currency(NamedTuple):
    """Names of a unit of money and of its hundredth (None if there is none)."""

    one: str
    many: str
    cent: str | None = None
    cents: str | None = None


def _decimal(one: str, many: str) -> Currency:
    return Currency(one, many, "cent", "cents")


_DOLLAR = _decimal("dollar", "dollars")
_SIGNS = {
    "$": _DOLLAR,
    "€": _decimal("euro", "euros"),
    "£": Currency("pound", "pounds", "penny", "pence"),
    "¥": Currency("yen", "yen"),
    "₩": Currency("won", "won"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"),
    "₽": Currency("ruble", "rubles", "kopek", "kopeks"),
    "₿": Currency("bitcoin", "bitcoins"),
}
_CODES = {
    "US$": _decimal("U S dollar", "U S dollars"),
    "USD": _decimal("U S dollar", "U S dollars"),
    "HK$": _decimal("Hong Kong dollar", "Hong Kong dollars"),
    "HKD": _decimal("Hong Kong dollar", "Hong Kong dollars"),
    "A$": _decimal("Australian dollar", "Australian dollars"),
    "AUD": _decimal("Australian dollar", "Australian dollars"),
    "C$": _decimal("Canadian dollar", "Canadian dollars"),
    "CAD": _decimal("Canadian dollar", "Canadian dollars"),
    "EUR": _SIGNS["€"],
    "GBP": _SIGNS["£"],
    "JPY": _SIGNS["¥"],
    "KRW": _SIGNS["₩"],
    "INR": _SIGNS["₹"],
    "CNY": Currency("yuan", "yuan"),
    "RMB": Currency("yuan", "yuan"),
    "CHF": Currency("Swiss franc", "Swiss francs"),
}
_CURRENCIES = _SIGNS | _CODES
_NAME = "|".join(re.escape(name) for name in sorted(_CURRENCIES, key=len, reverse=True))
_SIGN = "|".join(map(re.escape, _SIGNS))
_CODE_WORD = "|".join(code for code in _CODES if code.isalpha())
_SCALE = rf"(?P<scale>\s?{MAGNITUDE}(?![A-Za-z]))?"
_SECOND = rf"(?P<scale1>\s?{MAGNITUDE}(?![A-Za-z]))?(?:(?:{DASH}|\s(?:{DASH}|to)\s)(?:{_SIGN})?(?P<second>{NUMBER}))?"

_BEFORE = re.compile(
    rf"(?P<minus>(?<!\w)[-−])?(?<![A-Za-z$])(?P<name>{_NAME})\s?(?P<minus2>[-−](?=[\d.]))?"
    rf"(?P<n>{NUMBER}){_SECOND}{_SCALE}"
)
_AFTER = re.compile(
    rf"{NOT_INSIDE}(?P<n>{NUMBER}){_SECOND}{_SCALE}\s?(?P<name>{_SIGN}|(?:{_CODE_WORD})\b)"
)
_SPAN = re.compile(rf"(?<=[\dnkKMB])\s?{DASH}\s?(?=(?:{_SIGN})\d[\d.]{{0,12}}\s?(?:{MAGNITUDE})\b)")
_COMMA_CENTS = re.compile(r"(?<=\d),(?=\d\d\s?€)|(?<=€\d),(?=\d\d(?!\d))|(?<=€\d\d),(?=\d\d(?!\d))")
_CENTS = re.compile(rf"{NOT_INSIDE}({NUMBER})\s?¢")


def _amount(figures: str, currency: Currency) -> str:
    """`3.50` → three dollars and fifty cents."""
    whole, _, part = figures.replace(",", "").partition(".")
    if not part or currency.cent is None or len(part) != 2:  # noqa: PLR2004 (cents have two figures)
        return f"{number(figures)} {currency.one if figures == '1' else currency.many}"
    cents = int(part)
    words = []
    if int(whole or "0") or not cents:
        words.append(f"{number(whole or '0')} {currency.one if whole == '1' else currency.many}")
    if cents:
        words.append(f"{cardinal(cents)} {currency.cent if cents == 1 else currency.cents}")
    return " and ".join(words)


def _money(match: re.Match[str]) -> str:
    currency = _CURRENCIES[match["name"]]
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
        words = f"{number(match['n'])}{scale1} to {number(match['second'])}{scale} {currency.many}"
    elif scale1:
        words = f"{number(match['n'])}{scale1} {currency.many}"
    else:
        words = _amount(match["n"], currency)
    return spaced(match, sign + words)


def apply(text: AlignedText) -> AlignedText:
    """`$3.50` → three dollars and fifty cents, `€5-10 million` → five to ten million euros."""
    text = text.sub(_COMMA_CENTS, ".").sub(_SPAN, " to ")
    text = text.sub(_BEFORE, _money).sub(_AFTER, _money)
    return text.sub(_CENTS, lambda m: f"{number(m[1])} cent{'' if m[1] == '1' else 's'}")

"""Numbers in running text that are neither dates, times, money nor measures."""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import (
    digits,
    fraction,
    integer,
    number,
    ordinal,
    plain_number,
    year,
)
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    INTEGER,
    MAGNITUDES,
    NOT_INSIDE,
    NUMBER,
    spaced,
)

_ITEM = re.compile(r"(?m)^(\s*)(\d{1,2})[.)]\s+(?=\S)")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+?\d{1,3}[-. ])?(?:\(\d{2,4}\)[-. ]?|\d{3,4}[-. ])\d{3,4}[-.]\d{4}(?![\w-])"
    r"|(?<![\w.+-])\d{3}-\d{4}(?![\w-])|(?<![\w.+-])\d{3} \d{3} \d{4}(?![\w-])"
    r"|(?<![\w.+-])\+\d{1,3}(?:[- .]?\(?\d{1,5}\)?){1,5}(?![\w-])"
)
_CALLED = re.compile(
    r"(?P<lead>\b(?:call|dial|tel|telephone|phone|fax|text|pin|code|passcode|otp|zip|hotline)\b"
    r"(?: number| code)?(?: is| at| us at| me at)?[:.]?\s)(?P<n>\d{3,14})(?![\d.,]\d|\d)",
    re.IGNORECASE,
)
_VANITY = re.compile(r"(?<![\w.+-])(1)-(8\d\d)-(?=[A-Z]{3,10}\b)")
_AIRCRAFT = re.compile(r"(?<=\bBoeing )\d{3}\b|(?<=\bAirbus A)\d{3}\b|(?<=\bFlight )\d{3}\b")
_TYPE = re.compile(r"(?<=\b[A-Z]{3})[1-9]\d{3}\b|(?<=\b[A-Z]{2})[1-9]\d{3}\b")
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)(?::(?P<port>\d{2,5}))?")
_SERIAL = re.compile(
    r"(?<![\w.,$-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,$-])\d{4}(?:[ -]\d{4}){2,4}(?![\w-])"
    r"|(?<![\w.,$-])97[89](?:-\d{1,7}){3,4}(?:-X)?(?![\w-])"
)
_VERSION = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?!\d|\.\d)")
_ORDINAL = re.compile(rf"{NOT_INSIDE}({INTEGER})(?:st|nd|rd|th|ST|ND|RD|TH)\b(-)?")
_ORDINALS = re.compile(rf"(?<=\d)(st|nd|rd|th)\s?{DASH}\s?(?=\d{{1,4}}(?:st|nd|rd|th)\b)")
_MIXED = re.compile(r"(?<![\d./])(\d{1,3})[ -](\d{1,2})/(\d{1,3})(?![\d/])")
_FRACTION = re.compile(r"(?<![\d./:])(?P<minus>(?<![\w)])[-−])?(\d{1,3})/(\d{1,3})(?![\d/]|\.\d)")
_TOLD = {("24", "7"), ("9", "11"), ("20", "20"), ("50", "50")}
_OUT_OF = re.compile(
    r"(?<![\d./])(\d{1,3}\.\d)/(\d{1,3})(?![\d/]|\.\d)"
    r"|(?<![\d./])(\d{1,2})/(\d{1,2})(?= (?:stars|points)\b)"
)
_RATIO = re.compile(r"(?<![\d.:])(\d{1,3})\s?:\s?(\d{1,6})(?![\d:]|\.\d)")
_TIMES = re.compile(
    rf"{NOT_INSIDE}(?:({NUMBER}){DASH})?({NUMBER})\s?[x×]"
    r"(?=\s(?!plus|minus|times|equals|divided)[a-z]|\s*[.,;!?)]|\s*\Z)"
)
_BY = re.compile(rf"{NOT_INSIDE}({NUMBER})\s?[x×]\s?(?={NUMBER})")
_RANGE = re.compile(
    rf"{NOT_INSIDE}(?<!\w-)(?<![A-Za-z])(?P<a>{NUMBER})(?:{DASH}|\s{DASH}\s)(?P<b>{NUMBER})(?![\w-]|\.\d)"
)
_LABELED = re.compile(
    r"(?i)(?<=\bport )[1-9]\d{3}\b|(?<=\broom )[1-9]\d{3}\b|(?<=\bflight )[1-9]\d{3}\b"
    r"|(?<=\bmodel )[1-9]\d{3}\b|(?<=\b[rg]tx )[1-9]\d{3}\b|(?<=\brx )[1-9]\d{3}\b"
)
_POWER_OF_TEN = re.compile(rf"{NOT_INSIDE}({NUMBER})[eE]\+?(-)?(\d{{1,3}})(?!\w|\.\d)")
_ABOUT = re.compile(rf"(?<![\w.])~\s?(?={NUMBER})")
_NEGATIVE = re.compile(r"(?<![\w)\]%.])[-−](?=\.?\d)")
_SCALED = re.compile(rf"{NOT_INSIDE}({NUMBER})\s?(M|mn|bn|tn|k)\b(?!-)")
_NUMBER = re.compile(rf"(?P<glued>[A-Za-z])?(?<!\d)(?P<n>{NUMBER})(?P<more>\+(?!\s?\d))?")


def _phone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match.group())
    lead = "plus " if match.group().startswith("+") else ""
    return spaced(match, lead + ", ".join(digits(group) for group in groups))


def _host(match: re.Match[str]) -> str:
    words = " dot ".join(digits(part) for part in match.group().partition(":")[0].split("."))
    return spaced(match, f"{words} port {digits(match['port'])}" if match["port"] else words)


def _version(match: re.Match[str]) -> str:
    return spaced(match, " point ".join(integer(part) for part in match.group().split(".")))


def _ratio(match: re.Match[str]) -> str:
    """`4:3` is a ratio; `45:30` is how long something took."""
    first, second = match.groups()
    timed = len(second) == 2 and int(first) > 24 and 10 <= int(second) < 60  # noqa: PLR2004 (minutes and seconds)
    return spaced(match, f"{number(first)}{' ' if timed else ' to '}{number(second)}")


def _fraction(match: re.Match[str]) -> str | None:
    minus, a, b = match.groups()
    if int(b) == 0 or int(a) == 0 or (a[0] == "0" or b[0] == "0"):
        return spaced(match, f"{number(a)} over {number(b)}")
    if a == b and not minus and int(a) > 1:
        return spaced(match, f"{number(a)} out of {number(b)}")
    if (a, b) in _TOLD:
        return spaced(match, f"{number(a)} {number(b)}")
    if int(a) > int(b) > 10:  # noqa: PLR2004 (120/80 is a blood pressure)
        return spaced(match, f"{number(a)} over {number(b)}")
    if int(b) == 1:
        return spaced(match, f"{number(a)} over one")
    return spaced(match, ("negative " if minus else "") + fraction(int(a), int(b)))


def _mixed(match: re.Match[str]) -> str | None:
    whole, a, b = (int(part) for part in match.groups())
    if b < 2 or a >= b:  # noqa: PLR2004 (no fraction)
        return None
    part = "a half" if (a, b) == (1, 2) else fraction(a, b)
    return spaced(match, f"{number(str(whole))} and {part}")


def _plain(match: re.Match[str]) -> str:
    figures = match["n"]
    glued = match["glued"] or ""
    words = plain_number(figures) + (" plus" if match["more"] else "")
    end, text = match.end(), match.string
    if end < len(text) and text[end].isalpha():
        words += " "
    if glued or (match.start() and text[match.start() - 1].isalnum()):
        words = f" {words}"
    return glued + words


def _flight(figures: str) -> str:
    """Three figures of a type or flight: `747` → seven forty-seven, `380` → three eighty."""
    tens = int(figures[1:])
    if not tens:
        return integer(figures)
    link = " oh " if tens < 10 else " "  # noqa: PLR2004 (one figure)
    return f"{integer(figures[0])}{link}{integer(str(tens))}"


def _range(match: re.Match[str]) -> str | None:
    a, b = match["a"], match["b"]
    return spaced(match, f"{plain_number(a)} to {plain_number(b)}")


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (_CALLED, lambda m: m["lead"] + digits(m["n"])),
    (_LABELED, lambda m: year(int(m.group()))),
    (_TYPE, lambda m: spaced(m, year(int(m.group())))),
    (_AIRCRAFT, lambda m: spaced(m, _flight(m.group()))),
    (
        _TIMES,
        lambda m: f"{number(m[1])} to {number(m[2])} times" if m[1] else f"{number(m[2])} times",
    ),
    (
        _POWER_OF_TEN,
        lambda m: (
            f"{number(m[1])} times ten to the power of {'negative ' * (m[2] == '-')}{number(m[3])}"
        ),
    ),
    (_BY, lambda m: f"{plain_number(m[1])} by "),
    (_VERSION, _version),
    (_OUT_OF, lambda m: f"{number(m[1] or m[3])} out of {number(m[2] or m[4])}"),
    (_RATIO, _ratio),
    (_MIXED, _mixed),
    (_FRACTION, _fraction),
    (_RANGE, _range),
    (_ABOUT, lambda m: "about "),  # noqa: ARG005 (a replacement takes its match)
    (_NEGATIVE, lambda m: spaced(m, "negative ")),
    (_SCALED, lambda m: spaced(m, f"{number(m[1])} {MAGNITUDES[m[2].lower()]}")),
    (_NUMBER, _plain),
)


def apply_codes(text: AlignedText) -> AlignedText:
    """List numbers, phone numbers and network addresses, which look like arithmetic later on."""
    text = text.sub(_ITEM, lambda m: f"{m[1]}{ordinal(int(m[2]))}, ")
    text = text.sub(_ADDRESS, _host).sub(_VANITY, lambda m: f"one, {integer(m[2])}, ")
    return text.sub(_SERIAL, _phone).sub(_PHONE, _phone)


def apply_ordinals(text: AlignedText) -> AlignedText:
    """`22nd` → twenty-second."""
    text = text.sub(_ORDINALS, r"\1 to ")
    return text.sub(_ORDINAL, lambda m: spaced(m, ordinal_figures(m[1])) + (m[2] or ""))


def ordinal_figures(figures: str) -> str:
    """Ordinal of figures with or without thousands commas; very long ones are read as figures."""
    plain = figures.replace(",", "")
    return ordinal(int(plain)) if len(plain) < 13 else f"{digits(plain)}th"  # noqa: PLR2004 (trillions)


def apply(text: AlignedText) -> AlignedText:
    """Everything that is left: fractions, ratios, ranges, signs, plain numbers."""
    for pattern, rule in _RULES:
        text = text.sub(pattern, rule)
    return text

"""Figures that are an identifier by their shape: phones, cards, hosts, serial numbers, hexadecimals."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, digits, integer, year
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_PHONE = expression(
    r"(?<![\w.+-])(?:\+?\d{1,3}[-. ])?(?:\(\d{2,4}\)[-. ]?|\d{3,4}[-. ])(?:\d{2,3}[-. ])?\d{3,4}[-.]\d{4}(?:-\d{1,5})?(?![\w-])"
    r"|(?<![\w.+-])\d{3}-\d{4}(?![\w-])|(?<![\w.+-])\d{3} \d{3,4} \d{4}(?![\w-])"
    r"|(?<![\w.+,-])(?:\(0\d{1,4}\)\s?|0\d{2,4}[ -])\d{3,4}[ -]?\d{3,4}(?:[ -]\d{2,4})?(?![\w-])"
    r"|(?<![\w.+-])\+\d{1,3}(?:[- .]?\(?\d{1,5}\)?){1,5}(?![\w-])"
)
_VANITY = expression(r"(?<![\w.+-])(1)-(8\d\d)-(?=[A-Z]{2,10}\b)")
_SERIAL = expression(
    r"(?<![\w.,$-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,$-])(?:[A-Z]{2}\d{2} )?\d{4}(?:[ -]\d{4}){2,6}(?: \d{1,4})?(?![\w-])"
    r"|\b[A-Z]{2}\d{2}(?: (?=[A-Z]{0,4}\d)[\dA-Z]{4}){2,8}(?: [\dA-Z]{1,3})?(?![\w-])"
    r"|(?<![\w.,$-])97[89](?:-\d{1,7}){3,4}(?:-X)?(?![\w-])"
)
_ZIPS = expression(
    r"(?i)\bzip codes? \d{5}(?:-\d{4})?(?:(?:, | and | or |, and |, or )\d{5}(?:-\d{4})?){1,8}(?![\w-])"
)
_FULL_ZIP = expression(r"(?<![\w.,$-])\d{5}(?:-\d{4})?(?![\w-])")
_BUILD = expression(r"(?<=\b[Bb]uild )\d{4,5}(?:\.\d{1,5})?(?![\w,.]*\d)")
_ZERO_SPAN = expression(r"(?<![\w.,$-])(0\d{2,7})\s?[-–]\s?(\d{3,8})(?![\w-]|[.,]\d)")
_MOTOR_OIL = expression(r"(?<![\w.-])(\d{1,2})W-?([2-6]0)(?![\w-])")
_NEAR_ZIP = expression(r"(?<=\bnear )\d{5}(?![\w-]|[.,]\d)")
_LONG_ZIP = expression(r"(?<![\w.,$-])\d{5}-\d{4}(?![\w-])")
_DOI = expression(r"(?<![\w.])10\.(\d{4,5})/([\w.()/-]{2,60})(?<=\w)")
_STAR = expression(r"(?<![\w*)])([*#])(\d{2,6})(#)(?!\w)|(?<![\w*)])(\*)(\d{2,6})(?![\w*])")
_HOST = expression(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)(?::(?P<port>\d{2,5}))?(?:/(?P<net>\d{1,2})\b)?"
)
_MIXED = expression(
    r"(?<![\w./@#-])(?=[A-Z-]{0,12}\d)(?=[\d-]{0,12}[A-Z])[A-Z\d]{1,12}(?:-[A-Z\d]{1,12}){1,6}(?![\w-]|[.:]\w)"
)
_POWER_OF_TEN = expression(r"\d{1,3}E-\d{1,2}")
_RUN = expression(r"\d+|[A-Za-z]+")
_CHAIN = expression(
    r"(?<![\w./@-])(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z\d]{1,3}(?:-[a-z\d]{1,3}){4,12}(?![\w-])"
)
"""Five short groups or more are no words."""
_AFTER_SLASH = expression(r"(?<=\w/)(?<!\d{4}/)\d{5,20}(?![\w,.]*\d)")
_GROUPS = expression(r"(?<![\w.,$-])\d{2,8}(?:-\d{2,8}){2,6}(?![\w-]|[.,]\d)")
_ROUNDS = expression(r"(?i)\b(?:shot|rounds?|golf|carded|par|finish\w*)\b")
_HEX = expression(r"\b0[xX]([0-9A-Fa-f]{1,64})\b|\b0b([01]{1,64})\b|\bU\+([0-9A-F]{4,6})\b")
_HEX_SPAN = expression(r"(?<=[\dA-Fa-f])\s?[-–]\s?(?=0x)")
_COLOR = expression(
    r"(?<!\w)#(?=[\dA-Fa-f]{0,7}[A-Fa-f\d])([\dA-Fa-f]{6}|(?=\d{0,2}[A-Fa-f])[\dA-Fa-f]{3})\b(?!-)"
)
_CODE_BEFORE = expression(
    r"(?i)\b(?:order|ticket|case|invoice|unit|room|apt|suite|lot|item|part|model|case|claim|gate|locker|seat)\s\Z"
)
_COLOR_BEFORE = expression(r"(?i)\b(?:colou?rs?|hex|background|shade)\b")
_HASH = expression(
    r"(?<![\w.-])(?=[a-f-]{0,40}\d)(?=[\d-]{0,40}[a-f])[\da-f]{7,64}(?:-[\da-f]{4,12}){0,4}(?![\w-])"
    r"|(?<![\w:])(?:[\dA-Fa-f]{2}:){5}[\dA-Fa-f]{2}(?![\w:])"
)
_LONG_MIXED = expression(
    r"(?<![\w.@/-])(?=\w{8,24}\b)(?=[A-Z]*\d+[A-Z]+\d|\d*[A-Z]+\d+[A-Z])[A-Z\d]{8,24}(?![\w.@/-]\w|\w)"
)
_BARE = expression(r"(?<![\w.,$€£¥#-])\d{7,}(?<!000)(?![\w.,%]?\d|\s?[A-Za-z%€$£¥])")
DIGIT_GROUP = 3
"""A run of so many figures inside a code, or more, is read one by one."""
FEWEST_GROUPS = 3
FEWEST_DIGITS = 7
"""Of a telephone number."""
FEWEST_STROKES = 55
"""Of a round of golf: 68-71-66-69."""
SHORTEST_WORD = 4
LONGEST_DATE_PART = 4


def _phone(match: re.Match[str]) -> str | None:
    if sum(char.isdecimal() for char in match.group()) < FEWEST_DIGITS:  # +1.8
        return None
    groups = re.findall(r"\d+|[A-Z]+", match.group())
    lead = "plus " if match.group().startswith("+") else ""
    said = ", ".join(digits(group) if group.isdecimal() else " ".join(group) for group in groups)
    return spaced(match, lead + said)


def _host(match: re.Match[str]) -> str:
    words = " dot ".join(digits(part) for part in re.split("[:/]", match.group())[0].split("."))
    if match["port"]:
        words += f" port {digits(match['port'])}"
    return spaced(match, f"{words} slash {match['net']}" if match["net"] else words)


_LONG_HOST = expression(
    r"(?<![\w:.])(?!(?:[\dA-Fa-f]{2}:){5}[\dA-Fa-f]{2}\b)(?=[\dA-Fa-f:]*(?:::|[A-Fa-f][\dA-Fa-f]{0,3}:))(?:[\dA-Fa-f]{1,4}|:)(?::[\dA-Fa-f]{0,4}){2,7}(?:/(?P<net>\d{1,3}))?(?![\w:])"
)
"""Of the sixth version of the protocol."""


def _long_host(match: re.Match[str]) -> str | None:
    address = match.group().partition("/")[0]
    if not any(char.isalnum() for char in address) or address.count("::") > 1:
        return None
    words = re.sub(
        r"::|:|[^:]+",
        lambda m: {"::": " double colon ", ":": " colon "}.get(m.group()) or _each(m.group()),
        address,
    )
    return spaced(match, f"{words} slash {match['net']}".strip() if match["net"] else words.strip())


def spell_code(code: str) -> str:
    """Letters one by one, figures one by one; groups set apart."""
    groups = re.split("[- ]", code)
    return ", ".join(" ".join(_run(run) for run in _RUN.findall(group)) for group in groups)


def _each(code: str) -> str:
    """As `spell_code`, where no run of letters is a word."""
    return spell_code(code.upper())


def _run(run: str) -> str:
    if run.isdecimal():
        return digits(run)
    is_word = len(run) >= SHORTEST_WORD and not run.isupper()
    return run if is_word else " ".join(run.upper())


def _mixed(match: re.Match[str]) -> str | None:
    """`7GX-4402`, `CVE-2023-24329`; not `GPT-4` or `DDR5-6000`."""
    groups = match.group().split("-")
    first = groups[0]
    if _POWER_OF_TEN.fullmatch(match.group()):
        return None
    starts_with_figure = first[0].isdecimal() and not first.isdecimal()
    if not starts_with_figure and len(groups) < FEWEST_GROUPS and not _is_serial(groups):
        return None
    if (
        all(len(group) < DIGIT_GROUP for group in groups if group.isdecimal())
        and not starts_with_figure
    ):
        return None
    said = [
        year(int(group)) if _is_year(group, place, len(groups)) else _group(group)
        for place, group in enumerate(groups)
    ]
    return (", " if max(map(len, groups)) > DIGIT_GROUP else " ").join(said)


def _group(group: str) -> str:
    is_short = group.isdecimal() and len(group) < DIGIT_GROUP and group[0] != "0"
    return cardinal(int(group)) if is_short else spell_code(group)


def _is_serial(groups: list[str]) -> bool:
    """`QX7-8810`: letters and figures, then figures that are no round amount."""
    first, last = groups[0], groups[-1]
    mixed = not first.isalpha() and not first.isdecimal()
    return mixed and last.isdecimal() and len(last) > DIGIT_GROUP and not last.endswith("00")


def _is_year(group: str, place: int, groups: int) -> bool:
    """The middle of CVE-2023-24329."""
    return 0 < place < groups - 1 and bool(re.fullmatch(r"(?:19|20)\d\d", group))


def _groups(match: re.Match[str]) -> str | None:
    """`112-9876543-2233445`; dates are left alone."""
    groups = match.group().split("-")
    are_strokes = all(len(group) == 2 and int(group) >= FEWEST_STROKES for group in groups)  # noqa: PLR2004
    if are_strokes or (all(len(group) == 2 for group in groups) and _ROUNDS.search(match.string)):  # noqa: PLR2004 (scores)
        return ", ".join(cardinal(int(group)) for group in groups)
    if len(groups) <= FEWEST_GROUPS and max(map(len, groups)) <= LONGEST_DATE_PART:
        return None
    return ", ".join(map(digits, groups))


def _doi(match: re.Match[str]) -> str:
    """`10.1038/s41586` of a paper: figure by figure."""
    parts = re.split(r"[/.]", match[2])
    return f"ten dot {digits(match[1])} slash {' dot '.join(spell_code(part) for part in parts)}"


def _star(match: re.Match[str]) -> str:
    """`*67`, `#31#` on a telephone."""
    first = "star" if (match[1] or match[4]) == "*" else "pound"
    return f"{first} {digits(match[2] or match[5])}{' pound' if match[3] else ''}"


def _hex(match: re.Match[str]) -> str:
    if match[2]:
        return f"binary {spell_code(match[2])}"
    return f"hex {spell_code(match[1])}" if match[1] else f"U plus {spell_code(match[3])}"


def _color(match: re.Match[str]) -> str | None:
    code = match[1]
    before = match.string[max(0, match.start() - 40) : match.start()]
    if (code.isdecimal() or _CODE_BEFORE.search(before)) and not _COLOR_BEFORE.search(before):
        return None
    return f"hash {spell_code(code)}"


_EXTENSION = expression(r"(?<=\d[-.]\d{4}),?\s?[xX]\.?\s?(\d{1,6})\b(?!-)")
_LABELS = {"no": "number", "ext": "extension"}
_LABEL = expression(r"\b(no|ext)\.\s?(?=[A-Z\d-]{0,12}\d)", re.IGNORECASE)


def _label(match: re.Match[str]) -> str:
    """A label before figures, which a later rule would no longer see."""
    word = _LABELS[match[1].lower()]
    return f"{word.capitalize() if match[1][0].isupper() else word} "


_NUMBER_WORD = expression(r"(?<=[a-z]) #(?=\s(?:is|was|on|of|in|for|and)\b|s?[:.,;?!)]|s\b)")
_NUMBER_GLUED = expression(r"(?<=[A-Za-z]{2})#(?=\s?\d)")
_POUND_BEFORE = expression(
    r"(?i)\b(?:press|hit|dial|enter|type|key|the|a|then|by|pound|use|with)\Z"
)
_POUND = expression(r"(?<= )#(?=[,.;?!]|\s(?!\d)|\Z)")


def _number_word(match: re.Match[str]) -> str | None:
    """`claim # is`, but `press # for`."""
    is_key = _POUND_BEFORE.search(match.string[max(0, match.start() - 8) : match.start()])
    return " pound" if is_key else " number"


_MASKED = expression(
    r"(?<![^\s(])(?:[*•xX-]*[*•X-]{2}[- ]?|\.{3}|…|x{2,4}[- ]?|(?<=[a-z] )x(?=\d{4}\b))(\d{3,4})(?![\w-])"
)
_AT = expression(r"(?<![\w@])@\s?(?=[\d$€£~])")
_BINARY = expression(r"(?i)\bbinary\b")
_BITS = expression(r"(?<![\w.,$])[01]{3,32}(?![\w.,]?\d)")
_RULES = (
    Rule(_BITS, lambda m: digits(m.group()) if _BINARY.search(m.string) else None, "01"),
    Rule(_AT, "at ", "@"),
    Rule(_MASKED, lambda m: digits(m[1]), "*•X-.…x"),
    Rule(_NUMBER_GLUED, " number ", "#"),
    Rule(_NUMBER_WORD, _number_word, "#"),
    Rule(_POUND, "pound", "#"),
    Rule(_EXTENSION, lambda m: f", extension {digits(m[1])}", "xX"),
    Rule(_LABEL, _label, "."),
    Rule(_DOI, _doi, "/"),
    Rule(_HOST, _host),
    Rule(_LONG_HOST, _long_host, ":"),
    Rule(_STAR, _star, "*#"),
    Rule(_ZIPS, lambda m: _FULL_ZIP.sub(lambda zip_code: spell_code(zip_code.group()), m.group())),
    Rule(_BUILD, lambda m: " point ".join(map(digits, m.group().split(".")))),
    Rule(
        _ZERO_SPAN,
        lambda m: f"{digits(m[1])} to {digits(m[2])}" if len(m[1]) == len(m[2]) else None,
        "-–",
    ),
    Rule(_NEAR_ZIP, lambda m: digits(m.group())),
    Rule(_LONG_ZIP, lambda m: spell_code(m.group()), "-"),
    Rule(_VANITY, lambda m: f"one, {integer(m[2])}, ", "-"),
    Rule(_SERIAL, _phone, "- "),
    Rule(_PHONE, _phone),
    Rule(_GROUPS, _groups, "-"),
    Rule(_HEX_SPAN, " to ", "x"),
    Rule(_HEX, _hex, "xb+"),
    Rule(_COLOR, _color, "#"),
    Rule(_HASH, lambda m: _each(m.group().replace(":", ""))),
    Rule(_MOTOR_OIL, lambda m: f"{cardinal(int(m[1]))} W {cardinal(int(m[2]))}", "W"),
    Rule(_MIXED, _mixed, "-"),
    Rule(_LONG_MIXED, lambda m: spell_code(m.group())),
    Rule(_CHAIN, lambda m: spell_code(m.group()), "-"),
    Rule(_AFTER_SLASH, lambda m: digits(m.group()), "/"),
    Rule(_BARE, lambda m: digits(m.group())),
)


def apply(text: AlignedText) -> AlignedText:
    """`555-0123` → five five five, zero one two three; `0x1F` → hex one F."""
    return apply_rules(text, _RULES)

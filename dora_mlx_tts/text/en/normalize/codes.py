"""Numbers that name something: phones, cards, orders, codes, flights, errors, hosts, hexadecimals."""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, digits, integer, named, year
from dora_mlx_tts.text.en.normalize.patterns import spaced

_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+?\d{1,3}[-. ])?(?:\(\d{2,4}\)[-. ]?|\d{3,4}[-. ])\d{3,4}[-.]\d{4}(?:-\d{1,5})?(?![\w-])"
    r"|(?<![\w.+-])\d{3}-\d{4}(?![\w-])|(?<![\w.+-])\d{3} \d{3,4} \d{4}(?![\w-])"
    r"|(?<![\w.+-])\+\d{1,3}(?:[- .]?\(?\d{1,5}\)?){1,5}(?![\w-])"
)
_VANITY = re.compile(r"(?<![\w.+-])(1)-(8\d\d)-(?=[A-Z]{2,10}\b)")
_SERIAL = re.compile(
    r"(?<![\w.,$-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,$-])(?:[A-Z]{2}\d{2} )?\d{4}(?:[ -]\d{4}){2,6}(?: \d{1,4})?(?![\w-])"
    r"|(?<![\w.,$-])97[89](?:-\d{1,7}){3,4}(?:-X)?(?![\w-])"
)
_ZIPS = re.compile(r"(?i)\bzip codes? \d{5}(?:-\d{4})?(?:(?:, | and | or |, and |, or )\d{5}(?:-\d{4})?){1,8}(?![\w-])")
_FULL_ZIP = re.compile(r"(?<![\w.,$-])\d{5}(?:-\d{4})?(?![\w-])")
_LONG_ZIP = re.compile(r"(?<![\w.,$-])\d{5}-\d{4}(?![\w-])")
_STAR = re.compile(r"(?<![\w*)])([*#])(\d{2,6})(#)(?!\w)|(?<![\w*)])(\*)(\d{2,6})(?![\w*])")
_HOST = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)(?::(?P<port>\d{2,5}))?(?:/(?P<net>\d{1,2})\b)?")

_CODE = r"(?P<n>\d{2,12}(?:[- ]\d{2,8}){0,4}|(?=[A-Za-z-]{0,12}\d)[A-Za-z\d]{2,20}(?:-[A-Za-z\d]{1,12}){0,4})(?![\w-]|[.,:/]\d)"
_LINK = r"(?:\s(?:is|was|are|will be|at|us at|me at|on|to))?[:.]?\s"
_CALLED = re.compile(
    rf"(?P<lead>\b(?:call|dial|tel|telephone|phone|fax|text|pin|code|passcode|password|otp|zip|hotline|"
    rf"last (?:four|three|4|3)(?: digits)?|(?:card|account|number|phone) ending(?: in| with)?|ends in|ending in|"
    rf"text \w{{1,20}} to|(?:confirmation|tracking|reference|serial|account|policy|booking|reservation|license|licence|membership|"
    rf"member|claim|passport|routing|part|model|vehicle|phone|extension|invoice|ticket|order|case)\s(?:number|code|no\.|id))"
    rf"(?: number| code)?{_LINK}){_CODE}",
    re.IGNORECASE,
)
_ORDERED = re.compile(
    r"(?P<lead>\b(?:order|invoice|ticket|case|booking|reservation|claim|receipt|shipment|transaction|confirmation|account|"
    r"acct|ref|reference|id|tracking|policy|sku)\.?(?::)?\s?)(?P<hash>#\s?|no\.\s)?"
    r"(?P<n>\d{4,20}|(?=[A-Z-]{1,8}\d)[A-Z\d-]{3,20})(?![\w-]|[.,:/]\d)(?!\s(?:of|more|[a-z]{3,}s)\b)",
    re.IGNORECASE,
)
_HASHED = re.compile(r"(?<!\w)#\s?(?P<n>\d{5,20})(?![\w-])")
_SHORT_NUMBERS = re.compile(
    r"(?<![\w.,$-])(?:999|988|112|111|000|110|119|120)(?=\s(?:in|or|for|if|when|and|now)\b|[.,!?;)]?(?:\s|\Z))"
)
_EMERGENCY = re.compile(r"(?i)\b(?:call|calls|called|dial|dials|phone|ring|text|emergency|emergencies|hotline)\b")
_NINE_ONE_ONE = re.compile(r"(?<![\w.,$-])(?<!Porsche )(?<!the )911(?![\w.,-]?\d)(?! (?:people|units|times|items|of|turbo|carrera|points)\b)(?=\W|\Z)")

_NAMES = (
    "flight|suite|apartment|apt|bus|error|errors|status|http|iso|iec|ieee|rfc|din|form|area code|boeing|airbus a|model|"
    "channel|room|port|gate|unit|[rg]tx|rx|core i[3579]-|ryzen [3579]|area|building|train|locker|seat|platform|stop"
)
_LABELED = re.compile(
    rf"(?P<lead>\b(?:(?:{_NAMES})(?:\s(?:code|number|no\.))?:?\s|boeing |airbus a|core i[3579]-))(?P<n>[1-9]\d{{2,3}}|(?<=iec )\d{{5}}|(?<=iso )\d{{5}})(?![\w-]|[.,:/]\d|\s?%)",
    re.IGNORECASE,
)
_CARDINAL_NAMES = re.compile(r"(?i)\b(?:room|suite|apartment|apt|unit|gate|seat|locker)\b")
_RESPONSE = re.compile(
    r"\b[1-5]\d\d(?= (?:errors?|status|responses?|redirects?|not found|bad gateway|forbidden|internal)\b)|\b404(?= page\b)",
    re.IGNORECASE,
)
_PLAN = re.compile(r"\b(401|403|457|529)\s?\(?([kKbB]?)\)?(?= plans?\b|\b|\s|[.,;!?])(?<!\d\s)")
_TYPE = re.compile(r"(?<=\b[A-Z]{3})[1-9]\d{3}\b|(?<=\b[A-Z]{2})[1-9]\d{3}\b|(?<=\b[A-Z]{2})[1-9]\d{2}\b|(?<=\b[A-Z]{2} )[1-9]\d{2}(?=[ ,.](?:to|from|departs|lands|arrives|is|leaves|has|was)\b)")
_TYPE_DASH = re.compile(r"(?<=\bA)3[0-8]0\b|(?<=\b[A-Z]-)[1-9]\d{2}\b(?!-)|(?<=\bISO-)[1-9]\d{3}\b|(?<=\bRFC-)[1-9]\d{3}\b")
_TABLE = re.compile(r"\b((?:[Tt]able|[Ff]igure|[Ff]ig\.|[Ee]xhibit|[Cc]hart|[Aa]ppendix) )(\d{1,3})-(\d{1,3})(?![\w-])")
_MIXED = re.compile(
    r"(?<![\w./@#-])(?=[A-Z-]{0,12}\d)(?=[\d-]{0,12}[A-Z])[A-Z\d]{1,12}(?:-[A-Z\d]{1,12}){1,6}(?![\w-]|[.:]\w)"
)
_RUN = re.compile(r"\d+|[A-Za-z]+")
_CHAIN = re.compile(r"(?<![\w./@-])(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z\d]{1,3}(?:-[a-z\d]{1,3}){4,12}(?![\w-])")
"""Five short groups or more are no words."""
_AFTER_SLASH = re.compile(r"(?<=\w/)\d{5,20}(?![\w,.]*\d)")
_GROUPS = re.compile(r"(?<![\w.,$-])\d{2,8}(?:-\d{2,8}){2,6}(?![\w-]|[.,]\d)")
_AIRLINER = re.compile(r"(?<![\w.,$-])(7[0-8]7|A3\d\d)-(\d{3})(?![\w-]|[.,]\d)")
_STANDARD = re.compile(r"(?<![\w.,$-])802\.(\d{1,2})(?=[a-z]{0,2}\b)")
_EPISODE = re.compile(r"\bS(\d{1,2})E(\d{1,3})\b")
_BOOKS = (
    "Genesis|Exodus|Leviticus|Numbers|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Ezra|Nehemiah|Esther|Job|"
    "Psalms?|Proverbs|Ecclesiastes|Isaiah|Jeremiah|Ezekiel|Daniel|Hosea|Joel|Amos|Micah|Matthew|Mark|Luke|John|Acts|"
    "Romans|Corinthians|Galatians|Ephesians|Philippians|Colossians|Thessalonians|Timothy|Titus|Hebrews|James|Peter|"
    "Jude|Revelation|Quran|Surah"
)
_VERSE = re.compile(
    rf"\b(?P<book>{_BOOKS}) (?P<c>\d{{1,3}}):(?P<v>\d{{1,3}})(?:\s?[-–]\s?(?P<w>\d{{1,3}}))?(?!\d|:|\s?[AaPp]\.?[Mm]\b)"
)
_HEX = re.compile(r"\b0[xX]([0-9A-Fa-f]{1,64})\b|\b0b([01]{1,64})\b|\bU\+([0-9A-F]{4,6})\b")
_COLOR = re.compile(r"(?<!\w)#(?=[\dA-Fa-f]{0,7}[A-Fa-f\d])([\dA-Fa-f]{6}|(?=\d{0,2}[A-Fa-f])[\dA-Fa-f]{3})\b")
_COLOR_BEFORE = re.compile(r"(?i)\b(?:colou?rs?|hex|background|shade)\b")
_HASH = re.compile(
    r"(?<![\w.-])(?=[a-f-]{0,40}\d)(?=[\d-]{0,40}[a-f])[\da-f]{7,64}(?:-[\da-f]{4,12}){0,4}(?![\w-])"
    r"|(?<![\w:])(?:[\dA-Fa-f]{2}:){5}[\dA-Fa-f]{2}(?![\w:])"
)
_QUARTER = re.compile(r"(?<![\w.])([1-4])Q(?:\s?'?(\d\d|20\d\d))?\b|(?<![\w.])([12])H(?:\s?'?(\d\d|20\d\d))\b")
_BARE = re.compile(r"(?<![\w.,$€£¥#-])\d{8,}(?<!000)(?![\w.,%]?\d|\s?[A-Za-z%€$£¥])")
_ORDINALS = ("", "first", "second", "third", "fourth")
DIGIT_GROUP = 3
"""A run of so many figures inside a code, or more, is read one by one."""
FEWEST_GROUPS = 3
FEWEST_DIGITS = 7
"""Of a telephone number."""
SHORTEST_WORD = 4
LONGEST_DATE_PART = 4


def _phone(match: re.Match[str]) -> str | None:
    if sum(char.isdigit() for char in match.group()) < FEWEST_DIGITS:  # +1.8
        return None
    groups = re.findall(r"\d+|[A-Z]+", match.group())
    lead = "plus " if match.group().startswith("+") else ""
    said = ", ".join(digits(group) if group.isdigit() else " ".join(group) for group in groups)
    return spaced(match, lead + said)


def _host(match: re.Match[str]) -> str:
    words = " dot ".join(digits(part) for part in re.split("[:/]", match.group())[0].split("."))
    if match["port"]:
        words += f" port {digits(match['port'])}"
    return spaced(match, f"{words} slash {match['net']}" if match["net"] else words)


def _code(code: str) -> str:
    """Letters one by one, figures one by one; groups set apart."""
    groups = re.split("[- ]", code)
    return ", ".join(" ".join(_run(run) for run in _RUN.findall(group)) for group in groups)


def _run(run: str) -> str:
    if run.isdigit():
        return digits(run)
    is_word = len(run) >= SHORTEST_WORD and not run.isupper()
    return run if is_word else " ".join(run.upper())


def _is_word(text: str) -> bool:
    return text.isalpha() or bool(re.fullmatch(r"[A-Za-z]+-?\d?", text))


def _called(match: re.Match[str]) -> str | None:
    code = match["n"]
    if _is_word(code) or (len(code) < DIGIT_GROUP and code.isdigit()):
        return None
    return match["lead"] + _code(code)


def _ordered(match: re.Match[str]) -> str | None:
    code = match["n"]
    if _is_word(code) or not any(c.isdigit() for c in code):
        return None
    sign = "number " if match["hash"] else ""
    return f"{match['lead'].rstrip('#: ')} {sign}{_code(code)}"


def _labeled(match: re.Match[str]) -> str | None:
    """Rooms of three figures stay amounts, as in the reference."""
    figures = match["n"]
    if len(figures) == DIGIT_GROUP and _CARDINAL_NAMES.match(match["lead"]):
        return None
    blank = " " if match["lead"][-1].isalpha() else ""
    return match["lead"] + blank + named(figures)


def _mixed(match: re.Match[str]) -> str | None:
    """`7GX-4402`, `CVE-2023-24329`; not `GPT-4` or `DDR5-6000`."""
    groups = match.group().split("-")
    first = groups[0]
    starts_with_figure = first[0].isdigit() and not first.isdigit()
    if not starts_with_figure and len(groups) < FEWEST_GROUPS and not _is_serial(groups):
        return None
    if all(len(group) < DIGIT_GROUP for group in groups if group.isdigit()) and not starts_with_figure:
        return None
    said = [
        year(int(group)) if _is_year(group, place, len(groups)) else _group(group)
        for place, group in enumerate(groups)
    ]
    return (", " if max(map(len, groups)) > DIGIT_GROUP else " ").join(said)


def _group(group: str) -> str:
    is_short = group.isdigit() and len(group) < DIGIT_GROUP and group[0] != "0"
    return cardinal(int(group)) if is_short else _code(group)


def _is_serial(groups: list[str]) -> bool:
    """`QX7-8810`: letters and figures, then figures that are no round amount."""
    first, last = groups[0], groups[-1]
    mixed = not first.isalpha() and not first.isdigit()
    return mixed and last.isdigit() and len(last) > DIGIT_GROUP and not last.endswith("00")


def _is_year(group: str, place: int, groups: int) -> bool:
    """The middle of CVE-2023-24329."""
    return 0 < place < groups - 1 and bool(re.fullmatch(r"(?:19|20)\d\d", group))


def _groups(match: re.Match[str]) -> str | None:
    """`112-9876543-2233445`; dates are left alone."""
    groups = match.group().split("-")
    if len(groups) <= FEWEST_GROUPS and max(map(len, groups)) <= LONGEST_DATE_PART:
        return None
    return ", ".join(map(digits, groups))


def _verse(match: re.Match[str]) -> str:
    last = f" to {cardinal(int(match['w']))}" if match["w"] else ""
    return f"{match['book']} {cardinal(int(match['c']))} {cardinal(int(match['v']))}{last}"


def _airliner(match: re.Match[str]) -> str:
    plane = match[1]
    first = f"A {named(plane[1:])}" if plane[0] == "A" else named(plane)
    return f"{first} {named(match[2])}"


def _star(match: re.Match[str]) -> str:
    """`*67`, `#31#` on a telephone."""
    first = "star" if (match[1] or match[4]) == "*" else "pound"
    return f"{first} {digits(match[2] or match[5])}{' pound' if match[3] else ''}"


def _hex(match: re.Match[str]) -> str:
    if match[2]:
        return f"binary {_code(match[2])}"
    return f"hex {_code(match[1])}" if match[1] else f"U plus {_code(match[3])}"


def _color(match: re.Match[str]) -> str | None:
    code = match[1]
    before = match.string[max(0, match.start() - 40) : match.start()]
    if code.isdigit() and not _COLOR_BEFORE.search(before):
        return None
    return f"hash {_code(code)}"


def _quarter(match: re.Match[str]) -> str:
    part, figures = match[1] or match[3], match[2] or match[4]
    name = f"the {_ORDINALS[int(part)]} {'quarter' if match[1] else 'half'}"
    if not figures:
        return name
    return f"{name} of {cardinal(int(figures)) if len(figures) == 2 else year(int(figures))}"  # noqa: PLR2004


def _plan(match: re.Match[str]) -> str | None:
    letter = match[2]
    if not letter and not match.string.startswith((" plan",), match.end()):
        return None
    return f"{named(match[1])} {letter.upper()}".rstrip()


def _emergency(text: AlignedText) -> AlignedText:
    text = text.sub(_NINE_ONE_ONE, lambda m: digits(m.group()))
    if not _EMERGENCY.search(text.text):
        return text
    return text.sub(_SHORT_NUMBERS, lambda m: digits(m.group()))


_Replacement = Callable[[re.Match[str]], str | None]
_RULES: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (_HOST, _host),
    (_STAR, _star),
    (_ZIPS, lambda m: _FULL_ZIP.sub(lambda zip_code: _code(zip_code.group()), m.group())),
    (_LONG_ZIP, lambda m: _code(m.group())),
    (_VANITY, lambda m: f"one, {integer(m[2])}, "),
    (_SERIAL, _phone),
    (_PHONE, _phone),
    (_GROUPS, _groups),
    (_VERSE, _verse),
    (_AIRLINER, _airliner),
    (_STANDARD, lambda m: f"eight oh two dot {cardinal(int(m[1]))} "),
    (_EPISODE, lambda m: f"season {cardinal(int(m[1]))} episode {cardinal(int(m[2]))}"),
    (_HEX, _hex),
    (_COLOR, _color),
    (_HASH, lambda m: _code(m.group().replace(":", ""))),
    (_CALLED, _called),
    (_ORDERED, _ordered),
    (_HASHED, lambda m: f"number {digits(m['n'])}"),
    (_MIXED, _mixed),
    (_CHAIN, lambda m: _code(m.group())),
    (_AFTER_SLASH, lambda m: digits(m.group())),
    (_QUARTER, _quarter),
    (_PLAN, _plan),
    (_RESPONSE, lambda m: named(m.group())),
    (_LABELED, _labeled),
    (_TYPE, lambda m: spaced(m, named(m.group()))),
    (_TYPE_DASH, lambda m: spaced(m, named(m.group()))),
    (_TABLE, lambda m: f"{m[1]}{cardinal(int(m[2]))} dash {cardinal(int(m[3]))}"),
    (_BARE, lambda m: digits(m.group())),
)


def apply(text: AlignedText) -> AlignedText:
    """`order #48213` → order number four eight two one three; `a 404 error` → a four oh four error."""
    for pattern, rule in _RULES:
        text = text.sub(pattern, rule)
    return _emergency(text)

"""Units in short forms of their own, by what stands behind them: cups, tablets, cells, amperes, days."""

from __future__ import annotations

import re

from dora_mlx_tts.text.en.normalize.numbers import number
from dora_mlx_tts.text.en.normalize.patterns import NUMBER, Rule
from dora_mlx_tts.text.en.normalize.unit_context import MEASURED_THINGS, NOUN
from dora_mlx_tts.text.en.normalize.unit_names import names, per_name
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_INVERSE = expression(r"(?<=[\wμ²³])[ ·⋅](?P<u>[A-Za-zμ]{1,4})\^-(?P<p>[123])(?!\d)")
_BARE_DEGREES = expression(r"(?<![\w/·*(])(?<!\d )(?<![·*] )°\s?([CF])(?!\w)")
_MILLIONS = expression(
    r"(?<=\d)m(?= (?:people|users|views|subscribers|downloads|followers|copies|customers|visitors|viewers|listeners|residents|votes|voters|records|rows|parameters|streams|jobs|homes|cars|barrels|tons|tonnes)\b)"
)
_TALL = expression(
    r"(?P<n>\d) in(?= (?:tall|wide|deep|thick|long|high|square|apart|across|in diameter)\b)"
)
_GAS = expression(r"(?<=[CF°n])\s?/\s?[Gg]as (?:[Mm]ark )?(?=\d)")
_MERCURY = expression(r"\bin\. ?Hg\b")
_INCHES = expression(
    rf"(?<![\w.])({NUMBER}) in(?:(?=\s?(?:=|equals\b|[);:?+−×÷]))|\.)(?=\s?[=);:?+−×÷]| equals\b| [a-z]|[,;)]|,? (?:long|wide|tall|high|thick|deep|of (?:rain|snow)|by|x|in diameter|and)\b)"
)


_AMPERES = expression(r"(?<![\w.,$])(?P<n>\d{1,3}(?:\.\d{1,2})?)A(?![\w-])")
_CURRENT = expression(
    r"(?i)\d\s?V\b|\bvolts?\b|\bfuses?\b|\bbreakers?\b|\bcircuits?\b|\bcharg(?:er|es?|ing)\b|\bcurrent\b|\boutlets?\b|"
    r"\bamps?\b|\bpower supply\b|\badapters?\b|\bbattery\b|\busb"
)
_POINTS = expression(r"(?<=\d)-pts?\b(?:\.(?=\s[a-z]))?")
_DOSES = expression(
    r"(?P<n>\d) (?P<w>tab|cap)(?P<s>s?)\b(?P<dot>\.)?(?=\s(?:\(|of|po|PO|by|daily|twice|three|four|every|as|q\d?|at|once|before|after|with|[bt]\.?i\.?d|\d)|,)"
)
_CELLS = expression(r"(?<=\d)\s?(K|M)/(?:μL|uL|mcL|mm³|mm3)(?!\w)")
_DAYS = expression(r"(?<=\d) d(?=[.,;)]|\s*\Z|\s(?:ago|later|old|after|before|from|until|left)\b)")
_LAST_POINTS = expression(r"(?P<n>\d) pt(?P<dot>\.(?=[,;)]|\s*\Z)|(?=[,;)]|\s*\Z))")
_STITCH = expression(r"(?<=\d) st\b(?=\s)")
_KNITTING = expression(r"\b(?:sts|knit\w*|purl\w*|stitch\w*|crochet\w*|yarn|[kp]\d{1,2}tog)\b")
_LAST_INCHES = expression(r"(?P<n>\d) in(?P<end>\.[\"')]?\s*)\Z")
_GUSTS = expression(r"(?<![\w.])(\d{1,3})G(\d{1,3})(?=\s?(?:mph|kts?|kn|knots|km/h)\b)")
_PAGES = expression(r"(?<=\d) pp\.(?=[,;:)]|\s[a-z])")
_STONE = expression(r"(?<=\d)\s?st(?= \d{1,2}(?:\.\d)?\s?lbs?\b)")
_TONS = expression(r"(?<=\d) t(?=[.,;)]|\s(?:of|per|and)\b|\s*\Z)")
_OLD = expression(r"(?<=\d)-(yr|mo|wk|hr|min|ft|in|lb|oz|mi|yd|km|cm|mm|m|kg|gal)s?-(?=[a-z])")
_MEGAPIXELS = expression(
    r"(?<=\d)[ -]?MP\b(?=,? (?:[a-z-]+ )?(?:camera|sensor|photo|image|shot|lens|shooter|main|rear|front|selfie)s?\b)"
)
_ANY_MEGAPIXELS = expression(r"(?<=\d)[ -]?MP\b")
_CAMERA = expression(
    r"(?i)\b(?:Pixel|iPhone|Galaxy|phones?|zoom|telephoto|ultrawide|mAh|ISO \d|EXIF|cameras?|photos?|f/\d|lens|sensor|RAW|JPEG)"
)
_COUNT = expression(r"(?<=\d)[ -]?ct\b\.?(?!\.\w)")
_GRADED = expression(r"(?P<n>\d) pt\b\.?(?= (?:each|per|bonus|penalty|deduction|question)\b)")
_PINTS = expression(
    r"(?P<n>\d) pt\b\.?(?= [a-z])(?! (?:each|per|bonus|penalty|deduction|question|font|type|text|size|buck|scale|lead|plan|turn)\b)"
)
_SQUARE = expression(r"(?<=\d)-(sq|cu)-(?=(?:ft|in|yd|mi|km|m)\b)")
_SIZES = {"lg": "large", "sm": "small", "med": "medium"}
_SIZE = expression(r"(?<=\d )(lg|sm|med)\b\.?(?= [a-z])")
_SPOONS = expression(r"(?P<n>\d) (?P<s>[Tt])\.(?= [a-z]{3,})")
_BARE_SPOONS = expression(r"(?P<n>\d) T(?= [a-z]{3,}|\s[(+&]|[),;])")
_BARE_CUPS = expression(r"(?P<n>\d) c(?=\s[(+&]|[),;])")
_KITCHEN = expression(
    r"(?i)\b(?:cups?|c\.|tsps?|teaspoons?|oz|simmer|bake|cook|stir|whisk|sauce|butter|flour|sugar|oil|paste)\b"
)
_CUPS = expression(
    r"(?P<n>\d) c\b\.?(?= (?:of )?(?:[a-z]{3,}|[A-Z]{2}[a-zA-Z]* [a-z]))(?! of (?:the|a)\b)|(?P<n2>\d) c\.(?=[),;]|\s[(+&])"
)


def _cups(match: re.Match[str]) -> str:
    """`2 c flour` → 2 cups flour; of a share of one there is one cup."""
    count = match["n"] or match.groupdict().get("n2", "")
    before = match.string[max(0, match.start() - 6) : match.start()] + count
    is_one = re.search(
        r"(?:^|[^\d /])\s?(?:1|\d/\d{1,2})\Z|^(?:1|\d/\d{1,2})\Z|(?<![\d ] )\b\d/\d\Z", before
    )
    return f"{count} cup{'' if is_one else 's'}"


def _megapixels(match: re.Match[str]) -> str | None:
    """`24 MP` of a photo."""
    return " megapixels" if _CAMERA.search(match.string) else None


def _amperes(match: re.Match[str]) -> str | None:
    """`20V/5A`: amps, where the words around speak of electricity."""
    around = match.string[max(0, match.start() - 40) : match.end() + 40]
    if not _CURRENT.search(around):
        return None
    noun = NOUN.match(match.string, match.end())
    is_one = match["n"] == "1" or (noun is not None and noun[1] in MEASURED_THINGS | _ELECTRIC)
    lead = " " if match.string[match.start() - 1 : match.start()] == "/" else ""
    return f"{lead}{number(match['n'])} amp{'' if is_one else 's'}"


_ELECTRIC = word_set("fuse fuses breaker breakers circuit circuits outlet outlets current supply")


def _inverse(match: re.Match[str]) -> str | None:
    """`m s^-1` → m/s."""
    sign = match["u"] + {"1": "", "2": "²", "3": "³"}[match["p"]]
    return f"/{sign}" if per_name(sign) else None


def _last_inches(match: re.Match[str]) -> str:
    """`in 1 in.` at the end of a text."""
    before = match.string[: match.start()]
    is_one = (
        match["n"] == "1" and not before[-1:].isdecimal() and before[-1:] not in {".", "-", "/"}
    )
    return f"{match['n']} inch{'' if is_one else 'es'}{match['end']}"


SHORT_UNITS = (
    Rule(_INVERSE, _inverse, "^"),
    Rule(
        _BARE_DEGREES,
        lambda m: f"degrees {'celsius' if m[1] == 'C' else 'fahrenheit'}",
        "°",
    ),
    Rule(_MILLIONS, " million", "m"),
    Rule(_TALL, lambda m: f"{m['n']}in", "i"),
    Rule(_GAS, " gas mark ", "/"),
    Rule(_MERCURY, "inHg", "H"),
    Rule(_AMPERES, _amperes, "A"),
    Rule(_POINTS, "-point", "p"),
    Rule(_CELLS, lambda m: f" {'thousand' if m[1] == 'K' else 'million'} per microliter", "/"),
    Rule(_DOSES, lambda m: f"{m['n']} {'tablet' if m['w'] == 'tab' else 'capsule'}{m['s']}", "bp"),
    Rule(_DAYS, " days", "d"),
    Rule(_LAST_INCHES, _last_inches, "i"),
    Rule(_GUSTS, r"\1 gusting to \2", "G"),
    Rule(_PAGES, " pages", "p"),
    Rule(_STONE, lambda m: " stone", " "),  # noqa: ARG005 (a replacement takes its match)
    Rule(_TONS, " tons", "t"),
    Rule(_OLD, lambda m: f"-{(names(m[1]) or (m[1],))[0]}-", "-"),
    Rule(_MEGAPIXELS, " megapixel", "M"),
    Rule(_ANY_MEGAPIXELS, _megapixels, "M"),
    Rule(_COUNT, " count", "c"),
    Rule(
        _LAST_POINTS, lambda m: f"{m['n']} point{'' if m['n'] == '1' else 's'}{m['dot'] or ''}", "p"
    ),
    Rule(_STITCH, lambda m: " stitch" if _KNITTING.search(m.string) else None, "s"),
    Rule(_GRADED, lambda m: f"{m['n']} point{'' if m['n'] == '1' else 's'}", "p"),
    Rule(_PINTS, r"\g<n> pint", "p"),
    Rule(_SQUARE, r"-\1 ", "-"),
    Rule(_SIZE, lambda m: _SIZES[m[1]]),
    Rule(_CUPS, _cups, "c"),
    Rule(_SPOONS, lambda m: f"{m['n']} {'tbsp' if m['s'] == 'T' else 'tsp'}", "Tt"),
    Rule(_BARE_CUPS, lambda m: _cups(m) if _KITCHEN.search(m.string) else None, "c"),
    Rule(
        _BARE_SPOONS,
        lambda m: f"{m['n']} tbsp" if _KITCHEN.search(m.string) else None,
        "T",
    ),
    Rule(_INCHES, r"\1in", "i"),
)

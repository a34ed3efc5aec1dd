"""Postal addresses: house numbers, kinds of streets, compass letters, roads."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize import places
from dora_mlx_tts.text.en.normalize.numbers import digits, named
from dora_mlx_tts.text.patterns import expression

_COMPASS = {
    "N": "north", "S": "south", "E": "east", "W": "west", "NE": "northeast", "NW": "northwest",
    "SE": "southeast", "SW": "southwest",
}  # fmt: skip
_POINTS = "|".join(sorted(_COMPASS, key=len, reverse=True))
_SHORT_STREETS = {
    "st": "Street", "ave": "Avenue", "av": "Avenue", "rd": "Road", "blvd": "Boulevard", "bl": "Boulevard", "dr": "Drive",
    "ln": "Lane", "ct": "Court", "crt": "Court", "pl": "Place", "sq": "Square", "ter": "Terrace", "terr": "Terrace", "cir": "Circle",
    "hwy": "Highway", "pkwy": "Parkway", "pky": "Parkway", "expy": "Expressway", "expwy": "Expressway", "fwy": "Freeway", "rte": "Route",
    "trl": "Trail", "tr": "Trail", "aly": "Alley", "plz": "Plaza", "xing": "Crossing", "tpke": "Turnpike", "tpk": "Turnpike", "cres": "Crescent",
    "gdns": "Gardens", "gdn": "Garden", "hts": "Heights", "vlg": "Village", "cv": "Cove", "pt": "Point", "holw": "Hollow", "brg": "Bridge", "jct": "Junction",
    "grn": "Green", "mnr": "Manor", "rdg": "Ridge", "vw": "View", "lk": "Lake", "cyn": "Canyon", "bch": "Beach", "crk": "Creek", "ests": "Estates",
    "grv": "Grove", "hl": "Hill", "hls": "Hills", "lndg": "Landing", "mdw": "Meadow", "mdws": "Meadows", "pk": "Park", "qy": "Quay", "sta": "Station", "vly": "Valley", "wlk": "Walk",
}  # fmt: skip
_LONG_STREETS = (
    "Street|Avenue|Road|Boulevard|Drive|Lane|Court|Place|Square|Terrace|Highway|Parkway|Way|Row|Crescent|"
    "Broadway|Circle|Trail|Plaza|Loop|Alley|Close|Mews|Grove|Gardens|Hill|Path|Pike|Run|Walk|Quay"
)
_KIND = rf"(?i:{'|'.join(_SHORT_STREETS)})\b\.?|(?:{_LONG_STREETS})\b|(?i:street|avenue|road)\b"
_PART = r"(?:(?!(?:[AP]M|UTC|GMT)\b)[A-Z][\w'-]{0,30}\.?|\d{1,3}(?i:st|nd|rd|th))"
_HOUSE = expression(
    rf"(?<![\w.,$€£#-])(?P<n>\d{{1,5}})(?P<letter>[A-Z])?\s(?:(?P<point>{_POINTS})\.?\s)?"
    rf"(?P<name>{_PART}(?:\s{_PART}){{0,3}}?)\s(?P<kind>{_KIND})(?:\s(?P<point2>{_POINTS})\b)?"
)
_LOWER_HOUSE = expression(
    rf"(?<![\w.,$€£#-])(?P<n>\d{{1,5}})\s(?P<point>{_POINTS})\.?\s(?=[A-Z][a-z])(?!Ct\. \d)"
)
_STREET_POINT = expression(
    rf"\b(?P<point>{_POINTS})\.? (?=\d{{1,3}}(?:st|nd|rd|th)\b|{_PART}(?:\s{_PART})?\s(?:{_KIND})(?!\w))"
)
_BEARING = expression(
    rf"\b(?P<lead>(?:in|to|from|toward|towards|of|winds?) the |from |heading |headed |facing |head |[Ww]inds? |mph |km/h |\d{{1,4}}\s?mi |miles? |\d{{1,4}}\s?km |blocks? )"
    rf"(?P<p>{_POINTS})\b(?![.'&-]?\w|\s[A-Z])"
)
_BETWEEN_POINTS = expression(
    r"\b(?P<lead>(?i:from|between) )(?P<a>NE|NW|SE|SW|[NSEW]) (?P<link>to|and) (?P<b>NE|NW|SE|SW|[NSEW])(?![\w'])"
)
_ROAD = expression(
    rf"\b(?P<road>I|US|SR|{'|'.join(places.STATES)}|CR|FM|A|M|Route|Highway|Hwy|Interstate)(?P<dash>[- ])(?P<n>[1-9]\d{{0,2}})(?P<letter>[A-Z])?"
    r"\s(?P<point>N|S|E|W)\b(?!['&.-]\w)"
)
_ROAD_NUMBER = expression(
    r"(?P<lead>\b(?:I-|US-|SR-|(?i:route|hwy|highway|interstate) ))(?P<n>\d{3})\b(?!-?\w)"
)
_FREEWAY = expression(
    r"(?<=\bthe )[1-9]\d\d(?=[.,;!?]|\s(?:freeway|fwy|north|south|east|west|toward|exit|on-ramp|onramp|to|at|near|is)\b|\Z)"
)
_DRIVING = expression(
    r"(?i)\b(?:traffic|freeway|exit|merge|drive|driving|lanes?|backed up|take the|jam|onto|off) "
)
_ONWARD = expression(
    r"\b(?P<lead>(?i:head|heading|then|and|go|walk|drive|continue|travel|proceed|ride|bike|run|veer|blocks|miles|feet|ft|mi|mi\.) )(?P<p>NE|NW|SE|SW|[NSEW])(?=\s(?:on|onto|along|toward|towards|until|past|for|to|of)\b)"
)
_HALF_POINT = expression(
    r"\b(?P<p>NE|NW|SE|SW)(?=\s(?:winds?|swells?|breezes?|flow|gusts?|side|corner|suburbs?|quadrant|of|part|portion|coast|edge|end|facing)\b)"
)
_WIND = expression(
    rf"(?<![\w.-])(?P<p>{_POINTS}) (?=\d{{1,3}}(?:\s?[-–G]\s?\d{{1,3}})?\s?(?:mph|kts?|kn|knots|km/h)\b)"
)
_DOTTED_POINT = expression(r"(?<=\bthe )(?P<p>[NSEW])\. (?=[A-Z][a-z])")
_CAPITAL_POINT = expression(r"(?<!, )(?<![\w.-])(?P<p>NE|NW|SE|SW)(?= [A-Z][a-z]{2})")
_FINE_POINTS = {
    "NNE": "north northeast", "ENE": "east northeast", "ESE": "east southeast", "SSE": "south southeast",
    "SSW": "south southwest", "WSW": "west southwest", "WNW": "west northwest", "NNW": "north northwest",
}  # fmt: skip
_FINE_POINT = expression(rf"\b(?:{'|'.join(_FINE_POINTS)})\b")
_TURN = expression(
    r"\b(?P<lead>(?i:turn|keep|bear|veer|hang an?|stay|make an?|take an?|then) (?:hard |slight )?)(?P<side>[LR])(?=\s(?:on|onto|at|and|then|into|in|past|after|for)\b|[.,;!]|\s*\Z)"
)
_SHORT_ROAD = expression(r"\b(?:Rte|Rt|rte|Hwy|hwy)\b\.?(?= \d)")
_NUMBER = expression(r"\bNo\.\s(?=\d{1,4}\s[A-Z])")
_SIDE = expression(r" [LR]\b")
_NUMBERED_STREET = expression(
    rf"\b(?P<n>\d{{1,3}}(?:st|nd|rd|th)) (?P<kind>Ave|Blvd|Rd|Pl|Ct|Ln|Pkwy|Ter|Dr|Sq|Way|St(?=\.? (?:{_POINTS})\b))\b(?P<dot>\.)?(?: (?P<point>{_POINTS})\b)?"
)
_CHINESE_CODE = expression(
    r"\b(Beijing|Tianjin|Shanghai|Chengdu|Nanjing|Shenzhen|Hangzhou|Guangzhou|China) (\d{6})(?!\d)"
)
_LETTERED_ROAD = expression(r"(?<=\bRoute )(\d{1,3})([A-Z])\b(?! ?\d)")
_POST_CODE = expression(r"\b([A-Z]\d[A-Z]) ?(\d[A-Z]\d)\b")


def _house(match: re.Match[str]) -> str | None:
    kind = match["kind"]
    if match["name"] == "S." and kind == "Ct.":  # a volume of the Supreme Court
        return None
    street = _SHORT_STREETS.get(kind.rstrip(".").lower(), kind)
    if kind.endswith(".") and not match.string[match.end() :].strip():
        street += "."
    parts = [
        named(match["n"]) + (f" {match['letter']}" if match["letter"] else ""),
        _COMPASS.get(match["point"] or "", ""),
        _names(match["name"]),
        street,
        _COMPASS.get(match["point2"] or "", ""),
    ]
    return " ".join(part for part in parts if part)


def _names(name: str) -> str:
    """Names of a street, of which the first may be a compass letter with a dot."""
    first, blank, rest = name.partition(" ")
    return _COMPASS.get(first.rstrip("."), first) + blank + rest


def _numbered_street(match: re.Match[str]) -> str:
    """`3rd Ave S` → 3rd Avenue south."""
    point = f" {_COMPASS[match['point']]}" if match["point"] else ""
    dot = "." if match["dot"] and not match.string[match.end() :].strip() else ""
    return f"{match['n']} {_SHORT_STREETS.get(match['kind'].lower(), match['kind'])}{point}{dot}"


def _road(match: re.Match[str]) -> str:
    letter = match["letter"] or ""
    return (
        f"{match['road']}{match['dash']}{named(match['n'])} {letter}".rstrip()
        + f" {_COMPASS[match['point']]}"
    )


def _bearing(match: re.Match[str]) -> str | None:
    if match["lead"].endswith("the ") and len(match["p"]) == 1:
        return None
    return match["lead"] + _COMPASS[match["p"]]


def apply(text: AlignedText) -> AlignedText:
    """`415 W 23rd St` → four fifteen west 23rd Street; `Dover, DE 19901` → Dover, Delaware, one nine …."""
    text = text.sub(_SHORT_ROAD, lambda m: "Route" if m.group()[0] in "Rr" else "Highway")
    text = text.sub(_NUMBER, "Number ")
    if _SIDE.search(text.text):
        text = text.sub(_TURN, lambda m: m["lead"] + ("left" if m["side"] == "L" else "right"))
    text = places.apply(text).sub(_HOUSE, _house)
    text = text.sub(_LOWER_HOUSE, lambda m: f"{named(m['n'])} {_COMPASS[m['point']]} ")
    text = text.sub(_NUMBERED_STREET, _numbered_street)
    text = text.sub(_STREET_POINT, lambda m: f"{_COMPASS[m['point']]} ")
    text = text.sub(_CHINESE_CODE, lambda m: f"{m[1]} {digits(m[2])}")
    text = text.sub(_ROAD, _road).sub(_ROAD_NUMBER, lambda m: m["lead"] + named(m["n"]))
    if _DRIVING.search(text.text):
        text = text.sub(_FREEWAY, lambda m: named(m.group()))
    text = text.sub(_LETTERED_ROAD, lambda m: f"{named(m[1])} {m[2]}")
    text = text.sub(_POST_CODE, lambda m: " ".join(f"{m[1]}{m[2]}"))
    text = text.sub(_FINE_POINT, lambda m: _FINE_POINTS[m.group()])
    text = text.sub(_WIND, lambda m: f"{_COMPASS[m['p']]} ")
    text = text.sub(_DOTTED_POINT, lambda m: f"{_COMPASS[m['p']]} ")
    text = text.sub(_CAPITAL_POINT, lambda m: _COMPASS[m["p"]])
    text = text.sub(_HALF_POINT, lambda m: _COMPASS[m["p"]])
    text = text.sub(
        _BETWEEN_POINTS,
        lambda m: f"{m['lead']}{_COMPASS[m['a']]} {m['link']} {_COMPASS[m['b']]}",
    )
    text = text.sub(_ONWARD, lambda m: m["lead"] + _COMPASS[m["p"]])
    return text.sub(_BEARING, _bearing)

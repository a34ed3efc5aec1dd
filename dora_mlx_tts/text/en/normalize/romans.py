"""Roman numbers: kings, wars, parts of works, scenes, and those that stand alone."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, ordinal
from dora_mlx_tts.text.en.words import listed
from dora_mlx_tts.text.patterns import expression
from dora_mlx_tts.text.roman import value

ROMAN = r"(?=[IVXLC])(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_MONARCHS = listed(
    "Henry Louis Elizabeth Charles George Edward Richard William James Philip Ferdinand Frederick "
    "Napoleon Nicholas Alexander Catherine Ivan Peter Paul John Pius Benedict Francis Leo Gregory "
    "Clement Innocent Urban Ramesses Ptolemy Mary Carl Gustav Christian Haakon Harald Juan Otto"
)
_GIVEN_NAMES = listed(
    "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark "
    "Steven Paul Andrew Joshua Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan "
    "Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Walter Henry "
    "Arthur Albert Harry Ralph Louis Howard Fred Martin Peter Harold Douglas Carl Philip Robert Davis Griffin Sammy Ken Cal"
)
_NUMBERED = listed(
    "Chapter Part War Act Volume Vol Book Section Article Type Phase Class Grade Level Stage Bowl "
    "Fantasy Rocky Mark Title Appendix Figure Table Scene Episode Season Division Category Unit Step "
    "Round Tier Schedule Apollo Saturn Windows Amendment Factor Page Note Exhibit Plate Line Clause Period Group Vatican Olympiad "
    "Canto Sonnet Nocturne Partita Movement Louisiana Generation Algebra Calculus Chemistry Physics Biology English Spanish French Cranial Nerve"
)
_WORLD_WAR = expression(r"\bWW\s?(III|II|I|[123])\b|\bWorld War (I{1,3}|[123])\b")
_WARS = {"I": "one", "II": "two", "III": "three", "1": "one", "2": "two", "3": "three"}
_SMALL_PART = expression(
    r"\b(?P<part>(?:scene|act|chapter|part|section|volume|phase|article|book|pages?|note|item|point|step|canto|verse|line|footnote) )"
    r"(?P<n>ii|iii|iv|vi|vii|viii|ix|xi|xii|xiii|xiv|xv|xvi|xvii|xviii|xix|xx)\b(?!['.-]?\w)",
    re.IGNORECASE,
)
_SUBCLAUSE = expression(r"(?<=[\w)])\((ii|iii|iv|vi|vii|viii|ix|xi|xii)\)")
_FIRST_PART = expression(r"\b((?i:scene|act|part|chapter) )i(?=[,;:.)]|\Z)")
_SCENE = expression(r"\b([IVX]{1,4})\.([ivx]{1,4})\.(\d{1,3})(?:\s?[-–]\s?(\d{1,3}))?(?![\w.]\w)")
_PARTS = expression(
    rf"\b((?:{'|'.join(_NUMBERED)})s?)\s([IVX]{{1,5}})\s?[-–]\s?([IVX]{{1,5}})\b", re.IGNORECASE
)
_SPAN = expression(r"[IVX]\s?[-–]\s?[IVX]")
_ANY = expression(r" [IVXLC]{1,9}\b")
"""What a text must have, or the slower search below is in vain."""
_CENTURY = expression(rf"\b({ROMAN})(?= (?:[Cc]entur|Olympi|Congress))")
_KING = expression(
    rf"\b({'|'.join(_MONARCHS)})\s(?!I\s(?!(?:of|was|is|and|in|had|ruled|became|died|d|reigned|r|who)\b)[a-z])({ROMAN})\b(?!\.\w)"
)
_DESCENDANT = expression(
    rf"\b(?P<name>(?:{'|'.join(_GIVEN_NAMES)})(?: [A-Z]\.?)? [A-Z][a-z'A-Z-]+),? (?P<n>II|III|IV)\b"
)
"""Of a family: Henry Ford II."""
_PART = expression(
    rf"\b(?!(?-i:windows))((?:{'|'.join(_NUMBERED)})s?)\s(?![LC]\b|I\s(?!(?:of|and|or|to|in|on|for)\b)[a-z])({ROMAN})\b(?!-\d)",
    re.IGNORECASE,
)
"""Not the letter of `grade C`, nor the speaker of `the class I took`."""
_SPAN_ALONE = expression(
    r"(?<![\w'.&–-])(?=\w{2})(?P<a>I{2,3}|IV|VI{0,3}|IX|XI{0,3}|XI?V|XVI{1,3}|XI?X)\s?[–-]\s?(?P<b>I{2,3}|IV|VI{0,3}|IX|XI{0,3}|XI?V|XVI{1,3}|XI?X)(?![\w'&–-]|\.\w)"
)
_ALONE = expression(
    r"(?<![\w'.&-])(?:I{2,3}|IV|VI{1,3}|IX|XI{1,3}|XI?V|XVI{1,3}|XI?X|XXI{0,3}|XXI?V)(?![\w'&]|\.\w)"
)
_OF_NUMERALS = expression(r"(?i)\bRoman numerals?\b")
_NUMERAL = expression(r"(?<![\w'-])(?!I\s[a-z]|(?:LCD|MIX|DC)\b)[IVXLCDM]{2,15}(?![\w'])")
_DRIP = expression(
    r"(?i)[ -](?:fluids?|drips?|lines?|bags?|antibiotics|infusions?|push|access|poles?|meds?|medications?|therapy|saline|contrast|drugs?|catheters?|\d)"
)
_MEDICINE = expression(
    r"(?i)\b(?:infus\w+|saline|bolus|dos(?:e|es|ing|age)|inject\w*|patients?|mg|mcg|NaCl|NS|gauge|catheters?|q\d{1,2}(?:-\d{1,2})?h|PRN|antibiotics?|fluids|drip)\b|\d(?:mg|mL|G)\b"
)
_BEFORE_DRIP = expression(
    r"(?i)\b(?:an|by|via|your|start(?:ed)?|plac(?:e|ed)|through|given|fluids|mg|mL|units?) \Z"
)


def spoken(numeral: str) -> str:
    """`XIV` → fourteen."""
    return cardinal(value(numeral))


def _parts(match: re.Match[str]) -> str | None:
    """`Chapters I-IV` → Chapters one to four."""
    first, last = match[2], match[3]
    if not (first + last).isupper():
        return None
    return f"{match[1]} {spoken(first)} to {spoken(last)}"


def _span(match: re.Match[str]) -> str | None:
    """`II–IV` → two to four."""
    first, last = value(match["a"]), value(match["b"])
    return f"{cardinal(first)} to {cardinal(last)}" if first < last else None


def _part(match: re.Match[str]) -> str | None:
    return f"{match[1]} {spoken(match[2])}" if match[2].isupper() else None


def _alone(match: re.Match[str]) -> str | None:
    """A numeral by itself; `an IV drip` is none."""
    if match.group() == "IV" and (
        _MEDICINE.search(match.string)
        or _DRIP.match(match.string, match.end())
        or _BEFORE_DRIP.search(match.string, 0, match.start())
    ):
        return None
    return spoken(match.group())


def _scene(match: re.Match[str]) -> str:
    """`III.i.64` → three one 64."""
    until = f" to {match[4]}" if match[4] else ""
    return f"{spoken(match[1])} {spoken(match[2])} {match[3]}{until}"


def apply(text: AlignedText) -> AlignedText:
    """`Henry VIII` → Henry the eighth, `Act III` → Act three, `WWII` → World War two."""
    if _OF_NUMERALS.search(text.text):
        text = text.sub(_NUMERAL, lambda m: " ".join(m.group()))
    text = text.sub(_WORLD_WAR, lambda m: f"World War {_WARS[m[1] or m[2]]}")
    text = text.sub(_SCENE, _scene)
    text = text.sub(_SMALL_PART, lambda m: m["part"] + spoken(m["n"]))
    text = text.sub(_FIRST_PART, r"\1one").sub(_SUBCLAUSE, lambda m: f" {spoken(m[1])} ")
    if not _ANY.search(text.text):
        return text.sub(_CENTURY, lambda m: ordinal(value(m[1])) if m[1] else None).sub(
            _ALONE, _alone
        )
    text = text.sub(_DESCENDANT, lambda m: f"{m['name']} the {ordinal(value(m['n']))}")
    text = text.sub(_KING, lambda m: f"{m[1]} the {ordinal(value(m[2]))}" if m[2] else None)
    text = text.sub(_CENTURY, lambda m: ordinal(value(m[1])) if m[1] else None)
    if _SPAN.search(text.text):
        text = text.sub(_PARTS, _parts).sub(_SPAN_ALONE, _span)
    return text.sub(_PART, _part).sub(_ALONE, _alone)

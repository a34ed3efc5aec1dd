"""Music: keys, chords and their progressions, degrees, time signatures, opus numbers."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules
from dora_mlx_tts.text.patterns import expression
from dora_mlx_tts.text.roman import value

_ACCIDENTALS = {"#": " sharp", "♯": " sharp", "b": " flat", "♭": " flat", "": ""}
_QUALITIES = {
    "m": "minor", "min": "minor", "maj": "major", "M": "major", "Δ": "major", "dim": "diminished", "°": "diminished",
    "ø": "half diminished", "aug": "augmented", "+": "augmented", "sus": "suspended", "add": "add",
}  # fmt: skip
_NUMBER = r"(?:13|11|[24-7]|9)"
_QUALITY = (
    rf"(?:(?:maj|min|dim|aug|sus|add|m(?!aj)|M|Δ|ø|°|\+)(?:{_NUMBER}(?!\d))?|{_NUMBER}(?!\d))"
)
_CHORD = rf"[A-G][#b♯♭]?(?:{_QUALITY}){{0,3}}(?:\(?[#b♯♭](?:5|9|11|13)\)?){{0,2}}(?:/[A-G][#b♯♭]?(?!\w))?"
_ANY_CHORD = expression(rf"(?<![\w♭♯/&'.-])(?!\d){_CHORD}(?![\w♭♯#+&'’-]|/\w|\.\w)")
_PROGRESSION = expression(rf"(?<![\w♭♯–-]){_CHORD}(?:\s?[–-]\s?{_CHORD}){{2,9}}(?![\w♭♯–-])")
_SURE = expression(
    r"[♭♯]|[A-G][#b]?(?:maj|min|dim|aug|sus|add)|[A-G][#b]?m(?:6|7|9|11)\b|[A-G]#m|[#b](?:5|9|11|13)\b|[A-G][#b]?M7|/[A-G][#b](?!\w)|[A-G][#b]/"
)
"""What no other notation has: F♯, Dsus4, Am7, C7b9, D/F#."""
_PARTS = expression(rf"(?P<q>maj|min|dim|aug|sus|add|m|M|Δ|ø|°|\+)?(?P<n>{_NUMBER})?")
_ALTERATION = expression(r"\(?([#b♯♭])(5|9|11|13)\)?")
_MINORS = expression(r"(?<![\w♭♯])[A-G]m(?=,? (?:and |- |– )?[A-G][#b♯♭]?m?\d?(?![\w'.]))")
"""`Am` before another chord; alone it may be anything."""
_FLAT_KEY = expression(
    r"\b([ABDEG])b(?=\s(?:major|minor|maj|min|flat|chord|scale|trumpet|clarinet)\b)"
)
_METER = expression(r"(?<![\w./])(\d{1,2})/(2|4|8|16)(?=\s(?:time|meter|metre|signature|beat)\b)")
_ANY_METER = expression(r"(?<![\w./])([2-9]|12)/([248])(?![\w/]|\.\d)")
_MUSIC = expression(
    r"(?i)\b(?:riffs?|bpm|tempo|rhythms?|waltz|songs?|melody|drums?|drumming|groove|chords?|progression|key|music|piano|guitar|"
    r"metronome|score|beat|coda|measures|mm\.|quarter note|fermata|staccato|legato|treble|clef|fugue|nocturne|sonata|etude|allegro|andante|opus|BWV|movement|(?:major|minor)(?= key|,|\.)|suite no)\b|[A-G][♭♯]|\bOp\.|[A-G] (?:flat|sharp)\b"
)
_CHORDS = expression(
    r"(?i)\b(?:chords?|progressions?|capo|guitars?|piano|strum\w*|chorus|fret\w*|arpeggio\w*|turnaround|modulat\w+|key of)\b|[A-G][♭♯]"
)
_DEGREES = expression(
    r"(?<![\w–-])(?:[iv]{1,3}|[IV]{1,3})°?(?:[–-](?:[iv]{1,3}|[IV]{1,3})°?\d?){2,6}(?![\w–-])"
)
_OPUS = expression(r"\b[Oo]pp?\.\s?(?=\d)")
_OPUS_PART = expression(r"(?<=\b[Oo]p\. )(\d{1,3})/(\d{1,2})(?![\w/])")
_MEASURES = expression(r"(?<![\w.])(?<!\d )(mm?)\.\s?(?=\d{1,3}(?!\d))")


def _chord(chord: str) -> str:
    """`F♯m7♭5` → F sharp minor seven flat five."""
    body, slash, bass = chord.partition("/")
    accidental = body[1:2] if body[1:2] in "#b♯♭" else ""
    rest = body[1 + len(accidental) :]
    altered = _ALTERATION.search(rest)
    head = rest[: altered.start()] if altered else rest
    words = [body[0] + _ACCIDENTALS[accidental]]
    for part in _PARTS.finditer(head):
        words += [_QUALITIES[part["q"]]] if part["q"] else []
        words += [cardinal(int(part["n"]))] if part["n"] else []
    words += [
        f"{_ACCIDENTALS[sign].strip()} {cardinal(int(step))}"
        for sign, step in _ALTERATION.findall(rest)
    ]
    if slash:
        words.append(f"over {bass[0]}{_ACCIDENTALS[bass[1:]]}")
    return " ".join(words)


def _progression(match: re.Match[str]) -> str | None:
    """`Am–F–C` → A minor, F, C."""
    return ", ".join(_chord(chord.strip()) for chord in re.split("[–-]", match.group()))


def _degrees(match: re.Match[str]) -> str:
    """`ii–V–I` → two five one."""
    return " ".join(
        cardinal(value(step.strip("°"))) for step in re.findall(r"[ivIV]+", match.group())
    )


def _chords(text: AlignedText) -> AlignedText:
    """Chords that no other notation looks like; all of them where the text speaks of chords."""
    sees_chords = _CHORDS.search(text.text) is not None

    def said(match: re.Match[str]) -> str | None:
        chord = match.group()
        is_bare = len(chord) == 1
        return _chord(chord) if not is_bare and (sees_chords or _SURE.search(chord)) else None

    return text.sub(_ANY_CHORD, said).sub(_MINORS, lambda m: f"{m.group()[0]} minor")


_RULES = (
    Rule(_OPUS_PART, r"\1 number \2", "/"),
    Rule(_OPUS, "opus ", "."),
    Rule(_PROGRESSION, _progression, "-–"),
    Rule(_FLAT_KEY, r"\1 flat", "b"),
    Rule(_METER, lambda m: f"{cardinal(int(m[1]))} {cardinal(int(m[2]))}", "/"),
    Rule(_DEGREES, _degrees, "-–"),
    Rule(_MEASURES, lambda m: "measures " if m[1] == "mm" else "measure ", "m"),
)


def apply(text: AlignedText) -> AlignedText:
    """`Am–F–C` → A minor, F, C; `in 6/8` → in six eight; `Op. 9/2` → opus 9 number 2."""
    text = _chords(apply_rules(text, _RULES))
    if _MUSIC.search(text.text):
        text = text.sub(_ANY_METER, lambda m: f"{cardinal(int(m[1]))} {cardinal(int(m[2]))}")
    return text

"""Notations of their own: chess moves, coordinates, formulas of compounds, verses, points and minutes of games."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, number, ordinal
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
_MOVE = expression(
    r"(?<![\w/-])(?:(?P<piece>[KQRBN])(?P<from>[a-h]?[1-8]?)(?P<takes>x?)(?P<to>[a-h][1-8])"
    r"|(?P<pawn>[a-h])x(?P<to2>[a-h][1-8])(?:=(?P<becomes>[QRBN]))?|(?P<to3>[a-h][18])=(?P<becomes2>[QRBN])"
    r"|(?P<castle>O-O(?:-O)?|0-0(?:-0)?))(?P<check>[+#])?(?![\w+#-])"
)
_MOVE_NUMBER = expression(
    r"(?<![\w.])(\d{1,3})\.(?:\.\.|…)?\s?(?=(?:[KQRBN][a-h1-8x]{1,3}|[a-h]x?)[a-h]?[1-8]|O-O)"
)
_CHESS = expression(
    r"(?i)\b(?:chess|checkmate|castles?|white|black|mates?|gambit|opening|defen[cs]e|bishop|knight|pawn|rook)\b"
)
FEWEST_MOVES = 2
"""So many moves are chess without a word that says so."""

_STRAND = expression(
    r"(?<![\w.])([35])'(?=[ -](?:end|cap|utr|UTR|to|and|side|direction|terminus|overhang|exon)\b|[,.)])"
)
_GENETICS = expression(r"\b(?:[dcm]?[DR]NA|strand|primer|gene|nucleotide|codon|polymerase)\b")
_INNINGS = expression(r"(?<![\w./])(\d{1,3})/(10|\d)(d(?:ec)?)?(?![\w/]|\.\d)")
_CRICKETERS = expression(
    r"\b(?:overs|\d ?ov(?:er)?|wickets?|wkts|declared|bowled|batsm[ae]n|batters?|off \d+ balls|not out)\b|\b\d{1,3}/\dd(?:ec)?\b"
)
_NOT_OUT = expression(r"(?<![\w.])(\d{1,3})\*(?=[\s,.;)]|\Z)")
_GOALS = expression(
    r"\b(?:scor\w+|hat[- ]tricks?|brace|winner|own goal|red card|yellow card|goals?|equali[sz]ed|penalty|substituted|booked)\b"
)
_ADDED_MINUTE = expression(r"(?<![\w.])(45|90|105|120) ?\+ ?(\d{1,2})'(?![\w'\"])")
_MINUTE = expression(r"(?<![\w.])([1-9]\d?)'(?![\w'\"]|\s?\d)")
_TENNIS_POINTS = expression(r"(?<![\w.,-])(0|15|30|40)[-–](0|15|30|40)(?![\w%-]|[.,]\d)")
_TENNIS = expression(
    r"(?i)\b(?:tennis|deuce|serv(?:e|es|ed|ing)|match point|break point|wimbledon|roland.garros|tiebreak|game, set|sets?)\b|(?<![\d-])[0-7][-–][0-7],? [0-7][-–][0-7](?![\d-])"
)

_POINTS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_ARC = expression(
    r"(?:(?<![\w.)])(?P<sign>[+−-])|(?<![\w.]))(?P<d>\d{1,3})°\s?(?P<m>\d{1,2}(?:\.\d{1,6})?)'\s?(?:(?P<s>\d{1,2}(?:\.\d{1,6})?)(?:\"|''))?\s?(?P<p>[NSEW]\b)?"
)
_ELEMENTS = word_set(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo "
    "Ag Cd In Sn Sb Te I Xe Cs Ba Pt Au Hg Pb Bi U"
)
_COMPOUND = expression(
    r"(?:(?<![\w-])|(?<=\s\d)|(?<=\(\d))(?=[A-Za-z\d()]{2,20}(?![\w-]))(?!\d)(?:\(?[A-Z][a-z]?\d{0,2}\)?\d?){2,8}(?![\w-])"
)
_SALT = expression(r"(?:Na|K|Li|Mg|Ca|Ag|Zn|Cu|Fe|Al|Ba|Pb|Ti|H)(?:[HCSN]?O|OH|Cl|Br|F|HS)")
FEWEST_ATOMS = 2
"""More of them are a compound without figures, too: NaClO."""
_LONE_ATOM = expression(r"(?<![\w-])(?P<n>\d{0,2})\s?(?P<atom>[A-Z][a-z])(?P<k>\d?)(?![\w-])")
_REACTION = expression(r"[→⇌]|->|\breact\w*\b")
_SYMBOL = expression(r"(?<=\()([A-Z][a-z])(?=\))")
_WORDS = word_set("He Be In As No At")
_ATOM = expression(r"[A-Z][a-z]?")

BOOKS = (
    "Genesis|Gen|Exodus|Exod?|Leviticus|Lev|Numbers|Num|Deuteronomy|Deut|Joshua|Josh|Judges|Judg|Ruth|Samuel|Sam|Kings|Chronicles|"
    "Chron|Ezra|Nehemiah|Neh|Esther|Job|Psalms?|Ps|Proverbs|Prov|Ecclesiastes|Eccl|Isaiah|Isa|Jeremiah|Jer|Ezekiel|Ezek|Daniel|Dan|Hosea|"
    "Joel|Amos|Micah|Matthew|Matt|Mark|Luke|John|Acts|Romans|Rom|Corinthians|Cor|Galatians|Gal|Ephesians|Eph|Philippians|Phil|"
    "Colossians|Col|Thessalonians|Thess|Timothy|Tim|Titus|Hebrews|Heb|James|Jas|Peter|Pet|Jude|Revelation|Rev|Quran|Qur'an|Surah"
)
_LONG_BOOKS = {
    "Gen": "Genesis", "Ex": "Exodus", "Exo": "Exodus", "Exod": "Exodus", "Lev": "Leviticus", "Num": "Numbers", "Deut": "Deuteronomy",
    "Josh": "Joshua", "Judg": "Judges", "Sam": "Samuel", "Chron": "Chronicles", "Neh": "Nehemiah", "Ps": "Psalm", "Prov": "Proverbs",
    "Eccl": "Ecclesiastes", "Isa": "Isaiah", "Jer": "Jeremiah", "Ezek": "Ezekiel", "Dan": "Daniel", "Matt": "Matthew", "Rom": "Romans",
    "Cor": "Corinthians", "Gal": "Galatians", "Eph": "Ephesians", "Phil": "Philippians", "Col": "Colossians",
    "Thess": "Thessalonians", "Tim": "Timothy", "Heb": "Hebrews", "Jas": "James", "Pet": "Peter", "Rev": "Revelation",
}  # fmt: skip
_VERSE = expression(
    rf"(?:\b(?P<which>[123]|I{{1,3}})\s)?\b(?P<book>{BOOKS})\.? (?P<c>\d{{1,3}}):(?P<v>\d{{1,3}})"
    r"(?:\s?[-–]\s?(?:(?P<c2>\d{1,3}):)?(?P<w>\d{1,3}))?(?!\d|:|\s?[AaPp]\.?[Mm]\b)"
)
_WHICH = {
    "1": "first ",
    "2": "second ",
    "3": "third ",
    "I": "first ",
    "II": "second ",
    "III": "third ",
}


def _move(match: re.Match[str]) -> str:
    check = {"+": " check", "#": " checkmate"}.get(match["check"] or "", "")
    if match["castle"]:
        side = "queenside" if match["castle"].count("-") > 1 else "kingside"
        return f"castles {side}{check}"
    becomes = match["becomes"] or match["becomes2"]
    ending = f" becomes {_PIECES[becomes]}{check}" if becomes else check
    if match["piece"]:
        origin = " ".join(match["from"])
        who = f"{_PIECES[match['piece']]} {origin}".rstrip()
        return f"{who} {'takes ' if match['takes'] else ''}{_square(match['to'])}{ending}"
    if match["pawn"]:
        return f"{match['pawn']} takes {_square(match['to2'])}{ending}"
    return f"{_square(match['to3'])}{ending}"


def _square(square: str) -> str:
    return f"{square[0].upper()} {cardinal(int(square[1]))}"


def _chess(text: AlignedText) -> AlignedText:
    moves = [match.group() for match in _MOVE.finditer(text.text)]
    sure = len(moves) >= FEWEST_MOVES or any(
        move[-1] in "+#" and move[0] in _PIECES for move in moves
    )
    if not moves or not (sure or _CHESS.search(text.text)):
        return text
    return text.sub(_MOVE_NUMBER, lambda m: f"{cardinal(int(m[1]))}, ").sub(_MOVE, _move)


def _arc(match: re.Match[str]) -> str:
    """`37°46'30"N` → thirty-seven degrees forty-six minutes thirty seconds north."""
    sign = {None: "", "+": "plus "}.get(match["sign"], "negative ")
    words = f"{sign}{_count(match['d'], 'degree')} {_count(match['m'], 'minute')}"
    if match["s"]:
        words += f" {_count(match['s'], 'second')}"
    return spaced(match, words + (f" {_POINTS[match['p']]}" if match["p"] else ""))


def _count(figures: str, unit: str) -> str:
    figures = figures.lstrip("0") or "0"
    figures = f"0{figures}" if figures[0] == "." else figures
    return f"{number(figures)} {unit}{'' if figures == '1' else 's'}"


def _compound(match: re.Match[str]) -> str | None:
    """`NaCl` → N A C L; only where every part is an element, and one of them has two letters."""
    text = match.group()
    is_counted = match.string[match.start() - 1 : match.start()].isdecimal()
    if is_counted and not _REACTION.search(match.string):
        return None
    if text[0] == "(" and text[-1] == ")" and (inner := _named_atoms(text[1:-1])):
        return f"({inner})"
    named = _named_atoms(text)
    return None if named is None else spaced(match, named)


def _named_atoms(text: str) -> str | None:
    """The letters and figures of a compound; None if it is none."""
    atoms = _ATOM.findall(text)
    has_figures = any(char.isdecimal() for char in text)
    if not all(atom in _ELEMENTS for atom in atoms):
        return None
    if not has_figures and not any(len(atom) > 1 for atom in atoms):
        return None
    is_known = has_figures or len(atoms) > FEWEST_ATOMS or _SALT.fullmatch(text)
    if len(atoms) == 1 or not is_known:
        return None
    return " ".join(
        part if part.isdecimal() else " ".join(part.upper())
        for part in re.findall(r"\d+|[A-Z][a-z]?", text)
    )


def _verse(match: re.Match[str]) -> str:
    book = _LONG_BOOKS.get(match["book"], match["book"])
    words = f"{_WHICH.get(match['which'] or '', '')}{book} {cardinal(int(match['c']))} {cardinal(int(match['v']))}"
    if not match["w"]:
        return words
    chapter = f"{cardinal(int(match['c2']))} " if match["c2"] else ""
    return f"{words} to {chapter}{cardinal(int(match['w']))}"


_LAB_VALUE = expression(r"(?<![\w-])(?:Na|Cl|Ca|Mg|Cr|Fe|Hb|Hct)(?= \d)")
_ODDS_RATIO = expression(r"\bOR(?=\s?[=:]?\s?\d{1,3}\.\d)")
_DOSED_ATOM = expression(
    r"(?<![\w-])(?:Na|Ca|Mg|Fe|Zn|Li|Cl|Cu|Se)(?= \d[\d,.]{0,6} ?(?:mg|mcg|g|mEq|mmol|mM|ppm|μg)\b)"
)
_LAB = expression(
    r"\b(?:BUN|WBC|RBC|mEq|mmol|[Ll]abs?|[Cc]reatinine|e?GFR|CBC|BMP|CMP|[Gg]lucose|K \d)\b"
)


def _lone_atom(match: re.Match[str]) -> str | None:
    """`2 Na` in a reaction → 2 N A."""
    if match["atom"] not in _ELEMENTS - _WORDS:
        return None
    return " ".join(part for part in (match["n"], *match["atom"].upper(), match["k"]) if part)


_BLOOD = expression(r"(?i)\b(?:blood|donors?|donat\w+|transfusions?)\b")
_BLOOD_GROUP = expression(r"(?<![\w-])(A|B|AB|O)([+−-])(?![\w+-])")
_RULES = (
    Rule(_VERSE, _verse, ":"),
    Rule(_ARC, _arc, "°"),
    Rule(_COMPOUND, _compound),
    Rule(_SYMBOL, lambda m: " ".join(m[1].upper()) if m[1] in _ELEMENTS - _WORDS else None, "("),
)


def apply(text: AlignedText) -> AlignedText:
    """`Nf3` → knight F three, `NaCl` → N A C L, `John 3:16` → John three sixteen."""
    text = apply_rules(_chess(text), _RULES)
    if _REACTION.search(text.text):
        text = text.sub(_LONE_ATOM, _lone_atom)
    if "OR" in text.text:
        text = text.sub(_ODDS_RATIO, "O R")
    text = text.sub(_DOSED_ATOM, lambda m: " ".join(m.group().upper()))
    if _LAB.search(text.text):
        text = text.sub(_LAB_VALUE, lambda m: " ".join(m.group().upper()))
    if _BLOOD.search(text.text):
        text = text.sub(
            _BLOOD_GROUP,
            lambda m: f"{' '.join(m[1])} {'positive' if m[2] == '+' else 'negative'}",
        )
    if ("/" in text.text or "*" in text.text) and _CRICKETERS.search(text.text):
        text = text.sub(
            _INNINGS,
            lambda m: (
                f"{cardinal(int(m[1]))} for {cardinal(int(m[2]))}{' declared' if m[3] else ''}"
            ),
        ).sub(_NOT_OUT, r"\1 not out")
    if _TENNIS.search(text.text):
        text = text.sub(
            _TENNIS_POINTS,
            lambda m: " ".join("love" if p == "0" else cardinal(int(p)) for p in m.groups()),
        )
    if "'" in text.text and _GOALS.search(text.text):
        text = text.sub(
            _ADDED_MINUTE, lambda m: f"{cardinal(int(m[1]))} plus {cardinal(int(m[2]))}"
        )
        text = text.sub(_MINUTE, lambda m: f"{ordinal(int(m[1]))} minute")
    if "'" in text.text and _GENETICS.search(text.text):
        text = text.sub(_STRAND, lambda m: f"{cardinal(int(m[1]))} prime")
    return text

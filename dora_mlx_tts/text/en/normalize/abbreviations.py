"""Abbreviations with a dot, titles, Roman numerals."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, ordinal, plural
from dora_mlx_tts.text.en.normalize.patterns import NEW_SENTENCE
from dora_mlx_tts.text.en.normalize.unit_names import alternatives
from dora_mlx_tts.text.en.words import listed
from dora_mlx_tts.text.patterns import expression

_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Messrs": "Messers", "Prof": "Professor",
    "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Gen": "General",
    "Capt": "Captain", "Cmdr": "Commander", "Lt": "Lieutenant", "Sgt": "Sergeant", "Col": "Colonel",
    "Maj": "Major", "Rev": "Reverend", "Hon": "Honorable", "Pres": "President", "Mt": "Mount",
    "Ft": "Fort", "vs": "versus", "approx": "approximately", "cf": "compare", "viz": "namely",
    "avg": "average", "orig": "originally", "excl": "excluding", "prev": "previous", "sched": "scheduled", "freq": "frequency", "rec": "recommended", "neg": "negative", "pos": "positive", "qty": "quantity", "incl": "including",
    "esp": "especially", "ca": "circa", "Supt": "Superintendent",
}  # fmt: skip
_NOUNS = {
    "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation", "Co": "Company",
    "Jr": "Junior", "Sr": "Senior", "Esq": "Esquire", "etc": "etc", "Ave": "Avenue",
    "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Hwy": "Highway",
    "apt": "apartment", "bldg": "building", "Univ": "University", "Assn": "Association", "Bros": "Brothers",
    "dept": "department", "govt": "government", "wkts": "wickets", "misc": "miscellaneous",
    "est": "estimated", "temp": "temperature", "doz": "dozen", "pkg": "package", "appt": "appointment", "intl": "international",
    "natl": "national", "assoc": "associate", "asst": "assistant", "mgr": "manager", "dist": "district", "attn": "attention", "anniv": "anniversary", "acct": "account", "addr": "address", "mgmt": "management", "mtg": "meeting", "msg": "message", "mtn": "mountain", "jct": "junction", "lvl": "level", "pkgs": "packages", "hosp": "hospital", "amend": "amendment", "const": "constitution",
}  # fmt: skip
_TITLES |= {short.capitalize(): word.capitalize() for short, word in _TITLES.items()}
_NOUNS |= {short.capitalize(): word.capitalize() for short, word in _NOUNS.items()}
_BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "vol": "volume", "fig": "figure", "figs": "figures",
    "ch": "chapter", "chap": "chapter", "sec": "section", "chs": "chapters", "vols": "volumes", "secs": "sections", "sect": "section", "eqs": "equations", "arts": "articles", "reg": "regular", "lvl": "level", "blk": "block", "bk": "book", "ln": "line", "lns": "lines", "v": "version", "para": "paragraph", "paras": "paragraphs", "avg": "average", "approx": "approximately", "est": "estimated", "qty": "quantity", "tel": "telephone", "wt": "weight", "ht": "height", "pub": "publication", "exs": "exercises", "ex": "exercise", "probs": "problems", "prob": "problem", "p": "page", "pp": "pages", "pg": "page", "pgs": "pages", "art": "article",
    "rm": "room", "min": "minimum", "max": "maximum", "ed": "edition", "eq": "equation", "pt": "part", "ver": "version", "opt": "option", "ep": "episode", "eps": "episodes", "ext": "extension",
}  # fmt: skip
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ROMAN = r"(?=[IVXLC])(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_MONARCHS = listed(
    "Henry Louis Elizabeth Charles George Edward Richard William James Philip Ferdinand Frederick "
    "Napoleon Nicholas Alexander Catherine Ivan Peter Paul John Pius Benedict Francis Leo Gregory "
    "Clement Innocent Urban Ramesses Ptolemy Mary Carl Gustav Christian Haakon Harald Juan Otto"
)
_NUMBERED = listed(
    "Chapter Part War Act Volume Vol Book Section Article Type Phase Class Grade Level Stage Bowl "
    "Fantasy Rocky Mark Title Appendix Figure Table Scene Episode Season Division Category Unit Step "
    "Round Tier Schedule Apollo Saturn Windows"
)

_WORLD_WAR = expression(r"\bWW\s?(III|II|I|[123])\b|\bWorld War (I{1,3}|[123])\b")
_WARS = {"I": "one", "II": "two", "III": "three", "1": "one", "2": "two", "3": "three"}
_SMALL_PART = expression(
    r"\b(?P<part>(?:scene|act|chapter|part|section|volume|phase|article|book|page|note|item|point|step) )"
    r"(?P<n>ii|iii|iv|vi|vii|viii|ix|xi|xii|xiii|xiv|xv)\b(?!['.-]?\w)",
    re.IGNORECASE,
)
_LIVED = expression(r"(?<![\w.])([cdbr])\.\s?(?=(?:AD |BC |A\.D\. )?[1-9]\d{1,3}\b(?!\s[a-z]+s\b))")
_LIVES = {"c": "circa ", "d": "died ", "b": "born ", "r": "reigned "}
_FIRST_PART = expression(r"\b((?i:scene|act|part|chapter) )i(?=[,;:.)]|\Z)")
_KNOWN_AS = expression(r"\b(?i:a\.k\.a)\b\.?(?=\s)|\b(?:aka|AKA)\b(?=\s)")
_FOUNDED = expression(r"\b([Ee])st\.?(?= (?:in )?[12]\d{3}\b)")
_BEFORE_FIGURES = {
    "apt": "apartment", "ste": "suite", "bldg": "building", "rte": "route", "hwy": "highway", "ext": "extension",
    "vol": "volume", "fig": "figure", "rm": "room",
}  # fmt: skip
_SHORT_LABEL = expression(
    rf"\b({'|'.join(_BEFORE_FIGURES)})\b\.?(?= (?:[A-Z]?-?\d|[A-Z]\b(?!')))|\bhwy\b(?!\.)",
    re.IGNORECASE,
)
_YEARS_OLD = expression(r"(?<=\d)[ -]?(?:y/o|yo|y\.o\.)(?!\w)")
_YEAR_OLD = expression(
    r"(?<=\d)[ -]?(?:y/o|yo|y\.o\.)(?!\w)(?= (?:male|female|man|woman|boy|girl|child|kid|patient|son|daughter|dog|cat|with a|[MF]\b))"
)
_EDITION = expression(r"(?<=\d(?:st|nd|rd|th) )ed\b(?:\.(?=\s[a-z]|[,;)]))?")
_CENTURY_SHORT = expression(r"(?<=\d(?:st|nd|rd|th))[ -]c\.(?=\s[a-zA-Z]|[,;)]|\Z)")
_FOLLOWING = expression(r"(?<=\d)ff\b(?:\.(?=\s[a-z]|[,;)]))?")
_CONFIRMATION = expression(r"\b([Cc])onf\.?(?=:?\s(?:#|number\b|no\b|code\b|\d))")
_PASSWORD = expression(r"\bpw\b(?!/)")
_SCENE = expression(r"\b([IVX]{1,4})\.([ivx]{1,4})\.(\d{1,3})(?:\s?[-–]\s?(\d{1,3}))?(?![\w.]\w)")
_EACH = expression(r"(?<=\d )ea\b\.?(?!\w)|\bea\.(?=[\s),;]|\Z)")
_BOARDS = expression(r"\b(\d) ?[x×] ?(\d)s\b")
_FLOOR = expression(r"(?<=\d(?:st|nd|rd|th) )fl\b\.?")
_SPOKEN = {
    "YoY": "year over year", "QoQ": "quarter over quarter", "MoM": "month over month", "WoW": "week over week",
    "y/y": "year over year", "q/q": "quarter over quarter", "m/m": "month over month",
    "K8s": "kubernetes", "b/c": "because", "b/w": "between", "w/in": "within", "P/E": "P E", "N/A": "not applicable", "n/a": "not applicable",
    "b.i.d.": "twice a day", "t.i.d.": "three times a day", "q.d.": "once a day", "p.r.n.": "as needed", "Rx": "R X",
}  # fmt: skip
_SHORT_FORM = expression(rf"(?<![\w/.])(?:{alternatives(set(_SPOKEN))})(?![\w/])")
_EVERY = expression(r"\b[qQ](\d{1,2})(?:-(\d{1,2}))?([hdw])\b")
_EVERY_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_LATIN = expression(r"\b(?:(e)\.\s?g|(i)\.\s?e)\b(?:\.,?|,)?(?=\s)", re.IGNORECASE)
_ET_AL = expression(rf"\bet al\.(?!{NEW_SENTENCE})")
_DOCTOR = expression(r"\bDr\.?(?=\s[A-Z])")
_DRIVE = expression(rf"(?<=[a-z]\s)Dr\.(?!{NEW_SENTENCE})|(?<=[a-z]\s)Dr(?=\.)")
_TITLE = expression(rf"\b({'|'.join(_TITLES)})\.(?=\s|\Z)")
_VERSUS = expression(r"\bvs\b(?!\.\S)|(?<=[a-z] )v\.(?= [A-Z][a-z])")
_BARE_TITLE = expression(r"\b(Mr|Mrs|Ms|Prof)(?=\s[A-Z])")
_NOUN = expression(rf"\b({'|'.join(_NOUNS)})\.(?!{NEW_SENTENCE})(?=\W|\Z)")
_NOUN_AT_END = expression(rf"\b({'|'.join(_NOUNS)})\.{NEW_SENTENCE}")
_NUMBER_SIGN = expression(
    rf"\b({'|'.join(_BEFORE_NUMBER)})\.\s?(?=[($€£~]?\d|[IVXLC]+\b)", re.IGNORECASE
)
_SAINT = expression(rf"\bSt\.?(?=\s[A-Z])(?!\.?{NEW_SENTENCE})")
_STREET = expression(rf"(?<=[\w]\s)St(?:\.(?!{NEW_SENTENCE})|(?=\.)|\b(?!\.))")
_WITH = expression(r"(?<!\w)w/(?:(o)\b|(?=\s?[A-Za-z\d$£€]))(?:\s(?=\w)|(?=\W)|)")
_PARTS = expression(
    rf"\b((?:{'|'.join(_NUMBERED)})s?)\s([IVX]{{1,5}})\s?[-–]\s?([IVX]{{1,5}})\b", re.IGNORECASE
)
_ROMAN_SPAN = expression(r"[IVX]\s?[-–]\s?[IVX]")
_ANY_ROMAN = expression(r" [IVXLC]{1,9}\b")
"""What a text must have, or the slower search below is in vain."""
_CENTURY = expression(rf"\b({_ROMAN})(?= (?:[Cc]entur|Olympi|Congress))")
_BARE = {
    "lvl": "level", "mtg": "meeting", "mtgs": "meetings", "mgmt": "management", "msg": "message", "msgs": "messages", "mgr": "manager", "acct": "account", "accts": "accounts", "appt": "appointment",
    "appts": "appointments", "qty": "quantity", "pkg": "package", "pkgs": "packages", "addr": "address", "recd": "received", "bldg": "building", "attn": "attention", "misc": "miscellaneous", "assn": "association", "govt": "government", "excl": "excluding", "asst": "assistant", "anniv": "anniversary", "natl": "national", "intl": "international", "depts": "departments", "tmrw": "tomorrow", "pls": "please", "plz": "please", "dept": "department", "approx": "approximately", "wkts": "wickets",
}  # fmt: skip
_BARE |= {short.capitalize(): word.capitalize() for short, word in _BARE.items()}
_BARE_SHORT = expression(rf"\b(?:{'|'.join(_BARE)})\b(?!\.\w)")
_ROUND = expression(r"(?i)(?<=\b(?:in|of|on) )rd\.?(?= \d{1,2}\b)")
_AND = expression(r"(?i)(?<!\w)'n'?(?!\w)")
_KING = expression(
    rf"\b({'|'.join(_MONARCHS)})\s(?!I\s(?!(?:of|was|is|and|in|had|ruled|became|died|d|reigned|r|who)\b)[a-z])({_ROMAN})\b(?!\.\w)"
)
_PART = expression(
    rf"\b((?:{'|'.join(_NUMBERED)})s?)\s(?![LC]\b|I\s(?!(?:of|and|or|to|in|on|for)\b)[a-z])({_ROMAN})\b",
    re.IGNORECASE,
)
"""Not the letter of `grade C`, nor the speaker of `the class I took`."""
_ROMAN_ALONE = expression(
    r"(?<![\w'.&-])(?:I{2,3}|IV|VI{1,3}|IX|XI{1,3}|XI?V|XVI{1,3}|XI?X|XXI{0,3}|XXI?V)(?![\w'&]|\.\w)"
)


_DRIP = expression(
    r"(?i)[ -](?:fluids?|drips?|lines?|bags?|antibiotics|infusions?|push|access|poles?|meds?|medications?|therapy|saline|contrast|drugs?|catheters?|\d)"
)
_BEFORE_DRIP = expression(
    r"(?i)\b(?:an|by|via|your|start(?:ed)?|plac(?:e|ed)|through|given|fluids|mg|mL|units?) \Z"
)


def roman(numeral: str) -> int:
    """Value of a Roman numeral of the letters I V X L C D M."""
    values = [_ROMAN_VALUES[c] for c in numeral.upper()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


def _short_label(match: re.Match[str]) -> str:
    word = _BEFORE_FIGURES[match.group().rstrip(".").lower()]
    return word.capitalize() if match.group()[0].isupper() else word


def _each(match: re.Match[str]) -> str:
    ends = match.group().endswith(".") and not match.string[match.end() :].strip()
    return "each." if ends else "each"


def _latin(match: re.Match[str]) -> str:
    words = "for example" if match[1] else "that is"
    return words.capitalize() if match.group()[0].isupper() else words


def _number_sign(match: re.Match[str]) -> str:
    words = _BEFORE_NUMBER[match[1].lower()]
    return f"{words.capitalize() if match[1][0].isupper() else words} "


def _parts(match: re.Match[str]) -> str | None:
    """`Chapters I-IV` → Chapters one to four."""
    first, last = match[2], match[3]
    if not (first + last).isupper():
        return None
    return f"{match[1]} {cardinal(roman(first))} to {cardinal(roman(last))}"


def _part(match: re.Match[str]) -> str | None:
    return f"{match[1]} {cardinal(roman(match[2]))}" if match[2].isupper() else None


def apply(text: AlignedText) -> AlignedText:
    """`Dr. Smith` → Doctor Smith, `No. 5` → Number 5, `Henry VIII` → Henry the eighth."""
    text = (
        text.sub(_LATIN, _latin)
        .sub(_ET_AL, "et al")
        .sub(_WITH, lambda m: "without " if m[1] else "with ")
    )
    for parts, pattern, words in _RARE:
        if any(part in text.text for part in parts):
            text = text.sub(pattern, words)
    text = text.sub(_SCENE, _scene)
    text = text.sub(_SHORT_FORM, lambda m: _SPOKEN[m.group()]).sub(_EVERY, _every)
    text = text.sub(_FOUNDED, r"\1stablished")
    text = text.sub(_SHORT_LABEL, _short_label).sub(_EACH, _each)
    text = text.sub(_BOARDS, lambda m: f"{cardinal(int(m[1]))} by {plural(cardinal(int(m[2])))}")
    text = text.sub(_KNOWN_AS, "also known as").sub(_NUMBER_SIGN, _number_sign)
    text = text.sub(_WORLD_WAR, lambda m: f"World War {_WARS[m[1] or m[2]]}")
    text = text.sub(_SMALL_PART, lambda m: m["part"] + cardinal(roman(m["n"])))
    text = text.sub(_LIVED, lambda m: _LIVES[m[1]])
    text = text.sub(_FIRST_PART, r"\1one")
    text = text.sub(_ROUND, "Round")
    text = text.sub(_DRIVE, _drive).sub(_DOCTOR, "Doctor").sub(_SAINT, _saint).sub(_STREET, _street)
    text = text.sub(_NOUN, lambda m: _NOUNS[m[1]]).sub(_NOUN_AT_END, lambda m: f"{_NOUNS[m[1]]}.")
    text = (
        text.sub(_TITLE, lambda m: _TITLES[m[1]])
        .sub(_VERSUS, "versus")
        .sub(_BARE_TITLE, lambda m: _TITLES[m[1]])
    )
    text = text.sub(_AND, "and").sub(_BARE_SHORT, lambda m: _BARE[m.group()])
    text = text.sub(_KING, lambda m: f"{m[1]} the {ordinal(roman(m[2]))}" if m[2] else None)
    text = text.sub(_CENTURY, lambda m: ordinal(roman(m[1])) if m[1] else None)
    if _ROMAN_SPAN.search(text.text):
        text = text.sub(_PARTS, _parts)
    if _ANY_ROMAN.search(text.text):
        text = text.sub(_PART, _part)
    return text.sub(_ROMAN_ALONE, _alone)


def _alone(match: re.Match[str]) -> str | None:
    """A numeral by itself; `an IV drip` is none."""
    if match.group() == "IV" and (
        _DRIP.match(match.string, match.end())
        or _BEFORE_DRIP.search(match.string, 0, match.start())
    ):
        return None
    return cardinal(roman(match.group()))


def _scene(match: re.Match[str]) -> str:
    """`III.i.64` → three one 64."""
    until = f" to {match[4]}" if match[4] else ""
    return f"{cardinal(roman(match[1]))} {cardinal(roman(match[2]))} {match[3]}{until}"


_RARE = (
    (("onf",), _CONFIRMATION, r"\1onfirmation"),
    (("pw",), _PASSWORD, "password"),
    ((" fl",), _FLOOR, "floor"),
    ((" c.",), _CENTURY_SHORT, " century"),
    ((" ed",), _EDITION, "edition"),
    (("ff",), _FOLLOWING, " and following"),
    (("y/o", "yo", "y.o"), _YEAR_OLD, " year old"),
    (("y/o", "yo", "y.o"), _YEARS_OLD, " years old"),
)
"""Letters, one of which must be there for a search to find anything; what is sought; and its words."""


def _every(match: re.Match[str]) -> str:
    """`q6h` on a prescription → every 6 hours."""
    first = cardinal(int(match[1]))
    until = f" to {cardinal(int(match[2]))}" if match[2] else ""
    return f"every {first}{until} {_EVERY_UNITS[match[3]]}"


def _drive(match: re.Match[str]) -> str | None:
    """`Elm Dr. in` is a street, `Elm said Dr. Lee` is not."""
    before = match.string[: match.start()].rstrip().rsplit(" ", 1)[-1]
    after = match.string[match.end() : match.end() + 2]
    return "Drive" if before[:1].isupper() and not after.strip()[:1].isupper() else None


def _saint(match: re.Match[str]) -> str:
    """Behind a name in the middle of a sentence it is a street that ends the sentence."""
    words = match.string[max(0, match.start() - 60) : match.start()].split()
    named = (
        len(words) > 1
        and words[-1][:1].isupper()
        and words[-1].isalpha()
        and words[-2][-1] not in ".?!"
    )
    return "Street." if named and match.group().endswith(".") else "Saint"


def _street(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 40) : match.start()].rstrip().rsplit(" ", 1)[-1]
    named = before[:1].isupper() or before[:1].isdecimal()
    return "Street" if named else None

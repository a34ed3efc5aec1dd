"""Abbreviations: which word they stand for depends on what is around them."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.abbreviation_tables import (
    BARE,
    BARE_TITLES,
    BEFORE_NUMBER,
    PHRASES,
    SPOKEN,
    TITLES,
    WORD_LIKE,
    WORDS,
)
from dora_mlx_tts.text.en.normalize.numbers import cardinal, named, plural
from dora_mlx_tts.text.en.normalize.patterns import NEW_SENTENCE, alternatives
from dora_mlx_tts.text.en.normalize.romans import spoken
from dora_mlx_tts.text.en.normalize.unit_names import names
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_LIVED = expression(
    r"(?<![\w.])(c|d|b|m|r|fl)\.\s?(?=(?:in )?(?:AD |BC |A\.D\. )?[1-9]\d{1,3}\b(?!\s[a-z]+s\b))"
)
_LIVES = {
    "m": "married ",
    "c": "circa ",
    "d": "died ",
    "b": "born ",
    "r": "reigned ",
    "fl": "flourished ",
}
_DIED = expression(
    r"(?<![\w.])(d|b|m)\. (?=(?:on )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\b|(?:at age|aged?) \d|\([123]\) [A-Z])"
)
_KNOWN_AS = expression(r"\b(?i:a\.k\.a)\b\.?(?=\s)|\b(?:aka|AKA)\b(?=\s)")
_FOUNDED = expression(r"\b([Ee])st\.?(?= (?:in )?[12]\d{3}\b)")
_SHORT_LABEL = expression(
    r"\b(apt|ste|bldg|rte|hwy|ext|vol|fig|rm|chap|pp|pg|qs)\b\.?(?= (?:[A-Z]?-?\d|[A-Z]\b(?!')))|\bhwy\b(?!\.)",
    re.IGNORECASE,
)
_YEARS_OLD = expression(r"(?<=\d)[ -]?(?:y/o|yo|y\.o\.)(?!\w)")
_YEAR_OLD = expression(
    r"(?<=\d)[ -]?(?:y/o|yo|y\.o\.)(?!\w)(?= (?:male|female|man|woman|boy|girl|child|kid|patient|son|daughter|dog|cat|with a|[MF]\b))|(?<=\b[Aa] \d)-yo\b|(?<=\b[Aa] \d\d)-yo\b|(?<=\b[Aa]n \d\d)-yo\b"
)
_BETWEEN = expression(r"\bbtw\.(?= \d)")
_PATIENT = expression(
    r"\bpt\.?(?= (?:is|has|was|had|reports?|denies|presents?|states?|c/o|with|w/|needs|should|complains)\b)"
)
_CARE_OF = expression(r"(?<!\w)c/o(?= [A-Z])")
_COMPLAINS = expression(r"(?<!\w)c/o(?= [a-z])")
_CERTIORARI = expression(r"\bcert\.(?= (?:was|is|denied|granted|petition))")
_CIRCUIT = expression(r"(?<=\d(?:st|nd|rd|th) )Cir\.(?=\s|\)|,)|(?<=\dd )Cir\.(?=\s|\)|,)")
_EDITION = expression(r"(?<=\d(?:st|nd|rd|th) )ed\b(?:\.(?=\s[a-z(]|[,;)]))?")
_CENTURY = expression(r"(?<=\d(?:st|nd|rd|th))[ -]c\.(?=\s[a-zA-Z]|[,;)]|\Z)")
_FOLLOWING = expression(r"(?<=\d)ff?\b(?:\.(?=\s[a-z]|[,;)]))?")
_CONFIRMATION = expression(r"\b([Cc])onf\.?(?=:?\s(?:#|number\b|no\b|code\b|\d))")
_PASSWORD = expression(r"\bpw\b(?!/)")
_EACH = expression(r"(?<=\d )ea\b\.?(?!\w)|\bea\.(?=[\s),;]|\Z)")
_BOARDS = expression(r"\b(\d) ?[x×] ?(\d)s\b")
_REVENUE = expression(
    r"(?i)(?:(?<=\bQ[1-4] )|(?<=FY\d\d )|(?<=total )|(?<=annual )|(?<=net )|(?<=quarterly ))rev\b\.?|\brev\.?(?= (?:of|was|rose|grew|fell|up|hit|came|beat|missed|growth) ?\$?)"
)
_SHARES = expression(r"(?<=/)sh\b\.?(?!\w)|(?<=\d )sh\b\.(?= of\b)")
_FLOOR = expression(r"(?<=\d(?:st|nd|rd|th) )fl\b\.?")
_SHORT_FORM = expression(rf"(?<![\w/.])(?:{alternatives(SPOKEN)})(?![\w/])")
_PHRASE = expression(
    rf"(?<![\w/.])(?:{alternatives(PHRASES)})(?:\s?(?P<series>[2-9])[dth]{{1,2}}\b)?(?!\w)"
)
_PHRASE_INSIDE = (
    " al.",
    " cit.",
    " seq.",
    "rel.",
    " dev.",
    "rev.",
    " L.",
    " Supp.",
    "Ct.",
    "Ed.",
    "Fed.",
    "App.",
    "Civ.",
    "Stat.",
    "Penal",
    "Gov.",
    "Adm.",
    "Maj.",
    "Lt.",
    "Cir.",
    "Res.",
    "Reg.",
    "Veh.",
    " op.",
    "Bankr.",
    "Cl.",
    "Del.",
)
_REPORTER = expression(r"(?<=\d )(F|P|A|So|N\.E|N\.W|S\.E|S\.W)\.\s?([2-5])[dth]{1,2}(?= \d)")
_EVERY = expression(r"\b[qQ](\d{1,2})(?:[-–](\d{1,2}))?([hdw])\b")
_EVERY_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_DOSED = expression(
    r"(?P<dose>\d\s?(?:mg|mcg|μg|g|mL|ml|units?|tabs?|tablets?|caps?|capsules?|drops?|puffs?|tsp)\s)(?P<po>po\b)?(?P<bid>\s?(?:bid|BID)\b)?"
)
_LATIN = expression(r"\b(?:(e)\.\s?g|(i)\.\s?e)\b(?:\.,?|,)?(?=\s)", re.IGNORECASE)
_DOCTOR = expression(r"\bDr\.?(?=\s[A-Z])")
_DRIVE = expression(rf"(?<=[a-z]\s)Dr\.(?!{NEW_SENTENCE})|(?<=[a-z]\s)Dr(?=\.)")
_VERSUS = expression(r"\bvs\b(?!\.\S)\.?|(?<=[a-z.] )v\.(?= (?:[A-Z][a-z]|U\.S))")
_BARE_TITLE = expression(
    rf"\b({alternatives(BARE_TITLES)})(?=\s(?!Alpha|Beta)[A-Z][A-Za-z'’]*[a-z])"
)
_WORD = expression(r"(?<![\w.'])(?P<w>[A-Za-z][A-Za-z']{1,7})\.(?=[\s,;:)\]!?\"'/-]|\Z)")
_NUMBER_SIGN = expression(
    r"(?<![\w.'])(?P<w>[A-Za-z]{1,6})\.\s?(?:(?=[($€£~]?\d)|(?P<r>[IVX]|[IVXLC]{2,9}|[ivx]{2,6})\b(?!['.]?\w)|(?=[A-Z]\b(?!['.])))(?P<code>(?=[A-Z] (?:[A-Z]|zero|one|two|three|four|five|six|seven|eight|nine)\b))?"
)
_BILL = expression(r"(?<![\w.'])(?P<b>[SH])\. ?(?P<n>\d{1,4})\b(?![.,]\d)")
_CATALOGUE = expression(r"(?<![\w.'])(?P<c>K|D|Hob|S|L|Wq|RV|KV)\. ?(?P<n>\d{1,4})\b(?![.,]\d)")
_MUSIC = expression(
    r"\b(?:Mozart|Schubert|Haydn|Scarlatti|Liszt|Debussy|Vivaldi|[Ss]onatas?|[Ss]ymphon\w+|[Cc]oncerto|[Qq]uartet|[Mm]ajor|[Mm]inor)\b"
)
_SAINT = expression(rf"\bSt\.?(?=\s[A-Z])(?!\.?{NEW_SENTENCE})")
_STREET = expression(rf"(?<=[\w]\s)St(?:\.(?!{NEW_SENTENCE})|(?=\.)|\b(?!\.))")
_WITH = expression(r"(?<!\w)w/(?!w\b)(?:(o)\b|(?=\s?[\"A-Za-z\d$£€]))(?:\s(?=\w)|(?=\W)|)")
_BARE_SHORT = expression(rf"(?<![\w'.])(?:{alternatives(BARE)})\b(?![.']\w)")
_ROUND = expression(r"(?i)(?<=\b(?:in|of|on) )rd\.?(?= \d{1,2}\b)")
_AND = expression(r"(?i)(?<!\w)'n'?(?!\w)")
_ENDS = expression(NEW_SENTENCE)
_GOES_ON = expression(r"\s*[,;:)\]!?\"/-]|\s+[a-z\d(&$≤≥<>~≈]")
_TITLED = expression(r"\s+(?:(?:of|and|the) )?[\"“(]?[A-Z]")
_ONLY_TITLES = word_set(
    "Fr Br Det Dep Rt Pt Gt Sec Dist Asst Assoc Ens Ald Ven Bp Reps Rep Brig Adm Amb Geo Jos Jas Insp Cols"
)
"""Words or other abbreviations, unless a name follows."""


def _alike(word: str, written: str) -> str:
    """A word with the capital of its abbreviation."""
    return word[0].upper() + word[1:] if written[0].isupper() else word


def _short_label(match: re.Match[str]) -> str:
    written = match.group().rstrip(".")
    return _alike(BEFORE_NUMBER[written.lower()], written)


def _each(match: re.Match[str]) -> str:
    ends = match.group().endswith(".") and not match.string[match.end() :].strip()
    return "each." if ends else "each"


def _latin(match: re.Match[str]) -> str:
    return _alike("for example" if match[1] else "that is", match.group())


_HEIGHT = expression(r"\s?[\d,]{1,7}\s?(?:ft|m|feet|meters)\b")
_TRAVELS = expression(
    r"\b([Aa]rr|[Dd]ep)\.(?= [A-Z][A-Za-z.]+(?: [A-Z][a-z]+){0,2},?(?: [A-Z]{2}\b,?)?(?: (?:at|by|around))? \d)|\b(arr|dep)\.(?= [A-Z][a-z]+,)"
)
"""Before the name of a place and a time."""
_CLIMB = expression(r"\b([Ee])lev\.?(?= (?:gain|loss|change|profile)\b)")
_MILE = expression(
    r"(?:(?<=\bfrom )|(?<=\bto )|(?<=\bat )|(?<=\bnear )|(?<=\band )|(?<=\bby ))mi\.(?= \d)"
)
_QUESTIONS = expression(r"(?<=\d )Qs\b")
_BROADCAST = expression(
    r"(?i)\b(?:wi-?fi|routers?|[GM]Hz|channels?|TV|radio|antenna|MIDI|audio|mixer|inputs?)\b"
)
_COUNTED = word_set("tab tabs cap caps ed eds vol vols ep eps")
"""Behind figures they are what is counted: 2 tabs."""


def _number_sign(match: re.Match[str]) -> str | None:
    """`No. 5` → Number 5, `Art. I` → Article one; not the `no.` before a sentence with I."""
    word = BEFORE_NUMBER.get(match["w"].lower())
    if word == "elevator" and _HEIGHT.match(match.string, match.end()):
        word = "elevation"
    if word == "chapter" and _BROADCAST.search(match.string):
        word = "channel"
    numeral = match["r"]
    if match["w"].lower() == "dep" and match.string[match.end()] in "$€£":
        word = "deposit"
    if match["w"] == "reg" and match.string[match.end()] in "$€£":
        word = "regular"
    behind_figure = match.string[: match.start()].rstrip()[-1:].isdecimal()
    may_be_unit = len(match["w"]) == 1 or match["w"] in _COUNTED or names(match["w"]) is not None
    if word is None or (behind_figure and may_be_unit and match["w"] not in {"n", "nn"}):
        return None
    if numeral == "I" and match["w"].lower() in {"no", "app", "ed", "max", "min", "ref"}:
        return None
    if (
        numeral is None
        and match.string[match.end()].isupper()
        and match["w"].lower() not in _LETTERED
        and match["code"] is None
    ):
        return None
    return f"{_alike(word, match['w'])} {spoken(numeral) if numeral else ''}"


_LETTERED = word_set(
    "app apps fig figs tab sec ex exh sched art pt bldg apt ste rm unit vol opt doc cl para div term"
)
"""They may stand before a letter: app. B."""


def _word(match: re.Match[str]) -> str | None:
    """A title before a name, or a word whose full stop may end the sentence as well."""
    written, end = match["w"], match.end()
    if match.string[: match.start()].rstrip(" -")[-1:].isdecimal() and names(written):
        return None
    if written.lower() in {"no", "nos"}:
        is_count = match.string.startswith((" of ", " is ", " was "), end)
        return _alike(BEFORE_NUMBER[written.lower()], written) if is_count else None
    title = TITLES.get(written)
    if title and match.string.strip() == match.group():  # a title alone
        return title
    if title and (_TITLED.match(match.string, end) or written not in _ONLY_TITLES):
        return (
            title if _TITLED.match(match.string, end) or _GOES_ON.match(match.string, end) else None
        )
    word = WORDS.get(written)
    if word is None or (
        written.lower() in WORD_LIKE and written != "Co" and not _GOES_ON.match(match.string, end)
    ):
        return None
    return f"{word}." if _ENDS.match(match.string, end) else word


def _phrase(match: re.Match[str]) -> str:
    """`F. Supp. 2d` → Federal Supplement second."""
    written = match.group()
    if match["series"]:
        written = written[: match.start("series") - match.start()].rstrip()
        return f"{PHRASES[written]} {match['series']}{'nd' if match['series'] == '2' else 'rd' if match['series'] == '3' else 'th'}"
    at_end = _ENDS.match(match.string, match.end())
    return PHRASES[written] + ("." if at_end else "")


def _dosed(match: re.Match[str]) -> str | None:
    """`200 mg po bid` → 200 mg by mouth twice a day."""
    if not match["po"] and not match["bid"]:
        return None
    said = ["by mouth"] if match["po"] else []
    return match["dose"] + " ".join([*said, *(["twice a day"] if match["bid"] else [])])


def apply(text: AlignedText) -> AlignedText:
    """`Dr. Smith` → Doctor Smith, `No. 5` → Number 5, `approx. ten` → approximately ten."""
    text = text.sub(_LATIN, _latin).sub(_WITH, lambda m: "without " if m[1] else "with ")
    for parts, pattern, words in _RARE:
        if any(part in text.text for part in parts):
            text = text.sub(pattern, words)
    text = _fixed(text).sub(_CLIMB, r"\1levation")
    text = text.sub(
        _TRAVELS,
        lambda m: _alike("arrives" if (m[1] or m[2]).lower() == "arr" else "departs", m[1] or m[2]),
    )
    text = text.sub(_QUESTIONS, "questions").sub(_MILE, "mile")
    text = text.sub(_SHORT_LABEL, _short_label).sub(_EACH, _each)
    text = text.sub(_BOARDS, lambda m: f"{cardinal(int(m[1]))} by {plural(cardinal(int(m[2])))}")
    text = (
        text.sub(_KNOWN_AS, "also known as")
        .sub(_LIVED, lambda m: _LIVES[m[1]])
        .sub(_DIED, lambda m: _LIVES[m[1]])
        .sub(_ROUND, "Round")
    )
    if "." in text.text:
        text = text.sub(_NUMBER_SIGN, _number_sign)
        text = text.sub(_BILL, lambda m: f"{m['b']} {named(m['n'])}" if m["b"] == "S" else None)
    text = text.sub(_DRIVE, _drive).sub(_DOCTOR, "Doctor").sub(_SAINT, _saint).sub(_STREET, _street)
    text = text.sub(_VERSUS, "versus").sub(_WORD, _word)
    text = text.sub(_BARE_TITLE, lambda m: BARE_TITLES[m[1]])
    return text.sub(_AND, "and").sub(_BARE_SHORT, lambda m: BARE[m.group()])


def _fixed(text: AlignedText) -> AlignedText:
    """What is written in one way only."""
    if any(part in text.text for part in _PHRASE_INSIDE):
        text = text.sub(_PHRASE, _phrase)
        text = text.sub(
            _REPORTER,
            lambda m: (
                f"{m[1].replace('.', ' ')} {m[2]}{'nd' if m[2] == '2' else 'rd' if m[2] == '3' else 'th'}"
            ),
        )
    if _MUSIC.search(text.text):
        text = text.sub(_CATALOGUE, lambda m: f"{m['c']} {named(m['n'])}")
    text = text.sub(_DOSED, _dosed).sub(_SHORT_FORM, lambda m: SPOKEN[m.group()])
    return text.sub(_EVERY, _every).sub(_FOUNDED, r"\1stablished")


_RARE = (
    (("onf",), _CONFIRMATION, r"\1onfirmation"),
    (("pw",), _PASSWORD, "password"),
    (("rev",), _REVENUE, "revenue"),
    (("sh",), _SHARES, lambda m: "share" if m.string[m.start() - 1] == "/" else "shares"),
    ((" fl",), _FLOOR, "floor"),
    ((" c.",), _CENTURY, " century"),
    ((" ed",), _EDITION, "edition"),
    (("ff",), _FOLLOWING, " and following"),
    (("btw.",), _BETWEEN, "between"),
    (("pt",), _PATIENT, "patient"),
    (("c/o",), _CARE_OF, "care of"),
    (("c/o",), _COMPLAINS, "complains of"),
    (("cert.",), _CERTIORARI, "cert"),
    (("Cir.",), _CIRCUIT, "Circuit"),
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
    named_street = (
        len(words) > 1
        and words[-1][:1].isupper()
        and words[-1].isalpha()
        and words[-2][-1] not in ".?!"
    )
    return "Street." if named_street and match.group().endswith(".") else "Saint"


def _street(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 40) : match.start()].rstrip().rsplit(" ", 1)[-1]
    return "Street" if before[:1].isupper() or before[:1].isdecimal() else None

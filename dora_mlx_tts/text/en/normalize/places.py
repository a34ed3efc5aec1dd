"""States and provinces behind a town: `Dover, DE 19901`, `Moore, Okla.`, `Toronto, ON`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import digits
from dora_mlx_tts.text.en.normalize.patterns import alternatives
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "DC": "D C", "PR": "Puerto Rico", "GU": "Guam", "VI": "Virgin Islands",
}  # fmt: skip
_PROVINCES = {
    "ON": "Ontario", "QC": "Quebec", "BC": "British Columbia", "AB": "Alberta", "MB": "Manitoba", "SK": "Saskatchewan",
    "NS": "Nova Scotia", "NB": "New Brunswick", "NL": "Newfoundland", "PE": "Prince Edward Island", "YT": "Yukon",
    "NT": "Northwest Territories", "NU": "Nunavut", "NSW": "New South Wales", "QLD": "Queensland", "VIC": "Victoria", "TAS": "Tasmania",
}  # fmt: skip
_ALL = STATES | _PROVINCES
_CERTAIN = word_set("FL TX CA NY NJ WA AZ NV GA IL WI MN NM KY QC NSW QLD")
"""Whose letters mean nothing else at the end of a clause, even without a comma."""
_AMBIGUOUS = word_set("HI ID IN ME OH OK OR AL ON")
"""Words; a state only where the place or a ZIP code says so."""
_TITLES = word_set("MA MD PA MS CO DE LA PR MB PE AB")
"""Also degrees and the like behind a full name: Jane Doe, MD."""
_OLD = {
    "Ala": "Alabama", "Alas": "Alaska", "Ariz": "Arizona", "Ark": "Arkansas", "Calif": "California", "Cal": "California", "Colo": "Colorado", "Conn": "Connecticut",
    "Del": "Delaware", "Fla": "Florida", "Ga": "Georgia", "Ida": "Idaho", "Ill": "Illinois", "Ind": "Indiana", "Ia": "Iowa", "Kan": "Kansas", "Kans": "Kansas", "Ky": "Kentucky",
    "La": "Louisiana", "Me": "Maine", "Md": "Maryland", "Mass": "Massachusetts", "Mich": "Michigan", "Minn": "Minnesota", "Miss": "Mississippi", "Mo": "Missouri", "Mont": "Montana",
    "Neb": "Nebraska", "Nebr": "Nebraska", "Nev": "Nevada", "N.H": "New Hampshire", "N.J": "New Jersey", "N.M": "New Mexico", "N.Mex": "New Mexico", "N. Mex": "New Mexico",
    "N.Y": "New York", "N.C": "North Carolina", "N.D": "North Dakota", "N.Dak": "North Dakota", "N. Dak": "North Dakota", "Okla": "Oklahoma", "Ore": "Oregon", "Oreg": "Oregon",
    "Pa": "Pennsylvania", "Penn": "Pennsylvania", "Penna": "Pennsylvania", "R.I": "Rhode Island", "S.C": "South Carolina", "S.D": "South Dakota", "S.Dak": "South Dakota", "S. Dak": "South Dakota",
    "Tenn": "Tennessee", "Tex": "Texas", "Vt": "Vermont", "Va": "Virginia", "Wash": "Washington", "W.Va": "West Virginia", "W. Va": "West Virginia", "Wis": "Wisconsin", "Wisc": "Wisconsin",
    "Wyo": "Wyoming", "P.R": "Puerto Rico", "Ont": "Ontario", "Que": "Quebec", "Alta": "Alberta", "B.C": "British Columbia", "Man": "Manitoba", "Sask": "Saskatchewan",
    "N.S": "Nova Scotia", "N.B": "New Brunswick", "Nfld": "Newfoundland", "P.E.I": "Prince Edward Island",
}  # fmt: skip
_CITY = r"(?P<city>[A-Z][A-Za-z.'-]{1,30}),?"
_ZIP = r"(?:,?\s(?P<zip>\d{4,5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\d-]))"
_PLACE = expression(rf"\b{_CITY}\s(?P<state>{alternatives(_ALL)})\b(?!['&.-]\w){_ZIP}?")
_IN = expression(
    r"\b(?:in|from|to|near|at|of|for|through|visit|leave|leaving|outside|around)\s(?:[A-Z][\w.'-]*\s?){1,4}\Z"
)
_NAME = expression(r"[A-Z][\w.'-]*\s[A-Z][\w.'-]*\Z")
_PARTY = expression(
    rf"(?<=\()(?P<party>[DRI])-(?P<state>{alternatives(STATES)}|(?P<old>{alternatives(_OLD)})\.)(?=[)\d-])"
)
_OLD_STATE = expression(
    rf"(?P<city>\b[A-Z][a-z'-]{{1,20}}, )(?P<state>{alternatives(_OLD)})\.(?P<comma>,)?(?=\s|\Z|[;)])"
)


def _place(match: re.Match[str]) -> str | None:
    state, code = match["state"], match["zip"]
    comma = match.group()[len(match["city"])] == ","
    if code and len(code) == 4 and not comma and len(state) == 2:  # noqa: PLR2004 (Perth WA 6000, but TX 2024)
        return None
    if not code:
        name = _without_code(match, state, comma=comma)
        return f"{match['city']}{',' if comma else ''} {name}" if name else None
    name = f"{match['city']}{',' if comma else ''} {_ALL[state]}"
    return f"{name}, {_code(code)}"


def _code(code: str) -> str:
    if code.isdecimal() or "-" in code:
        return ", ".join(digits(part) for part in code.split("-"))
    return " ".join(code.replace(" ", ""))


def _without_code(match: re.Match[str], state: str, *, comma: bool) -> str | None:
    """The name of the state, unless its letters are a word or a degree here."""
    if match["city"].isupper() and state in _PROVINCES:  # points of a figure, types of blood
        return None
    start = match.start()
    before = match.string[max(0, start - 60) : match.end("city")]
    ends = not match.string[match.end() : match.end() + 2].strip(" .,;!?\n")
    if not comma:
        return _ALL[state] if ends and state in _CERTAIN else None
    if ends and state in {"OR", "IN", "ID", "AL", "ON"}:  # no sentence ends in "or"
        return _ALL[state]
    doubtful = state in _AMBIGUOUS or (state in _TITLES and _NAME.search(before))
    return None if doubtful and not _IN.search(before) else _ALL[state]


def _old_state(match: re.Match[str]) -> str:
    """`Moore, Okla.` → Moore, Oklahoma; a dot at the end of the text stays."""
    dot = "" if match.string[match.end() :].strip() else "."
    return f"{match['city']}{_OLD[match['state']]}{match['comma'] or dot}"


_CODE_ALONE = expression(
    rf"(?<=, )(?P<state>{alternatives(STATES)}) (?P<zip>\d{{5}}(?:-\d{{4}})?)(?![\w-])"
)
"""A state and its ZIP code behind something other than a town: `Apt. 5, TX 75201`."""


def _code_alone(match: re.Match[str]) -> str:
    state = match["state"]
    name = "L A" if state == "LA" and match["zip"][0] != "7" else _ALL[state]  # Los Angeles
    return f"{name}, {_code(match['zip'])}"


def apply(text: AlignedText) -> AlignedText:
    """`Dover, DE 19901` → Dover, Delaware, one nine …; `Moore, Okla.` → Moore, Oklahoma."""
    if "-" in text.text:
        text = text.sub(
            _PARTY, lambda m: f"{m['party']}, {_OLD[m['old']] if m['old'] else STATES[m['state']]}"
        )
    return text.sub(_PLACE, _place).sub(_CODE_ALONE, _code_alone).sub(_OLD_STATE, _old_state)

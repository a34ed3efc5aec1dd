"""Numbers that name something because a word says so: cards, orders, codes, flights, errors."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.identifiers import DIGIT_GROUP, spell_code
from dora_mlx_tts.text.en.normalize.numbers import cardinal, digits, named, number, year
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.en.pronounce.known import is_common
from dora_mlx_tts.text.en.pronounce.lexicon import own_words
from dora_mlx_tts.text.patterns import expression

_CODE = r"(?P<n>\d{2,12}(?:[- ]\d{2,8}){0,4}|(?=[A-Za-z-]{0,12}\d)[A-Za-z\d]{2,20}(?:-[A-Za-z\d]{1,12}){0,4})(?![\w-]|[.,:/]\d)"
_LINK = r"(?:\s(?:is|was|are|were|will be|at|us at|me at|on|to)|\s\((?:e\.g\.,?|i\.e\.,?|for example,?|such as|like))?[:.]?\s"
_CALLED = expression(
    rf"(?P<lead>\b(?:call|dial|tel|telephone|phone|fax|text|pin|code|passcode|password|otp|zip|hotline|rx|prescription|"
    rf"last (?:four|three|4|3)(?: digits(?: (?:of|on) (?:your|the|my|his|her|our|their) [A-Za-z ]{{2,24}}?)?)?|(?:card|account|number|phone) ending(?: in| with)?|ends? in|ending in|"
    rf"text [\"'“]?\w{{1,20}}[\"'”]? to|ext\.?|extension|license plate|licence plate|plate|(?:confirmation|tracking|reference|serial|account|policy|booking|reservation|license|licence|membership|"
    rf"member|claim|passport|routing|part|model|vehicle|phone|extension|invoice|ticket|order|case)\s(?:number|code|no\.|id))"
    rf"(?: number| code)?{_LINK}){_CODE}(?P<pound>#(?!\w))?",
    re.IGNORECASE,
)
_NUMBER_SIGN = expression(r"(?i)\bno\.")
_NUMBER_OF = expression(
    r"(?i)\b(tracking|order|account|card|reference|ref|ticket|policy|case|item|part|model|serial|phone|confirmation|invoice)\sno\.(?=\s(?:ending|is|was|for|on)\b)"
)
_ORDERED = expression(
    r"(?P<lead>\b(?:order|invoice|ticket|case|booking|reservation|claim|receipt|shipment|transaction|confirmation|account|"
    r"acct|ref|reference|id|tracking|policy|sku)\.?(?::)?\s?)(?P<hash>#\s?|no\.\s)?"
    r"(?P<n>\d{4,20}(?:-\d{1,12}){0,4}|(?=[A-Z-]{1,8}\d)[A-Z\d-]{3,20})(?![\w-]|[.,:/]\d)(?!\s(?:of|more|[a-z]{3,}s)\b)",
    re.IGNORECASE,
)
_HASHED = expression(r"(?<!\w)#\s?(?P<n>\d{5,20})(?![\w-])")
_HASHED_STORE = expression(r"(?<!\w)#\s?(?P<n>[1-9]\d{3})(?![\w-]|[.,]\d)")
_HASHED_CODE = expression(r"(?<!\w)#\s?(?P<n>[A-Z]{1,4}(?:-[A-Z]{1,3})?-?\d{4,12})(?![\w-])")
_HASHED_FEW = expression(r"(?<![\w&])#\s?(?=\d{1,3}(?!\w|[.,]\d))")
_TIRE = expression(r"(?<![\w.])(?:P|LT)?(\d{3})/(\d{2})\s?(Z?R)(\d{2})\b")
_SHORT_NUMBERS = expression(
    r"(?<![\w.,$-])(?:999|988|112|111|000|110|119|120|[2-8]11)(?=\s(?:in|or|for|if|when|and|now)\b|[.,!?;)]?(?:\s|\Z))"
)
_EMERGENCY = expression(
    r"(?i)\b(?:call|calls|called|dial|dials|phone|ring|text|emergency|emergencies|hotline)\b"
)
_NINE_ONE_ONE = expression(
    r"(?<![\w.,$-])(?<!Porsche )(?<!the )911(?![\w.,-]?\d)(?! (?:people|units|times|items|of|turbo|carrera|points)\b)(?=\W|\Z)"
)
_NAMES = (
    "flight|suite|apartment|apt|bus|error|errors|status|http|iso|iec|ieee|rfc|din|form|area code|boeing|airbus a|model|"
    r"channel|room|ste\.?|rm\.?|port|gate|unit|box|[rg]tx|rx|core i[3579]-|ryzen [3579]|area|building|train|locker|seat|platform|stop"
)
_LABELED = expression(
    rf"(?P<lead>\b(?:(?:{_NAMES})(?:\s(?:code|number|no\.))?:?\s|boeing |airbus a|core i[3579]-))(?P<n>[1-9]\d{{2,3}}|(?<=port )\d{{5}}|(?<=iec )\d{{5}}|(?<=iso )\d{{5}})(?![\w-]|[.,/]\d|:\d(?!\d{{3}}\b)|\s?%)",
    re.IGNORECASE,
)
_CARDINAL_NAMES = expression(
    r"(?i)\b(?:room|rm|suite|ste|apartment|apt|unit|gate|seat|locker|box)\b"
)
_SHORT_NAMES = expression(r"(?i)\b(s|r)(?:te|m)\b\.?")
_PORTS = expression(
    r"(?<![\w.,:$-])(?:8080|8443|8000|8888|8081|9090|3306|5432|6379|3000|5000|5173|4200|9200|5672)(?![\w.,]?\d)"
)
_CARRIED = expression(
    r"(?P<lead>\b(?:United|Delta|American|Southwest|JetBlue|Alaska|Spirit|Frontier|Hawaiian|Lufthansa|Emirates|Qantas|Qatar|KLM|Ryanair|EasyJet|Iberia|Finnair|ANA|Air (?:Canada|France|India|China|New Zealand)|British Airways|Virgin(?: Atlantic)?|Cathay(?: Pacific)?|Caltrain|Acela|Amtrak|Metra) )(?P<n>[1-9]\d{2})\b(?!,?\d|[.:]\d| [a-z]+s\b)"
)
_TRAVEL = expression(
    r"(?i)\b(?:flights?|gates?|depart\w*|board\w*|land(?:s|ed|ing)?|arriv\w*|delayed|leav(?:es|ing)|on time|tracks?|terminals?)\b"
)
_RESPONSE = expression(
    r"(?<![\w.,])[1-5]\d\d(?= (?:errors?|status|responses?|redirects?|not found|bad gateway|forbidden|internal)\b)|\b404(?= page\b)",
    re.IGNORECASE,
)
_RETURNED = expression(
    r"(?P<lead>\b(?:return(?:s|ed|ing)?|respond(?:s|ed|ing)? with|throws?|threw|status(?: code)?(?: of)?|HTTP) (?:an? |HTTP )?)(?P<n>[1-5]\d\d)(?![\w%]|[.,]\d| [a-z]+s\b)"
)
_CODE_ALONE = expression(
    r"(?:(?<=\ba )|(?<=\bor )|(?<=\band )|(?<=, ))[345]\d\d(?= (?:after|for|on|is|means|from|when|if|and|or|instead|then|because|page)\b|[,.;:!?)]|\Z)"
)
_NETWORK = expression(r"(?i)\b(?:ports?|localhost|https?|tcp|firewall|listen\w*)\b")
_WEB = expression(
    r"\b(?:HTTP|HTTPS|RFC|redirects?|status|server|requests?|responses?|API|URL|endpoint|browser)\b"
)
_PLAN = expression(r"\b(401|403|457|529)\s?\(?([kKbB]?)\)?(?= plans?\b|\b|\s|[.,;!?])(?<!\d\s)")
_TYPE = expression(
    r"(?<=\b[A-Z]{3})[1-9]\d{3}\b|(?<=\b[A-Z]{2})[1-9]\d{3}\b|(?<=\b[A-Z]{2})[1-9]\d{2}\b|(?<=\b[A-Z]{2} )[1-9]\d{2}(?=[ ,.](?:to|from|departs|lands|arrives|is|leaves|has|was)\b)"
    r"|(?<=\b(?:UA|AA|DL|WN|BA|LH|AF|KL|EK|QR|SQ|CX|JL|NH|QF|TK|EY|VS|IB|LX|SK|AY|TP|MU|CZ|FR|KE|OZ|NK|AS|BR|B6|F9|G4|U2|W6) )[1-9]\d{2,3}(?![\w,.]*\d|\s?(?!at|to|on|is|via|has|was|or|and|for|by|in|out)(?:[a-zA-Z]{1,3}|batteries)\b)"
)
_TYPE_DASH = expression(
    r"(?<=\bA)3[0-8][01](?:\b|(?=neo\b|ceo\b|XLR\b|LR\b))|\b7[0-8]7(?= (?:MAX|Max)\b)|(?<=\b[A-Z]-)[1-9]\d{2}\b(?!-)|(?<=\bISO-)[1-9]\d{3}\b|(?<=\bRFC-)[1-9]\d{3}\b|(?<=\bDDR[345]-)[1-9]\d{3}\b"
)
_CHIP = expression(
    r"\b(?P<lead>(?:Core )?i[3579]-|Ryzen [3579] |Core Ultra [579] |EPYC |Xeon [A-Z]?-?)(?P<n>\d{4,5})(?P<more>[A-Z][A-Z0-9]{0,2})?\b"
)
_REGION = expression(
    r"\b(?P<where>us|eu|ap|sa|ca|me|af)-(?P<side>(?:north|south)?(?:east|west|central)|north|south)-?(?P<n>\d)(?P<zone>[a-f])?\b"
)
_TABLE = expression(
    r"\b((?:[Tt]able|[Ff]igure|[Ff]ig\.|[Ee]xhibit|[Cc]hart|[Aa]ppendix|World|[Ll]evel|Stage|Unit|[Ll]esson) )(\d{1,3})-(\d{1,3})(?![\w-])"
)
_AIRLINER = expression(r"(?<![\w.,$-])B?(7[0-8]7|A3\d\d)-([89]|10|\d{3})(?![\w-]|[.,]\d)")
_COURSE = expression(r"(?<=[a-z] )101\b(?![,.]?\d|\s?[-–]\s?\d| [a-z]+s\b)")
_SUBJECT = expression(
    r"(?P<lead>\b(?:Chem(?:istry)?|Bio(?:logy)?|Psych(?:ology)?|Econ(?:omics)?|Math|Maths|Physics|Phys|History|Hist|English|Engl|Calc|Stats|CS|EE|ECE|Spanish|French|"
    r"Philosophy|Phil|Sociology|Soc|Art|Music|Accounting|Acct|Geology|Geol|PoliSci|Anthro|Astro|Eng|Alg|Geom|Ital|Germ|Span|Poli Sci|Gov|Govt)\.? )(?P<n>[1-5]\d\d[A-Z]?)\b(?!,?\d)"
)
_DIGITS_LABEL = expression(
    r"(?P<lead>\b(?:UPC|EAN|ISBN|IMEI|VIN|SSN|EIN|NPI|IBAN|GTIN|ISSN|SIN|NDC)(?: number| code)?(?: is|:| is:)? )(?P<n>(?=[\w -]{0,24}\d{2})[\dA-Z]{1,20}(?:[- ]\d{1,8}){0,6})(?![\w-])"
)
_CAPITAL_BEFORE = expression(r"\b[A-Z][a-z]+ \Z")
_STANDARD = expression(r"(?<![\w.,$-])802\.(\d{1,2})([a-z]{0,2})\b")
_SIZE = expression(r"\b([Ss]izes? )(\d{1,2}(?:\.5)?)([A-Z]{1,3})\b")
_WAIST = expression(r"(?<![\w.,$-])(\d\d)W ?[x×/] ?(\d\d)L\b")
_WIDTH = expression(r"(?<![\w.,$-])(\d{1,2}(?:\.5)?)([WMNDE]|EE)\b(?!-)")
_BILL = expression(
    r"\b(H\.\s?R\.|H\. ?Res\.|S\. ?Res\.|Prop\.?|Proposition)\s?(\d{2,4})\b(?![.,]\d)"
)
_BILLS = {"H": "H R", "HRes": "House Resolution", "SRes": "Senate Resolution", "P": "Proposition"}
_PUBLIC_LAW = expression(
    r"\b(?:Pub\. ?L\.|P\.L\.|Public Law)(?P<no> No\.| Number)? (?P<a>\d{2,3})[-–](?P<b>\d{1,4})\b"
)
_EPISODE = expression(r"\bS(\d{1,2})(?::|, ?| )?E[Pp]?\.? ?(\d{1,3})\b")
_QUARTER = expression(
    r"(?<![\w.])(?<![=+*/−-] )([1-4])Q(?!\s?[+=*/−×])(?:\s?'?(\d\d|20\d\d))?\b|(?<![\w.])([12])H(?:\s?'?(\d\d|20\d\d))\b"
)
_WORDED = expression(r"([A-Z]{4,16})(\d{1,4})")
"""A code that is a word and a number: SAVE20."""
_ORDINALS = ("", "first", "second", "third", "fourth")


def _is_word(text: str) -> bool:
    return text.isalpha() or bool(re.fullmatch(r"[A-Za-z]+-?\d?", text))


def _called(match: re.Match[str]) -> str | None:
    code = match["n"]
    if _is_word(code) or (len(code) < DIGIT_GROUP and code.isdecimal()):
        return None
    if match["lead"].startswith("RX "):  # a graphics card
        return None
    pound = " pound" if match["pound"] else ""
    worded = _WORDED.fullmatch(code)
    if worded and (is_common(worded[1].lower()) or worded[1].lower() in own_words()):
        return f"{match['lead']}{worded[1].lower()} {named(worded[2])}"
    return _NUMBER_SIGN.sub("number", match["lead"]) + spell_code(code) + pound


def _ordered(match: re.Match[str]) -> str | None:
    code = match["n"]
    if _is_word(code) or not any(c.isdecimal() for c in code):
        return None
    sign = "number " if match["hash"] else ""
    return f"{match['lead'].rstrip('#: ')} {sign}{spell_code(code)}"


def _labeled(match: re.Match[str]) -> str | None:
    """Rooms of three figures stay amounts, as in the reference."""
    figures = match["n"]
    if len(figures) == DIGIT_GROUP and _CARDINAL_NAMES.match(match["lead"]):
        return None
    lead = _SHORT_NAMES.sub(lambda m: "Suite" if m[1] in "Ss" else "Room", match["lead"])
    blank = " " if lead[-1].isalpha() else ""
    return lead + blank + named(figures)


def _region(match: re.Match[str]) -> str:
    """`us-east-1a` of a cloud → U S east one A."""
    zone = f" {match['zone'].upper()}" if match["zone"] else ""
    return f"{' '.join(match['where'].upper())} {match['side']} {cardinal(int(match['n']))}{zone}"


def _chip(match: re.Match[str]) -> str:
    """`i7-13700K` → i seven thirteen seven hundred K."""
    figures = match["n"]
    head = f"{cardinal(int(figures[:-3]))} " if len(figures) > 4 else ""  # noqa: PLR2004 (12 700)
    more = f" {' '.join(re.findall('[A-Z]|[0-9]', match['more']))}" if match["more"] else ""
    return (
        f"{match['lead'].replace('-', ' ')}{head}{named(figures[-3:] if head else figures)}{more}"
    )


def _airliner(match: re.Match[str]) -> str:
    plane = match[1]
    first = f"A {named(plane[1:])}" if plane[0] == "A" else named(plane)
    return f"{first} {named(match[2])}"


_SHORT_SUBJECTS = {
    "Eng": "English",
    "Engl": "English",
    "Alg": "Algebra",
    "Geom": "Geometry",
    "Germ": "German",
    "Span": "Spanish",
    "Gov": "Government",
    "Govt": "Government",
}


def _subject(lead: str) -> str:
    """`Eng. ` → English; the name of a course without its full stop."""
    name = lead.strip().rstrip(".")
    return f"{_SHORT_SUBJECTS.get(name, name)} "


def _course(match: re.Match[str]) -> str | None:
    """`Chem 101`, the first course of a subject."""
    before = match.string[max(0, match.start() - 20) : match.start()]
    return "one oh one" if _CAPITAL_BEFORE.search(before) else None


def _bill(match: re.Match[str]) -> str:
    """`H.R. 3076` → H R thirty seventy-six."""
    kind = match[1].replace(" ", "").replace(".", "")
    name = _BILLS.get(kind) or _BILLS[kind[0]]
    return f"{name} {named(match[2])}"


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


_RULES = (
    Rule(_NUMBER_OF, r"\1 number", "."),
    Rule(_AIRLINER, _airliner, "-"),
    Rule(
        _STANDARD,
        lambda m: f"eight oh two dot {cardinal(int(m[1]))} {' '.join(m[2].upper())}".rstrip(),
        "8",
    ),
    Rule(_EPISODE, lambda m: f"season {cardinal(int(m[1]))} episode {cardinal(int(m[2]))}", "S"),
    Rule(_SIZE, lambda m: f"{m[1]}{number(m[2])} {' '.join(m[3])}"),
    Rule(_WAIST, lambda m: f"{cardinal(int(m[1]))} W by {cardinal(int(m[2]))} L", "W"),
    Rule(_BILL, _bill),
    Rule(
        _PUBLIC_LAW,
        lambda m: f"Public Law {'number ' if m['no'] else ''}{named(m['a'])} dash {named(m['b'])}",
        "-–",
    ),
    Rule(_DIGITS_LABEL, lambda m: m["lead"] + spell_code(m["n"])),
    Rule(_CALLED, _called),
    Rule(_ORDERED, _ordered),
    Rule(_HASHED_CODE, lambda m: f"number {spell_code(m['n'])}", "#"),
    Rule(_HASHED, lambda m: f"number {digits(m['n'])}", "#"),
    Rule(_HASHED_STORE, lambda m: f"number {named(m['n'])}", "#"),
    Rule(_HASHED_FEW, "number ", "#"),
    Rule(_TIRE, lambda m: f"{named(m[1])} {named(m[2])} {m[3]} {named(m[4])}", "/"),
    Rule(_QUARTER, _quarter, "QH"),
    Rule(_PLAN, _plan, "4"),
    Rule(_RETURNED, lambda m: m["lead"] + named(m["n"])),
    Rule(_RESPONSE, lambda m: named(m.group())),
    Rule(_REGION, _region, "-"),
    Rule(_CHIP, _chip),
    Rule(_LABELED, _labeled),
    Rule(_TYPE, lambda m: spaced(m, named(m.group()))),
    Rule(_TYPE_DASH, lambda m: spaced(m, named(m.group()))),
    Rule(
        _SUBJECT,
        lambda m: _subject(m["lead"]) + named(m["n"][:3]) + (f" {m['n'][3]}" if m["n"][3:] else ""),
    ),
    Rule(_COURSE, _course, "1"),
    Rule(_TABLE, lambda m: f"{m[1]}{cardinal(int(m[2]))} dash {cardinal(int(m[3]))}", "-"),
)


def apply(text: AlignedText) -> AlignedText:
    """`order #48213` → order number four eight two one three; `a 404 error` → a four oh four error."""
    text = apply_rules(text, _RULES)
    if _TRAVEL.search(text.text):
        text = text.sub(_CARRIED, lambda m: m["lead"] + named(m["n"]))
    if _NETWORK.search(text.text):
        text = text.sub(_PORTS, lambda m: named(m.group()))
    if _WEB.search(text.text):
        text = text.sub(_CODE_ALONE, lambda m: named(m.group()))
    if "size" in text.text.lower():
        text = text.sub(_WIDTH, lambda m: f"{number(m[1])} {' '.join(m[2])}")
    return _emergency(text)

"""Units of measure behind numbers, glued or spaced, alone or per something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, mixed, number
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    NOT_INSIDE,
    NUMBER,
    PART,
    Rule,
    alternatives,
    apply_rules,
    magnitude,
    spaced,
)
from dora_mlx_tts.text.en.normalize.rates import (
    ENDS_BEFORE,
    PER_SIGN,
    PER_UNIT,
    PER_WORD,
    RATES,
    per,
)
from dora_mlx_tts.text.en.normalize.unit_names import (
    AREAS,
    GLUED_ONLY,
    NEVER_BARE,
    names,
    per_name,
)
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_SIGN = (
    r"(?:°\s?[CFKNSEW](?!\w)|[°%‰]|cmH[2₂]O|(?:(?:[Ss]q|[Cc]u|[Ff]l)\.?[ -]?)?[A-Za-zμΩÅ]{1,8}(?:[·*-][A-Za-zμ]{1,3})?"
    r"(?:[²³]|\^?[23](?!\d))?)"
)
"""What looks like the sign of a unit; `names` knows whether it is one."""
_UNIT = (
    rf"(?P<glue>\s?|-)(?P<unit>{_SIGN})"
    rf"(?P<slash>\.?\s?/\s?(?P<per>{PER_WORD}|{PER_UNIT}){ENDS_BEFORE}(?:\s?/\s?(?P<per2>{PER_SIGN}))?)?"
    rf"{ENDS_BEFORE}(?:\.(?=\s[a-z@&(+–—-]|\s[NSEW]{1,2}\b|[,;)]))?"
)
_PER_WORD = expression(PER_WORD)
LETTER_UNITS = {
    "A": expression(r"(?i)\b(?:\d+\s?V|volts?|amps?|amperes?|breakers?|fuses?|circuits?|ammeter)\b"),
    "N": expression(r"(?i)\b(?:forces?|newtons?|weigh\w*|push\w*|pull\w*|friction|thrust|tension|gravity|mass|F =)\b"),
    "J": expression(r"(?i)\b(?:energy|joules?|work|kinetic|potential|heat|releas\w*|absorb\w*)\b"),
    "K": expression(r"(?i)°\s?[CF]|\b(?:temperatures?|kelvins?|absolute zero|hott?er|hot|sun|lightning|plasma|stars?|blackbody|cryogenic|superconduct\w*|(?:boil|melt|freez)\w*)\b"),
    "T": expression(r"(?i)\b(?:magnet\w*|teslas?|MRI)\b"),
    "F": expression(r"(?i)\b(?:capacit\w+|farads?)\b"),
    "H": expression(r"(?i)\b(?:induct\w+|henrys?)\b"),
    "C": expression(r"(?i)\b(?:coulombs?|charge of)\b"),
    "M": expression(r"(?i)\b(?:molar\w*|pH|HCl|NaOH|NaCl|KOH|acid|buffer|solution|solutes?|titrat\w+)\b"),
}
"""Letters that are units where the words around speak of what they measure."""
_PAST = expression(r"(?i)\b(?:cretaceous|jurassic|triassic|permian|cambrian|geolog\w*|fossils?|extinct\w*|dinosaurs?|evolv\w*|hominins?|rocks?|Earth|era|epoch)\b")
SECOND_MEANINGS = {
    "bp": (expression(r"(?i)\b(?:genomes?|DNA|RNA|genes?|sequenc\w+|primers?|amplicon|plasmid|chromosomes?)\b"), ("base pair", "base pairs")),
    "pc": (expression(r"(?i)\b(?:stars?|galax\w+|parsecs?|clusters?|nebula\w*|supernova\w*)\b"), ("parsec", "parsecs")),
    "Ma": (_PAST, ("million years", "million years")),
    "Ga": (_PAST, ("billion years", "billion years")),
    "ka": (_PAST, ("thousand years", "thousand years")),
}
_INVERSE = expression(r"(?<=[\wμ²³])[ ·⋅](?P<u>[A-Za-zμ]{1,4})\^-(?P<p>[123])(?!\d)")
_MERCURY = expression(r"\bin\. ?Hg\b")
_SCALED = r"(?:\s(?P<scale>hundred|thousand|million|billion|trillion)|(?P<mag>[MBkK])(?=\s[a-z]))?"
_SIGNED = r"(?P<minus>(?<![\w)])[-−](?=[\d.]))?"
_MEASURE = expression(
    rf"{NOT_INSIDE}{_SIGNED}{NOT_INSIDE}(?<![A-Za-z])(?P<n>{PART}|{NUMBER})(?P<more>\+(?=\s?-?[A-Za-z]))?"
    rf"(?:(?P<sep>{DASH}|\s(?:{DASH}|to|or|and)\s|\s?(?:×|x|\*|±|\+/-)\s?|/)(?P<minus2>[-−])?(?P<second>{PART}|{NUMBER}))?{_SCALED}{_UNIT}"
)
_SAME = expression(
    rf"(?P<a>{NUMBER})\s?(?P<unit>%|°\s?[CF]|°|[A-Za-z]{{1,3}}²?)(?P<sep>\s?[-–—~]\s?)(?=[-−]?{NUMBER}\s?(?P=unit)(?![A-Za-z\d]))"
)
_SHORT_MAGNITUDES = expression(
    rf"{NOT_INSIDE}(?P<a>{NUMBER})(?P<m>[kKMB])\s?[-–—~]\s?(?=(?:{NUMBER})(?P=m)\b)"
)
_RELATION = expression(
    rf"(?<![\d)] )(?<!\b[A-Za-z] )(?<![\w.)])(?P<sign>[~≈<>≤≥]|<=|>=)\s?(?=[-−]?(?:{NUMBER})\s?(?:%|°|[A-Za-z]))|(?<![\w.)+])(?P<plus>\+)(?={NUMBER})"
)
_RELATIONS = {
    "~": "about", "≈": "about", "<": "less than", ">": "more than", "≤": "at most", "<=": "at most",
    "≥": "at least", ">=": "at least", "+": "plus",
}  # fmt: skip
_FAHRENHEIT = expression(
    r"(?<![\w.,$])(-?\d{2,3})(?:(?P<dash>\s?[-–]\s?|\sto\s)(\d{2,3}))?\s?(?P<u>[FC])\b(?!['.#&+-]\w|\+|#|\s?[#+])"
)
_OVEN = expression(
    r"(?i)\b(?:oven|preheat|bake|roast|degrees?|temperatures?|temp|heat|hot|cold|warm|cool|weather|outside|high|low|fever|boil|freez|mins?|minutes)\w*|\d{3}F"
)
_AFTER_POWER = expression(
    rf"(?P<lead>\bten to the (?:minus )?[a-z-]{{3,20}}\s)(?P<unit>{_SIGN})(?:\s?/\s?(?P<per>{PER_SIGN}))?{ENDS_BEFORE}"
)
_PER_HUNDRED = expression(
    r"(?<=[\d\s])(?P<unit>[A-Za-zμ]{1,5})\s?/\s?(?=\d{1,4}(?:,000)?\s?(?:km|mi|miles|g|mg|ml|mL|dL|L|kg|oz|lbs?|gal|m²)\b)"
)
_BARE_PER = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})(?P<mag>[KMBk])?/(?P<per>{PER_SIGN}|{PER_WORD}){ENDS_BEFORE}"
)
_SIDES = expression(
    rf"{NOT_INSIDE}({NUMBER}\s?(?:{alternatives(AREAS)}))\s?[x×*]\s?(?={NUMBER}\s?(?:{alternatives(AREAS)})\b)"
)
_THREE_SIDES = expression(
    rf"{NOT_INSIDE}{NUMBER}\s?[x×]\s?{NUMBER}\s?[x×]\s?{NUMBER}(?!\s?[=x×]|\w*\^)(?=[\s\"',.;)]|[a-z]{{2}}\b|\Z)"
)
_WORDED_SIDES = expression(
    rf"{NOT_INSIDE}({NUMBER})\s?[x×*]\s?(?={NUMBER}(?:\s?[x×*]\s?{NUMBER})?[ -](?:inch|inches|foot|feet|yard|yards|meter|meters|mile|miles|centimeters?|millimeters?|pixels?)\b)"
)
_PACKS = expression(
    rf"(?<![\w.,$])([1-9]\d?)\s?[x×]\s?(?={NUMBER}[ -]?(?P<unit>[A-Za-z]{{1,5}})\s[a-z]{{3,14}}s\b)"
)
"""`4 x 100g portions` are four portions of a hundred grams."""
_PRICE_PER = expression(
    rf"\b(dollars?|cents?|euros?|pounds?|pence|yen|yuan|won|rupees?|percent)\s?/\s?({PER_SIGN}|{PER_WORD})(?![A-Za-z\d²³])(?:\.(?=\s[a-z]|[,;]))?"
)
_LINKS = {
    "or": " or ",
    "and": " and ",
    "×": " by ",
    "x": " by ",
    "*": " times ",
    "±": " plus or minus ",
    "/": " over ",
    "+/-": " plus or minus ",
}


def _measure(match: re.Match[str]) -> str | None:
    unit = match["unit"]
    found = _by_context(match, unit) or names(unit)
    if found is None or not _is_unit(match, unit):
        return None
    scale = magnitude(match["scale"] or match["mag"])
    if scale and len(unit) == 1:  # three million m: of what, is not known
        return None
    one, many = found
    quantity, single = _quantity(match)
    is_one = (single and not scale) or match["glue"] == "-" or _is_attribute(match, unit)
    words = f"{quantity}{scale} {one if is_one else many}{_per(match)}"
    return spaced(match, words)


_MAGNITUDES = frozenset("KBMTbt")


def _by_context(match: re.Match[str], unit: str) -> tuple[str, str] | None:
    """The second meaning of a sign, where the words around speak of it."""
    context, forms = SECOND_MEANINGS.get(unit, (None, None))
    return forms if context is not None and context.search(match.string) else None


def _is_unit(match: re.Match[str], unit: str) -> bool:
    """Whether a sign that may be a letter or a word as well is a unit here."""
    is_rate = bool(match["per"]) and unit not in _MAGNITUDES and per_name(match["per"]) is not None
    if match["glue"] == "-" and not unit.replace(" ", "").replace("-", "").replace(".", "").isalpha():
        return False
    if unit in LETTER_UNITS and LETTER_UNITS[unit].search(match.string):
        return match["glue"] != "-"
    doubtful = NEVER_BARE if match["glue"] == "" else GLUED_ONLY
    return is_rate or unit not in doubtful


def _per(match: re.Match[str]) -> str:
    """What follows the slash, in words; as it stands, if that is no unit."""
    sign = match["per"]
    if sign is None:
        return ""
    known = per_name(sign) or (sign if _PER_WORD.fullmatch(sign) else None)
    return f" per {known}{per(match['per2'])}" if known else match["slash"]


def _is_attribute(match: re.Match[str], unit: str) -> bool:
    """`a 10 km run` is a ten kilometer run."""
    if not unit.isalpha() or match["per"]:
        return False
    before = match.string[max(0, match.start() - AROUND) : match.start()]
    after = match.string[match.end() : match.end() + 16]
    noun = _NOUN.match(after)
    if noun is None:
        return False
    if noun[1].endswith("s") and _COUNT_BEFORE.search(before):
        return noun[1] not in _NO_NOUNS
    article = re.search(r"(?i)(?:^|\W)an?\s\Z", before)
    return noun[1] in _MEASURED_THINGS if not article else noun[1] not in _NO_NOUNS


AROUND = 12
"""Characters before a measure that may hold a count."""
_COUNT_BEFORE = expression(
    r"(?i)(?:^|[^\w.])(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|some)\s\(?\Z"
)
_NOUN = expression(r"\)?\s(?:\d{1,4}-)?([A-Za-z]+)\b")
_NO_NOUNS = word_set(
    "of in to from for and or per at on is was away long wide tall high deep less more with into by off "
    "above below apart before after each every"
)

_MEASURED_THINGS = word_set(
    "tablet tablets pill pills capsule capsules dose doses dosage injection run runs race races walk hike ride drive "
    "drives disk disks card cards stick sticks module modules file files limit cap cable cables battery batteries charger "
    "chargers adapter bulb bulbs bag bags box boxes turbo engine engines diesel hybrid bottle bottles can cans pack packs tank zone radius buffer monitor "
    "monitors display displays screen screens lens lenses model models version plan plans connection bandwidth engine "
    "motor portion portions serving servings slice slices speaker speakers window windows warranty timer delay interval break breaks layover commute flight nap pot pan "
    "pipe hose board plate plates dumbbell dumbbells kettlebell gust gusts head freestyle sprint side sides edge edges cube cubes strip strips piece pieces chunk chunks hole holes gap gaps margin margins diameter layer layers relay final finals semifinal heat butterfly backstroke hurdles medley mortgage lease loan"
)
"""`two 500 mg tablets` are five hundred milligram tablets, with or without an article."""


def _quantity(match: re.Match[str]) -> tuple[str, bool]:
    """The number or numbers in front of a unit, and whether the unit is in the singular."""
    first, second = match["n"], match["second"]
    sign = "negative " if match["minus"] else ""
    if not second:
        more = " plus" if match["more"] else ""
        return sign + _count(first) + more, _is_single(first) and not more
    minus = "negative " if match["minus2"] else ""
    link = _LINKS.get(match["sep"].strip(), " to ")
    is_share = "/" in second and " " not in second
    return f"{sign}{_count(first)}{link}{minus}{_count(second)}", is_share


def _count(figures: str) -> str:
    """A number, a fraction or both: `1 1/2`; `118/76` is a pair."""
    whole, _, part = figures.rpartition(" " if " " in figures else "-")
    first, slash, second = part.partition("/")
    if not slash:
        return number(figures)
    if not _is_fraction(first, second):
        return f"{number(first)} over {number(second)}"
    return mixed(whole, int(first), int(second)) if whole else fraction(int(first), int(second))


def _is_single(figures: str) -> bool:
    """Whether it is followed by a unit in the singular: 1 and shares of one."""
    first, slash, second = figures.partition("/")
    is_share = slash and first.isdecimal() and int(first) < int(second)
    return figures in {"1", "1.0"} or bool(is_share)


def _is_fraction(first: str, second: str) -> bool:
    return 0 < int(first) < int(second)


def _degrees(match: re.Match[str]) -> str | None:
    """`350 F`, where a temperature is meant."""
    around = match.string[max(0, match.start() - 60) : match.end() + 40]
    if not _OVEN.search(around):
        return None
    return f"{match[1]}{match['dash'] or ''}{match[3] or ''}°{match['u']}"


def _relation(match: re.Match[str]) -> str:
    return f"{_RELATIONS[match['sign'] or match['plus']]} "


_INCHES = expression(
    rf"(?<![\w.])({NUMBER}) in(?:(?=\s?(?:=|equals\b))|\.)(?=\s?=| equals\b| [a-z]|[,;)]|,? (?:long|wide|tall|high|thick|deep|of (?:rain|snow)|by|x|in diameter|and)\b)"
)


def _same(match: re.Match[str]) -> str | None:
    """`10%-15%` → 10 to 15%."""
    unit = match["unit"].replace(" ", "")
    return f"{match['a']} to " if names(unit) else None


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
_PAGES = expression(r"(?<=\d) pp\.(?=[,;:)]|\s[a-z])")
_STONE = expression(r"(?<=\d)\s?st(?= \d{1,2}(?:\.\d)?\s?lbs?\b)")
_TONS = expression(r"(?<=\d) t(?=[.,;)]|\s(?:of|per|and)\b|\s*\Z)")
_OLD = expression(r"(?<=\d)-(yr|mo|wk|hr|min)s?-(?=[a-z])")
_MEGAPIXELS = expression(
    r"(?<=\d)[ -]?MP\b(?=,? (?:[a-z-]+ )?(?:camera|sensor|photo|image|shot|lens|shooter|main|rear|front|selfie)s?\b)"
)
_COUNT = expression(r"(?<=\d)[ -]?ct\b\.?(?!\.\w)")
_PINTS = expression(
    r"(?P<n>\d) pt\b\.?(?= [a-z])(?! (?:font|type|text|size|buck|scale|lead|plan|turn)\b)"
)
_SQUARE = expression(r"(?<=\d)-(sq|cu)-(?=(?:ft|in|yd|mi|km|m)\b)")
_SIZES = {"lg": "large", "sm": "small", "med": "medium"}
_SIZE = expression(r"(?<=\d )(lg|sm|med)\b\.?(?= [a-z])")
_SPOONS = expression(r"(?P<n>\d) (?P<s>[Tt])\.(?= [a-z]{3,})")
_CUPS = expression(r"(?P<n>\d) c\b\.?(?= (?:of )?[a-z]{3,})(?! of (?:the|a)\b)")


def _cups(match: re.Match[str]) -> str:
    """`2 c flour` → 2 cups flour; of a share of one there is one cup."""
    before = match.string[max(0, match.start() - 6) : match.end("n")]
    is_one = re.search(
        r"(?:^|[^\d /])\s?(?:1|\d/\d{1,2})\Z|^(?:1|\d/\d{1,2})\Z|(?<![\d ] )\b\d/\d\Z", before
    )
    return f"{match['n']} cup{'' if is_one else 's'}"


def _amperes(match: re.Match[str]) -> str | None:
    """`20V/5A`: amps, where the words around speak of electricity."""
    around = match.string[max(0, match.start() - 40) : match.end() + 40]
    if not _CURRENT.search(around):
        return None
    noun = _NOUN.match(match.string, match.end())
    is_one = match["n"] == "1" or (noun is not None and noun[1] in _MEASURED_THINGS | _ELECTRIC)
    lead = " " if match.string[match.start() - 1 : match.start()] == "/" else ""
    return f"{lead}{number(match['n'])} amp{'' if is_one else 's'}"


_ELECTRIC = word_set("fuse fuses breaker breakers circuit circuits outlet outlets current supply")


def _inverse(match: re.Match[str]) -> str | None:
    """`m s^-1` → m/s."""
    sign = match["u"] + {"1": "", "2": "²", "3": "³"}[match["p"]]
    return f"/{sign}" if per_name(sign) else None


def _after_power(match: re.Match[str]) -> str | None:
    """`ten to the third kg` → ten to the third kilograms."""
    found = names(match["unit"])
    return f"{match['lead']}{found[1]}{per(match['per'])}" if found else None


def _is_counted(match: re.Match[str]) -> bool:
    return match["unit"] in {"L", "miles"} or names(match["unit"]) is not None


def _is_pack(unit: str) -> bool:
    return names(unit) is not None and unit not in AREAS


_RULES = (
    *RATES,
    Rule(_INVERSE, _inverse, "^"),
    Rule(_MERCURY, "inHg", "H"),
    Rule(_AMPERES, _amperes, "A"),
    Rule(_POINTS, "-point", "p"),
    Rule(_CELLS, lambda m: f" {'thousand' if m[1] == 'K' else 'million'} per microliter", "/"),
    Rule(_DOSES, lambda m: f"{m['n']} {'tablet' if m['w'] == 'tab' else 'capsule'}{m['s']}", "bp"),
    Rule(_PAGES, " pages", "p"),
    Rule(_STONE, lambda m: " stone", " "),  # noqa: ARG005 (a replacement takes its match)
    Rule(_TONS, " tons", "t"),
    Rule(_OLD, lambda m: f"-{(names(m[1]) or (m[1],))[0]}-", "-"),
    Rule(_MEGAPIXELS, " megapixel", "M"),
    Rule(_COUNT, " count", "c"),
    Rule(_PINTS, r"\g<n> pint", "p"),
    Rule(_SQUARE, r"-\1 ", "-"),
    Rule(_SIZE, lambda m: _SIZES[m[1]]),
    Rule(_CUPS, _cups, "c"),
    Rule(_SPOONS, lambda m: f"{m['n']} {'tbsp' if m['s'] == 'T' else 'tsp'}", "Tt"),
    Rule(_INCHES, r"\1in", "i"),
    Rule(_FAHRENHEIT, _degrees, "FC"),
    Rule(_RELATION, _relation, "~≈<>≤≥+"),
    Rule(_SAME, _same, "-–—~"),
    Rule(_SHORT_MAGNITUDES, r"\g<a> to ", "-–—~"),
    Rule(_PER_HUNDRED, lambda m: f"{m['unit']} per " if _is_counted(m) else None, "/"),
    Rule(_PACKS, lambda m: f"{number(m[1])} " if _is_pack(m["unit"]) else None, "x×"),
    Rule(_THREE_SIDES, lambda m: re.sub(r"\s?[x×]\s?", " by ", m.group()), "x×"),
    Rule(_WORDED_SIDES, r"\1 by ", "x×*"),
    Rule(_SIDES, r"\1 by ", "x×*"),
    Rule(_MEASURE, _measure),
    Rule(_AFTER_POWER, _after_power),
    Rule(_PRICE_PER, lambda m: f"{m[1]}{per(m[2])}", "/"),
    Rule(_BARE_PER, lambda m: f"{number(m['n'])}{magnitude(m['mag'])}{per(m['per'])}", "/"),
)


def apply(text: AlignedText) -> AlignedText:
    """`60km/h` → sixty kilometers per hour, `-3 °C` → negative three degrees celsius."""
    return apply_rules(text, _RULES)

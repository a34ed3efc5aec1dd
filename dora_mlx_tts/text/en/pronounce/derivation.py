"""Words made of a known word and a prefix or a suffix, or of two known words: `declutter`, `wordless`, `frontend`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dora_mlx_tts.text.en.words import word_set

Phones = tuple[str, ...]
Lookup = Callable[[str], Phones | None]
Count = Callable[[str], float | None]

SHORTEST_REST, SHORTEST_COMMON_REST = 5, 4
"""Letters behind a prefix, and behind a safe one; shorter words make too many names."""
SHORTEST_STEM = 3
"""Letters before a suffix."""
SHORTEST_HALF = 4
"""Letters of either half of a compound."""
SURE_PREFIX, SURE_REST = 4, 7
"""Letters of a prefix, or of what is behind it, that hardly stand there by chance."""
COMMON_REST, KNOWN_REST = 15.0, 12.0
COMMON_HALF, COMMON_LONG_HALF, COMMON_BEFORE_HEAD, COMMON_STEM = 15.2, 14.0, 13.0, 15.0
"""Natural logarithms of the counts that such words must have in the corpus of the segmenter. Where the
dictionary's own words are cut so, about four in five are what their parts are, and most others differ by a
weak vowel."""
SHORTEST_LONG_HALF = 5


def _table(lines: str) -> Mapping[str, Phones]:
    pairs = (line.split(maxsplit=1) for line in lines.strip().splitlines())
    return MappingProxyType({part: tuple(phones.split()) for part, phones in pairs})


_PREFIXES = _table("""
anti AE2 N T IY0
auto AO2 T OW0
bio B AY2 OW0
co K OW0
counter K AW2 N T ER0
cross K R AO2 S
crypto K R IH2 P T OW0
cyber S AY2 B ER0
de D IY0
dis D IH0 S
electro IH0 L EH2 K T R OW0
hyper HH AY2 P ER0
inter IH2 N T ER0
macro M AE2 K R OW0
mega M EH2 G AH0
meta M EH2 T AH0
micro M AY2 K R OW0
mini M IH2 N IY0
mis M IH0 S
multi M AH2 L T IY0
nano N AE2 N OW0
neuro N UH2 R OW0
non N AA2 N
out AW2 T
over OW2 V ER0
poly P AA2 L IY0
post P OW2 S T
pre P R IY0
proto P R OW2 T OW0
pseudo S UW2 D OW0
re R IY0
semi S EH2 M IY0
sub S AH2 B
super S UW2 P ER0
ultra AH2 L T R AH0
un AH0 N
tele T EH2 L AH0
under AH2 N D ER0
up AH2 P
aero EH2 R OW0
agro AE2 G R OW0
astro AE2 S T R OW0
cardio K AA2 R D IY0 OW0
eco IY2 K OW0
ethno EH2 TH N OW0
extra EH2 K S T R AH0
femto F EH2 M T OW0
fore F AO2 R
gastro G AE2 S T R OW0
geo JH IY2 OW0
hydro HH AY2 D R OW0
immuno IH2 M Y AH0 N OW0
info IH2 N F OW0
infra IH2 N F R AH0
intra IH2 N T R AH0
kilo K IH2 L AH0
magneto M AE0 G N IY2 T OW0
mid M IH2 D
off AO2 F
omni AA2 M N IH0
paleo P EY2 L IY0 OW0
photo F OW2 T OW0
pico P IY2 K OW0
psycho S AY2 K OW0
radio R EY2 D IY0 OW0
retro R EH2 T R OW0
socio S OW2 S IY0 OW0
techno T EH2 K N OW0
thermo TH ER2 M OW0
trans T R AE2 N Z
turbo T ER2 B OW0
video V IH2 D IY0 OW0
""")
WORDLIKE_PREFIXES = MappingProxyType({part: _PREFIXES[part] for part in ("re", "de", "pre", "co")})
"""Prefixes that are read otherwise than the word they look like."""
_SAFE = word_set(
    "un out over under non mis sub super inter cardio thermo techno turbo immuno extra infra intra femto"
)
"""Prefixes behind which nearly every known word is itself: undo, overuse; `re` and `de` begin many others."""
_SHIFTING = ("graph", "meter", "metric", "log", "scop", "mobil", "nomous", "nomy")
"""Endings of Greek compounds, which move the stress: automobile, barometer."""
_SUFFIXES = _table("""
ability AH0 B IH1 L AH0 T IY0
able AH0 B AH0 L
ization AH0 Z EY1 SH AH0 N
isation AH0 Z EY1 SH AH0 N
ize AY2 Z
izes AY2 Z AH0 Z
ized AY2 Z D
izing AY2 Z IH0 NG
izer AY2 Z ER0
izers AY2 Z ER0 Z
fulness F AH0 L N AH0 S
lessness L AH0 S N AH0 S
fully F AH0 L IY0
lessly L AH0 S L IY0
less L AH0 S
ness N AH0 S
ful F AH0 L
ward W ER0 D
wards W ER0 D Z
woman W UH2 M AH0 N
women W IH2 M AH0 N
ship SH IH2 P
hood HH UH2 D
like L AY2 K
wise W AY2 Z
shire SH ER0
burgh B ER0 G
borough B ER0 OW0
ify AH0 F AY2
ifies AH0 F AY2 Z
ified AH0 F AY2 D
ifying AH0 F AY2 IH0 NG
ification AH0 F AH0 K EY1 SH AH0 N
esque EH1 S K
ly L IY0
""")
"""Endings that leave the word before them unchanged; for the others the letters tell more."""
_SHORT_HALVES = word_set(
    "end out net box app bot pad pod web bit set key pay day way top bar cam car eye ear mix map run tap tip tab dev ops "
    "log bug fix hot ice air sun sea gas oil dog cat bed toy fan hub lab job pit pop spa toe tub van wax zip gym off dry red big low"
)
"""Words of three letters that compounds are made of."""
_HEADS = word_set(
    "bell dough ball balls board boards book books boat boats bread cake cakes cream house houses home homes room rooms light lights "
    "mail maker makers paper pots pool power proof rack racks stick sticks stop stops store stores storm storms wash ware water wear wheel "
    "wheels wind word words work works worker workers yard yards tooth hair hand hands head heads heart hole holes hook hooks jack juice lift "
    "lifts loop loops meal meals mill milk nail neck pack packs patch path paths pipe pipes plane planes plate plates play player players point "
    "points post posts print prints rail rain road roads roof root seat seats sheet sheets shop shops shot shots show shows skin slide snow soap "
    "song songs sound spot spots spray spring star stars steam straw stream streams string suit suits tail tank tape team tools track tracks trail "
    "train tray tree trees truck trucks tube tubes walk walks wall walls watch wave waves week wire wires worm wrap melt plug fish bird birds bath bags band "
    "bands base brush case cases chair cloth coat coats cloud coin coins craft cross cups deck desk door doors down drop drops dust file files "
    "fire fires flow food foot frame frames fruit game games glass goods grass guard guards guide guides keeper keepers kits knife leaf level levels "
    "loads mask market moon note notes pages party phone phones pieces place places screen screens shelf shell shift side sides sight space stand "
    "stands step steps style surf sweep talk tests text ticket trap trip turn type view voice weed weight width window year zone zones code codes "
    "byte bytes bots links chain chains pads"
)
"""Words that very many compounds end in: before them the other half may be rarer."""
_AGENTS = _table("""
er ER0
ers ER0 Z
ment M AH0 N T
ments M AH0 N T S
ier IY0 ER0
iers IY0 ER0 Z
iest IY0 AH0 S T
iness IY0 N AH0 S
""")
"""Endings that may be part of a name, too; the word before them must be common."""
_LONGEST_SUFFIX = max(map(len, _SUFFIXES))
_VOWELS = frozenset("aeiouy")


def prefixed(word: str, lookup: Lookup, count: Count) -> Phones | None:
    """A common word behind a prefix: `overthinking`, `decluttering`."""
    for length in range(len("un"), len("electro") + 1):
        phones, rest = _PREFIXES.get(word[:length]), word[length:]
        safe = word[:length] in _SAFE
        shortest = SHORTEST_COMMON_REST if safe else SHORTEST_REST
        if phones is None or len(rest) < shortest or rest.startswith(_SHIFTING):
            continue
        known = lookup(rest)
        sure = safe or length >= SURE_PREFIX or len(rest) >= SURE_REST
        sure = sure and len(rest) >= SHORTEST_REST
        if known is not None and (count(rest) or 0) >= (KNOWN_REST if sure else COMMON_REST):
            return phones + known
    return None


def suffixed(word: str, lookup: Lookup) -> Phones | None:
    """A known word before a suffix: `wordless`, `tokenizer`, `cloudlike`."""
    for length in range(min(_LONGEST_SUFFIX, len(word) - SHORTEST_STEM), 0, -1):
        ending = _SUFFIXES.get(word[-length:])
        if ending is None:
            continue
        for stem in _stems(word[:-length], word[-length:]):
            known = lookup(stem) if len(stem) >= SHORTEST_STEM else None
            if known is not None:
                return _adverb(known) if ending == _SUFFIXES["ly"] else known + ending
    return None


def agent(word: str, lookup: Lookup, count: Count) -> Phones | None:
    """A common word and an ending that names may have, too: `debugger`, `snackiest`."""
    for length in range(len("iness"), 1, -1):
        ending = _AGENTS.get(word[-length:])
        base = word[:-length]
        if ending is None or len(base) < SHORTEST_STEM:
            continue
        stems = (f"{base}y",) if ending[0] == "IY0" else _stems(base, word[-length:])
        for stem in stems:
            known = lookup(stem)
            if known is not None and (count(stem) or 0) >= COMMON_STEM:
                return (known[:-1] if ending[0] == "IY0" else known) + ending
    return None


def _adverb(stem: Phones) -> Phones:
    """`usably`, `virally`, `generically`: what ends in a weak l loses it."""
    if stem[-2:] == ("AH0", "L"):
        weak = stem[-3] in {"B", "K", "T", "P", "D"}
        return (*(stem[:-2] if weak and stem[-3] in {"B", "K"} else stem[:-1]), "L", "IY0")
    return (*stem[:-1], "L", "IY0") if stem[-1] == "L" else (*stem, "L", "IY0")


def _stems(base: str, suffix: str) -> tuple[str, ...]:
    """Spellings of the stem: as it stands, with a dropped e or a y, undoubled."""
    if suffix[0] not in _VOWELS:
        if suffix == "ly" and base.endswith("ical"):
            return (base, base[:-2])
        if suffix == "ly" and base.endswith("b"):  # usably
            return (f"{base}le",)
        return (base[:-1] + "y", base) if base.endswith("i") else (base,)
    doubled = (base[:-1],) if base[-1:] == base[-2:-1] else ()
    return (base, f"{base}e", *doubled)


def compound(word: str, lookup: Lookup, count: Count) -> Phones | None:
    """Two common words in one: `frontend`; the pair that is likeliest."""
    best: tuple[float, Phones] | None = None
    for at in range(len("end"), len(word) - len("end") + 1):
        left, right = word[:at], word[at:]
        if any(len(half) < SHORTEST_HALF and half not in _SHORT_HALVES for half in (left, right)):
            continue
        first, second = count(left) or 0, count(right) or 0
        if not _is_common(left, first, right, second) or (best and first + second <= best[0]):
            continue
        known, known2 = lookup(left), lookup(right)
        if known is not None and known2 is not None:
            best = (first + second, known + known2)
    return best[1] if best else None


def _is_common(left: str, first: float, right: str, second: float) -> bool:
    """Whether both halves occur often enough for their lengths."""
    if right in _HEADS and len(left) >= SHORTEST_HALF:
        return first >= COMMON_BEFORE_HEAD
    is_long = min(len(left), len(right)) >= SHORTEST_LONG_HALF
    return min(first, second) >= (COMMON_LONG_HALF if is_long else COMMON_HALF)

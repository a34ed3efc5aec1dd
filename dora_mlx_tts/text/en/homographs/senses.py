"""Homographs that need more than the part of speech: each word has its own small rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dora_mlx_tts.text.en.homographs.context import (
    BE,
    DETERMINERS,
    HAVE,
    MODALS,
    NUMBERS,
    PERSONS,
    PREPOSITIONS,
    THIRD_PERSONS,
    WordContext,
    is_open_class,
    is_verb,
)
from dora_mlx_tts.text.en.homographs.quality_senses import (
    aged,
    blessed,
    closes,
    elaborate,
    graduates,
    invalid,
    learned,
    resume,
    upset,
)
from dora_mlx_tts.text.en.homographs.sense_words import (
    ARCHERY,
    DEGREES,
    FISHING,
    METAL_AFTER,
    METAL_NEAR,
    NEARBY,
    RIP_AFTER,
    SHIP,
    TEARS_NEAR,
    TINY,
)
from dora_mlx_tts.text.en.homographs.verb_senses import (
    is_broadcast,
    is_noun,
    is_past_for_sure,
    lasts,
    live,
    lives,
    read,
)

Phones = tuple[str, ...]
Rule = Callable[[WordContext], str | None]


def _lead(c: WordContext) -> str:
    right = c.at(1)
    if right in METAL_AFTER and not is_verb(c):
        return "L EH1 D"
    if c.at(-1) in {
        "of",
        "and",
        "contain",
        "contains",
        "containing",
        "contained",
        "molten",
        "like",
        "from",
        "with",
        "has",
        "had",
        "have",
        "no",
        "without",
        "for",
    } and (not right or right in {",", "and", "or", "is", "if", "in"}):
        return "L EH1 D"
    near = {*c.before(4), *c.after(4)}
    return "L EH1 D" if near & METAL_NEAR and not is_verb(c) else "L IY1 D"


_WINDING = frozenset({"through", "along", "around", "up", "down", "its", "past"})


def _wind(c: WordContext) -> str:
    if _is_wound_up(c):
        return "W AY1 N D"
    after = c.at(1) in {"up", "down"} or (c.at(1) in _WINDING and c.at(-1).endswith("s"))
    turns = is_verb(c) or (is_verb(c) is not False and after)
    return "W AY1 N D" if turns else "W IH1 N D"


def _winds(c: WordContext) -> str:
    return "W AY1 N D Z" if c.at(1) in _WINDING and not _is_noun(c) else "W IH1 N D Z"


def _is_noun(c: WordContext) -> bool:
    return c.at(-1) in DETERMINERS | PREPOSITIONS | {
        "strong",
        "high",
        "cold",
        "trade",
        "gale",
        "heavy",
    }


def _tear(c: WordContext) -> str:
    rip, drop = "T EH1 R", "T IH1 R"
    if is_verb(c) or c.before(2) == ["and", "wear"]:
        return rip
    if {*c.before(4), *c.after(2)} & TEARS_NEAR:
        return drop
    return rip if c.at(1) in RIP_AFTER or is_open_class(c.at(-1)) else drop


def _tears(c: WordContext) -> str:
    verb = c.at(-1) in {"he", "she", "it", "who", "which"} or (is_verb(c) and c.at(1) in RIP_AFTER)
    return "T EH1 R Z" if verb else "T IH1 R Z"


def _close(c: WordContext) -> str:
    left, right = c.at(-1), c.at(1)
    near, shut = "K L OW1 S", "K L OW1 Z"
    if (
        left in DEGREES
        or right in NEARBY
        or left in BE
        or left in {"come", "came", "stand", "sit", "keep", "stay"}
    ):
        return near if left not in {"to", *MODALS} or right == "to" else shut
    if (
        is_verb(c)
        or right in {"of", "the", "your", "my", "all", "down"}
        or left in {"the", "market"}
    ):
        return shut
    return near if left in DETERMINERS or right.endswith("ly") or not right else shut


def _used(c: WordContext) -> str:
    """`used to` is voiceless, save in the passive (is used to make)."""
    if c.at(1) != "to":
        return "Y UW1 Z D"
    passive = c.at(-1) in {
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "commonly",
        "often",
        "widely",
    }
    following = c.at(2)
    accustomed = following in DETERMINERS | {
        "it",
        "him",
        "her",
        "them",
        "you",
    } or following.endswith("ing")
    return "Y UW1 S T" if accustomed or not passive else "Y UW1 Z D"


def _content(c: WordContext) -> str:
    left, right = c.at(-1), c.at(1)
    happy = left in BE | DEGREES | {"perfectly", "not"} and not is_open_class(right)
    happy = happy or _asks_whether_content(c)
    return (
        "K AH0 N T EH1 N T" if happy or right.endswith(("self", "selves")) else "K AA1 N T EH0 N T"
    )


def _asks_whether_content(c: WordContext) -> bool:
    """`Are you content with that?` and the like."""
    return c.at(1) in {"with", "to", ""} and c.at(-1) in PERSONS | THIRD_PERSONS and c.at(-2) in BE


def _is_closing(c: WordContext) -> bool:
    """`at the close`, `the close of`."""
    closing = c.at(-1) in {"the", "market"} and c.at(1) in {"", ",", "on", "at", "today"}
    return closing or (c.at(1) == "of" and c.at(-1) in DETERMINERS)


def _is_wound_up(c: WordContext) -> bool:
    """`wind down`, but `the wind up there`."""
    return c.at(1) in {"down", "up"} and c.at(-1) != "the"


_SURE: Mapping[str, Callable[[WordContext], bool]] = MappingProxyType(
    {
        "close": _is_closing,
        "closes": lambda _: True,
        "aged": lambda _: True,
        "graduates": lambda _: True,
        "wind": _is_wound_up,
        "content": _asks_whether_content,
        "bow": lambda c: bool({*c.before(4), *c.after(4)} & ARCHERY),
        "live": lambda c: is_broadcast(c) or lasts(c),
        "read": lambda c: is_noun(c) or is_past_for_sure(c),
    }
)


def is_sure(c: WordContext) -> bool:
    """Whether the rule of a word speaks from a phrase that leaves no doubt."""
    known = _SURE.get(c.word)
    return known is not None and known(c)


def _complex(c: WordContext) -> str:
    left, right = c.at(-1), c.at(1)
    quality = left in BE | DEGREES or is_open_class(right) or (not left and right != "")
    return "K AH0 M P L EH1 K S" if quality else "K AA1 M P L EH0 K S"


def _bass(c: WordContext) -> str:
    return "B AE1 S" if {*c.before(5), *c.after(5)} & FISHING else "B EY1 S"


def _dove(c: WordContext) -> str:
    moved = c.at(1) in {
        "into",
        "in",
        "down",
        "off",
        "under",
        "deep",
        "for",
        "straight",
        "headfirst",
        "right",
    }
    return "D OW1 V" if moved and c.at(-1) not in DETERMINERS else "D AH1 V"


def _row(c: WordContext) -> str:
    quarrel = c.at(1) in {"with", "about", "over", "between"} and c.at(-1) in {
        "a",
        "the",
        "furious",
        "big",
    }
    return "R AW1" if quarrel and "in" not in c.before(2) else "R OW1"


def _bow(c: WordContext) -> str:
    if {*c.before(4), *c.after(4)} & ARCHERY:
        return "B OW1"
    if c.at(-1) == "" and c.at(1) in {
        "at",
        "to",
        "your",
        "slightly",
        "deeply",
        "down",
        "from",
        "when",
    }:
        return "B AW1"
    if c.at(-1) == "a" and c.at(-2) in {"take", "takes", "took", "taken", "taking"}:
        return "B AW1"
    return "B AW1" if is_verb(c) or {*c.before(4), *c.after(4)} & SHIP else "B OW1"


def _minute(c: WordContext) -> str:
    if c.at(-1) in BE and c.at(1) in {"", ",", "but", "and", "compared"}:
        return "M AY0 N UW1 T"
    return "M AY0 N UW1 T" if c.at(1) in TINY and c.at(-1) not in NUMBERS else "M IH1 N AH0 T"


def _polish(c: WordContext) -> str:
    starts = c.line[c.index].text[:1].isupper() and c.at(-1) == ""
    named = is_open_class(c.at(1)) or c.at(1) in BE | HAVE
    people = c.is_capitalized_inside or (starts and named)
    return "P OW1 L IH0 SH" if people else "P AA1 L IH0 SH"


def _wound(c: WordContext) -> str:
    turned = (
        c.at(1) in {"up", "around", "down", "through", "its", "the", "his", "her"}
        and c.at(-1) not in DETERMINERS
    )
    return "W AW1 N D" if turned and not is_verb_to(c) else "W UW1 N D"


def is_verb_to(c: WordContext) -> bool:
    """Whether an infinitive or a modal verb stands in front."""
    return c.at(-1) in MODALS


_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "read": read,
        "live": live,
        "lives": lives,
        "lead": _lead,
        "wind": _wind,
        "winds": _winds,
        "tear": _tear,
        "tears": _tears,
        "close": _close,
        "used": _used,
        "content": _content,
        "complex": _complex,
        "bass": _bass,
        "dove": _dove,
        "row": _row,
        "bow": _bow,
        "minute": _minute,
        "polish": _polish,
        "wound": _wound,
        "invalid": invalid,
        "resume": resume,
        "learned": learned,
        "blessed": blessed,
        "elaborate": elaborate,
        "upset": upset,
        "closes": closes,
        "graduates": graduates,
        "aged": aged,
    }
)


def has_own_rule(word: str) -> bool:
    """Whether a word, in lower case, has a rule of its own."""
    return word in _RULES


def sense(context: WordContext) -> Phones | None:
    """Reading of a word that has its own rule, or None."""
    rule = _RULES.get(context.word)
    phones = rule(context) if rule else None
    return tuple(phones.split()) if phones else None

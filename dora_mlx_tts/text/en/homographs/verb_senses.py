"""The readings of *read*, *live* and *lives*."""

from __future__ import annotations

from itertools import pairwise

from dora_mlx_tts.text.en.homographs.context import (
    BE,
    DETERMINERS,
    HAVE,
    MODALS,
    NUMBERS,
    PEOPLE,
    PERSONS,
    PREPOSITIONS,
    QUALITIES,
    TENS,
    WordContext,
    is_open_class,
    is_verb,
)
from dora_mlx_tts.text.en.homographs.sense_words import (
    LIVE_AFTER,
    LIVE_BEFORE,
    PAST_VERBS,
    PAST_WORDS,
)


def read(c: WordContext) -> str:
    """Past after *have*, *be*, a singular subject, or with a word of the past in the clause."""
    left, left2, left3 = (c.at(-d) for d in (1, 2, 3))
    present, past = "R IY1 D", "R EH1 D"
    if is_noun(c):
        return present
    done = left in HAVE or left in BE or (left2 in HAVE and left not in DETERMINERS)
    if done or is_past_for_sure(c):
        return past
    if any(word in MODALS for word in (left, left2, left3 if left in PERSONS else "")):
        return present
    if not left or left in {"and", "or", "a", "good", "please"}:
        return past if left == "and" and _is_past(c) else present
    if left in {"he", "she", "it", "who"} or _is_past(c):
        return past
    singular = is_open_class(left) and not left.endswith("s") and len(left) > 1
    return past if singular and not left.endswith("ly") else present


_LAST = frozenset(
    {
        "night",
        "week",
        "month",
        "year",
        "spring",
        "summer",
        "fall",
        "autumn",
        "winter",
        "time",
        "semester",
    }
)
_KINDS_OF_READ = frozenset(
    {
        "quick",
        "easy",
        "fun",
        "short",
        "long",
        "solid",
        "light",
        "fast",
        "breezy",
        "worthwhile",
        "must",
        "brief",
        "dense",
        "dry",
        "better",
    }
)


def is_noun(c: WordContext) -> bool:
    """`a quick read`, not `a man read`."""
    left = c.at(-1)
    return left in QUALITIES | _KINDS_OF_READ or (left.endswith("ing") and c.at(-2) in {"a", "an"})


_MARKED = frozenset(
    {
        "it",
        "them",
        "this",
        "mark",
        "marked",
        "marks",
        "message",
        "messages",
        "email",
        "emails",
        "all",
        "everything",
    }
)


def _is_marked(c: WordContext) -> bool:
    """`mark it as read`."""
    return c.at(-1) == "as" and c.at(-2) in _MARKED


def is_past_for_sure(c: WordContext) -> bool:
    """`marked as read`, `read it last night`."""
    return _is_marked(c) or _is_dated(c)


def _is_dated(c: WordContext) -> bool:
    """Whether a time of the past follows: `you read 42 pages last night`."""
    if c.at(-1) in MODALS | {"to"}:
        return False
    after = c.after(8)
    last = any(a == "last" and b in _LAST for a, b in pairwise(after))
    return last or bool({"yesterday", "ago"} & {*after})


def is_broadcast(c: WordContext) -> bool:
    """`airs live at 8`, `recorded live`."""
    return c.at(-1) in _AIRED and c.at(1) not in DETERMINERS


def lasts(c: WordContext) -> bool:
    """`dogs live 10 to 13 years`."""
    span = c.at(1) in NUMBERS | TENS and bool(
        {"years", "days", "weeks", "months", "hours"} & {*c.after(5)}
    )
    return span and c.at(-1) not in DETERMINERS | BE | NUMBERS


_AIRED = frozenset(
    {"air", "airs", "aired", "airing", "stream", "streams", "streamed", "streaming", "broadcast", "broadcasts", "recorded", "perform", "performs",
     "performed", "performing", "play", "plays", "played", "playing", "sing", "sings", "sang", "shown", "televised", "watch", "watching", "watched"}
)  # fmt: skip


def _is_past(c: WordContext) -> bool:
    """Whether the clause, or a short phrase of time in front of it, speaks of the past."""
    left, right = c.before(12), c.after(12)
    right = right[: right.index(",")] if "," in right else right
    if "," in left:
        border = left.index(",")
        lead = left[border + 1 :]
        left = left[:border] + (lead if len(lead) <= 4 else [])  # noqa: PLR2004 (a phrase, not a clause)
    words = {*left, *right}
    return bool(words & PAST_WORDS) or bool(set(left) & PAST_VERBS)


def live(c: WordContext) -> str:
    """Adjective or adverb (a live show, going live), else the verb."""
    left, right = c.at(-1), c.at(1)
    adjective, verb = "L AY1 V", "L IH1 V"
    if lasts(c):
        return verb
    shown = right in LIVE_AFTER and c.at(-2) in {
        "show",
        "give",
        "get",
        "send",
        "bring",
        "offer",
        "find",
    }
    if is_broadcast(c) or right in LIVE_BEFORE:
        return adjective
    if left == "to" or left in MODALS or (left in PERSONS and not shown):
        return verb
    if left in BE | DETERMINERS | PREPOSITIONS | {"go", "goes", "going", "went", "gone"}:
        return adjective
    if right in LIVE_AFTER and not (right in PREPOSITIONS and is_verb(c)):
        return adjective if right not in {"on", "from", "via"} or not left.endswith("s") else verb
    ends = not right and is_open_class(left) and not left.endswith("s") and left not in PEOPLE
    return adjective if ends else verb


def lives(c: WordContext) -> str:
    """Plural of *life* or third person of *to live*."""
    left, right = c.at(-1), c.at(1)
    if left in DETERMINERS | NUMBERS | {
        "of",
        "save",
        "saved",
        "saving",
        "human",
        "lost",
        "private",
        "daily",
        "more",
    }:
        return "L AY1 V Z"
    if right in PREPOSITIONS | {"alone", "here", "there", "up", "nearby", "with"} or left in {
        "he",
        "she",
        "it",
        "who",
    }:
        return "L IH1 V Z"
    return "L AY1 V Z" if not right or right in BE else "L IH1 V Z"

"""Homographs that name a quality or people where they do not name what somebody does."""

from __future__ import annotations

from dora_mlx_tts.text.en.homographs.context import (
    BE,
    DETERMINERS,
    HAVE,
    NUMBERS,
    OBJECTS,
    PERSONS,
    PREPOSITIONS,
    TENS,
    THIRD_PERSONS,
    WordContext,
    is_open_class,
    is_verb,
)
from dora_mlx_tts.text.en.homographs.sense_words import DEGREES


def invalid(c: WordContext) -> str:
    """An invalid is a person."""
    person = c.at(-1) in {"an", "the"} and not is_open_class(c.at(1))
    return "IH1 N V AH0 L AH0 D" if person else "IH0 N V AE1 L AH0 D"


def resume(c: WordContext) -> str:
    """A document, unless somebody goes on."""
    verb = is_verb(c)
    return "R IY0 Z UW1 M" if verb or (verb is None and c.at(1)) else "R EH1 Z AH0 M EY2"


def learned(c: WordContext) -> str:
    """A learned judge, a lesson learned."""
    quality = c.at(-1) in DETERMINERS and c.at(1) in {
        "man",
        "men",
        "scholar",
        "scholars",
        "professor",
        "society",
        "judge",
        "friend",
    }
    return "L ER1 N IH0 D" if quality else "L ER1 N D"


def blessed(c: WordContext) -> str:
    """A blessed day, blessed with children."""
    done = c.at(-1) in BE | HAVE | PERSONS | THIRD_PERSONS or c.at(1) in OBJECTS | {"with", "by"}
    return "B L EH1 S T" if done else "B L EH1 S IH0 D"


def elaborate(c: WordContext) -> str:
    """An elaborate plan; to elaborate on it."""
    verb = is_verb(c) or c.at(1) in {"on", "upon"}
    return "IH0 L AE1 B ER0 EY2 T" if verb else "IH0 L AE1 B R AH0 T"


def closes(c: WordContext) -> str:  # noqa: ARG001 (the others look around)
    """The noun is hardly ever in the plural."""
    return "K L OW1 Z IH0 Z"


def aged(c: WordContext) -> str | None:
    """`aged 65`, `aged cheddar`; the aged are people."""
    right = c.at(1)
    counted = right in NUMBERS | TENS or right in {"between", "over", "under", "up"}
    if counted or (
        is_open_class(right) and right not in {"people", "man", "woman", "parents", "care"}
    ):
        return "EY1 JH D"
    return None


def graduates(c: WordContext) -> str:
    """People, unless somebody finishes school: graduates from, in, next."""
    verb = c.at(1) in {"from", "in", "next", "this", "on", "early", "with", "summa", "magna", "cum"}
    verb = verb and c.at(-1) not in DETERMINERS | NUMBERS | PREPOSITIONS | {
        "college",
        "school",
        "university",
        "recent",
        "new",
    }
    return "G R AE1 JH AH0 W EY2 T S" if verb else "G R AE1 JH AH0 W AH0 T S"


def upset(c: WordContext) -> str | None:
    """The quality, as in "she was upset"; the classifier knows the noun and the verb."""
    if c.at(1) in {"stomach", "stomachs", "tummy", "belly"}:
        return "AH0 P S EH1 T"
    return "AH0 P S EH1 T" if c.at(-1) in BE | DEGREES and not is_open_class(c.at(1)) else None

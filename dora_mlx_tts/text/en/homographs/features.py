"""What a classifier sees of a word: its neighbours, their kinds and endings, and this package's own rules' opinion."""

from __future__ import annotations

from collections.abc import Iterator

from dora_mlx_tts.text.en.homographs.context import (
    BE,
    DETERMINERS,
    HAVE,
    MODALS,
    NUMBERS,
    OBJECTS,
    PEOPLE,
    PERSONS,
    PREPOSITIONS,
    THIRD_PERSONS,
    WordContext,
    is_adverb,
    is_verb,
)

REACH = 6
"""Words on either side whose mere presence counts."""
_NEAR = (-3, -2, -1, 1, 2, 3)
_LONG_ENOUGH = 4
"""Letters of the shortest word whose ending tells something."""
_KINDS = (
    ("be", BE),
    ("have", HAVE),
    ("modal", MODALS),
    ("person", PERSONS),
    ("third", THIRD_PERSONS),
    ("determiner", DETERMINERS),
    ("preposition", PREPOSITIONS),
    ("object", OBJECTS),
    ("number", NUMBERS),
    ("people", PEOPLE),
)
_ENDINGS = ("ing", "ed", "ly", "s", "er", "tion", "ment", "ity", "al", "ive", "ous", "ic", "able")


def kind_of(word: str) -> str:
    """The grammatical kind of a word as far as the word alone tells it."""
    if not word:
        return "border"
    if not word[:1].isalpha():
        return "mark"
    for kind, words in _KINDS:
        if word in words:
            return kind
    if word == "to":
        return "to"
    if is_adverb(word):
        return "adverb"
    ending = next((e for e in _ENDINGS if len(word) >= _LONG_ENOUGH and word.endswith(e)), "")
    return f"open-{ending}"


def features(context: WordContext, opinion: bool | None) -> Iterator[str]:
    """Names of what holds around a word; the same for training and for reading.

    Args:
        context: the word where it stands.
        opinion: whether the word's own rule speaks for the first reading; None where it has none.
    """
    words = {d: context.at(d) for d in _NEAR}
    kinds = {d: kind_of(w) for d, w in words.items()}
    verb = is_verb(context)
    yield "bias"
    yield f"rule={opinion}"
    yield f"verb={verb}"
    yield f"capital={context.is_capitalized_inside}"
    for d in _NEAR:
        yield f"k{d}={kinds[d]}"
        if abs(d) <= 2:  # noqa: PLR2004 (further words count by kind only)
            yield f"w{d}={words[d]}"
            yield f"e{d}={words[d][-3:]}"
    yield f"k-1,1={kinds[-1]},{kinds[1]}"
    yield f"k-2,-1={kinds[-2]},{kinds[-1]}"
    yield f"k1,2={kinds[1]},{kinds[2]}"
    yield f"k-2,-1,1={kinds[-2]},{kinds[-1]},{kinds[1]}"
    yield f"k-1,1,2={kinds[-1]},{kinds[1]},{kinds[2]}"
    yield f"w-1,1={words[-1]},{words[1]}"
    yield f"w-1k1={words[-1]},{kinds[1]}"
    yield f"k-1w1={kinds[-1]},{words[1]}"
    yield f"w-2,-1={words[-2]},{words[-1]}"
    yield f"w1,2={words[1]},{words[2]}"
    for word in {*context.before(REACH), *context.after(REACH)}:
        yield f"near={word}"

"""Words around a word, and whether it stands where a verb stands."""

from __future__ import annotations

from dataclasses import dataclass

from dora_mlx_tts.text.en.tokens import Token
from dora_mlx_tts.text.en.words import word_set

STOPS = frozenset(".?!…")
DETERMINERS = word_set(
    "a an the this these those my your his its our their whose some any no every each either neither another "
    "all both half many several few most more less much such what which"
)
OBJECTS = word_set(
    "me him her it us them myself yourself himself herself itself ourselves yourselves themselves everything "
    "everyone nothing something anything that how what whether"
)
PREPOSITIONS = word_set(
    "of in on at by for from with without about into onto over under between during against toward towards "
    "through across after before since until within among behind beyond despite than like per via as upon"
)
QUALITIES = word_set(
    "new old good great big small high low long short first second third last next best worst late early own "
    "same other public private daily main major annual final little whole full real recent little large huge"
)
NUMBERS = word_set(
    "one two three four five six seven eight nine ten eleven twelve hundred thousand million dozen"
)
MODALS = word_set(
    "will would can could shall should may might must cannot can't won't wouldn't couldn't shouldn't mustn't "
    "do does did don't doesn't didn't i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd "
    "they'd gonna wanna please let's to who'll"
)
BE = word_set(
    "is are was were be been being am i'm you're he's she's it's we're they're that's isn't aren't wasn't "
    "weren't feel feels felt seem seems seemed look looks looked become becomes became stay remain remains get got"
)
HAVE = word_set("have has had i've you've we've they've haven't hasn't hadn't having")
PERSONS = word_set("i you we they")
THIRD_PERSONS = word_set("he she it who which that this everyone somebody someone nobody everybody")
ADVERBS = word_set(
    "not never always often sometimes usually also just still even ever only then now really already soon "
    "actually again almost probably maybe simply quickly n't"
)
HELPERS = word_set("let help make made makes have watch see saw hear")
JOINERS = word_set("and or but then so , - if when")
TENS = word_set(
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
CLAUSE_WORDS = word_set(
    "by in to at over about nearly roughly around during when if because while until unless whenever after before with each every"
)
ALSO_QUALITIES = word_set(
    "perfect moderate appropriate approximate alternate invalid frequent compact intimate "
    "elaborate deliberate subordinate degenerate legitimate"
)
PEOPLE = word_set("people men women children police parents you i we they")
NOUN_TO = word_set(
    "due subject according addition response attention contrast relation reference access return"
)


@dataclass(frozen=True, slots=True)
class WordContext:
    """A token of a line, seen from where it stands."""

    line: list[Token]
    index: int

    @property
    def word(self) -> str:
        """The word itself, in lower case."""
        return self.line[self.index].word

    def at(self, distance: int) -> str:
        """Word or comma at a distance, in lower case; "" beyond the sentence."""
        step = 1 if distance > 0 else -1
        for offset in range(step, distance + step, step):
            position = self.index + offset
            if not 0 <= position < len(self.line) or self.line[position].text in STOPS:
                return ""
        token = self.line[self.index + distance]
        return token.text if token.is_mark else token.word

    def before(self, count: int) -> list[str]:
        """Up to `count` words to the left in this sentence, nearest first."""
        return [word for d in range(1, count + 1) if (word := self.at(-d))]

    def after(self, count: int) -> list[str]:
        """Up to `count` words to the right in this sentence, nearest first."""
        return [word for d in range(1, count + 1) if (word := self.at(d))]

    @property
    def is_capitalized_inside(self) -> bool:
        """Whether the word has a capital although it does not begin the sentence."""
        return self.line[self.index].text[:1].isupper() and self.at(-1) != ""


def is_open_class(word: str) -> bool:
    """Whether a word is none of the common grammatical words (nor a mark)."""
    return word[:1].isalpha() and not any(
        word in group
        for group in (
            DETERMINERS,
            OBJECTS,
            PREPOSITIONS,
            MODALS,
            BE,
            HAVE,
            PERSONS,
            THIRD_PERSONS,
            JOINERS,
        )
    )


def is_adverb(word: str) -> bool:
    """Whether a word is an adverb: a common one, or by its ending."""
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4)  # noqa: PLR2004 (fly, only)


def _takes_object(following: str) -> bool:
    return following in DETERMINERS or following in OBJECTS


def is_verb(context: WordContext) -> bool | None:
    """Whether the word is a verb here; None where its neighbours do not tell."""
    distance = 1
    while distance < 3 and is_adverb(context.at(-distance)):  # noqa: PLR2004 (two adverbs at most)
        distance += 1
    left, left2, right = context.at(-distance), context.at(-distance - 1), context.at(1)
    if left == "to":
        return left2 not in NOUN_TO
    if left in MODALS:
        return True
    if left == "that" or (left in OBJECTS and left2 in HELPERS):
        return left2 in HELPERS or (is_open_class(left2) and left2 not in QUALITIES) or None
    if right == "of" or any(
        left in group for group in (DETERMINERS, PREPOSITIONS, QUALITIES, NUMBERS, BE, HAVE)
    ):
        return False
    of_letters = len(left) == len("m's")  # LLMs, not a possessive
    if left.endswith(("'s", "s'")) and not of_letters:
        return False
    return _after_subject(context, left, left2, right)


def _after_subject(context: WordContext, left: str, left2: str, right: str) -> bool | None:
    """The same behind a possible subject, at a start, or behind an open-class word."""
    third = _ends_in_s(context.word)
    if left in PERSONS and not (len(left) == 1 and len(left2) == 1):
        return None if third else True
    if left in THIRD_PERSONS:
        return third or left2 in MODALS
    if left == "" or left in JOINERS:
        if left == "" and (third or right in BE):
            return False
        return True if _takes_object(right) else None
    if left2 == right == "" and not third and _ends_in_s(left):  # Prices increase.
        return True
    return _after_noun(left, right, third=third)


def is_plainly_verb(context: WordContext) -> bool:
    """Whether a command (`Present your pass`) or a bare subject (`Muscles contract when`) leaves no doubt."""
    left, left2, right = context.at(-1), context.at(-2), context.at(1)
    if context.word == "object" and right == "to" and left in JOINERS:
        return True
    if context.word == "use" and left in {"", ",", "please", "then", "just", "instead"}:
        return right not in {"", "of", "case", "cases", "by", "and", "or", ","} | BE
    if context.word == "use" and left in PEOPLE:
        return right not in {"", "of", ","} | BE
    if left in {"", "please"}:
        counted = right in NUMBERS | TENS and context.word not in ALSO_QUALITIES
        return counted or (_takes_object(right) and right != "that")
    bare = left2 in NUMBERS or left2 == ""
    return (
        bare
        and _ends_in_s(left)
        and left.isalpha()
        and (right in CLAUSE_WORDS or right in NUMBERS | TENS)
        and not _ends_in_s(context.word)
    )


def _ends_in_s(word: str) -> bool:
    """Whether a word may be a plural or a third person; `progress` is none."""
    return word.endswith("s") and not word.endswith("ss")


def _after_noun(left: str, right: str, *, third: bool) -> bool | None:
    if _takes_object(right):
        return True
    if third:
        return True if is_open_class(right) and right not in NUMBERS else None
    if left in PEOPLE or _ends_in_s(left):
        return True if is_open_class(right) else None
    return False if len(left) > 1 else None

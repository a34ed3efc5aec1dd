"""Whether a full stop ends its sentence, or only an abbreviation or an initial."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dora_mlx_tts.text.en.pronounce.lexicon import PronouncingDictionary

_TOKEN = re.compile(r"[^\s\"'“”‘’(（\[【《「『\u2e80-\u9fff\uff00-\uffef]+$")
_LETTERS = re.compile(r"[a-z](?:\.[a-z])+")  # J.R.R., a.k.a.
LONGEST_POINT = 2
_COMPASS = frozenset({"N", "S", "E", "W", "NE", "NW", "SE", "SW"})
_ROMAN = re.compile(r"[IVXLC]{2,8}[,;:)]?")
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]")
_MOVE_SO_FAR = re.compile(r"[KQRBN][a-h]?x?[a-h]?|O")
"""A move of chess up to its figure: `Nf`3, `Qxd`5, `O`-O."""
_BEFORE_FIGURES = frozenset("#№(@$€£¥₹~≈<>≤≥±-−§¶")
"""What may stand between an abbreviation and its number."""
_LONGEST_TOKEN = 24
_LONGEST_SHORT_FORM = 6
_VOWEL = re.compile("[aeiouyAEIOUY]")


@cache
def _words(kind: str) -> frozenset[str]:
    """A word list of `abbreviations.json`.

    never_last: abbreviations that something always follows. before_number: abbreviations only
    before a number. letter_follows: those of them that stand before a single letter, too.
    months_and_days: likewise before a number, shortened names. units: behind a number, before another.
    place_names: part of a name, unless a number stands before them. last_before_starter: may end a
    sentence, but only a word of `starters` shows it. last_before_capital: end a sentence before
    any capital that does not begin one of `time_words`. eras: likewise, behind a year. labels: words
    after which a single capital is a name of its own, not an initial. titles, time_openings and
    subjects: see `Stop.opens`. spoons: measures of a recipe, behind
    a number. chained: with a capital, before another abbreviation.
    """
    data = resources.files(__package__).joinpath("abbreviations.json").read_text("utf-8")
    return frozenset(json.loads(data)[kind].split())


@cache
def _dictionary() -> PronouncingDictionary:
    return PronouncingDictionary()


def _is_no_label(word: str, following: str | None, *, is_name: bool) -> bool | None:
    """Whether a word is neither a letter nor a Roman number: `app. B`, `ch. IV,`; None while it may become one.

    Behind an abbreviation with a capital (`is_name`) the letter I is a number, too: `Art. I of`.
    """
    is_roman = _ROMAN.fullmatch(word) is not None
    if following is None:
        return None if len(word) == 1 or is_roman else True
    is_pronoun = word == "I" and not is_name and following not in {",", ";", ")"}
    return is_pronoun or (len(word.replace(".", "")) > 1 and not is_roman)


def _is_no_code(word: str, following: str | None) -> bool | None:
    """Whether no code of capitals and figures begins here: `no. WF45`, `ref. B-2207`; None while it may."""
    if following is None:
        return True if word[1:2].islower() else None
    return not following.isdigit()


def _is_no_short_form(word: str, following: str | None) -> bool | None:
    """Whether no abbreviation begins here: `Fed. Reg.`; None while it may."""
    if following is None:
        return None if len(word) <= _LONGEST_SHORT_FORM else True
    return following != "."


def _is_no_move(word: str, following: str | None) -> bool | None:
    """Whether no move of chess begins here: `2. Nf3`; None while it may."""
    if _MOVE_SO_FAR.fullmatch(word) is None:
        return True
    return None if following is None else not (following.isdigit() or following == "-")


@dataclass(frozen=True, slots=True)
class Stop:
    """A full stop and what stands before it.

    Attributes:
        token: the word that it belongs to, without it.
        before: the word before that.
        sentence: the sentence up to the stop; empty where it is too long to be examined.
    """

    token: str
    before: str
    sentence: str = ""

    @classmethod
    def of(cls, text: str, *, is_whole: bool = False) -> Stop:
        """The stop that `text` ends with; `is_whole` if the sentence begins with it."""
        tail = text[-3 * _LONGEST_TOKEN :]
        stop = tail.rstrip()[:-1].rstrip()
        match = _TOKEN.search(stop)
        if not match:
            return cls("", "")
        token = match.group()
        glued = token.rpartition(".")[2]  # a blank is missing: "done.Mr"
        token = glued if glued[:1].isupper() and glued.lower() in _words("never_last") else token
        before = _TOKEN.search(stop[: match.start()].rstrip())
        return cls(token, before.group() if before else "", text if is_whole else "")

    @property
    def word(self) -> str:
        """The token in lower case, without a dash in front."""
        return re.split("[–—]", self.token.lower().lstrip("-/"))[-1]

    def ends(self, following: str) -> bool | None:
        """Whether it ends its sentence, by the next letter or figure; None if the next word has to be known."""
        is_year = following in "'’" and self.word in _words("months_and_days")  # Sept. '25
        if self._is_street() and following.isupper():
            return None
        if is_year or following in "&+=×÷−*≈<>" or self._is_never_last():
            return False
        if following.isdigit() or following in _BEFORE_FIGURES:
            return not self._stands_before_number()
        return self._ends_before_capital() if following.isupper() else True

    def _ends_before_capital(self) -> bool | None:
        if self._is_initial():
            return False
        if self._is_chained() and self.before.endswith("."):  # Cal. Veh. Code
            return False
        is_name = self.word in _words("place_names")
        if is_name and not self._is_distance():
            return self.before[-1:].isdigit()
        needs_word = self._needs_word() or self._is_distance() or self.may_precede_code
        needs_word = needs_word or self._is_chained() or self._is_skeleton()
        return None if needs_word or self.token.isdecimal() else True

    def _is_skeleton(self) -> bool:
        """Whether it is an unknown short form without vowels, which ends a sentence like "Blvd."."""
        return _VOWEL.search(self.token) is None and self._is_short_form()

    def ends_before(self, word: str, following: str | None) -> bool | None:
        """Whether the next word, a capital first, shows that it ended its sentence.

        Args:
            word: as far as it is known.
            following: the character behind the word; None while the word goes on.

        Returns:
            None while the rest of the word has to be known.
        """
        if self.token.isdecimal():
            return _is_no_move(word, following)
        if self.word in _words("letter_follows"):
            return _is_no_label(word, following, is_name=self.token[:1].isupper())
        return self._ends_before_word(word, following)

    def _ends_before_word(self, word: str, following: str | None) -> bool | None:
        """As `ends_before`, where neither a label nor a move of chess can follow."""
        begun = word.lower().replace(".", "")
        if self._is_distance():
            may_grow = following is None and len(begun) <= LONGEST_POINT
            return None if may_grow else word not in _COMPASS
        if self._is_chained():
            return _is_no_short_form(word, following)
        if self.may_precede_code and not self._needs_word():
            return _is_no_code(word, following)
        if self._needs_starter() or self._is_skeleton() or self._is_street():
            return None if following is None else begun in _words("starters")
        return self._ends_before_name(begun, is_whole=following is not None)

    def _ends_before_name(self, begun: str, *, is_whole: bool) -> bool | None:
        if self._is_era() and self.opens:
            return False
        known = _words("time_words") | (_words("titles") if self.opens else frozenset())
        if is_whole:
            return begun not in known
        return None if any(other.startswith(begun) for other in known) else True

    @property
    def may_precede_letters(self) -> bool:
        """Whether a zone in letters may follow: "5 p.m. E.S.T."."""
        return self.word in _words("last_before_capital")

    @property
    def may_precede_code(self) -> bool:
        """Whether a code of capitals and figures may follow: "Model no. WF45"."""
        return self.word in _words("before_number")

    @property
    def opens(self) -> bool:
        """Whether the sentence is a time so far, with no subject: "At 5 a.m." before "Mr. Reed left"."""
        plain = _QUOTED.sub(" ", self.sentence.lower().rpartition(": ")[2])
        words = re.findall(r"[a-z']+", plain)
        return (
            bool(words)
            and words[0] in _words("time_openings")
            and not _words("subjects") & {*words[1:]}
        )

    def _is_never_last(self) -> bool:
        is_unit = self.word == "v" and self.token.isupper() and self.before[-1:].isdigit()
        return self.word in _words("never_last") and not is_unit

    def _is_street(self) -> bool:
        """Whether a name stands before "St.": it may end a sentence, if a starter shows it."""
        return self.word == "st" and self.before[:1].isupper()

    def _is_distance(self) -> bool:
        """Whether a point of the compass may follow: 2 mi. N of here."""
        return self.word in {"mi", "ft", "yd", "km"} and self.before[-1:].isdigit()

    def _stands_before_number(self) -> bool:
        if self.word in _words("units") and self.before[-1:].isdigit():
            return True
        known = self.word in _words("before_number") or self.word in _words("months_and_days")
        needs_word = self._needs_word() and self.word not in _words("letter_follows")
        return known or needs_word or self._is_chained() or self._is_short_form()

    def _is_short_form(self) -> bool:
        """Whether it looks like an abbreviation that no list has: few letters that are no word, as in "dep. 8:05"."""
        token = self.token
        if not (1 < len(token) <= _LONGEST_SHORT_FORM and token.isascii() and token.isalpha()):
            return False
        if self.before[-1:].isdigit():  # a unit
            return False
        return not token.isupper() and _dictionary().get(self.word) is None

    def _is_chained(self) -> bool:
        """Whether another abbreviation may follow: "Fed. R. Civ. P."."""
        return self.word in _words("chained") and self.token[:1].isupper()

    def _is_initial(self) -> bool:
        if not (len(self.token) == 1 and self.token.isascii() and self.token.isupper()):
            return False
        if self.before[-1:].isdigit() and self.token not in _COMPASS:  # a unit: 5 V
            return False
        is_pronoun = self.word == "i" and self.before[:1].islower()
        before = self.before.lower().rstrip(".")
        is_point = self.word in {"n", "e", "s", "w"} and before == "the"
        is_label = (before in _words("labels") and not is_point) or before in _words(
            "letter_follows"
        )
        return not (is_label or is_pronoun)

    def _needs_word(self) -> bool:
        return (
            self._needs_starter()
            or self.word in _words("last_before_capital")
            or self.word in _words("letter_follows")
            or self._is_era()
        )

    def _is_era(self) -> bool:
        return self.word in _words("eras") and self.before[-1:].isdigit()

    def _needs_starter(self) -> bool:
        if self.word in _words("spoons") and self.before[-1:].isnumeric():
            return True
        if self.word in _words("last_before_capital") or self._is_era():
            return False
        return (
            self.word in _words("last_before_starter") or _LETTERS.fullmatch(self.word) is not None
        )

"""Whether a full stop ends its sentence, or only an abbreviation or an initial."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_TOKEN = re.compile(r"[^\s\"'“”‘’(（\[【《「『\u2e80-\u9fff\uff00-\uffef]+$")
_LETTERS = re.compile(r"[a-z](?:\.[a-z])+")  # J.R.R., a.k.a.
LONGEST_POINT = 2
_COMPASS = frozenset({"N", "S", "E", "W", "NE", "NW", "SE", "SW"})
_ROMAN = re.compile(r"[IVXLC]{2,8}[,;:)]?")
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]")
_LONGEST_TOKEN = 24


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
    subjects: see `Stop.opens`.
    """
    data = resources.files(__package__).joinpath("abbreviations.json").read_text("utf-8")
    return frozenset(json.loads(data)[kind].split())


def _is_no_label(word: str, following: str | None) -> bool | None:
    """Whether a word is neither a letter nor a Roman number: `app. B`, `ch. IV,`; None while it may become one."""
    is_roman = _ROMAN.fullmatch(word) is not None
    if following is None:
        return None if len(word) == 1 or is_roman else True
    is_pronoun = word == "I" and following not in {",", ";", ")"}
    return is_pronoun or (len(word.replace(".", "")) > 1 and not is_roman)


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
        if is_year or following == "&" or self.word in _words("never_last"):
            return False
        if following.isdigit() or following in "#№(@":
            return not self._stands_before_number()
        return self._ends_before_capital() if following.isupper() else True

    def _ends_before_capital(self) -> bool | None:
        if self._is_initial():
            return False
        is_name = self.word in _words("place_names")
        if is_name and not self._is_distance():
            return self.before[-1:].isdigit()
        return None if self._needs_word() or self._is_distance() else True

    def ends_before(self, word: str, following: str | None) -> bool | None:
        """Whether the next word, a capital first, shows that it ended its sentence.

        Args:
            word: as far as it is known.
            following: the character behind the word; None while the word goes on.

        Returns:
            None while the rest of the word has to be known.
        """
        begun = word.lower().replace(".", "")
        if self.word in _words("letter_follows"):
            return _is_no_label(word, following)
        if self._is_distance():
            may_grow = following is None and len(begun) <= LONGEST_POINT
            return None if may_grow else word not in _COMPASS
        if self._needs_starter():
            return None if following is None else begun in _words("starters")
        return self._ends_before_word(begun, is_whole=following is not None)

    def _ends_before_word(self, begun: str, *, is_whole: bool) -> bool | None:
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
    def opens(self) -> bool:
        """Whether the sentence is a time so far, with no subject: "At 5 a.m." before "Mr. Reed left"."""
        plain = _QUOTED.sub(" ", self.sentence.lower().rpartition(": ")[2])
        words = re.findall(r"[a-z']+", plain)
        return (
            bool(words)
            and words[0] in _words("time_openings")
            and not _words("subjects") & {*words[1:]}
        )

    def _is_distance(self) -> bool:
        """Whether a point of the compass may follow: 2 mi. N of here."""
        return self.word in {"mi", "ft", "yd", "km"} and self.before[-1:].isdigit()

    def _stands_before_number(self) -> bool:
        if self.word in _words("units") and self.before[-1:].isdigit():
            return True
        known = self.word in _words("before_number") or self.word in _words("months_and_days")
        return known or (self._needs_word() and self.word not in _words("letter_follows"))

    def _is_initial(self) -> bool:
        if not (len(self.token) == 1 and self.token.isascii() and self.token.isupper()):
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
        if self.word in _words("last_before_capital") or self._is_era():
            return False
        return (
            self.word in _words("last_before_starter") or _LETTERS.fullmatch(self.word) is not None
        )

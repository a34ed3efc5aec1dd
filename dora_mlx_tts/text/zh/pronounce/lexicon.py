"""Readings that are set explicitly: the user's words, this package's phrases, characters by their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.zh.readings import load_data, phrase_reading
from dora_mlx_tts.text.zh.segment.words import Word, segment
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of

_LONGEST_PHRASE_WORDS = 4
_ADVERB = 3
"""Characters of the shortest adverb with 地."""
_NO_VERBS = frozenset("不只难必取获所心求应")
"""Before 得 in a word these leave it its full reading (不得了)."""
_NUMERALS = frozenset("一二两三四五六七八九十百千万几每")
_CONTEXT = 8
"""Characters on either side that a context rule sees."""
_CALLED = re.compile("姓$")
_TITLE = re.compile(
    "先生|女士|小姐|老师|医生|教授|经理|主任|律师|同学|师傅|大[妈爷叔哥姐嫂娘]|阿姨|叔叔|奶奶|爷爷|伯伯"
)
_FAMILIAR = re.compile("(?:^|[和与跟找叫问请给让])[小老]$")
_BEHIND_FAMILIAR = re.compile("$|[你我他她说来去在今昨明的是和也就把被]")
_PERSON = frozenset({"nr"})
_GIVEN = re.compile("(?![迟高天视事购华百活])")
"""A given name: no 尉迟, 乐高, 乐天."""
_NO_ADVERB_TAGS = ("n", "m", "r", "q", "f", "s", "t", "p", "u", "c", "x")


def parse_pinyin(word: str, pinyin: str | Sequence[str]) -> tuple[str, ...]:
    """Check the reading of a word, written `yin2 hang2` or `yín háng`.

    Raises:
        SettingError: not one known syllable for every character.
    """
    parts = pinyin.split() if isinstance(pinyin, str) else list(pinyin)
    syllables = tuple(
        p.replace("ü", "v") if p[-1:].isdecimal() else from_marks(p) for p in map(str.lower, parts)
    )
    wrong = [p for p, s in zip(parts, syllables, strict=True) if symbols_of(s) is None]
    if wrong:
        raise SettingError(
            f"pronunciation of {word!r}: {wrong[0]!r} is no pinyin syllable; "
            "write it with a tone from 1 to 5, such as 'hang2' or 'lv4'"
        )
    if not word or len(syllables) != len(word):
        raise SettingError(
            f"pronunciation of {word!r} has {len(syllables)} syllables, but the word has "
            f"{len(word)} characters; one syllable a character is needed"
        )
    return syllables


class UserWords:
    """Words whose reading the user set; they are cut out before segmentation."""

    def __init__(self, pronunciations: Mapping[str, str | Sequence[str]]) -> None:
        """Check and index `pronunciations`.

        Raises:
            SettingError: a reading does not fit its word.
        """
        self._readings = {w: parse_pinyin(w, p) for w, p in pronunciations.items()}
        longest_first = sorted((w for w in self._readings if len(w) > 1), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def segment(self, clause: str, *, before_stop: bool) -> Iterator[Word]:
        """Words of a clause; a single character with a reading counts where it stands alone."""
        at = 0
        for match in self._pattern.finditer(clause):
            yield from self._plain(clause[at : match.start()], before_stop=False)
            yield Word(match[0], "n", self._readings[match[0]])
            at = match.end()
        yield from self._plain(clause[at:], before_stop=before_stop)

    def _plain(self, clause: str, *, before_stop: bool) -> Iterator[Word]:
        for word in segment(clause, before_stop=before_stop) if clause else ():
            reading = self._readings.get(word.text)
            yield Word(word.text, word.tag, reading) if reading else word


@dataclass(frozen=True, slots=True)
class ContextRule:
    """A reading of a character by what is around it.

    Attributes:
        reading: the syllable.
        before: what must precede the character in its clause.
        after: what must follow it.
        tags: parts of speech of its word, one of which it must be; any if there are none.
        place: where in a word of several characters it must be (`start`, `inside`, `end`); anywhere
            if empty.
        listed: whether the rule holds inside words that a dictionary lists, too.
    """

    reading: str
    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    tags: frozenset[str] = frozenset()
    place: str = ""
    listed: bool = False

    def fits(self, word: Word, at: int, before: str, after: str) -> bool:
        """Whether the rule holds for character `at` of `word` between these neighbours."""
        if self.place:
            if len(word) == 1 or self.place != _place(at, len(word)):
                return False
        elif self.before is None and self.after is None and len(word) > 1:
            return False
        return (
            (not self.tags or word.tag in self.tags)
            and (self.before is None or self.before.search(before) is not None)
            and (self.after is None or self.after.match(after) is not None)
        )


def _place(at: int, size: int) -> str:
    if at == 0:
        return "start"
    return "end" if at == size - 1 else "inside"


def _context_rule(rule: Mapping[str, Any]) -> ContextRule:
    return ContextRule(
        rule["reading"],
        re.compile(f"(?:{rule['before']})$") if rule.get("before") else None,
        re.compile(rule["after"]) if rule.get("after") else None,
        frozenset(rule.get("tags", ())),
        rule.get("place", ""),
        rule.get("listed", False),
    )


@cache
def _has_rules() -> frozenset[str]:
    """Characters whose readings depend on their neighbours."""
    data = load_data("polyphones.json")
    return frozenset((*data["surnames"], *data["rules"]))


@cache
def _context_rules(char: str) -> tuple[ContextRule, ...]:
    """The rules of a character; most texts need few of them, and compiling all takes a tenth of a start."""
    data = load_data("polyphones.json")
    rules = tuple(map(_context_rule, data["rules"].get(char, ())))
    surname = data["surnames"].get(char)
    if surname is None:
        return rules
    return (
        ContextRule(surname, before=_CALLED),
        ContextRule(surname, after=_TITLE),
        ContextRule(surname, before=_FAMILIAR, after=_BEHIND_FAMILIAR),
        ContextRule(surname, after=_GIVEN, tags=_PERSON, place="start"),
        *rules,
    )


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    return {w: parse_pinyin(w, p) for w, p in load_data("phrases.json").items()}


def corrections(
    clause: str, words: Sequence[Word], decided: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Syllables of a clause, by position, that differ from the dictionary's reading.

    `decided` are those a model gave; they win over the neighbours' rules.
    """
    model = decided or {}
    found: dict[int, str] = dict(model)
    at = 0
    for i, word in enumerate(words):
        found.update((i, p) for i, p in _by_context(clause, at, word) if i not in model)
        found.update(_structural(at, word))
        if word.text == "地" and i:
            following = words[i + 1] if i + 1 < len(words) else None
            found[at] = "de5" if _is_adverbial(words[i - 1], following) else "di4"
        at += len(word)
    return found


def phrase_syllables(words: Sequence[Word]) -> dict[int, str]:
    """Syllables, by position, of this package's own phrases among the words of a clause."""
    found: dict[int, str] = {}
    at = 0
    for i, word in enumerate(words):
        for end in range(i + 1, min(i + _LONGEST_PHRASE_WORDS, len(words)) + 1):
            phrase = "".join(w.text for w in words[i:end])
            found.update(enumerate(_phrases().get(phrase, ()), at))
        at += len(word)
    return found


def _by_context(clause: str, start: int, word: Word) -> Iterator[tuple[int, str]]:
    if _has_rules().isdisjoint(word.text):
        return
    known = (
        len(word) > 1 and word.text[0] not in _NUMERALS and phrase_reading(word.text) is not None
    )
    for i, char in enumerate(word.text):
        if char not in _has_rules():
            continue
        at = start + i
        before, after = clause[max(0, at - _CONTEXT) : at], clause[at + 1 : at + 1 + _CONTEXT]
        for rule in _context_rules(char):
            if (rule.listed or not known) and rule.fits(word, i, before, after):
                yield at, rule.reading
                break


def _structural(start: int, word: Word) -> Iterator[tuple[int, str]]:
    """地 at the end of an adverb (轻轻地) and 得 between a verb and its degree (跑得快)."""
    text, size = word.text, len(word)
    if size >= _ADVERB and text[-1] == "地" and (text[0] == text[1] or word.tag[0] in "dz"):
        yield start + size - 1, "de5"
    if size == _ADVERB and text[1] == "得" and text[0] not in _NO_VERBS:
        yield start + 1, "de5"
    if size == _ADVERB and text[1:] == "不得":  # 舍不得, 恨不得
        yield start + size - 1, "de5"


def _is_adverbial(word: Word, following: Word | None) -> bool:
    """Whether 地 after this word makes an adverb of it (高兴地, 大声地说, but 这块地)."""
    if len(word) == 1:
        return False
    if len(set(word.text)) < len(word) or word.text.endswith("声"):
        return True
    if following is None:
        return word.tag[0] in "dzil"
    by_noun = word.tag == "n" and following.tag in ("v", "vn", "vd")
    return by_noun or not word.tag.startswith(_NO_ADVERB_TAGS)

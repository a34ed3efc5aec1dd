"""The user's readings and rule switches, from YAML.

::

    zh: {重庆: chong2 qing4, 行长: háng zhǎng}
    en: {dora: D AO1 R AH0, SQL: sequel}
    ja: {今日: きょう}
    rules: {erhua: false, neutral_words: [豆腐]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from dora_mlx_tts.errors import LanguageError, SettingError
from dora_mlx_tts.messages import must_be, unknown
from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.alphabets import READERS, unknown_units
from dora_mlx_tts.text.schemes import scheme_of
from dora_mlx_tts.yaml_reader import Limits, read_yaml

if TYPE_CHECKING:
    from dora_mlx_tts.text.zh.tones.rules import MandarinRules

_LIMITS = Limits(bytes=4 << 20, values=1_000_000)
_HOLDS = "words and readings (language: {word: reading})"
RULES = "rules"
_ALPHABETS = {"zh": "pinyin", "en": "arpabet", "yue": "jyutping"}
"""Languages whose modules take phones for a word; the others take another spelling."""

_FORMS = {
    "pinyin": "pinyin, one syllable per character with a tone from 1 to 5",
    "arpabet": "ARPAbet, vowels with a stress from 0 to 2",
    "jyutping": "Jyutping, one syllable per character with a tone from 1 to 6",
}
_LIKE_PHONES = re.compile(r"[A-Za-zü][0-9](?:\s|\Z)")
"""A syllable or phone with its tone or stress, known or not."""

Reading = str | Sequence[str]
_Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spelling:
    """Words that are read as if they were spelled otherwise: SQL as sequel."""

    words: _Words = field(default_factory=dict)

    def apply(self, text: AlignedText) -> AlignedText:
        """The text with the words replaced; Latin words only where they stand alone."""
        if not self.words:
            return text
        folded = {word.lower(): reading for word, reading in self.words.items()}
        longest_first = sorted(self.words, key=len, reverse=True)
        pattern = re.compile("|".join(map(_whole, longest_first)), re.IGNORECASE)
        return text.sub(pattern, lambda match: folded.get(match.group().lower()))


def _whole(word: str) -> str:
    """A pattern for the word that does not match inside a longer Latin word."""
    before = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", word) else ""
    after = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]\Z", word) else ""
    return before + re.escape(word) + after


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words with their readings by language, and switches of the Mandarin tone rules.

    Attributes:
        phones: language -> word -> units of its alphabet (pinyin, ARPAbet, Jyutping).
        spellings: language -> word -> another spelling.
        rules: switches and word lists, by their names in `MandarinRules`.
    """

    phones: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    spellings: Mapping[str, _Words] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.phones or self.spellings or self.rules)

    @classmethod
    def of(cls, words: Mapping[str, Mapping[str, Reading]], origin: str = "lexicon") -> Self:
        """Check readings and convert those written in the language's alphabet to phones.

        Raises:
            SettingError: a language is unknown or a reading is empty; the message says which and where.
        """
        phones: dict[str, dict[str, tuple[str, ...]]] = {}
        spellings: dict[str, dict[str, str]] = {}
        for name, entries in words.items():
            language = _language(name, origin)
            if not isinstance(entries, Mapping):
                raise SettingError(
                    must_be(f"{origin}: {name}", "a map of words to their readings", entries)
                )
            for word, reading in entries.items():
                text = _text_of(reading)
                if not isinstance(word, str) or not word.strip() or text is None:
                    raise SettingError(
                        must_be(
                            f"{origin}: {name}: the reading of {word!r}",
                            "a text such as 'chong2 qing4' or a list of phones",
                            reading,
                        )
                    )
                units = _units(language, word, text, origin, is_list=not isinstance(reading, str))
                if units is None:
                    spellings.setdefault(language, {})[word] = text
                else:
                    phones.setdefault(language, {})[word] = units
        return cls(_frozen(phones), _frozen(spellings))

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a YAML file: languages with their words, and `rules`.

        Raises:
            SettingError: it cannot be read, or something in it is not allowed.
        """
        values = read_yaml(file, error=SettingError, limits=_LIMITS, holds=_HOLDS).values
        rules = values.pop(RULES, None) or {}
        if not isinstance(rules, dict):
            raise SettingError(must_be(f"{file}: {RULES}", "a map of rules to their values", rules))
        check_rules(rules, str(file))
        words = cls.of({k: v or {} for k, v in values.items()}, str(file))
        return cls(words.phones, words.spellings, MappingProxyType(rules))

    def over(self, other: Lexicon) -> Lexicon:
        """This lexicon's entries merged over another's, word by word."""
        return Lexicon(
            _laid_over(self.phones, other.phones, self.spellings),
            _laid_over(self.spellings, other.spellings, self.phones),
            MappingProxyType({**other.rules, **self.rules}),
        )

    def mandarin_rules(self) -> MandarinRules:
        """The tone rules with the switches of this lexicon."""
        from dora_mlx_tts.text.zh.tones.rules import (  # noqa: PLC0415 (on demand)
            MandarinRules,
        )

        return MandarinRules(**self.rules)

    def spelling(self, language: str) -> Spelling:
        """Spellings for spans of a language, except Latin words."""
        words = self.spellings.get(language, {})
        return Spelling({w: r for w, r in words.items() if not _is_latin(w)})

    @property
    def everywhere(self) -> Spelling:
        """Spellings of Latin words, which occur in texts of any language."""
        every = (item for words in self.spellings.values() for item in words.items())
        return Spelling({word: reading for word, reading in every if _is_latin(word)})


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How to read texts, whatever the voice.

    Attributes:
        lexicon: readings for all voices; a voice's own readings take precedence.
        polyphone_model: folder of the model that reads Chinese polyphones.
    """

    lexicon: Lexicon = field(default_factory=Lexicon)
    polyphone_model: Path | None = None

    @classmethod
    def load(cls, lexicon: Path | None, polyphone_model: Path | None) -> Self:
        """Options with the lexicon of a file; raises SettingError for a wrong one."""
        return cls(Lexicon.load(lexicon) if lexicon else Lexicon(), polyphone_model)


def check_rules(rules: Mapping[str, Any], origin: str) -> None:
    """Raise SettingError if a rule is unknown or its value is not of the kind it takes."""
    from dora_mlx_tts.text.zh.tones.rules import (  # noqa: PLC0415 (on demand)
        MandarinRules,
    )

    defaults = {item.name: getattr(MandarinRules(), item.name) for item in fields(MandarinRules)}
    for name, value in rules.items():
        if name not in defaults:
            raise SettingError(f"{origin}: {unknown('rule', name, defaults)}")
        if isinstance(defaults[name], bool):
            if not isinstance(value, bool):
                raise SettingError(must_be(f"{origin}: rule {name}", "true or false", value))
        elif not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise SettingError(must_be(f"{origin}: rule {name}", "a list of words", value))


def _language(name: object, origin: str) -> str:
    try:
        return scheme_of(str(name)).main
    except LanguageError as error:
        raise SettingError(f"{origin}: {error}") from error


def _text_of(reading: object) -> str | None:
    parts = [reading] if isinstance(reading, str) else reading
    if not isinstance(parts, Sequence) or not all(isinstance(part, str) for part in parts):
        return None
    return " ".join(" ".join(parts).split()) or None


def _units(
    language: str, word: str, text: str, origin: str, *, is_list: bool
) -> tuple[str, ...] | None:
    """Units of the language's alphabet, or None for another spelling; a list is never a spelling."""
    name = _ALPHABETS.get(language)
    units = READERS[name](text, word) if name else None
    if units is None and name == "arpabet" and re.search("[əɪʊɛɔæʌˈθðʃʒŋ]", text):
        units = READERS["ipa"](text, word)
    if units is None and name and (is_list or _LIKE_PHONES.search(text)):
        strange = ", ".join(map(repr, unknown_units(name, text)))
        form = f"{origin}: the reading of {word!r}"
        hint = f" (unknown: {strange})" if strange else ""
        raise SettingError(must_be(form, _FORMS[name], text) + hint)
    return units


def _is_latin(word: str) -> bool:
    return re.search("[A-Za-z]", word) is not None


def _frozen(words: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({k: MappingProxyType(v) for k, v in words.items()})


def _laid_over(
    top: Mapping[str, Any], below: Mapping[str, Any], hidden: Mapping[str, Any]
) -> Mapping[str, Any]:
    languages = dict.fromkeys([*below, *top])
    kept = {
        language: {
            word: reading
            for word, reading in below.get(language, {}).items()
            if word not in hidden.get(language, {})
        }
        for language in languages
    }
    return _frozen(
        {language: {**kept[language], **top.get(language, {})} for language in languages}
    )

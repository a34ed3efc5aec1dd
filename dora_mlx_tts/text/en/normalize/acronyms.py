"""Capitals: which words are spelled, which are read, and where CamelCase is cut."""

from __future__ import annotations

import re
from collections.abc import Container

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.patterns import NEW_SENTENCE
from dora_mlx_tts.text.en.pronounce.letters import spell
from dora_mlx_tts.text.en.pronounce.lexicon import PronouncingDictionary, own_words
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

READ_AS_WORDS = word_set(
    "AIDS ARM ASCII ASEAN BERT BIOS CAD CAPTCHA COBOL COVID DOS FIFA FOX GIF GUI HEX IKEA JPEG JSON LAN LASER LIDAR LORA MAC MAX MIDI MIN "
    "BOGO FOMO HEPA HIPAA HELOC LASIK NIMBY NOAA OSHA POTUS SCOTUS FLOTUS SPAC SCSI SATA CUDA DARPA EBITDA FICA FISA GAAP FEMA MOOC MOSFET NAND PEMDAS FAFSA ECMO MRSA NICU PICU CRISPR FIFO LIFO CORS CRUD REIT NASCAR PETA BIPOC IMAX STEM RAID AWOL MENSA INTERPOL HAZMAT WYSIWYG CERN "
    "NAFTA NASA NASDAQ NATO NERF OPEC PET PIN RADAR RAM ROM SARS SCUBA SIM SONAR SUM SWAT TAB TOEFL TOML UEFA UNESCO "
    "UNICEF UNIX WAN WASM YAML YOLO ZIP README STDIN STDOUT STDERR IELTS BRICS MOBA DOTA NIO"
)
"""Acronyms that are spoken as words; their readings are in the lexicon."""
EMPHASIZED = word_set(
    "ALL AND ANY ARE BAD BIG BUT CAN DAY DID FOR GET GOT HAD HAS HER HIM HIS HOT HOW ITS LET MAY MY NEW NO NOT NOW "
    "OFF OLD ONE OUR OUT OWN IS ON UP BY OR ME WE HE GO IF TO OF BE DO RUN SAY SEE SHE SO THE TOO TOP TRY TWO WAS WAY WHY WIN YES YET YOU"
)
"""Short words in capitals that are stress, not acronyms, even in a sentence in lower case."""
_SHOUTED = EMPHASIZED | word_set(
    "AM AN AS AT BE BY DO GO HE IF IN IS IT ME OF ON OR UP US WE TO WHO I A OH"
)
NEVER_READ = word_set(
    "ASAP FAQ IEEE IOS RIP ETA DIY AKA CEO CFO CTO IPO ATM EPA IRA MBA PHD TBA VIP ICYMI USAID UNIDO"
)
_AMBIGUOUS = word_set("IT US AM WHO IN AT AS AN")
"""Among small letters these are short forms; only a sentence all in capitals has them as words."""

_DOTTED = expression(r"(?<![\w.])(?:[A-Za-z]\.\s?(?=[A-Za-z]\.)){1,8}[A-Za-z](?P<dot>\.)?(?![\w])")
_CONSTANT = expression(r"(?<![A-Za-z0-9_])[A-Z]{2,}(?:_[A-Z]{2,}){1,6}(?![A-Za-z0-9_])")
_DOTTED_DEGREE = expression(
    r"\b(?:Ph\. ?D|Ed\. ?D|Psy\. ?D|Pharm\. ?D|[MB]\. ?(?:Sc|Ed|Eng|Tech|Phil|Arch|Mus|Com|Des|Div|Litt)|D\. ?(?:Phil|Sc|Litt|Mus|Min)|LL\. ?[BMD])\b(?P<dot>\.)?"
)
"""Degrees, of which a part has small letters."""
_DEGREE_PARTS = {"Ph": "P H", "Sc": "S C", "LL": "L L"}
_INITIAL = expression(rf"(?<![\w'.])([A-HJ-Z])\.(?=\s[A-Z][a-z])(?!{NEW_SENTENCE})")
_SHARE_CLASS = expression(r"(?<=\b[A-Z]{3})\.(?=[A-C]\b(?!\.))")
"""The class of a share: BRK.B."""
_WORD = expression(r"[A-Za-z]+(?:'[A-Za-z]+)*")
_CAPITALS = expression(
    r"(?<![A-Za-z'])[A-Z]+(?:'[A-Z]+)*(?![A-Za-z'])(?:[^A-Za-z.?!\n]+[A-Z]+(?:'[A-Z]+)*(?![A-Za-z'])){1,400}"
)
_HUMP = expression(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")
_PLURAL = expression(r"([A-Z]{2,6}|PhD)(s)")
_LETTERS_COUNTED = expression(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|straight|these|those|the) ([B-LN-Z])s\b(?!')"
)
_LETTERS_IN_PLURAL = expression(r" [B-LN-Z]s\b")
_SMALL_INSIDE = expression("[A-Z][a-z][A-Z]")
"""PhD, IoT, YoY."""
_SMALL_LAST = expression("[A-Z]{2,5}[a-rt-z]")
"""PCIe, MSc; the letter s makes a plural."""
_NAME_LIKE = expression(
    r"(?=.{4,})(?:[BCDFGHJKLMNPQRSTVWXZ]{0,2}[AEIOUY]+){2,}[BCDFGHJKLMNPQRSTVWXZ]{0,2}"
)
_CLUSTER = expression(
    r"[^AEIOUY]{3}|\A(?![BCDFGKPT][LR]|[SCTPGKWRBDZ]H|S[CKLMNPQTW]|[DTQ][WU]|KN|WR|TS|[^AEIOUY][AEIOUY]|[AEIOUY])"
)
"""Three consonants in a row, or two that begin no word."""
_VOWEL = expression("[AEIOUYaeiouy]")
_SENTENCE_BREAK = expression(r"[.?!\n]")
AROUND = 40
"""Characters on each side that are checked for small letters."""
READ_LENGTH = 4
SPELLED_LENGTH = 5
_LEXICON = PronouncingDictionary()


def _is_read(word: str) -> bool:
    """Whether a word in capitals is spoken as a word."""
    if word in READ_AS_WORDS or word in EMPHASIZED:
        return True
    if word.lower() in own_words():
        return True
    if word in NEVER_READ or len(word) < READ_LENGTH:
        return False
    known = _LEXICON.get(word.lower())
    if known is not None:
        return not _is_spelling(known, word)
    if len(word) == SPELLED_LENGTH:
        return _is_pronounceable(word)
    return len(word) > SPELLED_LENGTH and any(vowel in word for vowel in "AEIOU")


def _is_spelling(phones: tuple[str, ...], word: str) -> bool:
    """Whether dictionary phones are just the names of the word's letters (stress aside)."""
    names = [phone.rstrip("012") for phone in spell(word.lower())]
    return [phone.rstrip("012") for phone in phones] == names


def _is_pronounceable(word: str) -> bool:
    """Whether an unknown word has the shape of a name, not of an acronym."""
    return bool(_NAME_LIKE.fullmatch(word)) and not _CLUSTER.search(word)


def _is_shouting(words: list[str], *, alone: bool) -> bool:
    """A run of capitals is shouted text if half of it are plain words.

    Args:
        words: the run.
        alone: there are no small letters around it.
    """
    plain = [word for word in words if word not in READ_AS_WORDS]
    long = sum(
        word in EMPHASIZED or (len(word) >= READ_LENGTH and _is_read(word)) for word in plain
    )
    doubtful = frozenset[str]() if alone else _AMBIGUOUS
    short = sum(word in _SHOUTED - EMPHASIZED - doubtful for word in plain)
    has_word = any(len(word) > 1 for word in plain)
    if alone and has_word and long + short == len(words):
        return True
    return long > 0 and (long + short) * 2 >= len(words)


def _shouted(match: re.Match[str]) -> str | None:
    words = _WORD.findall(match.group())
    around = match.string[max(0, match.start() - AROUND) : match.start()]
    around = _SENTENCE_BREAK.split(around)[-1]
    around += _SENTENCE_BREAK.split(match.string[match.end() : match.end() + AROUND])[0]
    alone = not any(char.islower() for char in around)
    if not _is_shouting(words, alone=alone):
        return None
    return _WORD.sub(lambda m: _unshout(m.group(), alone=alone), match.group())


def _unshout(word: str, *, alone: bool) -> str:
    """Small letters where the word is known or looks like a name."""
    if word in READ_AS_WORDS or word == "I" or word in NEVER_READ:
        return word
    if not alone and word in _AMBIGUOUS:
        return word
    known = _LEXICON.get(word.lower().replace("'", "") if word.isalpha() else word.lower())
    if known is None:
        is_word = len(word) > SPELLED_LENGTH or "'" in word or _is_pronounceable(word)
        return word.lower() if is_word else word
    return word if _is_spelling(known, word) else word.lower()


def _constant(match: re.Match[str]) -> str:
    """`API_KEY` API key: a name in a program, of which each part is a word or letters."""
    parts = match.group().split("_")
    return " ".join(
        _unshout(part, alone=True) if len(part) >= READ_LENGTH - 1 else part for part in parts
    )


def _letters(word: str) -> str:
    return " ".join(word)


def _dotted(match: re.Match[str]) -> str:
    letters = re.sub(r"[^A-Za-z]", "", match.group()).upper()
    at_end = match["dot"] and _ENDS.match(match.string, match.end())
    return _letters(letters) + ("." if at_end else "")


def _degree(match: re.Match[str]) -> str:
    """`M.Sc.` → M S C, `Ed.D.` → Ed D."""
    parts = re.findall(r"[A-Za-z]+", match.group())
    at_end = match["dot"] and _ENDS.match(match.string, match.end())
    return " ".join(_DEGREE_PARTS.get(part, part) for part in parts) + ("." if at_end else "")


_ENDS = expression(NEW_SENTENCE)


def _word(match: re.Match[str]) -> str | None:
    word, _, ending = match.group().partition("'")
    if len(word) < 2 or word[1:].islower():  # noqa: PLR2004 (a letter, or at most one capital in front)
        return None
    ending = f"'{ending}" if ending else ""
    if word in _CASED:
        return _CASED[word] + ending
    if _SMALL_INSIDE.fullmatch(word) or _SMALL_LAST.fullmatch(word):
        return _letters(word.upper()) + ending
    plural = _PLURAL.fullmatch(word)
    if plural:
        stem = plural[1] if _is_read(plural[1]) else _letters(plural[1].upper())
        return f"{stem}'s{ending}"
    if word.isupper():
        return None if _is_read(word) else _letters(word) + ending
    return _camel(word) + ending


_CASED = {
    "EdD": "Ed D",
    "MEd": "M Ed",
    "BEd": "B Ed",
    "DPhil": "D Phil",
    "LaTeX": "lay tech",
    "TeX": "tech",
    "XeLaTeX": "zee lay tech",
    "BibTeX": "bib tech",
    "SQLAlchemy": "S Q L alchemy",
    "DDoS": "D dos",
    "CoV": "cov",
    "PostgreSQL": "postgres Q L",
    "NVMe": "N V M E",
    "LoRA": "lora",
    "LoRa": "lora",
    "QLoRA": "Q lora",
}
"""Names whose capitals tell them from a word."""


def _camel(word: str) -> str:
    if re.match(r"(?:Mc|O|D)[A-Z][a-z]", word):
        return word
    humps = _HUMP.findall(word)
    if word.lower() in _LEXICON and not all(_is_known(hump) for hump in humps):
        return word.lower()
    return " ".join(_hump(hump) for hump in humps)


def _is_known(hump: str) -> bool:
    return hump.isupper() or hump.lower() in _LEXICON


def _hump(hump: str) -> str:
    if len(hump) > 1 and _VOWEL.search(hump) is None:
        return _letters(hump.upper())
    return _letters(hump) if len(hump) > 1 and hump.isupper() and not _is_read(hump) else hump


_IN_BRACKETS = expression(r"(?<=\()(?:SO|IT|US|OR|IN|AM|AS|AT)(?=\))")
_LOAN = expression(r"(?i)\b(?:mortgages?|loans?|refinanc\w+|adjusts?|lenders?)\b")
_ADJUSTABLE = expression(r"\bARM(s?)\b")


def apply_dots(text: AlignedText) -> AlignedText:
    """`U.S.A.` → U S A, `J. K. Rowling` → J K Rowling."""
    text = text.sub(_DOTTED_DEGREE, _degree).sub(_SHARE_CLASS, " ")
    return text.sub(_DOTTED, _dotted).sub(_INITIAL, lambda m: m[1])


def apply(text: AlignedText, kept: Container[str] = frozenset()) -> AlignedText:
    """`FBI` → F B I, `NASA` → NASA, `WHAT A DAY` → what a day, `LLMs` → L L M's.

    Words whose small form is in `kept` stay as they are.
    """
    if _LETTERS_IN_PLURAL.search(text.text):
        text = text.sub(_LETTERS_COUNTED, r"\1 \2's")
    if "(" in text.text:
        text = text.sub(_IN_BRACKETS, lambda m: _letters(m.group()))
    if "ARM" in text.text and _LOAN.search(text.text):
        text = text.sub(_ADJUSTABLE, lambda m: f"A R M{chr(39) + m[1] if m[1] else ''}")
    text = text.sub(_CONSTANT, _constant).sub(_CAPITALS, _shouted)
    return text.sub(_WORD, lambda m: None if m.group().lower() in kept else _word(m))

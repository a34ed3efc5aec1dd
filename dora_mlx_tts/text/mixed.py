"""Chinese with Latin letters in it: what neither language can tell alone.

`内存16GB` has a Chinese number and a spelled unit, `x²+1` a Chinese reading and English letters,
`G1234次` is the name of a train. Once a text is divided by language, each side sees its own half
only; so what stands beside Chinese is written out before, by the rules of `zh/normalize`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.patterns import expression

if TYPE_CHECKING:
    from dora_mlx_tts.text.zh.normalize.patterns import Reader, Rule

_ROMAN = expression(
    r"(?<=第)[ ]?([IVX]{1,6})(?=[\u3400-\u9fff，。！？、；：]|\Z)|"
    r"(?<=[\u3400-\u9fff])([IVX]{2,6})(?=[世型期级])"
)
_PLUS = expression(
    r"(?<=[A-Za-z])\+(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])\+(?=[，。！？、；：”」』）)]|\Z)"
)
_WIDE_COLON = expression("(?<=[A-Za-z])：(?=[0-9])")
_HALF_DAY = expression(r"\b([AaPp])\.[ ]?[Mm]\.(?=[\u3400-\u9fff])")
"""Its last dot does not end a sentence."""
_WIDE_SIGN = expression(r"(?<=[0-9A-Za-z])[．／－＋＝×]+(?=[0-9A-Za-z])|(?<=[0-9])％|[＄](?=[0-9])")
_PLUS_MINUS = expression(r"\+/?[-\u2212](?=[ ]?\d)")
_AREA = expression("[㎡㎥㎢⭐]")
_SHARP = expression(r"(?<=(?<![A-Za-z])[CF])#(?=\d)")
_MINOR = expression(r"(?<![A-Za-z0-9])([A-G])#m(?:in)?(?![A-Za-z0-9])")
_ARROW = expression(
    r"(?<=[\u3400-\u9fff])[ ]?(?:[→➜➡⇒]|-?->)[ ]?(?=[A-Za-z0-9\u3400-\u9fff])|(?<=[A-Za-z0-9])[ ]?(?:[→➜➡⇒]|->)[ ]?(?=[\u3400-\u9fff])"
)
_YUAN = expression(r"[¥￥][ ]?(?=\d)")
_PROSE = expression("(?<![A-Za-z])[a-z]{2,}(?![A-Za-z])")
"""Small letters of an English sentence, which the cells of a table need not have."""
_DOCTOR = expression("\\bDr\\.?[ ]?(?=[\u3400-\u9fff])")
_QUOTED = expression(r"(?<![0-9A-Za-z])'([A-Za-z_][A-Za-z0-9_.-]*)'(?![0-9A-Za-z])")
"""A string of a program, whose quotes are no feet."""
_ITEM = expression(
    r"(?:\A|(?<=[：；，。:;])(?<![0-9][:：]))[ ]*[（(]?(\d{1,2})[.)）][ ]*(?=[A-Za-z\u3400-\u9fff(“《【∠√∵¹²³]|(?<=[ ])\d{1,3}[a-z][ ]?[=+×-])"
)
"""The number of an item, which is Chinese where its sentence is: 2) deadline推到周五."""
_PLACEHOLDER = expression("(?<![A-Za-z0-9])(?:X{2,4}|x{2,4})(?=[\u3400-\u9fff])(?![世型期级])")
"""What stands for a name: XX银行."""
_KANA = expression("[\u3041-\u30fc]")
_LOOK_BACK = 24
_OF_FIGURES = expression(
    r"[\d/][%°]?[ ]?[A-Za-z]{1,4}(?![A-Za-z])|(?<![A-Za-z])[A-Za-z](?![A-Za-z])|(?<![A-Za-z])[A-Z]{1,3}(?=\d)"
)
"""Letters that are units, variables or parts of a name tell nothing of the language."""
_HAN_BEHIND = expression("(?:[ ]?/[ ]?)?[\u3400-\u9fff]")
_HAN = expression("[\u3400-\u9fff]")
_ENGLISH = expression("[A-Za-z]{4}")
_ANY_WORD = expression(
    "(?<![0-9A-Za-z])(?<![0-9] )[A-Za-z]?[a-z]{2}|(?<![0-9A-Za-z])(?<![0-9] )[A-Z][a-z](?![A-Za-z])"
)
"""Anything of English that is no variable, unit or short form."""
_LAST_ENGLISH = expression(r"[A-Za-z0-9'. -]+\Z")
_FUNCTION = frozenset({"sin", "cos", "tan", "cot", "log", "ln", "lg", "lim", "max", "min", "exp"})
_FAR = 200
_LETTER = expression("[A-Za-z\u3400-\u9fff]")
_WORD = expression("[A-Za-z]+|[\u3400-\u9fff]")
_END = expression(r"[。！？!?\n]|\.\s")
_CLAUSE = expression("[，。；：？！、（）!?\n]")
_ENGLISH_WORD = expression("[A-Za-z]{2,}")
_CLAUSE_WORDS = 3
_STOP = expression("[。！？!?\n]")
_SENTENCE = 60
_HAN_PER_WORD = 1
_HAN_PER_FRAMING_WORD = 2
"""In a sentence that begins with English and has no wide marks: Take 地铁2号线 to 世纪大道, then walk 5 min."""
_FRAMING = frozenset(
    [
        "the",
        "to",
        "at",
        "in",
        "on",
        "of",
        "for",
        "and",
        "or",
        "with",
        "is",
        "are",
        "was",
        "be",
        "it",
        "this",
        "that",
        "my",
        "your",
        "you",
        "we",
        "he",
        "she",
        "they",
        "from",
        "by",
        "then",
        "please",
        "can",
        "will",
        "do",
        "not",
        "if",
        "when",
    ]
)
"""Small words of an English sentence; names and nouns alone make none."""
_CONCERNED = expression(
    r"\A(?=[^0-9]*[0-9])[^A-Za-z]*[A-Za-z]|[百千万亿][ ]?[A-Za-zμ]|[$¥￥€£₩₹₽฿₫₿¢₱₺₴₪₦₸₮₀-₉ⁿₐ-ₓₙₘₖᵢⱼₜₚₛᵣ]|Dr\b|[A-Z][a-z][A-Z]"
    r"|[∥⊥≌∽∈∉⊂⊃⊆⊇∪∩∝⇔≅≪≫≦≧∧∨α-ωΔΩμ∞★⭐↑↓§♩№&√∠△@|°\u0304]|%[A-Z]|[A-Za-z]号|[A-Za-z)][=+<>≤≥≈×^²³⁰-₉]"
    r"|[⁰¹²³⁴-⁹][ ]?[A-Za-zμ]|[IVX+]|[Mm]\.|[/=][ ]?[A-Za-z]|[A-Za-z)][ ]?[=≈≠<>≤≥!]|＄|[．／－＋＝％→➜➡⇒>]"
    r"|[A-Za-z][#)）\[]|[)）\]][ ]?[A-Za-z\[]|[A-E]\*|--[a-z]|[\u4e00-\u9fff][=!]=?[=，。、；）\u4e00-\u9fff]|每[A-Za-z]|[\u4e00-\u9fff)）”」、]\.[a-z]|\A[ （(]*\d{1,2}[.)）]|[》」”][ ]?[(（]\d|XX|xx"
)
"""Letters with figures, and signs: without them there is nothing to do."""

_WIDE_MARK = expression("[，。；：？！]")
_PARTING = frozenset("，。；：、（")
"""Behind these a short name that Chinese follows belongs to it: Redmi K70 5G手机."""
_NARROW = str.maketrans("．／－＋＝％＄", "./-+=%$")
_AREAS = {"㎡": "m²", "㎥": "m³", "㎢": "km²", "⭐": "★"}
_Condition = Callable[[re.Match[str]], bool]


def read_mixed(text: AlignedText) -> AlignedText:
    """`内存128GB` as 内存一百二十八GB, `G1234次` as G幺二三四次, `第III章` as 第三章."""
    from dora_mlx_tts.text.zh.normalize.typography import (  # noqa: PLC0415 (on demand)
        as_chinese_writes,
    )

    text = as_chinese_writes(text)
    if _CONCERNED.search(text.text) is None:
        return text
    from dora_mlx_tts.text.zh.normalize import (  # noqa: PLC0415 (on demand)
        chemistry,
        codes,
        formulas,
        identifiers,
        lettered,
        lettered_figures,
        money,
        notations,
    )

    is_chinese = _HAN.search(text.text) is not None and not _KANA.search(text.text)
    if "'" in text.text and is_chinese:
        text = text.sub(_QUOTED, r"\1")
    if is_chinese or _ENGLISH.search(text.text) is None:
        text = text.sub(_ITEM, _item).sub(_PLACEHOLDER, "某某")
    text = (
        text.sub(_DOCTOR, "Doctor ")
        .sub(_WIDE_SIGN, lambda m: m[0].translate(_NARROW))
        .sub(_SHARP, "# ")
        .sub(_PLUS_MINUS, "±")
        .sub(_AREA, lambda m: _AREAS[m[0]])
    )
    text = text.sub(_MINOR, r"\1 sharp minor").sub(_ARROW, "，")
    quantities = (
        codes.STANDARD_RULE,
        chemistry.COMPOUND_RULE,
        *lettered.RULES,
        formulas.FORMULA_RULE,
        lettered_figures.COMPARED,
    )
    text = _apply((codes.ADDRESS_RULE, *codes.FILE_RULES), text, _is_in_chinese)
    text = _apply((*codes.LABELLED_RULES, chemistry.ISOTOPE_RULE), text, _is_labelled)
    text = _apply((*money.RULES, lettered_figures.COMMAS_BEFORE_UNIT), text, _is_in_chinese)
    text = _apply(notations.RULES, text, _is_in_chinese)
    text = _apply(quantities, text, _is_in_chinese)
    text = _apply(identifiers.NAME_RULES, text, _is_in_chinese)
    text = _apply(identifiers.SHORT_NAME_RULES, text, _is_beside_chinese)
    if is_chinese:
        text = _apply((identifiers.PRODUCT_RULE,), text, _is_behind_name)
    is_listed = not (_KANA.search(text.text) or _PROSE.search(text.text))
    if _YUAN.search(text.text) and (is_chinese or is_listed):
        text = text.sub(_YUAN, " CNY ")  # what Chinese has not read is English
    return text.sub(_WIDE_COLON, "， ").sub(_PLUS, "加").sub(_HALF_DAY, r"\1m").sub(_ROMAN, _roman)


def _apply(rules: Iterable[Rule], text: AlignedText, holds: _Condition) -> AlignedText:
    characters = set(text.text)
    for rule in rules:
        if not rule.needs or not characters.isdisjoint(rule.needs):
            text = text.sub(rule.pattern, _where(holds, rule.read))
    return text


def _where(holds: _Condition, read: Reader) -> Reader:
    """`read` where `holds`, which takes longer to tell than most readings."""

    def reading(match: re.Match[str]) -> str | None:
        spoken = read(match)
        return spoken if spoken is not None and holds(match) else None

    return reading


def _is_labelled(match: re.Match[str]) -> bool:
    """Whether the label is Chinese, or stands in Chinese: `账号lily_88`, no `ID lily_88` in English."""
    if _HAN.search(match.group()):
        return True
    words = _words_around(match)
    english = sum(word.isascii() and not word.isupper() and len(word) > 1 for word in words)
    return sum(not word.isascii() for word in words) >= english


def _is_behind_name(match: re.Match[str]) -> bool:
    """Whether a name is in front (iPhone, Word, an option -n), and the sentence is Chinese."""
    before = match.string[max(0, match.start() - _SENTENCE) : match.start()]
    english = _LAST_ENGLISH.search(before)
    if english is None:
        return False
    *others, name = english.group().split()
    is_name = name[0] == "-" or not (name.islower() or any(map(str.islower, others)))
    return is_name and _is_in_chinese(match)


def _words_around(match: re.Match[str]) -> list[str]:
    """Words of its sentence, Chinese characters one by one."""
    start, end = max(0, match.start() - _SENTENCE), match.end() + _SENTENCE
    before = _STOP.split(match.string[start : match.start()])[-1]
    after = _STOP.split(match.string[match.end() : end])[0]
    return _WORD.findall(f"{before} {after}")


def _is_in_chinese(match: re.Match[str]) -> bool:
    """Whether it is beside Chinese, or in a sentence with more of it than of English."""
    if _is_beside_chinese(match) or _HAN_BEHIND.match(match.string, match.end()):
        return True
    if _is_in_english_clause(match):
        return False
    words = [word for word in _words_around(match) if not _is_neutral(word)]
    english = sum(word.isascii() for word in words)
    if english == len(words):
        around = slice(max(0, match.start() - _SENTENCE - _FAR), match.end() + _SENTENCE + _FAR)
        near = match.string[around]
        if _is_mostly_chinese(near):
            return True
        word = _ENGLISH if _WIDE_MARK.search(match.string) else _ANY_WORD
        return word.search(match.string) is None
    if _has_wide_mark(match):
        return True
    han = len(words) - english
    is_framed = words[0].isascii() and not _FRAMING.isdisjoint(map(str.lower, words))
    return han > _HAN_PER_FRAMING_WORD * english if is_framed else han >= _HAN_PER_WORD * english


def _has_wide_mark(match: re.Match[str]) -> bool:
    """Whether its sentence has marks as Chinese writes them."""
    start, end = max(0, match.start() - _SENTENCE), match.end() + _SENTENCE
    before = _END.split(match.string[start : match.start()])[-1]
    after = match.string[match.end() : end]
    stop = _END.search(after)
    return _WIDE_MARK.search(before + (after[: stop.end()] if stop else after)) is not None


def _is_in_english_clause(match: re.Match[str]) -> bool:
    """Whether several English words are before it in its clause, and no Chinese is there."""
    start, end = max(0, match.start() - _SENTENCE), match.end() + _SENTENCE
    before = _CLAUSE.split(match.string[start : match.start()])[-1]
    clause = f"{before} {_CLAUSE.split(match.string[match.end() : end])[0]}"
    words = _ENGLISH_WORD.findall(before)
    small = sum(word.islower() for word in words)
    return small > 1 and len(words) >= _CLAUSE_WORDS and not _HAN.search(clause)


def _is_neutral(word: str) -> bool:
    """Whether a word says nothing of its sentence's language: letters, a short form, a function word."""
    return word.isascii() and (word.isupper() or len(word) == 1 or word in _FUNCTION)


def _is_mostly_chinese(text: str) -> bool:
    words: list[str] = _WORD.findall(text)
    english = sum(word.isascii() and len(word) > 1 for word in words)
    return sum(len(word) for word in words if not word.isascii()) > _HAN_PER_WORD * english


def _is_beside_chinese(match: re.Match[str]) -> bool:
    """Whether the nearest word before is Chinese, or the nearest behind, or nothing is English."""
    start, end = match.span()
    parting = match.string[max(0, start - 1) : start]
    is_apart = parting in _PARTING or (parting == " " and match[0][0].isdecimal())
    if is_apart and _HAN.match(match.string, end):
        return True
    before = _LETTER.findall(_OF_FIGURES.sub("", match.string[max(0, start - _LOOK_BACK) : start]))
    if before:
        return not before[-1].isascii()
    glued = (
        end - 1 if match.string[end : end + 1].isalpha() else end
    )  # a unit begins with its figure
    after = _LETTER.search(_OF_FIGURES.sub("", match.string[glued : end + _LOOK_BACK]))
    if after is not None:
        return not after[0].isascii()
    far = match.string[max(0, start - _FAR) : end + _FAR]
    return _HAN.search(far) is not None or _ENGLISH.search(far) is None


def _item(match: re.Match[str]) -> str | None:
    from dora_mlx_tts.text.zh.normalize.numbers import cardinal  # noqa: PLC0415 (on demand)

    return f"{cardinal(match[1])}，" if match[1].strip("0") else None


def _roman(match: re.Match[str]) -> str:
    from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
        roman,
    )

    return roman(match[1] or match[2])

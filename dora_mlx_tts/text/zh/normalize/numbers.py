"""Numbers as Hanzi: cardinals, digit by digit, decimals."""

from __future__ import annotations

from dora_mlx_tts.text.roman import value

DIGITS = "零一二三四五六七八九"
_TELEPHONE = "零幺二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
_LARGEST = 3
LONGEST_CARDINAL = 16
"""Digits of the longest number that has a name here; longer ones are read digit by digit."""


def digits(number: str, *, telephone: bool = False) -> str:
    """Digit by digit; with `telephone` 1 is 幺. Characters that are no digits stay."""
    names = _TELEPHONE if telephone else DIGITS
    return "".join(names[int(c)] if c.isdecimal() else c for c in number)


def cardinal(number: str) -> str:
    """A whole number: `12345` 一万二千三百四十五, `10` 十, `20000` 两万."""
    number = number.lstrip("0")
    if not number:
        return DIGITS[0]
    if len(number) > LONGEST_CARDINAL:
        return digits(number)
    result, gap = "", False
    for group in range((len(number) - 1) // 4, -1, -1):
        end = len(number) - 4 * group
        part = number[max(0, end - 4) : end]
        if not int(part):
            gap = bool(result)
            continue
        if result and (gap or part[0] == "0"):
            result += DIGITS[0]
        result += _below_ten_thousand(part.lstrip("0")) + _unit(group, number[-12:-8])
        gap = False
    if result.startswith("一十"):
        result = result[1:]
    return "两" + result[1:] if result[0] == "二" and result[1:2] in ("万", "亿") else result


def _unit(group: int, hundreds_of_millions: str) -> str:
    """万亿 of 1,000,000,000,000 is 万 where 亿 follows: 一万三千亿."""
    followed = group == _LARGEST and hundreds_of_millions.strip("0")
    return _GROUPS[1] if followed else _GROUPS[group]


def _below_ten_thousand(part: str) -> str:
    result, gap = "", False
    for i, char in enumerate(part):
        if char == "0":
            gap = True
            continue
        result += (DIGITS[0] if gap else "") + DIGITS[int(char)] + _PLACES[len(part) - 1 - i]
        gap = False
    return result


def number(text: str) -> str:
    """A number with or without sign and decimals: `-20.5` 负二十点五."""
    sign = "负" if text[:1] in ("-", "\u2212") else ""
    whole, _, decimals = text.lstrip("+-\u2212").partition(".")
    spoken = sign + cardinal(whole)
    if not decimals:
        return spoken
    kept = decimals.rstrip("0")
    if len(kept) < len(decimals):  # one of several final zeros is enough
        kept += "0"
    return f"{spoken}点{digits(kept)}"


def amount(text: str) -> str:
    """A number before a measure word: a lone 2 is 两."""
    return "两" if text == "2" else number(text)


_LETTER_SCALES = {"k": 3, "w": 4, "m": 6, "b": 9, "t": 12}


def scaled(text: str, letter: str) -> str:
    """A number with a scale in a letter, as one number: `1.2`, `B` 十二亿; `20.5`, `w` 二十点五万."""
    zeros = _LETTER_SCALES[letter.lower()]
    if letter.lower() == "w":
        return f"{amount(text)}万"
    whole, _, decimals = text.partition(".")
    if letter in "tT":
        return f"{amount(text)}万亿"
    if len(decimals) > zeros:
        return number(text) + {3: "千", 6: "百万", 9: "十亿", 12: "万亿"}[zeros]
    figure = f"{whole}{decimals}{'0' * (zeros - len(decimals))}".lstrip("0")
    return _in_large_units(figure)


def _in_large_units(figure: str) -> str:
    """`360000000` 三亿六千万; 两千 rather than 二千, as these are said."""
    spoken = cardinal(figure)
    return f"两{spoken[1:]}" if spoken.startswith("二千") else spoken


def two_figures(figures: str) -> str:
    """Two figures with their leading zero: 05 零五."""
    return (DIGITS[0] if figures[0] == "0" and figures != "00" else "") + cardinal(figures)


def roman(letters: str) -> str:
    """A Roman number of the letters I, V and X as an amount: `XIV` 十四."""
    return cardinal(str(value(letters)))

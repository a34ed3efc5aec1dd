"""Numbers as Hangul: Sino-Korean, native before counters, digit by digit."""

from __future__ import annotations

DIGITS = "영일이삼사오육칠팔구"
_TELEPHONE = "공일이삼사오육칠팔구"
_PLACES = ("", "십", "백", "천")
_GROUPS = ("", "만", "억", "조", "경")
LONGEST = 20
"""Digits of the longest number that has a name here; longer ones are read digit by digit."""
_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_HUNDRED = 100
_TWENTY = 20


def digits(number: str, *, telephone: bool = False) -> str:
    """Digit by digit; with `telephone` 0 is 공. Characters that are no digits are left out."""
    names = _TELEPHONE if telephone else DIGITS
    return "".join(names[int(c)] for c in number if c.isdecimal())


def sino(number: str) -> str:
    """A whole number: `2024` 이천이십사, `15000` 만오천."""
    number = number.lstrip("0")
    if not number:
        return DIGITS[0]
    if len(number) > LONGEST:
        return digits(number)
    result = ""
    for group in range((len(number) - 1) // 4, -1, -1):
        end = len(number) - 4 * group
        part = number[max(0, end - 4) : end].lstrip("0")
        if part:
            name = _below_ten_thousand(part)
            is_bare = name == "일" and group == 1 and not result
            result += ("" if is_bare else name) + _GROUPS[group]
    return result


def _below_ten_thousand(part: str) -> str:
    result = ""
    for i, char in enumerate(part):
        place = len(part) - 1 - i
        if char != "0":
            result += ("" if char == "1" and place else DIGITS[int(char)]) + _PLACES[place]
    return result


def native(number: str) -> str:
    """A count before a native counter: `3` 세, `20` 스무, `101` 백한; large ones are Sino-Korean."""
    value = int(number[-LONGEST:])
    if value >= _HUNDRED:
        rest = value % _HUNDRED
        if len(number) > LONGEST or not 0 < rest < 10:  # noqa: PLR2004 (one figure)
            return sino(number)
        return sino(str(value - rest)) + _ONES[rest]
    if value == _TWENTY:
        return "스무"
    return _TENS[value // 10] + _ONES[value % 10] if value else DIGITS[0]


def decimal(number: str) -> str:
    """A number with or without decimals: `3.14` 삼점일사."""
    whole, _, decimals = number.partition(".")
    return sino(whole) + (f"점{digits(decimals)}" if decimals else "")

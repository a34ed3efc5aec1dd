"""Korean with Latin letters in it that are not English: half days, codes of currencies.

Once a text is divided by language, each side sees its own half only, so this is read before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.normalize.amounts import UNITS, read_counts
from dora_mlx_tts.text.ko.normalize.numbers import digits

_CLOCK = re.compile(
    r"(?<![0-9A-Za-z:.,$])(1[0-2]|0?[1-9])(?::([0-5][0-9])(?::([0-5][0-9]))?)?[ ]?([AaPp])(?:\.[ ]?[Mm]\.?|[Mm])(?![A-Za-z])"
)
_CODES = {
    "KRW": "원", "USD": "달러", "US$": "달러", "EUR": "유로", "JPY": "엔", "CNY": "위안", "GBP": "파운드",
    "HKD": "홍콩 달러", "HK$": "홍콩 달러", "CAD": "캐나다 달러", "AUD": "호주 달러", "NZD": "뉴질랜드 달러",
    "CHF": "스위스 프랑", "SGD": "싱가포르 달러", "TWD": "대만 달러", "AED": "아랍에미리트 디르함", "THB": "바트",
}  # fmt: skip
_CODE = "|".join(re.escape(code) for code in _CODES)
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?![0-9])|[0-9]{1,16}(?:\.[0-9]{1,6})?"
_BEFORE = re.compile(
    rf"(?<![A-Za-z0-9])({_CODE})[ ]?({_NUMBER})([만억조]{{0,2}})(?![0-9A-Za-z])", re.IGNORECASE
)
_AFTER = re.compile(rf"(?<![0-9A-Za-z.,])({_NUMBER})([만억조]{{0,2}})[ ]?({_CODE})(?![A-Za-z0-9])")
_FILE = re.compile(
    r"(?<=[가-힣])\.(?=(?:jpe?g|png|gif|pdf|docx?|xlsx?|pptx?|hwp|txt|zip|mp[34]|csv|py|js)(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_LETTERED = "|".join(
    re.escape(unit)
    for unit in sorted(UNITS, key=len, reverse=True)
    if len(unit) > 1 and unit[0].isalpha()
)
_UNIT = re.compile(rf"(?<=[0-9])[ ]?({_LETTERED})(?=[ ]?(?:[가-힣,.!?)~]|\Z))(?![.,][0-9])")
_ATTACHED = re.compile(r"(?<=[A-Za-z][ ])[0-9]{1,5}(?=([가-힣]{1,4}))")
_SERIAL = re.compile(r"(?<![A-Za-z0-9-])([A-Z]{1,4})-([0-9]{3,12})(?![0-9A-Za-z.-])")
_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile("[A-Za-z]")
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _clock(match: re.Match[str]) -> str:
    hour, minute, second, half = match.groups()
    time = ":".join(part for part in (hour, minute, second) if part) if minute else f"{int(hour)}시"
    return f"{'오전' if half in 'Aa' else '오후'} {time}"


def _attached(match: re.Match[str]) -> str:
    """`KTX 105호`: a number that Korean follows at once is Korean, whatever stands before it."""
    return read_counts(AlignedText.of(match[0] + match[1])).text.removesuffix(match[1])


_RULES: tuple[_Rule, ...] = (
    (_CLOCK, _clock),
    (_BEFORE, lambda m: f"{m[2]}{m[3]} {_CODES[m[1].upper()]}"),
    (_UNIT, lambda m: f" {UNITS[m[1]]}"),
    (_FILE, lambda _: " 점 "),
    (_ATTACHED, _attached),
    (_SERIAL, lambda m: f"{m[1]} {digits(m[2], telephone=True)}"),
    (_AFTER, lambda m: f"{m[1]}{m[2]} {_CODES[m[3]]}"),
)


def read_mixed(text: AlignedText) -> AlignedText:
    """`3:30pm에` as 오후 3:30에, `USD 20` as 20 달러; English sentences stay English."""
    read = text
    for pattern, rule in _RULES:
        read = read.sub(pattern, rule)
    if read is text or (not _HANGUL.search(text.text) and _LATIN.search(read.text)):
        return text
    return read

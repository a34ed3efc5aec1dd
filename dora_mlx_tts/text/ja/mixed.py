"""Japanese with Latin letters in it that are not English: half days, codes of currencies, signs.

Once a text is divided by language, each side sees its own half only, so this is read before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ja.numbers import UNITS, read_digits

_CLOCK = re.compile(
    r"(?<![0-9A-Za-z:.,$])(1[0-2]|0?[0-9])(?:[:：]([0-5][0-9])(?:[:：]([0-5][0-9]))?)?[ ]?([AaPp])(?:\.[ ]?[Mm]\.?|[ ]?[Mm])(?![A-Za-z])"
)
_CODES = {
    "JPY": "円", "USD": "アメリカドル", "US$": "アメリカドル", "EUR": "ユーロ", "CNY": "元", "GBP": "ポンド",
    "HKD": "香港ドル", "HK$": "香港ドル", "CAD": "カナダドル", "AUD": "オーストラリアドル", "NZD": "ニュージーランドドル",
    "CHF": "スイスフラン", "SGD": "シンガポールドル", "TWD": "台湾ドル", "KRW": "ウォン", "THB": "バーツ",
}  # fmt: skip
_CODE = "|".join(re.escape(code) for code in _CODES)
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?![0-9])|[0-9]{1,16}(?:\.[0-9]{1,6})?"
_BEFORE = re.compile(rf"(?<![A-Za-z0-9])({_CODE})[ ]?({_NUMBER})([万億兆]{{0,2}})(?![0-9A-Za-z])")
_AFTER = re.compile(rf"(?<![0-9A-Za-z.,])({_NUMBER})([万億兆]{{0,2}})[ ]?({_CODE})(?![A-Za-z0-9])")
_TIMES = re.compile(r"(?<=[0-9])[ ]?x[ ]?(?=[0-9]{1,9}[ ]?=)")
_NUMBERED = re.compile(r"(?<![A-Za-z])No\.?[ ]?(?=[0-9])")
_LETTERED = "|".join(
    re.escape(unit)
    for unit in sorted(UNITS, key=len, reverse=True)
    if len(unit) > 1 and unit[0].isalpha()
)
_UNIT = re.compile(
    rf"(?<=[0-9万億兆千百])[ ]?({_LETTERED})(?=[ ]?(?:[\u3041-\u9fff、。，．！？!?)）」』/~～〜]|[0-9]{{1,2}}[分秒時]|\Z))"
)
_EQUALS = re.compile(r"(?<![A-Za-z])([A-Za-z])[ ]?=[ ]?(?=[-−]?[0-9])")
_SERIAL = re.compile(r"(?<![A-Za-z0-9-])([A-Z]{1,4})-([0-9]{3,12})(?![0-9A-Za-z.-])")
_ROOMS = re.compile(r"(?<=[0-9])(S?LDK|DK)(?![A-Za-z])")
_ROOM_NAMES = {"LDK": "エルディーケー", "SLDK": "エスエルディーケー", "DK": "ディーケー"}
_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _clock(match: re.Match[str]) -> str:
    hour, minute, second, half = match.groups()
    time = ":".join(part for part in (hour, minute, second) if part) if minute else f"{int(hour)}時"
    return f"{'午前' if half in 'Aa' else '午後'}{time}"


_RULES: tuple[_Rule, ...] = (
    (_CLOCK, _clock),
    (_BEFORE, lambda m: f"{m[2]}{m[3]}{_CODES[m[1]]}"),
    (_AFTER, lambda m: f"{m[1]}{m[2]}{_CODES[m[3]]}"),
    (_UNIT, lambda m: UNITS[m[1]]),
    (_EQUALS, lambda m: f"{m[1]}イコール"),
    (_TIMES, lambda _: "×"),
    (_ROOMS, lambda m: _ROOM_NAMES[m[1]]),
    (_SERIAL, lambda m: f"{m[1]}の{read_digits(m[2])}"),
    (_NUMBERED, lambda _: "ナンバー"),
)


def read_mixed(text: AlignedText) -> AlignedText:
    """`3:30pmに` as 午後3:30に, `USD20` as 20アメリカドル; English sentences stay English."""
    read = text
    for pattern, rule in _RULES:
        read = read.sub(pattern, rule)
    if read is text or (not _JAPANESE.search(text.text) and _LATIN.search(read.text)):
        return text
    return read

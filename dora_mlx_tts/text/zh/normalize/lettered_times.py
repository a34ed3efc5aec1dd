"""Times, days and durations with letters: `8:30am`, `1h 20m`, `UTC+8`, `孕12w+3d`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.dates import read_dates
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, two_figures
from dora_mlx_tts.text.zh.normalize.patterns import Rule
from dora_mlx_tts.text.zh.normalize.times import HALF_DAY_TIME, read_times
from dora_mlx_tts.text.zh.normalize.units import (
    unit_name,
)

_ISO_TIME = re.compile(
    r"(?<![0-9A-Za-z-])(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?(?![0-9A-Za-z])"
)
_QUARTER = re.compile(r"(?<![0-9A-Za-z])((?:19|20)\d{2})[ ]?([QH])([1-4])(?![0-9A-Za-z])")
_DATE = re.compile(
    r"(?<![0-9A-Za-z./-])(?:19|20)\d{2}(?:([-/])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12]\d|0?[1-9])|\.(?:1[0-2]|0?[1-9])\.(?:3[01]|[12]\d|0[1-9]))(?![0-9A-Za-z/-]|\.\d)"
)
_ERA = re.compile(
    r"(?<![0-9A-Za-z])(?:([1-9]\d{0,3})[ ]?年?[ ]?(AD|BCE?|CE|a\.?d\.?|b\.?c\.?(?:e\.?)?)|(AD|BCE?)[ ]?([1-9]\d{0,3}))(?![A-Za-z])年?"
)
_DURATION = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,4})[ ]?h(?:rs?|ours?)?[ ]?(\d{1,3})[ ]?m(?:ins?)?(?:[ ]?(\d{1,2})[ ]?s(?:ecs?)?)?"
    r"|(\d{1,4})[ ]?m(?:ins?)?[ ]?(\d{1,2})[ ]?s(?:ecs?)?)(?![0-9A-Za-z])"
)
_MINUTES_OF = re.compile(r"(?<![0-9A-Za-z.:])(\d{1,3})[ ]?m(?![0-9A-Za-z²³/^+-])")
"""Minutes in a sentence whose other durations say so: 睡了7h12m，深睡58m."""
_HOURS_NEAR = re.compile(r"\d[ ]?h[ ]?\d{1,2}[ ]?m(?![A-Za-z0-9²³/])")
_OF_DURATION = re.compile("(?:[A-Za-z][ ]?|[睡醒时眠多少增减][了是为约到]?[ ]?)$")
_STOP = re.compile("[。！？!?\n]")
_FAR = 60
_TIMER = re.compile(r"(?<![0-9A-Za-z.:：])(\d{1,2})[:：]([0-5]\d)(?![0-9:：]|[ ]?[-~–～aApP])")
_OF_TIMERS = re.compile("(?i:timer|countdown|pomodoro|stopwatch)|计时器|倒计时|番茄钟")
_ZONE = re.compile(
    r"(?<![0-9A-Za-z])(UTC|GMT)[ ]?([+\-\u2212])[ ]?(\d{1,2})(?::?([0-5]\d))?(?![0-9A-Za-z])"
)
_DAYS = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,3})[ ]?[-~–～至到][ ]?)?((?<=[-~–～至到+ ])[1-9]|[15-9]|[1-9]\d{1,2})d(?![0-9A-Za-z])"
)
"""3d alone is as often the space as three days."""
_WEEKS = re.compile(r"(?<=[孕娠周龄])[ ]?(\d{1,2})[ ]?[wW](?:[ ]?\+?[ ]?(\d)[ ]?d)?(?![0-9A-Za-z])")
_MONTHS = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,2})[ ]?[-~–～][ ]?)?(\d{1,2})[mM](\+)?(?![0-9A-Za-z²³/])"
)
"""The age of a small child: 6m+, 6-12m."""
_OF_BABIES = re.compile("宝宝|婴|月龄|辅食|奶粉|奶瓶|尿[不裤布]|早教|断奶|幼儿|孩子|磨牙")
_NEAR = 24
_WEEKS_AND_DAYS = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,2})[ ]?[-~–～][ ]?)?(\d{1,2})\+([0-6])[ ]?周"
)
_RUN = re.compile(
    r"(?:(?<=[0-9][Kk] )|(?<=swim )|(?<=bike )|(?<=run )|(?<=row )|(?<=lap ))(\d{1,2})[:：]([0-5]\d)(?![0-9:：])"
)
"""What a run of 5K took."""
_PACE = re.compile(
    r"(?<![0-9A-Za-z.:：])(\d{1,2})[:：]([0-5]\d)[ ]?/[ ]?(km|mi|公里|英里|千米)(?![A-Za-z])"
)
_HOURS = re.compile(
    r"(\d{1,2}(?:[:：]\d\d)?)(?=[ ]?[-~\u2013\uff5e][ ]?(\d{1,2})(?:[:：]\d\d)?[ ]?([aApP])\.?[mM])"
)
"""The first of two times whose half of the day stands behind the second."""


_PART_OF_DAY = re.compile("(?:[上下中]午|早[上晨]?|清晨|晚上?|傍晚|凌晨|深夜|半夜)[ ]?$")


def _first_hour(match: re.Match[str]) -> str:
    """The half of the day of `9-11am`; `10-2pm` begins before noon."""
    hour, last, letter = int(re.split("[:：]", match[1])[0]), int(match[2]), match[3]
    is_later = last % 12 >= hour % 12
    half = letter if is_later else "a" if letter in "pP" else "p"
    return f"{match[1]}{half}m"


def _half_days(match: re.Match[str]) -> str:
    """`8:30am` 上午八点半, `9am-6pm` 上午九点到下午六点, `2-4pm` 下午两点到四点."""
    text = _HOURS.sub(_first_hour, match[0])
    spoken = _halves(text)
    if text != match[0]:
        half = spoken[:2]
        spoken = half + spoken[2:].replace(half, "")
    is_said = _PART_OF_DAY.search(match.string, max(0, match.start() - 3), match.start())
    return spoken[2:] if is_said and spoken.startswith(("上午", "下午")) else spoken


def _halves(text: str) -> str:
    return re.sub("[ ]?[-~–～][ ]?", "到", read_times(AlignedText.of(text)).text)


def _era(match: re.Match[str]) -> str:
    year, era = match[1] or match[4], match[2] or match[3]
    return f"公元{'前' if era[0] in 'Bb' else ''}{year}年"


def _duration(match: re.Match[str]) -> str:
    hours, minutes, seconds, only_minutes, last_seconds = match.groups()
    if only_minutes:
        return f"{amount(only_minutes)}分{number(last_seconds)}秒"
    spoken = f"{amount(hours)}小时{number(minutes)}分"
    return f"{spoken}{number(seconds)}秒" if seconds else f"{spoken}钟"


def _minutes_of(match: re.Match[str]) -> str | None:
    start, end = max(0, match.start() - _FAR), match.end() + _FAR
    before = _STOP.split(match.string[start : match.start()])[-1]
    after = _STOP.split(match.string[match.end() : end])[0]
    is_time = _HOURS_NEAR.search(before) or _HOURS_NEAR.search(after)
    return f"{number(match[1])}分钟" if is_time and _OF_DURATION.search(before) else None


def _timer(match: re.Match[str]) -> str | None:
    """`timer设成25:00`: minutes and seconds."""
    before = _STOP.split(match.string[max(0, match.start() - _FAR) : match.start()])[-1]
    if not _OF_TIMERS.search(before):
        return None
    seconds = "" if match[2] == "00" else f"{number(match[2])}秒"
    return f"{amount(str(int(match[1])))}分{seconds or '钟'}"


def _zone(match: re.Match[str]) -> str:
    """`UTC+8` U T C加八, `UTC-3:30` U T C减三点半."""
    zone, sign, hours, minutes = match.groups()
    past = "" if minutes in (None, "00") else "点半" if minutes == "30" else f"点{number(minutes)}"
    return f"{' '.join(zone)}{'加' if sign == '+' else '减'}{number(hours)}{past}"


def _weeks(match: re.Match[str]) -> str:
    """`孕12w+3d` 孕十二周三天."""
    return f"{number(match[1])}周{f'{amount(match[2])}天' if match[2] else ''}"


def _months(match: re.Match[str]) -> str | None:
    """`6m+` 六个月以上, where a small child is spoken of."""
    near = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    first, last, more = match.groups()
    if not (first or more) or not _OF_BABIES.search(near):
        return None
    return f"{f'{number(first)}到' if first else ''}{amount(last)}个月{'以上' if more else ''}"


def _weeks_and_days(match: re.Match[str]) -> str:
    """`11-13+6周` 十一到十三周加六天."""
    first, weeks, days = match.groups()
    return f"{f'{number(first)}到' if first else ''}{number(weeks)}周{f'加{amount(days)}天' if days != '0' else ''}"


ISO_TIME = Rule(_ISO_TIME, lambda match: f"{match[1]} {match[2]}", "T")
DATE = Rule(_DATE, lambda match: read_dates(AlignedText.of(match[0])).text, "-/.")
QUARTER = Rule(_QUARTER, lambda match: f"{digits(match[1])}年{match[2]}{number(match[3])}", "QH")
ERA = Rule(_ERA, _era, "ABCabc")
MINUTES_OF = Rule(_MINUTES_OF, _minutes_of, "m")
TIMER = Rule(_TIMER, _timer, ":：")
DURATION = Rule(_DURATION, _duration, "hm")
ZONE = Rule(_ZONE, _zone, "UG")
DAYS = Rule(
    _DAYS,
    lambda match: f"{f'{number(match[1])}到' if match[1] else ''}{amount(match[2])}天",
    "d",
)
MONTHS = Rule(_MONTHS, _months, "mM")
WEEKS = Rule(_WEEKS, _weeks, "wW")
WEEKS_AND_DAYS = Rule(_WEEKS_AND_DAYS, _weeks_and_days, "+")
RUN = Rule(_RUN, lambda match: f"{amount(str(int(match[1])))}分{two_figures(match[2])}秒", "Kk")
PACE = Rule(
    _PACE,
    lambda match: f"{amount(str(int(match[1])))}分{two_figures(match[2])}秒每{unit_name(match[3])}",
    "/",
)
HALF_DAY = Rule(HALF_DAY_TIME, _half_days, "mM")

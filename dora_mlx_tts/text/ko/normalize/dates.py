"""Dates written in figures, weekdays in brackets, ranges of days."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.normalize.numbers import digits, sino

_WAVE = "~\u301c\uff5e\u223c"
_M, _D = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12][0-9]|3[01])"
_DATE = re.compile(
    rf"(?<![0-9./-])((?:1[0-9]|20|21)[0-9]{{2}})([-/.])[ ]?({_M})\2[ ]?({_D})"
    r"(?:\.(?=[ ]?[(가-힣]))?(?![0-9]|[./-][0-9])"
)
_YEAR_LAST = re.compile(
    rf"(?<![0-9./-])({_D})([-/.])({_D})\2((?:1[0-9]|20|21)[0-9]{{2}})(?![0-9]|[./-][0-9])"
)
_YEAR_MONTH = re.compile(
    r"(?<![0-9./-])((?:19|20)[0-9]{2})[-/](0?[1-9]|1[0-2])(?![0-9]|[./-][0-9])"
)
_AFTER_DATE = (
    r"[ ]?(?:에(?![서게])|부터|까지|이후|이전|자(?![가-힣])|마감|예정|출발|도착|오전|오후|저녁|아침|일정|"
    rf"[(（][일월화수목금토]|[{_WAVE}])"
)
_MONTH_DAY = re.compile(
    rf"(?<![0-9./-])(?<!의 )(?<!중 )(?:({_M})/({_D})(?={_AFTER_DATE})|(0[1-9]|1[0-2])[/-](0[1-9]|[12][0-9]|3[01]))(?![0-9./-])"
)
_PLAIN_DATE = re.compile(
    rf"(?<![0-9./-])(?<!의 )(?<!중 )({_M})/({_D})(?![0-9./-]|[ ]?(?:정도|이상|이하|컵|큰술|작은술|%|확률|[A-Za-z]))"
)
_BEFORE_DATE = re.compile(
    rf"(?P<lead>(?:날짜|일시|마감일?|기한|오늘|내일|어제|다음[ ]?주|이번[ ]?주)[은는이가]?[: ]{{1,2}})({_M})/({_D})(?![0-9./-])"
)
_WEEKDAY = re.compile(
    rf"(?<=[일0-9])[ ]?[(（]([일월화수목금토])(?:요일)?(?:[ ]?[{_WAVE}-][ ]?([일월화수목금토])(?:요일)?)?[)）]"
)
_WEEKDAYS = re.compile(rf"(?<![가-힣])([월화수목금토일])[{_WAVE}]([월화수목금토일])(?![가-힣])")
_UNTIL = re.compile(rf"(?<=[일월년대요])[ ]?[{_WAVE}][ ]?(?=[0-9])")
_DECADES = re.compile(rf"(?<![0-9])([0-9]{{2,4}})[ ]?[{_WAVE}][ ]?(?=[0-9]{{2,4}}[ ]?년대)")
_MONTH = re.compile(r"(?<![0-9.])(0?[1-9]|1[0-2])(?=[ ]?월)")
_HISTORY = re.compile(
    r"(?<![0-9.])([0-9]{1,2})[·.]([0-9]{1,2})(?=[ ]?(?:절|운동|전쟁|혁명|사태|사변|항쟁|테러|때))|(?<![0-9.])6·25"
)
_MONTHS = {"6": "유", "10": "시"}
LAST_MONTH = 12
RARE_PART = 11
"""Elevenths are hardly ever written."""


def _year_last(match: re.Match[str]) -> str | None:
    """Month first where both are possible."""
    first, second = int(match[1]), int(match[3])
    month, day = (second, first) if first > LAST_MONTH else (first, second)
    return f"{match[4]}년 {month}월 {day}일" if month <= LAST_MONTH else None


def _month_day(match: re.Match[str]) -> str:
    month, day = match[1] or match[3], match[2] or match[4]
    return f"{int(month)}월 {int(day)}일"


def _plain_date(match: re.Match[str]) -> str | None:
    """A day where the figures are no usual fraction: `8/15은`, not `3/4은` or `1/20은`."""
    month, day = int(match[1]), int(match[2])
    is_day = month > day > 1 or day == RARE_PART or (day > LAST_MONTH and month > 1)
    return f"{month}월 {day}일" if is_day else None


def _weekday(match: re.Match[str]) -> str:
    until = f"부터 {match[2]}요일" if match[2] else ""
    return f" {match[1]}요일{until}"


_DAYS = re.compile(r"(?<=월)([ ]?[0-9]{1,2})[ ]?[-~〜～∼–][ ]?([0-9]{1,2})일")
"""From a day to another of its month: 7월 5-9일."""


def read_dates(text: AlignedText) -> AlignedText:
    """`2024-05-01` 이천이십사년 오월 일일; 6월 is 유월, 10월 시월."""
    text = text.sub(_DATE, lambda m: f"{m[1]}년 {int(m[3])}월 {int(m[4])}일")
    text = text.sub(_YEAR_LAST, _year_last).sub(_YEAR_MONTH, lambda m: f"{m[1]}년 {int(m[2])}월")
    text = text.sub(_BEFORE_DATE, lambda m: f"{m['lead']}{int(m[2])}월 {int(m[3])}일")
    text = text.sub(_MONTH_DAY, _month_day).sub(_PLAIN_DATE, _plain_date).sub(_WEEKDAY, _weekday)
    text = text.sub(_WEEKDAYS, lambda m: f"{m[1]}요일부터 {m[2]}요일")
    text = text.sub(_UNTIL, "부터 ").sub(_DECADES, r"\1년대에서 ")
    text = text.sub(_DAYS, r"\1일에서 \2일")
    text = text.sub(_MONTH, lambda m: _MONTHS.get(str(int(m[1])), sino(m[1])))
    return text.sub(_HISTORY, lambda m: digits(m[0]))

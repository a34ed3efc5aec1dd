"""Dates, years, decades."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, START

_MONTHS, _DAYS = 12, 31
_FAR_YEAR = 2200
_YEAR = r"(?:1[0-9]|20|21)[0-9]{2}"
_FULL_DATE = re.compile(
    rf"{START}({_YEAR})([-/.\u2013\u00b7• ])([0-9]{{1,2}})\2([0-9]{{1,2}})(?:T(?=[0-9]))?(?![0-9A-Za-z]|\2[0-9])"
)
_SPAN_OF_DAYS = re.compile(
    rf"{START}({_YEAR})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})[ ]?[-~\u2013\u2014\uff5e至到]{{1,2}}[ ]?(?:([0-9]{{1,2}})\2)?([0-9]{{1,2}})(?![0-9A-Za-z:：]|[-/.][0-9])"
)
"""From a day to another of its year or month: `2023.9.23-10.8`, `2024/10/1-7`."""
_YEAR_LAST = re.compile(
    rf"{START}(?<![0-9][-/])([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2((?:19|20)[0-9]{{2}})(?![0-9A-Za-z]|\2[0-9])"
)
"""As written in America (`08/15/2024`), or in Europe where that gives no date."""
_SHORT_DATE = re.compile(
    r"(?<![0-9A-Za-z./-])([0-9]{2})/([0-9]{1,2})/([0-9]{1,2})(?![0-9A-Za-z./-])"
)
_MONTH_YEAR = re.compile(
    rf"{START}(?<![0-9][-/])(?:(0[1-9]|1[0-2])[-/]|(0[1-9])\.)((?:19|20)[0-9]{{2}})(?![0-9A-Za-z]|[-/.][0-9])"
)
_YEAR_DOT_MONTH = re.compile(
    rf"(?<![0-9A-Za-z.$¥￥€£])((?:19|20)[0-9]{{2}})\.(0[1-9]|1[0-2])(?![0-9A-Za-z%‰°℃/-]|\.[0-9]|[ ]?{MEASURE})"
)
_YEAR_MONTHS = re.compile(
    rf"{START}((?:19|20)[0-9]{{2}})([./])(0?[1-9]|1[0-2])[ ]?[-~\u2013\u2014\uff5e至到]{{1,2}}[ ]?((?:19|20)[0-9]{{2}})\2(0?[1-9]|1[0-2])(?![0-9A-Za-z%]|[./-][0-9])"
)
"""From a month of one year to another of some year: 2024.7—2025.6."""
_SEASON = re.compile(
    rf"{START}({_YEAR})[ ]?[-/~\u2013][ ]?([0-9]{{2}})(?=[ ]?(?:赛季|学年|财年|年度))"
)
_YEAR_MONTH = re.compile(rf"{START}({_YEAR})(?:[-/](0[1-9]|1[0-2])|/([1-9]))(?![0-9A-Za-z/.-])")
_MONTH_DAY = re.compile(
    rf"{START}(?<![0-9][:：])(0[1-9])[-/](0[1-9]|[12][0-9]|3[01])(?![0-9A-Za-z/.:：-])"
)
_YEAR_RANGE = re.compile(
    rf"{START}({_YEAR})[ ]?(年?)[ ]?[-~\u2013\u2014\uff5e至到][ ]?({_YEAR})[ ]?(年|学年)"
)
_BARE_YEAR_RANGE = re.compile(
    r"(?<![0-9A-Za-z.-])((?:1[89]|20)[0-9]{2})[ ]?[-~\u2013\u2014\uff5e][ ]?((?:1[89]|20)[0-9]{2})(?![0-9A-Za-z年.-])"
)
_LIFE = re.compile(
    r"(?<![0-9A-Za-z.-])(1[0-9]{3})[ ]?[-~\u2013\u2014\uff5e][ ]?((?:1[0-9]|20)[0-9]{2})(?=[）)])"
)
"""The years of a life at the end of brackets: Sertürner，1783—1841）."""
_REIGN = re.compile(
    r"(?<=[（(，,、])[ ]?(公元)?(前?)([1-9][0-9]{2,3})年?[ ]?[-~\u2013\u2014\uff5e至到][ ]?(公元)?(前?)([1-9][0-9]{2,3})年?(?=[）)])"
)
"""The years of a life or a dynasty behind its name: (618—907年)."""
_OF_MARKS = re.compile(
    "^[ ]?[（(]?$|分[^，。]{0,3}[（(]?$|属于|等级|范围|区间|评[分级]|得分|分数|信用|指数|考了|水平"
)
"""Of these three figures are marks, and so behind an English word."""
_FIGURES, _NEAR = 4, 12
_YEARS_OF_LIFE = re.compile(
    r"(?<![0-9A-Za-z.])([1-9][0-9]{0,3})年[ ]?[-~\u2013\u2014\uff5e至到][ ]?(公元)?(前?)([1-9][0-9]{2,3})年"
)
"""From a year to one of three figures and more: 78年-139年."""
_LONG_YEAR = re.compile(rf"{START}([0-9]{{4}})[ ]?年(?!代)")
_MONTH_AFTER = re.compile("[ ]?[0-9]{1,2}[ ]?月")
_SPAN_AFTER = re.compile(r"年(?:的?历史|以?前|以?来|以?后|之[久前后]|间)")
_SHORT_YEAR = re.compile(
    rf"{START}(?<![每约近满隔共历])(0[0-9]|[4-9][1-9])[ ]?年(?!左右|前后|以|之|来|间|内|多|的?历史|代|半|级?时间|期|寿|[老古])"
)
_YEAR_MONTH_SHORT = re.compile(rf"{START}([0-9]{{2}})[ ]?年(?=[ ]?[0-9]{{1,2}}[ ]?月)")
_DECADE = re.compile(
    rf"{START}(?<![0-9][:：])((?:1[0-9]|20)?)([0-9]0|[5-9]5(?=后))[ ]?(?=年代|后(?![0-9]+[个天年月日周小分秒]))"
)
_ERA_YEAR = re.compile(r"(?<=公元)(前?)[ ]?([1-9][0-9]{2,3})(?=[ ]?年)")
_ANCIENT_YEAR = re.compile(
    r"(?:\A|(?<=[，。；、（(])|(?<![存现所][于在自从])(?<=[于在自从])|(?<=[年号]，)|(?<!达到)(?<=到))[ ]?([1-9][0-9]{2})(?<!00)[ ]?(?=年(?!前|后|来|间|以|之|多|里|左右|内|中|寿|期|代|历史|时间|如|有效|质保|的(?:历史|时间|努力)))"
)
"""A number of three figures that begins a clause is a year of history: 618年，李渊称帝."""
_DECADES = re.compile(
    r"(?<![0-9.])([1-9]0)(?:年代)?[ ]?[-~\u2013\u2014\uff5e、至到][ ]?([1-9]0)(?=年代)"
)

_OF_SPANS = frozenset("了过近约达整满共历经长第位政业职教隔期龄居军役")
"""Before a number of years these say that it is no year: 在位54年."""
_SHORT_YEARS = re.compile(
    r"(?<![0-9A-Za-z.])([4-9][0-9])[-~\u2013\u2014\uff5e到至]([4-9][0-9])[ ]?年(?!以|之|来|间|内|多|的?历史|代|级?时间|期|寿)"
)
_FROM_SOME = re.compile("[0-9][-~\u2013\u2014\uff5e到至]$")
"""Before an amount of years the lower one: 寿命18~45年."""
_LASTING = frozenset("命质保用是有")
_SUMS_BEFORE = frozenset("减加满省充付过花扣降涨")
"""What comes off or on is no decade: 减50后."""
_SINCE = re.compile("(?:距今|已有|有着|历经|长达|经历|存在|延续|持续|至今)[约近大概已有了过]{0,3}$")
_MODEL_YEAR = re.compile(rf"{START}((?:19|20)[0-9]{{2}})[ ]?(?=款|版(?!本)|级(?!别)|届)")
_LASTED = re.compile(r"[了过近约达整满共历经长]$")


def read_dates(text: AlignedText) -> AlignedText:
    """Write out everything that is a date; the year digit by digit."""
    text = text.sub(_YEAR_RANGE, lambda m: f"{digits(m[1])}{m[2]}到{digits(m[3])}{m[4]}")
    text = text.sub(_REIGN, _reign)
    text = text.sub(_LIFE, lambda m: f"{digits(m[1])}到{digits(m[2])}")
    text = text.sub(
        _YEARS_OF_LIFE,
        lambda m: (
            f"{digits(m[1])}年到{m[2] or ''}{m[3]}{digits(m[4])}年"
            if int(m[4]) < _FAR_YEAR and (int(m[1]) < int(m[4]) or m[3])
            else None
        ),
    )
    text = text.sub(_BARE_YEAR_RANGE, lambda m: f"{digits(m[1])}到{digits(m[2])}")
    text = text.sub(_SEASON, lambda m: f"{digits(m[1])}到{digits(m[2])}")
    text = text.sub(
        _YEAR_MONTHS,
        lambda m: f"{digits(m[1])}年{cardinal(m[3])}月到{digits(m[4])}年{cardinal(m[5])}月",
    )
    text = text.sub(_SPAN_OF_DAYS, _span_of_days)
    text = text.sub(_FULL_DATE, _full_date).sub(_YEAR_LAST, _year_last)
    text = text.sub(_SHORT_DATE, _short_date)
    text = text.sub(_MONTH_YEAR, lambda m: f"{digits(m[3])}年{cardinal(m[1] or m[2])}月")
    text = text.sub(_YEAR_DOT_MONTH, lambda m: f"{digits(m[1])}年{cardinal(m[2])}月")
    text = text.sub(_YEAR_MONTH, lambda m: f"{digits(m[1])}年{cardinal(m[2] or m[3])}月")
    text = text.sub(_MONTH_DAY, lambda m: f"{cardinal(m[1])}月{cardinal(m[2])}日")
    text = text.sub(_DECADES, _decades)
    text = text.sub(_DECADE, _decade).sub(_MODEL_YEAR, lambda m: digits(m[1]))
    text = text.sub(_ERA_YEAR, lambda m: m[1] + digits(m[2]))
    text = text.sub(_ANCIENT_YEAR, lambda m: digits(m[1]))
    text = text.sub(_YEAR_MONTH_SHORT, lambda m: f"{digits(m[1])}年")
    text = text.sub(_LONG_YEAR, _long_year).sub(_SHORT_YEARS, _short_years)
    return text.sub(_SHORT_YEAR, _short_year)


def _full_date(match: re.Match[str]) -> str | None:
    year, _, month, day = match.groups()
    return _date(year, month, day)


def _span_of_days(match: re.Match[str]) -> str | None:
    year, _, month, day, last_month, last_day = match.groups()
    first, last = _date(year, month, day), _date(year, last_month or month, last_day)
    if first is None or last is None or (last_month is None and int(last_day) <= int(day)):
        return None
    ending = f"{cardinal(last_month)}月" if last_month else ""
    return f"{first}到{ending}{cardinal(last_day)}日"


def _year_last(match: re.Match[str]) -> str | None:
    first, _, second, year = match.groups()
    return _date(year, first, second) or _date(year, second, first)


def _short_date(match: re.Match[str]) -> str | None:
    """`25/12/3` begins with the year; `12/3/25` ends with it, since no month has 25 days before."""
    first, second, third = match.groups()
    if int(first) <= _MONTHS < int(third) and len(third) == len(first):
        return _date(third, first, second)
    return _date(first, second, third)


def _date(year: str, month: str, day: str) -> str | None:
    if not (0 < int(month) <= _MONTHS and 0 < int(day) <= _DAYS):
        return None
    return f"{digits(year)}年{cardinal(month)}月{cardinal(day)}日"


def _reign(match: re.Match[str]) -> str | None:
    era, before, first, last_era, last_before, last = match.groups()
    is_short = len(last) < _FIGURES and not (era or before or last_era or last_before)
    if is_short and _OF_MARKS.search(match.string[max(0, match.start() - _NEAR) : match.start()]):
        return None
    start = f"{era or ''}{before}{digits(first)}年"
    return f"{start}到{last_era or ''}{last_before}{digits(last)}年"


def _decade(match: re.Match[str]) -> str | None:
    century, decade = match.groups()
    if match.start() and match.string[match.start() - 1] in _SUMS_BEFORE:
        return None
    if match.string.startswith("后", match.end()):  # 90后, 00后: people born in a decade
        return None if century else digits(decade)
    return digits(century) + (digits(decade) if century or decade == "00" else cardinal(decade))


def _decades(match: re.Match[str]) -> str:
    """`80-90年代` 八十到九十年代, `70、80年代` 七八十年代."""
    first, last = match.groups()
    if "、" in match[0] and int(last) == int(first) + 10 and "年代" not in match[0]:
        return f"{cardinal(first)[0]}{cardinal(last)}"
    return f"{cardinal(first)}{'，' if '、' in match[0] else '到'}{cardinal(last)}"


def _long_year(match: re.Match[str]) -> str | None:
    """A span of years is a number, not a date: 5000年历史, 用了1000年."""
    is_round = match[1].endswith("00")
    is_date = "1000" < match[1] < "2200" or _MONTH_AFTER.match(match.string, match.end())
    since = match.string[max(0, match.start() - len("历史长达了")) : match.start()]
    if _SINCE.search(since):
        return None
    is_span = _LASTED.search(
        match.string[max(0, match.start() - 1) : match.start()]
    ) or _SPAN_AFTER.match(match.string, match.end() - 1)
    if not is_date or (is_round and is_span):
        return None
    return f"{digits(match[1])}年"


def _short_years(match: re.Match[str]) -> str | None:
    """`82-85年` 八二到八五年; behind 寿命 and its like they are amounts."""
    first, last = match.groups()
    before = match.string[match.start() - 1] if match.start() else ""
    if int(first) >= int(last) or before in _OF_SPANS or before in _LASTING:
        return None
    return f"{digits(first)}到{digits(last)}年"


def _short_year(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - len("2-")) : match.start()]
    if before[-1:] in _OF_SPANS or _FROM_SOME.search(before):
        return None
    return f"{digits(match[1])}年"

"""Dates written in figures, and weekdays in brackets."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText

_WAVE = "~\u301c\uff5e\u223c"
_M, _D = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"(?:1[0-9]|20|21)[0-9]{2}"
_DATE = re.compile(
    rf"(?<![0-9./-])({_YEAR})([-/.])({_M})\2({_D})(?![0-9]|[./][0-9]|-[0-9](?![0-9]{{3}}[-/.]))"
)
_BETWEEN = re.compile(rf"(?<=[0-9][-/.][0-9]{{2}})[-{_WAVE}](?={_YEAR}[-/.][0-9])")
_DAY_YEAR = re.compile(rf"(?<![0-9./-])({_D})([-/.])({_D})\2({_YEAR})(?![0-9]|[./-][0-9])")
_YEAR_MONTH = re.compile(
    r"(?<![0-9./-])((?:19|20)[0-9]{2})(?:[-/](0?[1-9]|1[0-2])|\.(0[1-9]))(?![0-9]|[./-][0-9])"
)
_MONTH_YEAR = re.compile(
    r"(?<![0-9./-])(0[1-9]|1[0-2])[-/.]((?:19|20)[0-9]{2})(?![0-9]|[./-][0-9])"
)
_PADDED = re.compile(
    r"(?<![0-9./-])(?=0|[0-9]{2}[-/.]0)(0[1-9]|1[0-2])([-/.])(0[1-9]|[12][0-9]|3[01])(?![0-9]|[./-][0-9]|[%％℃度])(?!\s?[A-Za-z])"
)
_CUE = rf"[ ]?(?:から|まで|に(?!な)|以降|以前|締切|締め切り|開催|予定|付け?|発売|開始|出発|到着|[{_WAVE}]|[(（][日月火水木金土])"
_MONTH_DAY = re.compile(
    rf"(?<![0-9./-])({_M})/({_D})(?![0-9./-])(?P<cue>{_CUE})?(?P<part>[ ]?(?:の確率|程度|以上|以下|が|ほど|を占|カップ))?"
)
_HYPHEN = re.compile(
    rf"(?<![0-9./-])({_M})-({_D})(?=から{_M}-{_D}(?![0-9-]))|(?<=[0-9]から)(?<![0-9]-)({_M})-({_D})(?![0-9./-])"
)
_DAY_NAME = "([日月火水木金土])(?:曜日?)?"
_WEEKDAY = re.compile(rf"(?<=[日0-9])[ ]?[(（]{_DAY_NAME}(?:[・･、,]?(祝|休))?日?[)）]")
_WEEKDAYS = re.compile(
    rf"(?<=[日0-9])[ ]?[(（]{_DAY_NAME}[ ]?[-{_WAVE}から]{{1,2}}[ ]?{_DAY_NAME}[)）]"
)
LAST_MONTH = 12
RARE_PART = 11
"""Elevenths are hardly ever written: 8/11 is a day."""


def _day_year(match: re.Match[str]) -> str | None:
    """Month first where both are possible."""
    first, second = int(match[1]), int(match[3])
    month, day = (second, first) if first > LAST_MONTH else (first, second)
    return f"{match[4]}年{month}月{day}日" if month <= LAST_MONTH else None


def _month_day(match: re.Match[str]) -> str | None:
    """A fraction unless something says that it is a day, or it could be no part."""
    month, day, cue = int(match[1]), int(match[2]), match["cue"] or ""
    if match.string.endswith("から", 0, match.start()) and not match["part"]:
        return f"{month}月{day}日{cue}"
    if match["part"] or (
        not cue and ((month <= day <= LAST_MONTH and day != RARE_PART) or day == 1)
    ):
        return None
    if not cue and day > LAST_MONTH and month == 1:  # 1/20
        return None
    return f"{month}月{day}日{cue}"


def _hyphen(match: re.Match[str]) -> str:
    return f"{int(match[1] or match[3])}月{int(match[2] or match[4])}日"


def read_dates(text: AlignedText) -> AlignedText:
    """`2024/05/01` 2024年5月1日, `5/1(水)` 5月1日水曜日, `12/15から` 12月15日から."""
    text = text.sub(_BETWEEN, "から")
    text = text.sub(_DATE, lambda m: f"{m[1]}年{int(m[3])}月{int(m[4])}日").sub(
        _DAY_YEAR, _day_year
    )
    text = text.sub(_YEAR_MONTH, lambda m: f"{m[1]}年{int(m[2] or m[3])}月")
    text = text.sub(_MONTH_YEAR, lambda m: f"{m[2]}年{int(m[1])}月")
    if "-" in text.text:
        text = text.sub(_HYPHEN, _hyphen)
    text = text.sub(_PADDED, lambda m: f"{int(m[1])}月{int(m[3])}日").sub(_MONTH_DAY, _month_day)
    text = text.sub(_WEEKDAYS, lambda m: f"、{m[1]}曜日から{m[2]}曜日、")
    return text.sub(_WEEKDAY, lambda m: f"{m[1]}曜日{f'、{m[2]}日、' if m[2] else ''}")

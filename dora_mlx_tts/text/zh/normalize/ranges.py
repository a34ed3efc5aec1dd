"""Ranges: the sign between two quantities is spoken 到."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, NUMBER

_DASH = r"[-~\u2013\u2014\u2212\uff5e〜∼]"
_UNIT = rf"(?:[a-zA-Zμ%℃°]{{1,3}}|[十百千万亿]{{1,2}}(?:{MEASURE})|{MEASURE})"
_NUMBERS = re.compile(
    rf"(?<![0-9A-Za-z.-])((?:[-\u2212](?=[0-9]))?{NUMBER})[ ]?({_UNIT})?[ ]?{_DASH}(?![-—])(?<![-—]{{2}})[ ]?(?=(?:[-第前]|公元前?)?{NUMBER}(?![0-9A-Za-z]{{0,16}}-[0-9]))"
)
_LONG_DASH = re.compile(
    rf"(?<![0-9A-Za-z.-])(?:({NUMBER})[ ]?(?:——|--)[ ]?(?={NUMBER})|({NUMBER})[ ]?({_UNIT})[ ]?(?:——|--)[ ]?(?={NUMBER}[ ]?\3))"
)
"""Two dashes are a pause, but between numbers of one kind: 15——22℃."""
_MINUS = re.compile(
    rf"(?<![0-9A-Za-z.:：/-])({NUMBER})[ ][-\u2212][ ]({NUMBER})(?![0-9A-Za-z.:：/-]|[ ]?(?:{MEASURE}|[%℃°]))"
)
_DAYS = re.compile(
    rf"(?<=[日号])([ ]?[（(]?(?:周|星期|礼拜)[一二三四五六日天][)）]?)[ ]?{_DASH}[ ]?(?=[0-9零一二三四五六七八九十])"
)
"""From a day, with its weekday, to another."""
_TO_WRITTEN = re.compile(rf"(?<=[0-9]){_DASH}(?=[零一二三四五六七八九十])")
_NUMBERED = "[月日号点时分年级岁层楼页章节季]"
_NAMES = re.compile(
    rf"((?:周|星期|礼拜)[一二三四五六日天]|[0-9零一二三四五六七八九十]{{1,4}}(?:年级|{_NUMBERED})|世纪[初中末]?|[上中下]旬|[月年][初中底末]|季度|[今昨明]天|现在)[ ]?{_DASH}[ ]?"
    r"(?=(?:周|星期|礼拜|[早晚]上?|[上下中]午|凌晨|次[日晨]|翌日|第)?[零一二三四五六七八九十日天]|第?[0-9]{1,4}(?:世纪|年级|"
    rf"{_NUMBERED})|[今昨明]天|现在|至今)"
)


def _minus(match: re.Match[str]) -> str | None:
    """`9 - 1` 九减一: what ends below its beginning is no range."""
    first, second = match.groups()
    return f"{first}减{second}" if float(first) > float(second) else None


def read_ranges(text: AlignedText) -> AlignedText:
    """`3-5天` 3到5天, `周一~周五` 周一到周五; the numbers are left for later rules."""
    text = text.sub(_MINUS, _minus)
    text = text.sub(_LONG_DASH, lambda m: f"{m[1] or m[2]}{m[3] or ''}到")
    text = text.sub(_NUMBERS, lambda m: f"{m[1]}{m[2] or ''}到")
    text = text.sub(_TO_WRITTEN, "到")
    text = text.sub(_DAYS, r"\1到")
    return text.sub(_NAMES, r"\1到")

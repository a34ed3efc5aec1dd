"""Times of day, durations, and the scores and ratios that look like them."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, cardinal, number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER

_TIME = (
    r"([01]?[0-9]|2[0-4])[:：]([0-5][0-9])(?:[:：]([0-5][0-9])(?:\.[0-9]{1,6})?)?"
    r"(?:[ ]?([aApP])\.?[mM]\.?(?![A-Za-z])|Z(?![A-Za-z]))?"
)
_BORDER_BEFORE = r"(?<![0-9A-Za-z.:：])"
_BORDER_AFTER = r"(?![0-9A-Za-z]|[:：][0-9])"
_CLOCK = re.compile(_BORDER_BEFORE + _TIME + _BORDER_AFTER)
_RANGE = re.compile(rf"(?<=[0-9mM])[ ]?(?:-|~|\u2013|\u2014|\uff5e)[ ]?(?={_TIME}{_BORDER_AFTER})")
_TIME_BEFORE_DASH = re.compile(rf"{_BORDER_BEFORE}{_TIME}$")
_HOUR = re.compile(r"(?<![0-9A-Za-z.:：])(1[0-2]|[1-9])[ ]?([aApP])\.?[mM]\.?(?![A-Za-z])")
_RATIO = re.compile(
    rf"(?<![0-9A-Za-z.:：])({NUMBER})[ ]?[:：∶][ ]?({NUMBER})(?![0-9A-Za-z.]|[:：][0-9])"
)
_CHAIN = re.compile(r"(?<![0-9A-Za-z.:：])([0-9]{1,4}(?:[:：∶][0-9]{1,4}){2,5})(?![0-9A-Za-z])")
_SCORE_NEAR = re.compile(
    r"比分|比数|总分|半场|加时|领先|落后|战胜|战平|击败|大胜|获胜|取胜|险胜|完胜|惨败|不敌|逆转|打成|踢成|赢|输"
)
_SCORE_DASH = re.compile(
    r"(?<![0-9A-Za-z.:：-])([0-9]{1,3})[ ]?[-\u2013][ ]?([0-9]{1,3})(?![0-9A-Za-z.-])"
)
_WINDOW = 8


def read_times(text: AlignedText) -> AlignedText:
    """Write out times; a colon that is no time is 比."""
    text = text.sub(_RANGE, _range)
    text = text.sub(_SCORE_DASH, _score)
    text = text.sub(_CLOCK, _clock).sub(_HOUR, lambda m: f"{_half_day(m[2])}{amount(m[1])}点")
    text = text.sub(_CHAIN, lambda m: "比".join(map(number, re.split("[:：∶]", m[1]))))
    return text.sub(_RATIO, lambda m: f"{number(m[1])}比{number(m[2])}")


def _range(match: re.Match[str]) -> str | None:
    start = max(0, match.start() - 16)
    return "至" if _TIME_BEFORE_DASH.search(match.string[start : match.start()]) else None


def _is_score(match: re.Match[str]) -> bool:
    start, end = max(0, match.start() - _WINDOW), match.end() + _WINDOW
    return _SCORE_NEAR.search(match.string, start, end) is not None


def _score(match: re.Match[str]) -> str | None:
    return f"{number(match[1])}比{number(match[2])}" if _is_score(match) else None


def _clock(match: re.Match[str]) -> str | None:
    hour, minute, second, half = match.groups()
    if not second and not half and _is_score(match):
        return None
    spoken = f"{_half_day(half)}{amount(str(int(hour)))}点{_minutes(minute, bool(second))}"
    if second and second != "00":
        return f"{spoken}{'' if minute != '00' else '零分'}{_two(second)}秒"
    return spoken


def _half_day(letter: str | None) -> str:
    return "" if letter is None else {"a": "上午", "p": "下午"}[letter.lower()]


def _minutes(minute: str, exact: bool) -> str:
    if minute == "00":
        return ""
    return "半" if minute == "30" and not exact else f"{_two(minute)}分"


def _two(figures: str) -> str:
    """Two figures with their leading zero: 05 零五."""
    return ("零" if figures[0] == "0" and figures != "00" else "") + cardinal(figures)

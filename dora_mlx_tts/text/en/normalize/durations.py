"""How long something took: `1h 20m`, race times, paces."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, number
from dora_mlx_tts.text.en.normalize.patterns import spaced
from dora_mlx_tts.text.patterns import expression

_NAMES = {
    "o": "month",
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
    "w": "week",
    "y": "year",
}
_PIECE = r"\d{1,4}(?:\.\d{1,3})?\s?"
_DAYS, _HOURS = r"(?:days?|d)", r"(?:hours?|hrs?|h)"
_MINUTES, _SECONDS = r"(?:minutes?|mins?|m)", r"(?:seconds?|secs?|s)"
_SEP = r"(?:\s|,\s)?"
_COMPOUND = expression(
    rf"(?<![\w.,$€£])(?:(?P<y>{_PIECE})(?:years?|yrs?|y)\.?{_SEP})?(?:(?P<o>{_PIECE})(?:months?|mos?)\.?{_SEP})?(?:(?P<w>{_PIECE})(?:weeks?|wks?|w)\.?{_SEP})?(?:(?P<d>{_PIECE}){_DAYS}{_SEP})?(?:(?P<h>{_PIECE}){_HOURS}\.?{_SEP})?"
    rf"(?:(?P<m>{_PIECE}){_MINUTES}\.?{_SEP})?(?:(?P<s>{_PIECE}){_SECONDS})?(?<=[a-z])(?![\w/²³]|-\w|\s?/)(?:\.(?=\s[a-z]|[,;]))?",
)
_CLOCK = expression(
    r"(?P<lead>\b(?:at|by|until|before|after|from) )(?P<h>[01]?\d|2[0-3])h(?P<m>[0-5]\d)?(?!\w)"
)
_HOURS_MINUTES = expression(r"(?<![\w.,:$])(\d{1,2})h([0-5]\d)(?!\w)")
_MINUTES_LEFT = expression(
    r"(?<![\w.,$])(\d{1,3})m(?= (?:left|remaining|ago|later|early|late|to go|until|break|timer|walk|drive|delay|away by)\b)"
)
_MINUTES_ALONE = expression(
    r"(?<![\w.,$])(\d{1,3})m(?![\w²³/-]|\.\w|\s(?:of|tall|wide|deep|high|x|×)\b)"
)
_TIMED = expression(
    r"(?i)\d\s?h(?:\d|rs?\b|ours?\b|\b)|\b(?:hours?|hrs?|mins?|minutes?|timers?|takes?|took|eta|wait|walk|drive|ride|"
    r"by (?:car|train|bus|bike|foot|plane|subway)|every|cook|bake|simmer|rest|remaining|setup|episode|movie|film|video|podcast|watch)\b|m \d{1,2}s\b"
)
_LENGTHS = expression(
    r"(?i)\d\s?(?:km|cm|mm|ft|feet|yd|meters?)\b|\b(?:race|sprint|relay|distance|elevation|swim|dash|away|tall)\b"
)
FEWEST_PARTS = 2
AROUND = 60
"""Characters on each side that say whether m is for minutes or for meters."""
_LONG = expression(
    r"(?<![\w:.])(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,3}))?(?![\d:]|\s?[AaPp]\.?\s?[Mm]\b|\s?Z\b)"
)
_AT_BEFORE = expression(
    r"(?i)\b(?:at|until|till|by|before|after|since|timestamp|from)\s\Z|T\Z|-\d\d \Z|-\d\d at \Z| at \Z"
)
_RACE = expression(
    r"(?P<lead>\b(?:\d{1,2}[Kk]:?|marathon:?|mile:?|laps?:?|split:?|in|took|(?:time|P[RB]|personal best) (?:of|was|is|at)|P[RB]:?|pace of|pace is|pace was|record of|record is|under|sub|lasts?|lasted|long|duration is|duration of|duration|"
    r"runs?|ran|best of|finished in|over|rest|resting|hold|plank|recover(?:y)?|wall sit|jog):? (?:about |just |exactly |only |around )?)(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,3}))?"
    r"(?![\d:]|\s?[AaPp]\.?\s?[Mm]\b)"
)
_PACE = expression(
    r"(?<![\w:.])(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?=(?: to \d{1,2}:[0-5]\d)?(?:\s?/\s?(?:mi|mile|km|k|100\s?m)\b|\s(?:min|minutes?|pace|per|a) ?(?:per|/|pace|mile|km|mi)?\b"
    r"(?<!a)|\s?min/))"
)
_BEST = expression(
    r"(?P<lead>\b(?i:personal best|best time|p[br]|pace|record|split|finish(?:ing)? time)\b(?:(?! at )[^.;:]){0,30}? (?:is|was|of|to) )(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,3}))?"
    r"(?![\d:]|\s?[AaPp]\.?\s?[Mm]\b)"
)
_LEFT = expression(
    r"(?<![\w:.])(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?=\s(?:left|remaining|to go|to play|on the clock|elapsed|into)\b)"
)
_CLOCK_TIMES = expression(r"(?i)\d\s?[ap]\.?m\b")
_LATE = expression(r"(?<![\w:.])(?:2[5-9]|[3-9]\d|1\d\d):[0-5]\d(?![\d:]|\.\d|\s?[-–/:])")
_RACED = expression(
    r"(?<![\w:.])(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?=\s(?:\d{1,2}\s?[kK]\b|[a-z]+-mile\b|mile\b|half[- ]marathon|marathon\b))"
)
_HOURS_NEAR = expression(r"\bhours? [a-z-]+ minutes?(?: [a-z-]+){0,2} and [a-z-]+ seconds?\b")
_PLAN = expression(
    r"(?<![\w:.])(?P<a>\d{1,3}):(?P<s>[0-5]\d)(?P<to> to )(?P<b>\d{1,3}):(?P<t>[0-5]\d)(?![\d:]|\.\d)"
)
"""Parts of a workout or of a video, where one of them ends behind the last hour of a day."""
_WHOLE_MINUTES = expression(r"(?<![\w:.])(?P<m>2[5-9]|[3-9]\d|1\d\d):(?P<s>00)(?![\d:]|\.\d)")
_ON_OFF = expression(
    r"(?<![\w:.])(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?=\s(?:on\s?(?:[/,&]|and)\s?\d{1,2}:\d\d off|off\b|easy\b|hard\b|rest\b|jog\b|recovery\b))"
)
_LESS = expression(r"(?<=\s)(?P<sign>[<>≤≥])\s?(?P<m>\d{1,3}):(?P<s>[0-5]\d)(?![\d:])")
_RELATIONS = {"<": "less than", ">": "more than", "≤": "at most", "≥": "at least"}
_SECONDS_ONLY = expression(r"(?<![\w:.])0:(?P<s>[0-5]\d)(?![\d:]|\s?[AaPp]\.?[Mm])")
_SHIFTED = expression(
    r"(?:(?<=\s)|(?<=\())(?P<sign>[+−])(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?![\d:]|\.\d)"
)
_LAP = expression(r"(?<![\w:.])(?P<m>\d{1,2}):(?P<s>[0-5]\d)\.(?P<f>\d{1,3})(?![\d:])")
_PER_DISTANCE = expression(r"(?<=[a-z])\s?(?:min)?/(mi|mile|km|k)\b")
_DISTANCES = {"mi": "mile", "mile": "mile", "km": "kilometer", "k": "k"}


def _compound(match: re.Match[str]) -> str | None:
    parts = [(unit, match[unit].strip()) for unit in "yowdhms" if match[unit]]
    if len(parts) < FEWEST_PARTS:
        return None
    return spaced(match, " ".join(_part(figures, _NAMES[unit]) for unit, figures in parts))


def _minutes_alone(match: re.Match[str]) -> str | None:
    """`45m by car`: minutes, where the words around speak of time and not of length."""
    around = match.string[max(0, match.start() - AROUND) : match.end() + AROUND]
    if not _TIMED.search(around) or _LENGTHS.search(around):
        return None
    return _part(match[1], "minute")


def _part(figures: str, unit: str) -> str:
    count = figures.lstrip("0") or "0"
    return f"{number(count)} {unit}{'' if count == '1' else 's'}"


def _long(match: re.Match[str]) -> str | None:
    """`3:42:18` → three hours forty-two minutes and eighteen seconds, unless it is said when."""
    before = match.string[max(0, match.start() - 12) : match.start()]
    if _AT_BEFORE.search(before):
        return None
    parts = [_part(match["h"], "hour"), _part(match["m"], "minute")]
    seconds = match["s"] if not match["f"] else f"{int(match['s'])}.{match['f']}"
    said = [part for part in parts if not part.startswith("zero")]
    if match["f"] or int(match["s"]):
        said.append(("and " if said else "") + _part(seconds, "second"))
    return spaced(match, " ".join(said) or _part("0", "second"))


def _short(match: re.Match[str]) -> str:
    minutes, seconds = cardinal(int(match["m"])), int(match["s"])
    if not int(match["m"]) and seconds and not match.groupdict().get("f"):
        return (match.groupdict().get("lead") or "") + _part(str(seconds), "second")
    words = f"{minutes} {'oh ' if 0 < seconds < 10 else ''}{cardinal(seconds)}"  # noqa: PLR2004 (one figure)
    if not seconds and int(match["m"]) < 10 and _HOURS_NEAR.search(match.string):  # noqa: PLR2004 (of a marathon)
        words = _part(match["m"], "hour")
    elif not seconds:
        words = f"{minutes} minute{'' if int(match['m']) == 1 else 's'}"
    fraction = match.groupdict().get("f")
    if fraction:
        words = f"{minutes} {cardinal(seconds)}" if seconds >= 10 else words  # noqa: PLR2004 (one figure)
        words += f" point {' '.join(cardinal(int(c)) for c in fraction)}"
    return (match.groupdict().get("lead") or "") + words


def _plan(match: re.Match[str]) -> str:
    """`5:00 to 25:00` → five to twenty-five minutes."""
    parts = [(match["a"], match["s"]), (match["b"], match["t"])]
    said = [
        cardinal(int(m)) if s == "00" else f"{cardinal(int(m))} {cardinal(int(s))}"
        for m, s in parts
    ]
    return f"{said[0]} to {said[1]}" + (" minutes" if parts[1][1] == "00" else "")


def _less(match: re.Match[str]) -> str:
    """`in <27:00` → in less than twenty-seven minutes."""
    return f"{_RELATIONS[match['sign']]} {_short(match)}"


def _seconds_only(match: re.Match[str]) -> str | None:
    """`hold for 0:45`, but `at 0:45`."""
    at = _AT_BEFORE.search(match.string[max(0, match.start() - 12) : match.start()])
    at = at or _CLOCK_TIMES.search(match.string)
    return None if at or match["s"] == "00" else _part(match["s"], "second")


def _shifted(match: re.Match[str]) -> str:
    """`+0:45` of a tide → plus forty-five minutes."""
    parts = [
        _part(match[unit], name)
        for unit, name in (("h", "hour"), ("m", "minute"))
        if int(match[unit])
    ]
    return f"{'plus' if match['sign'] == '+' else 'minus'} {' '.join(parts) or 'zero'}"


def apply(text: AlignedText) -> AlignedText:
    """`1h 20m` → one hour twenty minutes; `ran in 22:40` → ran in twenty-two forty."""
    text = text.sub(_CLOCK, lambda m: f"{m['lead']}{m['h']}:{m['m'] or '00'}")
    text = text.sub(_COMPOUND, _compound)
    text = text.sub(_HOURS_MINUTES, lambda m: f"{_part(m[1], 'hour')} {cardinal(int(m[2]))}")
    text = text.sub(_MINUTES_LEFT, lambda m: _part(m[1], "minute"))
    text = text.sub(_MINUTES_ALONE, _minutes_alone)
    if ":" not in text.text:
        return text
    text = text.sub(_SHIFTED, _shifted).sub(_LESS, _less)
    if _LATE.search(text.text) and not _CLOCK_TIMES.search(text.text):
        text = text.sub(_PLAN, _plan)
    text = (
        text.sub(_LONG, _long)
        .sub(_RACE, _short)
        .sub(_BEST, _short)
        .sub(_PACE, _short)
        .sub(_LAP, _short)
        .sub(_LEFT, _short)
        .sub(_WHOLE_MINUTES, _short)
        .sub(_ON_OFF, _short)
        .sub(_RACED, _short)
        .sub(_SECONDS_ONLY, _seconds_only)
    )
    return text.sub(_PER_DISTANCE, lambda m: f" per {_DISTANCES[m[1]]}")

"""Figures with Latin letters behind them: units, scales, halves of the day, currencies.

These rules hold beside Chinese only (`text/mixed.py`), before a text is divided by language.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.currencies import LAST_CHARACTERS
from dora_mlx_tts.text.zh.normalize.maths import (
    OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    quotient,
    scientific,
)
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, scaled
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, MEASURE, MORE, NUMBER, Rule
from dora_mlx_tts.text.zh.normalize.times import HALF_DAY_TIME, read_times
from dora_mlx_tts.text.zh.normalize.units import (
    FUEL,
    OF_FIELD,
    PERIODS,
    QUANTITY,
    RAISED,
    UNIT_BEHIND,
    UNIT_NAMES,
    read_fuel,
    read_of_field,
    read_percentages,
    read_quantities,
    read_raised,
    unit_name,
)

_HEX = re.compile(r"(?<![0-9A-Za-z.])0[xX]([0-9A-Fa-f]{1,16})(?![0-9A-Za-z])")
_ISO_TIME = re.compile(
    r"(?<![0-9A-Za-z-])(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?(?![0-9A-Za-z])"
)
_QUARTER = re.compile(r"(?<![0-9A-Za-z])((?:19|20)\d{2})[ ]?([QH])([1-4])(?![0-9A-Za-z])")
_AGAINST = re.compile(r"(?<![0-9A-Za-z.])(\d{1,2})[vV](\d{1,2})(?![0-9A-Za-z.])")
_ERA = re.compile(
    r"(?<![0-9A-Za-z])(?:([1-9]\d{0,3})[ ]?年?[ ]?(AD|BCE?|CE|a\.?d\.?|b\.?c\.?(?:e\.?)?)|(AD|BCE?)[ ]?([1-9]\d{0,3}))(?![A-Za-z])年?"
)
_DURATION = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,4})[ ]?h(?:rs?|ours?)?[ ]?(\d{1,3})[ ]?m(?:ins?)?(?:[ ]?(\d{1,2})[ ]?s(?:ecs?)?)?"
    r"|(\d{1,4})[ ]?m(?:ins?)?[ ]?(\d{1,2})[ ]?s(?:ecs?)?)(?![0-9A-Za-z])"
)
_DATA = re.compile(
    r"(?<![0-9A-Za-z.,])(\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)(?:[ ]?[-~–～][ ]?(\d{1,12}(?:\.\d{1,6})?))?[ ]?"
    r"([KkMGTP]i?B|[KkMG]bps)(/(?:s|[人月天日年台]))?(?![A-Za-z0-9]|/[A-Za-z])"
)
_THOUSANDS = re.compile(
    rf"(?<![0-9A-Za-z.$€£¥￥])({NUMBER})(?:[kwW]?[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([kw]|W(?=[ ]?\+?[人粉播次用元块台辆阅]))({MORE})?(?![A-Za-z0-9/])"
)
_PRODUCT = re.compile(
    r"(?<![0-9A-Za-z.])(?<!Gen )(?!0[xX])(\d{1,6}(?:\.\d{1,4})?)[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?)(?:[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?))?(?![0-9.])"
)
_TIMES = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?[xX](?=[ ]?(?:倍?速|加速|快|变焦|光学|放大|播放|的速))"
)
_COMMAS = re.compile(r"(?<![0-9A-Za-z.,])\d{1,3}(?:,\d{3}){1,4}(?![0-9,])")
_COMMAS_BEFORE_UNIT = re.compile(
    r"(?<![0-9A-Za-z.,])\d{1,3}(?:,\d{3}){1,4}(?=(?:\.\d{1,8})?[ ]?(?:[-~–～][ ]?\d{1,3}(?:,\d{3}){0,4}[ ]?)?[A-Za-zμΩ°℃℉])"
)
_WORDS_PER = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,12}(?:\.\d{1,6})?)[ ]?([A-Za-z]{3,12})/(s|h|min)(?![0-9A-Za-z])"
)
_PER_SOME = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})(?:[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([kmμ]?g|m?[Ll]|k?[Jj]|kcal|k[Ww]h|mm?ol)[ ]?/[ ]?(\d{{2,4}})[ ]?(k?g|m?[lL]|km)(?![0-9A-Za-z])"
)
_ZONE = re.compile(
    r"(?<![0-9A-Za-z])(UTC|GMT)[ ]?([+\-\u2212])[ ]?(\d{1,2})(?::?([0-5]\d))?(?![0-9A-Za-z])"
)
_ION = re.compile(
    r"(?<![A-Za-z0-9])((?:[A-Z][a-z]?[₀-₉]{0,2}){1,4})([¹²³⁴-⁹]?)([⁺⁻])(?![⁰¹²³⁴-⁹0-9])"
)
_PERCENT = re.compile(rf"(?:(?<=[A-Za-z] )|(?<=[A-Za-z][(（])){NUMBER}[ ]?[%‰]")
_SCIENTIFIC = re.compile(
    r"(?<![0-9A-Za-z.])([-\u2212]?\d{1,8}(?:\.\d{1,16})?)[eE]([+-]?\d{1,3})(?![0-9A-Za-z.])"
)
_ANY_VERSION = re.compile(r"(?<![0-9A-Za-z.])(\d{1,4}(?:\.\d{1,4}){0,3})\.[xX](?![0-9A-Za-z])")
_SHARE_OF_MONEY = re.compile(
    rf"(?<=[块角{LAST_CHARACTERS}上])((?:[ ]?/[ ]?(?:{'|'.join(PERIODS)}))+)(?![A-Za-z])"
    rf"|(?<=[{LAST_CHARACTERS}])[ ]?/[ ]?(?=[\u4e00-\u9fff])"
)
_COPIES = re.compile(rf"(?<![0-9A-Za-z.)])[xX](?=\d{{1,4}}[ ]?{MEASURE})")
_EQUALS_HAN = re.compile("(?<=[A-Za-z)）])[ ]?([=≈])[ ]?(?=[\u3400-\u9fff(（])")
_UNIT_OF = re.compile(rf"(?<=[\u3400-\u9fff²³])[(（]({UNIT_NAMES})[)）]")
"""A unit in brackets behind what it measures: 体重(kg)."""
_NAME_NUMBER = re.compile(
    rf"(?:(?<=[A-Z][a-z] )|(?<=[A-Za-z][a-z]{{2}} )|(?<=chmod )|(?<=umask )|(?<=HTTP )|(?<=HTTPS ))(?![0-9]?[0-9]00)[0-9]{{3}}(?=[\u3400-\u9fff])(?![ ]?{MEASURE})"
)
"""A number behind an English word and before a Chinese one that counts nothing: Office 365版."""
_ROOM = re.compile(
    r"(?<![A-Za-z])((?i:room|rm\.|suite|gate|flight|platform) )(\d{3,4})(?![0-9A-Za-z.,/-])"
)
_PORT_OF = re.compile(
    "(?<=[A-Za-z\u4e00-\u9fff）][是为用或和、])[ ]?[0-9]{2,5}(?![0-9A-Za-z.,%‰°]|[ ]?[个号元块人年月天次])"
)
"""The port of a further server: 端口是2375，Redis是6379."""
_SENTENCE_END = re.compile("[。！？!?\n]")
_DAYS = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,3})[ ]?[-~–～至到][ ]?)?((?<=[-~–～至到+ ])[1-9]|[15-9]|[1-9]\d{1,2})d(?![0-9A-Za-z])"
)
"""3d alone is as often the space as three days."""
_WEEKS = re.compile(r"(?<=[孕娠周龄])[ ]?(\d{1,2})[ ]?[wW](?:[ ]?\+?[ ]?(\d)[ ]?d)?(?![0-9A-Za-z])")
_WEEKS_AND_DAYS = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,2})[ ]?[-~–～][ ]?)?(\d{1,2})\+([0-6])[ ]?周"
)
_RUN = re.compile(r"(?<=[0-9][Kk] )(\d{1,2})[:：]([0-5]\d)(?![0-9:：])")
"""What a run of 5K took."""
_PACE = re.compile(
    r"(?<![0-9A-Za-z.:：])(\d{1,2})[:：]([0-5]\d)[ ]?/[ ]?(km|mi|公里|英里|千米)(?![A-Za-z])"
)
_OPUS = re.compile(r"(?<![A-Za-z])[Oo]p\.?[ ]?(\d{1,3})(?![0-9A-Za-z])")
_MINUS_PERCENT = re.compile(r"(?<=[A-Z]{2})[-\u2212](?=\d{1,4}(?:\.\d{1,4})?[%‰])")
_PERCENT_NAME = re.compile(
    rf"(?<![0-9A-Za-z.])(?:{NUMBER}[ ]?%?[ ]?[-~–～][ ]?)?{NUMBER}[ ]?%(?=[A-Z])"
)
_MEAN = re.compile("(?<=[A-Za-z])\u0304")
_EQUAL = re.compile(
    rf"(?<![0-9A-Za-z])([A-Za-zα-ω])[ ]?(=|≈|≠|<=|>=|<|>|≤|≥)[ ]?(?=-?{NUMBER}[ ]?[A-Za-zμΩ°]{{1,3}}(?:[²³/]|(?![0-9A-Za-z+*^])))"
)
"""A sign between a letter and a quantity: F=6N."""
_COMPARED = re.compile(
    r"(?:(?<=[A-Za-z])|(?<=[A-Za-z][0-9]))[ ]?(==|!=|<=|>=|[=≈≠<>≤≥÷×])[ ]?(?=[-\u2212]?[0-9]|[负零一二两三四五六七八九十百])"
    r"|(?<=[0-9A-Za-z)])[ ]([=≈≠≤≥])[ ](?=[0-9A-Za-z])|(?<=[0-9])[ ]?([=≈≠≤≥])[ ]?(?=[负零一二两三四五六七八九十百])"
)
"""A sign between a name and a number: eGFR<30."""
_PART_OF_UNIT = re.compile(
    rf"(?<![0-9A-Za-z./])(\d{{1,4}})/(\d{{1,5}})[ ]?(?!mmHg)({UNIT_NAMES})(?![0-9A-Za-z²³/])"
)
_UNIT_TO_UNIT = re.compile(
    rf"(?<=[0-9])([ ]?)({UNIT_NAMES})[ ]?[-–~～][ ]?(?={NUMBER}[ ]?(?:({UNIT_NAMES})(?![A-Za-z])|[天周月年小分秒个米公斤]))"
)
"""A range whose unit is written twice: 1.2m-1.5m."""
_JUMP = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,2})m([0-9]{2})(?![0-9A-Za-z.])")
"""What was jumped or thrown: 8m15."""
_SUPPLY = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?V[ ]?[/×*xX⎓]?[ ]?({NUMBER})[ ]?A(?![0-9A-Za-z])"
)
_INCHES = re.compile(rf"(?<![0-9A-Za-z.])({NUMBER})in(?![0-9A-Za-z-]|[ ][A-Za-z])")
_SETS = re.compile(r"(?<=[\u4e00-\u9fff])[ ]?×[ ]?(\d{1,4})(?![0-9A-Za-z.])")
"""How often a quantity is taken: 100kg×5."""
_DIMENSIONS = re.compile(
    rf"(?<![0-9A-Za-z.×])({NUMBER})[ ]?[×xX*][ ]?({NUMBER})(?:[ ]?[×xX*][ ]?({NUMBER}))?[ ]?({UNIT_NAMES})(?![0-9A-Za-z²³/])"
)
"""Length by width of one unit: 120×60cm."""
_SIMPLE = 9
_LONGEST_SAID = 100
"""A window of 128k is 一百二十八K, a price of 20k is 两万."""


def _written(read: Callable[[AlignedText], AlignedText]) -> Callable[[re.Match[str]], str]:
    return lambda match: read(AlignedText.of(match[0])).text


def _commas(match: re.Match[str]) -> str:
    """`3,420` 三千四百二十; the whole part of a decimal, and one of a range, as figures."""
    whole, end = match[0].replace(",", ""), match.end()
    beside = match.string[max(0, match.start() - 2) : match.start()] + match.string[end : end + 2]
    return whole if re.search("[-~–～.%‰$+×*/=到至]", beside) else number(whole)


def _port_of(match: re.Match[str]) -> str | None:
    before = _SENTENCE_END.split(match.string[max(0, match.start() - 40) : match.start()])[-1]
    return digits(match[0].strip()) if re.search("端口|(?i:port)(?![a-z])", before) else None


def _quantity(match: re.Match[str]) -> str | None:
    """Units in signs (60°) are left for formulas."""
    if not any(char.isalpha() and char < "\u3400" for char in match[0]):
        return None
    return read_quantities(AlignedText.of(match[0])).text


def _per_some(match: re.Match[str]) -> str:
    low, high, unit, some, per = match.groups()
    value = f"{number(low)}到{number(high)}" if high else amount(low)
    return f"{value}{unit_name(unit)}每{number(some)}{unit_name(per)}"


def _zone(match: re.Match[str]) -> str:
    """`UTC+8` U T C加八, `UTC-3:30` U T C减三点半."""
    zone, sign, hours, minutes = match.groups()
    past = "" if minutes in (None, "00") else "点半" if minutes == "30" else f"点{number(minutes)}"
    return f"{' '.join(zone)}{'加' if sign == '+' else '减'}{number(hours)}{past}"


def _ion(match: re.Match[str]) -> str:
    """`Fe³⁺` F e三正, `SO₄²⁻` S O四二负."""
    symbols, charge, sign = match.groups()
    letters = re.sub("[₀-₉]+", lambda m: number(m[0].translate(SUBSCRIPTS)), symbols)
    spelled = re.sub("(?<=[A-Za-z])(?=[A-Za-z])", " ", letters)
    value = number(charge.translate(SUPERSCRIPTS)) if charge else ""
    return f"{spelled}{value}{'正' if sign == '⁺' else '负'}"


def _any_version(match: re.Match[str]) -> str:
    """`3.3.x` 三点三点x."""
    parts = match[1].split(".")
    return "点".join((number(parts[0]), *map(digits, parts[1:]), " x "))


def _share_of_money(match: re.Match[str]) -> str:
    """`/user/month` 每用户每月."""
    if match[1] is None:
        return "每"
    return "".join(f"每{PERIODS[part.strip()]}" for part in match[1].split("/")[1:])


def _weeks(match: re.Match[str]) -> str:
    """`孕12w+3d` 孕十二周三天."""
    return f"{number(match[1])}周{f'{amount(match[2])}天' if match[2] else ''}"


def _weeks_and_days(match: re.Match[str]) -> str:
    """`11-13+6周` 十一到十三周加六天."""
    first, weeks, days = match.groups()
    return f"{f'{number(first)}到' if first else ''}{number(weeks)}周{f'加{amount(days)}天' if days != '0' else ''}"


def _part_of_unit(match: re.Match[str]) -> str:
    """`1/2 kg` 二分之一千克; of many it is how many of them: 520/600 kcal."""
    part, whole, unit = match.groups()
    if int(whole) > int(part) > _SIMPLE:
        return f"{number(part)}，共{number(whole)}{unit_name(unit)}"
    return f"{quotient(f'{part}/{whole}', as_fraction=True)}{unit_name(unit)}"


def _unit_to_unit(match: re.Match[str]) -> str:
    """From one quantity to another of its kind; 220V~50Hz are two."""
    first, last = unit_name(match[2]), unit_name(match[3]) if match[3] else ""
    is_range = not last or first[-1] == last[-1] or {first[-1], last[-1]} <= set("时钟秒天周")
    return f"{match[1]}{match[2]}{'到' if is_range else '，'}"


_HOURS = re.compile(
    r"(\d{1,2}(?:[:：]\d\d)?)(?=[ ]?[-~\u2013\uff5e][ ]?(\d{1,2})(?:[:：]\d\d)?[ ]?([aApP])\.?[mM])"
)
"""The first of two times whose half of the day stands behind the second."""


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
    return spoken


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


def _data(match: re.Match[str]) -> str:
    low, high, unit, per = match.groups()
    spoken = "到".join(number(value.replace(",", "")) for value in (low, high) if value)
    share = f"每{per[1].replace('s', '秒')}" if per else ""
    return f"{spoken}{unit.upper()}{share}"


def _thousands(match: re.Match[str]) -> str | None:
    """`20.5w` 二十点五万, `2.3k` 两千三百, `3-5k` 三到五千."""
    low, high, letter, more = match.groups()
    more = "多" if more else ""
    values = [value for value in (low, high) if value]
    if letter in "wW":
        return f"{'到'.join(map(number if high else amount, values))}万{more}"
    if any(float(value) >= _LONGEST_SAID for value in values):
        return f"{'到'.join(map(number, values))}K{'加' if more else ''}"
    if all(value.isdecimal() and len(value) == 1 for value in values):
        return f"{'到'.join(map(number if high else amount, values))}千{more}"
    return "到".join(scaled(value, letter) for value in values) + more


COMMAS_BEFORE_UNIT_RULE = Rule(_COMMAS_BEFORE_UNIT, lambda match: match[0].replace(",", ""), ",")
RULES = (
    Rule(_WEEKS, _weeks, "wW"),
    Rule(_WEEKS_AND_DAYS, _weeks_and_days, "+"),
    Rule(
        _PACE,
        lambda match: f"{amount(str(int(match[1])))}分{number(match[2])}秒每{unit_name(match[3])}",
        "/",
    ),
    Rule(_RUN, lambda match: f"{amount(str(int(match[1])))}分{number(match[2])}秒", "Kk"),
    Rule(_OPUS, lambda match: f"作品{number(match[1])}号", "p"),
    Rule(_MINUS_PERCENT, lambda _: "负", "%‰"),
    Rule(_PERCENT_NAME, _written(read_percentages), "%"),
    Rule(_MEAN, lambda _: "拔", "\u0304"),
    Rule(_ION, _ion, "⁺⁻"),
    Rule(_ZONE, _zone, "UG"),
    Rule(_HEX, lambda match: f"十六进制{' '.join(map(digits, match[1].upper()))}", "xX"),
    Rule(FUEL, read_fuel, "/"),
    Rule(_COMMAS, _commas, ","),
    Rule(_ISO_TIME, lambda match: f"{match[1]} {match[2]}", "T"),
    Rule(HALF_DAY_TIME, _half_days, "mM"),
    Rule(_QUARTER, lambda match: f"{digits(match[1])}年{match[2]}{number(match[3])}", "QH"),
    Rule(_ERA, _era, "ABCabc"),
    Rule(_PRODUCT, lambda match: "×".join(filter(None, match.groups())), "xX*"),
    Rule(re.compile("(?<=[0-9][kKwW])[*x×](?=[0-9]{1,2}(?![0-9]))"), lambda _: "乘", "*x×"),
    Rule(_TIMES, lambda match: f"{number(match[1])}倍", "xX"),
    Rule(_COPIES, lambda _: "乘", "xX"),
    Rule(_SCIENTIFIC, lambda match: scientific(match[0]), "eE"),
    Rule(_PORT_OF, _port_of, "端tT"),
    Rule(_ROOM, lambda match: match[1] + digits(match[2], telephone=True), " "),
    Rule(_ANY_VERSION, _any_version, "xX"),
    Rule(_SHARE_OF_MONEY, _share_of_money, "/"),
    Rule(_UNIT_OF, lambda match: f"，{unit_name(match[1])}，", "(（"),
    Rule(_EQUALS_HAN, lambda match: OPERATORS[match[1]], "=≈"),
    Rule(_DURATION, _duration, "hm"),
    Rule(_DATA, _data, "Bb"),
    Rule(_SUPPLY, lambda match: f"{number(match[1])}伏{number(match[2])}安", "V"),
    Rule(_EQUAL, lambda match: f"{match[1]}{OPERATORS[match[2]]}", "=≈≠<>≤≥"),
    Rule(OF_FIELD, read_of_field, "ANJKHFTC"),
    Rule(_PER_SOME, _per_some, "/"),
    Rule(
        _PART_OF_UNIT,
        _part_of_unit,
        "/",
    ),
    Rule(_JUMP, lambda match: f"{amount(match[1])}米{digits(match[2])}", "m"),
    Rule(_UNIT_TO_UNIT, _unit_to_unit, "-–~～"),
    Rule(
        _DIMENSIONS,
        lambda match: (
            f"{'乘'.join(map(number, filter(None, match.groups()[:3])))}{unit_name(match[4])}"
        ),
        "×xX*",
    ),
    Rule(QUANTITY, _quantity),
    Rule(_INCHES, lambda match: f"{amount(match[1])}英寸", "n"),
    Rule(_AGAINST, lambda match: f"{number(match[1])}V{number(match[2])}", "vV"),
    Rule(_PERCENT, _written(read_percentages), "%‰"),
    Rule(
        _DAYS,
        lambda match: f"{f'{number(match[1])}到' if match[1] else ''}{amount(match[2])}天",
        "d",
    ),
    Rule(RAISED, read_raised, "⁰¹²³⁴⁵⁶⁷⁸⁹π"),
    Rule(_WORDS_PER, lambda match: f"{number(match[1])} {match[2]}每{unit_name(match[3])}", "/"),
    Rule(_NAME_NUMBER, lambda match: digits(match[0], telephone=True), FIGURES),
    Rule(UNIT_BEHIND, lambda match: f"每{unit_name(match[1])}", "/"),
    Rule(_THOUSANDS, _thousands, "kwW"),
    Rule(_SETS, lambda match: f"乘{number(match[1])}", "×"),
)
"""In the order in which they apply."""
COMPARED_RULE = Rule(
    _COMPARED, lambda match: OPERATORS[match[1] or match[2] or match[3]], "=≈≠<>≤≥÷×"
)
"""Behind formulas, which take the letters with them."""

"""Notations with Latin letters that have one reading in Chinese, before rules about units and formulas."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.degrees import (
    PERCENTS_APART,
    POSITION,
    read_position,
    read_temperatures,
)
from dora_mlx_tts.text.zh.normalize.lettered_times import TIMER
from dora_mlx_tts.text.zh.normalize.maths import OPERATORS
from dora_mlx_tts.text.zh.normalize.numbers import (
    amount,
    cardinal,
    digits,
    number,
    roman,
    two_figures,
)
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, NUMBER, Rule
from dora_mlx_tts.text.zh.normalize.times import SCORE_DASH, is_in_sports, read_times, score
from dora_mlx_tts.text.zh.normalize.units import UNIT_NAMES, unit_name

_TEMPO = re.compile("♩[ ]?=[ ]?(?=[0-9])")
_STARS = re.compile(
    r"(?<![0-9.])([0-9](?:\.[0-9])?)[ ]?★(?![ ]?[★☆0-9])|(?<![★☆])★{1,5}☆{0,4}(?![★☆0-9])(?<=[★☆]{5})"
)
_ARROW_KEY = re.compile("[←↑→↓](?=[ ]?(?:方向)?键)|(?<=按)[←↑→↓]")
_CHANGE = re.compile("[↑↓][ ]?(?=[0-9])|(?<=[0-9%‰万亿元点])[ ]?[↑↓]")
_SECTION = re.compile(r"§[ ]?([0-9]{1,4}(?:\.[0-9]{1,3}){0,3})(?![0-9])")
_NUMBER_SIGN = re.compile(r"№[ ]?([0-9]{1,4})(?![0-9.])")
_AND = re.compile("(?<=[\u4e00-\u9fff])[ ]?&[ ]?(?=[\u4e00-\u9fff])")
_ROOTS = re.compile(
    r"(?<![0-9A-Za-z.:：∶])[0-9]{0,3}√?[0-9]{1,3}(?:[ ]?[:：∶][ ]?[0-9]{0,3}√?[0-9]{1,3}){1,4}(?![0-9A-Za-z.:：∶])"
)
_CARET = re.compile(
    r"(?<=[0-9A-Za-z)])\^(?:\((-?\d{1,3})\)|(-?\d{1,3})(?![0-9.^])"
    rf"(?![ ]?[A-Za-z])|(-?\d{{1,3}})(?=(?:{UNIT_NAMES})(?![A-Za-z])))"
)
"""A power in ASCII: 10^8m/s."""
_DEGREE = "(?:°[CF]|℃|℉)"
_DEGREES = re.compile(
    rf"(?<![0-9A-Za-z.])[-\u2212]?{NUMBER}[ ]?{_DEGREE}?(?:[ ]?[-~–～至到][ ]?[-\u2212]?{NUMBER}[ ]?)?{_DEGREE}(?![A-Za-z])"
)
_FLAG = re.compile("(?:(?<=[ ])|(?<=[加用带有是和、数项上]))--(?=[a-z])")
"""Before an option of a command: --help."""
_DEGREES_APART = re.compile("(?:(?<=°[CF])|(?<=℃))[ ]?/[ ]?(?=[-\u2212]?[0-9])")
_ANGLE = re.compile(rf"(?<![A-Za-z])(sin|cos|tan|cot)[ ]?({NUMBER})°")
_TURN = re.compile(rf"(?<=[A-Za-z] )({NUMBER})°(?![0-9A-Za-z'′]|[ ]?[+=×*/-])")
"""An angle behind an English word: FOV 110°."""
_PRESSURE = re.compile(
    r"(?<![0-9A-Za-z./])(\d{2,3})/(\d{2,3})[ ]?(mmHg|kPa)(?![A-Za-z])"
    r"|(?<=BP)([ ]?(?:[<>≤≥=:：是为约在到]|)[ ]?)(\d{2,3})/(\d{2,3})(?![0-9A-Za-z./])"
)
_SIZE = re.compile(r"(?<![0-9A-Za-z./])(1\d{2})/(\d{2,3})([A-CY])(?![0-9A-Za-z])")
"""A size of clothes: 165/88A."""
_LOGIN = re.compile(r"(?<=[a-z]{3})(?<![A-Z])\d{3,6}(?![0-9A-Za-z._@-])")
"""The figures of a name in small letters: admin123."""
_CELLS = re.compile(
    r"(?<![0-9A-Za-z$])([A-Z]{1,2})(\d{1,5})[:：]([A-Z]{1,2})(\d{1,5})(?![0-9A-Za-z])"
)
"""From one cell of a table to another: A1:B10."""
_PROPORTION = re.compile(
    r"(?<![0-9A-Za-z:：,(])[A-Za-z](?:[ ]?[:：∶][ ]?[A-Za-z]){1,4}(?![0-9A-Za-z:：])"
)
"""Letters in proportion: a:b:c."""
_MAKE = re.compile(
    r"(?<![0-9A-Za-z_.-])(?:(?:\d{1,4}[A-Z]){2,4}|(?:\d{1,2}b){2})(?![0-9A-Za-z_-]|\.\d)"
)
"""Numbers of something, each with its letter: 4C8G."""
_MODEL = re.compile(r"(?<![0-9A-Za-z_.-])(?:[A-Z]{1,2}\d{1,2}){2,4}(?![0-9A-Za-z_-]|\.\d)")
"""Letters and figures alternately, each short: A7M4."""
_LETTERED_MODEL = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{1,2})([1-9]\d{1,3})([A-Z]{1,3})(?![0-9A-Za-z_-]|\.\d)"
)
_PLUSES = re.compile(r"(?<=PA)\+{2,4}(?!\+)")
_ONE_ON_ONE = re.compile("(?<![0-9A-Za-z])1[ -]?on[ -]?1(?![0-9A-Za-z])")
_TUPLE = re.compile(
    r"(?<=[A-Za-z\u4e00-\u9fff])[ ]?[（(](-?\d{1,6}(?:\.\d{1,6})?(?:[,，][ ]?-?\d{1,6}(?:\.\d{1,6})?){1,3})[)）]"
)
"""Numbers with commas between them behind a name: RGB(255,128,0)."""
_OPTION = re.compile(
    rf"(?:\A|(?<=[ ，；。：？！是选为]))[（(]?(?!H\.26[0-9])([A-H])[.．、:：)）][ ]?([-\u2212]?{NUMBER})(?![0-9A-Za-z.:：/-])"
)
"""What one may choose: A. 12.5."""
_VERSUS = re.compile("(?<=[0-9元万亿%岁分])[ ]?[vV][sS][.]?[ ]?(?=[0-9¥￥])")
_SIGNATURE = re.compile("(?<=【)[0-9]{3,6}(?=】)")
"""The number that a message comes from: 【12306】."""
_TENFOLD = re.compile("(?<=[0-9])×(?=[，。；！）、]|$)")
_TYPE = re.compile("(?<=[A-Z]{2}[ ])2(?=[类型])")
_SUM = re.compile(r"(?<![0-9A-Za-z.+(/=×*~–-])\d{1,3}(?:\+\d{1,3}){2,5}(?![0-9A-Za-z+%/=×周]|\.\d)")
_RATIO = re.compile(
    r"(?<![0-9A-Za-z.:：])(\d{1,4}(?:\.\d{1,3}(?=[:：])|(?=[:：]\d\.\d)))[:：](\d{1,4}(?:\.\d{1,3})?)(?![0-9A-Za-z.:：])"
)
_TYRE = re.compile(r"(?<![0-9A-Za-z./])(\d{3})/(\d{2})[ ]?(Z?R)(\d{2})(?![0-9A-Za-z])")
"""Width, height and rim of a tyre: 225/45R17."""
_SCORE = re.compile(r"(?<![0-9A-Za-z.:：])(\d{2,3})[:：](\d{2,3})(?=[\u4e00-\u9fff])")
_KILLS = re.compile(
    r"((?:KDA|战绩)[ ]?(?:[是为:：]|)[ ]?)(\d{1,2})/(\d{1,2})/(\d{1,2})(?![0-9A-Za-z/])"
)
"""Kills, deaths and assists of a game."""
_SMALL_LAST = re.compile(r"(?<![0-9A-Za-z_.-])([A-Z]{3,6})(\d{1,3})([a-z])(?![0-9A-Za-z_-]|\.\d)")
"""Capitals, a number and a small letter: LPDDR5x."""
_HUNDREDS = 3
_HOURS, _MINUTES = 24, 60
_SHARES = 12
_MINUS_ONE = re.compile(
    r"(?<![0-9A-Za-z._+=*/×÷²³^(-])(\d{0,3}(?<![0-9])[a-z]|\d{1,3}[a-dfi-knp-rt-z])-(\d{1,4}|\d{1,3}[a-z])(?![0-9A-Za-z._-])"
)
_PLUS_NAME = re.compile(r"(?<=[0-9元])(?:\+|[ ]\+[ ])(?=[A-Za-z]{2})")
_ROMAN = re.compile(r"(?<=[A-Z]-)(II|III|IV|VI{1,3}|IX)(?![A-Za-z0-9])")
"""The number of a make: SK-II."""
_TRACK = re.compile("(?<=[》」”])[ ]?[（(]([0-9]{1,2})[:：]([0-5][0-9])[)）]")
"""How long a song plays, behind its title."""
_ACRONYM = re.compile(
    rf"(?<![A-Za-z0-9-])(?!AD|BCE?|CE)([A-Z]{{1,6}})[ ]([0-9]{{1,4}}\.[0-9]{{1,4}}|(?<=[A-Z]{{2}}[ ])[0-9]{{1,2}}|(?<![GR]TX[ ])(?<!HTTP[ ])(?<!ISO[ ])(?<=[A-Z]{{2}}[ ])[0-9]{{3}}(?=[，。、；）（！？”」』]|\Z))(?![0-9A-Za-z.:：/*+%‰°℃℉-]|,[0-9]| ?[A-Za-z=~–]| [0-9]{{3}}|[ ]?{MEASURE})"
)
"""A figure behind letters that are spelled: BMI 26.4, USB 3.0."""
_CODE = re.compile(
    r"(?<![A-Za-z0-9-])([A-Z]{2,6})[ ]?[（(]?([0-9]{5,16})[)）]?(?![0-9A-Za-z.,:：/-]|[ ]?[万亿元块%])"
)
"""So many figures behind letters are a code: ETF 510300."""
_PORTS = re.compile(r"(?<=-p )([0-9]{2,5}):([0-9]{2,5})(?![0-9])")
_WINDOW = 12
_TIME = "(?:[01]?[0-9]|2[0-4])[:：][0-5][0-9](?:[:：][0-5][0-9])?"
_CLOCK = re.compile(
    rf"(?:(?:\A|(?<=[，。；、（]))(?={_TIME}[ ][A-Za-z]{{3}})|(?<=[A-Za-z][：，、；（）)是为在到])|(?<![0-9][Kk])(?:(?<=[A-Za-z])|(?<=[A-Z][0-9])|(?<=[A-Z][0-9]{{2}})|(?<=[A-Z][0-9]{{3}})|(?<=[A-Z][0-9]{{4}}))[ ]){_TIME}(?:[ ]?[-–~～至到][ ]?{_TIME})?(?![0-9A-Za-z:：./-]|[ ]?[-–~～aApP])"
)
_OF_RATIO = re.compile("(?i)(?:ratio|scale|aspect)[ ]?$")
_OF_RACE = re.compile(r"(?i)(?<![a-z])(?:swim|bike|run|ride|row|split|lap|finish|pb|sb)[ ]?$")
_MEMORY = re.compile(
    r"(?<![0-9A-Za-z.+])(\d{1,3})\+(\d{1,4}(?=[ ]?[GT]B?(?![A-Za-z0-9]))|(?:64|128|256|512|1024)(?![0-9A-Za-z.+=]))"
)
"""Memory and storage of a make: 16+512GB."""
_DATED = re.compile(
    r"(?<![A-Za-z])((?i:birthday|deadline|due|date|ddl|eta|expiry|lmp|interview|meeting|launch|release|check-?in|check-?out|kick-?off|appointment|party|wedding|exam|demo|flight)[ ]?(?:是|为|在|到|[:：])?[ ]?)(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![0-9A-Za-z/]|[ ]?[-~–～至到（(])"
)
_DAY_OF_NEWS = re.compile(
    r"(?:(?<=[A-Za-z] )(?![^ ]{3,5}[ ][A-Za-z])|(?:\A|(?<=[\u4e00-\u9fff：，；。、（]))(?=[^ ]{3,5}(?:[ ]|[ ]?[（(])[A-Z])|(?<=[,:;] )(?=[^ ,.;]{3,5}(?:[ ,.;]|[\u4e00-\u9fff])))(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![0-9A-Za-z/.%]|[ ]?[赛的决个杯拍])"
)
"""A day behind an English word that does not number, or before a name: BBC News 11/30报道."""
_DAYS = re.compile(
    r"(?<![0-9A-Za-z./-])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])[ ]?[-–~～至到][ ]?(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![0-9A-Za-z/.%])"
)
"""From one day to another."""
_BEFORE_DAY = re.compile(r"(?<![A-Za-z0-9])([TD])[-\u2212](\d{1,3})(?=[ ]?[天日])")
_DECADE = re.compile(
    r"(?<![0-9A-Za-z.])([5-9]0|00|10)s(?=[ ]?(?:音乐|风|复古|怀旧|金曲|老歌|经典|电影|迪斯科|穿搭|的?(?:歌|感觉)))"
)
_WEEKEND = re.compile(
    r"(?<![A-Za-z])(Sat|Sun)(?=[ ]?(?:\d{1,2}[:：]|\d{1,2}[ ]?[ap]m|[上下]午)|(?<=[（(]...)[)）])"
)
_GOAL = re.compile(r"(?<=[A-Za-z] )(\d{1,3})['′’](?![0-9A-Za-z'’\"])")
"""The minute of a goal behind a player."""
_NUMBERS_OR_MARKS = re.compile(
    r"(?i)(?:^|[^a-z])(?:page|step|chapter|part|day|lesson|level|week|task|quiz|score|rank|test|exam|question|episode|ep|slide|unit|grade|rating|stand|time|gate|no) $|(?:完成|做完|进度|答对|通过|得分|得|有|约|占|已|达标|剩|了|学完|看完)$"
)
_MAKE_LETTER = re.compile(r"(?<![0-9][A-Z]-)(?<=[A-Z]-)(\d{1,2})([VAWKTHCFJN])(?![A-Za-z0-9])")
"""A letter behind the number of a make is no unit: GPT-4V."""
_SERIES = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Za-z]{1,3})(\d{1,2})-(\d{4,5})([A-Z]{0,3})(?![0-9A-Za-z_.-])"
)
"""A number in a series of a make: i7-13700H."""
_PORTS_OF_KIND = re.compile("(?<=[A-Z]{2}-[A-Z])[ ]?[×xX*][ ]?([0-9]{1,2})(?![0-9.A-Za-z])")
"""The number of ports of a kind: USB-A×3."""
_LANES = re.compile(r"(?<=PCIe )(\d\.\d)[ ]?[xX×](\d{1,2})(?![0-9.])")
"""The version of a slot and how many lanes it has: PCIe 4.0x4."""
_ORDER_ONE = re.compile(r"(?<![A-Za-z])([OΘ])\((\d)\)")
"""How long a program takes that asks for nothing: O(1)."""
_LENGTH = re.compile(
    r"(?:(?<=(?<![A-Za-z])[a-z][ ])|(?<=[)）]))(cm|mm|km|kg|ml|mL)(?![A-Za-z0-9²³/])"
)
"""The unit of something unknown: x cm, (x-3)cm."""
_INDEX = re.compile(r"(?<=[A-Za-z0-9_\]])\[([-\u2212]?)(\d{1,4})\]")
"""One element of what a program calls so: list[3]; marks of citations have gone before."""
_SIGN_NAMED = re.compile(
    "(?<=[\u4e00-\u9fff])[ ]?(===?|!=|=(?=[ ]?[，。、；）]))[ ]?(?=[\u4e00-\u9fff，。、；）])"
)
"""A sign that a text speaks of: 用==比较，别用=。"""
_SIGNS_NAMED = {"=": "等号", "==": "双等号", "===": "三等号", "!=": "不等号"}
_TO = re.compile("(?<=[0-9])[ ]?[~～][ ]?(?=[A-Za-z][-+]?[0-9]?(?![A-Za-z]))")
_FOR = re.compile("(?<![A-Za-z0-9])([A-Z])2([A-Z])(?![A-Za-z0-9])")
"""From one kind to another: C2M."""
_ARROW = re.compile("(?<=[A-Za-z0-9%‰°℃])[ ]?(?:[→➜➡⇒]|->)[ ]?(?=[A-Za-z0-9¥￥$-])")
_FROM_TO = re.compile(
    rf"(?<![0-9A-Za-z.→➜➡⇒>])(?<![→➜➡⇒>] )({NUMBER}[ ]?(?:[%‰°℃]|{MEASURE}|{UNIT_NAMES})?)[ ]?(?:[→➜➡⇒]|->)[ ]?(?={NUMBER}[ ]?(?:[%‰°℃]|{MEASURE}|{UNIT_NAMES})?(?![0-9A-Za-z]|[ ]?[→➜➡⇒]))"
)
"""From one value to another: 2.3%→3.1%."""


def _caret(match: re.Match[str]) -> str:
    """`10^8` 10⁸, which further rules know."""
    exponent = match[1] or match[2] or match[3]
    return "".join("⁻" if c == "-" else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] for c in exponent)


def _pressure(match: re.Match[str]) -> str:
    high, low, unit, sign, upper, lower = match.groups()
    if unit:
        return f"{number(high)}，{number(low)}{unit_name(unit)}"
    return f"{OPERATORS.get(sign.strip(), sign)}{number(upper)}，{number(lower)}"


def _series(match: re.Match[str]) -> str:
    """`i7-13700H` i七,幺三七零零H."""
    name, series, figures, last = match.groups()
    return f"{name}{cardinal(series)}，{digits(figures, telephone=True)}{' '.join(last)}"


def _days(match: re.Match[str]) -> str | None:
    """`12/2-12/13` 十二月二日到十二月十三日, unless the last comes before the first."""
    month, day, last_month, last_day = map(int, match.groups())
    near = match.string[match.end() : match.end() + 2].lstrip()
    if (month, day) >= (last_month, last_day) or near[:1] in set("=+×*÷"):
        return None
    words = [cardinal(part.lstrip("0")) for part in match.groups()]
    return f"{words[0]}月{words[1]}日到{words[2]}月{words[3]}日"


def _day_of_news(match: re.Match[str]) -> str | None:
    """`11/30报道` 十一月三十日; a small number above a larger one is a share."""
    month, day = int(match[1]), int(match[2])
    if _NUMBERS_OR_MARKS.search(match.string, max(0, match.start() - _WINDOW), match.start()):
        return None
    is_told = match.string.startswith("报", match.end())
    if month < day <= _SHARES and match[2][0] != "0" and not is_told:
        return None
    return f"{cardinal(match[1])}月{cardinal(match[2])}日"


def _minus(match: re.Match[str]) -> str | None:
    """`3n-2` 三n减二."""
    figures = match[1][:-1]
    if match[1][-1] == match[2][-1]:  # a unit: 12k-18k
        return None
    last = match[2].rstrip("abcdefghijklmnopqrstuvwxyz")
    return (
        f"{number(figures) if figures else ''}{match[1][-1]}减{number(last)}{match[2][len(last) :]}"
    )


def _clock(match: re.Match[str]) -> str | None:
    """A time behind an English word: `PB 3:28:41`, where no sports say that it is a score."""
    if is_in_sports(match):
        return None
    words = re.split(
        "[0-9:：，。；]", match.string[max(0, match.start() - _WINDOW) : match.start()]
    )[-1]
    if _OF_RATIO.search(words):
        return "比".join(map(number, re.split("[:：]", match[0].strip())))
    prefix = "用时" if _OF_RACE.search(words) else f"{words} "
    return read_times(AlignedText.of(prefix + match[0].strip())).text[len(prefix) :]


def _score_behind_english(match: re.Match[str]) -> str | None:
    """`112:97` that is no time."""
    first, second = match.groups()
    is_time = second[0] == "0" or (int(first) <= _HOURS and int(second) < _MINUTES)
    return None if is_time else f"{number(first)}比{number(second)}"


def _cells(match: re.Match[str]) -> str:
    """`A1:B10` A一到B十."""
    column, row, last_column, last_row = match.groups()
    return f"{' '.join(column)}{cardinal(row)}到{' '.join(last_column)}{cardinal(last_row)}"


def _make(match: re.Match[str]) -> str:
    """`4C8G` 四C八G."""
    spelled = re.sub("(?<=[A-Z])(?=[A-Z])", " ", match[0])
    return re.sub(
        "[0-9]+", lambda m: (digits if len(m[0]) > _HUNDREDS else cardinal)(m[0]), spelled
    )


def _model(match: re.Match[str]) -> str:
    """`M30T` M三十T, `R750S` R七五零S."""
    letters, figures, last = match.groups()
    is_amount = len(figures) < _HUNDREDS or figures.endswith("00")
    said = cardinal(figures) if is_amount else digits(figures)
    return f"{' '.join(letters)}{said}{' '.join(last)}"


def _stars(match: re.Match[str]) -> str:
    """`4.8 ★` 四点八星, `★★★☆☆` 三星."""
    return f"{amount(match[1])}星" if match[1] else f"，{cardinal(str(match[0].count('★')))}星，"


def _proportion(match: re.Match[str]) -> str | None:
    """`1:√3:2` 一比根号三比二."""
    if "√" not in match[0]:
        return None
    parts = re.split("[ ]?[:：∶][ ]?", match[0])
    return "比".join(re.sub("[0-9]+", lambda m: number(m[0]), part) for part in parts).replace(
        "√", "根号"
    )


RULES = (
    TIMER,
    Rule(_FROM_TO, lambda m: f"{m[1]}到", "→➜➡⇒>"),
    Rule(_TEMPO, lambda _: "四分音符等于", "♩"),
    Rule(_STARS, _stars, "★"),
    Rule(_ARROW_KEY, lambda m: "左上右下"["←↑→↓".index(m[0])], "←↑→↓"),
    Rule(_CHANGE, lambda m: "上升" if m[0].strip() == "↑" else "下降", "↑↓"),
    Rule(_SECTION, lambda m: f"第{'点'.join(map(cardinal, m[1].split('.')))}节", "§"),
    Rule(_NUMBER_SIGN, lambda m: f"{number(m[1])}号", "№"),
    Rule(_AND, lambda _: "和", "&"),
    Rule(_ROOTS, _proportion, "√"),
    Rule(_CARET, _caret, "^"),
    Rule(_FLAG, lambda _: " dash dash ", "-"),
    Rule(PERCENTS_APART, lambda _: "，", "%‰"),
    Rule(_DEGREES_APART, lambda _: "，", "/"),
    Rule(POSITION, read_position, "°"),
    Rule(_DEGREES, lambda m: read_temperatures(AlignedText.of(m[0])).text, "°℃℉"),
    Rule(_SIGNATURE, lambda m: digits(m[0], telephone=True), "【"),
    Rule(_VERSUS, lambda _: "对", "vV"),
    Rule(_OPTION, lambda m: f"{m[1]}，{number(m[2])}", ".．、:：)）"),
    Rule(_TUPLE, lambda m: f"，{'，'.join(map(number, re.split('[,，][ ]?', m[1])))}", ",，"),
    Rule(_ANGLE, lambda m: f"{m[1]}{number(m[2])}度", "°"),
    Rule(_TURN, lambda m: f"{number(m[1])}度", "°"),
    Rule(_PRESSURE, _pressure, "/"),
    Rule(_SIZE, lambda m: f"{number(m[1])}，{number(m[2])}{m[3]}", "/"),
    Rule(_LOGIN, lambda m: digits(m[0], telephone=True)),
    Rule(_CELLS, _cells, ":："),
    Rule(_PROPORTION, lambda m: re.sub("[ ]?[:：∶][ ]?", "比", m[0]), ":：∶"),
    Rule(_MAKE, _make),
    Rule(_MODEL, _make),
    Rule(_LETTERED_MODEL, _model),
    Rule(_SMALL_LAST, _model),
    Rule(_MINUS_ONE, _minus, "-"),
    Rule(_PLUSES, lambda m: f"{amount(str(len(m[0])))}个加", "+"),
    Rule(
        _TYRE,
        lambda m: f"{digits(m[1])}，{digits(m[2])}{' '.join(m[3])}{cardinal(m[4])}",
        "R",
    ),
    Rule(_KILLS, lambda m: f"{m[1]}{'杠'.join(map(number, m.groups()[1:]))}", "/"),
    Rule(_SCORE, _score_behind_english, ":："),
    Rule(_ONE_ON_ONE, lambda _: " one on one ", "1"),
    Rule(_TENFOLD, lambda _: "倍", "×"),
    Rule(_TYPE, lambda _: "二", "2"),
    Rule(_SUM, lambda m: "加".join(map(number, re.findall("[0-9]+", m[0]))), "+"),
    Rule(_RATIO, lambda m: f"{number(m[1])}比{number(m[2])}", ":："),
    Rule(_PLUS_NAME, lambda _: "加", "+"),
    Rule(_ROMAN, lambda m: roman(m[1]), "IV"),
    Rule(_TRACK, lambda m: f"，{amount(m[1])}分{two_figures(m[2])}秒，", "》」”"),
    Rule(_ACRONYM, lambda m: f"{m[1]}{number(m[2])}", " "),
    Rule(_CODE, lambda m: f"{m[1]}{digits(m[2], telephone=True)}"),
    Rule(_PORTS, lambda m: f"{digits(m[1])}冒号{digits(m[2])}", ":"),
    Rule(SCORE_DASH, score, "-–"),
    Rule(_CLOCK, _clock, ":："),
    Rule(_MEMORY, lambda m: f"{number(m[1])}加{m[2]}", "+"),
    Rule(_DATED, lambda m: f"{m[1]}{cardinal(m[2])}月{cardinal(m[3])}日", "/"),
    Rule(_DAYS, _days, "/"),
    Rule(_BEFORE_DAY, lambda m: f"{m[1]}减{number(m[2])}", "-\u2212"),
    Rule(_DECADE, lambda m: f"{digits(m[1])}年代", "s"),
    Rule(_WEEKEND, lambda m: {"Sat": "Saturday ", "Sun": "Sunday "}[m[1]], "S"),
    Rule(_GOAL, lambda m: f"{amount(m[1])}分钟" if is_in_sports(m) else None, "'′’"),
    Rule(_DAY_OF_NEWS, _day_of_news, "/"),
    Rule(_MAKE_LETTER, lambda m: f"{cardinal(m[1])}{m[2]}", "-"),
    Rule(_SERIES, _series, "-"),
    Rule(_PORTS_OF_KIND, lambda m: f"乘{number(m[1])}", "×xX*"),
    Rule(_LANES, lambda m: f"{number(m[1])} X{number(m[2])}", "I"),
    Rule(_ORDER_ONE, lambda m: f"{m[1]}{number(m[2])}", "("),
    Rule(_LENGTH, lambda m: unit_name(m[1]), "mgLl"),
    Rule(_SIGN_NAMED, lambda m: _SIGNS_NAMED[m[1]], "="),
    Rule(_TO, lambda _: "到", "~～"),
    Rule(_FOR, lambda m: f"{m[1]} two {m[2]}", "2"),
    Rule(_INDEX, lambda m: f"{'负' if m[1] else ''}{number(m[2])}，", "["),
    Rule(_ARROW, lambda _: "，", "→➜➡⇒>"),
)
"""In the order in which they apply, beside Chinese only."""

"""Quantities with a unit in letters or signs, temperatures, percentages."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, two_figures
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

_PREFIXES = {
    "p": "皮", "n": "纳", "μ": "微", "u": "微", "m": "毫", "c": "厘", "d": "分", "h": "百", "k": "千", "M": "兆", "G": "吉", "T": "太",
}  # fmt: skip
_BASES = {
    "m": ("米", "nμumcdk"), "g": ("克", "pnμumk"), "L": ("升", "nμumcdk"), "l": ("升", "μumcd"),
    "mol": ("摩尔", "pnμumk"), "s": ("秒", "pnμum"), "Hz": ("赫兹", "mkMGT"), "W": ("瓦", "μumkMGT"),
    "Wh": ("瓦时", "mkMGT"), "V": ("伏", "nμumkM"), "A": ("安", "pnμumk"), "Ah": ("安时", "mk"),
    "VA": ("伏安", "mkM"), "Pa": ("帕", "μumhkMG"), "J": ("焦", "μumkMG"), "cal": ("卡", "kM"), "N": ("牛", "μumkM"),
    "Ω": ("欧", "μumkM"), "F": ("法", "pnμum"), "H": ("亨", "nμum"), "T": ("特", "nμum"), "eV": ("电子伏", "mkMGT"),
    "Sv": ("西弗", "nμum"), "Gy": ("戈瑞", "μumk"), "Bq": ("贝可", "kMGT"), "bar": ("巴", "mk"), "IU": (" I U", "mkμu"),
}  # fmt: skip
_UNITS = {
    f"{prefix}{base}": f"{_PREFIXES.get(prefix, '')}{name}"
    for base, (name, prefixes) in _BASES.items()
    for prefix in ("", *prefixes)
} | {
    "km²": "平方千米", "m²": "平方米", "cm²": "平方厘米", "mm²": "平方毫米", "dm²": "平方分米", "hm²": "公顷",
    "km2": "平方千米", "m2": "平方米", "cm2": "平方厘米", "mm2": "平方毫米", "m³": "立方米", "cm³": "立方厘米", "dm³": "立方分米",
    "m3": "立方米", "cm3": "立方厘米", "mm3": "立方毫米", "dm3": "立方分米", "km³": "立方千米", "mm³": "立方毫米", "Nm³": "标准立方米",
    "KG": "千克", "Kg": "千克", "H": "小时", "KM": "千米", "Km": "千米", "CM": "厘米", "MM": "毫米", "MG": "毫克", "t": "吨", "ML": "毫升", "Ml": "毫升",
    "s²": "二次方秒", "min": "分钟", "h": "小时", "hr": "小时", "d": "天", "wk": "周", "yr": "年",
    "KW": "千瓦", "kwh": "千瓦时", "KWh": "千瓦时", "KWH": "千瓦时", "kw": "千瓦", "Ω": "欧姆", "hz": "赫兹", "KHz": "千赫兹", "khz": "千赫兹", "kHZ": "千赫兹", "KHZ": "千赫兹", "Mhz": "兆赫兹", "MHZ": "兆赫兹", "Ghz": "吉赫兹", "GHZ": "吉赫兹", "wh": "瓦时", "WH": "瓦时",
    "J": "焦耳", "mmHg": "毫米汞柱", "cmH2O": "厘米水柱", "Kcal": "千卡", "Nm": "牛米", "inHg": "英寸汞柱", "atm": "个大气压", "mOsm": "毫渗摩尔", "mEq": "毫当量", "mM": "毫摩尔每升", "μM": "微摩尔每升", "nM": "纳摩尔每升", "kDa": "千道尔顿", "Da": "道尔顿", "Ci": "居里", "mCi": "毫居里", "bbl": "桶", "gal": "加仑", "sqft": "平方英尺", "pcs": "件", "C": "库仑",
    "db": "分贝", "dB": "分贝", "mcg": "微克", "dBm": "分贝毫瓦", "DB": "分贝", "U": "单位", "lm": "流明", "lx": "勒克斯", "lux": "勒克斯", "cd": "坎德拉",
    "rpm": "转每分钟", "r": "转", "ft": "英尺", "inch": "英寸", "inches": "英寸", "lb": "磅", "oz": "盎司", "rad": "弧度", "nit": "尼特", "nits": "尼特",
    "mph": "英里每小时", "kmh": "千米每小时", "kph": "千米每小时", "ha": "公顷", "cc": "毫升", "K": "开尔文", "px": "像素", "pt": "磅", "lbs": "磅", "mi": "英里", "yd": "码",
    "hrs": "小时", "mins": "分钟", "sec": "秒", "secs": "秒", "bpm": "次每分钟", "fps": "帧每秒", "kgf": "千克力", "hp": "马力", "kWp": "千瓦峰", "MWp": "兆瓦峰",
    "ppm": " P P M", "PPM": " P P M", "ppb": " P P B", "dpi": " D P I", "DPI": " D P I", "ppi": " P P I", "PPI": " P P I", "psi": " P S I", "PSI": " P S I",
    "fl oz": "液量盎司", "tbsp": "汤匙", "tsp": "茶匙", "qt": "夸脱", "nmi": "海里", "sq ft": "平方英尺", "sqm": "平方米", "acre": "英亩", "acres": "英亩", "kt": "节", "kts": "节", "knots": "节",
    "RPM": "转每分钟", "BPM": "次每分钟", "FPS": "帧每秒", "mpg": "英里每加仑", "gsm": "克每平方米", "cfm": "立方英尺每分钟", "MBps": " M B P S", "Mb": " M B", "Gb": " G B", "Kb": " K B",
    "pp": "个百分点", "bit": " bit", "bits": " bits", "MP": " M P", "dBA": "分贝A", "dBi": "分贝I", "°": "度", "′": "分", "″": "秒", "Å": "埃",
}  # fmt: skip
_OF_FIELD = {
    "A": "电[流量路网]|保险丝|熔丝|插[座头排]|安培|输出|断路|空开|负载|充电|快充|功率", "N": "[拉推压浮重阻弹支摩张作合分引磁]?力|牛顿|受到",
    "J": "能|功(?!能)|热量|焦耳|电击|除颤", "K": "温度?|开尔文|热力学|绝对零度|沸点|熔点|超导", "H": "电感|线圈",
    "F": "电容", "T": "磁|特斯拉", "C": "电荷|电量|库仑", "U": "胰岛素|肝素|青霉素",
}  # fmt: skip
_AMBIGUOUS = frozenset({*_OF_FIELD, "U", "d", "r", "wk", "yr", "VA"})
"""Letters that are as often a name (5A景区, 4K, 3d) are units only beside `/`, or where their field is spoken of."""
OF_FIELD = re.compile(
    r"(?<![0-9A-Za-z.-])(?:([=≈<>≤≥][ ]?|[等大小约高低多少]于|达到?)?)([0-9]{1,16}(?:\.[0-9]{1,40})?)[ ]?([ANJKHFTCU])(?![0-9A-Za-z+₀-₉²³·•⋅-]|/(?![0-9]))"
)
PERIODS = {
    "month": "月", "mo": "月", "year": "年", "yr": "年", "week": "周", "wk": "周", "day": "天", "night": "晚", "hour": "小时", "hr": "小时",
    "user": "用户", "person": "人", "seat": "席", "serving": "份", "token": " token", "GB": "G B", "TB": "T B", "MB": "M B",
}  # fmt: skip
"""What a price or a dose is for."""
_OF_PRODUCTS = {"℃": "摄氏度", "°C": "摄氏度"}
_HAN_UNITS = {
    "元",
    "人",
    "次",
    "度",
    "件",
    "个",
    "天",
    "年",
    "月",
    "日",
    "秒",
    "分钟",
    "小时",
    "斤",
    "公斤",
    "米",
    "人民币",
}
UNIT_NAMES = "|".join(re.escape(u) for u in sorted(set(_UNITS) - _AMBIGUOUS, key=len, reverse=True))
_PER = "|".join(
    re.escape(u)
    for u in sorted({*_UNITS, *_HAN_UNITS, *PERIODS, *_OF_PRODUCTS}, key=len, reverse=True)
)
_BESIDE_STROKE = f"(?:{'|'.join(sorted(_AMBIGUOUS - {'d'}, key=len, reverse=True))})"
_PRODUCT = rf"(?:{_PER})(?:[·•⋅](?:{_PER}))?"
_PER_EACH = rf"(?:[ ]?/[ ]?(?:\({_PRODUCT}\)|{_PRODUCT})(?![A-Za-z])|[ ]?/[\u4e00-\u9fff](?=[，。；、）)”」』的]|$))"
_SINGLE = "[ANJKCW]"
_COUNT = rf"({SIGN})({NUMBER}|[一二三四五六七八九十百千万亿两点零几半]{{1,8}})"
_RANGE = rf"(?:[ ]?[-~\u2013\uff5e到至][ ]?({NUMBER}))?"
_SCALE = r"([十百千万亿]{1,2})?"
QUANTITY = re.compile(
    rf"(?<![0-9A-Za-z.])(?<![0-9],)(?<![A-Za-z]-){_COUNT}{_RANGE}[ ]?{_SCALE}[ ]?((?:{UNIT_NAMES}|{_SINGLE})[·•⋅](?:{_PER})|{UNIT_NAMES}|{_BESIDE_STROKE}(?!(?<=K)[ ]?/[ ]?[月年周])(?=[ ]?/[ ]?(?:min|[a-zL]{{1,3}}(?![a-z])|[日天次周月时支瓶])))({_PER_EACH}{{0,2}})(?![0-9A-Za-z²³]|-[A-Za-z])"
)
RAISED = re.compile(
    rf"(?:(?<=[0-9⁻⁰¹²³⁴-⁹][⁰¹²³⁴-⁹])|(?<=π))[ ]?({UNIT_NAMES}|{_SINGLE})({_PER_EACH}{{0,2}})(?![0-9A-Za-z²³])"
)
"""A unit behind a power: 3×10⁸m/s."""
UNIT_BEHIND = re.compile(
    rf"(?<=[元块角分次人个件克米里升秒页字万亿千转度帧方吨斤步单焦卡瓦\"″0-9²³⁰¹⁴-⁹])(?<!:[0-9]{{2}})[ ]?/[ ]?({UNIT_NAMES})(?:[ ]?[·•⋅/][ ]?([年月周天日时次]))?(?![A-Za-z0-9²³])"
)
"""A unit in letters behind a stroke, whose quantity is written in Hanzi: 3元/kg."""
_BLOOD_PRESSURE = re.compile(
    r"(?<![0-9./])((?:[789]|1[0-9]|2[0-5])[0-9])/((?:[3-9]|1[0-4])[0-9])(?=[ ]?(mmHg|毫米汞柱)|(?![0-9/A-Za-z%.]))"
)
_DEGREES = re.compile("(?<=[0-9])°(?=[0-9零一二三四五六七八九十])")
_SHARED = (
    "(?!人[民员类体物工]|天[气津空]|年[级龄底初货]|月[底初中末饼]|日[本元期历常]|小[学吃王麦米孩]|分[公数析手校店期]|周[边围末一二三四五六日]|公[司园交安]"
    "|时[候间段代]|平[安台时常]|节[日目]|班[级主长]|门[口店票]|学[校生习]|车[站厢票牌]|板[块]|层[次]|户[外型口]|件[数]|米[饭粉线]|台[湾北风])"
    "[盒瓶包袋箱天日次人周月年组套分秒条本支层排户台份板件卷节晚班课页米平公小千个斤升吨亩辆张部场间局时杯碗桌车只颗门学度户片粒针餐]"
)
"""What each has its share of: 96拍/分, 3片/次."""
_HAN_PER = re.compile(
    rf"(?<=[0-9元币次人个件克米升])[ ]?/[ ]?(?:({_PER})(?![A-Za-z0-9])|(?=[人次天年月日周个件斤小平立公千秒分米吨瓶盒位套升晚间班课节场张本只支辆台部杯包袋箱两亩户片粒颗针餐枚]))"
    rf"|(?<=元)[ ]?/[ ]?(?=[\u4e00-\u9fff0-9])|(?<=/[月天年日人周次晚台户])[ ]?/[ ]?(?=[\u4e00-\u9fff])"
    rf"|(?<=分之[\u4e00-\u9fff])[ ]?/[ ]?(?={_SHARED})"
    r"|(?<=[卡克升焦])[ ]?/[ ]?(?=[0-9]{2,4}[ ]?(?:克|毫升|千克|升|g|m[lL]))"
    rf"|(?<=小时|分钟)[ ]?/[ ]?(?=[天周月日次人个件节集])"
    rf"|(?:(?<=[0-9一二三四五六七八九十百千万亿多半两点][\u4e00-\u9fff])|(?<=[0-9一二三四五六七八九十百千万亿多半两][\u4e00-\u9fff]{{2}}))[ ]?/[ ]?"
    rf"(?:({_PER})(?![A-Za-z0-9])|(?={_SHARED}))"
)
_RAISED_HAN = re.compile(
    "(?P<unit>千米|公里|厘米|毫米|分米|微米|纳米|米|英尺|英寸|英里)[ ]?(?:\\^\\(?(?P<caret>[23])\\)?|(?P<raised>[²³]))(?![0-9])"
)
"""A unit in Hanzi with its power: 厘米^2, 米³."""
_SPEED = re.compile(
    "(?<=英里|公里|千米|海里|英尺)[ ]?/[ ]?(?=小时|分钟|秒)|(?<=[0-9] 米)[ ]?/[ ]?(?=秒)"
)
EVERY = re.compile(
    r"(?<=每)([ ]?(?:\d{1,4}[ ]?)?)(k?m|k?g|[mk]?L|cm|kWh|kW|GB|TB|h|min|mol)(?![A-Za-z0-9²³])"
)
"""A unit behind 每: 每kg, 每100g."""
_PER_COUNT = re.compile(
    r"(?<![0-9A-Za-z./])([0-9]{1,12}\.[0-9]{1,8})[ ]?/[ ]?([0-9]{1,6})(?=[ ]?(?:[\u4e00-\u9fff]))(?![ ]?分)"
)
FUEL = re.compile(
    rf"({NUMBER})(?:[ ]?[-~\u2013\uff5e到至][ ]?({NUMBER}))?[ ]?([Ll]|[Kk][Ww][Hh]|Wh|度)/100[ ]?(?:km|公里|千米)"
)
_NEAR = 16
_PRIMES = re.compile(
    r"(?<![0-9A-Za-z.°度])([0-9]{1,3})[ ]?['′’][ ]?([0-5]?[0-9](?:\.[0-9]{1,2})?)[ ]?(\"|″|”|''|′′|’’)?(?![0-9A-Za-z'])"
)
_HUNDREDTHS = re.compile(r"(?<![0-9A-Za-z.°])([0-9]{1,2})[ ]?[\"″”]([0-9]{1,2})(?![0-9A-Za-z\"])")
_MINUTES = re.compile(r"(?<![0-9A-Za-z.°度])([0-9]{1,3})['′](?![0-9A-Za-z'])")
_ARC = re.compile(
    r"(?<=[0-9][°度])[ ]?([0-9]{1,2}(?:\.[0-9]{1,6})?)[ ]?['′’](?:[ ]?([0-9]{1,2}(?:\.[0-9]{1,6})?)[ ]?(?:″|\"|”|''|′′))?"
)
"""Minutes and seconds of a degree: 121°28′30″."""
_INCHES = re.compile(
    r"(?<![0-9A-Za-z.°度'′’])([0-9]{1,3}(?:\.[0-9]{1,2})?)[ ]?(\"|″|”|'')(?![0-9])"
)
_OF_HEIGHT = re.compile("身高|[高长宽深]度?|英尺")
_IS_LENGTH = re.compile(
    "[ ]?[（(=≈，,]?[ ]?(?:也?就?是|即|合|约|等于|相当于){0,2}[ ]?[0-9.零一二两三四五六七八九十百点]{1,8}[ ]?(?:cm|厘米|公分|米)"
)
_OF_INCHES = re.compile(
    "屏|显示|尺寸|[英对]寸|电视|轮|管|对角|蛋糕|披萨|箱|平板|笔记本|表盘|画|[长宽高]"
)
_OF_TIME = re.compile(
    "配速|用时|成绩|时间|耗时|跑|时长|片长|每集|全程|全场|第$|静置|[烤煮蒸炖焖腌泡煎炸煨焯炒烘]|发酵|[预加]热|冷[藏却]|休息|等待?"
)


def read_feet_and_minutes(text: AlignedText) -> AlignedText:
    """`5'30"` 五分三十秒, in heights 五英尺三十英寸; `27"` 二十七寸 where it closes no quotation."""
    text = (
        text.sub(_ARC, _arc)
        .sub(_PRIMES, _primes)
        .sub(_HUNDREDTHS, lambda m: f"{m[1]}秒{digits(m[2])}")
        .sub(_MINUTES, _minutes)
    )
    closing = _closing_quotes(text.text)
    return text.sub(
        _INCHES,
        lambda m: f"{number(m[1])}寸" if m.start(2) not in closing and _is_inch(m) else None,
    )


def _arc(match: re.Match[str]) -> str:
    minutes, seconds = match.groups()
    return f"{number(minutes)}分{f'{number(seconds)}秒' if seconds else ''}"


def _primes(match: re.Match[str]) -> str | None:
    first, second, closed = match.groups()
    before = match.string[max(0, match.start() - 8) : match.start()]
    is_height = _OF_HEIGHT.search(before) or _IS_LENGTH.match(match.string, match.end())
    is_short = closed and len(second) == 1 and second != "0"
    if (is_height or is_short) and not _OF_TIME.search(before):
        return f"{amount(first)}英尺{number(second)}英寸"
    if closed or _OF_TIME.search(before) or match.string[match.end() : match.end() + 1] in "/每":
        return f"{amount(first)}分{two_figures(second) if second.isdecimal() and len(second) > 1 else number(second)}秒"
    return None


def _minutes(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 8) : match.start()]
    closes_quotation = "'" in match.string[: match.start()]
    return None if closes_quotation and not _OF_TIME.search(before) else f"{amount(match[1])}分钟"


def _is_inch(match: re.Match[str]) -> bool:
    """Whether something with a size stands behind the mark, or before it; else the mark closes a quotation."""
    if match.string[match.end() : match.end() + 1].isalpha() or match[2] == "''":
        return True
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    return match[2] != "”" and _OF_INCHES.search(before) is not None


def _closing_quotes(text: str) -> set[int]:
    """Where a quotation ends: every second straight mark, a curly one behind its opening one."""
    closing, is_open = set[int](), {'"': False, "“": False}
    for match in re.finditer('["“”]', text):
        opener = "“" if match[0] == "”" else match[0]
        if match[0] != "“" and is_open[opener]:
            closing.add(match.start())
        is_open[opener] = match[0] == "“" or (match[0] == '"' and not is_open['"'])
    return closing


def read_quantities(text: AlignedText) -> AlignedText:
    """`60km/h` 六十千米每小时, `5-10kg` 五到十千克."""
    text = text.sub(FUEL, read_fuel).sub(_RAISED_HAN, _raised_han).sub(_SPEED, "每")
    text = text.sub(_BLOOD_PRESSURE, _blood_pressure)
    text = text.sub(_PER_COUNT, lambda m: f"{number(m[1])}每{number(m[2])}")
    text = text.sub(_DEGREES, "度").sub(QUANTITY, _quantity)
    text = text.sub(UNIT_BEHIND, read_unit_behind)
    return text.sub(_HAN_PER, lambda m: f"每{unit_name(m[1] or m[2] or '')}")


def _raised_han(match: re.Match[str]) -> str:
    """`厘米^2` 平方厘米, `米³` 立方米."""
    exponent = match["caret"] or match["raised"]
    return f"{'平方' if exponent in '2²' else '立方'}{match['unit']}"


def read_every(match: re.Match[str]) -> str:
    """`每kg` 每千克, `每100g` 每一百克."""
    count = match[1].strip()
    return f"{number(count) if count else ''}{unit_name(match[2])}"


def _blood_pressure(match: re.Match[str]) -> str | None:
    """`130/80` behind 血压 一百三十,八十."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    if not match[3] and "血压" not in before:
        return None
    return f"{number(match[1])},{number(match[2])}"


def read_fuel(match: re.Match[str]) -> str:
    """`6.5L/100km` 每百公里六点五升; behind a word or sign for about, 六点五升每百公里."""
    value = f"{number(match[1])}到{number(match[2])}" if match[2] else amount(match[1])
    is_about = match.start() and match.string[match.start() - 1] in "约近≈≤≥<>±"
    unit = match[3] if match[3] == "度" else unit_name(match[3])
    return f"{value}{unit}每百公里" if is_about else f"每百公里{value}{unit}"


def _quantity(match: re.Match[str]) -> str:
    minus, low, high, scale, unit, per = match.groups()
    value = amount(low) if low[0].isdecimal() else low
    spoken = ("负" if minus else "") + value + (f"到{amount(high)}" if high else "")
    return f"{spoken}{scale or ''}{unit_name(unit)}{_per(per)}"


def read_raised(match: re.Match[str]) -> str:
    """The unit behind a power."""
    return unit_name(match[1]) + _per(match[2])


def read_unit_behind(match: re.Match[str]) -> str:
    """`元/㎡·月`: 每平方米每月 behind the amount."""
    return f"每{unit_name(match[1])}" + (f"每{match[2]}" if match[2] else "")


def _per(strokes: str) -> str:
    """`/kg/d` 每千克每天."""
    return "".join(f"每{unit_name(unit.strip())}" for unit in strokes.split("/")[1:])


def read_of_field(match: re.Match[str]) -> str | None:
    """`电流3A` 电流三安: a letter that is a unit where its field is spoken of, or behind a sign."""
    sign, value, unit = match.groups()
    near = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    is_sign = sign and (unit != "K" or sign[0] in "=≈<>≤≥")
    if not is_sign and not re.search(_OF_FIELD[unit], near):
        return None
    return f"{sign or ''}{amount(value)}{unit_name(unit)}"


def unit_name(unit: str) -> str:
    """A unit or a product of two in Hanzi: `N·m` 牛米, `kW·h` 千瓦时."""
    first, mark, second = (
        re.sub("[()]", "", unit).replace("•", "·").replace("⋅", "·").partition("·")
    )
    if not mark:
        return _UNITS.get(unit) or PERIODS.get(unit, unit)
    last = {"h": "时"}.get(second) or _UNITS.get(second) or _OF_PRODUCTS.get(second, second)
    return f"{_UNITS.get(first, first)}{last}"

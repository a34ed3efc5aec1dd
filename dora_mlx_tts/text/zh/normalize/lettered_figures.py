"""Figures beside letters: thousands, scales, percentages, products, signs between them."""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.currencies import LAST_CHARACTERS
from dora_mlx_tts.text.zh.normalize.degrees import read_percentages
from dora_mlx_tts.text.zh.normalize.maths import (
    OPERATORS,
    scientific,
)
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, scaled
from dora_mlx_tts.text.zh.normalize.patterns import CLAUSE_MARK, MEASURE, MORE, NUMBER, Rule
from dora_mlx_tts.text.zh.normalize.units import (
    PERIODS,
    UNIT_NAMES,
)

_HEX = re.compile(r"(?<![0-9A-Za-z.])0[xX]([0-9A-Fa-f]{1,16})(?![0-9A-Za-z])")
_COMMAS = re.compile(
    r"(?<![0-9A-Za-z.,])[1-9]\d{0,2}(?:,\d{3}){1,4}(?![0-9]|,[0-9]|[ ]?(?:[KkMGTP]i?B|[KkMGT]bps|[KkMGT]b/))"
)
_COMMAS_KEPT = re.compile("[-~–～.%‰$+×*/=]|[:：∶][0-9]|[到至][ ]?[0-9]")
_PRODUCT = re.compile(
    r"(?<![0-9A-Za-z.])(?<!Gen )(?!0[xX])(\d{1,6}(?:\.\d{1,4})?)[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?)(?:[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?))?(?![0-9.])"
)
_TIMES = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?[xX](?=[ ]?(?:倍?速|加速|快|变焦|光变|光学|放大|播放|的速))"
)
_VALUE = re.compile(
    rf"(?<![0-9A-Za-z_./'-])(?!(?:and|or|to|in|is|are|was|at|for|of|by|from|the|an?|than|about|over|under|with|until|till|before|after|since|on|per|vs|no|chmod|umask|https?|port|error|code|status|ext|window|kill|ping|npm|pip|git|python|node|react|vue|java|past|quarter|half|option|passcode|password|pin|id)[ ])"
    rf"([a-z]{{2,20}}[ ]|[A-Z]{{3,5}}[a-z][ ]|[A-Z]{{2,6}}[ ](?=[0-9.]{{1,6}}[ ]?[-~–～]|[+\u2212±-]))([+\u2212±-]?)(?![0-9]{{5}})({NUMBER})(?:[ ]?[-~–～][ ]?({NUMBER}))?(?![0-9A-Za-z.:：/%‰°*×+=~–～-]|[ ][0-9A-Za-z=+*×/-]|,[0-9]|[ ]?{MEASURE})"
)
"""What a word in small letters amounts to, or from where to where: latency 120, TSH 0.3-4.2."""
_SIZE = re.compile(
    r"(?<![0-9A-Za-z.×])(\d{3,5})[ ]?[xX*×][ ]?(\d{3,5})(?![0-9A-Za-z.×*=]|[ ]?[=×+])"
)
"""So many dots by so many: 3840×2160."""
_MORE_LETTER = re.compile(rf"(?<![0-9A-Za-z.+])({NUMBER})([KMB])\+(?![0-9A-Za-z+=])")
"""More than so many thousands or millions: 100M+."""
_MORE_OF = re.compile(rf"(?<![0-9A-Za-z.+])({NUMBER})\+(?=[ ][A-Za-z]{{2}})")
"""More than so many of what English names: 2300+ star."""
_MARKS = re.compile(
    r"(?<![0-9A-Za-z./])(\d\.\d{1,2})[ ]?/[ ]?(4\.[035]|5\.0|5|10)(?:[ ]?分(?![钟之]))?(?![0-9A-Za-z./%]|[ ]?[\u4e00-\u9fff](?<![，。；、的了分吗吧呢，和但且还在左为是]))"
)
"""Marks with decimals out of all that can be had: 3.62/4.0."""
_COPIES = re.compile(
    rf"(?<![0-9A-Za-z.)])[xX](?=\d{{1,4}}[ ]?{MEASURE})|(?<=[\u4e00-\u9fff])[ ][xX][ ](?=\d{{1,4}}(?![0-9A-Za-z.]))"
)
_SCIENTIFIC = re.compile(
    r"(?<![0-9A-Za-z.])([-\u2212]?\d{1,8}(?:\.\d{1,16})?)[eE]([+-]?\d{1,3})(?![0-9A-Za-z.])"
)
_SHARE_OF_MONEY = re.compile(
    rf"(?<=[块角粒片颗支瓶杯袋包次个件份人晚枚滴勺{LAST_CHARACTERS}上])((?:[ ]?/[ ]?(?:{'|'.join(PERIODS)}|(?<=[A-Za-z]/)[月年天日周人次]))+)(?![A-Za-z])"
    rf"|(?<=[{LAST_CHARACTERS}])[ ]?/[ ]?(?=[\u4e00-\u9fff])"
)
_EQUALS_HAN = re.compile("(?<=[A-Za-z)）])[ ]?([=≈])[ ]?(?=[\u3400-\u9fff(（])")
_MINUS_PERCENT = re.compile(r"(?<=[A-Z]{2})[-\u2212](?=\d{1,4}(?:\.\d{1,4})?[%‰])")
_PERCENT_NAME = re.compile(
    rf"(?<![0-9A-Za-z.])(?:{NUMBER}[ ]?%?[ ]?[-~–～][ ]?)?{NUMBER}[ ]?%(?=[A-Z])"
)
_PERCENT = re.compile(
    rf"(?:(?<=[A-Za-z])|(?<=[A-Z][0-9]))([ (（:：=/&~≈<>≥≤,，、]|[ ][+&/~≈<>≥≤=][ ]?)([-\u2212+]?{NUMBER}[ ]?(?:%?[ ]?[-~–～至到][ ]?{NUMBER}[ ]?)?[%‰])(?![0-9])"
)
"""Percentages behind an English word."""
_RATIO = re.compile(
    rf"(?<![0-9A-Za-z.:：~～–-])(?<![-~–～到至] )(\d{{1,3}}(?::\d){{1,4}})(?![0-9A-Za-z:：%]|\.[0-9]|[ ]?[-~–～到至]|[ ]?{MEASURE})"
)
"""A second part of one figure is no minutes."""
_TIMES_FROM = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,3}(?:\.\d)?)[xX]?[ ]?[-~–～至到][ ]?(\d{1,3}(?:\.\d)?)[xX](?![0-9A-Za-z+=*/^(])"
)
_TIMES_ALONE = re.compile(
    r"(?<![0-9A-Za-z.=+*/^-])(\d{1,3}\.\d{1,3}|(?<=[A-Za-z][ ])\d{1,3})[xX](?![0-9A-Za-z+=*/^(²³.-]|[ ][+=*/-])"
)
_DISPLACEMENT = re.compile(r"(?<![0-9A-Za-z.,-])([0-6]\.[0-9])T(?![0-9A-Za-z+/-])")
"""The size of an engine with a turbocharger: 1.5T."""
_KILO = re.compile(r"(?<![0-9A-Za-z.,$-])(\d{1,5})[ ]?K(?![0-9A-Za-z+&/-])")
_THOUSANDS = re.compile(
    rf"(?<![0-9A-Za-z.$€£¥￥])({NUMBER})(?:[kwW]?[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([kwW]|K(?=[ ]?(?:/[ ]?[月年周]|[·•*×x][ ]?[0-9]{{1,2}}[ ]?薪)))({MORE})?(?![A-Za-z0-9]|/(?![月年周]))"
)
_TEN_THOUSANDS = re.compile(
    rf"(?<![0-9A-Za-z.,$€£¥￥])({NUMBER})(?:[wW]?[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([wW])({MORE})?(?![A-Za-z0-9/])"
)
"""W is 万 where people or money are counted, or data; elsewhere it is the watt."""
_AGAINST = re.compile(r"(?<![0-9A-Za-z.])(\d{1,2})[vV](\d{1,2})(?![0-9A-Za-z.])")
_LONGEST_SAID = 100
"""A window of 128k is 一百二十八K, a price of 20k is 两万."""
_COMMAS_BEFORE_UNIT = re.compile(
    rf"(?<![0-9A-Za-z.,])\d{{1,3}}(?:,\d{{3}}){{1,4}}(?=(?:\.\d{{1,8}})?[ ]?(?:[-~–～][ ]?\d{{1,3}}(?:,\d{{3}}){{0,4}}[ ]?)?(?:(?:{UNIT_NAMES}|[A-Z]{{1,3}})(?![A-Za-z])|[°℃℉]))"
)
_COMPARED = re.compile(
    r"(?:(?<=[A-Za-z])|(?<=[A-Za-z][0-9]))[ ]?(==|!=|<=|>=|[=≈≠<>≤≥÷×])[ ]?(?=[-\u2212]?[0-9]|[负零一二两三四五六七八九十百])"
    r"|(?<=[0-9A-Za-z)])[ ]([=≈≠≤≥])[ ](?=[0-9A-Za-z])|(?<=[0-9])[ ]?([=≈≠≤≥])[ ]?(?=[负零一二两三四五六七八九十百])"
)
"""A sign between a name and a number: eGFR<30."""


def _written(read: Callable[[AlignedText], AlignedText]) -> Callable[[re.Match[str]], str]:
    return lambda match: read(AlignedText.of(match[0])).text


def _percent(match: re.Match[str]) -> str:
    """A percentage with what parts it from the word before."""
    joint = {"+": "加", "&": "和"}.get(match[1].strip(), match[1])
    return joint + read_percentages(AlignedText.of(match[2])).text


_WIDE_MARK = re.compile("[，。；：？！、（]")
_STOP = re.compile("[。！？!?\n]")
_FRAMING = re.compile(
    "(?<![A-Za-z])(?:and|are|is|was|were|the|to|of|in|on|at|with|for|both|has|have|my|your|it)(?![A-Za-z])"
)
"""Two of these make a sentence English."""
_SIGNED = {"+": "加", "-": "负", "\u2212": "负", "±": "正负"}


def _value(match: re.Match[str]) -> str | None:
    """`loss 0.8` loss零点八; a code (030), a year and a sentence with narrow marks are left."""
    name, sign, low, high = match.groups()
    sentence = _STOP.split(match.string[: match.end()])[-1]
    if not _WIDE_MARK.search(match.string) or len(_FRAMING.findall(sentence)) > 1:
        return None
    is_year = len(low) == 4 and low[:2] in ("19", "20") and not high  # noqa: PLR2004
    if is_year or (len(low) > 1 and low[0] == "0" and low[1] != "."):
        return None
    return f"{name}{_SIGNED.get(sign, '')}{number(low)}{f'到{number(high)}' if high else ''}"


def _commas(match: re.Match[str]) -> str:
    """`3,420` 三千四百二十; the whole part of a decimal, and one of a range, as figures."""
    whole, end = match[0].replace(",", ""), match.end()
    before = match.string[max(0, match.start() - 2) : match.start()]
    is_kept = re.search("[-~–～.%‰$+×*/=到至]", before) or _COMMAS_KEPT.match(
        match.string[end : end + 4].lstrip()
    )
    return whole if is_kept else number(whole)


def _share_of_money(match: re.Match[str]) -> str:
    """`/user/month` 每用户每月."""
    if match[1] is None:
        return "每"
    return "".join(
        f"每{PERIODS.get(part.strip(), part.strip())}" for part in match[1].split("/")[1:]
    )


_OF_POWER = re.compile("充电|功率|快充|电源|适配器|[灯电][泡器]|耗电|瓦数|显卡|风扇|散热|无线充")
_OF_CROWDS = re.compile(
    "[日月]活|用户|粉|播放|阅读|浏览|点击|下载|点赞|收藏|转发|评论|销[量售]|数据|记录|样本|词条|图片|订单|条$|观看|曝光|流量|访问|会员|人[次数口]?(?![工体])|票房|薪|工资|收入|存款|预算|总价|首付|房价|房款|车价|落地|彩礼|贷款|房贷|还款|奖金|投资|融资|营收|利润|成本价|年终奖|欠|赚|攒|元|块钱|补偿|赔|QPS|PV|UV|DAU|MAU"
)
_NEAR = 16


def _ten_thousands(match: re.Match[str]) -> str | None:
    """`500W用户` 五百万; None for watts."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    after = match.string[match.end() : match.end() + _NEAR // 2]
    near = f"{CLAUSE_MARK.split(before)[-1]} {CLAUSE_MARK.split(after)[0]}"
    is_small = match[3] == "w"
    if _OF_POWER.search(near) or not (is_small or _OF_CROWDS.search(near)):
        return None
    return _thousands(match)


def _thousands(match: re.Match[str]) -> str | None:
    """`20.5w` 二十点五万, `2.3k` 两千三百, `3-5k` 三到五千."""
    low, high, letter, more = match.groups()
    more = "多" if more else ""
    values = [value for value in (low, high) if value]
    near = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    letter = letter.lower()
    if letter == "w" and _OF_POWER.search(near):
        return f"{'到'.join(map(number if high else amount, values))}瓦{more}"
    if letter == "w":
        return f"{'到'.join(map(number if high else amount, values))}万{more}"
    if any(float(value) >= _LONGEST_SAID for value in values):
        return f"{'到'.join(map(number, values))}K{'加' if more else ''}"
    if all(value.isdecimal() and len(value) == 1 for value in values):
        return f"{'到'.join(map(number if high else amount, values))}千{more}"
    return "到".join(scaled(value, letter) for value in values) + more


HEX = Rule(_HEX, lambda match: f"十六进制{' '.join(map(digits, match[1].upper()))}", "xX")
COMMAS = Rule(_COMMAS, _commas, ",")
SIZE = Rule(_SIZE, lambda match: f"{number(match[1])}乘{number(match[2])}", "xX*×")
VALUE = Rule(_VALUE, _value)
MORE_LETTER = Rule(_MORE_LETTER, lambda m: f"{number(m[1])} {m[2]}加", "+")
MORE_OF = Rule(_MORE_OF, lambda match: f"{number(match[1])}多", "+")
MARKS = Rule(_MARKS, lambda match: f"{number(match[1])}分，满分{number(match[2])}分", "/")
PRODUCT = Rule(_PRODUCT, lambda match: "×".join(filter(None, match.groups())), "xX*")
TIMES_SCALED = Rule(
    re.compile("(?<=[0-9][kKwW])[*x×](?=[0-9]{1,2}(?![0-9]))"), lambda _: "乘", "*x×"
)
TIMES = Rule(_TIMES, lambda match: f"{number(match[1])}倍", "xX")
COPIES = Rule(_COPIES, lambda _: "乘", "xX")
SCIENTIFIC = Rule(_SCIENTIFIC, lambda match: scientific(match[0]), "eE")
SHARE_OF_MONEY = Rule(_SHARE_OF_MONEY, _share_of_money, "/")
EQUALS_HAN = Rule(_EQUALS_HAN, lambda match: OPERATORS[match[1]], "=≈")
MINUS_PERCENT = Rule(_MINUS_PERCENT, lambda _: "负", "%‰")
PERCENT_NAME = Rule(_PERCENT_NAME, _written(read_percentages), "%")
PERCENT = Rule(_PERCENT, _percent, "%‰")
RATIO = Rule(_RATIO, lambda m: "比".join(map(number, m[1].split(":"))), ":")
TIMES_FROM = Rule(_TIMES_FROM, lambda m: f"{number(m[1])}到{number(m[2])}倍", "xX")
TIMES_ALONE = Rule(_TIMES_ALONE, lambda m: f"{amount(m[1])}倍", "xX")
DISPLACEMENT = Rule(_DISPLACEMENT, lambda m: f"{number(m[1])}   T ", "T")
KILO = Rule(_KILO, lambda m: f"{number(m[1])}   K ", "K")
TEN_THOUSANDS = Rule(_TEN_THOUSANDS, _ten_thousands, "wW")
THOUSANDS = Rule(_THOUSANDS, _thousands, "kKwW")
AGAINST = Rule(_AGAINST, lambda match: f"{number(match[1])}V{number(match[2])}", "vV")
COMMAS_BEFORE_UNIT = Rule(_COMMAS_BEFORE_UNIT, lambda match: match[0].replace(",", ""), ",")
COMPARED = Rule(_COMPARED, lambda match: OPERATORS[match[1] or match[2] or match[3]], "=≈≠<>≤≥÷×")
"""Behind formulas, which take the letters with them."""

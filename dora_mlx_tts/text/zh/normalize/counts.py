"""What is left of numbers: versions, decimals, counts, bare numbers."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, cardinal, digits, number, roman
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, NUMBER

_STANDARD = re.compile(r"(?<![0-9.])802\.([13][0-9x]{0,2})(?![0-9.])")
"""A standard of networks: 802.11ax."""
_VERSION = re.compile(
    r"(?<![0-9.])[0-9]{1,8}(?:\.[0-9]{1,8}){2,6}(?![0-9])(?:/([12]?[0-9]|3[0-2])(?![0-9.]))?"
)
_ROMAN_ORDINAL = re.compile(
    r"第[ ]?([IVX]{1,6})(?![A-Za-z])|(?<![A-Za-z])([IVX]{1,6})(?=[世型期级]|[ ]?号)"
)
_MONEY = re.compile("[ ]?(?:[美欧日港韩澳加]?元|块|英镑)")
_LONG_NAME = re.compile(
    r"(?<![0-9A-Za-z.,-])(?:[0-9]{5,16}|(?![1-9]?[0-9]*00[”\"’]?[ ]?号)[0-9]{4})(?=[”\"’]?[ ]?号(?![线楼]))"
)
"""Of so many figures no one counts: 26314号."""
_HEIGHT = re.compile(
    r"(?<![0-9.])([0-9])[ ]?米[ ]?([0-9]{1,2})(?![0-9.]|[ ]?[厘分公宽长高人个条道米/x×])"
)
_HUNDREDTHS = re.compile(r"(?<=[0-9]秒)([0-9]{2,3})(?![0-9.:：]|[ ]?[个位分秒毫])")
_APART = re.compile(
    "(?<![0-9.第图表题案项骤])([1-9])、([1-9])(?=[ ]?(?:[个只条张天次人岁周倍斤米块杯碗片粒颗家位名遍种件月百千万十]|点(?![0-9半])|小时|分钟|秒|年(?!级)|星期|公[斤里]))"
)
"""Two numbers that follow each other count about so many: 2、3个."""
_OF_BASE = re.compile(
    rf"((?:二|八|十六|2|8|16)进制[^，。；！？0-9]{{0,8}}[ ]?)([0-9]{{2,16}})(?![0-9.]|[ ]?(?:进|数|{MEASURE}))"
)
"""Figures of another base are said one by one: 二进制数是111110."""
_FIRST_OF_RANGE = re.compile(
    rf"(?<![0-9.第])2(?=[到至][0-9]{{1,6}}(?:\.[0-9]{{1,2}})?[ ]?(?![级月号日楼层档期]){MEASURE})"
)
"""Two to some of what is counted: 2-3天."""
_COUNT = re.compile(rf"({NUMBER})[ ]?(?=[ ]?[多余几来]?[ ]?{MEASURE})")
_FEES = re.compile(
    r"(?<=[0-9元块万千百])[ ]?\+[ ]?(?=[\u4e00-\u9fff]{0,3}(?:税|费|押金|定金|利息|尾款|保险))"
)
"""What comes on top of a price: 20,000+税."""
_MORE = re.compile(
    rf"(?<![0-9A-Za-z.+-])({NUMBER})([万亿千百]?)[ ]?\+(?:[ ]?({MEASURE}))?(?![0-9A-Za-z+])"
)
_ORDINAL = re.compile(r"(?<=第)[ ]?([0-9]{1,16})(?![0-9]|\.[0-9])")
_NEGATIVE = re.compile(rf"(?<![0-9A-Za-z)）-])[-\u2212]({NUMBER})(?![0-9])")
_POSITIVE = re.compile(rf"(?<![0-9A-Za-z)）+])\+({NUMBER})(?![0-9])")
_DECIMAL = re.compile(r"(?<![0-9.])[0-9]{1,16}\.[0-9]{1,40}(?![0-9])")
_BARE = re.compile(r"[0-9]{1,16}")
_ORDINAL_UNIT = re.compile(
    "[ ]?(?:月|日|号|楼|级|等|期|班|年级|手|战|两|单元|代|世|百|维|进制|把手|次元|次方|胎|环|线|区)"
)
"""Before these a lone 2 is an ordinal or part of a name: 二月, 二楼, 二级."""
_LAST_OF_ORDINALS = re.compile(
    "(?:第|周[一二三四五六日天]|星期[一二三四五六日天])[ ，]?[0-9一二三四五六七八九十]{1,3}[到至]\\Z"
)
"""The last of some that are numbered, not counted: 第1到2节."""
_STAGED = re.compile("奶粉|配方|羊奶|围棋|棋手")
"""Of these a stage is named by its number: 奶粉2段."""
_STOREY_BEFORE = re.compile("[楼座栋幢馆厦院厅店场心区号侧面到去上下往达在位于地负][ ]?$")
"""Before a number of 层 these say which one it is: 3号楼2层, 到2层."""
_AFTER_LETTER = re.compile(r"(?<=[A-Za-z])[0-9]{3,16}(?![0-9.])")
"""A number that a letter begins (G1234次) is a name."""
_ANSWERS = frozenset({"401", "403", "404", "405", "429", "502", "503", "504"})
"""What a server answers; no one counts so many."""
_SUM_BEFORE = re.compile(
    "(?:花了?|付了?|卖|价|共|总[共计]?|合计|剩|余|[加减]|乘以?|除以?|等于|得)[ ]?$"
)
_NAMED_KINDS = re.compile(
    "[ ]?(?:大[楼厦]|医院|中学|小学|部队|艺术区|创意园|文创园|创意区|高地|兵工厂|邮箱|信箱|网盘|浏览器|安全卫士|杀毒|同城|网站|公司|集团|搜索|手机助手|卫士|数科|公交|路公[交共])"
)
"""Kinds of which one is called by its number."""
_NAMES = frozenset(
    {
        "315",
        "618",
        "985",
        "996",
        "999",
        "911",
        "10010",
        "10086",
        "12306",
        "12315",
        "12333",
        "96110",
        "731",
        "798",
        "863",
        "973",
        "007",
        "520",
        "666",
        "1688",
        "4399",
    }
)
"""Figures that are known by their digits wherever they stand without a measure word."""
_HOTLINES = re.compile(
    r"(?:1(?:10|14|19|20|22)|100[0-9]{2}|12[0-9]{3}|999|911|112|9[56][0-9]{3}|12306)\Z"
)
_CALLED = re.compile(
    r"(?:打(?:了|给|通)?|拨|(?:拨打|致电|拨)的(?:是|号码是?|电话是?)|呼叫|联系|热线|客服|短信|(?:打|拨打?|致电)[ ]?[零幺二三四五六七八九0-9]{3,5}(?:[、和]|或者?|以?及)[ ]?)[ ]?$"
)
_CALLED_BEFORE = re.compile(
    "(?:打|拨打?|致电|呼叫|联系|热线|电话)[ ]?[零幺二三四五六七八九0-9]{3,}"
)
_SENTENCE_END = re.compile("[。！？!?\n]")
_MEASURED = re.compile(f"[ ]?[多余万亿]?[ ]?{MEASURE}")
_ALONE = frozenset({"110", "119"})
_SHORTEST_CALLED = 5
_SERVICE_AFTER = re.compile(r"(?:打[了个一]{0,2}电话|电话|热线|客服|指挥|报警|急救|火警|消防|平台)")
_YEARS = range(1900, 2100)
_QUANTITY_BEFORE = re.compile(
    r"(?:共|有|约|近|超过?|达到?|高达|多达|不[足到]|至少|最[多高低大小]|大于|小于|等于|满|逾|(?<![预估设])计|售价?|卖|[原现标定券到手实单]价|到手|仅需?|只要|花了?|付了?|省|减|返|赚|亏|欠|买|增[至加到]|降[至到]|减[少到]|百分之"
    r"|[总人数额量价值分米元款钱][是为：:]?|[是为：:])[ ]?$"
)
_SAID_TO_BE = re.compile("(?:^|[^量额数人共款钱价])[是为：:][ ]?$")
_CODE_BEFORE = re.compile(r"(?:码|编号|号)[^，。！？,!?]{0,6}[：:是为][ ]?$")
_YEAR_BEFORE = re.compile(r"(?:年|年份|出生|成立|创立|始|建|版|届)[^，。！？,.!?]{0,4}$")
_LONGEST_VERSION = 3
_RANGE_MARKS = ("到", "至", "—", "-", "~")
_SHORTEST_NAME = 3
_LONGEST_ISSUE = 4
_SHORTEST_CODE = 6
_LONGEST_ROUND = 10
_LONGEST_AMOUNT = 12
"""A bare number of more digits counts nothing that one speaks of."""


def read_versions(text: AlignedText) -> AlignedText:
    """`5.10.0` and IP addresses, digit by digit."""
    text = text.sub(_STANDARD, lambda m: f"八零二点{digits(m[1])}")
    return text.sub(_VERSION, _version)


def _version(match: re.Match[str]) -> str:
    """The first of two or three parts is said as a number (18.2.0), an address has four."""
    parts = match[0].partition("/")[0].split(".")
    if match[1]:  # an address and how many bits of it are the network's
        return f"{'点'.join(map(digits, parts))}斜杠{cardinal(match[1])}"
    first = cardinal(parts[0]) if len(parts) <= _LONGEST_VERSION else digits(parts[0])
    return "点".join((first, *map(digits, parts[1:])))


def read_counts(text: AlignedText) -> AlignedText:
    """Every number that is left."""
    text = text.sub(_ROMAN_ORDINAL, _roman).sub(_FEES, "加").sub(_MORE, _more)
    text = text.sub(_APART, _apart).sub(_OF_BASE, lambda m: m[1] + digits(m[2]))
    text = text.sub(_NEGATIVE, lambda m: f"负{_plain(m[1])}")
    text = text.sub(_POSITIVE, _positive)
    text = text.sub(_AFTER_LETTER, lambda m: digits(m[0], telephone=True))
    text = text.sub(_ORDINAL, _ordinal)
    text = text.sub(_LONG_NAME, lambda m: digits(m[0], telephone=True))
    text = text.sub(_HUNDREDTHS, lambda m: digits(m[1]))
    text = text.sub(_FIRST_OF_RANGE, "两")
    text = text.sub(_HEIGHT, lambda m: f"{amount(m[1])}米{digits(m[2])}").sub(_COUNT, _count)
    return text.sub(_DECIMAL, lambda m: number(m[0])).sub(_BARE, _bare)


def _ordinal(match: re.Match[str]) -> str:
    """`第3` 第三; an issue of so many figures is named by them: 第24138期."""
    is_name = len(match[1]) > _LONGEST_ISSUE and match.string.startswith("期", match.end())
    return digits(match[1]) if is_name else cardinal(match[1])


def _positive(match: re.Match[str]) -> str:
    """`+5` 正五; behind a word it is added: 防御+20."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    is_added = "\u4e00" <= before <= "\u9fff" and before not in "是为到至在和与"
    return f"{'加' if is_added else '正'}{_plain(match[1])}"


def _apart(match: re.Match[str]) -> str | None:
    """`2、3个` 两三个."""
    first, second = match.groups()
    if int(second) != int(first) + 1:
        return None
    return f"{amount(first)}{amount(second)}"


def _plain(value: str) -> str:
    return digits(value) if value[0] == "0" and value[1:2].isdecimal() else number(value)


def _roman(match: re.Match[str]) -> str:
    return ("第" if match[1] else "") + roman(match[1] or match[2])


def _more(match: re.Match[str]) -> str:
    """`100+人` 一百多人, `3+年` 三年多, `18+` 十八加."""
    value, scale, measure = match.groups()
    measure = measure or ""
    if scale or (value.endswith("0") and "." not in value):
        return f"{number(value)}{scale}多{measure}"
    if not measure:
        return f"{number(value)}加"
    return f"{amount(value)}{measure}多"


def _count(match: re.Match[str]) -> str | None:
    value = match[1]
    if value[0] == "0" and value[1:2].isdecimal():
        return digits(value)
    if "." in value and _MONEY.match(match.string, match.end()):
        value = value.rstrip("0").rstrip(".")
    before = match.string[max(0, match.start() - 4) : match.start()]
    is_ordinal = (
        value == "2"
        and match.string.startswith("段", match.end())
        and _STAGED.search(match.string, max(0, match.start() - 24), match.end() + 8)
    ) or (
        _LAST_OF_ORDINALS.search(match.string, max(0, match.start() - 8), match.start())
        or _ORDINAL_UNIT.match(match.string, match.end())
        or (match.string.startswith("层", match.end()) and _STOREY_BEFORE.search(before))
    )
    return number(value) if is_ordinal else amount(value)


def _bare(match: re.Match[str]) -> str:
    """An amount, unless the digits or the words before say that it names something."""
    value = match[0]
    if value[0] == "0" and len(value) > 1:
        return digits(value, telephone=len(value) >= _SHORTEST_NAME)
    before = match.string[max(0, match.start() - 10) : match.start()]
    if len(value) > _LONGEST_AMOUNT or _is_code(value, before, match):
        return digits(value, telephone=True)
    if _is_hotline(value, before, match) or _is_known_name(value, before, match):
        return digits(value, telephone=True)
    if _is_of_kind(value, match):
        return digits(value)
    if int(value) in _YEARS and _is_year(before, match):
        return digits(value)
    return cardinal(value)


def _is_known_name(value: str, before: str, match: re.Match[str]) -> bool:
    """Whether figures are known one by one: 985, 996, what a server answers."""
    if match.string.startswith(_RANGE_MARKS, match.end()):
        return False
    if value in _ANSWERS and not _SUM_BEFORE.search(before):
        return True
    if len(value) == _SHORTEST_CALLED:  # 查询结果：12306显示…
        before = before.rstrip(" :：")
    return value in _NAMES and not _QUANTITY_BEFORE.search(before)


def _is_of_kind(value: str, match: re.Match[str]) -> bool:
    """Whether a kind of what is called by its number stands behind: 301医院."""
    if len(value) != _SHORTEST_NAME or value.endswith("00"):
        return False
    return _NAMED_KINDS.match(match.string, match.end()) is not None


def _is_code(value: str, before: str, match: re.Match[str]) -> bool:
    """Many figures without commas and without a word for an amount before them."""
    if len(value) < _SHORTEST_CODE or len(value) == len(match.string):
        return False
    if value.endswith("00") and len(value) < _LONGEST_ROUND:
        return False
    if len(value) >= _LONGEST_ROUND - 1 and _SAID_TO_BE.search(before):
        return not value.endswith("0000")
    return _CODE_BEFORE.search(before) is not None or _QUANTITY_BEFORE.search(before) is None


def _is_hotline(value: str, before: str, match: re.Match[str]) -> bool:
    is_called = _CALLED.search(before) is not None or _is_called(match)
    if is_called and len(value) >= _SHORTEST_CALLED:
        return True
    if not _HOTLINES.match(value):
        return False
    if value in _ALONE and len(value) == len(match.string):
        return True
    return is_called or _SERVICE_AFTER.match(match.string, match.end()) is not None


def _is_called(match: re.Match[str]) -> bool:
    """Whether another number was called before in this sentence: 打120急救,或者119."""
    sentence = _SENTENCE_END.split(match.string[max(0, match.start() - 40) : match.start()])[-1]
    return _CALLED_BEFORE.search(sentence) is not None and not _MEASURED.match(
        match.string, match.end()
    )


def _is_year(before: str, match: re.Match[str]) -> bool:
    """1998 alone is a year, unless it is counted (共1998), round or nothing stands beside it."""
    if _YEAR_BEFORE.search(before):
        return True
    if match[0] == "2000":
        return False
    return match.end() - match.start() < len(match.string) and not _QUANTITY_BEFORE.search(before)

"""Figures that name a place in a whole: pages, figures, sections, marks out of ten."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE

_OF_ALL = re.compile(
    r"第[ ]?([0-9]{1,4})[ ]?/[ ]?([0-9]{1,4})[ ]?([页题章步集期关轮天课节局场部张条讲名位]?)(?![0-9/分])"
)
_FLOOR_OF = re.compile(r"(?<![0-9A-Za-z./])([0-9]{1,2})[ ]?/[ ]?([1-9][0-9]?)[ ]?([层楼])(?!高)")
_FLOOR = re.compile(
    r"((?:楼层|层数|所在层)(?:是|为|在|[:：])?[ ]?)([0-9]{1,2})[ ]?/[ ]?([1-9][0-9]?)(?![0-9/层楼])"
)
_PARTED = re.compile(
    r"(?<=[图表式例题甲乙丙丁戊])([ ]?)([0-9]{1,4})[-\u2013]([0-9]{1,4})(?![0-9A-Za-z]|[-./][0-9]|[ ]?[年月页题图表])"
)
_HOUSE = re.compile(
    r"((?:门牌|房)号?(?:是|为|[:：])?[ ]?)([0-9]{1,4})-([0-9]{1,4})(?![0-9A-Za-z-])"
)
_VERSE = re.compile(
    r"((?:福音|诗篇|箴言|启示录|行传|传道书|雅歌|圣经"
    r"|创世[记纪]|出埃及记|利未记|民数记|申命记|约书亚记|士师记|路得记|撒母耳记[上下]|列王[记纪][上下]|历代志[上下]|约伯记|以赛亚书|耶利米书|以西结书|但以理书"
    r"|罗马书|[哥格]林多[前后]书|加拉太书|以弗所书|腓立比书|歌罗西书|帖撒罗尼迦[前后]书|提摩太[前后]书|希伯来书|雅各书|彼得[前后]书|约翰[一二三]书)》?)"
    r"[ ]?(?:第[ ]?)?([0-9]{1,3})[:：]([0-9]{1,3})(?:[ ]?[-–~～][ ]?([0-9]{1,3}))?(?![0-9:：])"
)
_DISCOUNT = re.compile(r"(?<![0-9A-Za-z.])([1-9][1-9])(?=[ ]?折(?![叠线页返腾扣]))")
"""85折 is 八五折: tenths and hundredths of the price."""
_SHORTEST_ROOM = 3
_PARTS = re.compile(
    "(?<![\u4e00-\u9fff])[\u4e00-\u9fff](?:[ ]?[:：∶][ ]?[\u4e00-\u9fff]){1,3}(?=[ ]?(?:[=＝≈]|[是为][ ]?[0-9.]{1,6}[ ]?[:：∶]))"
)
"""Parts in proportion: 甲：乙：丙=2：3：5."""
_IN_PROPORTION = re.compile(
    r"([\u4e00-\u9fff]{1,5})[:：∶]([\u4e00-\u9fff]{1,5})(?:[:：∶]([\u4e00-\u9fff]{1,5}))?[ ]?[=＝≈][ ]?"
    r"([0-9.]{1,6})[:：∶]([0-9.]{1,6})(?(3)[:：∶]([0-9.]{1,6}))(?![0-9.]|[:：∶][0-9])"
)
"""What is in proportion, by its names: 小米:水=1:12."""
_GEAR = re.compile("(?<=[为到至挂开风速热换于用])2(?=档)")
"""The second of some, where 有2档 are two."""
_KEY = re.compile(r"[#*](?=[ ]?号?键)|(?<=[按输以])[#*](?![0-9A-Za-z])")
_KEYS_AFTER_FIGURES = re.compile("(?<=[按拨输])([0-9]{1,12})([#*])(?![0-9A-Za-z])")
_STAR_CODE = re.compile(r"(?<![0-9A-Za-z*])\*([0-9]{2,6})#(?![0-9A-Za-z])")
"""What is dialled to ask a network: *100#."""
_COUPON = re.compile(
    r"(?<=[满券每])([0-9]{2,5})[-－]([0-9]{1,4})(?![0-9.个天月年日人])|(?<![0-9.-])([0-9]{2,5})[-－]([0-9]{1,4})(?=[ ]?的?(?:[^，。；0-9]{0,4}券|优惠|红包))"
)
"""What is taken off where so much is bought: 满200-15."""
_MARKS = re.compile(
    r"((?:评分|打分|得分|评为|评级|绩点|星级|(?<![成的])分数(?=[是为有:：])|G P A|GPA)(?:[是为有:：]|高达|达到?)?[ ]?)([0-9]{1,3}(?:\.[0-9]{1,2})?)[ ]?/[ ]?(4(?:\.[0-9])?|5(?:\.[0-9])?|[1-9]0|1[0-5]0)(?:[ ]?分(?![钟之]))?(?![0-9/]|\.[0-9])"
)
_DECIMAL_MARKS = re.compile(
    r"(?<![0-9A-Za-z./力眼])()([0-9]\.[0-9]{1,2})[ ]?/[ ]?(5(?:\.0)?|10)(?![0-9/A-Za-z%]|\.[0-9]|[ ]?[=+×*÷元斤克升个天年月次])"
)
_RANK = re.compile(
    r"((?:排名|名次)(?:是|为|[:：])?[ ]?)([0-9]{1,6})[ ]?/[ ]?([0-9]{1,6})(?![0-9/]|\.[0-9])"
)
_STREET_NUMBER = re.compile(
    r"((?:路|街|巷|弄|胡同|大道|新村|[东南西北]里|庄)[东南西北甲乙]?)([0-9]{1,4})[-\u2013]([0-9]{1,3})"
    rf"(?![0-9A-Za-z.%-])(?:(?=号)|(?![ ]?{MEASURE}))"
)
"""A house of a street and its part: 南环路26-3."""
_SHOP = re.compile(
    r"(?<![0-9.-])7[-\u2013]11(?![0-9.-])(?=[^。！？]{0,8}(?:便利|店|超市))|(?<=便利店)[ ]?7[-\u2013]11(?![0-9.-])"
)
"""A shop that is open from seven to eleven."""
_BAR = re.compile(r"(?<![0-9A-Za-z./])([2-9]|1[0-6])/(2|4|8|16)(?=[ ]?拍)")
"""Beats of a bar and their length: 4/4拍."""
_NUMBER_SIGN = re.compile(
    r"(?<![0-9A-Za-z.#*])([0-9]{1,3})#(?=[ ]?[\u4e00-\u9fff，。、；：（(]|[ ][0-9¥￥]|$)"
)


_OF_SUBJECTS = re.compile(
    r"((?:语文|数学|英语|物理|化学|生物|政治|历史|地理|科学|文综|理综|综合|体育|笔试|面试|作文|听力|阅读|口语|写作|成绩|总分|得分|(?<!成)分数|考了|满意度|考[了到过]?|得[了到过])(?:[是为:：]|考了|得了)?[ ]?)"
    r"([0-9]{1,3}(?:\.[0-9])?)[ ]?/[ ]?([1-9][0-9]?0|(?<=分[0-9]/)[1-9][0-9]|(?<=分[0-9]{2}/)[1-9][0-9])(?![0-9/]|\.[0-9])"
)
"""Marks out of all that can be had: 语文118/150."""
_PROGRESS = re.compile(
    r"(?<![0-9A-Za-z./])([1-9][0-9]{1,5})[ ]?/[ ]?([1-9][0-9]{2,5})(?![0-9A-Za-z./%‰°]|[ ]?[=+×÷*-])"
)
"""Two numbers of so many figures are no fraction but how many of how many: 步数6500/8000."""
_OF_TASKS = re.compile(
    r"(?<![0-9A-Za-z./第])([1-9][0-9]?)[ ]?/[ ]?([1-9][0-9]|[7-9])(?=[ ]?(?:天(?!气)|题|集(?!合)|章|课(?!程)|关(?!于)|页|步|道|节(?!日)|周|站|单元))"
)
"""How many are done of all that are to be done: 18/21天."""
_COUNTED = re.compile(f"[ ]?{MEASURE}")
_SUMS = re.compile("概率|几率|比例|分数|分之|约分|通分")


def read_verses(text: AlignedText) -> AlignedText:
    """`约翰福音3:16` 约翰福音三章十六节."""
    return text.sub(_VERSE, _verse)


def read_labels(text: AlignedText) -> AlignedText:
    """`第3/5页` 第三页共五页, `图4-1` 图四杠一, `评分8.7/10` 评分八点七分,满分十分."""
    text = text.sub(_STAR_CODE, lambda m: f"星{digits(m[1], telephone=True)}井")
    text = text.sub(
        _KEYS_AFTER_FIGURES,
        lambda m: digits(m[1], telephone=True) + ("井" if m[2] == "#" else "星"),
    )
    text = text.sub(_KEY, lambda m: "井" if m[0] == "#" else "星")
    text = text.sub(_COUPON, _coupon)
    text = text.sub(_PARTS, lambda m: "比".join(re.findall("[\u4e00-\u9fff]", m[0])))
    text = text.sub(_IN_PROPORTION, _in_proportion).sub(_GEAR, "二")
    text = text.sub(_OF_ALL, lambda m: f"第{cardinal(m[1])}{m[3]}共{cardinal(m[2])}{m[3]}")
    text = text.sub(_DISCOUNT, lambda m: digits(m[1]))
    text = text.sub(_FLOOR, lambda m: f"{m[1]}{m[2]}层,共{m[3]}层").sub(_FLOOR_OF, _floor_of)
    text = text.sub(_PARTED, lambda m: f"{m[1]}{cardinal(m[2])}杠{cardinal(m[3])}")
    text = text.sub(_HOUSE, _house).sub(_STREET_NUMBER, _street_number)
    text = text.sub(_SHOP, "七十一")
    text = text.sub(_BAR, lambda m: f"{cardinal(m[2])}{cardinal(m[1])}")
    text = text.sub(_RANK, lambda m: f"{m[1]}第{cardinal(m[2])},共{cardinal(m[3])}")
    text = text.sub(_OF_SUBJECTS, lambda m: f"{m[1]}{number(m[2])}分,满分{number(m[3])}分")
    text = text.sub(_PROGRESS, _progress).sub(_OF_TASKS, _progress)
    text = text.sub(_NUMBER_SIGN, lambda m: f"{cardinal(m[1])}号")
    for pattern in (_MARKS, _DECIMAL_MARKS):
        text = text.sub(pattern, lambda m: f"{m[1]}{number(m[2])}分,满分{number(m[3])}分")
    return text


def _verse(match: re.Match[str]) -> str:
    """`约翰福音3:16` 约翰福音三章十六节; the chapters of 诗篇 are 篇."""
    book, chapter, first, last = match.groups()
    verses = cardinal(first) + (f"到{cardinal(last)}" if last else "")
    return f"{book}{cardinal(chapter)}{'篇' if '诗篇' in book else '章'}{verses}节"


def _in_proportion(match: re.Match[str]) -> str:
    """`小米:水=1:12` 小米比水等于一比十二."""
    names, values = match.groups()[:3], match.groups()[3:]
    return "等于".join(
        ("比".join(filter(None, names)), "比".join(map(number, filter(None, values))))
    )


def _floor_of(match: re.Match[str]) -> str | None:
    """`15/32层` 十五层共三十二层."""
    floor, floors, name = match.groups()
    if int(floor) > int(floors):
        return None
    return f"{cardinal(floor)}{name}共{cardinal(floors)}{name}"


def _house(match: re.Match[str]) -> str:
    """`门牌66-2` 门牌六十六杠二; a room of three figures is named by them."""
    name, house, room = match.groups()
    said = digits(room, telephone=True) if len(room) >= _SHORTEST_ROOM else cardinal(room)
    return f"{name}{cardinal(house)}杠{said}"


def _street_number(match: re.Match[str]) -> str:
    """`路26-3` 路二十六杠三."""
    street, house, part = match.groups()
    return f"{street}{cardinal(house)}杠{cardinal(part)}"


def _coupon(match: re.Match[str]) -> str | None:
    bought, off = match[1] or match[3], match[2] or match[4]
    return f"{cardinal(bought)}减{cardinal(off)}" if int(off) < int(bought) else None


def _progress(match: re.Match[str]) -> str | None:
    """`6500/8000` 六千五百,共八千; 1/1000, 3/100 and what stands near 概率 are shares."""
    done, whole = match.groups()
    near = match.string[max(0, match.start() - 30) : match.end() + 10]
    is_share = whole.strip("0") == "1" and not _COUNTED.match(match.string, match.end())
    if int(done) > int(whole) or is_share or _SUMS.search(near):
        return None
    return f"{number(done)},共{number(whole)}"

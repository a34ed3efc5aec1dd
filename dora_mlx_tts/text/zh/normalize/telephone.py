"""Telephone numbers and other strings of digits that name something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import LONGEST_CARDINAL, cardinal, digits
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE

_LONG = re.compile(rf"(?<![0-9.])[0-9]{{{LONGEST_CARDINAL + 1},}}")
_BEFORE = r"(?<![0-9A-Za-z.-])"
_AFTER = r"(?![0-9A-Za-z]|[.-][0-9])"
_MOBILE = re.compile(
    rf"{_BEFORE}(?:\+?(86)[- ]?)?(1[3-9][0-9])[- ]?([0-9]{{4}})[- ]?([0-9]{{4}}){_AFTER}"
)
_LANDLINE = re.compile(
    rf"{_BEFORE}(?:\+?(86)[- ]?)?[(（]?(0(?:10|2[0-9])|0[3-9][0-9]{{2}}|(?<=86[- ])[1-9][0-9]{{1,2}})[)）]?[- ]?(?<![0-9]{{12}})([0-9]{{3,4}})[- ]?([0-9]{{4}})(?:-([0-9]{{1,5}}))?{_AFTER}"
)
_AMERICAN = re.compile(
    rf"{_BEFORE}(?:\+?(1)[- ]?)?(?:[(（]([1-9][0-9]{{2}})[)）][ ]?|(?![48]00)([2-9][0-9]{{2}})-)([0-9]{{3}})[- ]([0-9]{{4}}){_AFTER}"
)
_SERVICE = re.compile(rf"{_BEFORE}([48]00)[- ]?([0-9]{{3,4}})[- ]?([0-9]{{3,4}}){_AFTER}")
_NAMED = re.compile(
    r"((?:[取寄]件码|(?<![0-9零一二三四五六七八九十几])[\u4e00-\u9fff]号码?(?=[是为:：])|(?<![尺鞋页数号])码(?=[是为:：])|端口|电话|座机|手机|热线|号码|客服|拨(?=[0-9])|拨打|拨通|致电|分机|传真|密码锁?|门禁|门铃|呼叫|验证码|口令|[末后下尾][3-8三四五六七八]位(?:数字|数|号码)?|代码|状态码|错误码|邮编|邮政编码|"
    r"编号|房号|房间号?|门牌号?|学号|工号|卡号|账号|帐号|尾号|尾数|单号|工单|流水|(?:传真|电话|总机|座机|热线|专线|分机|前台|客服|请拨)转|序列号|车牌|证号|区号|群号?|型号|航班号?|车次|国道|省道|县道|乡道|暗号|报警|急救|火警|QQ)"
    r"(?:号码|号)?(?:默认|初始|改)?(?:是|为|系|叫|打)?[:：]?[ ]?#?)([0-9]{3,16}(?:[- ][0-9]{2,8}){0,3})(?![0-9]|\.[0-9]|[个位名次岁年元块种台人件条张家月天分万亿米多几]|余(?![额票款]))"
)
_ISSUED = re.compile(
    rf"(?:(?<=[\u4e00-\u9fff]号)|(?<=[\u4e00-\u9fff]码))(?<![尺鞋页数起筹扫价]码)(?<![零一二三四五六七八九十几第大小中加逗句问顿引括月]号)[ ]?([0-9]{{3,16}}(?:[- ][0-9]{{2,8}}){{0,4}})(?![0-9A-Za-z.,%‰°/:：-]|[ ]?[多余万亿]?[ ]?{MEASURE})"
)
"""A number behind what it numbers: 会议号924 1188 3307."""
_LOCAL = re.compile(rf"(?<![0-9A-Za-z.-])[1-9][0-9]{{2}}-[0-9]{{4}}(?![0-9A-Za-z.-]|[ ]?{MEASURE})")
_INTERNATIONAL = re.compile(
    r"(?<![0-9A-Za-z])\+(?!86)([0-9]{1,3})[ -]?[(（]?([0-9]{1,4})[)）]?((?:[ -][0-9]{2,5}){1,4})(?![0-9A-Za-z.-])"
)
_LOCK = re.compile(r"((?:密码|门禁|口令)(?:是|为|[:：])?[ ]?)(?=[0-9]{0,8}[#*])([0-9#*]{3,16})")
"""What opens a door, with the signs of its keys: 密码1#306#."""
_LOCK_KEYS = str.maketrans("#*", "井星")
_HASH = re.compile(r"[#＃]([0-9]{3,12})(\*)?(?![0-9A-Za-z.-])")
"""An order's number behind its sign, or keys of a lock with both signs: #1024*."""
_MASKED = re.compile(
    r"(?<![0-9A-Za-z.*])([0-9]{2,8})[ -]?[*＊xX]{2,8}[ -]?([0-9]{2,8})(?![0-9A-Za-z.*])"
)
_SHELF = re.compile(
    r"((?:[取寄提]件码|提货码|取餐码|货架号?|柜号)(?:是|为|[:：])?[ ]?)([0-9]{1,4}(?:-[0-9]{1,6}){1,3})(?![0-9A-Za-z])"
)
_DRAWN = re.compile(r"(?<![0-9A-Za-z.,-])0?[0-9]{1,2}(?: [0-9]{2}){3,7}(?![0-9A-Za-z.,:：-])")
"""Figures in a row with blanks between them, as of a lottery."""
_SERVICE_SHORT = re.compile(
    r"(?<![0-9A-Za-z.,¥￥$-])(?:10010|10086|123[0-9]{2}|95[0-9]{3})(?![0-9A-Za-z,%‰°]|[.-][0-9]|[ ]?[万亿元块米克]|[ ]?[个位名次岁年种台人件条张家月天分字步股点])"
)
"""Numbers of operators, banks and offices: 10086, 12345, 95588."""
_SERVICE_BEFORE = re.compile(
    "(?:发送?[^，。；]{0,8}|短信|编辑[^，。；]{0,8})?(?:[至到]|拨打?|致电|联系|热线|客服|电话|请打|移动|联通|电信|银行)[ ]?$"
)
_SERVICE_CALLED = re.compile(
    "(?:拨打?|打|致电|热线|客服|电话)[^。！？!?\n]{0,16}[零幺二三四五六七八九]{3}[^。！？!?\n]{0,12}$"
)
_DOORBELL = re.compile(r"(?<=[按呼])[0-9]{3,4}(?=[ ]?(?:的?门铃|门禁|室|号?房|就|，|。|$))")
_FILE_NUMBER = re.compile(r"(?<![0-9A-Za-z.-])([0-9]{2,8})-(0[0-9]{2,7})(?![0-9A-Za-z.-])")
"""A part that begins with zero is no amount: 2024-0385."""
_PORT = re.compile(r"(?<![0-9A-Za-z.,-])[0-9]{2,5}(?=[ ]?端口)")
_STATUS = re.compile(
    rf"((?:返回|报错?|出现|提示|抛出|显示|收到|遇到)了?[ ]?)([1-5][0-9]{{2}})(?![0-9A-Za-z.,%‰°℃/-]|[ ]?{MEASURE}|[ ]?[名人种字])"
)
"""What a server answers: 返回404."""
_EXTENSION = re.compile(r"(?<=[零幺二三四五六七八九])[ ]?转[ ]?([0-9]{1,5})(?![0-9]|[ ]?[元块])")
_SECURITY = re.compile(
    r"((?:股票|基金|证券|个股|转债)[ ]?)([0-9]{6})(?![0-9A-Za-z.,]|[ ]?[元股份只支个人])"
)
_HOUSE = re.compile(
    r"(?<![0-9A-Za-z.-])([0-9]{1,2})[-\u2013]([1-9][0-9]{2,3})(?=[室房号，。；！？,;!?]|\Z|[ ]?的?(?:教室|房间|宿舍))"
)
"""A building and a room in it: 教室3-201."""
_DOOR = re.compile(
    rf"((?:[单元楼栋幢座门]|[楼层][ ]?[东西南北]?侧?)[ ]?)([0-9]{{3,4}})(?:[ ]?[-–~～至到][ ]?([0-9]{{3,4}}))?(?![0-9A-Za-z.,:：/-]|[ ]?{MEASURE})"
)
_LECTURE_ROOM = re.compile(
    r"(?<=[0-9一二三四五六七八九十]教)([0-9]{3,4})(?![0-9]|[ ]?[人名个本册])"
)
"""A room of a building where one teaches: 3教201."""
_ROOM = re.compile(
    r"(?<![0-9A-Za-z.])([0-9]{3,4})(?=[\u4e00-\u9fff]{0,2}室|房|号房|号线|路(?![程径线段由过面标人口长])|省道|县道|乡道|次(?:列车|航班|高铁|动车)|航班|教室|会议室|病房|国道|高速|宿舍|包厢|包间)"
)
_CARD = re.compile(r"(?<![0-9A-Za-z.-])[0-9]{4}(?: [0-9]{4}){2,4}(?: [0-9]{1,3})?(?![0-9])")
_FESTIVAL = re.compile(
    r"(?<![0-9.])([0-9]{1,2})[·•]([0-9]{1,2})(?![0-9.])"
    r"|(?<![0-9./])([0-9]{1,2})/([0-9]{1,2})(?=国际|儿童节|劳动节|妇女节|青年节|建党节|建军节|光棍节|女生节|国庆)"
)
"""Days that are named by their numbers: 3·15晚会, 6/1儿童节."""
_DAYS_OF_FEASTS = re.compile(
    r"(?<![0-9.第章篇])(?<![第章篇][ ])(3[.·]8|5[.·]1|6[.·]1|8[.·]1|10[.·]1|9[.·]11|9[.·]18|3[.·]15|6[.·]18|11[.·]11|12[.·]12)(?=[”\"」』]?[国际儿童劳动妇女建军庆]{0,4}(?:节|假期|放假|黄金周|小?长假|国庆|晚会|事变|事件|满|当[天日]|活动|促销|恐怖|袭击|大促|购物|狂欢))"
)
_AIRCRAFT = re.compile(r"(?<=波音|空客)([0-9]{3})-([0-9]{1,3})(?![0-9])")
_UNIVERSITIES = re.compile(
    r"(?<![0-9.])211(?=[、/和或及]?(?:985|高校|大学|院校|工程|双一流))|(?<=985[、/和或及])211(?![0-9])"
)
_PLACE = re.compile("教室|[单元楼栋幢座室房]|宿舍|住|地址|门牌|公寓|会议|地点")
_WINDOW = 8
_OF_RULES = re.compile("[ ]?(?:法则|原则|规则|定律|模式|阵型|配比|配置)")
"""Amounts in a row are the parts of a rule: 20-20-20法则, 4-3-3阵型."""
_CHAIN = re.compile(r"(?<![0-9A-Za-z.-])[0-9]{1,8}(?:-[0-9]{1,8}){2,8}(?![0-9A-Za-z]|[.-][0-9])")


def read_telephone_numbers(text: AlignedText) -> AlignedText:
    """Digit by digit with 幺 for 1, a pause between groups."""
    text = text.sub(_LOCK, lambda m: m[1] + digits(m[2], telephone=True).translate(_LOCK_KEYS))
    text = text.sub(_HASH, _hash).sub(_INTERNATIONAL, _international)
    text = text.sub(_MASKED, lambda m: _groups(f"{m[1]}-{m[2]}"))
    text = text.sub(_LONG, lambda m: digits(m[0], telephone=True)).sub(_CARD, _card)
    text = text.sub(_FESTIVAL, lambda m: digits("".join(filter(None, m.groups()))))
    text = text.sub(_DAYS_OF_FEASTS, lambda m: _feast(m[1]))
    text = text.sub(_AIRCRAFT, lambda m: f"{digits(m[1], telephone=True)}杠{cardinal(m[2])}")
    text = text.sub(_UNIVERSITIES, lambda m: digits(m[0], telephone=True))
    text = text.sub(_AMERICAN, lambda m: _groups("-".join(filter(None, m.groups()))))
    for pattern in (_MOBILE, _SERVICE, _LANDLINE):
        text = text.sub(pattern, _telephone)
    text = text.sub(_LOCAL, lambda m: _groups(m[0]))
    text = text.sub(_DRAWN, lambda m: ",".join(map(_two_figures, m[0].split(" "))))
    text = text.sub(_SHELF, lambda m: m[1] + _groups(m[2]))
    text = text.sub(_FILE_NUMBER, lambda m: f"{digits(m[1])}杠{digits(m[2])}")
    text = text.sub(_SERVICE_SHORT, _short_service)
    text = text.sub(_DOORBELL, lambda m: digits(m[0], telephone=True))
    text = text.sub(_PORT, lambda m: digits(m[0]))
    text = text.sub(_NAMED, lambda m: m[1].rstrip("#") + _groups(m[2]))
    text = text.sub(_ISSUED, lambda m: _groups(m[1]))
    text = text.sub(_STATUS, lambda m: m[1] + digits(m[2]))
    text = text.sub(_EXTENSION, lambda m: f"转{digits(m[1], telephone=True)}")
    text = text.sub(_SECURITY, lambda m: m[1] + digits(m[2], telephone=True))
    text = text.sub(_HOUSE, _house)
    text = text.sub(_DOOR, _door).sub(_LECTURE_ROOM, lambda m: digits(m[1], telephone=True))
    return text.sub(_ROOM, lambda m: digits(m[1], telephone=True)).sub(_CHAIN, _chain)


def _door(match: re.Match[str]) -> str:
    """`东侧201-208` 东侧二零幺到二零八."""
    first, last = (digits(room, telephone=True) if room else "" for room in match.groups()[1:])
    return f"{match[1]}{first}{f'到{last}' if last else ''}"


def _chain(match: re.Match[str]) -> str:
    if _OF_RULES.match(match.string, match.end()):
        return ",".join(map(cardinal, match[0].split("-")))
    return _groups(match[0])


def _hash(match: re.Match[str]) -> str:
    figures = digits(match[1], telephone=True)
    return f"井{figures}星" if match[2] else figures


def _international(match: re.Match[str]) -> str:
    country, area, rest = match.groups()
    return f"加{_groups(f'{country}-{area}{rest}')}"


def _short_service(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 24) : match.start()]
    is_called = _SERVICE_BEFORE.search(before) or _SERVICE_CALLED.search(before)
    return digits(match[0], telephone=True) if is_called else None


def _two_figures(figures: str) -> str:
    return digits(figures) if figures[0] == "0" else cardinal(figures)


def _telephone(match: re.Match[str]) -> str:
    groups = match.groups()
    if match.re is _LANDLINE:
        country, area, first, second, extension = groups
        parts = [country, area, first + second, extension]
    else:
        parts = ["".join(g for g in groups if g)]
    return ",".join(digits(p, telephone=True) for p in parts if p)


def _house(match: re.Match[str]) -> str | None:
    """A range ends near where it begins; a room has its floor before it."""
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    if not _PLACE.search(before):
        return None
    return f"{cardinal(match[1])}杠{digits(match[2], telephone=True)}"


def _feast(day: str) -> str:
    """`6.1` 六一, `10.1` 十一."""
    return digits(re.sub("[.·]", "", day)).replace("一零一", "十一")


def _card(match: re.Match[str]) -> str:
    return _groups(match[0])


def _groups(text: str) -> str:
    return ",".join(digits(g, telephone=True) for g in re.split("[- ]", text))

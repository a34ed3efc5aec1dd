"""Days written as month and day: `11/28`, `11-28`, `08.08`, told from shares and ranges."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal
from dora_mlx_tts.text.zh.normalize.patterns import CLAUSE_MARK, MEASURE
from dora_mlx_tts.text.zh.normalize.times import is_score

_MONTH, _DAY = r"(1[0-2]|0?[1-9])", r"(3[01]|[12][0-9]|0?[1-9])"
_BORDER_BEFORE = r"(?<![0-9][:：])(?<![0-9A-Za-z./+×*÷=≈<>$¥￥€£第图表题版·-])"
_BORDER_AFTER = r"(?![0-9A-Za-z/%‰°℃-]|[:：][0-9]|[.][0-9]|[ ]?[+×*÷=≈])"
_PAIR = re.compile(
    rf"{_BORDER_BEFORE}{_MONTH}([/.]){_DAY}[ ]?[-~\u2013\u2014\uff5e至到][ ]?{_MONTH}\2{_DAY}{_BORDER_AFTER}"
)
_DAYS = re.compile(
    rf"{_BORDER_BEFORE}{_MONTH}([/.]){_DAY}[ ]?[-~\u2013\u2014\uff5e至到][ ]?{_DAY}{_BORDER_AFTER}"
)
"""From a day to another of its month: `10/1-7`."""
_SLASHED = re.compile(rf"{_BORDER_BEFORE}{_MONTH}/{_DAY}{_BORDER_AFTER}")
_HYPHENED = re.compile(
    rf"{_BORDER_BEFORE}{_MONTH}-{_DAY}{_BORDER_AFTER}(?![ ]?(?:之?间|{MEASURE}))"
)
_DOTTED = re.compile(
    rf"{_BORDER_BEFORE}{_MONTH}\.{_DAY}{_BORDER_AFTER}(?![ ]?{MEASURE}(?![0-9日号]))"
)
_PADDED = re.compile(r"(?<![0-9.])0([1-9])(?=[ ]?(?:月|日|号(?![线楼院室门])))")

_DAY_BEFORE = re.compile(
    r"(?:截止|截至|日期|时间|期限|预计|预约|预定|定于|[改推延拖][到为成至]|推迟到|提前到|延[期长]到|来自|生日|忌日|纪念日|(?:[还付扣缴]款|登记|除权|发薪|工资|开奖|结算|交割|发售|到账|预产|截稿|检查|交货|账单|生效|报名|开学|开庭|复诊|入学)日"
    r"|(?:活动|优惠|有效期?|持续|放假|免费|借|租|住|休|cancel)到|(?i:check-?(?:in|out))|最近一次[^，。；]{0,6}|最[早晚近]的?|(?<![降增提缩减升涨扩])于|倒计时从"
    r"|预产期|月经|经期|产检|复查|体检|面试|开[学业播幕]|上映|首播|发布会?|首发|入住|退房|到期日?|有效期(?:[至到]|截[至止]到?)|截[至止]到?|出发|返程"
    r"|周[一二三四五六日天]|[今明昨后前]天|[今本明去]年|deadline)(?:是|为|在|于|[:：])?[ （(]*$"
)
_SET_BEFORE = re.compile(
    "(?:[改定延][期到为在于至]|[推延]迟到?|提前|提早|顺延|截[止至]|(?:日期|时间|生日|期限)(?:改|定)?)(?:到|至|为|在|于|是|[:：])?[ ]?$"
)
"""Behind these a stroke parts month and day, though 为 alone may stand before a share."""
_DUE_BEFORE = re.compile(
    "(?:[请须应务]于|最[迟晚]|截[止至]|有?效期[至到]?|期限|赶在|不晚于)[于在到]?[ ]?$"
)
_DUE_AFTER = re.compile("[ ]?(?:[之以]?前|[之以]?后|[日起截，。])")
_WEEKDAY = re.compile(r"(?<=[0-9日号])[ ]?[（(]([一二三四五六日])[)）]")
"""A weekday in brackets behind a day: 12/24(三)."""
_UNTIL = re.compile(
    r"(?<=[0-9][:：][0-9]{2})[ ]?[-~\u2013\u2014\uff5e][ ]?(?=[0-9]{1,2}[/.][0-9]{1,2}[ ]?[0-9]{1,2}[:：]|(?:19|20)[0-9]{2}[-/.年])"
)
_SEASON_BEFORE = re.compile(
    r"(?:[旺淡雨旱花]季|[假展档会学工展租有效]期|期间|时间|日期|活动|促销|营业|开放|入住|[春暑寒]假|[春夏秋冬]季)(?:是|为|在|于|[:：])?[ （(]*$"
    r"|(?:国庆|五一|春节|元旦|中秋|端午|清明|双十一)[^，。；]{0,5}[ （(:：]?$"
)
_EVENT_BEFORE = re.compile("[届会展节赛][ ]?$")
_SEASON_AFTER = re.compile(
    r"[ ]?(?:期间|放假|休[假馆息业]|线[上下]|闭[馆店园]|报名|预[约售]|办理|申请|考试|开课|巡演|展出|征集|投票|停[业运电水课]|举[行办]|开[放展]|促销|打折|出[差游]|去|在|请假|有效|之间|入住|我|国庆|春节|小?长假|黄金周|假期|为[^，。；0-9]{1,6}(?:[期周日]|时间|阶段))"
)
_OPEN, _CLOSED = frozenset("（("), frozenset("）)")
"""Brackets that hold nothing but two days: 双鱼座（2.19-3.20）."""
_DAY_MAYBE_BEFORE = re.compile(r"[在于自从至到][ ]?$")
_DAY_AFTER = re.compile(
    r"[ ]?[，,]?[ ]?(?:[（(]?(?:周|星期|礼拜)[一二三四五六日天]|上午|下午|早|晚|中午|凌晨|傍晚|当[天日]|[0-2]?[0-9][:：点时]"
    r"|之[前后]|以[前后]|前|后|起|到货|送达|到期|截止|开[会学始幕庭业售播工张抢奖]|出[发行院]|发[布售货车薪]|举[行办]"
    r"|上[线映市班课]|结束|放假|入住|退房|交[稿付]|生日|提交"
    r"|报[到道告名]|离[店职开校]|开幕|闭幕|公[布示]|复[盘诊查习工课]|返[回程]|出发|启程|起飞|抵达|到达|归还|还款|付款|缴费|交[房付货]|签[约到]|正式|算起|首[播映发]|生效|失效|过期|续费|扣款|揭晓|放榜|预售|下单|寄出|召开|举办|手术|体检|上[课学]|停[水电机]|维护|更新|从[^，。；0-9]{1,6}[飞到去]|飞"
    r"|的(?:会|航班|火车|高铁|机票|车票|票|演出|活动|课|比赛|考试|面试|预约|日程|行程|天气|账单|订单))"
)
_SURELY_DAY_AFTER = re.compile(
    r"[ ]?[，,]?[ ]?(?:[（(]?(?:周|星期|礼拜)[一二三四五六日天]|上午|下午|早上|晚上|中午|凌晨|傍晚|[0-2]?[0-9][:：点])"
)
_DOTTED_DAY_AFTER = re.compile(
    "[ ]?(?:[之以]?前(?!轮|驱|后)|当[天日晚]|[早晚]上?[0-9一二三四五六七八九十]|放榜|截止|到货|报[到名]|考试|面试|返校|开学|放假|出发|入住|退房|体检|复诊"
    "|元旦|除夕|春节|元宵|清明|端午|七夕|中秋|国庆|重阳|平安夜|圣诞|小年|双十[一二]|[\u4e00-\u9fff]{2,3}节(?![日目省约奏点课]))"
)
"""Behind these a decimal is a day: 12.12前."""
_WEEKDAY_BEFORE = re.compile("(?:周|星期|礼拜)[一二三四五六日天][ ]?[（(]$")
"""Behind these brackets hold a day: 周三（12.4）."""
_SHARE_BEFORE = re.compile(
    r"(?:占|约|达|剩下?|仅|只|了|过|有|用|加|减|乘以?|除以?|等于|不[到足]|近|至少|分数|比例|概率|为|喝|吃|又|[%‰][ ]?[（(])[ ]?$"
)
_SHARE_AFTER = re.compile(
    r"[ ]?(?:的|个|杯|勺|茶匙|汤匙|匙|碗|瓶|量|人|以[上下]|左右|圈|英?寸|是[^，。]{0,4}分数|页|拍|决赛|多|概率|强|学生|用户|份|张|块|斤|折|等于|化)"
)
_SURE_DAY = re.compile(
    r"(?<![0-9A-Za-z./+×*÷=])(?:[2-9]|1[0-2])/(?:1[3-9]|2[0-9]|3[01])(?![0-9A-Za-z/%.]|[ ]?[+×*÷=个杯勺的米])"
)
_OF_SUMS = re.compile("通分|约分|分[数母子]|化[成简]|相[加减乘除]|求和|小数")
_WINDOW, _NEAR = 10, 24
_SMALL_DENOMINATOR = 8
_RARE_DENOMINATOR = 13
"""From here on a number below the stroke is a day rather than a share."""


def read_month_days(text: AlignedText) -> AlignedText:
    """`11/28上午` 十一月二十八日, `请在11-29前` 十一月二十九日; `3/4杯` and `11-28页` stay."""
    text = text.sub(_WEEKDAY, r"周\1").sub(_UNTIL, "到")
    text = (
        text.sub(_PAIR, _pair).sub(_DAYS, _days).sub(_SLASHED, _slashed).sub(_HYPHENED, _hyphened)
    )
    text = text.sub(_DOTTED, _dotted)
    return text.sub(_PADDED, r"\1")


def _day(month: str, day: str) -> str:
    return f"{cardinal(month)}月{cardinal(day)}日"


def _pair(match: re.Match[str]) -> str | None:
    """Two days in their order; 1/4 to 3/4 are shares, 3.5 to 4.2 are amounts."""
    month, mark, day, last_month, last_day = match.groups()
    is_padded = "0" in (month[0], day[0], last_month[0], last_day[0])
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    is_day = (
        _SEASON_BEFORE.search(before) is not None
        or _EVENT_BEFORE.search(before) is not None
        or _DAY_BEFORE.search(before) is not None
        or (mark == "/" and _DAY_AFTER.match(match.string, match.end()) is not None)
        or (
            _SEASON_AFTER.match(match.string, match.end()) is not None
            and not (mark == "." and match.string.startswith("之间", match.end()))
        )
        or (before[-1:] in _OPEN and match.string[match.end() : match.end() + 1] in _CLOSED)
    )
    if (
        not is_padded
        and not is_day
        and (mark == "." or _SHARE_AFTER.match(match.string, match.end()))
    ):
        return None
    if (int(month), int(day)) > (int(last_month), int(last_day)) or (
        not is_padded and day == last_day
    ):
        return None
    return f"{_day(month, day)}到{_day(last_month, last_day)}"


def _days(match: re.Match[str]) -> str | None:
    month, _, day, last_day = match.groups()
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    is_day = (
        _SEASON_BEFORE.search(before)
        or _SEASON_AFTER.match(match.string, match.end())
        or _DAY_BEFORE.search(before)
        or int(last_day) >= _RARE_DENOMINATOR
    )
    if not is_day or int(last_day) <= int(day):
        return None
    return f"{_day(month, day)}到{cardinal(last_day)}日"


def _dotted(match: re.Match[str]) -> str | None:
    """`08.16` is a day, `8.16` where a weekday or a time follows."""
    month, day = match.groups()
    is_padded = month[0] == "0" and len(day) == len("31")
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    if _DUE_BEFORE.search(before) and _DUE_AFTER.match(match.string, match.end()):
        return _day(month, day)
    return (
        _day(month, day)
        if is_padded
        or (
            not match.string.startswith(("，", ","), match.end())
            and _SURELY_DAY_AFTER.match(match.string, match.end())
        )
        or _DOTTED_DAY_AFTER.match(match.string, match.end())
        or (
            _WEEKDAY_BEFORE.search(before)
            and match.string[match.end() : match.end() + 1] in _CLOSED
        )
        else None
    )


def _slashed(match: re.Match[str]) -> str | None:
    month, day = match.groups()
    before, end = match.string[max(0, match.start() - _WINDOW) : match.start()], match.end()
    if month[0] == "0" or day[0] == "0":
        return _day(month, day)
    if _SURELY_DAY_AFTER.match(match.string, end):
        return _day(month, day)
    if _SET_BEFORE.search(before):
        return _day(month, day)
    near = match.string[max(0, match.start() - _NEAR) : end + _NEAR]
    is_share = (
        _SHARE_BEFORE.search(before) is not None
        or _is_part(match, before)
        or _OF_SUMS.search(near) is not None
    )
    is_told = (
        _DAY_BEFORE.search(before)
        or _DAY_AFTER.match(match.string, end)
        or _is_beside_day(match, near)
    )
    if not is_share and is_told:
        return _day(month, day)
    if is_share or _SHARE_AFTER.match(match.string, end):
        return None
    alone = match.end() - match.start() == len(match.string)
    return None if alone or not _is_likely(int(month), int(day), before) else _day(month, day)


def _is_beside_day(match: re.Match[str], near: str) -> bool:
    """Whether another day is written so in its sentence: 2/15到2/23, and no share."""
    if _SHARE_AFTER.match(match.string, match.end()):
        return False
    clause = next(part for part in CLAUSE_MARK.split(near) if match[0] in part)
    return any(found[0] != match[0] for found in _SURE_DAY.finditer(clause))


def _is_part(match: re.Match[str], before: str) -> bool:
    """`体重的1/3`: a common part of what stands before."""
    return before.endswith("的") and int(match[1]) < int(match[2]) <= _SMALL_DENOMINATOR


def _is_likely(month: int, day: int, before: str) -> bool:
    """Whether two numbers without any word that tells are a day: no share is written 12/5, 3/28."""
    if day >= _RARE_DENOMINATOR:
        return month > 1 or _DAY_MAYBE_BEFORE.search(before) is not None
    return month >= day


def _hyphened(match: re.Match[str]) -> str | None:
    """A range unless words beside it say that it is a day."""
    month, day = match.groups()
    if is_score(match):
        return None
    before, end = match.string[max(0, match.start() - _WINDOW) : match.start()], match.end()
    is_day = _DAY_BEFORE.search(before) or _DAY_AFTER.match(match.string, end)
    if not is_day and int(day) >= _RARE_DENOMINATOR:
        is_day = _DAY_MAYBE_BEFORE.search(before)
    return _day(month, day) if is_day else None

"""Times of day, durations, and the scores and ratios that look like them."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, two_figures
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, NUMBER
from dora_mlx_tts.text.zh.normalize.teams import CLUB_BEFORE, CLUB_BEHIND, LONGEST, RECORD

_TIME = (
    r"([01]?[0-9]|2[0-4])[:：]([0-5][0-9])(?:[:：]([0-5][0-9])(?:\.[0-9]{1,6})?)?"
    r"(?:[ ]?([aApP])\.?[mM]\.?(?![A-Za-z])|Z(?![A-Za-z]))?"
)
_BORDER_BEFORE = r"(?<![0-9A-Za-z.])(?<![0-9][:：∶])"
"""A colon behind a word (时间：8:30) is no part of the time."""
_BORDER_AFTER = r"(?![0-9A-Za-z]|[:：][0-9])"
_CLOCK = re.compile(
    _BORDER_BEFORE
    + _TIME
    + _BORDER_AFTER
    + "[ ]?(点钟?(?=[，。；、）]|$|整|开|[前后起到至的]|左右|出发|结束|集合)|分(?![钟之开别为享成析配布数组类])|时(?=[，。；、）]|$|[许整起前后到]|开始))?"
)
"""A time, with a word for hours or minutes that says again what its colon says."""
_BETWEEN = re.compile(
    rf"(?<=[0-9][:：][0-9]{{2}})[ ](?={_TIME}{_BORDER_AFTER}[ ]?[-~\u2013\u2014\uff5e至到])"
)
"""Between two spans of time: 11:00-14:00 17:00-21:00."""
_RANGE = re.compile(
    rf"(?<=[0-9mM])[ ]?(?:-|~|\u2013|\u2014|\uff5e)[ ]?(?=(?:次[日晨]|第二天|翌日|当[日天]|凌晨|[上下中]午|[早晚]上?)?{_TIME}{_BORDER_AFTER})"
)
_TIME_BEFORE_DASH = re.compile(rf"{_BORDER_BEFORE}{_TIME}$")
HALF_DAY_TIME = re.compile(
    rf"{_BORDER_BEFORE}(?:[01]?[0-9]|2[0-4])(?:[:：][0-5][0-9]){{0,2}}(?:[ ]?[-~\u2013\uff5e][ ]?[0-9]{{1,2}}(?:[:：][0-5][0-9])?)?"
    r"[ ]?[aApP]\.?[mM](?:\.(?![A-Za-z])|(?![A-Za-z.]))(?:[ ]?[-~\u2013\uff5e][ ]?[0-9]{1,2}(?:[:：][0-5][0-9])?[ ]?[aApP]\.?[mM](?:\.|(?![A-Za-z.])))?"
)
"""A time, or two of them, with the half of the day in letters."""
_HOUR = re.compile(
    r"(?<![0-9A-Za-z.])(?<![0-9][:：])(1[0-2]|[1-9])[ ]?([aApP])\.?[mM]\.?(?![A-Za-z])"
)
_LAP = re.compile(
    r"(?<![0-9A-Za-z.])(?<![0-9][:：])(?:([01]?[0-9])[:：])?([0-5]?[0-9])[:：]([0-5][0-9])\.([0-9]{1,3})(?![0-9A-Za-z.])"
)
"""A time with parts of seconds is one that was measured: 1:10.270."""
_RATIO = re.compile(
    rf"{_BORDER_BEFORE}({NUMBER}[%万亿千百]?)[ ]?[:：∶][ ]?({NUMBER}%?)(?![0-9A-Za-z]|\.[0-9]|[:：][0-9])"
)
_RATIO_RANGE = re.compile(
    rf"{_BORDER_BEFORE}({NUMBER})[:：∶]([0-9](?:\.[0-9]{{1,2}})?)[ ]?[-~\u2013\u2014\uff5e至到][ ]?({NUMBER})[:：∶]([0-9](?:\.[0-9]{{1,2}})?)(?![0-9A-Za-z.:：])"
)
"""From one ratio to another: 1:2-1:2.5."""
_CHAIN = re.compile(rf"{_BORDER_BEFORE}([0-9]{{1,4}}(?:[:：∶][0-9]{{1,4}}){{2,5}})(?![0-9A-Za-z])")
_SCORE_NEAR = re.compile(
    r"比分|比数|总分|半场|加时|领先|落后|战胜|战平|点球|常规时间|(?<= )[胜负平克擒](?![0-9])|决胜局|[首末]局|[小主客]胜|[小主客]负|击败|大胜|获胜|取胜|险胜|完胜|惨败|不敌|逆转|打成|踢成|踢平|赢(?!得)|输(?![入出送液血])"
    r"|比例|配比|化简|约成|最简|比(?=[是为达近：: ]|约(?!定)|$)|赔率|之比|比值|稀释|坡度|画幅|[宽长][高宽]比|显示器|视图|比例尺|缩[小放]比|模型|沙盘|兑(?![换现奖付])|第[0-9一二三四五六七八九十]{1,2}[局盘]"
)
_SPORT = re.compile(
    "[英法中亚日韩]超|西甲|意甲|德甲|法甲|中甲|欧[冠联洲]|世界杯|亚洲杯|足总杯|国王杯|[NC]BA|[UA]CL|EPL|联赛|热身赛|友谊赛|[女男国][足排篮乒]|失利|告负|落败|惜败|力克|力压|小组赛|季后赛|淘汰赛|决赛|[赛球]队|[主客]场|进球|点射|补射|破门|头球|绝杀|扳平|射门|任意球|乌龙球|红牌|黄牌|[上下]半时|梅开|帽子戏法|横扫|网球|乒乓球|羽毛球|[排篮足棒冰台]球(?!鞋|衣|场|馆)|斯诺克|电竞"
)
_TEAM = (
    "(?:队|中国|日本|韩国|朝鲜|伊朗|卡塔尔|沙特|澳大利亚|泰国|越南|印度|英格兰|德国|法国|西班牙|葡萄牙|意大利|荷兰"
    "|比利时|克罗地亚|瑞典|挪威|波兰|土耳其|俄罗斯|美国|加拿大|墨西哥|巴西|阿根廷|乌拉圭|哥伦比亚|智利|摩洛哥|埃及)"
)
_TEAM_BEFORE = re.compile(rf"{_TEAM}[ ]?$")
SCORE_DASH = re.compile(
    r"(?<![0-9A-Za-z.-])(?<![0-9][:：])([0-9]{1,3})[ ]?[-\u2013][ ]?([0-9]{1,3})"
    rf"(?![0-9A-Za-z-]|\.[0-9]|[ ]?(?:[%℃°球时点月日号]|(?![胜负平克战])(?:{MEASURE})|克(?![拉服敌制][^，]|[日韩中泰]国|日本)))"
)
_LISTED = r"(?:[ ]?[0-9]{1,3}[ ]?[:：∶-][ ]?[0-9]{1,3}(?:[（(][0-9]{1,2}[)）])?[ ]?)"
_LIST_BEFORE = re.compile(rf"(?:{_LISTED}[、，,和 ]){{1,6}}[ ]?$")
_LIST_AFTER = re.compile(rf"(?:[（(][0-9]{{1,2}}[)）])?(?:[ ]?[、，,和 ]{_LISTED}){{1,6}}")
_LONGEST_LIST = 60
"""Scores in a row (21:18、19:21) share what stands around them."""
_WINDOW = 8
_OF_DAY = re.compile(
    "(?:(?:周|星期|礼拜)[一二三四五六日天末]|[今明昨后前][天日晚早晨]|[上下中]午|[早晚]上?|凌晨|傍晚|夜间|[0-9零一二三四五六七八九十][日号]|北京时间|当地时间|[首末]班车?|营业到?|打烊|[开关]门|开[场赛始播]|截止到?|出发|到达|发车|起飞|降落|闹钟|直播)[）)]?[:：]?[ ]?$"
)
"""Behind these a time is one of the day, whatever is near."""
_SENTENCE, _FAR = 24, 40
_CLAUSE = re.compile("[。；！？;!? ]")
_PHRASE = re.compile("[，。；！？,;!? ]")
_WITHIN = re.compile(
    "[ ]?(?:的(?:成绩|时间(?!点))|完赛|夺[冠魁]|冲线|[以之]?内(?![容部存心地蒙])|处(?![理于在])|的?(?:位置|地方|画面|镜头)|钟?的?(?:视频|音频|录音|片段|单曲|歌))"
)
_PART_OF_ALL = re.compile(
    r"(?<![0-9:：])([0-9]{1,2})[:：]([0-5][0-9])[ ]?/[ ]?([0-9]{1,2})[:：]([0-5][0-9])(?![0-9:：])"
)
"""How much of a recording was played: 02:18/04:36."""
_OF_RECORDING = re.compile("播放|进度|时长|视频|[音录]频|录音|歌曲|听到|看到")
_LONG = re.compile("[0-9][:：][0-9]{2}[:：][0-9]{2}")
_POSITION = re.compile(
    "(?:第[0-9零一二三四五六七八九十百]{1,4}[集期讲章话]的?|副歌|前奏|间奏|drop|Drop|[Ii]ntro|[Oo]utro|片段|彩蛋|镜头|视频|录[像音]|音频|(?:播放)?进度条?已?|时间轴|[快倒跳播剪定拖]?[进退到放位转]{1,2}到|字幕|片头|片尾)[是为在于到从约:： ]{0,3}$"
)
"""Where in a recording something is: 副歌在1:02."""
_PLAYED_FROM = re.compile(
    "(?:[首的段]歌|歌曲|[单乐舞]曲|音频|录音|视频(?!会)|影片|这[首段集])[^。；！？]{0,12}从[ ]?$"
)
"""Behind a recording, from where it is played: 这首歌从1:30开始."""
_RACE = re.compile("组|选手|冠军|亚军|季军|完赛|马拉松|纪录|铁三|越野|骑行|净成绩|枪声")
"""Of these three parts are hours, minutes and seconds that it took."""
_EXPECTED = re.compile(
    "(?:预计|预期|估计|大概|大约|约|目标|完成|跑|耗|用)(?:是|为|时|要|需|在)?[ ]?$"
)
_LEFT = re.compile(
    "(?:剩余|还剩|仅剩|只剩|倒计时|(?:结束|终场|下课|收尾|完赛|到期|关闭|冲线|比赛|本节|全场)还有)(?:是|为)?[:：]?[ ]?$"
)
_OF_EVENT = re.compile("[ ]?(?:的|那|这|场|开|班|出|到|和|、)")
"""Behind a time these speak of what begins at it: 只剩10:30的票."""
_HALF_MARATHON = re.compile("[全半]马(?:成绩|[跑完]{1,2}了?)?(?:是|为)?[:：]?[ ]?$")
"""Of these two parts are hours and minutes."""
_OF_PACE = re.compile("(?:配速|[Pp]ace|[前后]半程|圈速|单圈|每圈)[^，。；0-9]{0,3}$")
_MINUTES = re.compile("[1-9]?[0-9]")
_SECONDS = re.compile("0[0-9]")
_OF_TRACK = re.compile("[》」”][ ]?[（(]$")
"""Behind a title in brackets stands how long it plays."""
_NOON = 12
_RESULT = re.compile("(?:成绩|纪录)(?:是|为|[:：])?[ ]?$")
_LASTS = re.compile(
    r"(?:(?<![A-Za-z])[PS]B[ ]?|马拉松|(?:[全半]马|马拉松|越野|[赛米里跑游骑])的?成绩|[全半]马(?:[跑完]{1,2}了?)?|[用耗历]时|(?:狂暴|冷却|剩余|通关|倒计)时间?|时长|配速|记录|纪录|跑[了进完出]{1,2}|游[了进完出]{1,2}|片长|全长|长度|(?<![时部市校班家店])长)(?:是|为|达|约)?[:：]?[ ]?$"
)


def read_times(text: AlignedText) -> AlignedText:
    """Write out times; a colon that is no time is 比."""
    text = text.sub(
        _RATIO_RANGE,
        lambda m: f"{number(m[1])}比{number(m[2])}到{number(m[3])}比{number(m[4])}",
    )
    text = text.sub(_BETWEEN, "，").sub(_RANGE, _range)
    text = text.sub(SCORE_DASH, score).sub(_PART_OF_ALL, _part_of_all)
    text = (
        text.sub(_LAP, _lap)
        .sub(_CLOCK, _clock)
        .sub(_HOUR, lambda m: f"{_half_day(m[2])}{amount(m[1])}点")
    )
    text = text.sub(_CHAIN, lambda m: "比".join(map(number, re.split("[:：∶]", m[1]))))
    return text.sub(_RATIO, _ratio)


def _part_of_all(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 2 * _WINDOW) : match.start()]
    if not _OF_RECORDING.search(before):
        return None
    return f"{_duration(match[1], match[2], None)}，共{_duration(match[3], match[4], None)}"


def _ratio(match: re.Match[str]) -> str:
    """`1:1.2` 一比一点二, `100万:1` 一百万比一; a second part with its zero (25:00) is of seconds."""
    if _SECONDS.fullmatch(match[2]) and match[1].isdecimal() and not is_score(match):
        return _duration(match[1], match[2], None)
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    if _MINUTES.fullmatch(match[1]) and _MINUTES.fullmatch(match[2]) and _LASTS.search(before):
        return _duration(match[1], match[2], None)
    if "%" in match[0]:
        return "比".join(
            f"{'百分之' if value[-1] == '%' else ''}{number(value.rstrip('%'))}"
            for value in match.groups()
        )
    first = match[1].rstrip("百千万亿")
    return f"{number(first)}{match[1][len(first) :]}比{number(match[2])}"


def _range(match: re.Match[str]) -> str | None:
    start = max(0, match.start() - 16)
    return "至" if _TIME_BEFORE_DASH.search(match.string[start : match.start()]) else None


def is_score(match: re.Match[str]) -> bool:
    """Whether words near two numbers say that they are a score or a ratio."""
    start, end = _list_around(match)
    before = match.string[max(0, start - _WINDOW) : start]
    after = match.string[end : end + _WINDOW]
    near = f"{_CLAUSE.split(before.rstrip())[-1]} {_PHRASE.split(after)[0]}"
    return _SCORE_NEAR.search(near) is not None


def _is_score_here(match: re.Match[str]) -> bool:
    """Whether what could be a time is a score by its own phrase, or by what stands around its list."""
    if not is_score(match):
        return False
    start, end = _list_around(match)
    before = _PHRASE.split(match.string[max(0, start - _WINDOW) : start])[-1]
    after = _PHRASE.split(match.string[end : end + _WINDOW])[0]
    is_listed = (start, end) != match.span()
    return is_listed or _SCORE_NEAR.search(f"{before} {after}") is not None


def _list_around(match: re.Match[str]) -> tuple[int, int]:
    """Where the list begins and ends that a score is part of."""
    start, end = match.span()
    earlier = _LIST_BEFORE.search(match.string, max(0, start - _LONGEST_LIST), start)
    later = _LIST_AFTER.match(match.string, end, end + _LONGEST_LIST)
    return earlier.start() if earlier else start, later.end() if later else end


def is_in_sports(match: re.Match[str]) -> bool:
    """Whether words of sports are near."""
    near = match.string[max(0, match.start() - _FAR) : match.end() + _SENTENCE]
    return _SPORT.search(near) is not None


def _is_of_clubs(match: re.Match[str]) -> bool:
    """Whether a club stands right before or behind, or before what stands in the same list."""
    start, _ = _list_around(match)
    return any(
        CLUB_BEFORE.search(match.string, max(0, at - LONGEST), at) for at in {start, match.start()}
    ) or (CLUB_BEHIND.match(match.string, match.end()) is not None)


def score(match: re.Match[str]) -> str | None:
    """`2-1` 二比一 where words say so."""
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    if int(match[1]) > 0 == int(match[2]):  # no range ends with nothing
        return f"{number(match[1])}比零"
    if RECORD.search(before):
        return f"{number(match[1])}胜{number(match[2])}负"
    if not (
        is_score(match) or _TEAM_BEFORE.search(before) or is_in_sports(match) or _is_of_clubs(match)
    ):
        return None
    return f"{number(match[1])}比{number(match[2])}"


def _clock(match: re.Match[str]) -> str | None:
    hour, minute, second, half, named = match.groups()
    before = match.string[max(0, match.start() - _WINDOW) : match.start()]
    if not second and not half and not _OF_DAY.search(before) and _is_score_here(match):
        return None
    if int(hour) > _NOON:
        half = None
    after = match.string[match.end() : match.end() + _WINDOW]
    far = match.string[max(0, match.start() - _SENTENCE) : match.start()]
    if half is None and (_POSITION.search(before) or _PLAYED_FROM.search(far)):
        return _duration(hour, minute, second)
    if half is None and _lasts(before, after, match[0]):
        return _duration(hour, minute, second)
    if half is None and (_LASTS.search(before) or (not second and _RESULT.search(before))):
        is_long = not second and _HALF_MARATHON.search(before) is not None
        return _duration(hour, minute, second, is_long=is_long)
    spoken = f"{_half_day(half)}{amount(str(int(hour)))}点{_minutes(minute, named == '分' or bool(second))}"
    if second and second != "00":
        return f"{spoken}{'' if minute != '00' else '零分'}{two_figures(second)}秒"
    return spoken


def _lasts(before: str, after: str, time: str) -> bool:
    """Whether a time is how long something takes: 在3:30内, 前半程5:45, 《晴天》(4:29)."""
    if _OF_PACE.search(before) or (_LEFT.search(before) and not _OF_EVENT.match(after)):
        return True
    phrase = f"{_PHRASE.split(before)[-1]} {_PHRASE.split(after)[0]}"
    if _LONG.fullmatch(time) and (_RACE.search(phrase) or _EXPECTED.search(before)):
        return True
    return _WITHIN.match(after) is not None or (
        _OF_TRACK.search(before) is not None and after[:1] in ")）" and len(time) > 1
    )


def _duration(hour: str, minute: str, second: str | None, *, is_long: bool = False) -> str:
    """`2:05:13` 两小时五分十三秒, `3:25` 三分二十五秒: what a run or a record lasts."""
    if is_long:
        return f"{amount(str(int(hour)))}小时{two_figures(minute)}分"
    if second is None and minute == "00":
        return f"{amount(str(int(hour)))}分钟"
    if second is None:
        return f"{amount(str(int(hour)))}分{two_figures(minute)}秒"
    hours = f"{amount(str(int(hour)))}小时" if int(hour) else ""
    return f"{hours}{two_figures(minute)}分{two_figures(second)}秒"


def _lap(match: re.Match[str]) -> str | None:
    """`1:10.270` 一分十秒二七零; behind 比 it is a ratio."""
    if is_score(match):
        return None
    hour, minute, second, parts = match.groups()
    hours = f"{amount(str(int(hour)))}小时" if int(hour or 0) else ""
    return f"{hours}{amount(str(int(minute)))}分{two_figures(second)}秒{digits(parts)}"


def _half_day(letter: str | None) -> str:
    return "" if letter is None else {"a": "上午", "p": "下午"}[letter.lower()]


def _minutes(minute: str, exact: bool) -> str:
    if minute == "00":
        return ""
    return "半" if minute == "30" and not exact else f"{two_figures(minute)}分"

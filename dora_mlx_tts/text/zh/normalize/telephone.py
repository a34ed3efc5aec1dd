"""Telephone numbers and other strings of digits that name something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import LONGEST_CARDINAL, digits

_LONG = re.compile(rf"[0-9]{{{LONGEST_CARDINAL + 1},}}")
_BEFORE = r"(?<![0-9A-Za-z.-])"
_AFTER = r"(?![0-9A-Za-z]|[.-][0-9])"
_MOBILE = re.compile(
    rf"{_BEFORE}(?:\+?(86)[- ]?)?(1[3-9][0-9])[- ]?([0-9]{{4}})[- ]?([0-9]{{4}}){_AFTER}"
)
_LANDLINE = re.compile(
    rf"{_BEFORE}(?:\+?(86)[- ]?)?[(（]?(0[0-9]{{2,3}}|(?<=[- ])[1-9][0-9]{{1,2}})[)）]?[- ]?(?<![0-9]{{12}})([0-9]{{3,4}})[- ]?([0-9]{{4}})(?:-([0-9]{{1,5}}))?{_AFTER}"
)
_SERVICE = re.compile(rf"{_BEFORE}([48]00)[- ]?([0-9]{{3,4}})[- ]?([0-9]{{3,4}}){_AFTER}")
_NAMED = re.compile(
    r"((?:电话|座机|手机|热线|号码|客服|拨打|拨通|致电|分机|传真|密码|验证码|口令|代码|状态码|错误码|邮编|邮政编码|"
    r"编号|房号|房间号?|门牌号?|学号|工号|卡号|账号|帐号|尾号|单号|序列号|车牌|证号|区号|群号?|型号|航班号?|车次|暗号|报警|急救|火警)"
    r"(?:号码|号)?(?:是|为|叫|打|[:：])?[ ]?)([0-9]{3,16}(?:[- ][0-9]{2,8}){0,3})(?![0-9]|\.[0-9]|[个位名次岁年元块种台])"
)
_ROOM = re.compile(
    r"(?<![0-9A-Za-z.])([0-9]{3,4})(?=室|房|号房|号线|路(?:公交|车|公共)|次(?:列车|航班|高铁|动车)|航班|教室|会议室|病房|国道|高速|宿舍|包厢|包间)"
)
_CARD = re.compile(r"(?<![0-9A-Za-z.-])[0-9]{4}(?: [0-9]{4}){2,4}(?: [0-9]{1,3})?(?![0-9])")
_FESTIVAL = re.compile(
    r"(?<![0-9.])([0-9]{1,2})[·•]([0-9]{1,2})(?![0-9.])"
    r"|(?<![0-9./])([0-9]{1,2})/([0-9]{1,2})(?=[\u4e00-\u9fff]{1,3}节)"
)
"""Days that are named by their numbers: 3·15晚会, 6/1儿童节."""
_CHAIN = re.compile(r"(?<![0-9A-Za-z.-])[0-9]{1,8}(?:-[0-9]{1,8}){2,8}(?![0-9A-Za-z]|[.-][0-9])")


def read_telephone_numbers(text: AlignedText) -> AlignedText:
    """Digit by digit with 幺 for 1, a pause between groups."""
    text = text.sub(_LONG, lambda m: digits(m[0], telephone=True)).sub(_CARD, _card)
    text = text.sub(_FESTIVAL, lambda m: digits("".join(filter(None, m.groups()))))
    for pattern in (_MOBILE, _SERVICE, _LANDLINE):
        text = text.sub(pattern, _telephone)
    text = text.sub(_NAMED, lambda m: m[1] + _groups(m[2]))
    return text.sub(_ROOM, lambda m: digits(m[1], telephone=True)).sub(
        _CHAIN, lambda m: _groups(m[0])
    )


def _telephone(match: re.Match[str]) -> str:
    groups = match.groups()
    if match.re is _LANDLINE:
        country, area, first, second, extension = groups
        parts = [country, area, first + second, extension]
    else:
        parts = ["".join(g for g in groups if g)]
    return ",".join(digits(p, telephone=True) for p in parts if p)


def _card(match: re.Match[str]) -> str:
    return _groups(match[0])


def _groups(text: str) -> str:
    return ",".join(digits(g, telephone=True) for g in re.split("[- ]", text))

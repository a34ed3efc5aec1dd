"""Chinese with Latin letters in it: what neither language can tell alone.

`内存16GB` has a Chinese number and a spelled unit, `G1234次` is the name of a train, `第III章` has a
number in letters. Once a text is divided by language, each side sees its own half only.
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText

_AMOUNT = re.compile(
    r"(?<![0-9A-Za-z.,])(\d{1,12}(?:\.\d{1,6})?)[ ]?"
    r"([KkMGTP]i?B|[KkMG]bps)(/s)?(?![A-Za-z0-9/])"
)
_NAME = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,3})[ -]?(\d{3,4})(?=次|航班|号|路|国道|高速|室|房|座|教室|会议室|飞机|客机)"
    r"|(?<=航班|国道|省道|高铁|动车|列车|车次|高速|客机|飞机|型号|房间|教室)[ ]?([A-Z]{1,3})[ -]?(\d{3,4})(?![0-9A-Za-z])"
)
_PLATE = re.compile(
    r"(?<=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼])([A-Z])[·•]?"
    r"(?=[A-Z]?\d)([A-Z0-9]{5,6})(?![0-9A-Za-z])"
)
_ROMAN = re.compile(
    r"(?<=第)[ ]?([IVX]{1,6})(?=[\u3400-\u9fff，。！？、；：]|\Z)|"
    r"(?<=[\u3400-\u9fff])([IVX]{2,6})(?=[世型期级])"
)
_PLUS = re.compile(
    r"(?<=[A-Za-z])\+(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])\+(?=[，。！？、；：]|\Z)"
)
_HALF_DAY = re.compile(r"\b([AaPp])\.[ ]?[Mm]\.(?=[\u3400-\u9fff])")
"""Its last dot does not end a sentence."""
_VALUES = {"I": 1, "V": 5, "X": 10}
_LOOK_BACK = 24
_UNIT_BEFORE = re.compile(r"\d[ ]?[A-Za-z]{1,4}(?![A-Za-z])")
_LETTER = re.compile("[A-Za-z\u3400-\u9fff]")
_CONCERNED = re.compile(r"\d[ ]?[KkMGTP]|[A-Z][ ·•-]?\d|[IVX+]|[Mm]\.")


def read_mixed(text: AlignedText) -> AlignedText:
    """`内存128GB` as 内存一百二十八GB, `G1234次` as G幺二三四次, `第III章` as 第三章."""
    if _CONCERNED.search(text.text) is None:
        return text
    text = text.sub(_PLUS, "加").sub(_HALF_DAY, r"\1m")
    return text.sub(_PLATE, _name).sub(_AMOUNT, _amount).sub(_NAME, _name).sub(_ROMAN, _roman)


def _amount(match: re.Match[str]) -> str | None:
    """An amount of data; behind English words nothing changes."""
    from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
        number,
    )

    start, end = match.span()
    earlier = _UNIT_BEFORE.sub("", match.string[max(0, start - _LOOK_BACK) : start])
    before = _LETTER.findall(earlier)
    after = _LETTER.search(match.string, end, end + _LOOK_BACK)
    beside = before[-1] if before else after[0] if after else ""
    if beside.isascii():  # in English, or on its own
        return None
    return f"{number(match[1])}{match[2].upper()}{'每秒' if match[3] else ''}"


def _name(match: re.Match[str]) -> str:
    from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
        digits,
    )

    letters, number = (group for group in match.groups() if group)
    return letters + digits(number, telephone=True)


def _roman(match: re.Match[str]) -> str:
    from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
        cardinal,
    )

    total = previous = 0
    for char in reversed(match[1] or match[2]):
        value = _VALUES[char]
        total += value if value >= previous else -value
        previous = max(previous, value)
    return cardinal(str(total))

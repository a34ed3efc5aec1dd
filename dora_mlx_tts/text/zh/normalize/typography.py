"""Chinese with blanks and marks as typed on an English keyboard, in the form that further rules know.

Many writers and models put blanks between Chinese and figures or letters (`共 3 件, 用 App 付款`) or marks of ASCII
(`时间:8:30,地点:301.`).
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.patterns import HAN

_CONCERNED = re.compile(
    rf"{HAN}[ ,;:!?.]|[ ,;!?]{HAN}|[0-9],[0-9]|[0-9%‰℃°][ ]?[—–]{{1,2}}[ ]?[0-9]|[0-9A-Za-z\u4e00-\u9fff)%][xX*][0-9(]|°[ ]?[CF]|岁[ ]?[+]|[α-ω][ ]|\.\s*\Z"
)
_BEFORE_FIGURE = re.compile(rf"(?<={HAN})[ ](?=[0-9A-Za-z$¥￥€£])|(?<=[，；：。！？])[ ](?=[0-9])")
_BEHIND_FIGURE = re.compile(
    rf"(?:(?<=[0-9%‰℃°+])|(?<=(?<![A-Za-z])[A-Z])|(?<=[0-9 ][a-zA-Z])|(?<=[0-9 ][a-zA-Z]{{2}}))[ ](?={HAN})"
)
"""Behind a word of English a blank stays."""
_BLANK_IN_PRODUCT = re.compile("(?<=[α-ω])[ ](?=[A-Za-z](?![A-Za-z]))|(?<=[0-9)])[ ](?=[α-ω])")
"""4/3 π r³."""
_CLAUSES = re.compile(rf"{HAN}[ ]{HAN}")
"""Where blanks part clauses, one behind a figure is a pause: 扣2000 年化8% 共20年."""
_FIGURE_APART = re.compile(rf"{HAN}[ ][0-9]")
_NUMERALS = re.compile("(?<=[零一二三四五六七八九十百千万亿])[ ](?=[0-9])")
"""Between numbers in two scripts a blank is a pause: 周二、四 19:30."""
_MARK = re.compile(
    rf"(?<={HAN})[ ]?([,;:!?])[ ]?(?![,;:!?/)\-])|(?<=[0-9A-Za-z%‰℃°])([,!?])[ ]?(?={HAN})|(?<=[0-9%‰℃°²³])(,)[ ]?(?=[A-Za-z√∴¥￥$])|(?<=[A-Za-z]),[ ](?=[0-9])|(?<=[%‰℃°]),[ ]?(?=[0-9])"
)
_DASH = re.compile(r"(?<=[0-9%‰℃°])[ ]?(?:——|[—–])[ ]?(?=[0-9])")
"""A long dash between figures is a hyphen: 15—22℃."""
_DEGREE = re.compile("(?<=[0-9百千万亿])[ ]?°[ ]?([CF])(?![A-Za-z])")
_TIMES = re.compile(
    r"(?:(?<=[0-9][gmLWV])|(?<=[0-9]kg)|(?<=[0-9][mc]m)|(?<=[0-9]m[lL])|(?<=[0-9][GTM]B)|(?<=[0-9]MHz)|(?<=℃)|(?<=[元件个组盒片瓶袋份杯张本只支包块米克升斤次倍冰糖天万亿])"
    r"|(?<=(?<![A-Za-z0-9])M[0-9])|(?<=(?<![A-Za-z0-9])M[0-9]{2}))[ ]?[xX*][ ]?(?=[0-9])|(?<=[0-9])\*(?=[0-9(])|(?<=[¥￥$][0-9])[xX](?=[0-9])|(?<=[¥￥$][0-9]{2})[xX](?=[0-9])"
)
"""A letter that is a sign between amounts: 23kgx2, M4x20."""
_OLDER = re.compile("(?<=岁)[ ]?[+](?![0-9])")
_TIMES_IN_SUM = re.compile("(?<=[0-9)%½])[xX](?=[0-9(])")
_VARIABLE = re.compile("(?<![0-9)%½])[xX]|[xX](?![0-9(])")
"""Something unknown, and no sign: 2x+1."""
_COMMA = re.compile(r"(?<=[0-9])(?<![.,][0-9]{3}),(?=(?![0-9]{3}(?![0-9]))[0-9])")
"""Between figures that are not thousands a comma is a pause: 1米83,85kg."""
_STOP = re.compile(
    rf"(?<={HAN})\.(?=\s|\Z|{HAN})|(?:(?<=[0-9%‰℃°+])|(?<=[0-9][A-Za-z])|(?<=[0-9][A-Za-z]{{2}}))\.(?=\s*\Z)"
)
_WIDE = str.maketrans(",;:!?", "，；：！？")
_HAN, _WORD = re.compile(HAN), re.compile("[A-Za-z]{2,}")
_WIDE_MARK = re.compile("[，。；：？！]")
_KANA = re.compile("[\u3041-\u30fc]")
_LETTER = re.compile(f"[A-Za-z]|{HAN}")
_HAN_PER_FRAMING_WORD = 2
"""In a sentence that begins with English."""


def as_chinese_writes(text: AlignedText) -> AlignedText:
    """`共 3 件,` as `共3件，`; English with some Chinese in it stays."""
    if _CONCERNED.search(text.text) is None or not _is_chinese(text.text):
        return text
    text = text.sub(_DASH, "-").sub(_DEGREE, lambda m: "℃" if m[1] == "C" else "℉")
    text = text.sub(_TIMES, "×").sub(_OLDER, "以上")
    if "=" in text.text and _VARIABLE.search(text.text) is None:
        text = text.sub(_TIMES_IN_SUM, "×")
    text = text.sub(_MARK, lambda m: (m[1] or m[2] or m[3] or ",").translate(_WIDE))
    text = text.sub(_COMMA, "，").sub(_STOP, "。").sub(_BLANK_IN_PRODUCT, "")
    return _closed(text) if " " in text.text else text


def _closed(text: AlignedText) -> AlignedText:
    """Without blanks beside figures, or with pauses where they part clauses."""
    text = text.sub(_NUMERALS, "，")
    if _CLAUSES.search(text.text) is None:
        text = text.sub(_BEHIND_FIGURE, "")
    elif _FIGURE_APART.search(text.text) is None:
        text = text.sub(_BEHIND_FIGURE, "，")
    return text.sub(_BEFORE_FIGURE, "")


def _is_chinese(text: str) -> bool:
    """Whether it has marks as Chinese writes them, or more Chinese than English."""
    han = len(_HAN.findall(text))
    if not han or _KANA.search(text):
        return False
    if _WIDE_MARK.search(text) is not None:
        return True
    first = _LETTER.search(text)
    each = _HAN_PER_FRAMING_WORD if first is not None and first[0].isascii() else 1
    return han >= each * len(_WORD.findall(text))

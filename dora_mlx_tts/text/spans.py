"""Divides a text into spans of one language, by scripts and words alone.

Kana is Japanese, Hangul is Korean, Han belongs to the main language of the scheme, Latin words are
English. Marks stay with what they follow, opening marks and signs with what they precede. A number
goes with the language around it; between two languages the rules of the reference hold
(`text/LangSegmenter/langsegmenter.py`): the longer neighbour, unless a stop or a counter decides.
The same text gives the same spans whichever code was asked for, as far as the code allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dora_mlx_tts.text.patterns import expression
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS, HARD_STOPS
from dora_mlx_tts.text.schemes import Scheme

_HAN = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff"
_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"
_COUNTERS = "年月日号點点时時分秒个個件次位名家只条張张本台部辆輛元块塊毛角天周岁歲人种種层層楼樓折倍万萬亿億千百多余几度路斤杯瓶碗盒颗顆棵匹遍趟届屆寸吋尺米克升吨磅码勺份串滴根枚粒桶箱锅盘株朵"
_UNCOUNTED = (
    "只[要有能需是限会支剩用卖好为]|位[于列居]|名[为列]|次[日于]|点[击开按]|部[分署门]|台[湾式]|种[植]|层[次面]|条[件款]|本[身来]|家[庭用族]"
    "|分[为别享析辨布成]|天[气线然]|年[度底初]|度假|路由|级别|张贴|件数|个[人性]|人[们民类工]|时[间候代]|角[色度]|毛病|份额|根[据本]|米[家饭]|升级|克隆"
    "|粒子|轮[胎播]|局部|格[式外]|档次|栏目|类[似型]|章节|排[名行在]|句子|项目|列[表出]|场[景地]|座[位椅]|架构|段落|节[目日]|首[发页先款次播批个位家班末]|末班|支[持付]|门[店口]|题目|课程|包[含括]|把[手]|对[比应方于]|双[方击]|副[本]|盘点|批[准量]|队[伍友]"
)
"""Words that only begin like something that is counted."""
_COUNTED = expression(
    f"(?!{_UNCOUNTED})[{_COUNTERS}轮局袋罐句篇项列格帧档栏类章排场座架艘段首支门题包盏瓣幅束盆副批队]|星(?![期座球巴光云])|速(?![度率写食腾成])|缸|核(?![心对桃算查])|线程|键(?![盘位])|冲程|孔|声道|挡|伏|瓦|赫兹|(?:美|欧|日|港|澳|加)元|英镑|人民币|刀(?!具)|折(?!叠)|倍|顿(?!号)|片(?![段面中头刻])|套(?![餐件装路用])|册(?!子)|亩|丸|拳|圈(?!子)|胜|负(?![载责面数荷])|针(?!对)|坪|户(?![型外口])|票(?![房价据])|股(?![票份价东])|笔(?![记试画刷触])|封(?![面装锁闭])|道(?![路具理歉])|[港日]币|韩元|卢布|泰铢|卢比|比索|瑞郎|法郎|新元|新台币|越南盾|美[金刀分]|星期|刻钟|毫秒|世纪|季度|学期|海里|[微纳]米|[毫微]克|平米|[摄华]氏度|字节|比特|像素|焦耳|[茶汤量]匙|[大小]匙|量杯|加仑|品脱|夸脱|盎司|光年|车道|卡路里|大卡|马力|牛顿|英亩|财年|公[里斤分尺顷]|英[寸尺里镑亩]|[毫厘]米|毫升|[平立]方|级(?!别)|期(?![货待望])|小[时時]|组(?![装成织合件建团])|页(?!面)|行(?![业动为李走程驶政文])|步(?!骤)|集(?![成团合群中])"
)
"""What a number before it counts."""
_NAMED = expression("[A-Z][A-Za-z]{2,19} $")
_LONGEST_NAME = 21
"""A number behind a name and before Han that it does not count is part of the name: Switch 2首发."""
_PAUSES = CLAUSE_MARKS | HARD_STOPS | CLOSERS
_OF_ENGLISH = expression(
    "[0-9](?:st|nd|rd|th)|(?<![0-9:：])[0-9]+(?:[.,][0-9]+)*(?: [a-z]|-[A-Za-z])"
)
"""A number behind a Chinese word that is none of Chinese: 1st, 3 cats, 7-Eleven."""
_STOPS = ",.!?;，。！？、；"
_WIDE_PAUSES = "，、；："
_BRACKETS = frozenset("（(")
_IS_VALUE = expression(":[ ]?[0-9.]+$")
"""Brackets and a colon part a number from the English word before it."""
_WIDE_PAUSE = expression("[，；：]")
"""Behind these an English word has ended, and its sentence is Chinese."""
_LIST_NUMBER = expression(r"[ ]*[0-9]{1,2}[.．、)）][ ]*")
_CLOCK = expression("[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2})?")
_WIDE_MARKS = frozenset("，。！？、；：（）％￥“”「」《》【】")
_UNITS = (
    r"(?:[kdcmnμu]?m[²³23]?|[kmμu]?g|KG|Kg|[mμd]?[lL]|ML|[kMh]?Pa|mmHg|[kKMG]?Hz|[kKMG]?W|k[Ww]h|[km]V|mA|mAh"
    r"|[dD][bB]|[kK]?cal|min|ms|mol|rpm|mph)(?:/(?:h|s|min|d|m[²³23]?|k?g|m?[lL]))?"
)
"""Units that the Chinese reading writes out. A lone h, s or capital is as often a letter."""

_WIDE_LETTER = expression("[\uff21-\uff3a\uff41-\uff5a]")
"""Only Japanese texts keep words in these letters; they are read as Japanese."""

_CURRENCIES = "RMB|CNY|USD|HKD|EUR|GBP|JPY|KRW"

_TOKEN = expression(
    rf"""
    (?P<address>
        (?:https?|ftp)://[!-~]*[A-Za-z0-9/] | www\.[!-~]*[A-Za-z0-9/]                  # web address
      | (?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9_.+-]{{0,63}}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}
      | (?<![A-Za-z0-9])(?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:com|cn|org|net|edu|gov|io|ai|dev|app)(?![A-Za-z0-9])
    )
  | (?P<amount>
        (?<![{_LATIN}])(?:(?:HK|NT|US|AU|CA|SG|[ACS])[$＄]|(?:{_CURRENCIES})\ ?)\d+(?:[.,]\d+)*
      | \d+(?:[.,]\d+)*\ ?(?:{_CURRENCIES})(?![{_LATIN}0-9])
      | \d+\.\d+\ ?[sh](?![{_LATIN}0-9])
      | \d+(?:[.,]\d+)*(?:[-~～–/]\d+(?:[.,]\d+)*)?\ ?(?:{_UNITS}|°[CF])(?![{_LATIN}0-9])
    )
  | (?P<word>['’](?<=[{_HAN}]['’])s(?![{_LATIN}])|[Nn][Oo]\.\ ?\d+|[{_LATIN}](?:[{_LATIN}\u0300-\u036f]|['’](?=[{_LATIN}]))*)
  | (?P<number>\d+(?:[-.,:：/~～—–]\d+)*)
  | (?P<han>[{_HAN}]+)
  | (?P<kana>[{_KANA}]+)
  | (?P<hangul>[{_HANGUL}]+)
  | (?P<sign>[$＄¥￥€£#＃@＠+±−√≈<>≤≥-]{{1,8}}(?=[\d{_LATIN}{_HAN}])|[“‘「『（(\[【《〈]+)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = expression("[0-9]+(?:[.,][0-9]+)*")
_SENTENCE = expression(r"[^。！？!?\n]*[。！？!?\n]*")
_BEFORE_CLOSING_SIGN = expression(rf"[\d{_LATIN})）\]】]")
_HAN_RUN = expression(f"[{_HAN}]+")
_KANA_RUN = expression(f"[{_KANA}]")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open interval of a text and the language it is to be read in."""

    language: str
    start: int
    end: int


class _Run(NamedTuple):
    """Beginning of a run of one language, which lasts to the next; a number has none as yet."""

    language: str | None
    start: int
    is_amount: bool = False


def split_spans(text: str, scheme: Scheme) -> list[Span]:
    """Spans that cover `text` without gaps, neighbours differing in language; [] for ''."""
    runs = _merge(_runs(text, scheme), text)
    if not runs:
        return [Span(scheme.main, 0, len(text))] if text else []
    starts = [0, *(run.start for run in runs[1:])]
    ends = [*starts[1:], len(text)]
    spans: list[Span] = []
    for i, (run, start, end) in enumerate(zip(runs, starts, ends, strict=True)):
        language = run.language
        if language is None:
            left = spans[-1] if spans else None
            right = next(
                (
                    Span(known.language, begin, last)
                    for known, begin, last in zip(
                        runs[i + 1 :], starts[i + 1 :], ends[i + 1 :], strict=True
                    )
                    if known.language
                ),
                None,
            )
            language = _language_of_number(text, run, (start, end), left, right) or scheme.main
            is_after_word = left is not None and left.language == "en" and right is None
            if is_after_word and _is_set_off(text, start):
                language = spans[-2].language if len(spans) > 1 else scheme.main
        if spans and spans[-1].language == language:
            spans[-1] = Span(language, spans[-1].start, end)
        else:
            spans.append(Span(language, start, end))
    return spans


def tells_language(text: str) -> bool:
    """Whether letters or full-width marks show which language a text is in; figures and ASCII marks do not."""
    return any(char.isalpha() or char in _WIDE_MARKS for char in text)


def _runs(text: str, scheme: Scheme) -> Iterator[_Run]:
    """Words and numbers with the language their script tells; marks only lengthen a run."""
    japanese = _japanese_parts(text) if scheme.detect else ()
    part = 0
    opening: int | None = None  # start of the signs that stand directly before this token
    for match in _TOKEN.finditer(text):
        start, kind = match.start(), match.lastgroup or "mark"
        if kind == "mark":
            opening = None
            continue
        if kind == "sign":
            if not _closes_word(text, start):
                opening = start if opening is None else opening
            continue
        while part < len(japanese) and japanese[part][1] <= start:
            part += 1
        beside_kana = part < len(japanese) and japanese[part][0] <= start
        language = _language_of_script(kind, scheme, beside_kana=beside_kana)
        if scheme.main == "ja" and kind == "word" and _WIDE_LETTER.match(text, start):
            language = "ja"
        yield _Run(language, start if opening is None else opening, kind == "amount")
        opening = None


def _closes_word(text: str, at: int) -> bool:
    """Whether the sign at `at` ends the word before it, as in GPT-4 and C#."""
    return text[at] in "-+#@<>" and at > 0 and _BEFORE_CLOSING_SIGN.match(text[at - 1]) is not None


def _language_of_script(kind: str, scheme: Scheme, *, beside_kana: bool) -> str | None:
    if kind in {"word", "address"}:
        return "en"
    if scheme.only_main:
        return scheme.main
    if kind == "han":
        if beside_kana:
            return "ja"
        return "zh" if scheme.main == "en" else scheme.main
    return {"kana": "ja", "hangul": "ko"}.get(kind)


def _japanese_parts(text: str) -> tuple[tuple[int, int], ...]:
    """Sentences whose Han characters are Japanese: kana is there, and nothing Japanese lacks.

    The JIS inventory is the test; characters simplified in China (说, 这) are not in it.
    """
    parts: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        if _KANA_RUN.search(match.group()):
            han = "".join(_HAN_RUN.findall(match.group()))
            if len(han.encode("cp932", "ignore")) == 2 * len(han):
                parts.append(match.span())
    return tuple(parts)


def _merge(runs: Iterator[_Run], text: str) -> list[_Run]:
    """Join neighbours of one language; numbers join numbers that no wide pause parts from them."""
    merged: list[_Run] = []
    for run in runs:
        if (
            merged
            and merged[-1].language == run.language
            and (run.language or not _is_apart(text, merged[-1].start, run.start))
        ):
            merged[-1] = merged[-1]._replace(is_amount=merged[-1].is_amount or run.is_amount)
        else:
            merged.append(run)
    return merged


def _is_apart(text: str, before: int, start: int) -> bool:
    """Whether a number has nothing to do with the one before: a pause parts them, or it counts what follows."""
    if _WIDE_PAUSE.search(text, before, start) or text[start] in _BRACKETS:
        return True
    number = _NUMBER.match(text, start)
    return text[start - 1] == " " and bool(number and _COUNTED.match(text, number.end()))


def _is_set_off(text: str, start: int) -> bool:
    """Whether a wide pause or a bracket parts a number from the word before it."""
    return text[start] in _BRACKETS or text[max(0, start - 2) : start].strip(" ")[-1:] in set(
        _WIDE_PAUSES
    )


def _language_of_number(
    text: str, run: _Run, at: tuple[int, int], left: Span | None, right: Span | None
) -> str | None:
    """Language of a number between two spans; None if there is neither."""
    if left is None or right is None or left.language == right.language:
        known = left or right
        return known.language if known else None
    number = text[at[0] : at[1]]
    before = _mark_behind(text, left)
    is_of_english = left.language == "en"
    if is_of_english and (number[0] in _BRACKETS or _IS_VALUE.search(text, left.start, at[1])):
        before = _WIDE_PAUSES[0]
    if before in _STOPS or (before in _WIDE_PAUSES and is_of_english):
        return _behind_pause(before, number, left, right)
    after_han = _HAN_RUN.match(before) and (number[-1] in _PAUSES or before == "第")
    if run.is_amount or number[-1] in ".。" or after_han:
        return left.language
    glued_left = before.isalnum()
    if (
        glued_left
        and _HAN_RUN.match(before)
        and not _OF_ENGLISH.search(text, at[0], right.start + 2)
    ):
        return left.language
    is_counted = _COUNTED.match(text, right.start) and not glued_left
    is_time = is_of_english and _CLOCK.fullmatch(number.strip())
    if (is_counted or is_time) and number[-1].isdecimal():
        return right.language
    is_part_of_name = number.strip(" ,").isdecimal() and _NAMED.search(
        text, max(0, at[0] - _LONGEST_NAME), at[0]
    )
    longer_left = left.end - left.start >= right.end - right.start
    return left.language if is_part_of_name or longer_left else right.language


def _mark_behind(text: str, left: Span) -> str:
    """The last character of a span; of an English one the wide mark before its last blank."""
    last = text[left.end - 1]
    pause = text[max(left.start, left.end - 2) : left.end - 1]
    is_pause = last == " " and left.language == "en" and pause and pause in _WIDE_PAUSES
    return pause if is_pause else last


def _behind_pause(mark: str, number: str, left: Span, right: Span) -> str:
    """A number between two pauses belongs to what is before, one that numbers a list to what follows."""
    if mark in _WIDE_PAUSES and left.language == "en":
        return right.language
    if _LIST_NUMBER.fullmatch(number):
        return right.language
    return left.language if number[-1] in _PAUSES else right.language

"""Letters and figures that name: trains, gates, makes, levels.

The letters stay for English to spell, the figures are Hanzi.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, MEASURE, Rule

_TRAIN = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,3})[ -]?(\d{3,4})(?=次|航班|号|路|国道|高速|室|房|座|教室|会议室|飞机|客机)"
    r"|(?<=航班|国道|省道|高铁|动车|列车|车次|高速|客机|飞机|型号|房间|教室)[ ]?([A-Z]{1,3})[ -]?(\d{3,4})(?![0-9A-Za-z])"
)
_SERIES = re.compile(
    r"(?<![0-9A-Za-z])(?!SAT|GMAT|TOEFL|GRE)([A-Z]{2,5}[ ](?:\d{1,2}[ ])?)(?!19|20)(\d{4})(?![0-9A-Za-z:：-]|[.,]\d|[ ]?[分点元块度瓦万亿倍])"
)
"""The number of a make behind capitals: RTX 4090, ISO 8601."""
_CARD = re.compile("[RGM]TX|RX|HD|MX|XT|ISO|HTTP")
_MODEL = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{1,4})-?(\d{3,16})(\.\d{1,4})?(?![0-9A-Za-z_°-]|\.\d)"
)
_CHIP = re.compile(
    r"(?<![0-9A-Za-z_.-])((?<=[0-9][ ])\d{3}|\d{4,5})(X[A-Z0-9]{0,2}|H[XSKQ]|(?<=[0-9]{5})H|(?<=[ ][0-9]{3})H|K[FS]|U|Ti)(?![0-9A-Za-z_-])"
)
_PAGES = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{1,2})(\d{1,4})[ ]?[-~–～至到][ ]?(\1)?(\d{1,4})(?![0-9A-Za-z_-]|\.\d)"
)
"""From one to another of a series: P45-P52, A1-A5."""
_STOREY = re.compile("[ ]?[层楼]")
_STOREYS = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,2})[Ff][ ]?[-~–～至到][ ]?(\d{1,2})[Ff](?![0-9A-Za-z])"
)
"""From one storey to another: 1F-3F."""
_UNIT_OF_HOUSE = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{0,2})(\d{1,3})-(\d{1,4})([A-Z])(?![0-9A-Za-z_.-])"
)
"""A floor or a building and a flat in it: L3-15A."""
_ROOM_ON_FLOOR = re.compile(r"(?<![0-9A-Za-z.])(\d{1,2})[Ff][ ]?-?[ ]?(\d{3,4})(?![0-9A-Za-z])")
_MEDIUM = re.compile(r"(?<![0-9A-Za-z.])([A-Z])\.(\d{1,4})(?![0-9A-Za-z]|\.\d)")
"""The letter and number of a recommendation or a slot: H.265, M.2."""
_PROTECTION = re.compile(r"(?<![A-Za-z0-9])IP[ ]?([0-6X][0-9X])(?![0-9A-Za-z.]|[ ]?[:：])")
"""How well a case keeps out dust and water: IP68."""
_LEVEL = re.compile(r"(?<![A-Za-z])(?:Lv|LV|lv)\.?[ ]?(\d{1,4})(?![0-9A-Za-z.])")
_LETTERS_AND_FIGURES = r"([A-Z]{1,4})-?(\d{1,2}(?:\.\d)?)(?![0-9A-Za-z+]|[-.]\d)"
_GATE = re.compile(
    rf"(?<=[\u3400-\u9fff：:，。、（《“]){_LETTERS_AND_FIGURES}|(?<=[0-9]/){_LETTERS_AND_FIGURES}|(?<![0-9A-Za-z.@_-]){_LETTERS_AND_FIGURES}(?=[\u3400-\u9fff：、，。）])"
)
"""Directly beside a Chinese word: 登机口C32, PM2.5, A4纸."""
_SHORT = re.compile(
    r"(?<![0-9A-Za-z.$-])(\d{1,3}(?:\.\d)?(?=[ ]?[GKDBFMT])|\d{4,5}(?=[ ]?K))[ ]?([GKDBFMT])(?![0-9A-Za-z+&-]|/(?![0-9]))|(?<![0-9A-Za-z.])(\d|\d{2,3}(?=[A-Z][座排门口室栋楼桌席舱铺]))([A-Z])(?=[\u3400-\u9fff])"
)
"""A figure and a letter that are one word: 5G, 4K, 3D, 7B."""
_LINES = re.compile(r"(?<![0-9A-Za-z.])(\d{3,4})([PpiI])(?![0-9A-Za-z])")
_NUMBER_BEHIND = re.compile("[ ][0-9零一二两三四五六七八九十]")
_MASKS = ("N", "KN", "KF")
"""Of masks (`N95`), whose figures are said one by one."""
_HUNDREDS = 3


_SCORED = re.compile(
    "(?:TOEFL|IELTS|SAT|ACT|GRE|GMAT|Verbal|Quant|Math|Reading|Writing|Listening|Speaking|[Ss]core|[Tt]otal)$"
)
_COUNTED = re.compile(f"[ ]?(?![代款版季部集型系级]){MEASURE}")
_PRODUCT = re.compile(
    r"(?:(?<=[A-Za-z][A-Za-z])|(?<=[ ]-[A-Za-z]))[ ](\d{1,4})(?:\.(\d{1,4}))?"
    r"(?!\d|[ ]\d|[.,:/~–-][ ]?\d|[ ]?[-–~/:×x=][ ]?[\dA-Z]|[ ]?[%‰°″′\"]|[A-Za-z]|[ ][a-z])"
)


def read_train(match: re.Match[str]) -> str:
    """`G1234次` G幺二三四次."""
    letters, figures = (group for group in match.groups() if group)
    return letters + digits(figures, telephone=True)


def read_model(match: re.Match[str]) -> str:
    """`MU5137` M U五幺三七; a round one is said as a number: `A100` A一百."""
    letters, figures, decimals = match.groups()
    if decimals:
        return f"{' '.join(letters)}{digits(figures, telephone=True)}点{digits(decimals[1:])}"
    is_round = figures.endswith("00") and figures[0] != "0" and len(figures) == _HUNDREDS
    said = cardinal(figures) if is_round else digits(figures, telephone=True)
    return f"{' '.join(letters)}{said}"


def read_series(match: re.Match[str]) -> str:
    """`RTX 4090` RTX四零九零, `ELO 1800` ELO一千八百."""
    is_amount = match[2].endswith("00") and not _CARD.match(match[1])
    return match[1] + (cardinal(match[2]) if is_amount else digits(match[2], telephone=True))


def read_pages(match: re.Match[str]) -> str:
    """`P45-P52` P四十五到P五十二; `B2-116` is a name: B二杠幺幺六; `B2到118层` B二到一百一十八层."""
    name, first, again, last = match.groups()
    letters = " ".join(name)
    if not again and _STOREY.match(match.string, match.end()):
        return f"{letters}{cardinal(first)}到{cardinal(last)}"
    is_joined = "-" in match[0]
    if (
        is_joined
        and not again
        and (int(last) <= int(first) or len(last) > len(first) + 1 or last[0] == "0")
    ):
        said = digits(last, telephone=True) if len(last) >= _HUNDREDS else number(last)
        house = digits(first, telephone=True) if len(first) >= _HUNDREDS else cardinal(first)
        return f"{letters}{house}杠{said}"
    read = digits if first[0] == "0" else cardinal
    return f"{letters}{read(first)}到{letters}{read(last)}"


def read_unit_of_house(match: re.Match[str]) -> str:
    """`L3-15A` L三杠一五A."""
    letters, first, second, last = match.groups()
    return f"{' '.join(letters)}{cardinal(first)}杠{digits(second, telephone=True)}{last}"


def read_level(match: re.Match[str]) -> str:
    """`Lv.35` L V三十五."""
    return f"L V{cardinal(match[1])}"


def read_gate(match: re.Match[str]) -> str:
    """`C32` C三十二, `PM2.5` P M二点五, `B03` B零三."""
    letters, figures = (group for group in match.groups() if group)
    named = figures[0] == "0" or letters in _MASKS
    said = digits(figures) if named and "." not in figures else number(figures)
    return f"{' '.join(letters)}{said}"


def read_short(match: re.Match[str]) -> str:
    """`5G` 五G."""
    figure, letter = (group for group in match.groups() if group)
    return f"{number(figure)}{letter}"


def read_lines(match: re.Match[str]) -> str:
    """`1080p` 一零八零P: lines of a screen."""
    return f"{digits(match[1])}{match[2].upper()}"


def read_product(match: re.Match[str]) -> str | None:
    """The number behind an English name: 十五, 七三七, 二零一九, 三点一二; not one that counts what follows."""
    figures, decimals = match[1], match[2]
    like_year = figures.startswith(("19", "20"))
    if _COUNTED.match(match.string, match.end()) and not like_year:
        return None
    is_amount = figures[0] != "0" and (
        len(figures) < _HUNDREDS
        or (figures.endswith("0" * (len(figures) - 2)) and not like_year)
        or _SCORED.search(match.string, 0, match.start()) is not None
    )
    if decimals:
        return f" {cardinal(figures)}点{digits(decimals)}"
    return f" {cardinal(figures) if is_amount else digits(figures)}"


def _apart(read: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """A pause between a name that ends in figures and a number behind it: H100 80GB."""

    def reading(match: re.Match[str]) -> str:
        is_before_number = _NUMBER_BEHIND.match(match.string, match.end())
        return read(match) + ("，" if is_before_number else "")

    return reading


NAME_RULES = (
    Rule(_STOREYS, lambda m: f"{cardinal(m[1])}F到{cardinal(m[2])}F", "Ff"),
    Rule(_ROOM_ON_FLOOR, lambda m: f"{cardinal(m[1])}F{digits(m[2], telephone=True)}", "Ff"),
    Rule(_MEDIUM, lambda m: f"{m[1]}{'' if len(m[2]) > 1 else '点'}{digits(m[2])}", "."),
    Rule(_TRAIN, _apart(read_train), FIGURES),
    Rule(_SERIES, _apart(read_series), " "),
    Rule(_MODEL, _apart(read_model), FIGURES),
    Rule(_PROTECTION, lambda m: f"I P{digits(m[1])}", "I"),
    Rule(_CHIP, lambda m: f"{digits(m[1])}{' '.join(m[2])}", "XHKUT"),
    Rule(_PAGES, read_pages, "-~–～至到"),
    Rule(_UNIT_OF_HOUSE, read_unit_of_house, "-"),
    Rule(_LEVEL, read_level, "Ll"),
    Rule(_LINES, read_lines, "PpiI"),
)
"""What is Chinese in a Chinese sentence."""
PRODUCT_RULE = Rule(_PRODUCT, read_product, FIGURES)
"""The number of an English name in a Chinese sentence: Word 2019, Boeing 737, Python 3.12."""
SHORT_NAME_RULES = (Rule(_GATE, _apart(read_gate), FIGURES), Rule(_SHORT, read_short, FIGURES))
"""What is Chinese behind a Chinese word, and English behind an English one (MacBook Air M2)."""

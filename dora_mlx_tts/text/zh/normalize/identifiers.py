"""Letters and figures that name: trains, gates, makes, levels.

The letters stay for English to spell, the figures are Hanzi.
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, Rule

_TRAIN = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,3})[ -]?(\d{3,4})(?=次|航班|号|路|国道|高速|室|房|座|教室|会议室|飞机|客机)"
    r"|(?<=航班|国道|省道|高铁|动车|列车|车次|高速|客机|飞机|型号|房间|教室)[ ]?([A-Z]{1,3})[ -]?(\d{3,4})(?![0-9A-Za-z])"
)
_SERIES = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{2,5}[ ](?:\d{1,2}[ ])?)(?!19|20)(\d{4})(?![0-9A-Za-z:：-]|[.,]\d|[ ]?[分点元块度瓦万亿倍])"
)
"""The number of a make behind capitals: RTX 4090, ISO 8601."""
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
_MEDIUM = re.compile(r"(?<![0-9A-Za-z.])([A-Z])\.(\d{2,4})(?![0-9A-Za-z]|\.\d)")
"""The letter and number of a recommendation: H.265."""
_LEVEL = re.compile(r"(?<![A-Za-z])(?:Lv|LV|lv)\.?[ ]?(\d{1,4})(?![0-9A-Za-z.])")
_LETTERS_AND_FIGURES = r"([A-Z]{1,4})-?(\d{1,2}(?:\.\d)?)(?![0-9A-Za-z+]|[-.]\d)"
_GATE = re.compile(
    rf"(?<=[\u3400-\u9fff：:，。、（《“]){_LETTERS_AND_FIGURES}|(?<=[0-9]/){_LETTERS_AND_FIGURES}|(?<![0-9A-Za-z.@_-]){_LETTERS_AND_FIGURES}(?=[\u3400-\u9fff：、，。）])"
)
"""Directly beside a Chinese word: 登机口C32, PM2.5, A4纸."""
_SHORT = re.compile(
    r"(?<![0-9A-Za-z.$-])(\d{1,3}(?:\.\d)?(?=[ ]?[GKDBFMT])|\d{4,5}(?=[ ]?K))[ ]?([GKDBFMT])(?![0-9A-Za-z+&-]|/(?![0-9]))|(?<![0-9A-Za-z.])(\d)([A-Z])(?=[\u3400-\u9fff])"
)
"""A figure and a letter that are one word: 5G, 4K, 3D, 7B."""
_LINES = re.compile(r"(?<![0-9A-Za-z.])(\d{3,4})([PpiI])(?![0-9A-Za-z])")
_MASKS = ("N", "KN", "KF")
"""Of masks (`N95`), whose figures are said one by one."""
_HUNDREDS = 3


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
    """`RTX 4090` RTX四零九零."""
    return match[1] + digits(match[2], telephone=True)


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
    """`1080p` 幺零八零P: lines of a screen."""
    return f"{digits(match[1])}{match[2].upper()}"


NAME_RULES = (
    Rule(_STOREYS, lambda m: f"{cardinal(m[1])}F到{cardinal(m[2])}F", "Ff"),
    Rule(_ROOM_ON_FLOOR, lambda m: f"{cardinal(m[1])}F{digits(m[2], telephone=True)}", "Ff"),
    Rule(_MEDIUM, lambda m: f"{m[1]}{digits(m[2])}", "."),
    Rule(_TRAIN, read_train, FIGURES),
    Rule(_SERIES, read_series, " "),
    Rule(_MODEL, read_model, FIGURES),
    Rule(_CHIP, lambda m: f"{digits(m[1])}{' '.join(m[2])}", "XHKUT"),
    Rule(_PAGES, read_pages, "-~–～至到"),
    Rule(_UNIT_OF_HOUSE, read_unit_of_house, "-"),
    Rule(_LEVEL, read_level, "Ll"),
    Rule(_LINES, read_lines, "PpiI"),
)
"""What is Chinese in a Chinese sentence."""
SHORT_NAME_RULES = (Rule(_GATE, read_gate, FIGURES), Rule(_SHORT, read_short, FIGURES))
"""What is Chinese behind a Chinese word, and English behind an English one (MacBook Air M2)."""

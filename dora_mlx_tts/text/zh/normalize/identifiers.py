"""Letters and figures that name: trains, plates, gates, passwords, mail addresses.

They are distinguished from the words around them before a text is divided by language; the letters stay for
English to spell, the figures are Hanzi.
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.normalize.maths import SUBSCRIPTS, SUPERSCRIPTS
from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, Rule

_TRAIN = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,3})[ -]?(\d{3,4})(?=次|航班|号|路|国道|高速|室|房|座|教室|会议室|飞机|客机)"
    r"|(?<=航班|国道|省道|高铁|动车|列车|车次|高速|客机|飞机|型号|房间|教室)[ ]?([A-Z]{1,3})[ -]?(\d{3,4})(?![0-9A-Za-z])"
)
_PLATE = re.compile(
    r"(?<=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼])([A-Z])[ ]?[·•]?[ ]?"
    r"(?=[A-Z]{0,2}\d)([A-Z0-9]{5,6})(?![0-9A-Za-z])"
)
_CODE = re.compile(
    r"((?:密[码碼]|口令|验证码|[取寄]件码|提取码|邀请码|兑换码|激活码|优惠码|序列号|订单号?|单号|编号|账号|帐号|用户名|工号|学号"
    r"|车架号|税号|信用代码|身份证号?|[末后][三四五六七八]位数?|尾[号数]|识别码|代码|卡号|会议号|护照号?码?|货号|款号|批号|ID|(?i:passcode|password|promo code|coupon code))[ ]?(?:是|为|系|係|[:：])?[ ]?)#?"
    r"(?=[0-9A-Za-z_-]{0,40}[0-9])(?=[0-9A-Za-z_-]{0,40}[A-Za-z])"
    r"([0-9A-Za-z](?:[0-9A-Za-z]|[-_](?=[0-9A-Za-z])){1,40})(?![0-9A-Za-z@.])"
)
"""A code behind the word for it: 密码是abc123, 订单号DX-20240."""
_SHELF_MARK = re.compile(
    r"(索书号(?:是|为|[:：])?[ ]?)([A-Z]{1,3})(\d{1,4}(?:\.\d{1,4})?)(?:([/-])([A-Z]?)(\d{1,6}))?(?![0-9A-Za-z])"
)
_SERIAL = re.compile(
    r"(?<![0-9A-Za-z_.@/-])(?=[0-9A-Z]{0,40}[A-Z])(?=(?:[A-Z]{0,40}[0-9]){5})([0-9A-Z]{9,40})(?![0-9A-Za-z_.@/-])"
)
"""So many capitals and figures without a gap are no word: 1Z999AA101."""
_NUMBERED = re.compile(
    r"(?<![A-Za-z])((?:ID|PIN|UID|QQ|SN|SKU|OTP|ISBN|ISSN|IMEI|ICCID|(?i:passcode|password|code|extension|ext|port))[ ]?(?:[是为:：]|号码?[是为:：]?)?[ ]?)(\d{2,16}(?:[ -]\d{1,8}){0,5}[Xx]?)(?![0-9A-Za-z]|[.-]\d)"
)
_WAYBILL = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,4})[ ]?(\d{4}(?:[ ]\d{3,4}){1,5})(?![0-9A-Za-z.-])"
)
"""Letters and groups of figures: SF1402 7756 3309."""
_SERIES = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{2,5}[ ](?:\d{1,2}[ ])?)(?!19|20)(\d{4})(?![0-9A-Za-z:：-]|[.,]\d)"
)
"""The number of a make behind capitals: RTX 4090, ISO 8601."""
_MODEL = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{1,4})-?(\d{3,16})(\.\d{1,4})?(?![0-9A-Za-z_-]|\.\d)"
)
_OIL = re.compile(r"(?<![0-9A-Za-z.-])(\d{1,2})W[-–/]?(\d{2})(?![0-9A-Za-z.])")
"""The grade of an oil: 5W-30."""
_CELL = re.compile(r"(?<![0-9A-Za-z$])\$([A-Z]{1,2})\$(\d{1,5})(?![0-9A-Za-z])")
_CHIP = re.compile(
    r"(?<![0-9A-Za-z_.-])((?<=[0-9][ ])\d{3}|\d{4,5})(X[A-Z0-9]{0,2}|H[XSKQ]|(?<=[0-9]{5})H|(?<=[ ][0-9]{3})H|K[FS]|U|Ti)(?![0-9A-Za-z_-])"
)
_PAGES = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{1,2})(\d{1,4})[ ]?[-~–～至到][ ]?(\1)?(\d{1,4})(?![0-9A-Za-z_-]|\.\d)"
)
"""From one to another of a series: P45-P52, A1-A5."""
_PART_OF_FILE = re.compile(r"(?<=_)[0-9]{4,16}(?=[_.\s]|$)")
"""The date in the name of a file: 报告_20250118.docx."""
_BITS = re.compile("([A-Za-z] [0-9]{1,2}) ((?:32|64)[ ]?位)")
"""The bits of a system behind its number: Windows 10 64位."""
_UNIT_OF_HOUSE = re.compile(
    r"(?<![0-9A-Za-z_.-])([A-Z]{0,2})(\d{1,3})-(\d{1,4})([A-Z])(?![0-9A-Za-z_.-])"
)
"""A floor or a building and a flat in it: L3-15A."""
_STANDARD = re.compile(
    r"(?<![0-9A-Za-z/])([A-Z]{2,5}(?:/[A-Z]{1,4}){0,2}[ ]?[A-Z]{0,2})[ ]?(?!(?:19|20)\d{2}[ ]?[-–—])(\d{1,6})((?:[.-]\d{1,4}){0,2})[ ]?[-–—:：][ ]?((?:19|20)\d{2})(?![0-9A-Za-z:]|[-.]\d)"
)
"""The number of a standard and its year: GB/T 7714-2015, ISO 9001:2015."""
_ROOM_ON_FLOOR = re.compile(r"(?<![0-9A-Za-z.])(\d{1,2})[Ff][ ]?-?[ ]?(\d{3,4})(?![0-9A-Za-z])")
_MEDIUM = re.compile(r"(?<![0-9A-Za-z.])([A-Z])\.(\d{2,4})(?![0-9A-Za-z]|\.\d)")
"""The letter and number of a recommendation: H.265."""
_HARDWARE = re.compile(
    r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Za-z:-])"
)
_ISOTOPE = re.compile(r"(?<![0-9A-Za-z)）⁰¹²³⁴-⁹⁻])([¹²³⁰⁴-⁹]{1,3})([A-Z][a-z]?)(?![A-Za-z])")
_COMPOUND = re.compile(
    r"(?<![0-9A-Za-z₀-₉])((?:\(?[A-Z][a-z]?[₀-₉0-9]{0,2}\)?[₀-₉0-9]{0,2}){2,10})(?![0-9A-Za-z₀-₉])"
)
_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Ag Cd Sn Sb I Xe Cs Ba W Pt Au Hg Pb Bi U"
)
_ELEMENTS = frozenset(re.findall("[A-Z][a-z]?", _SYMBOLS))
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
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z])([A-Za-z0-9][A-Za-z0-9_.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})"
)
_MASKS = ("N", "KN")
"""Of masks (`N95`), whose figures are said one by one."""
_ALTERNATING = re.compile(
    r"(?<![0-9A-Za-z_.@/#-])(?=[0-9A-Za-z]{5,40}(?![0-9A-Za-z_@/.-]))(?:[A-Za-z]{0,3}[0-9]{1,4}[A-Za-z]{1,3}){3,}[0-9]{0,4}(?![0-9A-Za-z])"
)
"""Alternating letters and figures are a code: 5z9K2x."""
_HUNDREDS = 3
_NEAR = 24
_DURATION = re.compile("(?:[0-9]{1,4}(?:d|h|hr|min|m|s|ms|D|H|M|S|y|w)){1,5}")
_SIZE = re.compile("[0-9]{1,4}(?:[xX][0-9]{1,4}){1,3}[a-z]{0,2}")
_WORD = 4
"""So many letters in a code are read as a word."""
_MARKS = {".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus "}
_HAN = re.compile("[\u3400-\u9fff]")
_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|.")


def read_train(match: re.Match[str]) -> str:
    """`G1234次` G幺二三四次."""
    letters, figures = (group for group in match.groups() if group)
    return letters + digits(figures, telephone=True)


def read_plate(match: re.Match[str]) -> str:
    """`A·88K66` A八八K六六."""
    return match[1] + digits(match[2], telephone=True)


def read_serial(match: re.Match[str]) -> str | None:
    """`1Z999AA10123` 一Z九九九A A 一零一二三, where Chinese is near."""
    return _spelled(match[1]) if _is_near_chinese(match) else None


def _is_near_chinese(match: re.Match[str]) -> bool:
    start, end = max(0, match.start() - _NEAR), match.end() + _NEAR
    return _HAN.search(match.string, start, end) is not None


def read_serial_like(match: re.Match[str]) -> str | None:
    """`5z9K2x` 五Z九K二X, where Chinese is near; a duration (`1h20m30s`) is none."""
    compound = _COMPOUND.fullmatch(match[0])
    if (
        _DURATION.fullmatch(match[0])
        or _SIZE.fullmatch(match[0])
        or (compound and read_compound(compound))
    ):
        return None
    if not _is_near_chinese(match):
        return None
    return _spelled(match[0])


def read_shelf_mark(match: re.Match[str]) -> str:
    """`索书号I247.57/1032` I二四七点五七,斜杠一零三二."""
    label, letters, figures, stroke, author, number_ = match.groups()
    said = f"{label}{' '.join(letters)}{digits(figures).replace('.', '点')}"
    return f"{said}，{'斜杠' if stroke == '/' else ''}{author}{digits(number_)}" if stroke else said


def read_code(match: re.Match[str]) -> str:
    """`密码是abc12` 密码是A B C一二, a pause between its parts."""
    return match[1] + _spelled(match[2])


def _spelled(code: str) -> str:
    spoken = ""
    for piece in _PIECE.findall(code):
        if piece.isalpha() and len(piece) >= _WORD:
            spoken += f" {piece} "
        elif piece.isalpha():
            spoken += f" {' '.join(piece.upper())} "
        elif piece.isdecimal():
            spoken += digits(piece)
        else:
            spoken += "下划线" if piece == "_" else "，"
    return spoken.strip()


def read_model(match: re.Match[str]) -> str:
    """`MU5137` M U五幺三七; a round one is said as a number: `A100` A一百."""
    letters, figures, decimals = match.groups()
    if decimals:
        return f"{' '.join(letters)}{digits(figures, telephone=True)}点{digits(decimals[1:])}"
    is_round = figures.endswith("00") and figures[0] != "0" and len(figures) == _HUNDREDS
    said = cardinal(figures) if is_round else digits(figures, telephone=True)
    return f"{' '.join(letters)}{said}"


def read_numbered(match: re.Match[str]) -> str | None:
    """`ID：865 2231`, where Chinese is near."""
    if not _is_near_chinese(match):
        return None
    return match[1] + "，".join(digits(g, telephone=True) for g in re.split("[ -]", match[2]))


def read_series(match: re.Match[str]) -> str:
    """`RTX 4090` RTX四零九零."""
    return match[1] + digits(match[2], telephone=True)


def read_pages(match: re.Match[str]) -> str:
    """`P45-P52` P四十五到P五十二; `B2-116` is a name: B二杠幺幺六."""
    name, first, again, last = match.groups()
    letters = " ".join(name)
    if not again and (int(last) <= int(first) or len(last) > len(first) + 1 or last[0] == "0"):
        said = digits(last, telephone=True) if len(last) >= _HUNDREDS else number(last)
        house = digits(first, telephone=True) if len(first) >= _HUNDREDS else cardinal(first)
        return f"{letters}{house}杠{said}"
    read = digits if first[0] == "0" else cardinal
    return f"{letters}{read(first)}到{letters}{read(last)}"


def read_unit_of_house(match: re.Match[str]) -> str:
    """`L3-15A` L三杠一五A."""
    letters, first, second, last = match.groups()
    return f"{' '.join(letters)}{cardinal(first)}杠{digits(second, telephone=True)}{last}"


def read_standard(match: re.Match[str]) -> str:
    """`GB/T 7714-2015` G B T 七七一四杠二零一五."""
    letters, figures, parts, year = match.groups()
    name = " ".join(re.sub("[^A-Z]", "", letters))
    parts = "".join("点" if c == "." else "杠" if c == "-" else digits(c) for c in parts)
    return f"{name}{digits(figures)}{parts}杠{digits(year)}"


def read_hardware(match: re.Match[str]) -> str:
    """`00:1A:2B:3C:4D:5E` 零零,一A,二B and so on."""
    return "，".join(_spelled(part) for part in re.split("[:-]", match[0]))


def read_isotope(match: re.Match[str]) -> str:
    """`¹⁴C` C十四, `²³⁵U` U二三五."""
    mass, symbol = match[1].translate(SUPERSCRIPTS), match[2]
    said = digits(mass) if len(mass) == _HUNDREDS else number(mass)
    return f"{' '.join(symbol)}{said}"


def read_compound(match: re.Match[str]) -> str | None:
    """`NaHCO₃` N a H C O三: letters and figures one by one."""
    text = match[1]
    symbols = re.findall("[A-Z][a-z]?", text)
    is_sure = (
        re.search("[₀-₉]", text) is not None
        or any(len(symbol) > 1 for symbol in symbols)
        or len(re.findall("[0-9]+", text)) > 1
    )
    if not is_sure or len(symbols) == 1 or not _ELEMENTS.issuperset(symbols):
        return None
    pieces = re.findall("[A-Za-z]|[0-9]+", text.translate(SUBSCRIPTS))
    said = " ".join(number(piece) if piece.isdecimal() else piece for piece in pieces)
    return re.sub("(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])", "", said)


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
    return f"{digits(match[1], telephone=True)}{match[2].upper()}"


def read_address(match: re.Match[str]) -> str | None:
    """The figures of a mail address one by one; without figures English reads it."""
    if not any(char.isdecimal() for char in match[0]):
        return None
    return f"{_part(match[1])} at {_part(match[2])}"


def _part(text: str) -> str:
    return "".join(
        digits(piece) if piece.isdecimal() else _MARKS.get(piece, piece)
        for piece in _PIECE.findall(text)
    )


STANDARD_RULE = Rule(_STANDARD, read_standard, "-–—:：")
COMPOUND_RULE = Rule(_COMPOUND, read_compound)
ADDRESS_RULE = Rule(_ADDRESS, read_address, "@")
LABELLED_RULES = (
    Rule(_PLATE, read_plate, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
    Rule(
        _WAYBILL,
        lambda m: (
            f"{' '.join(m[1])}，{re.sub(' ', '，', digits(m[2], telephone=True))}"
            if _is_near_chinese(m)
            else None
        ),
        " ",
    ),
    Rule(_SHELF_MARK, read_shelf_mark, "索"),
    Rule(_CODE, read_code, FIGURES),
    Rule(_NUMBERED, read_numbered, FIGURES),
    Rule(_SERIAL, read_serial, FIGURES),
    Rule(_ALTERNATING, read_serial_like, FIGURES),
    Rule(_PART_OF_FILE, lambda m: f"，{digits(m[0])}" if _is_near_chinese(m) else None, "_"),
    Rule(_BITS, lambda m: f"{m[1]}，{m[2]}", "位"),
    Rule(_OIL, lambda m: f"{number(m[1])}W{m[2]}", "W"),
    Rule(_CELL, lambda m: f"{' '.join(m[1])}{number(m[2])}", "$"),
    Rule(_HARDWARE, read_hardware, ":-"),
    Rule(_ISOTOPE, read_isotope, "⁰¹²³⁴⁵⁶⁷⁸⁹"),
)
"""What is Chinese by the words that it needs beside it."""

NAME_RULES = (
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

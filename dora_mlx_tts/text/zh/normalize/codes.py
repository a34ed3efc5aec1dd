"""Codes: passwords, serial numbers, plates, standards, addresses.

They are distinguished from the words around them before a text is divided by language; the letters stay for
English to spell, the figures are Hanzi.
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.normalize.chemistry import is_compound
from dora_mlx_tts.text.zh.normalize.numbers import digits, number
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, Rule

_PLATE = re.compile(
    r"(?<=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼])([A-Z])[ ]?[·•]?[ ]?"
    r"(?=[A-Z]{0,2}\d)([A-Z0-9]{5,6})(?![0-9A-Za-z])"
)
_CODE = re.compile(
    r"((?:密[码碼]|口令|验证码|[取寄]件码|提取码|邀请码|兑换码|激活码|优惠码|序列号|订单号?|单号|编号|账号|帐号|用户名|工号|学号"
    r"|车架号|税号|信用代码|身份证号?|[末后][三四五六七八]位数?|尾[号数]|识别码|代码|卡号|会议号|护照号?码?|货号|款号|批号|微信|[\u4e00-\u9fff]号码?(?=[是为:：][ ]?[0-9A-Za-z_-]{5})|ID|(?i:passcode|password|promo code|coupon code))[ ]?(?:是|为|系|係|[:：]|(?<=密码)[^。！？0-9A-Za-z]{0,20}?[比例譬]如[:：]?)?[ ]?)#?"
    r"(?=[0-9A-Za-z_-]{0,40}[0-9])(?=[0-9A-Za-z_-]{0,40}[A-Za-z])"
    r"([0-9A-Za-z](?:[0-9A-Za-z]|[-_](?=[0-9A-Za-z])){1,40})(?![0-9A-Za-z@]|\.[0-9A-Za-z])"
)
"""A code behind the word for it: 密码是abc123, 订单号DX-20240."""
_SIGNS = {
    "!": "感叹号", "@": " at ", "#": "井号", "$": "美元符号", "%": "百分号", "^": "脱字符", "&": "和号", "*": "星号", "+": "加号", "=": "等号",
    "?": "问号", "~": "波浪号", ".": "点", "_": "下划线",
}  # fmt: skip
_PASSWORD = re.compile(
    r"((?:密[码碼]|口令|(?i:password|passcode|passwd|pwd))[ ]?(?:(?:可以|应该)?(?:设置?|设定|改|重置|更新|换)?[成为是]|[:：]|[^。！？]{0,20}?[比例譬]如[:：]?)?[ ]?[“\"'「]?)"
    r"(?=[!-~]{0,40}[0-9])(?=[!-~]{0,40}[A-Za-z])(?=[0-9A-Za-z_-]{0,40}[!@#$%^&*+=?~])"
    r"([0-9A-Za-z@#$](?:[0-9A-Za-z@#$%^&*+=~_-]|[.!?](?=[0-9A-Za-z@#$%^&*+=~_.!?，。、；”\"'）」\u4e00-\u9fff])){3,40})(?![0-9A-Za-z])(?!@[A-Za-z])"
)
"""A password with signs, each of which is said."""
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
_PAIR = re.compile(
    r"(?<![A-Za-z/])(USD|CNY|CNH|EUR|GBP|JPY|HKD|AUD|CAD|CHF|KRW|SGD|NZD|BTC|ETH)/?(USDT?|CNY|CNH|EUR|GBP|JPY|HKD|AUD|CAD|CHF|KRW|SGD|NZD)(?![A-Za-z/])(?:[ ]?(?=\d))?"
)
"""Two currencies whose rate follows: EUR/USD 1.0566."""
_COUPON = re.compile(
    r"(?<=[满券每])[ ]?([¥￥$＄€£]\d{2,5})[ ]?[-–－][ ]?(?=[¥￥$＄€£]?\d{1,4}(?![0-9.]))"
)
"""What is taken off where so much is bought: 满$199-40."""
_OIL = re.compile(r"(?<![0-9A-Za-z.-])(\d{1,2})W[-–/]?(\d{2})(?![0-9A-Za-z.])")
"""The grade of an oil: 5W-30."""
_CELL = re.compile(r"(?<![0-9A-Za-z$])\$([A-Z]{1,2})\$(\d{1,5})(?![0-9A-Za-z])")
_PART_OF_FILE = re.compile(r"(?<=_)[0-9]{4,16}(?=[_.\s]|$)")
"""The date in the name of a file: 报告_20250118.docx."""
_ENDINGS = {
    "docx": " doc X ", "xlsx": " X L S X ", "pptx": " P P T X ", "dmg": " D M G ", "sh": " S H ", "md": " M D ", "py": " P Y ", "mp3": " M P 三", "mp4": " M P 四",
}  # fmt: skip
_ENDING = re.compile(
    r"(?<=[\u4e00-\u9fff0-9)）_”」、])\.(docx?|xlsx?|pptx?|pdf|csv|txt|md|json|ya?ml|xml|html?|py|js|ts|css|sh|sql|log|jpe?g|png|gif|svg|bmp|webp|heic|mp[34]|wav|mov|avi|mkv|flac|zip|rar|7z|tar|gz|exe|dmg|apk|iso|psd|epub|mobi|ics|ini|conf|env|gitignore|dockerignore|bashrc|zshrc|npmrc)(?![A-Za-z0-9]|\.[A-Za-z])"
)
"""The ending of a file behind a Chinese name or figures, and alone: 报告.docx, 导出为.csv."""
_STAGE_OF_VERSION = re.compile(
    r"-(alpha|beta|rc|preview|dev|pre|canary)\.?(\d{1,3})(?![0-9A-Za-z.])"
)
_BITS = re.compile("([A-Za-z] [0-9]{1,2}) ((?:32|64)[ ]?位)")
"""The bits of a system behind its number: Windows 10 64位."""
_STANDARD = re.compile(
    r"(?<![0-9A-Za-z/])([A-Z]{2,5}(?:/[A-Z]{1,4}){0,2}[ ]?[A-Z]{0,2})[ ]?(?!(?:19|20)\d{2}[ ]?[-–—])(\d{1,6})((?:[.-]\d{1,4}){0,2})[ ]?[-–—:：][ ]?((?:19|20)\d{2})(?![0-9A-Za-z:]|[-.]\d)"
)
"""The number of a standard and its year: GB/T 7714-2015, ISO 9001:2015."""
_HARDWARE = re.compile(
    r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Za-z:-])"
)
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z])([A-Za-z0-9][A-Za-z0-9_.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})"
)
_ALTERNATING = re.compile(
    r"(?<![0-9A-Za-z_.@/#-])(?=[0-9A-Za-z]{5,40}(?![0-9A-Za-z_@/.-]))(?:[A-Za-z]{0,3}[0-9]{1,4}[A-Za-z]{1,3}){3,}[0-9]{0,4}(?![0-9A-Za-z])"
)
"""Alternating letters and figures are a code: 5z9K2x."""
_NEAR = 24
_DURATION = re.compile("(?:[0-9]{1,4}(?:d|h|hr|min|m|s|ms|D|H|M|S|y|w)){1,5}")
_SIZE = re.compile("[0-9]{1,4}(?:[xX][0-9]{1,4}){1,3}[a-z]{0,2}")
_WORD = 4
"""So many letters in a code are read as a word."""
_MARKS = {".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus "}
_HAN = re.compile("[\u3400-\u9fff]")
_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|.")


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
    if _DURATION.fullmatch(match[0]) or _SIZE.fullmatch(match[0]) or is_compound(match[0]):
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
    """Its parts, three blanks between them, so that a figure and a letter are no quantity."""
    spoken = ""
    for piece in _PIECE.findall(code):
        if piece.isalpha() and len(piece) >= _WORD:
            spoken += f" {piece} "
        elif piece.isalpha():
            spoken += f"   {' '.join(piece.upper())}   "
        elif piece.isdecimal():
            spoken += digits(piece)
        else:
            spoken += _SIGNS.get(piece, "，")
    return spoken.strip()


def read_numbered(match: re.Match[str]) -> str | None:
    """`ID：865 2231`, where Chinese is near."""
    if not _is_near_chinese(match):
        return None
    return match[1] + "，".join(digits(g, telephone=True) for g in re.split("[ -]", match[2]))


def read_standard(match: re.Match[str]) -> str:
    """`GB/T 7714-2015` G B T 七七一四杠二零一五."""
    letters, figures, parts, year = match.groups()
    name = " ".join(re.sub("[^A-Z]", "", letters))
    parts = "".join("点" if c == "." else "杠" if c == "-" else digits(c) for c in parts)
    return f"{name}{digits(figures)}{parts}杠{digits(year)}"


def read_hardware(match: re.Match[str]) -> str:
    """`00:1A:2B:3C:4D:5E` 零零,一A,二B and so on."""
    return "，".join(_spelled(part) for part in re.split("[:-]", match[0]))


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
ADDRESS_RULE = Rule(_ADDRESS, read_address, "@")
FILE_RULES = (
    Rule(_PART_OF_FILE, lambda m: f"，{digits(m[0])}" if _is_near_chinese(m) else None, "_"),
    Rule(_STAGE_OF_VERSION, lambda m: f" {m[1]} {number(m[2])}", "."),
    Rule(_ENDING, lambda m: f"点{_ENDINGS.get(m[1].lower(), f' {m[1]} ')}", "."),
)
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
    Rule(_PASSWORD, read_code, "!@#$%^&*+=?~"),
    Rule(_CODE, read_code, FIGURES),
    Rule(_NUMBERED, read_numbered, FIGURES),
    Rule(_SERIAL, read_serial, FIGURES),
    Rule(_ALTERNATING, read_serial_like, FIGURES),
    Rule(_BITS, lambda m: f"{m[1]}，{m[2]}", "位"),
    Rule(
        _PAIR,
        lambda m: f"{' '.join(m[1] + m[2])}，" if _is_near_chinese(m) else None,
        "UCEGJHAKSNB",
    ),
    Rule(_COUPON, lambda m: f"{m[1]}减", "-–－"),
    Rule(_OIL, lambda m: f"{number(m[1])}W{m[2]}", "W"),
    Rule(_CELL, lambda m: f"{' '.join(m[1])}{number(m[2])}", "$"),
    Rule(_HARDWARE, read_hardware, ":-"),
)
"""What is Chinese by the words that it needs beside it."""

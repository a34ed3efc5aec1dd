"""Figures and letters that name: versions, ports, works, ions."""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.normalize.numbers import digits, number
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, MEASURE, Rule

_OPUS = re.compile(r"(?<![A-Za-z])[Oo]p\.?[ ]?(\d{1,3})(?![0-9A-Za-z])")
_MEAN = re.compile("(?<=[A-Za-z])\u0304")
_PORT_OF = re.compile(
    "(?:(?:(?<=[A-Za-z\u4e00-\u9fff）][是为用或和、])|(?<=[A-Za-z][ ][是为用或和]))[ ]?|(?<=[A-Za-z] )(?=[0-9]{4}))[0-9]{2,5}(?![0-9A-Za-z%‰°]|[.,][0-9]|[ ]?[个号元块人年月天次])"
)
"""The port of a further server: 端口是2375，Redis是6379."""
_ROOM = re.compile(
    r"(?<![A-Za-z])((?i:room|rm\.|suite|gate|flight|platform) )(\d{3,4})(?![0-9A-Za-z.,/-])"
)
_PORT = re.compile(r"(?<=[A-Za-z] )[0-9]{2,5}(?=[ ]?号?端口)")
_VERSION = re.compile(r"(?<![0-9A-Za-z._-])([vV])(\d{1,4}(?:\.\d{1,4}){1,3})(?![0-9A-Za-z_-]|\.\d)")
_ANY_VERSION = re.compile(r"(?<![0-9A-Za-z.])(\d{1,4}(?:\.\d{1,4}){0,3})\.[xX](?![0-9A-Za-z])")
_NAME_NUMBER = re.compile(
    rf"(?:(?<=[A-Z][a-z] )|(?<=[A-Za-z][a-z]{{2}} )|(?<=[a-z]'s )|(?<=chmod )|(?<=umask )|(?<=HTTP )|(?<=HTTPS ))(?![0-9]?[0-9]00)[0-9]{{3}}(?=[\u3400-\u9fff])(?![ ]?{MEASURE})"
)
"""A number behind an English word and before a Chinese one that counts nothing: Office 365版."""
_PARTS = re.compile(
    r"(?<![A-Za-z])((?:Lesson|Chapter|Unit|Step|Level|Week|Day|Page|Part|Episode|Season|Task|Table|Figure|Section|Test|Module|Slide|Grade|Row|Line|Group|Stage|Phase|Zone|Gate|Seat|Item|Exercise|Question|Round|Tier|Sprint|Vol\.?|Ep\.?|Ch\.?)s?[ ])"
    r"(\d{1,3})[ ]?[-–~～][ ]?(\d{1,3})(?![0-9A-Za-z:：/%-]|\.\d)"
)
"""From one part to another: Lesson 1-5."""
_TYPE_NUMBER = re.compile(
    r"(?<=[A-Za-z] )(?!19|20)[0-9]{4}(?=[ ]?(?:电池|电芯|芯片|系列|型号?|款|处理器|显卡|平台|规格|接口|镜头|内存|颗粒))"
)
"""The number of a make of cells or chips: Tesla 4680电池."""
_LEVEL_MORE = re.compile(
    r"(?<![0-9A-Za-z])([A-Z]{1,4})(\d{1,3})\+(?=[\u3400-\u9fff，。；、）])(?![个人])"
)
"""A level and what is above it: L2+级."""
_AIRLINER = re.compile(
    r"(?:(?<=Boeing )|(?<=Airbus )|(?<=Boeing)|(?<=Airbus))([A-Z]?)(\d{3})-(\d{1,4})(?![0-9])|(?<![0-9A-Za-z-])(?:([AB])(220|3[0-8]0|7[0-8]7))-(\d{1,4})(?![0-9A-Za-z-])|(?<![0-9A-Za-z-])A(220|3[1-9][019])(?=neo|NEO|XLR|LR)"
)
_PROCESSOR = re.compile(r"(?<=Ultra [3579] )(\d{3})(?=[A-Z]{1,2}(?![A-Za-z0-9]))")
_FILM_SPEED = re.compile(
    r"(?<![A-Za-z])(ISO[ ]?(?:[是为到在设用调]{1,2}[ ]?)?)(50|64|[1248]00|320|640|[1368][246]00|12800|25600|51200|102400)(?![0-9A-Za-z:.~～–-])"
)
"""How sensitive a camera is, an amount; a standard is named by its figures."""
_ANSWER = re.compile(
    r"(?<![0-9A-Za-z.])(?:10[0-3]|20[0-8]|30[0-8]|4[0-4][0-9]|451|50[0-9]|51[01])(?=[ ]?(?:是|表示|代表|意味|指|就是|说明|错误|状态|响应|重定向))"
)
"""A further answer of a server: HTTP 301是…，302是…."""
_OF_SERVERS = re.compile("HTTP|状态码|错误码|返回码|接口|服务器|响应码")
_SENTENCE_END = re.compile("[。！？!?\n]")
_GRADES = re.compile(
    r"(?<![0-9A-Za-z*])(?:[A-E]\*?(?=[A-E*])){0,4}[A-E]\*(?:[A-E]\*?){0,4}(?![0-9A-Za-z*])"
)
"""Grades of a school, or the search A*: `A*A*A`."""
_DIVE = re.compile(r"(?<![0-9A-Za-z.-])(?:5[1-4][0-9]{2}[A-D]|[1-6]0[1-9][A-D])(?![0-9A-Za-z+/-])")
"""A dive by the figures of its somersaults: 407C, 5253B."""
_FAR = 40
_LAST_WORD = re.compile("([A-Za-z']+) $")


def _port_of(match: re.Match[str]) -> str | None:
    before = _SENTENCE_END.split(match.string[max(0, match.start() - 40) : match.start()])[-1]
    return digits(match[0].strip()) if re.search("端口|(?i:port)(?![a-z])", before) else None


def _version(match: re.Match[str]) -> str:
    """`v2.3.1` v二点三点一."""
    first, *rest = match[2].split(".")
    return f"{match[1]}{'点'.join((number(first), *map(digits, rest)))}"


def _any_version(match: re.Match[str]) -> str:
    """`3.3.x` 三点三点x."""
    parts = match[1].split(".")
    return "点".join((number(parts[0]), *map(digits, parts[1:]), " x "))


def _grades(match: re.Match[str]) -> str | None:
    """`A*A*A` A星A星A; one star between two letters is a product."""
    if re.fullmatch(r"[A-E]\*[A-E]", match[0]) and match[0][0] != match[0][-1]:
        return None
    return re.sub(r"(?<=[A-Z*星])(?=[A-Z])", " ", match[0]).replace("*", "星").replace("星 ", "星")


OPUS = Rule(_OPUS, lambda match: f"作品{number(match[1])}号", "p")
MEAN = Rule(_MEAN, lambda _: "拔", "\u0304")
PORT_OF = Rule(_PORT_OF, _port_of, "端tT")
PORT = Rule(_PORT, lambda match: digits(match[0]), "端")
ROOM = Rule(_ROOM, lambda match: match[1] + digits(match[2], telephone=True), " ")
VERSION = Rule(_VERSION, _version, "vV")
ANY_VERSION = Rule(_ANY_VERSION, _any_version, "xX")


def _name_number(match: re.Match[str]) -> str | None:
    """`Office 365版` by its figures; behind a word in small letters it is an amount."""
    word = _LAST_WORD.search(match.string, max(0, match.start() - _FAR), match.start())
    is_name = word is not None and (word[1][0].isupper() or word[1] in ("chmod", "umask"))
    return digits(match[0], telephone=True) if is_name and word and word[1] != "Top" else None


def _parts(match: re.Match[str]) -> str | None:
    name, first, last = match.groups()
    return f"{name}{number(first)}到{number(last)}" if int(first) < int(last) else None


def _airliner(match: re.Match[str]) -> str:
    """`787-9` 七八七杠九, `A350-900` A三五零杠九百."""
    if match[7]:
        return f"A{digits(match[7])} "
    letter, make, series = (match[1], match[2], match[3]) if match[2] else match.groups()[3:6]
    return f"{letter}{digits(make)}杠{number(series)}"


def _answer(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - _FAR) : match.start()]
    return digits(match[0]) if _OF_SERVERS.search(before) else None


NAME_NUMBER = Rule(_NAME_NUMBER, _name_number, FIGURES)
PARTS = Rule(_PARTS, _parts, "-–~～")
TYPE_NUMBER = Rule(_TYPE_NUMBER, lambda match: digits(match[0]), " ")
LEVEL_MORE = Rule(_LEVEL_MORE, lambda m: f"{' '.join(m[1])}{number(m[2])}加", "+")
AIRLINER = Rule(_AIRLINER, _airliner, FIGURES)
PROCESSOR = Rule(_PROCESSOR, lambda m: digits(m[1]), "U")
FILM_SPEED = Rule(_FILM_SPEED, lambda m: f"{m[1]}{number(m[2])}", "I")
ANSWER = Rule(_ANSWER, _answer, FIGURES)
GRADES = Rule(_GRADES, _grades, "*")
DIVE = Rule(_DIVE, lambda match: f"{digits(match[0][:-1])}{match[0][-1]}", "ABCD")

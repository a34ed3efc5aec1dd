"""Numbers in text: dates, times, money, quantities, counts, telephone numbers."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.normalize.numbers import decimal, digits, native, sino

_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{1,20})?"
_MINUS = "-\u2212\u2010\u2011\u2012\u2013"
_WAVE = "~\u301c\uff5e\u223c"
_COUNTERS = (
    "개(?!월|국|년|소|교|의 ?국|강)|명|마리|살|시간|시(?!속|대|즌|리|장|민|험|작|도|스)|권(?!역)|장(?!르|비|관|군|기|소|치)|"
    "잔|병(?!원|사)|번째|번(?![ ]?(?:지|호|길|출구|버스|문제|트랙|선|홈|방|게이트|승강장|타자|국도))|대(?!째|학|회|통령|륙|기업|중|표|교|형)|채(?!널)|척|켤레|벌(?!금)|송이|그루|포기|자루|"
    "달(?!러|성|력)|곳|군데|가지|쌍|칸|통(?!신|화|역|계)|봉지|상자|박스|그릇|접시|조각|모금|방울|바퀴|걸음|발짝|발(?!표|전|생)|다발|묶음|사람|끼|"
    "편(?!의)|곡(?!선)|팀|배(?!터|송|럴|관|치)|차례|줄|첩|축(?!구|제)|톨|움큼|닢|보루|쌈|짝|정(?!도|보|거|류|각|차)|두름|숟가락|스푼|컵|캔|세트|페이지를|"
    "알(?!림|바|코|레|파|고|려|맞|아)|마디|돌(?![가-힣])|판(?!매|사|결|단)|집(?=[ ,.]|$)|식구|층집|자리|골(?=[을이도 ,.]|$)|큰술|작은술|정거장|건(?!물|강|설|축|조|전|반)|문제|과목|모(?=[를와,. ]|$)|꼬집|줌"
)
UNITS = {
    "km": "킬로미터", "m": "미터", "cm": "센티미터", "mm": "밀리미터", "nm": "나노미터", "km²": "제곱킬로미터",
    "m²": "제곱미터", "m2": "제곱미터", "km2": "제곱킬로미터", "cm²": "제곱센티미터", "m³": "세제곱미터",
    "m3": "세제곱미터", "㎡": "제곱미터", "kg": "킬로그램", "g": "그램", "mg": "밀리그램", "t": "톤", "L": "리터",
    "l": "리터", "mL": "밀리리터", "ml": "밀리리터", "cc": "씨씨", "ha": "헥타르", "s": "초", "ms": "밀리초",
    "min": "분", "h": "시간", "N": "뉴턴", "J": "줄", "kPa": "킬로파스칼", "mph": "마일", "ft": "피트", "in": "인치",
    "lb": "파운드", "oz": "온스", "μg": "마이크로그램", "μm": "마이크로미터", "MB/s": "메가바이트 퍼 초", "W": "와트", "kW": "킬로와트", "MW": "메가와트", "kWh": "킬로와트시", "V": "볼트",
    "A": "암페어", "mA": "밀리암페어", "mAh": "밀리암페어시", "Hz": "헤르츠", "kHz": "킬로헤르츠", "MHz": "메가헤르츠",
    "GHz": "기가헤르츠", "KB": "킬로바이트", "MB": "메가바이트", "GB": "기가바이트", "TB": "테라바이트",
    "Mbps": "메가비피에스", "Gbps": "기가비피에스", "Pa": "파스칼", "hPa": "헥토파스칼", "dB": "데시벨", "cal": "칼로리",
    "kcal": "킬로칼로리", "rpm": "알피엠", "px": "픽셀", "%": "퍼센트", "％": "퍼센트", "‰": "퍼밀", "%p": "퍼센트포인트",
    "℃": "도", "°C": "도", "°F": "화씨도", "℉": "화씨도", "°": "도",
}  # fmt: skip
_CURRENCIES = {
    "₩": "원", "￦": "원", "$": "달러", "＄": "달러", "US$": "달러", "€": "유로", "£": "파운드", "¥": "엔", "￥": "엔",
}  # fmt: skip
_UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_SIGNS = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_SCALE = "[십백천만억조]{0,3}"

_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3}){1,6}(?![0-9]|,[0-9])")
_SEP = rf"[{_MINUS} .]"
_TELEPHONE = re.compile(
    rf"(?<![0-9A-Za-z.{_MINUS}])(?:\+[0-9]{{1,3}}{_SEP}?)?\(?(?:0?1[016-9]|0[2-9][0-9]?|0[578]0)\)?{_SEP}?[0-9]{{3,4}}{_SEP}[0-9]{{4}}(?![0-9A-Za-z]|[{_MINUS}][0-9])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])(?:\+[0-9]{{1,3}}{_SEP}?)?(?:\([0-9]{{2,4}}\){_SEP}?|[0-9]{{3}}[{_MINUS}.])[0-9]{{3,4}}[{_MINUS}.][0-9]{{4}}(?![0-9A-Za-z]|[{_MINUS}.][0-9])"
    rf"|(?<![0-9A-Za-z.])\+[0-9]{{1,3}}(?:{_SEP}[0-9]{{2,5}}){{2,4}}(?![0-9A-Za-z])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])[0-9]{{4}}(?:[{_MINUS} ][0-9]{{4}}){{2,4}}(?![0-9A-Za-z{_MINUS}])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])1[568][0-9]{{2}}[{_MINUS}][0-9]{{4}}(?![0-9{_MINUS}])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])[2-9][0-9]{{2,3}}[{_MINUS}][0-9]{{4}}(?![0-9{_MINUS}])"
)
_NAMED = re.compile(
    rf"((?:번호|비밀번호|우편번호|계좌|암호|코드|내선|끝자리|마지막[ ]?(?:네|4)[ ]?자리|주문|인증번호)(?:는|은|가|이|:)?[ ]?)([0-9]{{3,20}}(?:[{_MINUS}][0-9]{{2,8}}){{0,3}})(?![0-9.]|[번개명원])"
)
_ZERO = re.compile(r"(?<![0-9.])0[0-9]{1,40}(?![0-9]|[ ]?[시분초월일개년회차])|[0-9]{21,}")
_PADDED = re.compile(r"(?<![0-9.:])0([0-9])(?=[ ]?[시분초월일개년회차])")
_TIME = re.compile(r"(?<![0-9:.])([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:.])")
_SCORE = re.compile(
    rf"(?<![0-9:.])([0-9]{{1,3}})[ ]?:[ ]?([0-9]{{1,3}})(?![0-9:.])"
    rf"|(?<![0-9:.{_MINUS}])([0-9]{{1,3}})[{_MINUS}]([0-9]{{1,3}})(?=(?:으?로)?[ ]?(?:이[겼긴기]|승리|패|졌|비[겼긴]|무승부|역전|완승|앞|뒤|스코어|승부|끝나|끝났))"
)
_ORDINAL = re.compile(r"(?<=제)[0-9]{1,4}(?=[ ]?[가-힣])")
_PLACE_NUMBER = re.compile(
    r"((?:내선|버튼|문항|보기|선택지|레인|탑승구|출구|게이트|승강장|버스|문제|좌석|노선|홈|트랙|채널|타는 곳)(?:는|은|이|가|:)?[ ])([0-9]{1,4})(?=번(?!째))"
)
_AGAINST = re.compile(
    r"(?<![0-9.])([0-9]{1,3})[ ]?대[ ]?([0-9]{1,3})(?=(?:으?로|의|까지|이[에예었]|예요|입니다|무승부)|[ ]?(?:승|패|스코어|비율|[.,!?]|$))"
)
SMALLEST_PRESSURE = 30
SMALLEST_FLIGHT = 100
"""So many 편 are no films but the number of a flight."""
_BEFORE = re.compile(rf"(?<![A-Za-z])({_SIGNS})[ ]?({_NUMBER})({_SCALE})(?![ ]?(?:원|달러|유로))")
_BELOW_ZERO = re.compile(
    rf"(?<![0-9A-Za-z)가-힣])[-\u2212]({_NUMBER})[ ]?(?=℃|°C|도(?![가-힣])|도[가까로를는였입예이에쯤밖니라여인])"
)
_NEGATIVE = re.compile(rf"(?<![0-9A-Za-z)가-힣])[-\u2212]({_NUMBER})")
_FRACTION = re.compile(
    rf"(?<![0-9./])([0-9]{{1,6}})/([0-9]{{1,6}})(?:[ ]?({_UNIT})(?:/({_UNIT}))?(?![A-Za-z0-9])|([이가은는을를과와])(?=[ ,.!?]|$))?(?![0-9./])"
)
_COUNT_RANGE = re.compile(
    rf"(?<![0-9.])([0-9]{{1,20}})[{_MINUS}{_WAVE}]([0-9]{{1,20}}[ ]?({_COUNTERS}))"
)
_RANGE = re.compile(
    rf"(?<=[0-9])([ ]?(?:{_UNIT}|[개명시분원일월년도살층세])?)[ ]?[{_WAVE}][ ]?(?=[0-9])|(?<=[0-9])[{_MINUS}](?=[0-9]{{1,20}}[ ]?(?:{_COUNTERS}|[분원일월년도층세회초점인주]))"
)
_DIFFERENCE = re.compile(
    rf"(?<=[0-9])[ ]?[{_MINUS}][ ]?(?=[0-9]{{1,12}}(?:[ ]?[{_MINUS}+×÷*][ ]?[0-9]{{1,12}}){{0,9}}[ ]?=)"
    rf"|(?<=[0-9] )[{_MINUS}](?= [0-9]{{1,12}}[ ]?=)|(?<==)[ ]?[{_MINUS}](?=[0-9])"
)
_LOT = re.compile(rf"(?<=[0-9])[{_MINUS}](?=[0-9]{{1,4}}[ ]?(?:번지|호))")
_PAIR = re.compile(
    rf"(?<![0-9A-Za-z.{_MINUS}])([0-9]{{1,9}})[{_MINUS}{_WAVE}]([0-9]{{1,9}})(?![0-9A-Za-z{_MINUS}])"
)
_SLASH_UNIT = {"h": "시속", "s": "초속"}
_SPEED = re.compile(rf"({_NUMBER})[ ]?(km|m)/(h|s)(?![A-Za-z])")
_QUANTITY = re.compile(
    rf"(?<![A-Za-z.])({_NUMBER})({_SCALE})[ ]?({_UNIT})(?:/({_UNIT}))?(?![A-Za-z0-9])"
)
_COUNT = re.compile(rf"(?<![0-9.])([0-9]{{1,20}})(여)?(?=[ ]?(?:{_COUNTERS}))")
_TWICE = re.compile(r"(?<![0-9.])([1-9])째")
_VERSION = re.compile(r"(?<![0-9.])[0-9]{1,8}(?:\.[0-9]{1,8}){2,6}(?![0-9])")
_ANY = re.compile(_NUMBER)
_MONTHS = {"6": "유", "10": "시"}
_NOON = 12


def read_thousands(text: AlignedText) -> AlignedText:
    """`1,500` as one number."""
    return text.sub(_THOUSANDS, lambda m: m[0].replace(",", ""))


def read_telephone_numbers(text: AlignedText) -> AlignedText:
    """Digit by digit with 공 for 0, a blank between groups."""
    text = text.sub(_TELEPHONE, lambda m: ("플러스 " if m[0][0] == "+" else "") + _groups(m[0]))
    text = text.sub(_NAMED, lambda m: m[1] + _groups(m[2])).sub(_PADDED, r"\1")
    return text.sub(_ZERO, lambda m: digits(m[0], telephone=m[0][0] == "0"))


def _groups(text: str) -> str:
    return " ".join(digits(group, telephone=True) for group in re.findall("[0-9]+", text))


def read_labels(text: AlignedText) -> AlignedText:
    """`제2장` 제이장, `3대2로` 삼 대 이로: numbers that count nothing although a counter follows."""
    text = text.sub(_ORDINAL, lambda m: sino(m[0]))
    text = text.sub(_PLACE_NUMBER, lambda m: m[1] + sino(m[2]))
    return text.sub(_AGAINST, lambda m: f"{sino(m[1])} 대 {sino(m[2])}")


def read_times(text: AlignedText) -> AlignedText:
    """`3:30` 세시 삼십분; `2:1` is a score, 이 대 일."""
    return text.sub(_TIME, _time).sub(
        _SCORE, lambda m: f"{sino(m[1] or m[3])} 대 {sino(m[2] or m[4])}"
    )


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    spoken = f"{_hour(hour)}시"
    if int(minute) or second:
        spoken += f" {sino(minute)}분"
    return spoken + (f" {sino(second)}초" if second else "")


def _hour(hour: str) -> str:
    return native(hour) if 0 < int(hour) <= _NOON else sino(hour)


def read_money(text: AlignedText) -> AlignedText:
    """`$3.5` 삼점오 달러, `₩1000` 천 원."""
    return text.sub(_BEFORE, lambda m: f"{decimal(m[2])}{m[3]} {_CURRENCIES[m[1]]}")


def read_quantities(text: AlignedText) -> AlignedText:
    """Ranges, fractions, negative numbers, units."""
    text = text.sub(_DIFFERENCE, _difference).sub(_LOT, " 다시 ")
    text = text.sub(_COUNT_RANGE, r"\1\3에서 \2")
    text = text.sub(_RANGE, lambda m: f"{m[1] or ''}에서 ")
    text = text.sub(_BELOW_ZERO, r"영하 \1").sub(_NEGATIVE, r"마이너스 \1")
    text = text.sub(_PAIR, _pair).sub(_FRACTION, _fraction)
    text = text.sub(_SPEED, lambda m: f"{_SLASH_UNIT[m[3]]} {decimal(m[1])}{UNITS[m[2]]}")
    return text.sub(_QUANTITY, _quantity)


def _difference(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    return " 마이너스 " if before == "=" else " 빼기 "


def _pair(match: re.Match[str]) -> str:
    """`3-5` is a range; what falls is a lot number or a part number."""
    first, second = match.groups()
    return f"{first}에서 {second}" if int(first) < int(second) else f"{first} 다시 {second}"


def _quantity(match: re.Match[str]) -> str:
    per = f" 퍼 {UNITS[match[4]]}" if match[4] else ""
    return f"{decimal(match[1])}{match[2]}{UNITS[match[3]]}{per}"


def _fraction(match: re.Match[str]) -> str:
    """`1/2kg` 이분의 일킬로그램; the particle behind goes by the numerator, which is spoken last."""
    if int(match[1]) > int(match[2]) > SMALLEST_PRESSURE:  # of blood
        return f"{sino(match[1])}에 {sino(match[2])}{match[3] or match[5] or ''}"
    words = f"{sino(match[2])}분의 {sino(match[1])}"
    if match[3]:
        return words + UNITS[match[3]] + (f" 퍼 {UNITS[match[4]]}" if match[4] else "")
    return words + (_particle(words[-1], match[5]) if match[5] else "")


def _particle(before: str, particle: str) -> str:
    """이 or 가, 은 or 는, 을 or 를, 과 or 와 by whether the syllable before ends in a consonant."""
    closed = (ord(before) - ord("가")) % 28 > 0
    pair = next(pair for pair in ("이가", "은는", "을를", "과와") if particle in pair)
    return pair[0 if closed else 1]


def read_counts(text: AlignedText) -> AlignedText:
    """Numbers before native counters (`3개` 세개), then all that are left."""
    text = text.sub(_VERSION, lambda m: "점".join(digits(part) for part in m[0].split(".")))
    text = text.sub(
        _TWICE,
        lambda m: (
            ("첫", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")[int(m[1]) - 1] + "째"
        ),
    )
    return text.sub(_COUNT, _count).sub(_ANY, lambda m: decimal(m[0]))


def _count(match: re.Match[str]) -> str:
    value, more = match[1], match[2] or ""
    after = match.string[match.end() : match.end() + 4].lstrip(" ")
    if after.startswith("번째") and int(value) == 1:
        return "첫"
    if after[0] == "시" and not after.startswith("시간"):
        return _hour(value) + more
    is_flight = after[0] == "편" and int(value) >= SMALLEST_FLIGHT
    return (sino(value) if more or is_flight else native(value)) + more

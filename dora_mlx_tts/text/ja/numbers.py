"""Numbers that stand in a form the engine does not read; plain ones and counters it reads."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText

_DIGITS = ("ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー")
_NUMBER = r"[0-9]{1,16}(?:\.[0-9]{1,16})?"
_START = r"(?<![0-9A-Za-z.])"
_MINUS = "-\u2212\u2010\u2011\u2012\u2013"
_WAVE = "~\u301c\uff5e\u223c"
UNITS = {
    "km": "キロメートル", "m": "メートル", "cm": "センチメートル", "mm": "ミリメートル",
    "μm": "マイクロメートル", "nm": "ナノメートル", "km²": "平方キロメートル", "m²": "平方メートル",
    "cm²": "平方センチメートル", "km2": "平方キロメートル", "m2": "平方メートル", "m³": "立方メートル",
    "m3": "立方メートル", "cm³": "立方センチメートル", "cm3": "立方センチメートル", "kg": "キログラム",
    "g": "グラム", "mg": "ミリグラム", "μg": "マイクログラム", "t": "トン", "L": "リットル", "l": "リットル",
    "mL": "ミリリットル", "ml": "ミリリットル", "dL": "デシリットル", "cc": "シーシー", "ha": "ヘクタール",
    "h": "時間", "min": "分", "s": "秒", "ms": "ミリ秒", "W": "ワット", "kW": "キロワット",
    "MW": "メガワット", "kWh": "キロワット時", "V": "ボルト", "mV": "ミリボルト", "A": "アンペア",
    "mA": "ミリアンペア", "mAh": "ミリアンペア時", "Hz": "ヘルツ", "kHz": "キロヘルツ", "MHz": "メガヘルツ",
    "GHz": "ギガヘルツ", "KB": "キロバイト", "kB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト",
    "TB": "テラバイト", "bps": "ビーピーエス", "Mbps": "メガビーピーエス", "Gbps": "ギガビーピーエス",
    "Pa": "パスカル", "hPa": "ヘクトパスカル", "kPa": "キロパスカル", "MPa": "メガパスカル", "dB": "デシベル",
    "cal": "カロリー", "kcal": "キロカロリー", "rpm": "アールピーエム", "px": "ピクセル", "pt": "ポイント", "ppm": "ピーピーエム",
    "°C": "度", "℃": "度", "°F": "華氏度", "℉": "華氏度", "°": "度", "Ω": "オーム", "mol": "モル",
}  # fmt: skip
_CURRENCIES = {
    "¥": "円", "￥": "円", "$": "ドル", "＄": "ドル", "US$": "ドル", "€": "ユーロ", "£": "ポンド",
    "₩": "ウォン", "元": "元",
}  # fmt: skip
_SIGNS = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True) if c != "元")
_UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))

_THOUSANDS = re.compile(r"(?<![0-9.,，])[0-9]{1,3}(?:[,，][0-9]{3}){1,5}(?![0-9]|[,，][0-9])")
_TELEPHONE = re.compile(
    rf"(?<![0-9A-Za-z.{_MINUS}])(?:\+[0-9]{{1,3}}[- ]?)?[(（]?(?:0[0-9]{{1,4}}|(?<=[0-9][- ])[0-9]{{1,4}})[)）]?"
    rf"[{_MINUS} ]?[0-9]{{1,4}}[{_MINUS} ][0-9]{{3,4}}(?![0-9A-Za-z]|[{_MINUS}.][0-9])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])\+[0-9]{{1,3}}[- ]?[0-9]{{8,11}}(?![0-9A-Za-z])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])0[0-9]{{1,3}}[{_MINUS}][0-9]{{6,8}}(?![0-9A-Za-z]|[{_MINUS}.][0-9])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])[(（]?[0-9]{{3}}[)）]?[{_MINUS} ][0-9]{{3,4}}[{_MINUS}][0-9]{{4}}(?![0-9A-Za-z]|[{_MINUS}.][0-9])"
    rf"|(?<![0-9A-Za-z.{_MINUS}])[0-9]{{4}}(?:[{_MINUS} ][0-9]{{4}}){{2,4}}(?![0-9A-Za-z{_MINUS}])"
)
_LONG = re.compile(r"[0-9]{17,}|(?<![0-9.])0[0-9]{9,10}(?![0-9])")
_NAMED = re.compile(
    r"((?:番号|郵便番号|暗証番号|パスワード|内線|コード)(?:は|が|：|:|、)?[ ]?〒?)"
    rf"([0-9]{{3,16}}(?:[{_MINUS}][0-9]{{2,8}}){{0,3}})(?![0-9.円人個本年回号台])"
)
_POST = re.compile(rf"〒[ ]?([0-9]{{3}})[{_MINUS}]?([0-9]{{4}})(?![0-9])")
_TIME = re.compile(
    r"(?<![0-9:.])([01]?[0-9]|2[0-4])[:：]([0-5][0-9])(?:[:：]([0-5][0-9]))?(?![0-9:：.])"
)
_BEFORE = re.compile(rf"(?<![A-Za-z])({_SIGNS})[ ]?({_NUMBER})([万億兆千百]{{0,2}})(?!円|ドル)")
_AFTER = re.compile(rf"({_NUMBER}[万億兆]?)({_SIGNS})(?![0-9])")
_PERCENT = re.compile(r"(?<=[0-9])[ ]?([%％‰])")
_VERSION = re.compile(rf"(?<![0-9.])[0-9]{{1,8}}(?:\.[0-9]{{1,8}}){{2,6}}(?![0-9])")  # noqa: F541
_BETWEEN = re.compile(
    rf"(?<=[0-9%％℃度円時分秒日月年人個回歳kgmc])[ ]?[{_WAVE}][ ]?(?=[¥￥$]?[0-9])"
)
_CHAIN = re.compile(
    rf"(?<![0-9A-Za-z{_MINUS}])[0-9]{{1,5}}(?:[{_MINUS}][0-9]{{1,5}}){{2,4}}(?![0-9])"
)
_SCORE = re.compile(
    rf"(?<![0-9{_MINUS}])([0-9]{{1,3}})[{_MINUS}]([0-9]{{1,3}})(?=(?:で|の)?[勝負敗惜快引逆先リ]|で[^0-9、。！？!?]{{1,12}}(?:勝[ちっつて利]|敗[れっ]|負け|下し|破[りっ])|の?スコア|で(?:終|試合|優勝|下し|破))"
    rf"|(?<=[\u3041-\u9fffA-Za-z])(?<![第約])([0-9]{{1,2}})[{_MINUS}]([0-9]{{1,2}})(?=$|[。、！!？?]|で(?!す))"
    rf"|(?<![0-9:：.])([0-9]{{1,3}})[ ]?[:：][ ]?([0-9]{{1,3}})(?![0-9:：.])"
)
_SUM = re.compile(
    rf"(?<![0-9A-Za-z.])[0-9]{{1,12}}(?:[ ]?[{_MINUS}+×÷*/][ ]?[0-9]{{1,12}}){{1,20}}(?=[ ]?[=≧≦≥≤<>])"
)
_FALLING = re.compile(
    rf"(?<![0-9.{_MINUS}])([0-9]{{1,9}})[{_MINUS}]([0-9]{{1,9}})(?![0-9.{_MINUS}])(?![番号])"
)
_RANGE = re.compile(rf"(?<=[0-9時分秒日月年歳%％])[ ]?[{_MINUS}][ ]?(?=[0-9])")
_NEGATIVE = re.compile(rf"(?<![0-9A-Za-z)）])[-\u2212]({_NUMBER})")
_QUANTITY = re.compile(
    rf"({_START}{_NUMBER}[万億千百]?)[ ]?({_UNIT})(?:/(h|s|min))?(?![A-Za-z0-9])"
)
_PER = {"h": "毎時", "s": "毎秒", "min": "毎分"}
_MIXED = re.compile(r"(?<=[0-9]) (?=[0-9]{1,3}/[0-9]{1,3}(?![0-9./]))")
_MIDNIGHT = re.compile("(?<![0-9.,:零一二三四五六七八九十百])0?0(?=時(?!間))")
"""0時 is れいじ, not ゼロじ."""
_AVERAGE = re.compile(r"(?<=率)(は|が|、|:)?[ ]?0?\.([0-9])([0-9])([0-9])(?![0-9])")
"""Of a batter: 割, 分, 厘."""
_FRACTION = re.compile(r"(?<![0-9./])([0-9]{1,16})(?:[/⁄]| / )([0-9]{1,16})(?![0-9./])")
SMALLEST_PRESSURE = 30
_RELATION = re.compile(r"(?<=[0-9])[ ]?([≧≥≦≤])[ ]?(?=[0-9])")


def read_digits(text: str) -> str:
    """Figures one by one; other characters are left out."""
    return "".join(_DIGITS[int(c)] for c in text if c.isdecimal())


def _groups(text: str) -> str:
    return "の".join(read_digits(group) for group in re.findall("[0-9]+", text))


def read_thousands(text: AlignedText) -> AlignedText:
    """`1,500` as one number."""
    return text.sub(_THOUSANDS, lambda m: re.sub("[,，]", "", m[0]))


def read_telephone_numbers(text: AlignedText) -> AlignedText:
    """Digit by digit, の between groups."""
    text = text.sub(_POST, lambda m: f"郵便番号{read_digits(m[1])}の{read_digits(m[2])}")
    text = text.sub(_TELEPHONE, lambda m: ("プラス" if m[0][0] == "+" else "") + _groups(m[0]))
    text = text.sub(_NAMED, lambda m: m[1] + _groups(m[2]))
    return text.sub(_LONG, lambda m: read_digits(m[0]))


def read_times(text: AlignedText) -> AlignedText:
    """`15:30` 15時30分."""
    return text.sub(_TIME, _time).sub(_MIDNIGHT, "零")


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    spoken = f"{int(hour)}時"
    if int(minute) or second:
        spoken += f"{int(minute)}分"
    return spoken + (f"{int(second)}秒" if second else "")


def read_money(text: AlignedText) -> AlignedText:
    """`¥1500` 1500円, `$3.5` 3.5ドル."""
    text = text.sub(_BEFORE, lambda m: f"{m[2]}{m[3]}{_CURRENCIES[m[1]]}")
    return text.sub(_AFTER, lambda m: f"{m[1]}{_CURRENCIES[m[2]]}")


def read_percentages(text: AlignedText) -> AlignedText:
    """`50%` 50パーセント."""
    return text.sub(_PERCENT, lambda m: "パーミル" if m[1] == "‰" else "パーセント")


def _average(match: re.Match[str]) -> str:
    parts = zip(match.groups()[1:], "割分厘", strict=True)
    return (match[1] or "") + "".join(f"{figure}{name}" for figure, name in parts if figure != "0")


def read_versions(text: AlignedText) -> AlignedText:
    """`3.11.2` and IP addresses, digit by digit."""
    text = text.sub(_AVERAGE, lambda m: _average(m) if "打" in m.string else None)
    return text.sub(_VERSION, lambda m: "テン".join(read_digits(part) for part in m[0].split(".")))


def read_differences(text: AlignedText) -> AlignedText:
    """What stands between numbers: ranges から, scores 対, chains (addresses) の; minus."""
    text = text.sub(_BETWEEN, "から")
    text = text.sub(_CHAIN, lambda m: re.sub(f"[{_MINUS}]", "の", m[0]))
    text = text.sub(_SUM, lambda m: re.sub(f"[ ]?[{_MINUS}][ ]?", "マイナス", m[0]))
    text = text.sub(_RELATION, lambda m: "大なりイコール" if m[1] in "≧≥" else "小なりイコール")
    text = text.sub(_FALLING, _falling)
    text = text.sub(_RANGE, "から")
    return text.sub(_NEGATIVE, r"マイナス\1")


def read_scores(text: AlignedText) -> AlignedText:
    """`3:2`, `日本3-2` 3対2."""
    return text.sub(_SCORE, lambda m: f"{m[1] or m[3] or m[5]}対{m[2] or m[4] or m[6]}")


def _falling(match: re.Match[str]) -> str | None:
    """`5-3` cannot be a range."""
    return f"{match[1]}マイナス{match[2]}" if int(match[1]) >= int(match[2]) else None


def read_quantities(text: AlignedText) -> AlignedText:
    """`60km/h` 60キロメートル毎時, `25℃` 25度."""
    return text.sub(_QUANTITY, lambda m: m[1] + UNITS[m[2]] + (_PER[m[3]] if m[3] else ""))


def read_fractions(text: AlignedText) -> AlignedText:
    """`1/2` 2分の1, `1 1/2` 1と2分の1."""
    text = text.sub(_MIXED, "と")
    return text.sub(_FRACTION, _fraction)


def _fraction(match: re.Match[str]) -> str:
    """`120/80` of blood is no fraction: 120の80."""
    first, second = match.groups()
    is_pair = int(first) > int(second) > SMALLEST_PRESSURE
    return f"{first}の{second}" if is_pair else f"{second}分の{first}"

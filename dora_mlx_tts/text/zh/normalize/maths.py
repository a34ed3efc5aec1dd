"""Arithmetic, comparison, powers, fractions, Greek letters."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

OPERATORS = {
    "+": "加", "-": "减", "\u2212": "减", "×": "乘", "*": "乘", "·": "乘", "÷": "除以", "/": "除以", "=": "等于",
    "≈": "约等于", "≠": "不等于", "!=": "不等于", "===": "全等于", "!==": "不全等于", "==": "等于", "<": "小于", ">": "大于", "≤": "小于等于",
    "≥": "大于等于", "<=": "小于等于", ">=": "大于等于", "±": "正负", "∶": "比", ":": "比", "≡": "恒等于", "∈": "属于", "∥": "平行于", "⊥": "垂直于",
    "≌": "全等于", "∽": "相似于", "⊂": "包含于", "∪": "并", "∩": "交",
    "∉": "不属于", "⊃": "包含", "⊆": "包含于", "⊇": "包含", "∝": "正比于", "⇔": "等价于", "≅": "约等于", "≪": "远小于", "≫": "远大于", "≦": "小于等于", "≧": "大于等于",
    "∧": "且", "∨": "或", "∓": "负正",
}  # fmt: skip
RELATIONS = "∈∉∥⊥≌∽⊂⊃⊆⊇∪∩∝⇔≅≪≫≦≧∧∨"
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        [
            "阿尔法",
            "贝塔",
            "伽马",
            "德尔塔",
            "艾普西隆",
            "捷塔",
            "伊塔",
            "西塔",
            "艾欧塔",
            "卡帕",
            "拉姆达",
            "缪",
            "纽",
            "克西",
            "欧米克伦",
            "派",
            "肉",
            "西格玛",
            "套",
            "宇普西隆",
            "服艾",
            "器",
            "普赛",
            "欧米伽",
        ],
        strict=True,
    )
)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
SUBSCRIPT_LETTERS = "ₐₑₒₓₙₘₖᵢⱼₜₚₛᵣ"
SUBSCRIPTS = str.maketrans(f"₀₁₂₃₄₅₆₇₈₉₊₋{SUBSCRIPT_LETTERS}", "0123456789+-aeoxnmkijtpsr")
_EXPONENT = r"(?:[²³⁰¹⁴-⁹⁻]{1,4}|\^\(?-?[0-9]{1,6}\)?)"
_OPERAND = rf"√?(?:{NUMBER}|[A-Za-zα-ω]){_EXPONENT}?[%‰]?"
_OPERATOR = r"(?:[=!]==|==|!=|<=|>=|[+×*÷=≈≠<>≤≥±≡])"
_EQUATION = re.compile(
    rf"(?:(?<![0-9A-Za-z.]){SIGN}{_OPERAND}|[)）]{_EXPONENT}?)(?:[ ]?(?:{_OPERATOR}|[-\u2212/])[ ]?[(（]?-?{_OPERAND}(?:[)）]{_EXPONENT}?)?){{1,30}}"
)
_OPERATION = re.compile(
    rf"(?<![0-9A-Za-z.*/%])({NUMBER})[ ]?(//|\*\*)[ ]?({NUMBER})(?![0-9A-Za-z.*/%])"
    rf"|(?<![0-9A-Za-z.*/%])({NUMBER})[ ]?%[ ]?({NUMBER})(?=[ ]?(?:==?|等于|[的是]?余|[是得为]))"
)
"""Operators of programs: 10//3, 2**10, and 10%3 where a result follows."""
_REMAINDER = re.compile(
    rf"((?:[÷/]|除以?)[ ]?{NUMBER}[ ]?(?:=|等于)[ ]?)([0-9]{{1,6}})[ ]?(?:…{{1,2}}|⋯{{1,2}}|[.]{{3,6}}|·{{3,6}})[ ]?([0-9]{{1,6}})(?![0-9.])"
)
"""A division with a remainder: 17÷5=3……2."""
_TIMES_HAN = re.compile("(?<=[\u4e00-\u9fff])[ ]\\*[ ](?=[0-9])")
_FACTORIAL = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,2})!(?=[ ]?=[ ]?[0-9])")
_ABSOLUTE = re.compile(rf"\|([-\u2212]?{NUMBER})\|")
_HAN_EQUALS = re.compile(
    rf"(?<=[\u4e00-\u9fff])[ ]?([+×÷=≈≠≤≥{RELATIONS}])[ ]?(?=[\u4e00-\u9fff0-9A-Za-z-])"
    r"|(?<=[甲乙丙丁])[ ]?([<>])[ ]?(?=[甲乙丙丁])|(?<=[0-9A-Za-z])[ ]?([+×÷=≈≠≤≥])[ ]?(?=[负零一二两三四五六七八九十百]|(?<=[×÷])[\u4e00-\u9fff])"
)
_HAN_MINUS = re.compile(
    r"(?<=[0-9\u4e00-\u9fff)）])[ ]?[-\u2212][ ]?(?=[\u4e00-\u9fff(（])|(?<=[\u4e00-\u9fff]{2}|[\u4e00-\u9fff][)）])(?<![而是为得和与则即到至])[-\u2212](?=[0-9])"
)
_HAN_FORMULA = re.compile("[^，。；！？,;!?\n]{0,40}[=＝][^，。；！？,;!?\n]{0,40}")
"""What stands around an equals sign: 最大心率=220-年龄."""
_HAN_COMPARED = re.compile("(?<=[\u4e00-\u9fff])[ ]?([<>])[ ]?(?=[\u4e00-\u9fff])(?!键)")
_QUOTIENT = re.compile(r"(?<![0-9.)/])([0-9]{1,8})/([0-9]{1,8})(?![0-9.(/%^²³])")
_TOKEN = re.compile(
    rf"(?<![0-9.)/])[0-9]{{1,8}}/[0-9]{{1,8}}(?![0-9.(/%^²³])"
    rf"|{_OPERATOR}|{_EXPONENT}|[-\u2212/]|{NUMBER}[%‰]?|."
)
_BEFORE_NUMBER = re.compile(r"([±≈≤≥<>≠√])[ ]?(?=-?[0-9]|[负零一二两三四五六七八九十百千])")
_BEFORE = {
    "±": "正负",
    "≈": "约等于",
    "≤": "小于等于",
    "≥": "大于等于",
    "<": "小于",
    ">": "大于",
    "≠": "不等于",
    "√": "根号",
}
_POWER = re.compile(r"(?<=[0-9A-Za-zα-ω)）\u4e00-\u9fff])([⁰¹²³⁴-⁹⁻]{1,6})")
_CARET = re.compile(r"(?<=[0-9A-Za-z)])\^\(?(-?[0-9]{1,6})\)?")
_MINUS_BEHIND_POWER = re.compile("(?<=次方|平方|立方)[ ]?[-\u2212][ ]?(?=[0-9])")
_FRACTION = re.compile(
    rf"(?<![0-9A-Za-z./])({SIGN})([0-9]{{1,12}})[ ]?/[ ]?([0-9]{{1,12}})(?![0-9A-Za-z/]|\.[0-9])"
)
_MIXED = re.compile(
    r"(?<![0-9A-Za-z.,/-])([0-9]{1,4})(?:[ ]|[ ]?又[ ]?)([0-9]{1,3})[ ]?/[ ]?([0-9]{1,3})(?![0-9A-Za-z/]|\.[0-9])"
)
_PARTS = re.compile(rf"({SIGN})({NUMBER}|[百千万](?=分))[ ]?分之[ ]?(?=[0-9])")
_SIGNS = {
    "∞": "无穷大",
    "√": "根号",
    "∑": "求和",
    "∫": "积分",
    "∂": "偏",
    "∴": "所以",
    "∵": "因为",
    "Δ": "德尔塔",
    "Ω": "欧米伽",
    "Σ": "西格玛",
    "Φ": "服艾",
    "∀": "任意",
    "∃": "存在",
    "∅": "空集",
    "∏": "连乘",
    "∛": "三次根号",
    "♩": "四分音符",
    "♪": "",
}


def read_fractions(text: AlignedText) -> AlignedText:
    """`3/4` 四分之三, `-2/3` 负三分之二; `24/7` is no fraction but hours and days."""
    text = text.sub(r"(?<![0-9./])24[ ]?/[ ]?7(?![0-9./])", "二十四七")
    return text.sub(_FRACTION, _fraction).sub("(?<=[0-9])[ ]?/[ ]?(?=[0-9])", "，")


def _fraction(match: re.Match[str]) -> str:
    """A part of a whole; two equal halves (50/50) are a ratio."""
    sign, upper, lower = match.groups()
    if upper == lower and len(upper) > 1:
        return f"{number(upper)}比{number(lower)}"
    parts = {"100": "百", "1000": "千"}.get(lower) or number(lower)
    return f"{'负' if sign else ''}{parts}分之{number(upper)}"


def read_mixed_fractions(text: AlignedText) -> AlignedText:
    """`2 1/2` and `2又1/2` 二又二分之一; the 2 of `2分之1` is a number, too."""
    return text.sub(_MIXED, _mixed).sub(_PARTS, _parts)


def _parts(match: re.Match[str]) -> str:
    sign, lower = match.groups()
    return f"{'负' if sign else ''}{number(lower) if lower.isdecimal() else lower}分之"


def _mixed(match: re.Match[str]) -> str | None:
    whole, upper, lower = match.groups()
    if "又" not in match[0] and not int(upper) < int(lower):
        return None
    return f"{number(whole)}又{number(lower)}分之{number(upper)}"


def read_equations(text: AlignedText) -> AlignedText:
    """Operators between operands: `2+3=5` 二加三等于五."""
    text = text.sub(_ABSOLUTE, lambda m: f"{number(m[1])}的绝对值")
    text = text.sub(_OPERATION, _operation).sub(_FACTORIAL, lambda m: f"{number(m[1])}的阶乘")
    text = text.sub(_REMAINDER, lambda m: f"{m[1]}{m[2]}余{number(m[3])}").sub(_TIMES_HAN, "乘")
    if "=" in text.text:
        text = text.sub(_HAN_FORMULA, lambda m: _HAN_MINUS.sub("减", m[0]))
    return text.sub(_EQUATION, _equation).sub(_BEFORE_NUMBER, lambda m: _BEFORE[m[1]])


def _compared(match: re.Match[str]) -> str | None:
    """`安全>速度` 安全大于速度, where no brackets of such signs are (<请输入>)."""
    other = "<" if match[1] == ">" else ">"
    return None if other in match.string else OPERATORS[match[1]]


def read_powers_and_comparisons(text: AlignedText) -> AlignedText:
    """Powers, roots, comparison signs, operators between words."""
    text = text.sub(_HAN_COMPARED, _compared)
    text = text.sub(_HAN_EQUALS, lambda m: OPERATORS[m[1] or m[2] or m[3]])
    text = text.sub(_CARET, lambda m: power(m[1]))
    text = text.sub(_POWER, lambda m: power(m[1].translate(SUPERSCRIPTS)))
    return text.sub(_MINUS_BEHIND_POWER, "减")


def read_signs(text: AlignedText) -> AlignedText:
    """Greek letters and signs that stand alone."""
    text = text.sub("[+＋](?=∞)", "正").sub("[-\u2212](?=∞)", "负")
    text = text.sub("[α-ω]", lambda m: GREEK.get(m[0], GREEK["σ"]))
    return text.sub(f"[{''.join(_SIGNS)}]", lambda m: _SIGNS[m[0]])


def power(exponent: str) -> str:
    """An exponent behind its base: `2` 的平方, `-3` 的负三次方."""
    return {"2": "的平方", "3": "的立方"}.get(exponent) or f"的{number(exponent)}次方"


def _operation(match: re.Match[str]) -> str:
    """`10//3` 十整除三, `2**10` 二的十次方, `10%3` 十取余三."""
    if match[4]:
        return f"{number(match[4])}取余{number(match[5])}"
    if match[2] == "//":
        return f"{number(match[1])}整除{number(match[3])}"
    return f"{number(match[1])}{power(match[3])}"


def scientific(text: str) -> str:
    """`5.55e-17` 五点五五乘十的负十七次方."""
    figure, exponent = text.lower().split("e")
    return f"{number(figure)}乘十的{number(exponent)}次方"


def quotient(text: str, *, as_fraction: bool = False) -> str:
    """`1/2` 二分之一, `6/3` 六除以三, where no other figures say that it is a fraction."""
    upper, lower = text.strip("()").split("/")
    if as_fraction or int(lower) == 0 or int(upper) % int(lower):
        return f"{number(lower)}分之{number(upper)}"
    return f"{number(upper)}除以{number(lower)}"


def _equation(match: re.Match[str]) -> str | None:
    """An expression is one if it has an operator that can mean nothing else."""
    text = match[0]
    if not re.search(r"[+×*÷=≈≠<>≤≥±≡]", text[1:]):
        return None
    spoken, after_operand = "", False
    text = text.replace(" ", "")
    has_fractions = any(int(a) < int(b) for a, b in _QUOTIENT.findall(text))
    for token in _TOKEN.findall(text):
        if "/" in token[1:]:
            spoken, after_operand = spoken + quotient(token, as_fraction=has_fractions), True
        elif token[0].isascii() and token[0].isdecimal():
            share = {"%": "百分之", "‰": "千分之"}.get(token[-1], "")
            spoken, after_operand = f"{spoken}{share}{number(token.rstrip('%‰'))}", True
        elif token in ("-", "\u2212") and not after_operand:
            spoken += "负"
        elif token[0] == "^":
            spoken, after_operand = spoken + power(token.strip("^()")), True
        elif token[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            spoken, after_operand = spoken + power(token.translate(SUPERSCRIPTS)), True
        elif token[0] == "√":
            spoken += "根号"
        elif token in OPERATORS:
            spoken, after_operand = spoken + OPERATORS[token], False
        else:
            spoken, after_operand = spoken + token, True
    return spoken

"""Arithmetic, comparison, powers, fractions, Greek letters."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

_OPERATORS = {
    "+": "加", "-": "减", "\u2212": "减", "×": "乘", "*": "乘", "·": "乘", "÷": "除", "/": "除以", "=": "等于",
    "≈": "约等于", "≠": "不等于", "!=": "不等于", "==": "等于", "<": "小于", ">": "大于", "≤": "小于等于",
    "≥": "大于等于", "<=": "小于等于", ">=": "大于等于", "±": "正负", "∶": "比", "≡": "恒等于", "∈": "属于",
}  # fmt: skip
_GREEK = dict(
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
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_OPERAND = rf"(?:{NUMBER}|[A-Za-zα-ω])[²³⁰¹⁴-⁹]{{0,3}}%?"
_OPERATOR = r"(?:==|!=|<=|>=|[+×*÷=≈≠<>≤≥±≡])"
_EQUATION = re.compile(
    rf"(?<![0-9A-Za-z.]){SIGN}(?:{_OPERAND}|[)）])(?:[ ]?(?:{_OPERATOR}|[-\u2212/])[ ]?[(（]?-?{_OPERAND}[)）]?){{1,30}}"
)
_HAN_EQUALS = re.compile(r"(?<=[\u4e00-\u9fff])[ ]?([+×÷=≈≠≤≥])[ ]?(?=[\u4e00-\u9fff0-9A-Za-z-])")
_TOKEN = re.compile(rf"{_OPERATOR}|[-\u2212/]|{NUMBER}%?|.")
_BEFORE_NUMBER = re.compile(r"([±≈≤≥<>≠√])[ ]?(?=-?[0-9])")
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
_FRACTION = re.compile(
    rf"(?<![0-9A-Za-z./])({SIGN})([0-9]{{1,12}})[ ]?/[ ]?([0-9]{{1,12}})(?![0-9A-Za-z/]|\.[0-9])"
)
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
}


def read_fractions(text: AlignedText) -> AlignedText:
    """`3/4` 四分之三, `-2/3` 负三分之二; `24/7` is no fraction but hours and days."""
    text = text.sub(r"(?<![0-9./])24[ ]?/[ ]?7(?![0-9./])", "二十四七")
    return text.sub(_FRACTION, lambda m: f"{'负' if m[1] else ''}{number(m[3])}分之{number(m[2])}")


def read_equations(text: AlignedText) -> AlignedText:
    """Operators between operands: `2+3=5` 二加三等于五."""
    return text.sub(_EQUATION, _equation).sub(_BEFORE_NUMBER, lambda m: _BEFORE[m[1]])


def read_powers_and_comparisons(text: AlignedText) -> AlignedText:
    """Powers, roots, comparison signs, operators between words."""
    text = text.sub(_HAN_EQUALS, lambda m: _OPERATORS[m[1]])
    text = text.sub(_CARET, lambda m: _power(m[1]))
    return text.sub(_POWER, lambda m: _power(m[1].translate(_SUPERSCRIPT)))


def read_signs(text: AlignedText) -> AlignedText:
    """Greek letters and signs that stand alone."""
    text = text.sub("[α-ω]", lambda m: _GREEK.get(m[0], _GREEK["σ"]))
    return text.sub(f"[{''.join(_SIGNS)}]", lambda m: _SIGNS[m[0]])


def _power(exponent: str) -> str:
    return {"2": "的平方", "3": "的立方"}.get(exponent) or f"的{number(exponent)}次方"


def _equation(match: re.Match[str]) -> str | None:
    """An expression is one if it has an operator that can mean nothing else."""
    text = match[0]
    if not re.search(r"[+×*÷=≈≠<>≤≥±≡]", text[1:]):
        return None
    spoken, after_operand = "", False
    for token in _TOKEN.findall(text.replace(" ", "")):
        if token[0].isascii() and token[0].isdecimal():
            percent = "百分之" if token.endswith("%") else ""
            spoken, after_operand = f"{spoken}{percent}{number(token.rstrip('%'))}", True
        elif token in ("-", "\u2212") and not after_operand:
            spoken += "负"
        elif token in _OPERATORS:
            spoken, after_operand = spoken + _OPERATORS[token], False
        else:
            spoken, after_operand = spoken + token, True
    return spoken

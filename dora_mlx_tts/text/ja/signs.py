"""Characters: one way of writing them, signs as words, marks as pauses, the rest dropped."""

from __future__ import annotations

import re
import unicodedata

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ja.script import in_japanese_script

_COMPATIBLE = re.compile(
    r"[\uff66-\uff9d][\uff9e\uff9f]?|[\u3041-\u30fa][\u3099\u309a\u309b\u309c]"
    r"|[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff0b\uff0d\uff0f\uff1d\u2460-\u2473\u3300-\u33ff\u3220-\u32cb"
    r"\u2160-\u217f\uf900-\ufaff\u00bc-\u00be\u2150-\u215f\u2f00-\u2fdf]"
)
_SPACES = re.compile(r"[^\S\r\n\v\f\u0085\u2028\u2029]+")
_JAPANESE = "\u3005-\u3007\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u31f0-\u31ff\u3400-\u9fff\U00020000-\U0003ffff"
_WAVES = "~\u301c\uff5e\u223c"
_WAVE_BETWEEN_WORDS = re.compile(
    rf"(?<=[\u3400-\u9fff0-9])[ ]?[{_WAVES}][ ]?(?=[\u3400-\u9fff0-9])"
)
_WAVE = re.compile(rf"(?<=[\u3041-\u3096\u30a1-\u30fc\u3400-\u9fff])[{_WAVES}]+")
_DASH = re.compile("[\u2013-\u2015\u2500]+|-{2,}")
_LONG_DASH = re.compile(
    r"(?<=[\u3041-\u3096\u30a1-\u30fa])[-\u2010\u2212](?=[\u3041-\u3096\u30a1-\u30fa、。！？!?]|$)"
)
_BRACKETS = re.compile(
    r"[(（\[［【〔〈《{｛]|[)）\]］】〕〉》}｝](?![、。，．！？!?,.…：；\s)）\]］】」』]|$)"
)
_WORDS = {
    "&": "アンド", "＆": "アンド", "@": "アット", "＠": "アット", "=": "イコール", "+": "プラス", "±": "プラスマイナス",
    "×": "かける", "÷": "わる", "≒": "ニアリーイコール", "≠": "ノットイコール", "<": "小なり", ">": "大なり",
    "≦": "以下", "≧": "以上", "≤": "以下", "≥": "以上", "№": "ナンバー", "√": "ルート", "∞": "無限大",
    "〃": "同じく", "〆": "〆", "℡": "電話", "%": "パーセント", "％": "パーセント", "℃": "度", "♯": "シャープ",
}  # fmt: skip
_WORD = re.compile(f"[{re.escape(''.join(_WORDS))}]")
_ELLIPSES = re.compile(r"…+|‥+|\.{2,}|⋯+|・{2,}|。{3,}")
_KEPT = re.compile(rf"[^{_JAPANESE}0-9A-Za-z、，,：:；;。．.！!？?…\-「」『』 ]+")
_LINES = re.compile(r"[ ]?[\r\n\v\f\u0085\u2028\u2029]\s*")
_REPEATED = re.compile(r"([!?…,.\-])[!?…,.\-]+")
_OTHER_MARKS = str.maketrans(
    {
        "､": "、", "｡": "。", "︒": "。", "❗": "！", "❓": "？", "‼": "！", "⁉": "？", "·": "・", "“": "「",
        "”": "」", "｢": "「", "｣": "」", "‘": "「", "’": "」",
    }
)  # fmt: skip


def clean(text: AlignedText) -> AlignedText:
    """Characters of compatibility as ordinary ones, one kind of blank, lines as sentences."""
    plain = AlignedText(text.text.translate(_OTHER_MARKS), text.spans)
    plain = in_japanese_script(plain.sub(_COMPATIBLE, lambda m: _compatible(m[0])))
    return plain.sub(_SPACES, " ").sub(_LINES, _line_end)


def _compatible(char: str) -> str:
    if char[-1] in "\u309b\u309c":
        char = char[0] + ("\u3099" if char[-1] == "\u309b" else "\u309a")
    if "\u2160" <= char <= "\u217f":  # Ⅲ
        return str(int(unicodedata.numeric(char)))
    normal = unicodedata.normalize("NFKC", char)
    return normal.replace("\u2044", "/").replace("\u3099", "").replace("\u309a", "")


def _line_end(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    at_border = not before or match.end() == len(match.string)
    return "" if at_border or before in "。．.！!？?…、，," else "。"


def read_waves(text: AlignedText) -> AlignedText:
    """A wave is から between words and numbers, a long vowel behind a word."""
    return text.sub(_WAVE_BETWEEN_WORDS, "から").sub(_WAVE, "ー")


def read_dashes(text: AlignedText) -> AlignedText:
    """A dash is a pause; a hyphen between kana is the sign of length, badly typed."""
    return text.sub(_DASH, "、").sub(_LONG_DASH, "ー")


def read_remaining_signs(text: AlignedText) -> AlignedText:
    """Signs that are words, brackets as pauses; what has no sound goes."""
    text = text.sub(_WORD, lambda m: _WORDS[m[0]]).sub(_ELLIPSES, "…")
    return text.sub(_BRACKETS, _bracket).sub(_KEPT, "")


def _bracket(match: re.Match[str]) -> str:
    inside = match.start() > 0 and match.end() < len(match.string)
    before = match.string[max(0, match.start() - 1) : match.start()]
    return "、" if inside and before not in "、。，．！？!?,.…：；「『（(\n" else ""


def simplify_marks(text: AlignedText) -> AlignedText:
    """One mark where several of the ASCII set stood in a row, as in the reference."""
    return text.sub(_REPEATED, r"\1")

"""Characters: one way of writing, letters and signs as words, marks as pauses."""

from __future__ import annotations

import re
import unicodedata

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.pronounce.hangul import CODAS, ONSETS, VOWELS

_CONJOINING = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]+")
_WIDE = re.compile(
    "[\uff01-\uff5e\uffa1-\uffdc\u3200-\u321e\u3260-\u327f\u2460-\u2473\uf900-\ufaff\u3380-\u33df]"
)
_KEPT_WIDE = frozenset("！？，．：；～")
_SPACES = re.compile(r"[^\S\r\n\v\f\u0085\u2028\u2029]+")
_LETTERS = {
    "A": "에이", "B": "비", "C": "시", "D": "디", "E": "이", "F": "에프", "G": "지", "H": "에이치", "I": "아이",
    "J": "제이", "K": "케이", "L": "엘", "M": "엠", "N": "엔", "O": "오", "P": "피", "Q": "큐", "R": "아르",
    "S": "에스", "T": "티", "U": "유", "V": "브이", "W": "더블유", "X": "엑스", "Y": "와이", "Z": "제트",
}  # fmt: skip
_WORDS = {
    "&": " 앤드 ", "+": " 플러스 ", "=": " 이퀄 ", "±": " 플러스마이너스 ", "×": " 곱하기 ", "÷": " 나누기 ",
    "@": " 골뱅이 ", "√": " 루트 ", "∞": " 무한대 ", "℃": "도", "%": "퍼센트", "‰": "퍼밀", "№": "넘버 ",
}  # fmt: skip
_WORD = re.compile(f"[{re.escape(''.join(_WORDS))}]")
_LETTER = re.compile("[A-Za-z]")
_LINES = re.compile(r"[ ]?[\r\n\v\f\u0085\u2028\u2029]\s*")
_MARKS = (
    (re.compile(r"[ ]*(?:\.{2,}|…+|⋯+|‥+)"), "…"),
    (re.compile(r"[，、：:；;·・]|[—–―─]+|--+|(?<= )-(?= )"), ","),
    (re.compile(r"[。．]"), "."),
    (re.compile(r"[！❗]"), "!"),
    (re.compile(r"[？❓]"), "?"),
    (re.compile(r"[/(\[{（［｛/\\]"), " "),
    (re.compile(r"(?<![가-힣ㄱ-ㅣ])-|-(?![가-힣ㄱ-ㅣ])"), " "),
)
_ONLY = re.compile(r"[^가-힣ㄱ-ㅎㅏ-ㅣ ,.!?…-]+")
_BLANKS = re.compile(r"[ ]{2,}")
_BLANK_BEFORE_MARK = re.compile(r"[ ]+(?=[,.!?…])")
_REPEATED = re.compile(r"([,.!?…])[,.!?… ]*(?=[,.!?…])[,.!?…]")
_AT_START = re.compile(r"^[ ,]+")


def clean(text: AlignedText) -> AlignedText:
    """Letters of decomposed text as syllables, full width as half width, lines as sentences."""
    text = text.sub(_WIDE, lambda m: None if m[0] in _KEPT_WIDE else _narrow(m[0]))
    text = text.sub(_CONJOINING, lambda m: _composed(m[0]))
    return text.sub(_SPACES, " ").sub(_LINES, _line_end)


def _narrow(char: str) -> str:
    normal = unicodedata.normalize("NFKC", char)
    return "" if normal.isspace() else normal


def _composed(letters: str) -> str:
    return "".join(_as_compatible(char) for char in unicodedata.normalize("NFC", letters))


def _as_compatible(char: str) -> str:
    code = ord(char)
    for first, table in ((0x1100, ONSETS), (0x1161, VOWELS), (0x11A7, CODAS)):
        if first <= code < first + len(table):
            return table[code - first]
    return char


def _line_end(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    if not before or match.end() == len(match.string):
        return ""
    return " " if before in ".!?…,。！？" else ". "


def read_letters(text: AlignedText) -> AlignedText:
    """Latin letters by their names, signs as words."""
    text = text.sub(_LETTER, lambda m: _LETTERS[m[0].upper()])
    return text.sub(_WORD, lambda m: _WORDS[m[0]])


def read_marks(text: AlignedText) -> AlignedText:
    """Leave Hangul, single blanks and marks, one where several stood in a row."""
    for pattern, mark in _MARKS:
        text = text.sub(pattern, mark)
    text = text.sub(_ONLY, "").sub(_BLANKS, " ").sub(_BLANK_BEFORE_MARK, "")
    return text.sub(_REPEATED, r"\1").sub(_AT_START, "")

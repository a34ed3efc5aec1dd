"""Cuts a text into pieces as the reference does (cut0 to cut5), or better (split).

The methods, and the steps around them, follow the reference's `TTS_infer_pack/TextPreprocessor.py`
and `text_segmentation_method.py`, whose pieces the models are known to speak well. Where the
reference raises or loses text, the pieces here are the sound ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.text.sentences.pieces import split

SPLITS = frozenset("，。？！,.?!~:：—…")
"""Signs that end a piece."""

LONGEST = 510
"""Characters of the longest piece: BERT reads 512 tokens, two of them its own."""

SHORT = 5
"""A piece below this length is joined to its neighbour."""

_SHORT_START = 4
_GROUP = 4
_LONG = 50
_NOTHING = frozenset("!?…,.- ")
_CUT5_ENDS = frozenset(",.;?!、，。？！：…")
_AT_SPLITS = re.compile(f"(?<=[{''.join(sorted(SPLITS))}])")
_BEFORE_SPLIT = re.compile(f"[^{''.join(sorted(SPLITS))}]*")
_REPEATS = re.compile(r"([!?…,.-])[!?…,.-]+")
_CUT5_PIECE = re.compile(r"(?:[^,.;?!、，。？！：…]|(?<=\d)\.(?=\d))*(?:[,.;?!、，。？！：…]|$)")


def cut(text: str, method: str, language: str = "zh") -> list[str]:
    """Pieces of `text` to be spoken one by one; [] if there is nothing to speak.

    For cut0 to cut5 a text that begins with fewer than four characters before its first sign gets
    a stop in front, pieces below five characters are joined, and each piece ends with a sign.
    Raises SettingError for an unknown method.
    """
    _check(method)
    if method == "split":
        return split(text)
    stop = "." if language == "en" else "。"
    text = _REPEATS.sub(r"\1", text).strip("\n")
    if not text:
        return []
    if text[0] not in SPLITS and len(_head(text)) < _SHORT_START:
        text = stop + text
    lines = [line for line in cut_lines(text, method).split("\n") if line not in {"", " "}]
    return list(_finish(_join_short(lines), stop))


def cut_lines(text: str, method: str) -> str:
    """The lines a method alone gives, without the steps `cut` puts around it.

    Raises SettingError for an unknown method.
    """
    _check(method)
    return "\n".join(split(text)) if method == "split" else _METHODS[method](text)


def _head(text: str) -> str:
    match = _BEFORE_SPLIT.match(text)
    return match.group().strip() if match else ""


def _cut0(text: str) -> str:
    """The whole text."""
    return "\n" if _NOTHING.issuperset(text) else text


def _cut1(text: str) -> str:
    """Four clauses a line; the last line takes what is left over."""
    text = text.strip("\n")
    clauses = _clauses(text)
    starts = range(0, len(clauses), _GROUP)
    if len(starts) < 2:  # noqa: PLR2004 (a single group)
        return _lines([text])
    groups = [clauses[start : start + _GROUP] for start in starts[:-2]]
    groups.append(clauses[starts[-2] :])
    return _lines("".join(group) for group in groups)


def _cut2(text: str) -> str:
    """As many clauses as it takes to exceed fifty characters."""
    text = text.strip("\n")
    clauses = _clauses(text)
    if len(clauses) < 2:  # noqa: PLR2004 (nothing to cut)
        return text
    lines: list[str] = []
    line: list[str] = []
    length = 0
    for clause in clauses:
        line.append(clause)
        length += len(clause)
        if length > _LONG:
            lines.append("".join(line))
            line, length = [], 0
    if line:
        lines.append("".join(line))
    if len(lines) > 1 and len(lines[-1]) < _LONG:
        lines[-2:] = [lines[-2] + lines[-1]]
    return _lines(lines)


def _cut3(text: str) -> str:
    """At each Chinese full stop, which is dropped."""
    return _lines(text.strip("\n").strip("。").split("。"))


def _cut4(text: str) -> str:
    """At each English full stop beside no digit, which is dropped."""
    return _lines(re.split(r"(?<!\d)\.(?!\d)", text.strip("\n").strip(".")))


def _cut5(text: str) -> str:
    """After every sign but a decimal point."""
    pieces = (match.group() for match in _CUT5_PIECE.finditer(text.strip("\n")))
    return "\n".join(piece for piece in pieces if not _CUT5_ENDS.issuperset(piece))


_METHODS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"cut0": _cut0, "cut1": _cut1, "cut2": _cut2, "cut3": _cut3, "cut4": _cut4, "cut5": _cut5}
)

METHODS = (*_METHODS, "split")
"""Names of the methods; `split` is this package's own and the default everywhere."""


def _check(method: str) -> None:
    if method not in METHODS:
        raise SettingError(unknown("cut method", method, METHODS))


def _clauses(text: str) -> list[str]:
    """The text divided after every sign, double signs being read as single ones first."""
    text = text.replace("……", "。").replace("——", "，")
    if not text or text[-1] not in SPLITS:
        text += "。"
    return [clause for clause in _AT_SPLITS.split(text) if clause]


def _lines(pieces: Iterable[str]) -> str:
    return "\n".join(piece for piece in pieces if not _NOTHING.issuperset(piece))


def _join_short(lines: list[str]) -> list[str]:
    """Join lines until each has `SHORT` characters; a short rest joins the last."""
    joined: list[str] = []
    waiting = ""
    for line in lines:
        waiting += line
        if len(waiting) >= SHORT:
            joined.append(waiting)
            waiting = ""
    if not waiting:
        return joined
    return [*joined[:-1], joined[-1] + waiting] if joined else [waiting]


def _finish(pieces: list[str], stop: str) -> Iterator[str]:
    """Drop what has no word character, end each piece with a sign, divide the over-long."""
    for piece in pieces:
        if not re.search(r"\w", piece):
            continue
        ended = piece if piece[-1] in SPLITS else piece + stop
        if len(ended) <= LONGEST:
            yield ended
        else:
            yield from (part for part in _divide(ended) if re.search(r"\w", part))


def _divide(text: str) -> Iterator[str]:
    """Pack clauses greedily into pieces of at most `LONGEST` characters.

    A clause that alone is longer is divided by length: BERT cannot read it otherwise.
    """
    piece = ""
    for clause in _AT_SPLITS.split(text):
        words, sign = clause[:-1], clause[-1:]
        parts = [words[i : i + LONGEST] for i in range(0, len(words), LONGEST)]
        for part in (*parts, sign):
            if len(piece) + len(part) > LONGEST:
                yield piece
                piece = ""
            piece += part
    if piece:
        yield piece

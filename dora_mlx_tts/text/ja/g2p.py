"""Phones and accents of Japanese, from the words that haqumei finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.aligned import CharSpan
from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.symbols import UNKNOWN

if TYPE_CHECKING:
    import haqumei

RISE, FALL, PAUSE = "[", "]", "_"
BORDER = UNKNOWN
"""Between accent phrases the reference has a sign its table lacks; models know it as UNK."""

_MARKS = {
    "、": ",", "，": ",", ",": ",", "：": ",", ":": ",", "；": ",", ";": ",", "。": ".", "．": ".",
    ".": ".", "！": "!", "!": "!", "？": "?", "?": "?", "…": "…", "-": "-",
}  # fmt: skip
_PIECE = re.compile(
    r"(?P<mark>[、，,：:；;。．！!？?…\-]|\.(?![0-9])|(?<![0-9])\.)|(?P<gap>\s+)"
    r"|(?P<run>(?:[^\s、，,：:；;。．！!？?…\-.]|(?<=[0-9])\.(?=[0-9])){1,400})"
)
"""A run is bounded: the engine keeps every reading of one in memory."""
_OTHER_WRITING = {
    "fy": ("f", "y"), "gw": ("g", "w"), "kw": ("k", "w"), "ty": ("t", "y"), "vy": ("by",),
}  # fmt: skip
"""Phones of loanwords that the inventory lacks."""
_SILENT = frozenset({"sp", "unk"})

Phone = tuple[str, int, int]
"""A symbol and the interval of the text it stands for."""


@cache
def _engine() -> haqumei.Haqumei:
    try:
        import haqumei  # noqa: PLC0415 (63 MB, only for Japanese)
    except ImportError as error:
        raise LanguageError(
            "Japanese text needs the extra 'ja': pip install 'dora-mlx-tts[ja]'"
        ) from error
    # ヴァ is spoken, and in the training data written, as バ
    return haqumei.Haqumei(restore_loanword_kana=False)


class JapaneseReader:
    """Reads normalized Japanese."""

    def __init__(self, *, accents: bool = True) -> None:
        """Load the engine; without `accents` UNK stands for rises and falls."""
        self._engine = _engine()
        self._rise, self._fall = (RISE, FALL) if accents else (UNKNOWN, UNKNOWN)

    def pronounce(self, text: str) -> Pronunciation:
        """Phones of a text, a mark being a phone of its own."""
        phones: list[Phone] = []
        for piece in _PIECE.finditer(text):
            if piece["mark"]:
                phones.append((_MARKS[piece["mark"]], *piece.span()))
            elif piece["run"]:
                phones.extend(self._run(piece["run"], piece.start()))
        symbols = tuple(symbol for symbol, _, _ in phones)
        spans: tuple[CharSpan, ...] = tuple((start, end) for _, start, end in phones)
        return Pronunciation(symbols, spans)

    def _run(self, text: str, offset: int) -> Iterator[Phone]:
        """Phones of a text without marks; a change of pitch inside a phrase is marked."""
        pitch: object = None
        latest = 0
        for word in self._engine.g2p_mapping_prosody(text):
            start, end = _place(word.char_span, latest, len(text))
            latest = start
            at = (offset + start, offset + end)
            for sound in word.phonemes:
                symbols = _symbols(sound)
                if sound.kind != "phoneme":
                    pitch = None
                elif symbols:
                    if pitch is not None and sound.pitch != pitch:
                        yield (self._rise if _is_high(sound) else self._fall), *at
                    pitch = sound.pitch
                for symbol in symbols:
                    yield symbol, *at


def _symbols(sound: haqumei.ProsodicPhoneme) -> tuple[str, ...]:
    """Symbols of one sound; an unvoiced vowel is written like a voiced one."""
    if sound.kind == "accent_phrase_boundary":
        return (BORDER,)
    if sound.kind == "pause":
        return (PAUSE,)
    phone = sound.phoneme
    if phone is None or phone in _SILENT:
        return ()
    return _OTHER_WRITING.get(phone, (phone.lower() if phone in "AEIOU" else phone,))


def _is_high(sound: haqumei.ProsodicPhoneme) -> bool:
    return str(sound.pitch).rpartition(".")[2] == "High"


def _place(span: CharSpan, latest: int, length: int) -> CharSpan:
    """Interval of a word in its run; a word the engine added belongs to the character before."""
    start = max(latest, min(span[0], length - 1))
    end = min(max(span[1], start), length)
    if start == end:
        start = max(latest, end - 1)
    return start, max(end, start + 1)

"""Divides a text into turns: parts of some seconds of speech, between which other texts may be spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, is_east_asian
from dora_mlx_tts.text.sentences.pieces import spoken_text
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText

TURN_LENGTH: Final = 300
"""Length of a turn in letters, about 20 seconds of speech; a Chinese character counts as three."""
_WIDE: Final = 3


def length(text: Iterable[str]) -> int:
    """Length in letters."""
    return sum(_WIDE if is_east_asian(char) else 1 for char in text)


def turns(whole: SpokenText) -> list[SpokenText]:
    """Divide a text into parts of at most `TURN_LENGTH`; endless sentences are cut between words."""
    if length(whole) <= TURN_LENGTH:
        return [whole]
    return _parts(whole.sentences) or [whole]


def _parts(sentences: Sequence[SpokenSentence]) -> list[SpokenText]:
    parts: list[list[SpokenSentence]] = []
    room = 0
    for sentence in (piece for one in sentences for piece in _cut(one)):
        size = length(sentence.text)
        if not parts or size >= room:
            parts.append([])
            room = TURN_LENGTH
        parts[-1].append(sentence)
        room -= size + 1
    return [spoken_text(" ".join(one.text for one in part), part) for part in parts]


def _cut(sentence: SpokenSentence) -> Iterator[SpokenSentence]:
    """Cut a sentence into pieces that fit into a turn."""
    if length(sentence.text) <= TURN_LENGTH:
        yield sentence
        return
    start, text = 0, sentence.text
    while start < len(text):
        end = _end(sentence, start)
        piece = sentence.part(start, end)
        if piece.text:
            yield piece
        start = end


def _end(sentence: SpokenSentence, start: int) -> int:
    """Where a piece that begins at `start` ends: at the last punctuation mark or space, never inside a reading."""
    text, room, end = sentence.text, TURN_LENGTH, start
    while end < len(text) and room > 0:
        room -= _WIDE if is_east_asian(text[end]) else 1
        end += 1
    if end == len(text):
        return end
    half = start + (end - start) // 2
    for place in (_last(text, half, end, CLAUSE_MARKS), _last(text, half, end, " ")):
        if place and not _is_inside(sentence, place):
            return place
    inside = [reading.start for reading in sentence.readings if reading.start < end < reading.end]
    return inside[0] if inside and inside[0] > start else end


def _last(text: str, start: int, end: int, wanted: Iterable[str]) -> int:
    """The index after the last of `wanted` within `start:end`; 0 if there is none."""
    return max((text.rfind(char, start, end) for char in wanted), default=-1) + 1


def _is_inside(sentence: SpokenSentence, place: int) -> bool:
    return any(reading.start < place < reading.end for reading in sentence.readings)

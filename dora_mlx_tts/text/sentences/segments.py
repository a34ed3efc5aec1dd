"""A text with notes in stretches of one rate, ended by pauses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dora_mlx_tts.text.markup.notes import Note, note, read_notes
from dora_mlx_tts.text.markup.ssml import Policy, read_markup
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that is spoken in one manner.

    Attributes:
        text: what to speak; it may hold notes about readings. Empty for a pause alone.
        pause_s: silence behind it, in seconds, beside the pause any sentence has.
        rate: factor on the speaking rate.
    """

    text: str
    pause_s: float = 0.0
    rate: float = 1.0


def segments(text: str, policy: Policy = "text") -> list[Segment]:
    """The text in stretches of one rate, ended by pauses; [] if there is nothing in it.

    `text` may hold markup, notes, or both.

    Raises:
        TextError: malformed markup, with its position, where `policy` is strict.
    """
    plain_text, notes = read_notes(read_markup(text, policy))
    found: list[Segment] = []
    start, rate = 0, 1.0
    readings: list[Note] = []
    for item in notes:
        if item.kind not in {"break", "rate"}:
            readings.append(item)
            continue
        pause = float(item.value) if item.kind == "break" else 0.0
        _add(found, _noted(plain_text, start, item.end, readings), pause, rate)
        start, readings = item.end, []
        rate = float(item.value) if item.kind == "rate" else rate
    _add(found, _noted(plain_text, start, len(plain_text), readings), 0.0, rate)
    return found


def _add(found: list[Segment], text: str, pause: float, rate: float) -> None:
    """Append a stretch; one without anything to say only lengthens the pause before it."""
    marks = "".join(CLAUSE_MARKS)
    text = text.strip() if not found else text.lstrip(marks).strip()
    if any(char.isalnum() for char in text):
        found.append(Segment(text, pause, rate))
    elif found:
        found[-1] = replace(found[-1], pause_s=found[-1].pause_s + pause)
    elif pause:
        found.append(Segment("", pause))


def _noted(text: str, start: int, end: int, readings: Iterable[Note]) -> str:
    """Characters `start:end` with their notes put back."""
    parts, done = [], start
    for item in readings:
        parts += [text[done : item.end], note(item.kind, item.value, item.end - item.start)]
        done = item.end
    return "".join([*parts, text[done:end]])

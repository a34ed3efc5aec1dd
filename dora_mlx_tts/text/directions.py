"""Applies the readings of a text to its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.text.markup.say_as import is_chinese, say
from dora_mlx_tts.text.spans import Span
from dora_mlx_tts.text.spoken import Reading

_PLAIN_WORD = re.compile("[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Directed:
    """The text to read in place of another, and the phones given for some of its words.

    Attributes:
        said: the text with the words written out that `say-as` asked for.
        readings: phones of words, by offsets in the text, in order.
    """

    said: AlignedText
    readings: tuple[Reading, ...]


def directed(text: str, readings: Iterable[Reading], main: str, lexicon: Lexicon) -> Directed:
    """Apply `say-as`, and find lexicon entries that are longer than a word."""
    said = AlignedText.of(text)
    known = sorted(readings, key=lambda reading: reading.end)
    for reading in reversed([item for item in known if item.kind == "say"]):
        said = _say(said, reading, main)
    given = [item for item in known if item.kind != "say"]
    return Directed(said, _apart([*given, *_phrases(text, lexicon)]))


def _say(said: AlignedText, reading: Reading, main: str) -> AlignedText:
    start, end = reading.start, reading.end
    old = said.text[start:end]
    new = say(old, reading.units[0], chinese=is_chinese(said.text, main))
    if new == old:
        return said
    text = said.text[:start] + new + said.text[end:]
    spans = (*said.spans[:start], *((start, end) for _ in new), *said.spans[end:])
    return AlignedText(text, spans)


def _phrases(plain: str, lexicon: Lexicon) -> list[Reading]:
    """English entries with digits, signs or spaces, which a dictionary of words cannot contain."""
    words = {w: u for w, u in lexicon.phones.get("en", {}).items() if not _PLAIN_WORD.fullmatch(w)}
    return [
        Reading(match.start(), match.end(), "arpabet", units)
        for word, units in words.items()
        for match in re.finditer(
            rf"(?<!\w){re.escape(word)}(?!\w)", plain, re.IGNORECASE | re.ASCII
        )
    ]


def _apart(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Readings in order, the first of those that overlap."""
    kept: list[Reading] = []
    for item in sorted(readings, key=lambda item: (item.start, -item.end)):
        if item.start < item.end and (not kept or kept[-1].end <= item.start):
            kept.append(item)
    return tuple(kept)


def place(reading: Reading, spans: Sequence[CharSpan]) -> CharSpan | None:
    """The interval of a derived text, whose characters come from `spans`, to which a reading applies."""
    inside = [i for i, (a, b) in enumerate(spans) if reading.start <= a < b <= reading.end]
    if not inside or inside[-1] - inside[0] >= len(inside):
        return None
    return inside[0], inside[-1] + 1


def placed(readings: Iterable[Reading], norm: AlignedText) -> list[Reading]:
    """The readings by offsets in a normalized text."""
    found = ((item, place(item, norm.spans)) for item in readings)
    return [item._replace(start=at[0], end=at[1]) for item, at in found if at is not None]


def with_own_spans(
    spans: Sequence[Span],
    readings: Iterable[tuple[Reading, CharSpan | None]],
    taking: Iterable[str],
) -> list[tuple[Span, Reading | None]]:
    """Spans of a text, with a separate span for each reading that its language cannot take.

    Args:
        spans: of the text.
        readings: readings with their positions in it.
        taking: languages that accept readings in their own alphabet.
    """
    result: list[tuple[Span, Reading | None]] = [(span, None) for span in spans]
    able = frozenset(taking)
    for item, at in readings:
        if at is None:
            continue
        holder = next((s for s in spans if s.start <= at[0] and at[1] <= s.end), None)
        if holder is not None and item.suits(holder.language) and holder.language in able:
            continue
        result = _cut_out(result, item, at)
    return result


def _cut_out(
    spans: Iterable[tuple[Span, Reading | None]], item: Reading, at: CharSpan
) -> list[tuple[Span, Reading | None]]:
    start, end = at
    result: list[tuple[Span, Reading | None]] = []
    done = False
    for span, own in spans:
        if span.end <= start or end <= span.start or own is not None:
            result.append((span, own))
            continue
        if span.start < start:
            result.append((Span(span.language, span.start, start), None))
        if not done:
            result.append((Span(item.language or span.language, start, end), item))
            done = True
        if end < span.end:
            result.append((Span(span.language, end, span.end), None))
    return result

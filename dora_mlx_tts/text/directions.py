"""What notes in a text (`notes.py`) mean for its reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.text.markup.notes import Note, read_notes
from dora_mlx_tts.text.markup.say_as import is_chinese, say
from dora_mlx_tts.text.phonemes import Given
from dora_mlx_tts.text.spans import Span

_LANGUAGES = {"pinyin": "zh", "arpabet": "en", "jyutping": "yue"}
_PLAIN_WORD = re.compile("[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Told:
    """A reading that was given for the characters `start:end` of a text."""

    start: int
    end: int
    alphabet: str
    units: tuple[str, ...]

    def suits(self, language: str) -> bool:
        """Whether words of a language can be told this; English is written in the models' phones."""
        return self.language == language or (self.alphabet == "phones" and language == "en")

    @property
    def language(self) -> str:
        """The language of its alphabet, "" if any."""
        return _LANGUAGES.get(self.alphabet, "")


@dataclass(frozen=True, slots=True)
class Directed:
    """A text without notes, what is to be read in its place, and the readings it gives.

    Attributes:
        plain: the text without notes; all offsets are in this.
        said: with the words written out that `say-as` asked for, leading back to `plain`.
        told: readings, by offsets in `plain`, in order.
    """

    plain: str
    said: AlignedText
    told: tuple[Told, ...]


def directed(text: str, main: str, lexicon: Lexicon) -> Directed:
    """Read the notes of a text, and find phrases of the lexicon that no single word is."""
    plain, notes = read_notes(text)
    said = AlignedText.of(plain)
    for note in reversed([item for item in notes if item.kind == "say"]):
        said = _say(said, note, main)
    told = [_told(item) for item in notes if item.kind in {*_LANGUAGES, "phones"}]
    told += _phrases(plain, lexicon)
    return Directed(plain, said, _apart(told))


def _say(said: AlignedText, note: Note, main: str) -> AlignedText:
    old = said.text[note.start : note.end]
    new = say(old, note.value, chinese=is_chinese(said.text, main))
    if new == old:
        return said
    span = (note.start, note.end)
    text = said.text[: note.start] + new + said.text[note.end :]
    spans = (*said.spans[: note.start], *(span for _ in new), *said.spans[note.end :])
    return AlignedText(text, spans)


def _told(note: Note) -> Told:
    return Told(note.start, note.end, note.kind, tuple(note.value.split()))


def _phrases(plain: str, lexicon: Lexicon) -> list[Told]:
    """English entries with figures, signs or blanks, which no dictionary of words can hold."""
    words = {w: u for w, u in lexicon.phones.get("en", {}).items() if not _PLAIN_WORD.fullmatch(w)}
    return [
        Told(match.start(), match.end(), "arpabet", units)
        for word, units in words.items()
        for match in re.finditer(
            rf"(?<!\w){re.escape(word)}(?!\w)", plain, re.IGNORECASE | re.ASCII
        )
    ]


def _apart(told: Iterable[Told]) -> tuple[Told, ...]:
    """Readings in order, the first of those that overlap."""
    kept: list[Told] = []
    for item in sorted(told, key=lambda item: (item.start, -item.end)):
        if item.start < item.end and (not kept or kept[-1].end <= item.start):
            kept.append(item)
    return tuple(kept)


def place(told: Told, spans: Sequence[CharSpan]) -> CharSpan | None:
    """Interval of a derived text, whose characters come from `spans`, that a reading is for."""
    inside = [i for i, (a, b) in enumerate(spans) if told.start <= a < b <= told.end]
    if not inside or inside[-1] - inside[0] >= len(inside):
        return None
    return inside[0], inside[-1] + 1


def given(told: Iterable[Told], norm: AlignedText) -> list[Given]:
    """The readings as places of a normalized text."""
    found = ((item, place(item, norm.spans)) for item in told)
    return [Given(at[0], at[1], item.units) for item, at in found if at is not None]


def with_own_spans(
    spans: Sequence[Span], told: Iterable[tuple[Told, CharSpan | None]], taking: Iterable[str]
) -> list[tuple[Span, Told | None]]:
    """Spans of a text, with a span of its own for each reading its language cannot be told.

    Args:
        spans: of the text.
        told: readings with their places in it.
        taking: languages that can be told readings in their own alphabet.
    """
    result: list[tuple[Span, Told | None]] = [(span, None) for span in spans]
    able = frozenset(taking)
    for item, at in told:
        if at is None:
            continue
        holder = next((s for s in spans if s.start <= at[0] and at[1] <= s.end), None)
        if holder is not None and item.suits(holder.language) and holder.language in able:
            continue
        result = _cut_out(result, item, at)
    return result


def _cut_out(
    spans: Iterable[tuple[Span, Told | None]], item: Told, at: CharSpan
) -> list[tuple[Span, Told | None]]:
    start, end = at
    result: list[tuple[Span, Told | None]] = []
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

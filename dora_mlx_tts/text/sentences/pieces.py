"""A text as sentences to be spoken, with the pauses and rates that its markup asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from dora_mlx_tts.text.markup.markdown_filter import MarkupFilter
from dora_mlx_tts.text.markup.ssml import Policy, SpeechMarkup, read_markup
from dora_mlx_tts.text.markup.tags import Char
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner
from dora_mlx_tts.text.sentences.split import fitted, join_quotations
from dora_mlx_tts.text.spoken import Begins, Pause, Rate, Reading, SpokenSentence, SpokenText

_BEGINS: dict[str, Begins] = {"\n": "item", "\n\n": "paragraph"}
_MARKS = "".join(sorted(CLAUSE_MARKS))


def whole_text(text: str, policy: Policy = "text", *, filters: bool = False) -> SpokenText:
    """A whole text without markup, divided into sentences.

    Args:
        text: as it was written.
        policy: what malformed speech markup is; `off` looks for none.
        filters: whether to take Markdown, tags and emoji out, too.

    Raises:
        TextError: malformed speech markup, with its position, where `policy` is strict.
    """
    chars = _filtered(text, policy) if filters else read_markup(text, policy)
    if any(char.direction for char in chars):
        return divided(_collected(chars))
    return spoken_text("".join(char.text for char in chars), _scanned(chars))


def undivided_text(text: str, policy: Policy = "text") -> list[SpokenSentence]:
    """A text without speech markup, divided by pauses and changes of rate only.

    Where there are none, its blanks and marks are kept.

    Raises:
        TextError: malformed speech markup, with its position, where `policy` is strict.
    """
    whole = _collected(read_markup(text, policy))
    parts = parts_of(whole)
    if len(parts) > 1:
        return parts
    readings = tuple(item for item in whole.directions if isinstance(item, Reading))
    return [SpokenSentence(whole.text, readings)]


def divided(text: Sentence) -> SpokenText:
    """A text that was collected without looking for the ends of its sentences."""
    found: list[SpokenSentence] = []
    for part in parts_of(text):
        sentences = [replace(one, rate=part.rate) for one in _scanned(_chars(part))]
        sentences[0] = replace(sentences[0], pause_before_s=part.pause_before_s)
        sentences[-1] = replace(sentences[-1], pause_after_s=part.pause_after_s)
        found += sentences
    return spoken_text(text.text, found)


def spoken_text(text: str, sentences: Iterable[SpokenSentence]) -> SpokenText:
    """A plain text with its sentences, in order; there are none where nothing can be spoken."""
    spoken = SpokenText(text)
    spoken.sentences = tuple(sentences)
    return spoken


def split(text: str, *, join_short: bool = True, short_parts: bool = False) -> list[str]:
    """Pieces of a text without speech markup, as `fitted`; [] if there is nothing to speak."""
    pieces = fitted(whole_text(text, "off").sentences, join_short, short_parts)
    return [piece.text for piece in pieces]


def _collected(chars: Sequence[Char]) -> Sentence:
    places = accumulate((len(char.text) for char in chars), initial=0)
    found = zip(chars, places, strict=False)
    directions = [char.direction.moved(place) for char, place in found if char.direction]
    text = "".join(char.text for char in chars)
    return Sentence(text, 0, len(text), tuple(directions))


def _chars(part: SpokenSentence) -> list[Char]:
    chars: list[Char] = []
    done = 0
    for item in part.readings:
        chars += (Char(part.text[at], at) for at in range(done, item.end))
        chars.append(Char("", item.end, direction=item.moved(-item.end)))
        done = item.end
    return [*chars, *(Char(part.text[at], at) for at in range(done, len(part.text)))]


def _scanned(chars: Iterable[Char]) -> list[SpokenSentence]:
    """The sentences of a text in which neither pauses nor rates divide anything."""
    scanner = SentenceScanner(ScannerOptions(markup=False))
    sentences = [*scanner.take(chars), *scanner.flush()]
    return [
        SpokenSentence(
            one.text,
            tuple(item for item in one.directions if isinstance(item, Reading)),
            begins=_BEGINS.get(one.gap, "") if number else "",
        )
        for number, one in enumerate(
            join_quotations(sentences) if len(sentences) > 1 else sentences
        )
    ]


def parts_of(sentence: Sentence) -> list[SpokenSentence]:
    """The stretches of a sentence that pauses and changes of rate divide, usually one."""
    found: list[SpokenSentence] = []
    waiting = 0.0  # pauses before the first stretch
    for stretch in _stretches(sentence):
        if found or waiting:  # a mark after a pause says nothing
            start = len(stretch.text) - len(stretch.text.lstrip(_MARKS))
            stretch = stretch.part(start, len(stretch.text))  # noqa: PLW2901
        if any(char.isalnum() for char in stretch.text):
            found.append(replace(stretch, pause_before_s=waiting if not found else 0.0))
        elif found:
            pause = found[-1].pause_after_s + stretch.pause_after_s
            found[-1] = replace(found[-1], pause_after_s=pause)
        else:
            waiting += stretch.pause_after_s
    if found and sentence.start:
        found[0] = replace(found[0], begins=_BEGINS.get(sentence.gap, ""))
    return found


def _stretches(sentence: Sentence) -> Iterator[SpokenSentence]:
    start, rate = 0, 1.0
    readings: list[Reading] = []
    for item in (*sentence.directions, Pause(len(sentence.text), 0.0)):
        if isinstance(item, Reading):
            readings.append(item)
            continue
        if isinstance(item, Rate) and item.factor == rate:
            continue
        pause = item.seconds if isinstance(item, Pause) else 0.0
        part = SpokenSentence(sentence.text, tuple(readings)).part(start, item.end)
        yield replace(part, pause_after_s=pause, rate=rate)
        start, readings = item.end, []
        rate = item.factor if isinstance(item, Rate) else rate


def _filtered(text: str, policy: Policy) -> list[Char]:
    """Characters to be spoken, without Markdown, tags and emoji."""
    speaks = policy != "off"
    markup = MarkupFilter(speech_tags=speaks)
    chars = [*markup.feed(text), *markup.flush()]
    answer = next((n for n in range(len(chars), 0, -1) if chars[n - 1].forgets), 0)
    chars = chars[answer:]
    if not speaks:
        return chars
    speech = SpeechMarkup(policy)
    return [*speech.feed(chars), *speech.flush()]

"""Our own way to cut a text into pieces that are spoken one by one.

A piece is one sentence where its length allows. Short sentences share a piece, long ones are
divided at clause marks into parts of like length, so that the prosody of each part is planned as a
whole. Nothing is cut inside a word, a number, an address, an abbreviation or a quotation that fits
into one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from dora_mlx_tts.text.markup.notes import CLOSE, OPEN, plain
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS, DASHES, ELLIPSES, is_east_asian
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner

LONG = 50.0
"""Length a piece should not exceed, in Han characters: about ten seconds of speech."""

MEDIUM = 30.0
"""The same where a voice was taught short sentences: about six seconds."""

SHORT = 6.0
"""Length a piece should have: below it the networks have too little to go by."""

LONGEST = 2 * LONG
"""Length beyond which a piece without any mark is divided between words."""

_LATIN_LENGTH = 0.35
"""Length of a Latin letter or digit, beside a Han character's 1."""

_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")", "【": "】"}
_PLACE = re.compile(
    rf"[{re.escape(''.join(sorted(CLAUSE_MARKS | DASHES | ELLIPSES)))}]+"
    rf"[{re.escape(''.join(sorted(CLOSERS - {chr(39), chr(34)})))}]*[ ]?"
)
_LAST_MARK = re.compile(rf"[{re.escape(''.join(sorted(CLAUSE_MARKS | DASHES)))}]+\s*$")
_WINDOW = 200
"""Han characters that are divided into words at once."""

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(
    rf"[{_HAN}]{{1,{_WINDOW}}}|{OPEN}[^{CLOSE}]*{CLOSE}|[^\s{_HAN}{OPEN}]+\s?|\s+|{OPEN}"
)
_ENDED = re.compile(rf"[^\w\s][{re.escape(''.join(sorted(CLOSERS)))}\s]*$")


def split(text: str, *, join_short: bool = True, short_parts: bool = False) -> list[str]:
    """Pieces of `text`; [] if there is nothing to speak. Each ends with a mark.

    `join_short` false leaves short sentences to themselves, for networks that end at a full stop.
    `short_parts` divides sentences into parts of six seconds that end with stops, for networks that
    lose their way in long ones, and after a part that ends with a comma.
    """
    scanner = SentenceScanner(ScannerOptions(markup=False))
    sentences = [*scanner.feed(text), *scanner.flush()]
    pieces: list[str] = []
    for group in _join_quotations(text, sentences):
        parts = _divide(group, MEDIUM if short_parts else LONG)
        pieces.extend(map(_stopped, parts) if short_parts else parts)
    return [_ended(piece) for piece in (_join_short(pieces) if join_short else pieces)]


def split_in_two(piece: str) -> list[str]:
    """A piece divided at the clause mark nearest to its middle, alone where it has none, with stops.

    For networks that lose their way: a part that ends with a comma makes some go on.
    """
    parts = _cut_evenly(piece, list(_clause_places(piece)), _length(piece) / 2)
    return [_stopped(part) for part in parts]


def _stopped(part: str) -> str:
    """A part with a stop in place of a comma or the like at its end."""
    return _ended(_LAST_MARK.sub("", part))


def _length(text: str) -> float:
    return sum(_lengths(text))


def _lengths(text: str) -> Iterator[float]:
    for char in text:
        if not char.isalnum():
            yield 0.0
        else:
            yield 1.0 if is_east_asian(char) else _LATIN_LENGTH


def _join_quotations(text: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    """Sentences, those of one quotation together while they fit into a piece."""
    group = ""
    last_end = 0
    is_open = False
    for sentence in sentences:
        between = text[last_end : sentence.start]
        fits = _length(group) + _length(sentence.text) <= LONG
        if group and is_open and fits and "\n" not in between:
            group += (" " if between else "") + sentence.text
        else:
            if group:
                yield group
            group = sentence.text
        last_end = sentence.end
        is_open = _depths(group)[-1] > 0
    if group:
        yield group


def _depths(text: str) -> list[int]:
    """For each character, how many quotations and brackets are open behind it."""
    waiting: list[str] = []
    depths: list[int] = []
    for char in text:
        if waiting and char == waiting[-1]:
            waiting.pop()
        elif char == '"':
            waiting.append(char)
        elif char in _PAIRS:
            waiting.append(_PAIRS[char])
        depths.append(len(waiting))
    return depths


def _divide(sentence: str, longest: float) -> Iterator[str]:
    """Parts of like length, at clause marks; where there are none, between words."""
    if _length(sentence) <= longest:
        yield sentence
        return
    for part in _cut_evenly(sentence, list(_clause_places(sentence)), longest):
        if _length(part) <= LONGEST:
            yield part
        else:
            *first, last = _cut_evenly(part, list(_word_places(part)), LONG)
            yield from (
                words + ("，" if is_east_asian(plain(words)[-1]) else ",") for words in first
            )
            yield last


def _cut_evenly(text: str, places: Sequence[int], longest: float) -> list[str]:
    """Cut at those places that come nearest to parts of equal length."""
    so_far = [0.0, *accumulate(_lengths(text))]
    count = int(-(-so_far[-1] // longest))
    chosen: list[int] = []
    candidates = iter(places)
    place = next(candidates, None)
    for n in range(1, count):
        target = so_far[-1] * n / count
        best: int | None = None
        while place is not None:
            if best is not None and abs(so_far[place] - target) > abs(so_far[best] - target):
                break
            best, place = place, next(candidates, None)
        if best is None:
            break
        chosen.append(best)
    return [text[a:b].strip() for a, b in pairwise([0, *chosen, len(text)])]


def _clause_places(sentence: str) -> Iterator[int]:
    """Ends of clauses outside quotations and brackets, each with something to speak."""
    depths = _depths(sentence)
    inside = depths if _quotation_fits(sentence, depths) else [0] * len(depths)
    last = 0
    for match in _PLACE.finditer(sentence):
        end = match.end()
        ascii_mark = match.group()[0].isascii()
        glued = ascii_mark and end < len(sentence) and not match.group().endswith(" ")
        if glued and not is_east_asian(sentence[end]):
            continue  # inside a number, a time or an address
        if (
            not inside[end - 1]
            and _speaks(sentence[last:end])
            and _speaks(sentence[end : end + 80])
        ):
            yield end
            last = end


def _quotation_fits(sentence: str, depths: Sequence[int]) -> bool:
    """Whether no stretch in quotation marks or brackets is too long for one piece."""
    length = 0.0
    for size, depth in zip(_lengths(sentence), depths, strict=True):
        length = length + size if depth else 0.0
        if length > LONG:
            return False
    return True


def _word_places(text: str) -> Iterator[int]:
    """Ends of words, none of them beside a digit, nor between a word and a note about it."""
    from dora_mlx_tts.text.zh.segment.words import (  # noqa: PLC0415 (loads a dictionary)
        segment,
    )

    for match in _WORD.finditer(text):
        start, end = match.span()
        if "\u3400" <= text[start] <= "\u9fff" or text[start] >= "\U00020000":
            words = [len(word) for word in segment(match.group())]
            is_cut = end - start == _WINDOW  # its last word may go on
            ends = list(accumulate(words[:-1] if is_cut else words, initial=start))
        else:
            ends = [end]
        for place in ends:
            beside = text[max(0, place - 1) : place + 1]
            if 0 < place < len(text) and not any(char.isdigit() or char == OPEN for char in beside):
                yield place


def _speaks(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _join_short(pieces: Sequence[str]) -> list[str]:
    """Let a short piece share the next one's breath, or that of the last one before it."""
    joined: list[str] = []
    for piece in pieces:
        last = joined[-1] if joined else ""
        is_end = piece is pieces[-1] and _length(piece) < SHORT
        is_short = last and (_length(last) < SHORT or is_end)
        if is_short and _ENDED.search(plain(last)) and _length(last) + _length(piece) <= LONG:
            joined[-1] = _glue(last, piece)
        else:
            joined.append(piece)
    return joined


def _glue(left: str, right: str) -> str:
    no_blank = _needs_no_blank(plain(left)[-1:]) or _needs_no_blank(right[0])
    return left + right if no_blank else f"{left} {right}"


def _needs_no_blank(char: str) -> bool:
    return is_east_asian(char) and not "\uac00" <= char <= "\ud7ff"


def _ended(piece: str) -> str:
    """The piece with a stop, unless some mark ends it."""
    said = plain(piece)
    if _ENDED.search(said):
        return piece
    return piece + ("。" if is_east_asian(said[-1]) else ".")

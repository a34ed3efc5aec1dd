"""Divides sentences into pieces that fit a voice.

A piece is one sentence if its length allows. Short sentences share a piece, long ones are divided at clause
marks into parts of similar length, so that the prosody of each part is planned as a whole. Nothing is cut
inside a word, a number, an address, an abbreviation or a quotation that fits into one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS, DASHES, ELLIPSES, is_east_asian
from dora_mlx_tts.text.sentences.scanner import Sentence
from dora_mlx_tts.text.spoken import SpokenSentence

LONG = 50.0
"""Maximum length of a piece, in Han characters: about ten seconds of speech."""

MEDIUM = 30.0
"""Likewise for a voice trained on short sentences: about six seconds."""

SHORT = 6.0
"""Minimum length of a piece: below it the networks have too little context."""

LONGEST = 2 * LONG
"""Length beyond which a piece without any mark is always divided."""

_UNMARKED = 1.2
"""A part without any mark may be so much longer than wanted before it is divided between words."""

_UNMARKED_LATIN = LONGEST / LONG
"""The same of words in Latin letters, which networks follow further."""

_LEANS_BACK = frozenset("的地得了着过们吗呢吧啊呀嘛么")
_LEANS_ON = frozenset("的把被在从对向给和与跟或是很不没第一")
_LEANING_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "with",
        "from",
        "by",
        "and",
        "or",
        "but",
        "that",
        "which",
        "who",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "not",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "this",
        "these",
    ]
)
"""Characters and words that no pause should part from what follows them, or what stands before."""

_LATIN_LENGTH = 0.35
"""Length of a Latin letter or digit; a Han character has 1."""

_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")", "【": "】"}
_PLACE = re.compile(
    rf"[{re.escape(''.join(sorted(CLAUSE_MARKS | DASHES | ELLIPSES)))}]+"
    rf"[{re.escape(''.join(sorted(CLOSERS - {chr(39), chr(34)})))}]*[ ]?"
)
_LAST_MARK = re.compile(rf"[{re.escape(''.join(sorted(CLAUSE_MARKS | DASHES)))}]+\s*$")
_WINDOW = 200
"""Han characters that are divided into words at once."""

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_HAN}]{{1,{_WINDOW}}}|[^\s{_HAN}]+\s?|\s+")
_BLANKS = re.compile(r"\s+")
_ENDED = re.compile(rf"[^\w\s][{re.escape(''.join(sorted(CLOSERS)))}\s]*$")


def join_quotations(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Sentences, those of one quotation together while they fit into a piece."""
    group: Sentence | None = None
    waiting: list[str] = []
    for sentence in sentences:
        if group and waiting and not sentence.gap.startswith("\n") and _fit(group, sentence):
            group = group.joined(sentence, " " if sentence.gap else "")
        else:
            if group:
                yield group
            group, waiting = sentence, []
        for char in sentence.text:
            _follow(char, waiting)
    if group:
        yield group


def fitted(
    sentences: Iterable[SpokenSentence], join_short: bool = True, short_parts: bool = False
) -> list[SpokenSentence]:
    """Sentences as pieces that are spoken one by one. Each ends with a mark.

    Args:
        sentences: of one text, in order.
        join_short: whether short sentences share a piece; false for networks that end at a stop.
        short_parts: whether sentences are divided into parts of six seconds that end with stops,
            for networks that lose their way in long ones, and after a part that ends with a comma.
    """
    pieces: list[SpokenSentence] = []
    for run in _runs(sentences):
        parts = [p for one in run for p in _divide(one, MEDIUM if short_parts else LONG)]
        if short_parts:
            parts = list(map(stopped, parts))
        pieces += _join_short(parts) if join_short else parts
    return list(map(_ended, pieces))


def split_in_two(piece: SpokenSentence) -> list[SpokenSentence]:
    """A piece divided at the clause mark nearest to its middle, alone where it has none, with stops.

    A long one without a mark is divided at a blank or between words. For networks that lose their way: a
    part that ends with a comma makes some go on.
    """
    length = _length(piece.text)
    parts = _cut_evenly(piece, list(_clause_places(piece.text)), length / 2)
    if len(parts) == 1 and length > MEDIUM / 2:
        parts = list(_divide_unmarked(piece, length / 2))
    return [stopped(part) for part in parts]


def _runs(sentences: Iterable[SpokenSentence]) -> Iterator[list[SpokenSentence]]:
    """Sentences of one rate with no pause of their own between them."""
    run: list[SpokenSentence] = []
    for sentence in sentences:
        pause = run and (run[-1].pause_after_s or sentence.pause_before_s)
        if run and (pause or run[-1].rate != sentence.rate):
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run


def undivided(sentence: SpokenSentence) -> SpokenSentence:
    """A sentence as one piece, whatever its length."""
    return _ended(sentence)


def clause_end(text: str, begun: int, *, short_parts: bool) -> int | None:
    """Where an unfinished sentence is divided, because it is already too long for one piece.

    Args:
        text: what is known of it.
        begun: characters of it that are already being spoken.
        short_parts: as `fitted`.

    Returns:
        The first character after a clause; None where none ends so far.
    """
    longest = MEDIUM if short_parts else LONG
    so_far = [0.0, *accumulate(_lengths(text))]
    if so_far[-1] <= longest:
        return None
    places = (place for place in _clause_places(text) if place >= begun)
    long_enough = (place for place in places if so_far[place] >= longest / 3)
    return next(long_enough, len(text) if so_far[-1] > LONGEST else None)


def stopped(part: SpokenSentence) -> SpokenSentence:
    """A part with a stop in place of a comma or the like at its end."""
    length = len(_LAST_MARK.sub("", part.text))
    return _ended(part.ended(length, "") if length < len(part.text) else part)


def _divide(sentence: SpokenSentence, longest: float) -> Iterator[SpokenSentence]:
    """Parts of like length, at clause marks; where there are none, at blanks or between words."""
    if _length(sentence.text) <= longest:
        yield sentence
        return
    for part in _cut_evenly(sentence, list(_clause_places(sentence.text)), longest):
        yield from _divide_unmarked(part, longest) if _is_too_long(part.text, longest) else [part]


def _divide_unmarked(part: SpokenSentence, longest: float) -> Iterator[SpokenSentence]:
    """Parts of like length of what has no marks, which get them: at blanks in Chinese, else between words."""
    lines = _cut_evenly(part, list(_blank_places(part.text)), longest)
    for line in lines:
        words = [line]
        if _is_too_long(line.text, longest) or len(lines) == 1:
            words = _cut_evenly(line, list(_word_places(line.text)), longest)
        for piece in words:
            is_last = line is lines[-1] and piece is words[-1]
            mark = "，" if is_east_asian(piece.text[-1]) else ","
            ended = is_last or _ENDED.search(piece.text)
            yield piece if ended else piece.ended(len(piece.text), mark)


def _is_too_long(text: str, longest: float) -> bool:
    """Whether a part without marks must be divided."""
    length = _length(text)
    han = sum(1 for char in text if is_east_asian(char))
    return length > longest * (_UNMARKED if 2 * han > length else _UNMARKED_LATIN)


def _cut_evenly(
    sentence: SpokenSentence, places: Sequence[int], longest: float
) -> list[SpokenSentence]:
    """Cut at those places that come nearest to parts of equal length."""
    so_far = [0.0, *accumulate(_lengths(sentence.text))]
    count = int(-(-so_far[-1] // longest))
    chosen: list[int] = []
    inside = {at for r in sentence.readings for at in range(r.start + 1, r.end)}
    candidates = iter([place for place in places if place not in inside])
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
    return [sentence.part(a, b) for a, b in pairwise([0, *chosen, len(sentence.text)])]


def _clause_places(sentence: str) -> Iterator[int]:
    """Ends of clauses outside quotations and brackets, each with something to speak."""
    depth = _depths(sentence)
    inside = depth if _quotation_fits(sentence, depth) else [0] * len(depth)
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


def _blank_places(text: str) -> Iterator[int]:
    """Ends of blanks that stand beside Chinese or Japanese, where they part clauses as marks do."""
    for match in _BLANKS.finditer(text):
        start, end = match.span()
        if (
            start > 0
            and end < len(text)
            and is_east_asian(text[start - 1]) | is_east_asian(text[end])
        ):
            yield end


def _word_places(text: str) -> Iterator[int]:
    """Ends of words, none of them beside a digit or where no pause can be."""
    for place in _word_ends(text):
        before = text[:place].rstrip()[-12:]
        last = before.rpartition(" ")[2].lower()
        leans = last in _LEANING_WORDS or before[-1:] in _LEANS_ON or text[place] in _LEANS_BACK
        if not leans:
            yield place


def rest_places(text: str) -> list[int]:
    """Where a speaker may rest in an unfinished sentence: ends of clauses and of words on which nothing leans."""
    return sorted({*_clause_places(text), *_word_places(text)})


def _word_ends(text: str) -> Iterator[int]:
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
            if 0 < place < len(text) and not any(char.isdigit() for char in beside):
                yield place


def _speaks(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _join_short(pieces: Sequence[SpokenSentence]) -> list[SpokenSentence]:
    """Let a short piece share the next one's breath, or that of the last one before it."""
    joined: list[SpokenSentence] = []
    for piece in pieces:
        length = _length(piece.text)
        if joined:
            last = joined[-1]
            before = _length(last.text)
            is_short = before < SHORT or (piece is pieces[-1] and length < SHORT)
            if is_short and _ENDED.search(last.text) and before + length <= LONG:
                joined[-1] = last.joined(piece, _gap(last.text[-1], piece.text[0]))
                continue
        joined.append(piece)
    return joined


def _gap(left: str, right: str) -> str:
    return "" if _needs_no_blank(left) or _needs_no_blank(right) else " "


def _needs_no_blank(char: str) -> bool:
    return is_east_asian(char) and not "\uac00" <= char <= "\ud7ff"


def _ended(piece: SpokenSentence) -> SpokenSentence:
    """The piece with a stop, unless some mark ends it."""
    text = piece.text
    if _ENDED.search(text):
        return piece
    return piece.ended(len(text), "。" if is_east_asian(text[-1]) else ".")


# Quotations, brackets and lengths


def _fit(group: Sentence, sentence: Sentence) -> bool:
    return _length(group.text) + _length(sentence.text) <= LONG


def _depths(text: str) -> list[int]:
    """For each character, how many quotations and brackets are open behind it."""
    waiting: list[str] = []
    found: list[int] = []
    for char in text:
        _follow(char, waiting)
        found.append(len(waiting))
    return found


def _quotation_fits(text: str, depth: Sequence[int]) -> bool:
    """Whether no stretch in quotation marks or brackets is too long for one piece."""
    length = 0.0
    for size, level in zip(_lengths(text), depth, strict=True):
        length = length + size if level else 0.0
        if length > LONG:
            return False
    return True


def _follow(char: str, waiting: list[str]) -> None:
    """Take one more character; `waiting` holds the signs that close what is open."""
    if waiting and char == waiting[-1]:
        waiting.pop()
    elif char == '"':
        waiting.append(char)
    elif char in _PAIRS:
        waiting.append(_PAIRS[char])


def _length(text: str) -> float:
    """Length of a text."""
    return sum(_lengths(text))


def _lengths(text: str) -> Iterator[float]:
    """Length of each character; 0 for marks and blanks."""
    for char in text:
        if not char.isalnum():
            yield 0.0
        else:
            yield 1.0 if is_east_asian(char) else _LATIN_LENGTH

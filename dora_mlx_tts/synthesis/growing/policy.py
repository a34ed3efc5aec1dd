"""Decides when to begin a growing sentence, decode more of it, make sound, rest and wait.

Pure: what is known and how long the sound that was sent still plays, to the next step. Text that comes
more slowly than it is spoken would be overtaken. Such a sentence begins only once as much of it is known
as it takes to reach the end of a usual sentence without a stop; if it runs dry all the same, it rests at
a word's end.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND
from dora_mlx_tts.text.sentences.known_words import Word


class Step(enum.Enum):
    """What to do next."""

    WAIT = "wait"
    DECODE = "decode"
    SOUND = "sound"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class GrowingLimits:
    """Where a growing sentence begins and ends.

    Attributes:
        first_words: words that are written, the last one perhaps in part, when it begins.
        first_characters: the same in Han characters.
        margin: phones before the end of what is known that are not spoken yet.
        first_margin: the same while nothing is heard, and where the sound is about to run out.
        brisk: seconds of speech that a second of writing brings, from which on the first sound
            may be short.
        first_codes: codes for that short first sound, at least.
        held: codes whose sound the generator keeps until more come.
        slow_words: words that a figure and its like take to be known.
        few: codes that are worth a step where the sound runs out.
        soon_s: sound left at which the next is made.
        hurry_s: sound left below which the smaller margin counts.
        dry_s: sound left at which a word is completed although nothing follows.
        usual_s: length of a usual sentence.
    """

    first_words: int = 4
    first_characters: int = 6
    margin: int = 8
    first_margin: int = 4
    brisk: float = 1.3
    first_codes: int = 8
    held: int = 6
    slow_words: int = 4
    few: int = 8
    soon_s: float = 0.5
    hurry_s: float = 0.25
    dry_s: float = 0.1
    usual_s: float = 4.0

    def margin_at(self, ahead_s: float, *, is_heard: bool) -> int:
        """The margin with so much sound left."""
        hurries = not is_heard or ahead_s <= self.hurry_s
        return min(self.first_margin, self.margin) if hurries else self.margin


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a growing sentence has come.

    Attributes:
        share: written of the words that it begins with, 1 and more are enough.
        arrival: seconds of speech that a second of writing brings; None while that is unknown.
        releasable: codes that may be decoded now, about.
        pending: codes that were decoded and not sounded.
        size: codes that the next window waits for.
        ahead_s: seconds that the sound sent still plays; below 0 it ended that long ago.
        interval_s: seconds from word to word.
        due_s: seconds until the next word is due at that pace; below 0 it is late.
        is_held: whether the next word takes some more to be known.
        is_heard: whether sound has left.
        is_resting: whether the last word was completed with silence.
    """

    share: float
    arrival: float | None
    releasable: int
    pending: int
    size: int
    ahead_s: float = 0.0
    interval_s: float = 0.0
    due_s: float = math.inf
    is_held: bool = False
    is_heard: bool = False
    is_resting: bool = False


def share_of(words: list[Word], limits: GrowingLimits) -> float:
    """How much of the words that a sentence begins with is written."""
    han = sum(word.is_han for word in words)
    return (len(words) - han) / limits.first_words + han / limits.first_characters


def next_step(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """What to do, and for `WAIT` after how many seconds to look again without more text."""
    if not at.is_heard or at.is_resting:
        return _beginning(at, limits)
    if at.pending >= at.size:
        return Step.SOUND, None
    is_short = at.ahead_s <= limits.soon_s
    fills = at.pending + at.releasable >= at.size
    if at.releasable and (fills or (is_short and at.releasable >= limits.few)):
        return Step.DECODE, None
    if at.pending >= limits.few and is_short:
        return Step.SOUND, None
    if at.ahead_s <= limits.dry_s:
        return _dry(at, limits)
    marks = (limits.soon_s, limits.hurry_s, limits.dry_s)
    return Step.WAIT, next(at.ahead_s - mark for mark in marks if mark < at.ahead_s)


def _dry(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """The step where the sound runs out. A rest is a pause, which a few codes put off, or a word that is due."""
    if at.pending:
        return Step.SOUND, None
    if at.releasable:
        return Step.DECODE, None
    if -limits.dry_s < at.due_s <= at.ahead_s + limits.dry_s:
        return Step.WAIT, at.due_s + limits.dry_s
    return Step.REST, None


def _beginning(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """The step of a sentence of which nothing is heard, or nothing any more.

    Codes may be decoded before enough words are written: by then there is nothing else to do.
    """
    if at.arrival is None:
        return Step.WAIT, None
    ready = at.pending + at.releasable
    words = limits.slow_words if at.is_held else 1
    until_next = limits.held + int(TOKENS_PER_SECOND * words * at.interval_s)
    first = min(at.size, max(limits.first_codes, until_next))
    needed = first if at.arrival >= limits.brisk else at.size
    needed = max(needed, round(TOKENS_PER_SECOND * limits.usual_s * (1 - at.arrival)))
    has_enough = at.pending >= needed or bool(at.pending and not at.releasable and ready >= needed)
    if has_enough:
        return (Step.SOUND if at.share >= 1 else Step.WAIT), None
    return (Step.DECODE if ready >= needed and at.releasable else Step.WAIT), None

"""Decides when to begin a growing sentence, decode more of it, synthesize, rest or wait.

Pure functions: from what is known, and how long the audio sent so far will play, to the next step. Speech would
overtake text that arrives more slowly than it is spoken. Such a sentence begins only once enough is known to
reach the end of a typical sentence without a stop; if it still runs dry, it rests at the end of a word.
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
    """Thresholds for speaking a growing sentence.

    Attributes:
        first_words: words needed to begin; the last one may be incomplete.
        first_characters: likewise in Han characters.
        margin: phones at the end of the known text that are not spoken yet.
        first_margin: likewise before anything is heard, and when audio is about to run out.
        brisk: seconds of speech per second of writing from which the first window may be short.
        first_codes: minimum number of codes for that short first window.
        held: codes whose audio the generator holds back until more come.
        figure_words: words that a figure or the like takes to settle its reading; one may come at any time.
        few: codes worth a step when audio is running out.
        soon_s: seconds of audio left at which the next window is made.
        hurry_s: seconds of audio left below which the smaller margin applies.
        dry_s: seconds of audio left at which a word is completed although nothing follows.
        usual_s: length of the rest of a typical sentence in seconds.
        longest_s: length of the longest sentence that is spoken as one.
    """

    first_words: int = 4
    first_characters: int = 6
    margin: int = 8
    first_margin: int = 4
    brisk: float = 1.3
    first_codes: int = 8
    held: int = 6
    figure_words: int = 3
    few: int = 8
    soon_s: float = 0.5
    hurry_s: float = 0.25
    dry_s: float = 0.1
    usual_s: float = 4.0
    longest_s: float = 10.0

    def margin_at(self, ahead_s: float, *, is_heard: bool) -> int:
        """The margin for this much remaining audio."""
        hurries = not is_heard or ahead_s <= self.hurry_s
        return min(self.first_margin, self.margin) if hurries else self.margin


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a growing sentence.

    Attributes:
        share: written share of the words needed to begin; 1 or more is enough.
        arrival: seconds of speech per second of writing; None if unknown.
        releasable: estimated number of codes that may be decoded now.
        pending: codes decoded but not synthesized.
        size: codes needed for the next window.
        first: codes of a first window that plays until the next one is made.
        ahead_s: seconds that the audio sent will still play; negative if it ended that long ago. Before the first
            sound, that of earlier texts.
        interval_s: seconds between words.
        wait_s: the longest time between two of the last words.
        due_s: seconds until more may be spoken, at that pace; negative if it is late.
        work_s: seconds that a stage and its window take.
        is_heard: whether audio was sent.
        is_resting: whether the last word was completed with silence.
    """

    share: float
    arrival: float | None
    releasable: int
    pending: int
    size: int
    first: int = 0
    ahead_s: float = 0.0
    interval_s: float = 0.0
    wait_s: float = 0.0
    due_s: float = math.inf
    work_s: float = 0.0
    is_heard: bool = False
    is_resting: bool = False


def share_of(words: list[Word], limits: GrowingLimits) -> float:
    """The written share of the words that a sentence needs to begin."""
    han = sum(word.is_han for word in words)
    return (len(words) - han) / limits.first_words + han / limits.first_characters


def next_step(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """What to do, and for `WAIT` after how many seconds to check again without more text."""
    if not at.is_heard or at.is_resting:
        return _beginning(at, limits)
    if at.pending >= at.size:
        return Step.SOUND, None
    soon_s = max(limits.soon_s, at.work_s + limits.dry_s)
    is_short = at.ahead_s <= soon_s
    fills = at.pending + at.releasable >= at.size
    if at.releasable and (fills or (is_short and at.releasable >= limits.few)):
        return Step.DECODE, None
    if at.pending >= limits.few and is_short:
        return Step.SOUND, None
    if at.ahead_s <= limits.dry_s:
        return _dry(at, limits)
    marks = (soon_s, limits.hurry_s, limits.dry_s)
    return Step.WAIT, min(at.ahead_s - mark for mark in marks if mark < at.ahead_s)


def will_run_dry(at: Progress, limits: GrowingLimits) -> bool:
    """Whether what is known will have been said before more of the text may be spoken."""
    known_s = at.ahead_s + (at.pending + at.releasable) / TOKENS_PER_SECOND
    return at.is_heard and at.due_s > known_s + limits.dry_s


def _dry(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """The step when audio runs out. A rest is a pause; a few codes, or words that are due, put it off."""
    if at.pending:
        return Step.SOUND, None
    if at.releasable:
        return Step.DECODE, None
    if -limits.dry_s < at.due_s <= at.ahead_s + limits.dry_s:
        return Step.WAIT, at.due_s + limits.dry_s
    return Step.REST, None


def _beginning(at: Progress, limits: GrowingLimits) -> tuple[Step, float | None]:
    """The step for a sentence that is not heard yet, or no longer.

    Codes may be decoded before enough words are written, since there is nothing else to do then.
    """
    if at.arrival is None:
        return Step.WAIT, None
    if not at.is_heard and at.ahead_s > limits.soon_s:  # nobody waits for it
        return Step.WAIT, at.ahead_s - limits.soon_s
    needed, ready = _needed(at, at.arrival, limits), at.pending + at.releasable
    has_enough = at.pending >= needed or bool(at.pending and not at.releasable and ready >= needed)
    if has_enough:
        return (Step.SOUND if at.share >= 1 else Step.WAIT), None
    return (Step.DECODE if ready >= needed and at.releasable else Step.WAIT), None


def _needed(at: Progress, arrival: float, limits: GrowingLimits) -> int:
    """Codes with which to begin: they play until more may be spoken, and sound then stays behind the text.

    A slow writer needs a reserve: for the next figure, for a wait as long as any before, and, if speech is faster
    than writing, for the rest of the sentence.
    """
    lasts_s = max(at.due_s, at.interval_s, at.wait_s)
    if arrival < limits.brisk and not at.is_resting:
        lasts_s = max(lasts_s, limits.figure_words * at.interval_s - limits.dry_s)
    lasts_s = min(lasts_s, limits.longest_s)
    needed = max(limits.first_codes, at.first, limits.held + int(TOKENS_PER_SECOND * lasts_s))
    if arrival < limits.brisk:
        needed = max(needed, at.size)
    rest_s = limits.usual_s if at.is_resting else limits.longest_s
    return max(needed, round(TOKENS_PER_SECOND * rest_s * (1 - arrival)))

"""Checks whether the codes of a sentence match its phones: finds missing, extra or repeated words.

Two paths through the phones are followed token by token. The clean path says every phone in order, with pauses
between them. The flawed path may, at a price, jump anywhere or say something that is not in the sentence. If
the flawed path explains the codes better by more than its price plus a margin, something went wrong, and that
path shows what it was and at which token it began.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.runtime.array_types import Doubles
from dora_mlx_tts.synthesis.checks.repeats import repeats_of
from dora_mlx_tts.synthesis.codes.code_table import SKIPPED
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.text.phonemes import Phonemes

_CLEAN, _FLAWED = 0, 1
_STEPS = 5  # a path advances by 0 to 4 states, which are phones and the pauses between them
_FROM_CLEAN, _AGAIN = _STEPS, _STEPS + 1  # how the flawed path got where no step leads
_ENDS = 4  # final states: the last two phones, since a final mark may be silent, and their pauses
_NEVER = -1e9
_EXCERPT = 24
_MARKS = " .,;:!?…。，、；：！？"


class Fault(enum.Enum):
    """What is wrong with a sentence's codes."""

    MISSING = "missing"
    INVENTED = "invented"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A place where the codes do not match the phones.

    Attributes:
        fault: its kind.
        since: its first token.
        detail: description for people.
        until: for extra speech, the first token that says new text again; None if none does yet.
        is_own: whether the text itself repeats this, so that one more repetition adds no other text.
    """

    fault: Fault
    since: int
    detail: str
    until: int | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """Prices and margins in nats, derived from intact and from damaged speech (docs/reliability.md).

    Attributes:
        jump: price of the first flaw.
        again: price of each further one.
        foreign: evidence that a token outside the sentence must show for some other phone before it counts.
        pause: probability of a pause after a phone.
        ended: margin by which a flaw must explain a complete sentence better.
        ahead: likewise while tokens are still being decoded.
        lag: tokens that must follow a flaw before it is believed.
        further: extra tokens for texts that repeat something, where networks lose count.
        floor: minimum nats per token of a clean sentence.
        known: share of the phones that the table must know; other languages are not checked.
        short: number of phones up to which single sounds weigh too much; such texts use the margin `few`.
        few: see `short`.
    """

    jump: float = 4.0
    again: float = 12.0
    foreign: float = 3.7
    pause: float = 0.08
    ended: float = 7.0
    ahead: float = 10.0
    lag: int = 6
    further: int = 10
    floor: float = 1.0
    known: float = 0.9
    short: int = 8
    few: float = 8.0


class ContentCheck:
    """Follows the codes of one sentence.

    Args:
        table: the pack's code table.
        phonemes: the sentence's phones.
        limits: prices and margins.

    Attributes:
        can_judge: whether the table knows the sentence's language.
        lag: lookahead in tokens.
    """

    def __init__(
        self, table: PhoneCodes, phonemes: Phonemes, limits: ContentLimits | None = None
    ) -> None:
        self.limits = limits or ContentLimits()
        self._phonemes = phonemes
        ids = np.asarray(phonemes.ids)
        anything = np.maximum(table.best - self.limits.foreign, 0.0)
        known = table.knows(ids)
        self._table = table
        self._spoken = np.where(known[:, None], table.of(ids), anything)
        repeats = repeats_of(table.kinds(ids), table.are_marks(ids))
        self._own = repeats.phones & ~_are_figures(phonemes)
        self.lag = self.limits.lag + (self.limits.further if repeats.are_many else 0)
        self.can_judge = bool(len(ids) and known.mean() >= self.limits.known)
        states = 2 * len(ids) + 1  # a pause, the first phone, a pause, … a pause
        self._from = np.arange(states) - np.arange(_STEPS)[:, None]
        self._moves = self._chances(table.moves(ids), states)
        self._from = np.maximum(self._from, 0)
        self.begin()

    def begin(self, tokens: Sequence[int] = ()) -> None:
        """Start over and follow `tokens`."""
        self._scores = np.zeros((2, 0))
        self._came: list[NDArray[np.int8]] = []
        self._sources: list[tuple[int, int]] = []
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """Add a token."""
        said = self._said(token)
        if not self._came:
            self._scores = said + self._start()
            self._came.append(np.full(said.shape, _FROM_CLEAN, np.int8))
            self._sources.append((0, 0))
            return
        ways = self._scores[:, self._from] + self._moves
        came = ways.argmax(1).astype(np.int8)
        best = ways.max(1)
        places = self._scores.argmax(1)
        first, further = self._scores[[0, 1], places] - (self.limits.jump, self.limits.again)
        entered = best[_FLAWED] < max(first, further)
        best[_FLAWED][entered] = max(first, further)
        came[_FLAWED][entered] = _FROM_CLEAN if first >= further else _AGAIN
        self._scores = best + said
        self._came.append(came)
        self._sources.append((int(places[_CLEAN]), int(places[_FLAWED])))

    @property
    def gain(self) -> float:
        """By how many nats a flaw explains the tokens so far better."""
        return float(self._scores[_FLAWED].max() - self._scores[_CLEAN].max())

    @property
    def fit(self) -> float:
        """Nats per token of the clean path so far; 0 without tokens."""
        return float(self._scores[_CLEAN].max()) / len(self._came) if self._came else 0.0

    @property
    def doubt(self) -> float:
        """Score of a complete sentence: nats by which a flaw explains it better than the text; lower is better."""
        if not self._came or not self.can_judge:
            return 0.0
        clean, flawed = self._scores
        best = max(flawed.max(), clean.max() - self.limits.jump)
        return float(best - clean[-_ENDS:].max())

    def ahead(self) -> Flaw | None:
        """The flaw that is certain by now, or None."""
        if not self._came or not self.can_judge or self.gain < self._margin(self.limits.ahead):
            return None
        flaw = self._flaw(int(self._scores[_FLAWED].argmax()))
        return flaw if len(self._came) - flaw.since >= self.limits.lag else None

    def ended(self) -> Flaw | None:
        """The flaw, given that all tokens are decoded, or None."""
        if not self._came or not self.can_judge:
            return None
        clean, flawed = self._scores
        full = float(clean[-_ENDS:].max())
        reached, last = int(clean.argmax()), int(flawed.argmax())
        mean, margin = float(clean[reached]) / len(self._came), self._margin(self.limits.ended)
        if flawed[last] - clean[reached] >= margin:
            return self._flaw(last)
        if mean < self.limits.floor and len(self._phonemes) > self.limits.short:
            return Flaw(Fault.GARBLED, 0, f"the speech is unclear ({mean:.1f} nats per token)")
        if clean[reached] - self.limits.jump - full >= margin:
            rest = self._excerpt((reached + 1) // 2, len(self._phonemes))
            return Flaw(Fault.MISSING, len(self._came), f"{rest!r} was left out at the end")
        return self._flaw(last) if flawed[last] - full >= margin else None

    def _margin(self, usual: float) -> float:
        return max(usual, self.limits.few) if len(self._phonemes) <= self.limits.short else usual

    def _chances(self, moves: tuple[Doubles, Doubles, Doubles], states: int) -> Doubles:
        """Log probabilities [steps, states] of reaching a state by advancing 0, 1, … states."""
        stay, onwards, over = moves
        leave = np.full((_STEPS, states), _NEVER)  # indexed by the state being left
        pause = self.limits.pause
        leave[0, 1::2], leave[2, 1::2] = stay, onwards + np.log(1 - pause)
        leave[1, 1::2], leave[4, 1::2] = onwards + np.log(pause), over
        leave[0, ::2], leave[1, ::2], leave[3, ::2] = 0.0, np.log(1 - SKIPPED), np.log(SKIPPED)
        return np.where(
            self._from >= 0, np.take_along_axis(leave, np.maximum(self._from, 0), axis=1), _NEVER
        )

    def _start(self) -> Doubles:
        scores = np.full((2, self._from.shape[1]), _NEVER)
        scores[_CLEAN, :2] = 0.0
        scores[_CLEAN, 3:4] = np.log(SKIPPED)
        scores[_FLAWED] = -self.limits.jump
        return scores

    def _said(self, token: int) -> Doubles:
        """The token's evidence for each state, [2, states]."""
        said = np.empty((2, self._from.shape[1]))
        said[:, 1::2] = self._spoken[:, token]
        quiet = self._table.quiet[token]
        said[_CLEAN, ::2] = quiet
        said[_FLAWED, ::2] = max(quiet, self._table.best[token] - self.limits.foreign)
        return said

    def _flaw(self, last: int) -> Flaw:
        """The first flaw of the flawed path that ends in the state `last`."""
        since, before = 0, -1
        state, way = last, [last]
        for token in range(len(self._came) - 1, -1, -1):
            came = int(self._came[token][_FLAWED][state])
            if came == _FROM_CLEAN:
                since, before = token, self._sources[token][_CLEAN] if token else -1
                break
            state = self._sources[token][_FLAWED] if came == _AGAIN else state - came
            way.append(state)
        way.reverse()
        return self._described(since, before, way)

    def _described(self, since: int, before: int, way: list[int]) -> Flaw:
        """A flaw from a token on: the paths part at the state `before`, the flawed one continues as `way`."""
        foreign = next((n for n, state in enumerate(way) if state % 2), len(way))
        resumed = way[foreign] // 2 if foreign < len(way) else len(self._phonemes)
        said = (before + 1) // 2  # phones begun so far
        anew = (n for n, state in enumerate(way) if state % 2 and state // 2 >= said)
        until = next((since + n for n in anew), None)
        is_own = bool(said and self._own[said - 1])
        if foreign:
            behind = self._excerpt(max(0, said - 6), said)
            detail = f"something was said after {behind!r} that is not in the text"
            return Flaw(Fault.INVENTED, since, detail, until, is_own)
        if resumed < said:
            detail = f"{self._excerpt(resumed, said)!r} was said again"
            return Flaw(Fault.INVENTED, since, detail, until, is_own)
        detail = f"{self._excerpt(said, resumed)!r} was left out"
        return Flaw(Fault.MISSING, since, detail)

    def _excerpt(self, first: int, end: int) -> str:
        """The text of a range of phones."""
        spans = self._phonemes.char_spans[first:end]
        text = self._phonemes.text[spans[0][0] : spans[-1][1]] if spans else ""
        text = text.strip(_MARKS) or text
        return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def _are_figures(phonemes: Phonemes) -> NDArray[np.bool_]:
    """Which phones belong to digits, where a repetition makes another number."""
    spans = (phonemes.text[start:end] for start, end in phonemes.char_spans)
    return np.array([any(char.isnumeric() for char in span) for span in spans], bool)

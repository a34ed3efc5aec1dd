"""Finds faults in generated tokens and samples.

An autoregressive model can lose its way: it repeats itself, continues after the text, stops before its end, or
speaks the reference recording again. Good output of the starter voice over 90 texts (see docs/reliability.md)
never came near these limits.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, Fault, Flaw

TOKENS_PER_SECOND = 25


class Kind(enum.Enum):
    """Why an attempt was abandoned."""

    EMPTY = "empty"
    STUCK = "stuck"
    LOOP = "loop"
    LEAK = "leak"
    TOO_SHORT = "too_short"
    CUT_OFF = "cut_off"
    NO_END = "no_end"
    MISSING = "missing"
    INVENTED = "invented"
    GARBLED = "garbled"
    NOT_FINITE = "not_finite"
    SILENT = "silent"
    CLIPPED = "clipped"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Attributes:
        kind: its kind.
        detail: description for people.
        good: number of tokens before it that may be kept.
        is_content: whether the spoken text is wrong: once that was heard, continuing cannot repair it.
        until: if tokens from `good` on are surplus, the first one that says new text; None if none does yet.
        is_own: whether the text itself repeats what was said too often.
    """

    kind: Kind
    detail: str
    good: int = 0
    is_content: bool = False
    until: int | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Thresholds of the guard. Counts are tokens of 40 ms.

    Attributes:
        stuck: how often the same token may follow itself.
        loop_times: how often a group of tokens may occur in a row; "bye bye" needs 2.
        loop_length: minimum total length of such a loop.
        loop_period: longest group to look for.
        leak: length of a run of tokens that also occurs in the prompt.
        shared: length of a run of phones shared with the prompt's text from which equal tokens are not a leak.
        slow: maximum duration as a multiple of the voice's own pace, plus `spare`.
        fast: minimum duration as a share of the voice's own pace, for more than `short` phones.
        reached: share of the phones that attention must have reached at the end.
        pace: tokens per phone, if the prompt does not show it.
        spare: additional tokens for pauses and breathing.
        short: number of phones up to which a text is too short to have a pace.
    """

    stuck: int = 15
    loop_times: int = 3
    loop_length: int = 12
    loop_period: int = 25
    leak: int = 10
    shared: int = 6
    slow: float = 3.5
    fast: float = 0.5
    reached: float = 0.55
    pace: float = 2.2
    spare: int = 50
    short: int = 12


class TokenGuard:
    """Checks the tokens of one sentence as they are decoded.

    Args:
        phones: phone ids of the sentence.
        prompt: tokens of the reference; empty for zero-shot cloning.
        prompt_phones: phone ids of the reference's transcript.
        limits: the thresholds.
        content: checks what the tokens say, if the pack has a table for that.
    """

    def __init__(
        self,
        phones: Sequence[int] | NDArray[np.int32],
        prompt: Sequence[int] | NDArray[np.int32] = (),
        prompt_phones: Sequence[int] | NDArray[np.int32] = (),
        limits: GuardLimits | None = None,
        content: ContentCheck | None = None,
    ) -> None:
        self.limits = limits or GuardLimits()
        self._content = content
        usual = self.limits.pace
        own = len(prompt) / len(prompt_phones) if len(prompt_phones) and len(prompt) else usual
        self._pace = min(max(own, 0.5 * usual), 2 * usual)
        self._phones = len(phones)
        length = self.limits.shared
        is_prompt_text = _groups(phones, length) & _groups(prompt_phones, length)
        self._copies = set() if is_prompt_text else _groups(prompt, self.limits.leak)

    @property
    def most(self) -> int:
        """Maximum number of tokens for the sentence."""
        return self.limits.spare + round(self.limits.slow * self._pace * self._phones)

    @property
    def least(self) -> int:
        """Minimum number of tokens for it."""
        if self._phones <= self.limits.short:
            return 1
        return round(self.limits.fast * self._pace * self._phones)

    @property
    def lag(self) -> int:
        """Lookahead: tokens decoded and checked before earlier ones are released."""
        return self._content.lag if self._content else 0

    def begin(self, tokens: Sequence[int]) -> None:
        """Begin an attempt with tokens that were already checked."""
        if self._content is not None:
            self._content.begin(tokens)

    def token(self, tokens: Sequence[int]) -> Problem | None:
        """The problem revealed by the last of `tokens`, or None."""
        if self._content is not None:
            self._content.add(tokens[-1])
        if len(tokens) > self.most:
            seconds = self.most / TOKENS_PER_SECOND
            detail = (
                f"the network did not end the sentence within {self.most} tokens ({seconds:.0f} s)"
            )
            return Problem(Kind.NO_END, detail, min(self.least, len(tokens)))
        problem = self._repetition(tokens)
        if problem is None and self._content is not None and self._content.can_judge:
            return content_problem(
                self._content.ahead()
            )  # pauses may equal the reference's, words may not
        return problem or self._leak(tokens)

    @property
    def doubt(self) -> float:
        """Doubt about the tokens of a whole sentence, in nats; see `ContentCheck.doubt`."""
        return self._content.doubt if self._content else 0.0

    def now(self) -> Problem | None:
        """The content problem of the tokens so far, checked again."""
        return content_problem(self._content.ahead()) if self._content else None

    def end(
        self, tokens: Sequence[int], end: End | None, reached: float | None = None
    ) -> Problem | None:
        """The problem revealed by the end of `tokens`, given the share of the phones that attention `reached`."""
        if end is not End.EOS:
            return Problem(Kind.NO_END, "the network did not end the sentence", len(tokens))
        if not tokens:
            return Problem(Kind.EMPTY, "the network produced no tokens")
        if len(tokens) < self.least:
            detail = (
                f"the network produced {len(tokens)} tokens for {self._phones} phones; at least"
                f" {self.least} are needed"
            )
            return Problem(Kind.TOO_SHORT, detail, len(tokens) // 2)
        if (
            reached is not None
            and self._phones > self.limits.short
            and reached < self.limits.reached
        ):
            detail = f"the network ended after {100 * reached:.0f} % of the phones"
            return Problem(Kind.CUT_OFF, detail, len(tokens))
        return content_problem(self._content.ended()) if self._content else None

    def _repetition(self, tokens: Sequence[int]) -> Problem | None:
        limits = self.limits
        run = _tail_equal(tokens, 1, limits.stuck)
        if run + 1 >= limits.stuck:
            detail = f"the network produced token {tokens[-1]} {run + 1} times in a row"
            return Problem(Kind.STUCK, detail, len(tokens) - run)
        for period in range(run + 2, limits.loop_period + 1):
            needed = max(limits.loop_times * period, limits.loop_length)
            if len(tokens) < needed or tokens[-1] != tokens[-1 - period]:
                continue
            if _tail_equal(tokens, period, needed) + period >= needed:
                detail = f"the network repeated {period} tokens over {needed}"
                return Problem(Kind.LOOP, detail, len(tokens) - needed + period)
        return None

    def _leak(self, tokens: Sequence[int]) -> Problem | None:
        length = self.limits.leak
        if tuple(tokens[-length:]) not in self._copies:
            return None
        detail = f"the network copied {length} tokens of the reference"
        return Problem(Kind.LEAK, detail, len(tokens) - length)


_KINDS = {
    Fault.MISSING: Kind.MISSING,
    Fault.INVENTED: Kind.INVENTED,
    Fault.GARBLED: Kind.GARBLED,
}


def content_problem(flaw: Flaw | None) -> Problem | None:
    """A flaw as a problem."""
    if flaw is None:
        return None
    kind = _KINDS[flaw.fault]
    return Problem(kind, flaw.detail, flaw.since, True, flaw.until, flaw.is_own)


def _groups(values: Sequence[int] | NDArray[np.int32], length: int) -> set[tuple[int, ...]]:
    """All runs of `length` consecutive values."""
    plain = [int(value) for value in values]
    return {tuple(plain[i : i + length]) for i in range(len(plain) - length + 1)}


def _tail_equal(tokens: Sequence[int], period: int, most: int) -> int:
    """How many tokens at the end equal those `period` before them, up to `most`."""
    count = 0
    for place in range(len(tokens) - 1, period - 1, -1):
        if tokens[place] != tokens[place - period] or count >= most:
            break
        count += 1
    return count


class SampleGuard:
    """Checks the samples of one sentence as they are produced.

    Attributes:
        peak: largest magnitude so far.
    """

    SILENCE = 10 ** (-45 / 20)
    FULL = 0.995
    CLIPPED_SHARE = 0.01

    def __init__(self) -> None:
        self.peak = 0.0
        self._count = self._full = 0

    def samples(self, samples: Samples) -> Problem | None:
        """The problem in the next samples, or None."""
        if not np.isfinite(samples).all():
            return Problem(Kind.NOT_FINITE, "the vocoder produced NaN or infinite samples")
        level = np.abs(samples)
        self.peak = max(self.peak, float(level.max(initial=0.0)))
        self._count += len(samples)
        self._full += int(np.count_nonzero(level > self.FULL))
        if self._full > self.CLIPPED_SHARE * max(self._count, 3200):
            share = 100 * self._full / self._count
            return Problem(Kind.CLIPPED, f"{share:.1f} % of the samples are at full scale")
        return None

    def end(self) -> Problem | None:
        """The problem of the sentence as a whole, or None."""
        if self.peak < self.SILENCE:
            level = 20 * np.log10(max(self.peak, 1e-9))
            return Problem(Kind.SILENT, f"the vocoder produced silence (peak {level:.0f} dB)")
        return None

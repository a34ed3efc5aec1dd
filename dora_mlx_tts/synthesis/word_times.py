"""Word times: a monotonic path through the phones, token by token.

A token's phone is determined, in order of trust, by: the codes themselves, once a table was learned
(`code_table`); attention heads of the text-to-semantic network that follow the phone being spoken (found on the
prompt, whose tokens and phones are both known); an even pace.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.models.t2s.model import T2S, T2SText
from dora_mlx_tts.models.t2s.text_attention import text_attention
from dora_mlx_tts.runtime.array_types import Doubles, Floats
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneEvidence
from dora_mlx_tts.synthesis.loading.alignment import AlignmentHeads
from dora_mlx_tts.synthesis.records import WordTiming
from dora_mlx_tts.text.phonemes import Phonemes

_MOVES = tuple(
    np.log([0.6, 0.33, 0.06, 0.008, 0.002])
)  # probabilities of advancing by 0, 1, … phones
_LEAD = 2  # tokens by which attention runs ahead of the sound
_AFTER_MARK = 2  # further tokens by which it leaves a punctuation mark before the pause ends
_FLOOR = 1e-3
_PACE = 2.2  # tokens per phone
_WIDTH = np.float32(3.0)
_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNIT = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['’.\-][^\W{_HAN}]+)*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, or a character of a language without spaces.

    Attributes:
        text: the word as written.
        span: its position in the sentence.
        first: index of its first phone.
        end: index after its last phone.
    """

    text: str
    span: tuple[int, int]
    first: int
    end: int


def units(phonemes: Phonemes) -> list[Unit]:
    """Words of a sentence that have phones, in order."""
    found: list[Unit] = []
    for match in _UNIT.finditer(phonemes.text):
        start, end = match.span()
        own = [i for i, (a, b) in enumerate(phonemes.char_spans) if a < end and b > start]
        if own and (not found or own[-1] >= found[-1].end):
            first = max(own[0], found[-1].end if found else 0)
            found.append(Unit(match.group(), (start, end), first, own[-1] + 1))
    return found


class Path:
    """The best monotonic path through the phones, extended token by token.

    Args:
        phones: number of phones.
        moves: log probabilities of advancing by 0, 1, … phones; scalars, or one per phone [m].
        ends: number of final phones at which the last token may be.
    """

    def __init__(
        self, phones: int, moves: Sequence[float | Doubles] = _MOVES, *, ends: int = 1
    ) -> None:
        self._moves = [np.broadcast_to(np.asarray(move), (phones,)) for move in moves]
        self._ends = ends
        self._scores = np.full(phones, -np.inf)
        self._steps: list[NDArray[np.int64]] = []

    def add(self, evidence: Doubles | Floats) -> None:
        """Add a token with its evidence for each phone in nats [m]."""
        if not self._steps:
            jump = len(self._moves) - 1
            begin = np.array([move[0] for move in self._moves[:jump]])[: len(evidence)]
            self._scores[:jump] = evidence[:jump] + begin
            self._steps.append(np.zeros(len(evidence), np.int64))
            return
        before = np.stack([_shifted(self._scores + move, n) for n, move in enumerate(self._moves)])
        best = before.argmax(0)
        self._scores = before.max(0) + evidence
        self._steps.append(best)

    @property
    def phone(self) -> int:
        """The likeliest phone of the newest token."""
        return int(self._scores.argmax())

    def phones(self, *, ended: bool) -> NDArray[np.int64]:
        """The phone of each token, [tokens]; if `ended`, the last token is at the last phone."""
        last = np.flatnonzero(np.isfinite(self._scores))[-self._ends :]
        phone = int(last[self._scores[last].argmax()] if ended else self._scores.argmax())
        path = np.zeros(len(self._steps), np.int64)
        for token in range(len(self._steps) - 1, -1, -1):
            path[token] = phone
            phone -= int(self._steps[token][phone])
        return path


def _shifted(scores: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    if step == 0:
        return scores
    return np.concatenate([np.full(step, -np.inf), scores])[: len(scores)]


class WordTracker:
    """Reports the words of one sentence as their sound is sent.

    Args:
        phonemes: the sentence's phones.
        seconds: seconds of audio per token.
        table: the code table, if it is informed; otherwise attention is used.
    """

    def __init__(
        self, phonemes: Phonemes, seconds: float, table: PhoneEvidence | None = None
    ) -> None:
        self._table = table
        self._lead, self._after_mark = (_LEAD, _AFTER_MARK) if table is None else (0, 0)
        self._seconds = seconds
        self._told = 0
        self._end = 0.0
        self.begin(phonemes)

    def begin(self, phonemes: Phonemes) -> None:
        """Start over from the first token, with phones that continue where the old ones ended."""
        self._units = units(phonemes)
        self._phones = np.asarray(phonemes.ids)
        moves = _MOVES if self._table is None else self._table.moves(self._phones)
        self._path = Path(len(phonemes), moves, ends=1 if self._table is None else 2)
        self._tokens = 0

    @property
    def needs_attention(self) -> bool:
        """Whether `tokens` uses the attention rows."""
        return self._table is None

    def tokens(self, codes: Sequence[int], rows: Sequence[Floats]) -> None:
        """Add tokens with their attention to the phones, one row [phones] per token."""
        if self._table is not None:
            for row in self._table.evidence(self._phones, np.array(codes, np.int32)):
                self._path.add(row)
        else:
            for attention in rows:
                self._path.add(np.log(attention + _FLOOR))
        self._tokens += len(codes)

    def words(self, until_s: float, *, ended: bool) -> list[WordTiming]:
        """Words that end before `until_s`, or all remaining ones; times from the first token."""
        told: list[WordTiming] = []
        if not self._tokens or self._told == len(self._units):
            return told
        path = self._path.phones(ended=ended)
        for number in range(self._told, len(self._units)):
            unit = self._units[number]
            start = max(self._start(number, path), self._end)
            end = max(self._time(path, unit.end, self._lead), start)
            if not ended and (end > until_s or path[-1] < unit.end):
                break
            self._end = end
            told.append(WordTiming(unit.text, start, end, *unit.span))
        self._told += len(told)
        return told

    def _start(self, number: int, path: NDArray[np.int64]) -> float:
        first = self._units[number].first
        if number == 0:
            return self._time(path, first, 0)
        pause = self._after_mark if first > self._units[number - 1].end else 0
        return self._time(path, first, self._lead + pause)

    def _time(self, path: NDArray[np.int64], phone: int, later: int) -> float:
        return min(int(np.searchsorted(path, phone)) + later, len(path)) * self._seconds


def placed(
    words: Sequence[WordTiming], offset_s: float, earliest_s: float
) -> tuple[WordTiming, ...]:
    """Words shifted by an offset, none of them before `earliest_s`."""
    return tuple(
        replace(
            word,
            start_s=max(word.start_s + offset_s, earliest_s),
            end_s=max(word.end_s + offset_s, earliest_s),
        )
        for word in words
    )


def attention_rows(
    network: T2S, text: T2SText, tokens: NDArray[np.int32], heads: AlignmentHeads, start: int
) -> Floats:
    """Attention [n, phones] of tokens [n] to the phones from `start` on, if decoding was not recorded."""
    layers = max(layer for layer, _ in heads) + 1
    stretch = slice(start, len(text.phones))
    attention = text_attention(network, text, tokens, stretch, layers)
    mean: Floats = np.mean([attention[pair] for pair in heads], axis=0)
    return mean


def expected_rows(first: int, count: int, phones: int) -> Floats:
    """Expected attention of `count` tokens from index `first` on, assuming an even pace, [count, phones]."""
    centre = (np.arange(first, first + count) / _PACE)[:, None]
    rows: Floats = np.exp(-0.5 * ((np.arange(phones) - centre) / _WIDTH) ** 2, dtype=np.float32)
    return rows

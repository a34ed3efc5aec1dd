"""Codes of an unfinished sentence, stage by stage.

A stage reads the known phones, with the previously released codes appended to the prompt's, and decodes up to a
limit among the phones. The end token is not allowed. Codes beyond the limit only serve to check those before it
and are discarded: the next stage knows more of the text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dora_mlx_tts.models.t2s.decoding import MAX_TOKENS, DecodeSettings, TokenStream, generate
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.synthesis.checks.token_guard import Problem, TokenGuard
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneEvidence
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.word_times import Path
from dora_mlx_tts.synthesis.work_clock import Work

logger = logging.getLogger(__name__)

_FORESEEN = 4
BEYOND = 6
"""Codes decoded beyond the limit, to be sure that it was passed and to let the guard check those before it."""


@dataclass(frozen=True, slots=True)
class StageTask:
    """The input of a stage.

    Attributes:
        task: text, prompt, sampling and seed.
        phones: ids of the known phones.
        limit: the first phone that must not be spoken yet.
        codes: the codes released before.
        expected: number of codes, including those released before, for the phones up to the limit at the
            voice's pace.
    """

    task: DecodeTask
    phones: np.ndarray[tuple[int], np.dtype[np.int32]]
    limit: int
    codes: tuple[int, ...]
    expected: int


@dataclass(frozen=True, slots=True)
class Released:
    """The result of a stage.

    Attributes:
        codes: the codes up to its limit.
        foreseen: the codes after it, which may change once more text is known.
    """

    codes: list[int]
    foreseen: list[int]


class StageDecoder:
    """Decodes stages.

    Args:
        network: turns text into codes.
        session: shared by the text's sentences.
        table: assigns codes to phones; None relies on the voice's pace.
    """

    def __init__(self, network: T2S, session: SpeechSession, table: PhoneEvidence | None) -> None:
        self._network, self._session, self._table = network, session, table

    def decode(self, stage: StageTask, guard: TokenGuard) -> Released:
        """New codes up to the limit; none if every attempt failed.

        Raises:
            Cancelled: the text was cancelled.
        """
        for attempt in range(stage.task.attempts):
            task = replace(stage.task, seed=(stage.task.seed + 100 * attempt) % 2**32)
            with self._session.clock.on(Work.TOKENS):
                released, problem = self._attempt(replace(stage, task=task), guard)
            if problem is None:
                return released
            self._session.meter.problem(problem.kind.value)
            logger.info("%r: %s; decoded again", task.label[:60], problem.detail)
        return Released([], [])

    def _attempt(self, stage: StageTask, guard: TokenGuard) -> tuple[Released, Problem | None]:
        task, tokens, fresh = stage.task, list(stage.codes), len(stage.codes)
        given = np.concatenate([task.prompt, np.array(tokens, np.int32)]).astype(np.int32)
        cache = self._session.cache.lend()
        cache.watch = cache.meanwhile = None
        cache.between_layers = self._session.token.check
        settings = DecodeSettings(task.sampling, min_tokens=MAX_TOKENS)
        guard.begin(tokens)
        place = self._place(stage)
        stream = generate(self._network, task.text, given, settings, seed=task.seed, cache=cache)
        try:
            for token in self._timed(stream):
                self._session.token.check()
                self._session.meter.count("tokens")
                tokens.append(token)
                problem = guard.token(tokens)
                if problem is not None:
                    return Released([], []), problem
                end = place.end(tokens)
                if end is not None:
                    return Released(tokens[fresh:end], tokens[end:]), None
        finally:
            stream.close()
            cache.between_layers = None
            self._session.meter.cache(self._session.cache.give_back())
        return Released([], []), None

    def _timed(self, stream: TokenStream) -> Iterator[int]:
        """Its tokens; the first one includes the prefill."""
        with self._session.clock.on(Work.PREFILL):
            first = next(stream, None)
        if first is not None:
            yield first
            yield from stream

    def _place(self, stage: StageTask) -> _ByPace | _ByTable:
        if self._table is None:
            return _ByPace(stage.expected)
        return _ByTable(self._table, stage)


class _ByPace:
    """Ends a stage after the number of codes that its phones take at the voice's pace."""

    def __init__(self, expected: int) -> None:
        self._expected = expected

    def end(self, tokens: list[int]) -> int | None:
        """How many tokens to keep, or None while that is unknown."""
        return self._expected if len(tokens) >= self._expected + _FORESEEN else None


class _ByTable:
    """Ends a stage once codes belong to phones at or beyond its limit."""

    def __init__(self, table: PhoneEvidence, stage: StageTask) -> None:
        self._table, self._phones, self._limit = table, stage.phones, stage.limit
        self._path = Path(len(stage.phones), table.moves(stage.phones), ends=2)
        self._fresh = len(stage.codes)
        self._beyond = 0
        if stage.codes:
            for row in table.evidence(stage.phones, np.array(stage.codes, np.int32)):
                self._path.add(row)

    def end(self, tokens: list[int]) -> int | None:
        """How many tokens to keep, or None while that is unknown."""
        self._path.add(self._table.evidence(self._phones, np.array(tokens[-1:], np.int32))[0])
        self._beyond = self._beyond + 1 if self._path.phone >= self._limit else 0
        if self._beyond < BEYOND:
            return None
        way = self._path.phones(ended=False)
        return max(self._fresh, int(np.searchsorted(way, self._limit)))

"""Tokens of one sentence, decoded and checked ahead of the sound that is made from them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import MisspokenError, SynthesisError
from dora_mlx_tts.models.t2s.attention_recorder import AttentionRecorder
from dora_mlx_tts.models.t2s.decoding import MIN_TOKENS, DecodeSettings, End, TokenStream, generate
from dora_mlx_tts.models.t2s.model import T2S, Cache, Logits, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.models.t2s.together import Prefilled, TextToRead, read_together
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.checks.token_guard import Kind, Problem, TokenGuard
from dora_mlx_tts.synthesis.company import Order
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.work_clock import Work

logger = logging.getLogger(__name__)

_LAST = 4  # tokens that show where attention ended

_MOST_SURPLUS = 40
"""Tokens (1.6 s) in which a network must come back to its text, where it says more than that."""
_DOUBT = 1.0
"""Nats of doubt (`ContentCheck.doubt`) from which an attempt that passed is compared with others."""
_MOST_COMPARED = 2
_MOST_CUTS = 3
_SILENT = 4
_NEW = 3
"""Tokens of new text by which it is believed to have come back."""

_BACK = 8
"""Tokens by which each further attempt continues from an earlier place: what came just before may have led astray."""
_STEADY = SamplingSettings(top_k=5, top_p=1.0, temperature=0.8, repetition_penalty=1.35)


@dataclass(frozen=True, slots=True, eq=False)
class DecodeTask:
    """What is to be decoded.

    Attributes:
        text: phones and features, the prompt's first.
        prompt: tokens of the reference, empty for zero-shot.
        sampling: how tokens are chosen in the first attempt.
        seed: of the draws; further attempts take the numbers that follow.
        attempts: how often to try.
        label: the sentence, for messages.
    """

    text: T2SText
    prompt: NDArray[np.int32]
    sampling: SamplingSettings
    seed: int
    attempts: int
    label: str


class GuardedTokens:
    """Decodes a sentence; attempts that go wrong are replaced without the caller noticing.

    Tokens that were taken may have been heard. So an attempt that fails later is continued from the
    last good token, and one that fails before anything was taken begins again.

    With a helper, tokens continue between two calls. What is found there counts when it is asked for, so
    that the tokens are the same without one.

    Attributes:
        tokens: everything decoded and not given up.
        rows: attention of each token to the sentence's phones; None where it could not be watched.
        taken: how many of them the caller has.
        meanwhile: work for the time in which a GPU decodes the first tokens of an attempt.
    """

    def __init__(
        self,
        network: T2S,
        task: DecodeTask,
        guard: TokenGuard,
        session: SpeechSession,
        *,
        watch: AttentionRecorder | None = None,
    ) -> None:
        self._watch, self._helper = watch, session.helper
        self._ahead: Future[Problem | None] | None = None
        self._network, self._task, self._guard = network, task, guard
        self._cache, self._meter, self._token = session.cache, session.meter, session.token
        self._clock, self._company = session.clock, session.company
        self._reading: Order[Prefilled] | None = None
        self._attempt = 0
        self._misspoken = False
        self._is_astray = False
        self._stream: TokenStream | None = None
        self._ended = False
        self.meanwhile: Callable[[], object] | None = None
        self.tokens: list[int] = []
        self.rows: list[Floats | None] = []
        self.taken = 0

    def take(self, count: int | None) -> tuple[list[int], bool]:
        """The next `count` tokens, or all, and whether they are the sentence's last.

        Raises:
            Cancelled: the text was cancelled.
            SynthesisError: all attempts failed.
        """
        wanted = None if count is None else self.taken + count
        self._secure(wanted)
        end = len(self.tokens) if wanted is None else min(wanted, len(self.tokens))
        new, self.taken = self.tokens[self.taken : end], end
        return new, self._ended and end == len(self.tokens)

    def ask(self) -> bool:
        """Ask for the sentence to be read together with others; whether that is possible."""
        if self._company is None:
            return False
        task = self._task
        one = TextToRead(self._network, task.text, task.prompt if len(task.prompt) else None)
        self._reading = self._company.ask(one, one.likeness, read_together)
        return True

    def hold(self) -> None:
        """Decode and judge the whole sentence before any of it is taken; one in doubt is compared with others.

        Raises:
            Cancelled: the text was cancelled.
            SynthesisError: all attempts failed.
        """
        self._secure(None)
        with self._clock.on(Work.TOKENS):
            self._compare()

    def _compare(self) -> None:
        """Where an attempt passed with some doubt, decode further ones and keep the best."""
        kept = self._guard.doubt, self.tokens, self.rows
        most = min(self._attempt + _MOST_COMPARED, self._task.attempts - 1)
        while kept[0] > _DOUBT and self._attempt < most:
            self._attempt += 1
            self._meter.count("compared")
            self.tokens, self.rows, self._ended = [], [], False
            problem = self._advance(None, self._token)
            self.close()
            if problem is None and self._guard.doubt < kept[0]:
                kept = self._guard.doubt, self.tokens, self.rows
        _, self.tokens, self.rows = kept
        self._ended = True

    def _secure(self, wanted: int | None) -> None:
        """Have `wanted` tokens, or all, that were judged, with those behind them that it takes."""
        until = None if wanted is None else wanted + self._guard.lag
        with self._clock.on(Work.TOKENS):
            problem = self._settle() or self._advance(until, self._token)
            while problem is not None:
                self.give_up(problem)
                problem = self._advance(until, self._token)

    def look_ahead(self, count: int | None) -> None:
        """Continue decoding while the caller makes sound; the next `take` must ask for `count`, too."""
        if self._helper is None or self._stream is None:  # the beginning of an attempt is MLX's
            return
        wanted = None if count is None else self.taken + count + self._guard.lag
        self._ahead = self._helper.start(partial(self._advance, wanted))

    def rest(self) -> list[int]:
        """After an error, the good tokens that nobody has taken, with a silence behind them."""
        self._fall_silent()
        new, self.taken = self.tokens[self.taken :], len(self.tokens)
        return new

    def begin_with(self, tokens: list[int], end: End | None) -> None:
        """Take tokens that were decoded elsewhere as the first attempt.

        Raises:
            SynthesisError: they are wrong, and there is no further attempt.
        """
        for token in tokens:
            problem = self._add(token, None)
            if problem is not None:
                break
        else:
            problem = self._end(end)
        if problem is not None:
            self.give_up(problem)

    def resume(self, tokens: list[int], taken: int) -> None:
        """Continue after tokens that were decoded and checked elsewhere, `taken` of which were heard."""
        self.tokens, self.taken = tokens, taken
        self.rows = [None] * len(tokens)

    def _fall_silent(self) -> None:
        """Let the last sound fade as it would have: a few of the silent codes that the reference ends with."""
        silent = self._task.prompt[-1:].tolist() * _SILENT
        self.tokens += silent
        self.rows += [None] * len(silent)

    def give_up(self, problem: Problem) -> None:
        """Begin another attempt because of `problem`.

        Raises:
            SynthesisError: there were enough attempts.
        """
        self.close()
        self._attempt += 1
        self._meter.problem(problem.kind.value)
        task = self._task
        self._misspoken = problem.is_content
        heard = problem.is_content and problem.good < self.taken
        if self._attempt >= task.attempts or heard:
            end = max(self.taken, min(problem.good, len(self.tokens)))
            del self.tokens[end:], self.rows[end:]
            why = "and was heard" if heard else f"{self._attempt} attempts"
            message = f"{task.label[:60]!r}: {problem.detail} ({why})"
            if problem.is_content:
                raise MisspokenError(message, heard=self.taken > 0)
            raise SynthesisError(message)
        good = min(problem.good, len(self.tokens)) - _BACK * (self._attempt - 1)
        kept = max(self.taken, good) if self.taken else 0
        self._meter.count("continuations" if kept else "restarts")
        logger.warning(
            "%s; saying it again (%d of %d)", problem.detail, self._attempt + 1, task.attempts
        )
        logger.debug("%r: %s, kept %d tokens", task.label, problem.kind.value, kept)
        del self.tokens[kept:], self.rows[kept:]
        self._ended = self._is_astray = False

    def restart(self, problem: Problem) -> None:
        """Begin another attempt with nothing kept: what was taken was not heard."""
        self.taken = 0
        self.give_up(problem)

    def close(self) -> None:
        """Stop decoding and release the cache."""
        if self._helper is not None:
            self._helper.settle()
        self._ahead = None
        if self._reading is not None and self._company is not None:
            self._company.withdraw(self._reading)
            self._reading = None
        self._release()

    def _read(self, cache: Cache) -> Logits | None:
        """Fill a cache with what was asked for; the logits, or None where nothing was."""
        reading, self._reading = self._reading, None
        if reading is None or self._company is None:
            return None
        made = self._company.fill(reading)
        cache.take_row(made.cache, made.row)
        return made.logits

    def _release(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            cache = self._cache.lend()
            cache.watch = cache.between_layers = cache.meanwhile = None
            self._meter.cache(self._cache.give_back())

    def _settle(self) -> Problem | None:
        """Stop the helper; what it found in the tokens that it decoded."""
        if self._helper is not None:
            self._helper.settle()
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead is not None else None

    def _advance(self, wanted: int | None, stop: CancelToken) -> Problem | None:
        """Decode until there are `wanted` tokens, or the end, or a problem.

        Raises:
            Cancelled: `stop` was cancelled, or the text was.
        """
        while not self._ended and (wanted is None or self._is_astray or len(self.tokens) < wanted):
            stream, token = self._next()
            if token is None:
                problem = self._end(stream.end)
                self._release()
                return problem
            self._meter.count("tokens")
            problem = self._add(token, self._watch.row() if self._watch else None)
            if problem is not None:
                return problem
            stop.check()
        return None

    def _add(self, token: int, row: Floats | None) -> Problem | None:
        """One more token; what is wrong with it, where that cannot be borne."""
        self.tokens.append(token)
        self.rows.append(row)
        problem = self._guard.token(self.tokens)
        self._is_astray = problem is not None and self._may_be_cut(problem)
        if problem is None or self._was_heard_as_own(problem):
            return None
        if not self._is_astray:
            return problem
        surplus = len(self.tokens) - problem.good
        if problem.until is None or len(self.tokens) - problem.until < _NEW:
            return problem if surplus > _MOST_SURPLUS else None
        self._is_astray = False
        return None if self._cut(problem) and self._guard.now() is None else problem

    def _end(self, end: End | None) -> Problem | None:
        """The sentence has ended; what is wrong with it, where that cannot be borne."""
        self._ended, self._is_astray = True, False
        problem, judged = self._guard.end(self.tokens, end, self._reached()), self.tokens
        for _ in range(_MOST_CUTS):
            if problem is None:
                break
            if self._was_heard_as_own(problem) and problem.until is not None:
                judged = judged[: problem.good] + judged[problem.until :]
                self._guard.begin(judged)
            elif (
                judged is not self.tokens or not self._may_be_cut(problem) or not self._cut(problem)
            ):
                break
            problem = self._guard.end(judged, end)
        return problem

    def _was_heard_as_own(self, problem: Problem) -> bool:
        """Whether what was heard once too often is what the text itself says several times."""
        return problem.is_own and problem.good < self.taken

    def _may_be_cut(self, problem: Problem) -> bool:
        """Whether a problem is nothing but surplus tokens that nobody has taken."""
        return problem.kind is Kind.INVENTED and problem.good >= self.taken

    def _cut(self, problem: Problem) -> bool:
        """Take out what says more than the text, up to where that continues or to the end."""
        end = len(self.tokens) if problem.until is None else problem.until
        if end <= problem.good or problem.good < self.taken:
            return False
        logger.debug("%r: %s; taken out", self._task.label, problem.detail)
        self._meter.count("surplus", end - problem.good)
        del self.tokens[problem.good : end], self.rows[problem.good : end]
        if problem.until is None:
            self._fall_silent()
        self._guard.begin(self.tokens)
        return True

    def _next(self) -> tuple[TokenStream, int | None]:
        """The stream and its next token; the first one takes the prefill, always on the session's thread."""
        if self._stream is not None:
            return self._stream, next(self._stream, None)
        with self._clock.on(Work.PREFILL):
            stream = self._open()
            return stream, next(stream, None)

    def _reached(self) -> float | None:
        """Share of the phones that attention came to in the last tokens."""
        rows = [row for row in self.rows[-_LAST:] if row is not None]
        if not rows or len(rows[0]) == 1:
            return None
        places = np.arange(len(rows[0])) / (len(rows[0]) - 1)
        return max(float(row @ places) for row in rows)

    def _open(self) -> TokenStream:
        task = self._task
        given = np.concatenate([task.prompt, np.array(self.tokens, np.int32)]).astype(np.int32)
        least = max(0, self._guard.least - len(self.tokens)) if self.tokens else MIN_TOKENS
        settings = DecodeSettings(self._sampling(), min_tokens=least)
        self._guard.begin(self.tokens)
        cache = self._cache.lend()
        # This may fail, and others use the cache as well: it has no hooks yet.
        logits = self._read(cache)
        cache.between_layers, cache.meanwhile = self._token.check, self.meanwhile
        if self._watch is not None:
            self._watch.forget()
            cache.watch = self._watch
        self._stream = generate(
            self._network,
            task.text,
            given if len(given) else None,
            settings,
            seed=task.seed + self._attempt,
            cache=cache,
            logits=logits,
        )
        return self._stream

    def _sampling(self) -> SamplingSettings:
        """The request's sampling, then the same with other draws, then a steadier one.

        After wrong words no attempt goes without a penalty on repetition: a network that is sure
        says "too hot to hot" with every seed.
        """
        asked = self._task.sampling
        if self._misspoken:
            penalty = max(asked.repetition_penalty, _STEADY.repetition_penalty)
            asked = replace(asked, repetition_penalty=penalty)
        if self._attempt == 0 or (self._attempt == 1 and asked.top_k > 1):
            return asked
        top_k = min(asked.top_k, _STEADY.top_k) if asked.top_k > 1 else _STEADY.top_k
        return replace(
            _STEADY, top_k=top_k, temperature=min(asked.temperature, _STEADY.temperature)
        )

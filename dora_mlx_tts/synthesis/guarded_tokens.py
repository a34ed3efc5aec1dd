"""Tokens of one sentence, decoded and checked ahead of the audio made from them."""

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

_LAST = 4  # last tokens, which show where attention ended

_MOST_SURPLUS = 40
"""Tokens (1.6 s) within which a network that says something extra must return to its text."""
_DOUBT = 1.0
"""Doubt in nats (`ContentCheck.doubt`) from which a passing attempt is compared with others."""
_MOST_COMPARED = 2
_MOST_CUTS = 3
_SILENT = 4
_NEW = 3
"""Tokens of new text needed as proof that it has returned."""

_BACK = 8
"""Tokens by which each further attempt starts earlier: what came just before may have led it astray."""
_STEADY = SamplingSettings(top_k=5, top_p=1.0, temperature=0.8, repetition_penalty=1.35)


@dataclass(frozen=True, slots=True, eq=False)
class DecodeTask:
    """A sentence to decode.

    Attributes:
        text: phones and features, those of the prompt first.
        prompt: tokens of the reference, empty for zero-shot.
        sampling: sampling settings of the first attempt.
        seed: random seed; further attempts use the following numbers.
        attempts: maximum number of attempts.
        label: the sentence, for messages.
    """

    text: T2SText
    prompt: NDArray[np.int32]
    sampling: SamplingSettings
    seed: int
    attempts: int
    label: str


class GuardedTokens:
    """Decodes a sentence, replacing attempts that go wrong without the caller noticing.

    Tokens that were taken may have been heard. So an attempt that fails later is continued from the last good
    token, and one that fails before anything was taken starts over.

    With a helper, decoding continues between calls. Its findings take effect on the next call, so the tokens
    are the same as without a helper.

    Attributes:
        tokens: everything decoded and not abandoned.
        rows: attention of each token to the sentence's phones; None if it could not be recorded.
        taken: how many of them the caller has taken.
        meanwhile: work to do while a GPU decodes the first tokens of an attempt.
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
        """Ask to batch the sentence's prefill with others; returns whether that is possible."""
        if self._company is None:
            return False
        task = self._task
        one = TextToRead(self._network, task.text, task.prompt if len(task.prompt) else None)
        self._reading = self._company.ask(one, one.likeness, read_together)
        return True

    def hold(self) -> None:
        """Decode and check the whole sentence before any of it is taken; compare doubtful attempts.

        Raises:
            Cancelled: the text was cancelled.
            SynthesisError: all attempts failed.
        """
        self._secure(None)
        with self._clock.on(Work.TOKENS):
            self._compare()

    def _compare(self) -> None:
        """If an attempt passed with some doubt, decode further ones and keep the best."""
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
        """Make sure that `wanted` tokens, or all, have been checked, with the lookahead that this needs."""
        until = None if wanted is None else wanted + self._guard.lag
        with self._clock.on(Work.TOKENS):
            problem = self._settle() or self._advance(until, self._token)
            while problem is not None:
                self.give_up(problem)
                problem = self._advance(until, self._token)

    def look_ahead(self, count: int | None) -> None:
        """Continue decoding while the caller makes audio; the next `take` must ask for the same `count`."""
        if self._helper is None or self._stream is None:  # the beginning of an attempt needs MLX
            return
        wanted = None if count is None else self.taken + count + self._guard.lag
        self._ahead = self._helper.start(partial(self._advance, wanted))

    def rest(self) -> list[int]:
        """After an error, the good tokens not taken yet, followed by silence."""
        self._fall_silent()
        new, self.taken = self.tokens[self.taken :], len(self.tokens)
        return new

    def begin_with(self, tokens: list[int], end: End | None) -> None:
        """Use tokens decoded elsewhere as the first attempt.

        Raises:
            SynthesisError: they are faulty, and no attempts are left.
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
        """Continue after tokens decoded and checked elsewhere, of which `taken` were heard."""
        self.tokens, self.taken = tokens, taken
        self.rows = [None] * len(tokens)

    def _fall_silent(self) -> None:
        """Let the last sound fade naturally: add a few of the silent codes that end the reference."""
        silent = self._task.prompt[-1:].tolist() * _SILENT
        self.tokens += silent
        self.rows += [None] * len(silent)

    def give_up(self, problem: Problem) -> None:
        """Start another attempt because of `problem`.

        Raises:
            SynthesisError: no attempts are left.
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
        """Start another attempt, keeping nothing: the taken tokens were not heard."""
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
        """Use a prefill that was asked for to fill a cache; returns the logits, or None if none was asked for."""
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
        """Stop the helper; returns the problem it found in its tokens, or None."""
        if self._helper is not None:
            self._helper.settle()
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead is not None else None

    def _advance(self, wanted: int | None, stop: CancelToken) -> Problem | None:
        """Decode until there are `wanted` tokens, the sentence ends, or a problem is found.

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
        """Add a token; returns a problem that cannot be tolerated, or None."""
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
        """End the sentence; returns a problem that cannot be tolerated, or None."""
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
        """Whether the extra repetition that was heard is of something that the text itself repeats."""
        return problem.is_own and problem.good < self.taken

    def _may_be_cut(self, problem: Problem) -> bool:
        """Whether a problem consists only of surplus tokens not taken yet."""
        return problem.kind is Kind.INVENTED and problem.good >= self.taken

    def _cut(self, problem: Problem) -> bool:
        """Remove surplus tokens, up to where the text continues or to the end."""
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
        """The stream and its next token; the first one includes the prefill, always on the session's thread."""
        if self._stream is not None:
            return self._stream, next(self._stream, None)
        with self._clock.on(Work.PREFILL):
            stream = self._open()
            return stream, next(stream, None)

    def _reached(self) -> float | None:
        """Share of the phones that attention reached in the last tokens."""
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
        # This may fail, and other texts share the cache: it has no hooks yet.
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
        """The request's sampling settings, then the same with another seed, then steadier ones.

        After wrong words every attempt has a repetition penalty: a confident network says "too hot to hot" with
        every seed.
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

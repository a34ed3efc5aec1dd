"""The trial of a decoding kernel on the user's device: is it equal to the plain version, and faster?

A kernel may be wrong or slow on a GPU, or with a version of MLX, on which it was never tested. So before a
network first decodes with one, both versions decode the same tokens: the chosen tokens must be equal, logits
after many steps nearly so, and the kernel must take less time. `VerdictStore` keeps the result.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import SettingError, TtsError
from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.models.t2s.kv_cache import MlxCache
from dora_mlx_tts.models.t2s.model import T2S, T2SText
from dora_mlx_tts.models.t2s.sampling import (
    Sampler,
    SamplingSettings,
    apply_temperature,
    penalise,
    probabilities,
    race,
    softmax,
)
from dora_mlx_tts.models.t2s.step_kernel import LAUNCH, OwnKernel, StepDecoder
from dora_mlx_tts.runtime.array_types import Floats, Ids
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.runtime.kernel_verdicts import Verdict, VerdictStore, platform_key

logger = logging.getLogger(__name__)

TOLERANCE = {mx.float32: 5e-3, mx.float16: 1e-2, mx.bfloat16: 4e-2}
"""Allowed relative difference of logits; float32 products may run in TF32 on a GPU.

The starter's own steps in float16 differ from those in float32 by 0.3 %.
"""
_NEAR_TIE = 0.9  # share of the winner's score from which a token counts as well chosen
_USUAL = (150, 90)  # phones, prompt tokens
_SHORT = (4, 2)  # short enough to reveal a single position lost or read twice
_LAUNCHES = 4  # the first one is not timed
_NEVER = 10**6  # minimum number of tokens, so that there is no end
_SAMPLINGS = (
    SamplingSettings(top_k=15),
    SamplingSettings(top_k=5, temperature=0.7, repetition_penalty=2.0),
    SamplingSettings(top_k=1),
)

Clock = Callable[[], float]
Flags = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


class TestedKernel:
    """A kernel that is used for a number of rows once a trial has shown it equal and faster.

    Args:
        kernel: the kernel; it must be loaded before anything is decoded.
        store: stores verdicts.
        clock: measures seconds.
    """

    __test__ = False  # not a test, in spite of its name

    def __init__(
        self, kernel: OwnKernel, store: VerdictStore, *, clock: Clock = time.perf_counter
    ) -> None:
        self._kernel, self._store, self._clock = kernel, store, clock
        self._platform: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """The kernel's."""
        return self._kernel.name

    def load(self, model: T2S) -> None:
        """Convert the network's parameters to the kernel's layout."""
        self._kernel.load(model)

    def is_refused(self, config: T2SConfig, backend: Backend, dtype: mx.Dtype) -> bool:
        """Whether a single row of such a network is known to run better without it."""
        rows = self._kernel.compiled_rows(1)
        verdict = self._store.get(self._key(config, backend, dtype, rows))
        return verdict is not None and not verdict.is_used

    def allows(self, model: T2S, rows: int) -> bool:
        """Whether it may decode this many rows; the first call runs a trial."""
        compiled = self._kernel.compiled_rows(rows)
        return compiled > 0 and self.verdict(model, compiled).is_used

    def verdict(self, model: T2S, rows: int) -> Verdict:
        """The known verdict for this many rows, or the result of a trial now."""
        key = self._key(model.config, model.backend, model.ar_predict_layer.weight.dtype, rows)
        known = self._store.get(key) or self._store.begin(key)
        if known is not None:
            return known
        try:
            verdict = self._try(model, rows)
        except BaseException:  # interrupted by the user: the kernel is not to blame
            self._store.abandon(key)
            raise
        self._store.put(key, verdict, lasting=verdict.difference is not None)
        return verdict

    def decoder(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        min_tokens: int,
    ) -> StepDecoder:
        """A decoder; arguments and errors are those of `StepKernel.decoder`."""
        return self._kernel.decoder(model, cache, logits, sampling, prompt, min_tokens)

    def _try(self, model: T2S, rows: int) -> Verdict:
        try:
            verdict = Trial(model, self._kernel, rows, self._clock).run()
        except (TtsError, RuntimeError, ValueError) as error:  # MLX raises these two
            verdict = Verdict(False, f"it failed: {str(error)[:300]}")
        level = logging.INFO if verdict.is_used else logging.WARNING
        used = "is used" if verdict.is_used else "is not used"
        logger.log(level, "kernel %s %s for %d rows: %s", self.name, used, rows, verdict.reason)
        return verdict

    def _key(
        self, config: T2SConfig, backend: Backend, dtype: mx.Dtype, rows: int
    ) -> dict[str, str]:
        if self._platform is None:
            self._platform = platform_key()
        sizes = (
            config.channels, config.heads, config.feed_forward, config.layers, config.vocabulary
        )  # fmt: skip
        return {
            **self._platform,
            "kernel": self.name,
            "source": hashlib.sha256(self._kernel.source.encode()).hexdigest()[:16],
            "network": "x".join(map(str, sizes)),
            "dtype": str(dtype).rpartition(".")[2],
            "backend": backend.value,
            "rows": str(rows),
        }


class Trial:
    """One comparison of a kernel with the plain version.

    Args:
        model: the network, loaded.
        kernel: the kernel, loaded.
        rows: number of texts in the batch.
        clock: measures seconds.
    """

    def __init__(self, model: T2S, kernel: OwnKernel, rows: int, clock: Clock) -> None:
        self._model, self._kernel, self._rows, self._clock = model, kernel, rows, clock
        self._generator = np.random.default_rng(1)
        self._texts: list[T2SText] = []
        self._prompt = np.zeros(0, np.int32)
        self._read(*_USUAL)

    def _read(self, phones: int, prompt: int) -> None:
        """Choose the input to read before decoding; each further row is one phone longer."""
        draw, config = self._generator.integers, self._model.config
        self._texts = [
            T2SText(draw(0, config.phones, phones + row).astype(np.int32))
            for row in range(self._rows)
        ]
        self._prompt = draw(0, config.eos, prompt).astype(np.int32)

    def run(self) -> Verdict:
        """Compare and time.

        Raises:
            TtsError: the kernel gave up.
            RuntimeError, ValueError: MLX could not compile or run it.
        """
        for sampling in _SAMPLINGS:
            if not self._same_choice(sampling):
                return Verdict(False, "it chooses other tokens from the same logits", 1.0)
        usual, chosen, kernel_s = self._compare()
        plain_s = self._plain_seconds()
        self._read(*_SHORT)
        short, chosen_too, _ = self._compare()
        difference = float(np.maximum(usual, short))  # NaN, if one is
        return self._verdict(difference, chosen and chosen_too, 1000 * kernel_s, 1000 * plain_s)

    def _compare(self) -> tuple[float, bool, float]:
        """Difference of the last logits, whether all tokens were well chosen, and the kernel's seconds per token."""
        logits, cache = self._prefilled()
        decoder = self._decoder(cache, logits, _SAMPLINGS[0])
        draws = [self._draws(LAUNCH) for _ in range(_LAUNCHES)]
        tokens, kernel_s = self._kernel_tokens(decoder, draws)
        plain, chosen = self._plain_logits(logits, cache, tokens, np.concatenate(draws))
        return _difference(_host(decoder.logits), plain), chosen, kernel_s

    def _verdict(
        self, difference: float, chosen: bool, kernel_ms: float, plain_ms: float
    ) -> Verdict:
        allowed = TOLERANCE.get(self._model.ar_predict_layer.weight.dtype, 0.0)
        measured = (difference, kernel_ms, plain_ms)
        times = f"{kernel_ms:.2f} ms per token, MLX's layers {plain_ms:.2f}"
        if not difference <= allowed:  # NaN, too
            reason = f"its logits differ by {difference:.2%}, more than {allowed:.2%}"
            return Verdict(False, reason, *measured)
        if not chosen:
            return Verdict(False, "it chooses tokens that its logits do not justify", *measured)
        if kernel_ms >= plain_ms:
            return Verdict(False, f"it is not faster: {times}", *measured)
        return Verdict(True, f"its logits differ by {difference:.3%}; {times}", *measured)

    def _same_choice(self, sampling: SamplingSettings) -> bool:
        """Whether it chooses the same token from given logits as `Sampler`."""
        shape = (self._rows, self._model.config.vocabulary)
        logits = self._generator.normal(0, 4, shape).astype(np.float32)
        draws = self._draws(1)
        _, cache = self._prefilled()
        decoder = self._decoder(cache, mx.array(logits), sampling)
        tokens, _ = decoder.read(decoder.decode(mx.array(draws)))
        best, _ = self._scores(logits, draws[0], self._seen(), sampling)
        return bool(np.array_equal(tokens[0], best))

    def _prefilled(self) -> tuple[mx.array, MlxCache]:
        logits, cache = self._model.prefill(self._texts, self._prompt)
        if not isinstance(cache, MlxCache) or not isinstance(logits, mx.array):
            raise SettingError("a kernel decodes on a GPU only")
        return logits, cache

    def _decoder(
        self, cache: MlxCache, logits: mx.array, sampling: SamplingSettings
    ) -> StepDecoder:
        return self._kernel.decoder(self._model, cache, logits, sampling, self._prompt, _NEVER)

    def _draws(self, count: int) -> Floats:
        shape = (count, self._rows, self._model.config.vocabulary)
        return self._generator.standard_exponential(shape, np.float32)

    def _seen(self) -> Flags:
        seen = np.zeros((self._rows, self._model.config.vocabulary), np.bool_)
        seen[:, self._prompt] = True
        return seen

    def _kernel_tokens(self, decoder: StepDecoder, draws: Sequence[Floats]) -> tuple[Ids, float]:
        """Tokens [N, B] of all launches, and seconds per token of the fastest launch."""
        found, best = [], float("inf")
        for index, numbers in enumerate(map(mx.array, draws)):
            mx.eval(numbers)
            start = self._clock()
            tokens, _ = decoder.read(decoder.decode(numbers))
            found.append(tokens)
            if index:
                best = min(best, (self._clock() - start) / LAUNCH)
        return np.concatenate(found), best

    def _plain_logits(
        self, logits: mx.array, cache: MlxCache, tokens: Ids, draws: Floats
    ) -> tuple[Floats, bool]:
        """The plain version on the kernel's `tokens`: its last logits, and whether each token was well chosen."""
        seen, chosen = self._seen(), True
        for step, given in enumerate(tokens):
            chosen = chosen and self._is_good(_host(logits), draws[step], seen, given)
            seen[np.arange(self._rows), given] = True
            logits = self._step(given, cache)
        return _host(logits), chosen

    def _plain_seconds(self) -> float:
        """Seconds per token of the plain version, decoding like the loop without a kernel."""
        logits, cache = self._prefilled()
        vocabulary, seeds = self._model.config.vocabulary, [1] * self._rows
        sampler = Sampler(_SAMPLINGS[0], vocabulary, self._prompt, seeds, on_device=True)
        best = float("inf")
        for launch in range(_LAUNCHES):
            start = self._clock()
            for _ in range(LAUNCH):
                picks = sampler(logits, may_end=False)
                logits = self._step(picks.tokens, cache)
                mx.async_eval(logits, picks.tokens, picks.best)  # type: ignore[no-untyped-call]  # MLX stub
                np.array(picks.tokens)
            mx.eval(logits)
            if launch:
                best = min(best, (self._clock() - start) / LAUNCH)
        return best

    def _step(self, tokens: mx.array | Ids, cache: MlxCache) -> mx.array:
        logits = self._model.step(mx.array(tokens), cache)
        assert isinstance(logits, mx.array)  # noqa: S101  an MLX cache
        return logits

    def _is_good(self, logits: Floats, draws: Floats, seen: Flags, tokens: Ids) -> bool:
        best, scores = self._scores(logits, draws, seen, _SAMPLINGS[0])
        winner = np.take_along_axis(scores, best[:, None], axis=-1)
        taken = np.take_along_axis(scores, tokens[:, None].astype(np.int64), axis=-1)
        return bool(np.all(taken >= _NEAR_TIE * winner))

    def _scores(
        self, logits: Floats, draws: Floats, seen: Flags, sampling: SamplingSettings
    ) -> tuple[Ids, Floats]:
        """Tokens [B] that win the draw, and the score of every token [B, V], without `top_k`."""
        size = self._model.config.eos  # the end token may not be drawn
        pushed = penalise(np, logits[:, :size], seen[:, :size], sampling.repetition_penalty)
        if sampling.top_k == 1:
            return np.argmax(pushed, axis=-1), pushed
        times = np.maximum(draws[:, :size], 1e-30)
        best = race(np, probabilities(np, pushed, sampling), times)
        return best, softmax(np, apply_temperature(np, pushed, sampling.temperature)) / times


def _host(logits: mx.array) -> Floats:
    return np.array(logits.astype(mx.float32))


def _difference(found: Floats, wanted: Floats) -> float:
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))

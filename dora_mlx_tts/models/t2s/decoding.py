"""The decoding loops: from a prepared network to a stream of semantic tokens.

Both loops follow the reference's rules: at least 11 tokens; they end when the end token is drawn or is the most
probable one, when there are more tokens than the caller expects, or after 1500 tokens. The reference loses one
token in either of the last two cases (the first one for single texts, the last one in a batch); here every
decoded token is kept.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import EmptyTextError, SettingError, SynthesisError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.t2s.kv_cache import MlxCache
from dora_mlx_tts.models.t2s.model import T2S, Cache, Logits, T2SText
from dora_mlx_tts.models.t2s.sampling import Picks, Sampler, SamplingSettings
from dora_mlx_tts.models.t2s.step_kernel import LAUNCH, StepDecoder
from dora_mlx_tts.runtime.array_types import Ids
from dora_mlx_tts.runtime.device import Backend

MIN_TOKENS = 11
"""Minimum number of tokens before the end."""
MAX_TOKENS = 1500
"""Maximum number of tokens: a minute of speech."""


class End(enum.Enum):
    """How decoding ended.

    EOS: by the end token. EARLY_STOP: after more tokens than expected. LIMIT: after 1500 tokens.
    """

    EOS = "eos"
    EARLY_STOP = "early_stop"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How to decode.

    Attributes:
        sampling: how tokens are chosen.
        early_stop: stop as soon as there are more tokens than this; None only applies the limit of 1500.
        min_tokens: minimum number of tokens before the end; 0 for a sentence that is continued.

    Raises:
        SettingError: `early_stop` is below 1, or `min_tokens` is below 0.
    """

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    early_stop: int | None = None
    min_tokens: int = MIN_TOKENS

    def __post_init__(self) -> None:
        if self.early_stop is not None and self.early_stop < 1:
            raise SettingError(must_be("early_stop", "an integer from 1", self.early_stop))
        if self.min_tokens < 0:
            raise SettingError(must_be("min_tokens", "an integer from 0", self.min_tokens))


class TokenStream(Iterator[int]):
    """Tokens of one text as they are decoded; closing it stops decoding and frees the cache.

    Attributes:
        end: how it ended; None while it continues, and if it was closed.
        count: number of tokens produced.
    """

    def __init__(self, rows: BatchStream) -> None:
        self._rows = rows
        self.count = 0

    @property
    def end(self) -> End | None:
        """How decoding ended; None while it continues."""
        return self._rows.ends[0]

    def __iter__(self) -> TokenStream:
        return self

    def __next__(self) -> int:
        _, token = next(self._rows)
        self.count += 1
        return token

    def close(self) -> None:
        """Stop decoding and free the cache."""
        self._rows.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class BatchStream(Iterator[tuple[int, int]]):
    """(row, token) pairs of several texts as they are decoded, one token per row and step.

    A row that has ended leaves the batch, so the others get faster.

    Attributes:
        ends: how each row ended; None while it continues, or if the stream was closed first.
    """

    def __init__(
        self,
        model: T2S,
        texts: Sequence[T2SText],
        prompt: Ids | None,
        settings: DecodeSettings,
        seeds: Sequence[int | None],
        cache: Cache | None,
        *,
        logits: Logits | None = None,
    ) -> None:
        if not texts:
            raise EmptyTextError("no texts to speak")
        for text in texts:
            model.check(text, prompt)
        if len(seeds) != len(texts):
            raise SettingError(must_be("seeds", f"{len(texts)}, one per text", len(seeds)))
        self.ends: list[End | None] = [None] * len(texts)
        self._model, self._settings, self._cache = model, settings, cache
        self._owns_cache = cache is None
        self._sampler = Sampler(
            settings.sampling,
            model.config.vocabulary,
            () if prompt is None else prompt,
            seeds,
            on_device=model.backend is not Backend.CPU,
        )
        self._first = logits
        self._pairs = self._decode(texts, prompt)

    def __iter__(self) -> BatchStream:
        return self

    def __next__(self) -> tuple[int, int]:
        return next(self._pairs)

    def close(self) -> None:
        """Stop decoding; frees the cache, or empties a borrowed one."""
        self._pairs.close()  # type: ignore[attr-defined]  # a generator, declared as an iterator
        self._release()

    def _decode(self, texts: Sequence[T2SText], prompt: Ids | None) -> Iterator[tuple[int, int]]:
        try:
            logits, self._first = self._first, None
            if logits is None:
                logits, self._cache = self._model.prefill(texts, prompt, self._cache)
            finite = _finite(logits)
            decoder = self._fused(logits, prompt)
            if decoder is not None:
                yield from self._launches(decoder, finite)
                return
            _require(finite)
            rows = list(range(len(texts)))
            for count in range(1, MAX_TOKENS + 1):
                picks = self._sampler(logits, may_end=count > self._settings.min_tokens)
                ahead = self._step_ahead(picks, count)
                tokens, ended = self._read(picks)
                going = []
                for place, row in enumerate(rows):
                    self.ends[row] = End.EOS if ended[place] else self._end_after(count)
                    if not ended[place]:
                        yield row, int(tokens[place])
                    if self.ends[row] is None:
                        going.append(place)
                if not going:
                    return
                logits = self._advance(ahead, tokens, going, len(rows))
                rows = [rows[place] for place in going]
        finally:
            self._release()

    def _fused(self, logits: Logits, prompt: Ids | None) -> StepDecoder | None:
        """A decoder that runs whole steps in a kernel, if this network has one that may be used."""
        cache, sampling, kernel = self._filled(), self._settings.sampling, self._model.kernel
        if kernel is None or not isinstance(cache, MlxCache) or not isinstance(logits, mx.array):
            return None
        if sampling.top_p < 1 or not kernel.allows(self._model, cache.rows):
            return None
        seen = () if prompt is None else prompt
        least = self._settings.min_tokens
        return kernel.decoder(self._model, cache, logits, sampling, seen, least)

    def _launches(self, decoder: StepDecoder, finite: Logits) -> Iterator[tuple[int, int]]:
        """The same loop, several tokens at a time; one launch is always ahead of the host.

        The first one is sent while the device is still reading.
        """
        count, going = 0, list(range(len(self.ends)))
        ahead = self._launch(decoder)
        _require(finite)
        while going:
            now, ahead = ahead, self._launch(decoder)
            self._use_the_wait()
            for tokens, ended in zip(*decoder.read(now), strict=True):
                count += 1
                for row in going:
                    self.ends[row] = End.EOS if ended[row] else self._end_after(count)
                    if not ended[row]:
                        yield row, int(tokens[row])
                going = [row for row in going if self.ends[row] is None]
                if not going:
                    return

    def _use_the_wait(self) -> None:
        cache = self._filled()
        work, cache.meanwhile = cache.meanwhile, None
        if work is not None:
            work()

    def _launch(self, decoder: StepDecoder) -> mx.array:
        out = decoder.decode(self._sampler.times(LAUNCH))
        mx.async_eval(out)  # type: ignore[no-untyped-call]  # MLX stub
        return out

    def _step_ahead(self, picks: Picks, count: int) -> mx.array | None:
        """On a device, start the next step before the host reads this one's tokens."""
        if not isinstance(picks.tokens, mx.array) or self._end_after(count) is not None:
            return None
        logits = self._model.step(picks.tokens, self._filled())
        mx.async_eval(logits, picks.tokens, picks.best)  # type: ignore[no-untyped-call]  # MLX stub
        return logits if isinstance(logits, mx.array) else None

    def _read(self, picks: Picks) -> tuple[Ids, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        eos = self._model.config.eos
        tokens, best = np.array(picks.tokens, np.int32), np.array(picks.best)
        return tokens, (tokens == eos) | (best == eos)

    def _advance(self, ahead: mx.array | None, tokens: Ids, going: list[int], rows: int) -> Logits:
        """Logits of the next step for the rows that continue."""
        cache = self._filled()
        if len(going) < rows:
            self._sampler.keep(going)
            cache.keep(going)
        if ahead is not None:
            return ahead[mx.array(going)] if len(going) < rows else ahead
        return self._model.step(tokens[going], cache)

    def _end_after(self, count: int) -> End | None:
        if self._settings.early_stop is not None and count > self._settings.early_stop:
            return End.EARLY_STOP
        return End.LIMIT if count == MAX_TOKENS else None

    def _filled(self) -> Cache:
        if self._cache is None:
            raise SettingError("this stream is closed")
        return self._cache

    def _release(self) -> None:
        if self._cache is not None:
            if self._owns_cache:
                self._cache.free()
            self._cache = None


def _finite(logits: Logits) -> Logits:
    """Whether logits are finite; on a device this starts the computation."""
    if not isinstance(logits, mx.array):
        return np.isfinite(logits)
    finite = mx.isfinite(logits)
    mx.async_eval(finite)  # type: ignore[no-untyped-call]  # MLX stub
    return finite


def _require(finite: Logits) -> None:
    """Raise if logits are not finite: damaged weights show here, before their output is used."""
    if not np.array(finite).all():
        raise SynthesisError(
            "the text-to-semantic network produced values that are not finite; its weights are damaged"
        )


def generate(
    model: T2S,
    text: T2SText,
    prompt: Ids | None = None,
    settings: DecodeSettings | None = None,
    *,
    seed: int | None = None,
    cache: Cache | None = None,
    logits: Logits | None = None,
) -> TokenStream:
    """Decode one text. Work begins when the first token is requested.

    Args:
        model: prepared network.
        text: phones and features, those of the prompt first.
        prompt: tokens of the reference recording [n], or None.
        settings: how to decode.
        seed: random seed; None draws a new one.
        cache: a cache from `model.make_cache` to reuse; its content is discarded.
        logits: logits of the first token [1, V], if the text was read before and `cache` holds it.

    Raises:
        TextError: the network cannot process the phones or features.
        SettingError: the prompt tokens or the seed are invalid.
    """
    settings = settings or DecodeSettings()
    return TokenStream(BatchStream(model, [text], prompt, settings, [seed], cache, logits=logits))


def generate_batch(
    model: T2S,
    texts: Sequence[T2SText],
    prompt: Ids | None = None,
    settings: DecodeSettings | None = None,
    *,
    seeds: Sequence[int | None] | None = None,
    cache: Cache | None = None,
) -> BatchStream:
    """Decode several texts that share a prompt. Each gets the same tokens as when decoded alone.

    Arguments and errors are those of `generate`, with a seed for each text.
    """
    settings = settings or DecodeSettings()
    seeds = [None] * len(texts) if seeds is None else seeds
    return BatchStream(model, texts, prompt, settings, seeds, cache)

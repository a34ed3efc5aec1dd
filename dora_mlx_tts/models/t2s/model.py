"""The text-to-semantic network: phones (and a voice's own tokens) in, semantic tokens out.

A decoder-only transformer over [prompt phones, phones | prompt tokens, tokens]. `prefill` reads the whole
input; each `step` adds one token. Attribute names are those of the checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import mlx.core as mx
import numpy as np
from mlx import nn

from dora_mlx_tts.errors import EmptyTextError, SettingError, TextError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.core.ops import Ops
from dora_mlx_tts.models.t2s.config import T2SConfig, sanitize
from dora_mlx_tts.models.t2s.cpu_step import HostStepper, padding_bias
from dora_mlx_tts.models.t2s.kv_cache import CacheShape, HostCache, MlxCache
from dora_mlx_tts.models.t2s.layers import (
    Block,
    Embedding,
    Position,
    RowLinear,
    host_view,
    position_table,
    stretches,
)
from dora_mlx_tts.models.t2s.prefills import Prefills
from dora_mlx_tts.runtime.array_types import Floats, Ids
from dora_mlx_tts.runtime.compiled_graph import usable
from dora_mlx_tts.runtime.device import Backend

if TYPE_CHECKING:  # kernels depend on this module
    from dora_mlx_tts.models.t2s.eight_bit import EightBitBlocks
    from dora_mlx_tts.models.t2s.step_kernel import StepKernel

__all__ = ["T2S", "Cache", "Ids", "Logits", "T2SConfig", "T2SText", "sanitize"]

logger = logging.getLogger(__name__)

Cache: TypeAlias = MlxCache | HostCache
Logits: TypeAlias = mx.array | Floats

POSITIONS = 4000
"""Rows of the position table: the maximum length of text and of audio."""
LONGEST_PREFILL: Final = 1024
"""Positions up to which a text is read in 8 bits; scores take memory by the square of them."""
_USUAL = 512  # most prefills have at most this many positions; longer ones are not compiled
PADDED_TO = 64
"""With `CUDA_MATMUL` a prefill is padded to a multiple of this: few sizes, whose one-time costs are paid early."""


@dataclass(frozen=True, slots=True, eq=False)
class T2SText:
    """The text to speak: the phones of the prompt and of the sentence, joined.

    Attributes:
        phones: phone ids, [n].
        features: text features [n, F], or None for zeros (languages without them).
    """

    phones: Ids
    features: Floats | None = None


class Stack(nn.Module):
    """The blocks, under the checkpoint's name."""

    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.layers = [
            Block(config.channels, config.heads, config.feed_forward) for _ in range(config.layers)
        ]


class T2S(Layer):
    """The network. Build it, load it, `prepare` it, then `prefill` and `step`.

    Attributes:
        config: its sizes.
        kernel: runs whole decoding steps, if this device has one; None leaves them to `step`.
    """

    def __init__(self, config: T2SConfig) -> None:
        super().__init__()
        self.config = config
        self.bert_proj = Linear(config.features, config.channels)
        self.ar_text_embedding = Embedding(config.phones, config.channels)
        self.ar_audio_embedding = Embedding(config.vocabulary, config.channels)
        self.ar_text_position = Position()
        self.ar_audio_position = Position()
        self.h = Stack(config)
        self.ar_predict_layer = RowLinear(config.channels, config.vocabulary, bias=False)
        self._stepper: HostStepper | None = None
        self._prefills: Prefills | None = None
        self._positions: mx.array | None = None
        self.kernel: StepKernel | None = None
        self._eight_bit: EightBitBlocks | None = None

    def prepare(self, ops: Ops) -> None:
        """Set the backend; on the CPU weights become float32.

        Derived arrays are created on first use.
        """
        super().prepare(ops)
        if ops.backend is Backend.CPU:
            self.set_dtype(mx.float32)
        self._stepper = None
        if ops.backend is Backend.CUDA_MATMUL:
            self._prefills = Prefills(self.h.layers, _USUAL)

    def audio_places(self) -> mx.array:
        """Positions of audio, scaled, float32 [POSITIONS, C]."""
        return self.ar_audio_position.alpha.astype(mx.float32) * self._table()

    def compile_in_eight_bits(self, *, round_rows: bool) -> None:
        """Let OpenVINO compile the blocks with 8-bit weights, on threads; for the Linux CPU, once prepared.

        What comes first waits for it. Where OpenVINO fails, float32 is used, and a warning is logged.

        Args:
            round_rows: let products round what they multiply as well.
        """
        if self._eight_bit is not None:
            return
        try:
            from dora_mlx_tts.models.t2s.eight_bit import (  # noqa: PLC0415  needs an extra
                EightBitBlocks,
            )
        except ImportError as error:
            logger.warning("tokens are decoded in float32: OpenVINO cannot be imported: %s", error)
            return
        self._eight_bit = EightBitBlocks(
            self.h.layers, self.ar_predict_layer, round_rows=round_rows
        )

    def warm_up(self) -> None:
        """With `CUDA_MATMUL`, prefill each padded size once, so that no sentence pays for the first use of a size."""
        if self.backend is not Backend.CUDA_MATMUL:
            return
        for size in range(PADDED_TO, _USUAL + 1, PADDED_TO):
            logits, _ = self.prefill([T2SText(np.zeros(size, np.int32))])
            mx.eval(logits)

    @property
    def backend(self) -> Backend:
        """The backend: native steps use MLX, CPU steps run on the host."""
        return self._ops.backend

    def make_cache(self, rows: int = 1, limit: int = 2 * POSITIONS + PADDED_TO) -> Cache:
        """An empty cache for `rows` sequences of at most `limit` positions."""
        shape = self._cache_shape
        if self.backend is Backend.CPU:
            return HostCache(shape, rows, limit)
        return MlxCache(shape, rows, limit, self.ar_predict_layer.weight.dtype)

    @property
    def _cache_shape(self) -> CacheShape:
        config = self.config
        return CacheShape(config.layers, config.heads, config.channels // config.heads)

    def check(self, text: T2SText, prompt: Ids | None = None) -> None:
        """Check that `prefill` can process the input.

        Raises:
            EmptyTextError: there are no phones.
            TextError: there are too many phones, an id is out of range, or the features have another shape.
            SettingError: there are too many prompt tokens, or one is out of range.
        """
        phones, config = np.asarray(text.phones), self.config
        if phones.size == 0:
            raise EmptyTextError("no phones to speak")
        if phones.ndim != 1 or phones.size > POSITIONS:
            raise TextError(must_be("phones", f"one row of up to {POSITIONS}", list(phones.shape)))
        _check_ids(phones, config.phones, "phone", TextError)
        if text.features is not None:
            wanted = (phones.size, config.features)
            if text.features.shape != wanted:
                raise TextError(
                    f"text features must be {list(wanted)}, got {list(text.features.shape)}"
                )
        if prompt is None:
            return
        prompt = np.asarray(prompt)
        if prompt.ndim != 1 or prompt.size > POSITIONS:
            raise SettingError(
                must_be("prompt tokens", f"one row of up to {POSITIONS}", list(prompt.shape))
            )
        _check_ids(prompt, config.eos, "prompt token", SettingError)

    def embed_text(self, text: T2SText) -> mx.array:
        """Phones and features with their positions, [n, C]."""
        phones = mx.array(np.asarray(text.phones, np.int32))
        x = self.ar_text_embedding(phones)
        if text.features is None:
            x = x + self.bert_proj.bias
        else:
            x = x + self.bert_proj(mx.array(text.features).astype(x.dtype))
        return x + self.ar_text_position.alpha * self._table()[: x.shape[0]].astype(x.dtype)

    def embed_audio(self, tokens: mx.array, start: int = 0) -> mx.array:
        """Tokens [..., m] with the positions from `start` on, [..., m, C].

        Raises:
            SettingError: they exceed the table of positions.
        """
        end = start + tokens.shape[-1]
        if end > POSITIONS:
            raise SettingError(must_be("tokens of audio", f"at most {POSITIONS}", end))
        x = self.ar_audio_embedding(tokens)
        return x + self.ar_audio_position.alpha * self._table()[start:end].astype(x.dtype)

    def embed(
        self, texts: Sequence[T2SText], prompt: Ids | None = None, width: int | None = None
    ) -> mx.array:
        """Input of the blocks, [B, T, C]: a row per text, padded to `width`, then the prompt tokens."""
        width = width or max(len(text.phones) for text in texts)
        x = mx.stack(
            [
                mx.pad(self.embed_text(text), [(width - len(text.phones), 0), (0, 0)])
                for text in texts
            ]
        )
        if prompt is None or not len(prompt):
            return x
        audio = self.embed_audio(mx.array(np.asarray(prompt, np.int32)))
        return mx.concatenate([x, mx.broadcast_to(audio, (len(texts), *audio.shape))], axis=1)

    def prefill(
        self,
        texts: Sequence[T2SText],
        prompt: Ids | None = None,
        cache: Cache | None = None,
    ) -> tuple[Logits, Cache]:
        """Read a batch of texts and the prompt tokens that all of them share.

        Shorter texts are padded on the left; padding is never attended to. A given `cache` is reused.

        Returns:
            Logits [B, V] of the next token, and the filled cache.
        """
        width = self.width(texts, prompt)
        cache = self._begin(texts, prompt, cache, width)
        hidden = self._run(self.embed(texts, prompt, width), cache, last_only=True)
        return self._native(self.ar_predict_layer(hidden[:, -1])), cache

    def hidden(self, texts: Sequence[T2SText], tokens: Ids | None = None) -> mx.array:
        """The last layer's states at every position, [B, T, C] (including padding at the start)."""
        cache = self._begin(texts, tokens, None)
        return self._run(self.embed(texts, tokens), cache, last_only=False)

    def predict(self, hidden: mx.array) -> mx.array:
        """Logits [..., V] of states [..., C]."""
        return self.ar_predict_layer(hidden)

    def step(self, tokens: mx.array | Ids, cache: Cache) -> Logits:
        """Add one token per row, [B]; returns logits [B, V] of the next one.

        The native backend computes lazily.

        Raises:
            SettingError: the cache is full, or tokens are out of range or not one per row.
        """
        place = cache.length - cache.text_length
        if tokens.shape != (cache.rows,):
            raise SettingError(f"{list(tokens.shape)} tokens for a cache of {cache.rows} rows")
        if place >= POSITIONS:
            raise SettingError(must_be("tokens of audio", f"at most {POSITIONS}", place + 1))
        if isinstance(cache, HostCache):
            return self._host_step(np.asarray(tokens), cache, place)
        x = self.embed_audio(mx.array(tokens)[:, None], place)
        cache.reserve(1)
        bias = self._bias(cache, cache.length + 1)
        for layer, block in enumerate(self.h.layers):
            x = block.step(x, cache, layer, bias)
        cache.advance(1)
        return self.ar_predict_layer(x[:, 0])

    def _host_step(self, tokens: Ids, cache: HostCache, place: int) -> Floats:
        _check_ids(tokens, self.config.vocabulary, "token", SettingError)
        if self._stepper is None:
            self._stepper = HostStepper(self.h.layers, self.ar_predict_layer)
            table = host_view(self._table())
            self._host_places = table * host_view(self.ar_audio_position.alpha)
            self._host_tokens = host_view(self.ar_audio_embedding.word_embeddings.weight)
        x = self._host_tokens[tokens] + self._host_places[place]
        network = self._in_eight_bits()
        return self._stepper(x, cache) if network is None else network.step(x, cache)

    def _in_eight_bits(self) -> EightBitBlocks | None:
        """The blocks in 8 bits, if they were asked for and could be compiled."""
        self._eight_bit = usable(self._eight_bit, "tokens are decoded in float32")
        return self._eight_bit

    def width(self, texts: Sequence[T2SText], prompt: Ids | None) -> int:
        """Number of text positions in a prefill of these texts, including padding."""
        longest = max((len(text.phones) for text in texts), default=0)
        if self.backend is not Backend.CUDA_MATMUL:
            return longest
        return longest + -(longest + (0 if prompt is None else len(prompt))) % PADDED_TO

    def _begin(
        self,
        texts: Sequence[T2SText],
        prompt: Ids | None,
        cache: Cache | None,
        width: int | None = None,
    ) -> Cache:
        if not texts:
            raise EmptyTextError("no texts to speak")
        for text in texts:
            self.check(text, prompt)
        if cache is None:
            cache = self.make_cache(len(texts))
        if cache.shape != self._cache_shape:
            raise SettingError(f"a cache of {cache.shape} lent to a network of {self._cache_shape}")
        cache.reset(len(texts))
        lengths = [len(text.phones) for text in texts]
        width = width or max(lengths)
        cache.text_length = width
        cache.padding = tuple(width - length for length in lengths)
        return cache

    def _run(self, x: mx.array, cache: Cache, *, last_only: bool) -> mx.array:
        length = x.shape[1]
        if last_only and self._prefills is not None and isinstance(cache, MlxCache):
            return self._read_at_once(x, cache, self._prefills)
        in_8_bits = self._in_eight_bits() if last_only and length <= LONGEST_PREFILL else None
        if in_8_bits is not None and isinstance(cache, HostCache):
            return mx.array(in_8_bits.prefill(host_view(x), cache))[:, None]
        cache.reserve(length)
        bias = self._bias(cache, length)
        rows = stretches(cache.text_length, length, bias, x.dtype, self.backend)
        last = len(self.h.layers) - 1
        for layer, block in enumerate(self.h.layers):
            only = last_only and layer == last
            cut = [(length - 1, length, bias)] if only else rows
            x = block.prefill(x, cache, layer, cut, last_only=only)
            if cache.between_layers is not None:
                cache.between_layers()
        cache.advance(length)
        return x

    def _read_at_once(self, x: mx.array, cache: MlxCache, prefills: Prefills) -> mx.array:
        """All layers in the form that decoding kernels read."""
        hidden, joined = prefills.run(x, cache.text_length, cache.padding)
        cache.fill(joined, x.shape[1])
        if cache.between_layers is not None:
            cache.between_layers()
        return hidden

    def _bias(self, cache: Cache, length: int) -> mx.array | None:
        bias = padding_bias(cache, length)
        return None if bias is None else mx.array(bias, self.ar_predict_layer.weight.dtype)

    def _native(self, logits: mx.array) -> Logits:
        """Logits on the backend that runs the steps."""
        return host_view(logits) if self.backend is Backend.CPU else logits

    def _table(self) -> mx.array:
        if self._positions is None:
            self._positions = mx.array(position_table(POSITIONS, self.config.channels))
        return self._positions


def _check_ids(ids: Ids, limit: int, what: str, kind: type[Exception]) -> None:
    if not np.issubdtype(ids.dtype, np.integer):
        raise kind(f"{what}s must be integers, got {ids.dtype}")
    if ids.size and not (int(ids.min()) >= 0 and int(ids.max()) < limit):
        worst = int(ids.max()) if int(ids.max()) >= limit else int(ids.min())
        raise kind(f"{what} must be from 0 to {limit - 1}, got {worst}")

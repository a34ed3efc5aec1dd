"""Decoding steps of the text-to-semantic network on Metal, with two kernels per layer.

MLX dispatches some three hundred kernels per step, and a step takes about as long as dispatching them.
`MetalDecoder` runs a step in two kernels per layer and two more (`kernels/t2s_step.metal`), reads the model's
own parameters, and chooses tokens on the GPU, so the host reads them a few at a time. The plain version is
`T2S.step` with `Sampler`. It has never run on a Mac: tests run the kernels on a CPU, and a Mac uses them only
after the trial in `kernel_trial.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.t2s import metal_sources
from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.models.t2s.kv_cache import GROWTH, MlxCache
from dora_mlx_tts.models.t2s.layers import Block
from dora_mlx_tts.models.t2s.model import POSITIONS, T2S
from dora_mlx_tts.models.t2s.sampling import MIN_TEMPERATURE, SamplingSettings
from dora_mlx_tts.models.t2s.step_kernel import LAUNCH
from dora_mlx_tts.runtime.array_types import Ids

ROWS = (1, 2, 4, 8)
"""Numbers of rows with kernels; fewer rows are padded."""
SIMDS = 16
"""Simdgroups per threadgroup."""
GROUPS = 32
"""Maximum number of threadgroups for a feed-forward half, and for the logits."""
_SLOTS: Final = LAUNCH  # positions of the tail
_SHARED: Final = 8192  # floats in a threadgroup's memory
_LEAST: Final = 16  # minimum size of an array: below 8, MLX passes it in another address space


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer's parameters for the kernels: the model's own arrays."""

    project: tuple[mx.array, mx.array]
    out: mx.array
    norm1: tuple[mx.array, mx.array, mx.array]  # bias of the sum, gain, shift
    up: tuple[mx.array, mx.array]
    down: mx.array
    norm2: tuple[mx.array, mx.array, mx.array]

    @classmethod
    def of(cls, block: Block, dtype: mx.Dtype) -> _Layer:
        attention, norm1, norm2 = block.self_attn, block.norm1, block.norm2
        arrays = [
            attention.in_proj_weight, attention.in_proj_bias, attention.out_proj.weight,
            attention.out_proj.bias, norm1.weight, norm1.bias,
            block.linear1.weight, block.linear1.bias, block.linear2.weight,
            block.linear2.bias, norm2.weight, norm2.bias,
        ]  # fmt: skip
        a = [
            mx.contiguous(array.astype(dtype)) for array in arrays
        ]  # no copies if they already are contiguous
        return cls((a[0], a[1]), a[2], (a[3], a[4], a[5]), (a[6], a[7]), a[8], (a[9], a[10], a[11]))


@dataclass(frozen=True, slots=True)
class _Network:
    """The parameters of a network that the kernels read.

    Attributes:
        layers: parameters of the layers.
        table: audio embedding [V, C].
        predict: prediction [V, C].
        places: positions of audio, scaled, float32 [POSITIONS, C].
    """

    layers: tuple[_Layer, ...]
    table: mx.array
    predict: mx.array
    places: mx.array


class MetalKernel:
    """`StepKernel` for Metal; reads the network's own parameters."""

    name = "t2s-metal"

    def __init__(self, config: T2SConfig) -> None:
        self._config = config
        self._network: _Network | None = None

    @property
    def source(self) -> str:
        """Everything that is compiled."""
        return metal_sources.whole()

    def load(self, model: T2S) -> None:
        """Load a network's parameters."""
        predict = model.ar_predict_layer.weight
        table = model.ar_audio_embedding.word_embeddings.weight.astype(predict.dtype)
        layers = tuple(_Layer.of(block, predict.dtype) for block in model.h.layers)
        places = model.audio_places()
        mx.eval(places, table, [astuple(layer) for layer in layers])
        self._network = _Network(layers, table, predict, places)

    def compiled_rows(self, rows: int) -> int:
        """Number of rows that the kernels for `rows` are compiled for; 0 if there are none."""
        found = next((most for most in ROWS if rows <= most), 0)
        return found if found and _fits(self._config, found) else 0

    def allows(self, model: T2S, rows: int) -> bool:  # noqa: ARG002  one network's
        """Whether there are kernels for this many rows."""
        return self._network is not None and self.compiled_rows(rows) > 0

    def decoder(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        min_tokens: int,
    ) -> MetalDecoder:
        """A decoder for a filled cache; arguments are those of `StepKernel.decoder`.

        Raises:
            SettingError: no network was loaded, there are no kernels for so many rows, or `top_p` is below 1.
        """
        if self._network is None:
            raise SettingError("the Metal kernels have loaded no network")
        rows = self.compiled_rows(cache.rows)
        if not rows:
            raise SettingError(must_be("rows of the Metal kernels", "fewer", cache.rows))
        if sampling.top_p < 1:
            raise SettingError(must_be("top_p of the Metal kernels", "1", sampling.top_p))
        least = min(min_tokens, 2**31 - 1)
        choice = (least, sampling.top_k, model.config.eos)
        decoder = MetalDecoder(model.config, self._network, cache, logits, rows)
        return decoder.begin(choice, sampling, prompt)


def supports(config: T2SConfig) -> bool:
    """Whether the kernels support a network's sizes, and one row fits into a threadgroup's memory."""
    size = config.channels // config.heads
    return size in (4, 8, 16, 32, 64, 128) and _feed_groups(config) > 0 and _fits(config, ROWS[0])


def _fits(config: T2SConfig, rows: int) -> bool:
    size, groups = config.channels // config.heads, _feed_groups(config)
    attend = rows * (config.channels + 4 * size) + SIMDS * (size + 2)
    feed = rows * (config.channels + config.feed_forward // groups)
    return max(attend, feed) <= _SHARED


def _feed_groups(config: T2SConfig) -> int:
    """Number of groups that split the inner width into equal parts, multiples of 4; 0 if none fit."""
    return next((g for g in range(GROUPS, 0, -1) if config.feed_forward % (4 * g) == 0), 0)


class MetalDecoder:
    """Decodes the rows of a filled cache; `MetalKernel.decoder` makes it.

    Args:
        config: the network's sizes.
        network: its parameters.
        cache: filled by `prefill`; it is copied.
        logits: logits of the first token, [B, V].
        rows: number of rows that the kernels are compiled for.
    """

    def __init__(
        self,
        config: T2SConfig,
        network: _Network,
        cache: MlxCache,
        logits: mx.array,
        rows: int,
    ) -> None:
        self._config, self._network, self._rows, self._held = config, network, rows, cache.rows
        self._blank = rows - cache.rows
        self._length, self._text, self._capacity = cache.length, cache.text_length, cache.capacity
        self._drawn = self._previous = 0
        self._cache = [
            mx.pad(mx.stack(list(cache.buffers(layer))), [(0, 0), (0, self._blank), *[(0, 0)] * 3])
            for layer in range(config.layers)
        ]
        size = config.channels // config.heads
        self._dtype = network.predict.dtype
        self._tail_shape = (2, rows, config.heads, _SLOTS, size)
        self._padding = _small([*cache.padding, *[0] * self._blank], np.int32)
        self._logits = mx.pad(logits.astype(mx.float32), [(0, self._blank), (0, 0)])
        self._tails = [mx.zeros(self._tail_shape, self._dtype)] * config.layers
        self._common = [
            ("T", self._dtype), ("C", config.channels), ("H", config.heads), ("ROWS", rows),
            ("SLOTS", _SLOTS), ("SIMDS", SIMDS),
        ]  # fmt: skip

    def begin(
        self, choice: tuple[int, int, int], sampling: SamplingSettings, prompt: Ids | Sequence[int]
    ) -> MetalDecoder:
        """Set how tokens are chosen: `choice` is the minimum number of tokens, `top_k` and the end token."""
        seen = np.zeros((self._rows, self._config.vocabulary), np.uint8)
        seen[:, np.asarray(prompt, np.int32)] = 1
        pairs = np.zeros((_SLOTS + 1, self._rows, 2), np.int32)
        pairs[:, self._held :, 1] = 1  # padding rows count as ended
        rates = [max(sampling.temperature, MIN_TEMPERATURE), sampling.repetition_penalty]
        self._choice, self._rates = choice, _small(rates, np.float32)
        self._seen, self._pairs = mx.array(seen), mx.array(pairs)
        return self

    @property
    def logits(self) -> mx.array:
        """Logits [B, V] after the started steps."""
        return self._logits[: self._held]

    def decode(self, draws: mx.array) -> mx.array:
        """Start `draws.shape[0]` steps; `draws` [N, B, V] are exponential times.

        Returns:
            The argument for `read`, lazily computed.

        Raises:
            SettingError: there is no room for so many, or they exceed a launch.
        """
        count = draws.shape[0]
        if count > _SLOTS:
            raise SettingError(must_be("tokens of a launch", f"at most {_SLOTS}", count))
        self._reserve(count)
        if self._blank:
            draws = mx.pad(draws, [(0, 0), (0, self._blank), (0, 0)])
        for step in range(count):
            at = self._at(step)
            self._layers(self._sample(draws, at), at)
            self._drawn += 1
        self._keep(count)
        self._previous = count
        return self._pairs[1 : count + 1, : self._held]

    def read(self, out: mx.array) -> tuple[Ids, Ids]:
        """Wait for what `decode` returned.

        Returns:
            Tokens [N, B], and [N, B] with 1 where the row has ended, with this token or earlier.
        """
        pairs = np.array(out)
        return pairs[..., 0], pairs[..., 1]

    def step(self, tokens: mx.array) -> mx.array:
        """Run one step with given tokens [B]; returns logits [B, V] of the next ones."""
        self._reserve(1)
        given = mx.pad(tokens.astype(mx.int32), (0, self._blank))
        place = self._network.places[self._length - self._text]
        self._layers(self._network.table[given].astype(mx.float32) + place, self._at(0))
        self._keep(1)
        return self.logits

    def _at(self, step: int) -> mx.array:
        """The values of `At`, in the kernels' order."""
        place = self._length - self._text + step
        numbers = (self._length, step, self._capacity, step, place, self._previous, self._drawn)
        return _small([*numbers, *self._choice], np.int32)

    def _sample(self, draws: mx.array, at: mx.array) -> mx.array:
        network, config = self._network, self._config
        self._pairs, self._seen, x = metal_sources.kernels()["sample"](
            inputs=[
                self._logits, self._seen, draws, self._rates, at, self._pairs, network.table,
                network.places,
            ],
            template=[*self._common, ("V", config.vocabulary)],
            output_shapes=[self._pairs.shape, self._seen.shape, (self._rows, config.channels)],
            output_dtypes=[mx.int32, mx.uint8, mx.float32],
            **_size(self._rows),
        )  # fmt: skip
        return x

    def _layers(self, x: mx.array, at: mx.array) -> None:
        """Run all layers on the embedded token, then compute the logits."""
        read: Sequence[mx.array] = [x]
        heads, groups = self._config.heads, _feed_groups(self._config)
        for index, layer in enumerate(self._network.layers):
            made, kept = self._attend(index, read, at)
            made, kept = self._feed(layer, [made, kept, *layer.norm1], heads)
            read = [made, kept, *layer.norm2]
        self._logits, _ = metal_sources.kernels()["predict"](
            inputs=[*read, self._network.predict],
            template=[
                *self._common,
                ("PARTS", groups),
                ("V", self._config.vocabulary),
                ("GROUPS", GROUPS),
            ],
            output_shapes=[self._logits.shape, self._kept_shape],
            output_dtypes=[mx.float32, mx.float32],
            **_size(GROUPS),
        )

    def _attend(
        self, index: int, read: Sequence[mx.array], at: mx.array
    ) -> tuple[mx.array, mx.array]:
        layer, heads = self._network.layers[index], self._config.heads
        parts = [("PARTS", _feed_groups(self._config))] if index else []
        made, kept, self._tails[index] = metal_sources.kernels()["attend" if index else "first"](
            inputs=[
                *read, *layer.project, layer.out, self._cache[index], self._tails[index], at,
                self._padding,
            ],
            template=[*self._common, *parts],
            output_shapes=[(self._rows, heads, self._config.channels), self._kept_shape, self._tail_shape],
            output_dtypes=[mx.float32, mx.float32, self._dtype],
            **_size(heads),
        )  # fmt: skip
        return made, kept

    def _feed(
        self, layer: _Layer, read: Sequence[mx.array], parts: int
    ) -> tuple[mx.array, mx.array]:
        inner, groups = self._config.feed_forward, _feed_groups(self._config)
        made, kept = metal_sources.kernels()["feed"](
            inputs=[*read, *layer.up, layer.down],
            template=[*self._common, ("PARTS", parts), ("F", inner), ("WIDTH", inner // groups)],
            output_shapes=[(self._rows, groups, self._config.channels), self._kept_shape],
            output_dtypes=[mx.float32, mx.float32],
            **_size(groups),
        )
        return made, kept

    @property
    def _kept_shape(self) -> tuple[int, int]:
        return self._rows, self._config.channels

    def _keep(self, count: int) -> None:
        """Add the tails' positions to the cache."""
        end = self._length + count
        for cache, tail in zip(self._cache, self._tails, strict=True):
            cache[:, :, :, self._length : end] = tail[:, :, :, :count]
        self._length = end

    def _reserve(self, count: int) -> None:
        """Make room for `count` more positions."""
        if self._length - self._text + count > POSITIONS:
            raise SettingError(f"only {POSITIONS} tokens of audio can be placed")
        missing = self._length + count - self._capacity
        if missing <= 0:
            return
        more = -(-missing // GROWTH) * GROWTH
        room = [(0, 0), (0, 0), (0, 0), (0, more), (0, 0)]
        self._cache = [mx.pad(cache, room) for cache in self._cache]
        self._capacity += more


def _size(groups: int) -> dict[str, tuple[int, int, int]]:
    """Grid (counted in threads by Metal) and threadgroup of a launch."""
    return {"grid": (groups * SIMDS * 32, 1, 1), "threadgroup": (SIMDS * 32, 1, 1)}


def _small(numbers: Sequence[float], dtype: type[np.int32 | np.float32]) -> mx.array:
    """A few numbers, padded so that every kernel finds them in the same address space."""
    filled = np.zeros(max(_LEAST, len(numbers)), dtype)
    filled[: len(numbers)] = numbers
    return mx.array(filled)

"""Decoding steps of the text-to-semantic network as one CUDA kernel, several tokens a launch.

MLX launches some four hundred kernels a step; the time goes into launching them. `FusedDecoder` runs
whole steps in one persistent kernel (`kernels/t2s_step.cuh`): all layers, the logits, and the choice
of the token, so the host reads tokens a few at a time. Its plain twin is `T2S.step` with `Sampler`;
tests compare them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.models.kv_cache import GROWTH, MlxCache
from dora_mlx_tts.models.sampling import SamplingSettings
from dora_mlx_tts.models.t2s import POSITIONS, T2S, IntArray

BLOCKS, WARPS = 128, 16
"""Blocks and warps of a launch: all must be resident at once (an H100 has 132 multiprocessors)."""
FLAGS, AHEAD = 0, 0
ROWS = (1, 2, 4, 8)
"""Numbers of rows that there are kernels for; fewer rows are filled up."""
MOST_ROWS = ROWS[-1]
_INPUTS = (
    "weights table predict vectors places draws rates padding settings phases cache scratch state"
    " sync tokens seen after"
).split()


class Kernel(Protocol):
    """A compiled kernel of MLX's."""

    def __call__(self, **arguments: Any) -> list[mx.array]:
        """Launch it."""


def supports(model: T2S) -> bool:
    """Whether the kernel can run this network here: CUDA, and sizes that a warp divides."""
    config = model.config
    size = config.channels // config.heads
    return (
        bool(mx.cuda.is_available())
        and config.channels % 128 == 0
        and config.feed_forward % 128 == 0
        and config.layers > 0
        and size in (32, 64, 128)
    )


@lru_cache(maxsize=1)
def _kernel() -> Kernel:
    folder = resources.files(__package__) / "kernels"
    kernel: Kernel = mx.fast.cuda_kernel(
        name="t2s_steps",
        input_names=_INPUTS,
        output_names=["out", "logits"],
        source=(folder / "t2s_step.cu").read_text(encoding="utf-8"),
        header=(folder / "t2s_step.cuh").read_text(encoding="utf-8"),
        ensure_row_contiguous=True,
    )
    return kernel


class FusedDecoder:
    """Decodes the rows of a filled cache.

    Args:
        model: the network, prepared for a GPU and packed.
        cache: filled by `prefill`; it is read once and may be used again.
        logits: of the first token, [B, V].
        settings: how to choose tokens; `top_p` must be 1.
        prompt: tokens that count as seen.
        min_tokens: tokens before which there is no end.
        persistent: one launch for all phases; else one for each.

    Raises:
        SettingError: more rows than there are kernels for, or `top_p` below 1.
    """

    def __init__(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        settings: SamplingSettings,
        prompt: IntArray | Sequence[int],
        min_tokens: int,
        *,
        persistent: bool = True,
    ) -> None:
        if settings.top_p < 1:
            raise SettingError("the fused decoder cannot choose with top_p")
        self._model, self._persistent = model, persistent
        self._packed = model.packed or model.pack()
        self._held, self.rows = cache.rows, _rows(cache.rows)
        config = model.config
        self._vocabulary = config.vocabulary
        self._length, self._text = cache.length, cache.text_length
        self._min_tokens, self._settings = min_tokens, settings
        blank = self.rows - cache.rows
        self._cache = self._stacked(cache, blank)
        self._capacity = cache.capacity
        self._padding = _on_device(np.array([*cache.padding, *[0] * blank], np.int32))
        seen = np.zeros((self.rows, config.vocabulary), np.uint8)
        if len(prompt):
            seen[:, np.asarray(prompt)] = 1
        self._seen = _on_device(seen)
        ended = np.zeros((self.rows, 2), np.int32)
        ended[cache.rows :, 1] = 1
        self._tokens = _on_device(ended)
        rates = [max(settings.temperature, 1e-5), settings.repetition_penalty]
        self._rates = _on_device(np.array(rates, np.float32))
        state = np.zeros(8, np.int32)
        state[0] = cache.length
        self._state = _on_device(state)
        self._sync = mx.zeros(64 + 256, mx.int32)
        scratch = mx.zeros(self._logits_at() , mx.float32)
        first = mx.pad(logits.astype(mx.float32), [(0, blank), (0, 0)]).reshape(-1)
        self._scratch = mx.concatenate([scratch, first])
        self._after = mx.zeros(1, mx.int32)
        mx.eval(
            self._cache, self._padding, self._seen, self._tokens, self._rates, self._state,
            self._sync, self._scratch, self._after,
        )  # fmt: skip
        self._constants()

    def _constants(self) -> None:
        settings = np.array(
            [
                self._text,
                self._capacity,
                self._min_tokens,
                self._settings.top_k,
                self._model.config.eos,
            ],
            np.int32,
        )
        self._ints = _on_device(settings)
        self._last = 1 + 5 * self._model.config.layers
        self._phase_arrays: dict[tuple[int, int, int], mx.array] = {}
        mx.eval(self._ints)

    def _stacked(self, cache: MlxCache, blank: int) -> mx.array:
        layers = range(cache.shape.layers)
        whole = mx.stack([mx.stack([cache.buffers(l)[i] for i in (0, 1)]) for l in layers])
        if blank:
            whole = mx.pad(whole, [(0, 0), (0, 0), (0, blank), (0, 0), (0, 0), (0, 0)])
        return whole

    def _logits_at(self) -> int:
        config, rows = self._model.config, self.rows
        parts = min(8, max(1, BLOCKS // (rows * config.heads)))
        per_row = (
            3 * config.channels
            + config.feed_forward
            + config.heads * parts * (config.channels // config.heads + 2)
        )
        return rows * per_row

    def decode(self, draws: mx.array) -> mx.array:
        """Start `draws.shape[0]` steps; `draws` [N, B, V] are exponential times.

        Returns:
            What `read` takes, lazily computed.

        Raises:
            SettingError: there is no place for so many.
        """
        count = draws.shape[0]
        if self._length - self._text + count > POSITIONS:
            raise SettingError(f"only {POSITIONS} tokens can be placed")
        self._reserve(count)
        if self._held < self.rows:
            draws = mx.pad(draws, [(0, 0), (0, self.rows - self._held), (0, 0)])
        if self._persistent:
            out, self._logits = self._launch(draws, 0, self._last + 1, count, sampling=True)
        else:
            outs = []
            for step in range(count):
                draw = draws[step : step + 1]
                out, _ = self._launch(draw, 0, 1, 1, sampling=True)
                outs.append(out[:-1])
                for phase in range(1, self._last + 1):
                    done, self._logits = self._launch(draw, phase, phase + 1, 1, sampling=True)
            out = mx.concatenate([*outs, done[-1:]])
        self._length += count
        return out

    def read(self, out: mx.array) -> tuple[IntArray, IntArray]:
        """Wait for what `decode` returned.

        Returns:
            Tokens [N, B], and 1 where the row has ended, with this token or before, [N, B].

        Raises:
            BackendError: the kernel gave up.
        """
        numbers = np.array(out)
        if not numbers[-1]:
            raise BackendError(
                "the persistent decoding kernel did not get the GPU to itself; set"
                " kernels to 'off'"
            )
        pairs = numbers[:-1].reshape(-1, self.rows, 2)[:, : self._held]
        return pairs[..., 0], pairs[..., 1]

    def step(self, tokens: mx.array) -> mx.array:
        """One step with given tokens [B]; logits [B, V] of the next ones."""
        self._reserve(1)
        pairs = mx.stack([tokens.astype(mx.int32), mx.zeros_like(tokens).astype(mx.int32)], axis=1)
        self._tokens = mx.pad(pairs, [(0, self.rows - self._held), (0, 0)])
        draws = self._rates  # not looked at
        if self._persistent:
            _, logits = self._launch(draws, 1, self._last + 1, 1, sampling=False)
        else:
            for phase in range(1, self._last + 1):
                _, logits = self._launch(draws, phase, phase + 1, 1, sampling=False)
        self._length += 1
        return logits[: self._held]

    def _launch(
        self, draws: mx.array, begin: int, end: int, count: int, *, sampling: bool
    ) -> tuple[mx.array, mx.array]:
        config, packed = self._model.config, self._packed
        key = (begin, end, count)
        if key not in self._phase_arrays:
            self._phase_arrays[key] = _on_device(np.array(key, np.int32))
        out, logits = _kernel()(
            inputs=[
                packed.weights, packed.table, packed.predict, packed.vectors, packed.places,
                draws, self._rates, self._padding, self._ints, self._phase_arrays[key],
                self._cache, self._scratch, self._state, self._sync, self._tokens, self._seen,
                self._after,
            ],
            template=[
                ("T", packed.weights.dtype), ("C", config.channels), ("H", config.heads),
                ("F", config.feed_forward), ("L", config.layers), ("V", config.vocabulary),
                ("R", self.rows), ("G", BLOCKS), ("W", WARPS), ("FLAGS", FLAGS),
                ("AHEAD", AHEAD), ("SAMPLES", sampling),
            ],
            grid=(BLOCKS * WARPS * 32, 1, 1),
            threadgroup=(WARPS * 32, 1, 1),
            output_shapes=[(count * self.rows * 2 + 1,), (self.rows, config.vocabulary)],
            output_dtypes=[mx.int32, mx.float32],
        )  # fmt: skip
        self._after = logits
        return out, logits

    def _reserve(self, count: int) -> None:
        needed = self._length + count
        if needed <= self._capacity:
            return
        more = -(-(needed - self._capacity) // GROWTH) * GROWTH
        mx.eval(self._after)
        self._cache = mx.pad(
            self._cache, [(0, 0), (0, 0), (0, 0), (0, 0), (0, more), (0, 0)]
        )
        mx.eval(self._cache)
        self._capacity += more
        self._constants()


def _rows(wanted: int) -> int:
    for rows in ROWS:
        if wanted <= rows:
            return rows
    raise SettingError(f"{wanted} rows; the fused decoder takes {MOST_ROWS}")


def _on_device(numbers: np.ndarray[Any, Any]) -> mx.array:
    """An array in the GPU's own memory: one made from numpy stays in the host's."""
    return mx.array(numbers) + 0

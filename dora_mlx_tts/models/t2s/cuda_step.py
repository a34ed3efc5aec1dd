"""Decoding steps of the text-to-semantic network as one CUDA kernel, several tokens per launch.

MLX launches some four hundred kernels per step, and a step takes as long as launching them. `FusedDecoder`
runs whole steps in one kernel (`kernels/t2s_step.cuh`): all layers, the logits and the choice of the
token, so the host reads tokens a few at a time. The plain version is `T2S.step` with `Sampler`; tests compare
the two, on a GPU and on an emulated one, and so does the trial before its first use (`kernel_trial.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.models.t2s.cuda_weights import FusedWeights
from dora_mlx_tts.models.t2s.kv_cache import GROWTH, MlxCache
from dora_mlx_tts.models.t2s.model import POSITIONS, T2S
from dora_mlx_tts.models.t2s.sampling import MIN_TEMPERATURE, SamplingSettings
from dora_mlx_tts.models.t2s.step_kernel import CompiledKernel
from dora_mlx_tts.runtime.array_types import Ids

WARPS = 16
"""Warps per block: with the kernel's registers, one block fills a multiprocessor."""
ROWS = (1, 2, 4, 8)
"""Numbers of rows with a kernel; fewer rows are padded."""
MOST_ROWS = ROWS[-1]
MOST_PARTS = 8
"""Maximum number of parts that a head's context is split into; the kernel has the same constant."""
_LEAST = 64  # minimum size of arrays that the kernel reads often
_INPUTS = [
    "weights", "table", "predict", "vectors", "places", "draws", "rates", "padding", "settings",
    "steps", "cache", "scratch", "state", "sync", "tokens", "seen", "after",
]  # fmt: skip


def supports(config: T2SConfig) -> bool:
    """Whether the kernel supports a network's heads: a warp must divide their size."""
    return config.channels // config.heads in (32, 64, 128)


def _source(name: str) -> str:
    return (resources.files(__package__) / "kernels" / name).read_text(encoding="utf-8")


def _header() -> str:
    files = ("t2s_rules.h", "t2s_parts.cuh", "t2s_phases.cuh", "t2s_step.cuh")
    return f"#define T2S_THREADS {WARPS * 32}\n" + "".join(map(_source, files))


@lru_cache(maxsize=1)
def _kernel() -> CompiledKernel:
    return mx.fast.cuda_kernel(  # type: ignore[return-value]  # MLX's stub says object
        name="t2s_steps",
        input_names=_INPUTS,
        output_names=["out", "logits"],
        source=_source("t2s_step.cu"),
        header=_header(),
    )


class CudaKernel:
    """`StepKernel` for CUDA; holds a second copy of a network's parameters in the kernel's layout.

    Args:
        multiprocessors: number of multiprocessors of the GPU.
    """

    name = "t2s-cuda"

    def __init__(self, multiprocessors: int) -> None:
        self._multiprocessors = multiprocessors
        self.packed: FusedWeights | None = None

    @property
    def source(self) -> str:
        """All source code that is compiled."""
        return _source("t2s_step.cu") + _header()

    def load(self, model: T2S) -> None:
        """Convert a network's parameters to the kernel's layout."""
        self.packed = FusedWeights.pack(
            model.h.layers,
            model.ar_audio_embedding.word_embeddings.weight,
            model.ar_predict_layer.weight,
            model.audio_places(),
            self._multiprocessors,
        )

    def allows(self, model: T2S, rows: int) -> bool:  # noqa: ARG002  one network's
        """Whether there is a kernel for this many rows."""
        return self.packed is not None and self.compiled_rows(rows) > 0

    def compiled_rows(self, rows: int) -> int:
        """Number of rows that the kernel for `rows` is compiled for; 0 if there is none."""
        return next((most for most in ROWS if rows <= most), 0)

    def decoder(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        min_tokens: int,
    ) -> FusedDecoder:
        """A decoder for a filled cache; arguments are those of `FusedDecoder`.

        Raises:
            SettingError: see `FusedDecoder`; or no network was loaded.
        """
        if self.packed is None:
            raise SettingError("the CUDA kernel has loaded no network")
        return FusedDecoder(
            model.config, self.packed, cache, logits, sampling, prompt, min_tokens=min_tokens
        )


class FusedDecoder:
    """Decodes the rows of a filled cache.

    Args:
        config: the network's sizes.
        packed: its packed parameters.
        cache: filled by `prefill`; what lies behind its length is written to.
        logits: logits of the first token, [B, V].
        sampling: how to choose tokens; `top_p` must be 1.
        prompt: tokens that count as seen.
        min_tokens: minimum number of tokens before the end.

    Raises:
        SettingError: there is no kernel for so many rows, or `top_p` is below 1.
    """

    def __init__(
        self,
        config: T2SConfig,
        packed: FusedWeights,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        *,
        min_tokens: int,
    ) -> None:
        if sampling.top_p < 1:
            raise SettingError(must_be("top_p of the fused decoder", "1", sampling.top_p))
        self._config, self._packed = config, packed
        self._held, self._rows = cache.rows, _rows(cache.rows)
        self._length, self._text = cache.length, cache.text_length
        self._choice = (min_tokens, sampling.top_k, config.eos)
        rates = [max(sampling.temperature, MIN_TEMPERATURE), sampling.repetition_penalty]
        self._rates = _on_device(np.array(rates, np.float32))
        self._begin(cache, logits, prompt)

    def _begin(self, cache: MlxCache, logits: mx.array, prompt: Ids | Sequence[int]) -> None:
        """Set up everything that the kernel keeps between launches."""
        rows, blank, vocabulary = self._rows, self._rows - self._held, self._config.vocabulary
        seen = np.zeros((rows, vocabulary), np.uint8)
        seen[:, np.asarray(prompt, np.int32)] = 1
        tokens = np.zeros((rows, 2), np.int32)
        tokens[self._held :, 1] = 1  # padding rows count as ended
        heads = self._packed.heads - self._config.heads
        self._cache, self._capacity = _stacked(cache, blank, heads), cache.capacity
        self._seen = _on_device(seen)
        self._padding, self._state, self._tokens, self._settings, self._sync = _apart(
            [*cache.padding, *[0] * blank],
            [cache.length],
            tokens.reshape(-1),
            self._constants(),
            [],
        )
        first = mx.pad(logits.astype(mx.float32), [(0, blank), (0, 0)])
        self._scratch = mx.concatenate([mx.zeros(self._logits_at()), first.reshape(-1)])
        self._after = mx.zeros(_LEAST)

    def _constants(self) -> list[int]:
        return [self._text, self._capacity, *self._choice]

    def _logits_at(self) -> int:
        """Offset of the logits in the scratch memory."""
        packed = self._packed
        parts = min(MOST_PARTS, max(1, packed.blocks // (self._rows * packed.heads)))
        attended = packed.heads * parts * (packed.channels // packed.heads + 2)
        return self._rows * (2 * packed.channels + packed.feed_forward + attended)

    def decode(self, draws: mx.array) -> mx.array:
        """Start `draws.shape[0]` steps; `draws` [N, B, V] are exponential times.

        Returns:
            The argument for `read`, lazily computed.

        Raises:
            SettingError: there is no room for so many.
        """
        count = draws.shape[0]
        self._reserve(count)
        if self._held < self._rows:
            draws = mx.pad(draws, [(0, 0), (0, self._rows - self._held), (0, 0)])
        return self._launch(draws, count, samples=True)[0]

    def read(self, out: mx.array) -> tuple[Ids, Ids]:
        """Wait for what `decode` returned.

        Returns:
            Tokens [N, B], and [N, B] with 1 where the row has ended, with this token or earlier.

        Raises:
            BackendError: the kernel gave up.
        """
        numbers = np.array(out)
        if not numbers[-1]:
            raise BackendError(
                "the decoding kernel did not get the GPU to itself; set `kernels` to `off`"
            )
        pairs = numbers[:-1].reshape(-1, self._rows, 2)[:, : self._held]
        return pairs[..., 0], pairs[..., 1]

    @property
    def logits(self) -> mx.array:
        """Logits [B, V] after the started steps."""
        return self._after[: self._held]

    def step(self, tokens: mx.array) -> mx.array:
        """Run one step with given tokens [B]; returns logits [B, V] of the next ones."""
        self._reserve(1)
        pairs = mx.stack([tokens.astype(mx.int32), mx.zeros(tokens.shape, mx.int32)], axis=1)
        self._tokens = mx.pad(pairs.reshape(-1), (0, _LEAST))
        return self._launch(self._rates, 1, samples=False)[1][: self._held]  # no draws are read

    def _launch(self, draws: mx.array, count: int, *, samples: bool) -> tuple[mx.array, mx.array]:
        config, packed = self._config, self._packed
        out, logits = _kernel()(
            inputs=[
                packed.weights, packed.table, packed.predict, packed.vectors, packed.places,
                draws, self._rates, self._padding, self._settings, _steps(count),
                self._cache, self._scratch, self._state, self._sync, self._tokens, self._seen,
                self._after,
            ],
            template=[
                ("T", packed.weights.dtype), ("REAL", config.channels), ("C", packed.channels),
                ("H", packed.heads), ("F", packed.feed_forward), ("L", config.layers),
                ("V", config.vocabulary), ("R", self._rows), ("G", packed.blocks), ("W", WARPS),
                ("SAMPLES", samples),
            ],
            grid=(packed.blocks * WARPS * 32, 1, 1),
            threadgroup=(WARPS * 32, 1, 1),
            output_shapes=[(count * self._rows * 2 + 1,), (self._rows, config.vocabulary)],
            output_dtypes=[mx.int32, mx.float32],
        )  # fmt: skip
        self._after = logits  # the next launch waits for this one
        self._length += count
        return out, logits

    def _reserve(self, count: int) -> None:
        """Make room for `count` more positions."""
        if self._length - self._text + count > POSITIONS:
            raise SettingError(f"only {POSITIONS} tokens of audio can be placed")
        missing = self._length + count - self._capacity
        if missing <= 0:
            return
        more = -(-missing // GROWTH) * GROWTH
        mx.eval(self._after)  # launches write to the cache without MLX knowing
        self._cache = mx.pad(self._cache, [(0, 0)] * 4 + [(0, more), (0, 0)])
        self._capacity += more
        self._settings = _on_device(np.array(self._constants(), np.int32))
        mx.eval(self._cache, self._settings)


def _stacked(cache: MlxCache, blank: int, heads: int) -> mx.array:
    """Keys and values as one array, [layers, 2, rows, heads, capacity, size]: the cache's own, if it has one.

    It is padded with `blank` rows and `heads` heads.
    """
    whole = cache.joined
    if whole is None:
        whole = mx.stack([mx.stack(list(cache.buffers(i))) for i in range(cache.shape.layers)])
    if not blank and not heads:
        return whole
    return mx.pad(whole, [(0, 0), (0, 0), (0, blank), (0, heads), (0, 0), (0, 0)])


def _rows(wanted: int) -> int:
    for rows in ROWS:
        if wanted <= rows:
            return rows
    raise SettingError(must_be("rows of the fused decoder", f"at most {MOST_ROWS}", wanted))


def _apart(*arrays: Sequence[int] | Ids) -> list[mx.array]:
    """Integers in the GPU's own memory: parts of one array, for each upload costs the host as much as a large one."""
    whole = np.zeros((len(arrays), max(_LEAST, *map(len, arrays))), np.int32)
    for row, numbers in zip(whole, arrays, strict=True):
        row[: len(numbers)] = numbers
    held = _on_device(whole)
    width = whole.shape[1]
    return [held[start : start + width] for start in range(0, held.size, width)]


@lru_cache(maxsize=64)
def _steps(count: int) -> mx.array:
    """Number of steps for the kernel, which is evaluated: any thread may use it."""
    held = _on_device(np.array([count], np.int32))
    mx.eval(held)
    return held


def _on_device(numbers: NDArray[Any]) -> mx.array:
    """Numbers as a flat, padded array in the GPU's own memory.

    Arrays made from numpy are in the host's memory, and so are MLX arrays of up to 8 bytes; every block would
    read them over the bus, which made a step with one row five times slower.
    """
    flat = numbers.reshape(-1)
    return mx.array(np.pad(flat, (0, max(0, _LEAST - flat.size)))) + 0

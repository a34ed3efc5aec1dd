"""How fast semantic tokens come: steps at several contexts and batch sizes, and the prefill.

    python benchmarks/t2s.py --size starter --json out/t2s.json
    python benchmarks/t2s.py --size v2 --dtype float16      # on a GPU

25 tokens are a second of speech. Weights are random: speed does not depend on them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own BLAS reads it while it is imported

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import harness
import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.t2s.cuda_step import MOST_ROWS, CudaKernel
from dora_mlx_tts.models.t2s.kv_cache import MlxCache
from dora_mlx_tts.models.t2s.model import T2S, Logits, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.tools.benchmark import FULL_T2S, random_weights

SIZES = {"starter": T2SConfig(320, 5, 1280, 6, 1025, 732, 1024), "v2": FULL_T2S}
DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}
CONTEXTS = (100, 300, 1000)
PREFILLS = (100, 300)
ROWS = (1, 4, 16)
STEPS = 8
"""Steps that are timed together."""


class Contestant(Protocol):
    """Something that decodes tokens."""

    name: str
    most_rows: int

    def prefill(self, positions: int, rows: int) -> None:
        """Read `positions`, a third of them text, in `rows` rows; finish before returning."""

    def step(self, count: int) -> None:
        """Decode `count` tokens a row from where the prefill ended; finish before returning."""


class Ours:
    """This package's network.

    Args:
        name: for the table.
        config: sizes.
        formulation: how it runs.
        dtype: of the weights.
    """

    most_rows = max(ROWS)

    def __init__(self, name: str, config: T2SConfig, backend: Backend, dtype: mx.Dtype) -> None:
        self.name = name
        self._model = random_network(config, backend, dtype)
        self._cache = self._model.make_cache()
        self._start = 0

    def prefill(self, positions: int, rows: int) -> None:
        """Read the whole context and finish."""
        text = T2SText(np.arange(positions // 3, dtype=np.int32))
        prompt = np.arange(positions - positions // 3, dtype=np.int32) % 1024
        logits, self._cache = self._model.prefill([text] * rows, prompt, self._cache)
        self._start = self._cache.length
        _finish(logits)

    def step(self, count: int) -> None:
        """Decode from the end of the context; every token is read on the host, as decoding does."""
        self._cache.length = self._start
        tokens = np.zeros(self._cache.rows, np.int32)
        for _ in range(count):
            _finish(self._model.step(tokens, self._cache))


class Kernel(Ours):
    """The same network, its steps and the choice of tokens in one kernel (CUDA)."""

    most_rows = MOST_ROWS

    def __init__(self, name: str, config: T2SConfig, dtype: mx.Dtype, multiprocessors: int) -> None:
        super().__init__(name, config, Backend.NATIVE, dtype)
        self._kernel = CudaKernel(multiprocessors)
        self._kernel.load(self._model)

    def prefill(self, positions: int, rows: int) -> None:
        """Read the whole context, fill the decoder and finish."""
        super().prefill(positions, rows)
        logits = mx.zeros((rows, self._model.config.vocabulary))
        if not isinstance(self._cache, MlxCache):
            raise TypeError("a GPU's cache")
        self._decoder = self._kernel.decoder(
            self._model, self._cache, logits, SamplingSettings(), (), 10**6
        )
        self._draws = -mx.log1p(-mx.random.uniform(shape=(STEPS, *logits.shape)))
        mx.eval(self._draws)

    def step(self, count: int) -> None:
        """Decode `count` tokens a row, further on each time; they are read on the host."""
        self._decoder.read(self._decoder.decode(self._draws[:count]))


def random_network(config: T2SConfig, backend: Backend, dtype: mx.Dtype = mx.float32) -> T2S:
    """A network of these sizes with random weights."""
    model = T2S(config)
    random_weights(model, dtype)
    prepare(model, backend)
    return model


def _finish(logits: Logits) -> None:
    if isinstance(logits, mx.array):
        mx.eval(logits)


def contestants(config: T2SConfig, dtype: mx.Dtype) -> list[Contestant]:
    """Who takes part on this device."""
    chosen = device.select()
    found: list[Contestant] = []
    if chosen.backend is Backend.CPU:
        found.append(Ours("CPU formulation", config, Backend.CPU, mx.float32))
    if chosen.multiprocessors:
        found.append(Kernel("kernel, CUDA", config, dtype, chosen.multiprocessors))
    if chosen.description == "CUDA":
        found.append(Ours("products, CUDA", config, Backend.CUDA_MATMUL, dtype))
    found.append(Ours(f"native, {chosen.description}", config, Backend.NATIVE, dtype))
    return found


def measure(all_of_them: Sequence[Contestant], samples: int) -> Iterator[list[harness.Row]]:
    """Every setting, contestants in turns; all rows so far, after each setting."""
    rows: list[harness.Row] = []
    for positions in PREFILLS:
        runs: dict[str, Callable[[], object]] = {
            one.name: partial(one.prefill, positions, 1) for one in all_of_them
        }
        for name, timing in harness.take_turns(runs, samples=samples).items():
            rate = positions / timing.middle
            rows.append(harness.Row(name, f"prefill {positions}", timing, rate, "positions/s"))
        yield rows
    for positions in CONTEXTS:
        for count in ROWS:
            able = [one for one in all_of_them if count <= one.most_rows]
            for one in able:
                one.prefill(positions, count)
            runs = {one.name: partial(one.step, STEPS) for one in able}
            for name, timing in harness.take_turns(runs, samples=samples).items():
                rate = STEPS * count / timing.middle
                setting = f"{STEPS} steps at {positions}, rows {count}"
                rows.append(harness.Row(name, setting, timing, rate, "tokens/s"))
            yield rows


def main() -> None:
    """Measure and report."""
    parser = harness.parser("Speed of the text-to-semantic network.")
    parser.add_argument("--size", choices=SIZES, default="starter", help="of the network")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of the weights")
    given = parser.parse_args()
    status = blas.accelerate()
    taking_part = contestants(SIZES[given.size], DTYPES[given.dtype])
    about = harness.machine(
        blas=status.library, kernel=status.kernel, network=given.size, dtype=given.dtype
    )
    rows: list[harness.Row] = []
    for rows in measure(taking_part, given.samples):
        harness.save(f"T2S, {given.size} size", rows, about, given.json)
    harness.report(f"T2S, {given.size} size", rows, about, given.json)


if __name__ == "__main__":
    main()

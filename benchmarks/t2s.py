"""How fast semantic tokens come: steps at several contexts and batch sizes, and the prefill.

    python benchmarks/t2s.py --size starter --json out/t2s.json

25 tokens are a second of speech. Weights are random: speed does not depend on them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own BLAS reads it while it is imported

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import harness
import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from dora_mlx_tts.models.layers import prepare
from dora_mlx_tts.models.t2s import T2S, Logits, T2SConfig, T2SText
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Formulation

SIZES = {
    "starter": T2SConfig(384, 6, 1536, 6, 1025, 732, 1024),
    "v2": T2SConfig(512, 16, 2048, 24, 1025, 732, 1024),
}
CONTEXTS = (100, 300, 1000)
PREFILLS = (100, 300)
ROWS = (1, 4)
STEPS = 8
"""Steps that are timed together."""


class Contestant(Protocol):
    """Something that decodes tokens."""

    name: str

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
    """

    def __init__(self, name: str, config: T2SConfig, formulation: Formulation) -> None:
        self.name = name
        self._model = random_network(config, formulation)
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
        self._cache.trim(self._start)
        tokens = np.zeros(self._cache.rows, np.int32)
        for _ in range(count):
            _finish(self._model.step(tokens, self._cache))


def random_network(
    config: T2SConfig, formulation: Formulation, dtype: mx.Dtype = mx.float32
) -> T2S:
    """A network of these sizes with random weights."""
    generator = np.random.default_rng(0)
    model = T2S(config)
    parameters: Any = tree_flatten(model.parameters())
    drawn = [
        (name, mx.array(generator.normal(0.0, 0.05, value.shape).astype(np.float32)))
        for name, value in parameters
    ]
    model.update(tree_unflatten(drawn))
    model.set_dtype(dtype)
    prepare(model, formulation)
    return model


def _finish(logits: Logits) -> None:
    if isinstance(logits, mx.array):
        mx.eval(logits)


def contestants(config: T2SConfig) -> list[Contestant]:
    """Who takes part: here a reference implementation can be added."""
    chosen = device.select()
    found: list[Contestant] = []
    if chosen.formulation is Formulation.CPU:
        found.append(Ours("CPU formulation", config, Formulation.CPU))
    found.append(Ours(f"native, {chosen.description}", config, Formulation.NATIVE))
    return found


def measure(all_of_them: Sequence[Contestant], samples: int) -> list[harness.Row]:
    """Every setting, contestants in turns."""
    rows = []
    for positions in PREFILLS:
        runs: dict[str, Callable[[], object]] = {
            one.name: partial(one.prefill, positions, 1) for one in all_of_them
        }
        for name, timing in harness.take_turns(runs, samples=samples).items():
            rate = positions / timing.middle
            rows.append(harness.Row(name, f"prefill {positions}", timing, rate, "positions/s"))
    for positions in CONTEXTS:
        for count in ROWS:
            for one in all_of_them:
                one.prefill(positions, count)
            runs = {one.name: partial(one.step, STEPS) for one in all_of_them}
            for name, timing in harness.take_turns(runs, samples=samples).items():
                rate = STEPS * count / timing.middle
                setting = f"{STEPS} steps at {positions}, rows {count}"
                rows.append(harness.Row(name, setting, timing, rate, "tokens/s"))
    return rows


def main() -> None:
    """Measure and report."""
    parser = harness.parser("Speed of the text-to-semantic network.")
    parser.add_argument("--size", choices=SIZES, default="starter", help="of the network")
    given = parser.parse_args()
    status = blas.accelerate()
    taking_part = contestants(SIZES[given.size])
    about = harness.machine(blas=status.library, kernel=status.kernel, network=given.size)
    rows = measure(taking_part, given.samples)
    harness.report(f"T2S, {given.size} size", rows, about, given.json)


if __name__ == "__main__":
    main()

"""Full-size v2, stage by stage, beside the reference implementation in the same run.

    python benchmarks/full_size.py
    python benchmarks/full_size.py --reference CHECKOUT --reference-python PYTHON_WITH_TORCH

Stages: T2S for 60 phones after a prompt of 125 tokens (one token is mostly the prefill; 125 are 5 s of
speech), SoVITS for these 5 s, HuBERT over a reference of 5 s. Weights are random.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark
from reference_stages import PHONES, PROMPT, TOKENS

from dora_mlx_tts.models.decode import DecodeSettings, generate
from dora_mlx_tts.models.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.layers import prepare
from dora_mlx_tts.models.t2s import T2SText
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.benchmark import FULL_SOVITS, random_weights

DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}


def ours(chosen: Device, dtype: mx.Dtype) -> dict[str, Callable[[], object]]:
    """The stages of this package."""
    t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen.formulation, dtype)
    if chosen.multiprocessors:
        t2s.pack(chosen.multiprocessors)
    acoustic = sovits_benchmark.build(FULL_SOVITS, chosen.formulation, dtype)
    hubert = Hubert(HubertConfig.from_dict({}))
    random_weights(hubert, dtype)
    prepare(hubert, chosen.formulation)
    text, prompt = T2SText(np.arange(PHONES, dtype=np.int32)), np.arange(PROMPT, dtype=np.int32)
    codes, phones = mx.arange(TOKENS)[None] % 1024, mx.arange(PHONES)[None]
    spectrum = mx.random.uniform(shape=(1, 250, 1025), dtype=dtype)
    samples = (mx.random.normal((1, int(5.6 * 16000))) * 0.1).astype(dtype)

    def decode(tokens: int) -> None:
        stream = generate(
            t2s, text, prompt, DecodeSettings(early_stop=tokens, min_tokens=tokens), seed=1
        )
        for _ in range(tokens):
            next(stream)
        stream.close()

    return {
        "t2s 1 token": partial(decode, 1),
        f"t2s {TOKENS} tokens": partial(decode, TOKENS),
        "sovits 5 s": lambda: mx.eval(acoustic.decode(codes, phones, acoustic.style([spectrum]))),
        "hubert 5 s": lambda: mx.eval(hubert(samples)),
    }


class Reference:
    """The reference's networks in a process of their own, timed inside it."""

    def __init__(
        self, python: str, checkout: Path, threads: int, device: str, precision: str
    ) -> None:
        worker = Path(__file__).with_name("reference_worker.py")
        self._process = subprocess.Popen(
            [python, str(worker), str(checkout), str(threads), device, precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TQDM_DISABLE": "1"},
        )
        self.about = json.loads(self._line())

    def run(self, stage: str) -> None:
        """Run a stage; returns when it is done."""
        if self._process.stdin is None:
            raise RuntimeError("the worker has no input")
        self._process.stdin.write(stage + "\n")
        self._process.stdin.flush()
        self._line()

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit("the reference's process ended; its error is above")
        return line


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, help="checkout of GPT-SoVITS to compare with")
    parser.add_argument("--reference-python", default="python3", help="Python that has PyTorch")
    parser.add_argument("--reference-threads", default="1,2", help="of PyTorch, comma separated")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of both networks")
    parser.add_argument("--reference-device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--stages", default="t2s,sovits,hubert", help="names that begin so")
    given = parser.parse_args()
    status = blas.accelerate()
    chosen = device.select()
    stages = ours(chosen, DTYPES[given.dtype])
    references = {}
    if given.reference:
        for threads in map(int, given.reference_threads.split(",")):
            name = f"reference, {threads} thread{'s'[: threads > 1]}"
            if given.reference_device == "cuda":
                name = "reference, CUDA"
            references[name] = Reference(
                given.reference_python,
                given.reference,
                threads,
                given.reference_device,
                given.dtype,
            )
    rows = []
    for stage, run in stages.items():
        if not stage.startswith(tuple(given.stages.split(","))):
            continue
        contestants = {"ours": run, **{n: partial(r.run, stage) for n, r in references.items()}}
        for name, timing in harness.take_turns(contestants, samples=given.samples).items():
            rows.append(harness.Row(name, stage, timing))
    versions = {name: reference.about["torch"] for name, reference in references.items()}
    about = harness.machine(
        blas=status.library, device=chosen.description, dtype=given.dtype, torch=versions
    )
    harness.report("Full-size v2 beside the reference", rows, about, given.json)


if __name__ == "__main__":
    main()

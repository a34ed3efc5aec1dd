"""Full-size v2, stage by stage, beside the reference implementation in the same run.

    python benchmarks/full_size.py
    python benchmarks/full_size.py --reference CHECKOUT --reference-python PYTHON_WITH_TORCH
    python benchmarks/full_size.py --dtype float16 --reference CHECKOUT --reference-device cuda  # on a GPU

Stages: T2S for 60 phones after a prompt of 125 tokens (one token is mostly the prefill; 125 are 5 s of
speech), SoVITS for these 5 s, HuBERT over a reference of 5 s. Weights are random. On CUDA there are more of
ours: MLX's own layers, matrix products (the setting `cuda_layers`), and SoVITS in float32, as it runs in use.
Memory is what a GPU holds at the stage's peak: all networks of the contestant, and what the stage adds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark
from reference_stages import PHONES, PROMPT, TOKENS

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import kernel_choice
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.runtime import blas, device, openvino
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.tools.benchmark import FULL_SOVITS, random_weights

DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}
STAGES = ("t2s 1 token", f"t2s {TOKENS} tokens", "sovits 5 s", "hubert 5 s")
SOUND = "sovits 5 s"

Stages = dict[str, Callable[[], object]]


def ours(chosen: Device, dtype: mx.Dtype) -> Stages:
    """The stages of this package."""
    t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen.backend, dtype)
    kernel_choice.install(t2s, chosen, VerdictStore(None))
    acoustic = sovits_benchmark.build(FULL_SOVITS, chosen.backend, dtype)
    hubert = Hubert(HubertConfig.from_dict({}))
    random_weights(hubert, dtype)
    prepare(hubert, chosen.backend)
    text, prompt = T2SText(np.arange(PHONES, dtype=np.int32)), np.arange(PROMPT, dtype=np.int32)
    samples = (mx.random.normal((1, int(5.6 * 16000))) * 0.1).astype(dtype)

    def decode(tokens: int) -> None:
        stream = generate(
            t2s, text, prompt, DecodeSettings(early_stop=tokens, min_tokens=tokens), seed=1
        )
        for _ in range(tokens):
            next(stream)
        stream.close()

    return {
        STAGES[0]: partial(decode, 1),
        STAGES[1]: partial(decode, TOKENS),
        SOUND: sound(acoustic, dtype),
        STAGES[3]: lambda: mx.eval(hubert(samples)),
    }


def sound(network: SoVITS, dtype: mx.Dtype) -> Callable[[], object]:
    """5 s of sound in one piece."""
    codes, phones = mx.arange(TOKENS)[None] % 1024, mx.arange(PHONES)[None]
    spectrum = mx.random.uniform(shape=(1, 250, 1025), dtype=dtype)
    mx.eval(codes, phones, spectrum)
    return lambda: mx.eval(network.decode(codes, phones, network.style([spectrum])))


def contestants(chosen: Device, dtype: mx.Dtype) -> tuple[dict[str, Stages], int]:
    """All of ours, by name, and bytes that the networks of one hold."""
    before = mx.get_active_memory()
    if chosen.description != "CUDA":
        found: dict[str, Stages] = {"ours": ours(chosen, dtype)}
        if chosen.backend is Backend.CPU and openvino.is_chosen("auto"):
            network = sovits_benchmark.build(FULL_SOVITS, chosen.backend)
            network.compile_generator()
            found["ours, OpenVINO"] = {SOUND: sound(network, mx.float32)}
        return found, mx.get_active_memory() - before
    found, held = {}, 0
    for layers in ("mlx", "products"):
        where = device.select("gpu", products=layers == "products")
        found[f"ours, {layers}"] = ours(where, dtype)
        held = held or mx.get_active_memory() - before
        exact = sovits_benchmark.build(FULL_SOVITS, where.backend)
        found[f"ours, {layers}, float32"] = {SOUND: sound(exact, mx.float32)}
    return found, held


class ReferenceAudio:
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

    def start(self) -> dict[str, Any]:
        """Wait until the networks are built; what the process says about itself."""
        return self._line()

    def run(self, stage: str) -> dict[str, Any]:
        """Run a stage; returns when it is done.

        Raises:
            StageError: the stage raised an error.
        """
        if self._process.stdin is None:
            raise RuntimeError("the worker has no input")
        self._process.stdin.write(stage + "\n")
        self._process.stdin.flush()
        answer = self._line()
        if "error" in answer:
            raise StageError(answer["error"])
        return answer

    def _line(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise StageError("its process ended; its error is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


class StageError(Exception):
    """The reference could not run a stage; it is left out there."""


def compare(
    stage: str,
    all_of_us: Mapping[str, Stages],
    held: int,
    references: Mapping[str, ReferenceAudio],
    samples: int,
) -> tuple[list[harness.Row], dict[str, float]]:
    """Rows of a stage, and MiB at its peak."""
    runs: Stages = {name: stages[stage] for name, stages in all_of_us.items() if stage in stages}
    peaks = {}
    for name, run in runs.items():
        run()  # what is made once is not counted
        mx.reset_peak_memory()
        before = mx.get_active_memory()
        run()
        peaks[f"{stage}, {name}"] = (held + mx.get_peak_memory() - before) / 2**20
    for name, reference in references.items():
        try:
            peaks[f"{stage}, {name}"] = reference.run(stage)["peak"] / 2**20
        except StageError as error:
            print(f"{stage}, {name}: {error}", file=sys.stderr)
            continue
        runs[name] = partial(reference.run, stage)
    timings = harness.take_turns(runs, samples=samples)
    return [harness.Row(name, stage, timing) for name, timing in timings.items()], peaks


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
    threads = given.reference_threads.split(",") if given.reference else []
    references = {}
    for count in map(int, threads):
        name = f"reference, {count} thread{'s'[: count > 1]}"
        name = "reference, CUDA" if given.reference_device == "cuda" else name
        references[name] = ReferenceAudio(
            given.reference_python, given.reference, count, given.reference_device, given.dtype
        )
    status = blas.accelerate()
    chosen = device.select()
    all_of_us, held = contestants(chosen, DTYPES[given.dtype])
    versions = {}
    for name, reference in list(references.items()):
        try:
            versions[name] = reference.start()["torch"]
        except StageError as error:
            print(f"{name}: {error}", file=sys.stderr)
            del references[name]
    rows: list[harness.Row] = []
    about = harness.machine(
        blas=status.library,
        device=chosen.description,
        dtype=given.dtype,
        torch=versions,
        peak_mib={},
    )
    for stage in STAGES:
        if stage.startswith(tuple(given.stages.split(","))):
            more, peaks = compare(stage, all_of_us, held, references, given.samples)
            rows += more
            about["peak_mib"].update(peaks)
            harness.save("Full-size v2 beside the reference", rows, about, given.json)
    harness.report("Full-size v2 beside the reference", rows, about, given.json)
    for name, peak in about["peak_mib"].items():
        print(f"{peak:8.0f} MiB  {name}")


if __name__ == "__main__":
    main()

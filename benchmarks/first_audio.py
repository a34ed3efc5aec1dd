"""What the first fragment waits for, millisecond by millisecond.

    python benchmarks/first_audio.py --json out/first_audio.json

Starter: the English starter voice and a short sentence. v2: networks of full size with random weights, a
prompt of 125 tokens and 60 phones, 40 phones to say. The stages follow each other as in a running node
that is warm; the sum is what a listener waits, but for sending.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.models.decode import DecodeSettings, generate
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import T2S, IntArray, T2SText
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.benchmark import FULL_SOVITS

TEXT = "Yes, of course."
FIRST_WINDOW = 0.4
STAGES = ("front end", "prefill and first token", "tokens", "encoder and flow", "generator")


@dataclass(frozen=True, slots=True)
class Case:
    """What is spoken, and by what."""

    name: str
    t2s: T2S
    sovits: SoVITS
    prompt: IntArray
    prompt_phones: IntArray
    style: mx.array
    phones: Callable[[], IntArray]

    def run(self) -> list[float]:
        """Seconds of every stage of one first fragment."""
        marks = [time.perf_counter()]
        phones = self.phones()
        marks.append(time.perf_counter())
        voice = SoVITSStream(self.sovits, mx.array(phones)[None], self.style)
        wanted = voice.codes_for(FIRST_WINDOW)
        text = T2SText(np.concatenate([self.prompt_phones, phones]))
        settings = DecodeSettings(min_tokens=wanted)
        with generate(self.t2s, text, self.prompt, settings, seed=1) as tokens:
            codes = [next(tokens)]
            marks.append(time.perf_counter())
            codes += [next(tokens) for _ in range(wanted - 1)]
        marks.append(time.perf_counter())
        pieces = voice.speak(codes, last=False)
        next(pieces)
        marks.append(time.perf_counter())
        for piece in pieces:
            np.array(piece, np.float32)
        marks.append(time.perf_counter())
        return [after - before for before, after in itertools.pairwise(marks)]


def starter(synthesizer: Synthesizer) -> Case:
    """The voice that ships."""
    ready = synthesizer.prepare("starter-en")
    networks, prompt = ready.networks, ready.prompt
    return Case(
        "starter",
        networks.t2s,
        networks.sovits,
        prompt.codes,
        prompt.phones,
        mx.array(prompt.ge),
        lambda: ready.front_end.phonemize(TEXT, "en").ids,
    )


def full_size(chosen: Device, dtype: mx.Dtype) -> Case:
    """v2's sizes."""
    t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen.formulation, dtype)
    if chosen.multiprocessors:
        t2s.pack(chosen.multiprocessors)
    phones = np.arange(40, dtype=np.int32)
    return Case(
        "v2",
        t2s,
        sovits_benchmark.build(FULL_SOVITS, chosen.formulation, dtype),
        np.arange(125, dtype=np.int32),
        np.arange(60, dtype=np.int32),
        mx.zeros((1, 1, 512), dtype),
        lambda: phones,
    )


def measure(case: Case, samples: int) -> list[harness.Row]:
    """A row a stage, and the sum."""
    case.run()
    runs = [case.run() for _ in range(samples)]
    columns = [tuple(column) for column in zip(*runs, strict=True)]
    columns.append(tuple(sum(run) for run in runs))
    nothing = (0.0,) * samples
    return [
        harness.Row(case.name, stage, harness.Timing(column, nothing))
        for stage, column in zip((*STAGES, "together"), columns, strict=True)
    ]


def main() -> None:
    """Measure and report."""
    given = harness.parser(__doc__.splitlines()[0]).parse_args()
    synthesizer = Synthesizer.load("starter-en")
    chosen = synthesizer.device
    dtype = mx.float16 if chosen.kind == "gpu" else mx.float32
    rows = measure(starter(synthesizer), given.samples)
    rows += measure(full_size(chosen, dtype), given.samples)
    about = harness.machine(device=chosen.description, dtype=str(dtype))
    harness.report("First audio, stage by stage", rows, about, given.json)


if __name__ == "__main__":
    main()

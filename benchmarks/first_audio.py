"""What the first fragment waits for, millisecond by millisecond.

    python benchmarks/first_audio.py --json out/first_audio.json
    python benchmarks/first_audio.py --characters 5,20,80,200 --lengths both --layers mlx,products  # on a GPU

Starter: the English starter voice and texts of so many characters in one sentence. v2: networks of full size
with random weights, a prompt of 125 tokens and 60 phones, a phone to say for each character; starter-size is
the same with the starter's sizes. With --packs, other names are packs that families.py wrote there
(v3-float16): a reference of 4 s, the family's own steps and guidance. The stages follow each other as in a running node that is warm; the sum is
what a listener waits, but for sending.

A sentence's length shapes most arrays, and some libraries plan for each shape. So --lengths says whether
a text is spoken again and again (`same`) or each one is a character longer than the last (`new`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.cfm.chunked import FlowPrompt
from dora_mlx_tts.models.cfm.stream import FlowOptions, FlowStream
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.models.t2s import kernel_choice
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2S, T2SText
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.array_types import Ids
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.windows import SentenceVoice

WORDS = (
    "of course we can meet at the old station near the river before nine and walk along the water to"
    " the market where my sister sells bread and fresh fruit from her own garden every morning until noon"
    " if the weather is good and the road is dry and nobody else has taken the best place"
)
FIRST_WINDOW = 0.4
HOLD = 20
"""Tokens that the guard wants to see first (`synthesis/windows.py`)."""
STAGES = ("front end", "prefill and first token", "tokens", "encoder and flow", "generator")
REFERENCE_S = 4
_SOVITS_SLICES = 3  # phones, latent frames, flow
_PROMPT = (np.arange(125, dtype=np.int32), np.arange(60, dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Case:
    """Who speaks.

    Attributes:
        voice: what speaks phones [1, m].
        before_sound: slices of the voice's work before the generator or vocoder begins.
        phones: of a text.
        whole: speaks a text through the whole engine until its first fragment, if there is one.
    """

    name: str
    t2s: T2S
    voice: Callable[[mx.array], SentenceVoice]
    before_sound: int
    prompt: Ids
    prompt_phones: Ids
    phones: Callable[[str], Ids]
    whole: Callable[[str], None] | None = None

    def run(self, text: str) -> list[float]:
        """Seconds of every stage of one first fragment, their sum, and of the whole engine."""
        marks = [time.perf_counter()]
        phones = self.phones(text)
        marks.append(time.perf_counter())
        voice = self.voice(mx.array(phones)[None])
        wanted = max(voice.codes_for(FIRST_WINDOW), HOLD)
        said = T2SText(np.concatenate([self.prompt_phones, phones]))
        settings = DecodeSettings(min_tokens=wanted)
        cache = self.t2s.make_cache()
        cache.meanwhile = voice.begin
        with generate(self.t2s, said, self.prompt, settings, seed=1, cache=cache) as tokens:
            codes = [next(tokens)]
            marks.append(time.perf_counter())
            codes += [next(tokens) for _ in range(wanted - 1)]
        marks.append(time.perf_counter())
        pieces = voice.speak(codes, last=False)
        for _ in range(self.before_sound):  # the last waits for all
            next(pieces)
        marks.append(time.perf_counter())
        for piece in pieces:
            np.array(piece, np.float32)
        marks.append(time.perf_counter())
        stages = [after - before for before, after in itertools.pairwise(marks)]
        return [*stages, sum(stages), *self._whole(text)]

    def _whole(self, text: str) -> Iterator[float]:
        if self.whole is not None:
            start = time.perf_counter()
            self.whole(text)
            yield time.perf_counter() - start


def text_of(characters: int) -> str:
    """One sentence of so many characters."""
    spoken = (f"{WORDS} " * (characters // len(WORDS) + 1))[: characters - 1]
    return spoken.rstrip().ljust(characters - 1, "s").capitalize() + "."


def starter(synthesizer: Synthesizer, name: str) -> Case:
    """The voice that ships."""
    ready = synthesizer.prepare("starter-en")
    networks, prompt = ready.networks, ready.prompt
    return Case(
        name,
        networks.t2s,
        partial(SoVITSStream, networks.sovits, ge=mx.array(prompt.ge)),
        _SOVITS_SLICES,
        prompt.codes,
        prompt.phones,
        lambda text: ready.front_end.phonemize(text, "en").ids,
        lambda text: next(synthesizer.stream(text, seed=1, fragment_interval=0)).samples,
    )


def random_case(size: str, chosen: Device, dtype: mx.Dtype, name: str) -> Case:
    """Networks of the starter's or v2's sizes; sound is made in float32, as everywhere."""
    t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES[size], chosen.backend, dtype)
    if chosen.int8:
        t2s.compile_in_eight_bits(round_rows=True)
    kernel_choice.install(t2s, chosen, VerdictStore(None))
    t2s.warm_up()
    sovits = sovits_benchmark.build(sovits_benchmark.SIZES[size], chosen.backend)
    if chosen.openvino:
        sovits.compile_generator()
    voice = partial(SoVITSStream, sovits, ge=mx.zeros((1, 1, 512)))
    return Case(name, t2s, voice, _SOVITS_SLICES, *_PROMPT, _counted)


def pack_case(folder: Path, chosen: Device, name: str) -> Case:
    """A pack of `families.py`: any family, full size, random weights."""
    networks = Networks.open(folder, chosen)
    networks.t2s.warm_up()
    ge = mx.zeros((1, 1, networks.encoder.config.style_channels))
    family = networks.flow
    if family is None:
        voice = partial(SoVITSStream, networks.sovits, ge=ge)
        return Case(name, networks.t2s, voice, _SOVITS_SLICES, *_PROMPT, _counted)
    options = FlowOptions(*family.sampling(None, None))
    frames = min(REFERENCE_S * family.mel.rate // family.mel.hop, family.sizes.prompt)
    features = mx.zeros((1, frames, networks.cfm.config.features))
    prompt = FlowPrompt(features, mx.zeros((1, frames, networks.cfm.config.mels)))
    flow = partial(FlowStream, networks.flow_decoder, ge=ge, prompt=prompt, options=options)
    return Case(name, networks.t2s, flow, 1 + options.steps, *_PROMPT, _counted)


def _counted(text: str) -> Ids:
    return np.arange(len(text), dtype=np.int32)


def measure(case: Case, characters: int, samples: int, *, new: bool) -> list[harness.Row]:
    """A row a stage, the sum, and the whole engine."""
    for _ in range(1 if new else 2):
        case.run(text_of(characters))
    runs = [case.run(text_of(characters + (turn if new else 0))) for turn in range(1, samples + 1)]
    names = (*STAGES, "together", *(["first fragment of the engine"] if case.whole else []))
    setting = f"{characters} characters, {'new lengths' if new else 'same length'}"
    nothing = (0.0,) * samples
    return [
        harness.Row(case.name, f"{setting}: {stage}", harness.Timing(column, nothing))
        for stage, column in zip(names, zip(*runs, strict=True), strict=True)
    ]


def cases(networks: list[str], layers: str, kernels: str, packs: Path | None) -> Iterator[Case]:
    """Those asked for, built when their turn comes."""
    wanted = Settings.load().model_copy(update={"cuda_layers": layers, "kernels": kernels})
    chosen = device.select(
        kernels=kernels,
        products=layers == "products",
        generator=wanted.cpu_generator,
        precision=wanted.precision,
    )
    dtype = mx.float16 if chosen.kind == "gpu" else mx.float32
    called = f"{layers}, own kernel {kernels}"
    for name in networks:
        if name == "starter":
            yield starter(Synthesizer.load("starter-en", settings=wanted), f"starter, {called}")
        elif packs is not None and (packs / name).is_dir():
            yield pack_case(packs / name, chosen, f"{name}, {called}")
        else:
            yield random_case(name.removesuffix("-size"), chosen, dtype, f"{name}, {called}")


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--networks", default="starter,v2", help="comma separated")
    parser.add_argument("--packs", type=Path, help="folder that families.py wrote packs to")
    parser.add_argument("--characters", default="15", help="of the texts, comma separated")
    parser.add_argument("--lengths", choices=("same", "new", "both"), default="same")
    parser.add_argument("--layers", default="mlx", help="on CUDA: mlx, products, comma separated")
    parser.add_argument("--kernels", choices=("auto", "on", "off"), default="auto", help="own ones")
    given = parser.parse_args()
    rows: list[harness.Row] = []
    blas.accelerate()
    about = harness.machine(device=device.select().description)
    for layers in given.layers.split(","):
        for case in cases(given.networks.split(","), layers, given.kernels, given.packs):
            for characters in map(int, given.characters.split(",")):
                for new in {"same": [False], "new": [True], "both": [True, False]}[given.lengths]:
                    rows += measure(case, characters, given.samples, new=new)
                    harness.save("First audio", rows, about, given.json)
    harness.report("First audio, stage by stage", rows, about, given.json)


if __name__ == "__main__":
    main()

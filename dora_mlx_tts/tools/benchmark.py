"""How fast this machine speaks: the figures behind `dora-mlx-tts bench`.

The starter voice shows what a user hears; full-size v2 networks with random weights show what a trained voice
would cost (speed does not depend on the weights). It takes two minutes on two cores.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.sovits.config import GeneratorConfig, SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import kernel_choice
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate_batch
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.device import CPU
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

FULL_T2S = T2SConfig(512, 16, 2048, 24, 1025, 732, 1024)
"""Sizes of a full v2 voice's text-to-semantic network."""
FULL_SOVITS = SoVITSConfig(
    family="v2",
    symbols=732,
    spectrum_rows=704,
    full_rows=1025,
    codes=1024,
    ssl_channels=768,
    channels=192,
    filter_channels=768,
    heads=2,
    layers=6,
    kernel=3,
    cross_channels=512,
    style_channels=512,
    style_hidden=128,
    speaker_channels=0,
    encodes_references=True,
    generator=GeneratorConfig(
        512, (10, 8, 2, 2, 2), (16, 16, 8, 2, 2), (3, 7, 11), ((1, 3, 5),) * 3
    ),
    sample_rate=32000,
    hop=640,
)
"""Sizes of a full v2 voice's acoustic network."""

_TOKENS, _PHONES, _PROMPT = 50, 40, 100  # two seconds of speech
_TEXTS = {
    "en": ("Yes, of course.", "Hello, this is your assistant speaking. How can I help you today?"),
    "zh": ("好的，没问题。", "你好，我是你的语音助手。今天我能帮你做什么呢？"),
}
_GREEDY = DecodeSettings(SamplingSettings(top_k=1), early_stop=_TOKENS - 1, min_tokens=_TOKENS)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    Attributes:
        name: what was measured.
        value: the median.
        unit: its unit.
        low: the smallest sample: the best for times, the worst for rates.
        high: the largest sample.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float


def random_weights(network: Any, dtype: mx.Dtype) -> None:  # noqa: ANN401  any network
    """Give a network random parameters that keep activations of order one."""
    mx.random.seed(0)
    drawn = []
    parameters: Any = tree_flatten(network.parameters())
    for name, value in parameters:
        scale = 0.7 / math.sqrt(math.prod(value.shape[1:]) or 1)
        drawn.append((name, (mx.random.normal(value.shape) * scale).astype(dtype)))
    network.update(tree_unflatten(drawn))


class Benchmark:
    """Measures on a loaded synthesizer.

    Args:
        synthesizer: a synthesizer with a warm voice.
        samples: number of samples per figure.
        say: called with what is measured next.
    """

    def __init__(
        self, synthesizer: Synthesizer, samples: int, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._synthesizer, self._samples, self._say = synthesizer, samples, say
        self._device = synthesizer.device

    def run(self, *, full: bool = True) -> Iterator[Figure]:
        """Yield all figures as they are measured; without `full`, only those of the voice."""
        yield from self._speech()
        networks = self._synthesizer.prepare(self._synthesizer.voice.name).networks
        yield from self._tokens("voice's T2S", networks.t2s)
        if self._device.kind == "gpu":
            yield from self._agreement(networks)
        if not full:
            return
        dtype = mx.float16 if self._device.kind == "gpu" else mx.float32
        yield from self._tokens("full-size T2S", self._full_t2s(dtype))
        yield from self._sound(dtype)
        yield from self._reference(dtype)

    def _speech(self) -> Iterator[Figure]:
        speaker, voice = self._synthesizer, self._synthesizer.voice
        short, long = _TEXTS["zh" if voice.languages[:1] == ("zh",) else "en"]
        for text, name in ((short, "short text"), (long, "two sentences")):
            first: list[float] = []
            whole: list[float] = []
            for _ in self._turns(f"speaking, {name}"):
                start = time.perf_counter()
                seconds = 0.0
                for fragment in speaker.stream(text, seed=1, fragment_interval=0):
                    if not seconds:
                        first.append(time.perf_counter() - start)
                    seconds += fragment.duration_s
                whole.append((time.perf_counter() - start) / seconds)
            yield _figure(f"first fragment, {name}", [1000 * s for s in first], "ms")
            yield _figure(f"real-time factor, {name}", whole, "")

    def _tokens(self, name: str, network: T2S) -> Iterator[Figure]:
        text = T2SText(np.arange(_PHONES, dtype=np.int32) % network.config.phones)
        prompt = np.arange(_PROMPT, dtype=np.int32) * 7 % network.config.eos

        def decode(rows: int) -> tuple[float, float]:
            start = time.perf_counter()
            stream = generate_batch(network, [text] * rows, prompt, _GREEDY, seeds=[1] * rows)
            next(stream)
            first, count = time.perf_counter(), 1
            count += sum(1 for _ in stream)
            return first - start, (count - rows) / (time.perf_counter() - first)

        for rows in (1, 4):
            taken = [decode(rows) for _ in self._turns(f"{name}, {rows} at once")]
            if rows == 1:
                yield _figure(f"{name}, first token", [1000 * s for s, _ in taken], "ms")
            yield _figure(f"{name}, {rows} at once", [rate for _, rate in taken], "tokens/s")

    def _agreement(self, networks: Networks) -> Iterator[Figure]:
        """How well GPU and CPU agree."""
        self._say("comparing with the CPU")
        gpu_sound, gpu_tokens = _spoken(networks)
        with mx.stream(mx.cpu):
            cpu_sound, cpu_tokens = _spoken(Networks(networks.pack, CPU))
        same = float(np.mean(gpu_tokens == cpu_tokens))
        off = float(np.linalg.norm(gpu_sound - cpu_sound) / np.linalg.norm(cpu_sound))
        yield Figure("tokens equal to the CPU's", 100 * same, "%", 100 * same, 100 * same)
        yield Figure("sound differs from the CPU's by", 100 * off, "%", 100 * off, 100 * off)

    def _full_t2s(self, dtype: mx.Dtype) -> T2S:
        self._say("building the full-size T2S")
        network = T2S(FULL_T2S)
        random_weights(network, dtype)
        prepare(network, self._device.backend)
        kernel_choice.install(network, self._device, self._synthesizer.verdicts)
        return network

    def _sound(self, dtype: mx.Dtype) -> Iterator[Figure]:
        self._say("building the full-size SoVITS")
        network = SoVITS(FULL_SOVITS)
        random_weights(network, dtype)
        prepare(network, self._device.backend)
        codes, phones = mx.arange(_TOKENS)[None] % 1024, mx.arange(_PHONES)[None]
        style = network.style([mx.random.uniform(shape=(1, 250, 1025), dtype=dtype)])
        seconds = _TOKENS / 25
        times = []
        for _ in self._turns("full-size SoVITS"):
            start = time.perf_counter()
            mx.eval(network.decode(codes, phones, style))
            times.append(1000 * (time.perf_counter() - start) / seconds)
        yield _figure("full-size SoVITS, a second of sound", times, "ms")

    def _reference(self, dtype: mx.Dtype) -> Iterator[Figure]:
        self._say("building HuBERT")
        network = Hubert(HubertConfig.from_dict({}))
        random_weights(network, dtype)
        prepare(network, self._device.backend)
        samples = (mx.random.normal((1, int(5.6 * 16000))) * 0.1).astype(dtype)
        times = []
        for _ in self._turns("HuBERT"):
            start = time.perf_counter()
            mx.eval(network(samples))
            times.append(1000 * (time.perf_counter() - start))
        yield _figure("HuBERT, a reference of 5 s", times, "ms")

    def _turns(self, what: str) -> Iterator[int]:
        """One uncounted turn for warm-up, then the turns of the samples."""
        self._say(what)
        yield from range(-1, self._samples)


def _figure(name: str, values: list[float], unit: str) -> Figure:
    counted = values[1:]  # the first turn is a warm-up
    return Figure(name, median(counted), unit, min(counted), max(counted))


def _spoken(networks: Networks) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Audio and tokens of counted phones, without randomness."""
    t2s, sovits = networks.t2s, networks.sovits
    text = T2SText(np.arange(_PHONES, dtype=np.int32) * 13 % t2s.config.phones)
    prompt = np.arange(_PROMPT, dtype=np.int32) * 7 % t2s.config.eos
    tokens = np.array(
        [token for _, token in generate_batch(t2s, [text], prompt, _GREEDY, seeds=[0])], np.int32
    )
    codes = mx.array(prompt[:_TOKENS])[None]
    style = networks.sovits.style([mx.ones((1, 100, sovits.config.full_rows)) * 0.1])
    sound = sovits.decode(codes, mx.array(text.phones)[None], style, noise_scale=0.0)
    return np.array(sound[0].astype(mx.float32)), tokens

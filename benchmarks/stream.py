"""When the first sound comes, and what windows cost and change, against the length of a sentence.

    python benchmarks/stream.py --json out/stream.json
    python benchmarks/stream.py --sizes starter --requests 500

The starter voice speaks real sentences. Full-size v2 has random weights, which end no sentence: it
decodes as many tokens as the sentence would have and makes the same windows of them. `--requests`
speaks so many sentences of mixed length and says how memory grew.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.models.decode import DecodeSettings, generate
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.models.t2s import T2SText
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.stream import KeptCache
from dora_mlx_tts.synthesis.windows import WindowSizes

SENTENCES = {
    5: "Okay.",
    20: "Please come back now.",
    80: "The morning train was late again, so we waited and talked about the long winter.",
    200: "The morning train was late again, so we waited quietly on the platform and talked about the"
    " long winter, the price of bread and the letters that our friends had written to us from the"
    " other side of town.",
}
MODES = {"windows": "latency", "whole": "throughput"}
TOKENS_A_CHARACTER, PHONES_A_CHARACTER = 1.6, 0.85
PROMPT, PROMPT_PHONES = 125, 60

Pieces = Callable[[], Iterator[np.ndarray[Any, np.dtype[np.float32]]]]


def starter(synthesizer: Synthesizer, text: str, mode: str) -> Pieces:
    """The real voice and sentence, undivided."""
    ready = synthesizer.prepare("starter-en")
    settings = synthesizer.settings.speech(ready.voice.defaults, {"mode": mode})
    phonemes = ready.front_end.phonemize(text, "en")
    cache, meter = KeptCache(ready.networks.t2s), SynthesisMeter()

    def pieces() -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        speaker = SentenceSpeaker(
            ready.networks, ready.prompt, settings, cache, meter, lambda: False
        )
        for piece in speaker.stream(phonemes, 1):
            yield piece.samples

    return pieces


class FullSize:
    """v2's sizes with random weights."""

    def __init__(self, chosen: Device) -> None:
        self._t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen.formulation)
        self._sovits = sovits_benchmark.build(sovits_benchmark.SIZES["v2"], chosen.formulation)
        self._style = mx.zeros((1, 1, 512))

    def pieces(self, characters: int, mode: str) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Tokens for a sentence of so many characters, and their windows."""
        count = max(20, round(characters * TOKENS_A_CHARACTER))
        phones = np.arange(max(3, round(characters * PHONES_A_CHARACTER)), dtype=np.int32) % 700
        text = T2SText(np.concatenate([np.arange(PROMPT_PHONES, dtype=np.int32), phones]))
        voice = SoVITSStream(self._sovits, mx.array(phones)[None], self._style)
        sizes = WindowSizes(0.4, 1.6).tokens(voice) if mode == "latency" else iter([count])
        settings = DecodeSettings(min_tokens=count)
        prompt = np.arange(PROMPT, dtype=np.int32)
        done = 0
        with generate(self._t2s, text, prompt, settings, seed=1) as stream:
            while done < count:
                new = [next(stream) for _ in range(min(next(sizes), count - done))]
                done += len(new)
                parts = [np.array(part) for part in voice.speak(new, last=done == count)]
                yield np.concatenate(parts)


def latency(name: str, make: dict[tuple[int, str], Pieces], samples: int) -> list[harness.Row]:
    """First sound and the whole, for each length, streamed and not."""
    rows = []
    for (characters, mode), pieces in make.items():
        setting = f"{characters} characters, {mode}"
        first = {"first": partial(_first, pieces)}
        rows.append(
            harness.Row(
                f"{name}, first sound", setting, harness.take_turns(first, samples=samples)["first"]
            )
        )
        seconds = sum(map(len, pieces())) / 32000
        whole = {"all": lambda pieces=pieces: list(pieces())}
        timing = harness.take_turns(whole, samples=samples, warmup=0)["all"]
        factor = timing.middle / seconds
        rows.append(harness.Row(f"{name}, all sound", setting, timing, factor, "of real time"))
    return rows


def _first(pieces: Pieces) -> None:
    stream = pieces()
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator


def window_cost(synthesizer: Synthesizer) -> dict[str, list[float]]:
    """CPU seconds of SoVITS for windows of 1 s at the beginning and the end of a long sentence."""
    ready = synthesizer.prepare("starter-en")
    phonemes = ready.front_end.phonemize(SENTENCES[200], "en")
    codes = (np.arange(375) * 7 % 1024).tolist()
    text, style = mx.array(phonemes.ids)[None], mx.array(ready.prompt.ge)
    costs: list[list[float]] = []
    for _ in range(3):
        voice = SoVITSStream(ready.networks.sovits, text, style)
        costs.append([])
        for start in range(0, len(codes), 25):
            begin = time.process_time()
            list(voice.speak(codes[start : start + 25], last=False))
            costs[-1].append(time.process_time() - begin)
    return {"CPU seconds per window of 1 s": [round(min(c), 3) for c in zip(*costs, strict=True)]}


def seams(synthesizer: Synthesizer) -> dict[str, float]:
    """Distance of windows from the whole in dB of a log mel spectrum, beside that of other noise."""
    pieces = {
        mode: list(starter(synthesizer, SENTENCES[80], mode)())
        for mode in ("latency", "throughput")
    }
    windows, whole = np.concatenate(pieces["latency"]), np.concatenate(pieces["throughput"])
    ends = np.cumsum([len(piece) for piece in pieces["latency"]])[:-1]
    bend = np.abs(np.diff(windows, 2))
    at = max(float(bend[end - 3 : end + 3].max()) for end in ends)
    return {
        "windows to whole, dB": round(_distance(windows, whole), 2),
        "sharpest bend at a seam": round(at, 4),
        "sharpest bend anywhere": round(float(bend.max()), 4),
    }


def _distance(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    def spectrum(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        frames = np.lib.stride_tricks.sliding_window_view(x, 1024)[::320] * np.hanning(1024)
        powers = np.abs(np.fft.rfft(frames, axis=1))
        hertz = np.linspace(0, 16000, 513)
        edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 16000 / 700), 82) / 2595) - 1)
        low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
        rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
        return 20 * np.log10(
            np.maximum(powers @ np.maximum(0, np.minimum(rising, falling)).T, 1e-3)
        )

    return float(np.abs(spectrum(one) - spectrum(other)).mean())


def endurance(synthesizer: Synthesizer, requests: int) -> list[dict[str, float]]:
    """Memory in MiB after every tenth of `requests` of mixed length."""
    texts = [text for size, text in SENTENCES.items() if size <= 80]
    found = []
    for number in range(requests):
        mode = "throughput" if number % 7 == 0 else "latency"
        list(synthesizer.stream(texts[number % len(texts)], seed=number, mode=mode))
        if (number + 1) % max(1, requests // 10) == 0:
            found.append({"requests": number + 1, **memory(synthesizer)})
            print(found[-1], file=sys.stderr)
    return found


def memory(synthesizer: Synthesizer) -> dict[str, float]:
    """MLX's own memory, the process's and the largest kept cache."""
    pages = 0.0
    if sys.platform == "linux":
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
        pages = int(fields[1]) * resource.getpagesize() / 2**20
    return {
        "mlx_active": round(mx.get_active_memory() / 2**20, 1),
        "mlx_cache": round(mx.get_cache_memory() / 2**20, 1),
        "resident": round(pages, 1),
        "cache_positions": synthesizer.stats.cache_positions,
    }


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="starter,v2", help="starter, v2, or both")
    parser.add_argument("--requests", type=int, default=0, help="sentences of the memory test")
    given = parser.parse_args()
    synthesizer = Synthesizer.load()
    about: dict[str, Any] = {"device": synthesizer.device.description}
    rows: list[harness.Row] = []
    if "starter" in given.sizes:
        make = {
            (size, name): starter(synthesizer, text, mode)
            for size, text in SENTENCES.items()
            for name, mode in MODES.items()
        }
        rows += latency("starter", make, given.samples)
        about |= window_cost(synthesizer) | seams(synthesizer)
    if "v2" in given.sizes:
        full = FullSize(synthesizer.device)
        sizes = [(size, name, mode) for size in SENTENCES for name, mode in MODES.items()]
        make = {(size, name): partial(full.pieces, size, mode) for size, name, mode in sizes}
        rows += latency("v2", make, max(1, given.samples // 2))
    if given.requests:
        about["memory, MiB"] = endurance(synthesizer, given.requests)
    harness.report("Streaming inside the sentence", rows, harness.machine(**about), given.json)
    for name, value in about.items():
        print(f"{name}: {value}")
    first = [
        row.timing.middle for row in rows if "first" in row.contestant and "windows" in row.setting
    ]
    for shorter, longer in pairwise(first):
        print(f"first sound, next length against the one before: {longer / shorter:.2f}")


if __name__ == "__main__":
    main()

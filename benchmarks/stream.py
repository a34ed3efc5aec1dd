"""When the first sound comes, and what windows cost and change, against the length of a sentence.

    python benchmarks/stream.py --json out/stream.json
    python benchmarks/stream.py --sizes starter --requests 500

The starter voice and a full-size v2 speak the same sentences through the same code. v2's weights are
made up and end no sentence, so it is made to end after as many tokens as the sentence would have.
`--requests` speaks so many sentences of mixed length and says how memory grew. `busy` in a row is the share
of a core that other programs used meanwhile: seconds of a quiet machine are those with none.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import harness
import mlx.core as mx
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.models.t2s.model import T2S, Cache, Logits
from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken
from dora_mlx_tts.synthesis.decode_thread import DecodeThread
from dora_mlx_tts.synthesis.loading.loaded_pack import KeptCache, LoadedPack
from dora_mlx_tts.synthesis.loading.prompt import Prompt
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.text.phonemes import Phonemes

RATE = 32000
SENTENCES = {
    5: "Okay.",
    20: "Please come back now.",
    80: "The morning train was late again, so we waited and talked about the long winter.",
    200: "The morning train was late again, so we waited quietly on the platform and talked about the"
    " long winter, the price of bread and the letters that our friends had written to us from the"
    " other side of town.",
}
TOKENS_A_CHARACTER, PROMPT_TOKENS, PROMPT_PHONES = 1.2, 125, 60

Samples = np.ndarray[Any, np.dtype[np.float32]]


class Ending:
    """A network with made-up weights that ends a sentence after a number of tokens, not before."""

    def __init__(self, network: T2S) -> None:
        self._network, self.after = network, 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the network has
        return getattr(self._network, name)

    def step(self, tokens: Any, cache: Cache) -> Logits:  # noqa: ANN401  as the network's
        """As the network's, with another chance of the end."""
        logits = self._network.step(tokens, cache)
        bias = np.zeros((1, self._network.config.vocabulary), np.float32)
        decoded = cache.length - cache.text_length - PROMPT_TOKENS
        bias[:, self._network.config.eos] = 1e4 if decoded >= self.after else -1e4
        return logits + (mx.array(bias) if isinstance(logits, mx.array) else bias)


@dataclass(frozen=True, slots=True)
class Subject:
    """A voice of some size.

    Attributes:
        name: for the table.
        speaker: with it, in windows.
        read: a text to phones; tells a made-up network when to end.
    """

    name: str
    speaker: SentenceSpeaker
    read: Callable[[str], Phonemes]

    def pieces(
        self, text: str, mode: str = "latency", token: CancelToken | None = None
    ) -> Iterator[Samples]:
        """Speak one sentence."""
        settings = self.speaker.settings.model_copy(update={"mode": mode})
        session = replace(self.speaker.session, token=token or CancelToken())
        speaker = replace(self.speaker, settings=settings, session=session)
        for piece in speaker.stream(self.read(text), 1):
            yield piece.samples


def starter(synthesizer: Synthesizer, helper: DecodeThread) -> Subject:
    """The voice that ships."""
    ready = synthesizer.prepare("starter-en")
    session = SpeechSession(KeptCache(ready.networks.t2s), SynthesisMeter(), helper=helper)
    settings = ready.speech(synthesizer.settings, {})
    speaker = SentenceSpeaker(ready.pack, ready.prompt, settings, session)
    return Subject("starter", speaker, lambda text: ready.front_end.phonemize(text, "en"))


def full_size(synthesizer: Synthesizer, helper: DecodeThread) -> Subject:
    """v2's sizes with made-up weights; the front end is the starter voice's."""
    chosen = synthesizer.device.backend
    network = Ending(t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen))
    acoustic = sovits_benchmark.build(sovits_benchmark.SIZES["v2"], chosen)
    networks: Any = SimpleNamespace(t2s=network, sovits=acoustic, phone_codes=None)
    prompt = Prompt(
        codes=np.arange(PROMPT_TOKENS, dtype=np.int32) * 7 % 1024,
        ge=np.zeros((1, 1, sovits_benchmark.SIZES["v2"].style_channels), np.float32),
        phones=np.arange(PROMPT_PHONES, dtype=np.int32),
        features=None,
        text="made up",
        language="en",
        duration_s=PROMPT_TOKENS / 25,
    )
    same = starter(synthesizer, helper)
    cache: Any = KeptCache(networks.t2s)
    speaker = replace(
        same.speaker,
        pack=LoadedPack(networks),
        prompt=prompt,
        session=replace(same.speaker.session, cache=cache),
    )

    def read(text: str) -> Phonemes:
        network.after = max(24, round(len(text) * TOKENS_A_CHARACTER))
        return same.read(text)

    return Subject("v2", speaker, read)


@dataclass(frozen=True, slots=True)
class Span:
    """What passed between two moments.

    Attributes:
        wall: seconds.
        cpu: seconds of this process, all threads.
        busy: cores that other programs used, on average.
    """

    wall: float
    cpu: float
    busy: float


class Clock:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._wall, self._cpu, self._all = time.perf_counter(), time.process_time(), _machine_s()

    def span(self) -> Span:
        """From then to now."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return Span(wall, cpu, max(0.0, _machine_s() - self._all - cpu) / max(wall, 1e-9))


def _machine_s() -> float:
    """Seconds that all cores worked since the machine started; 0 where nothing tells."""
    if sys.platform != "linux":
        return time.process_time()
    ticks = [
        int(n) for n in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]
    ]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def latency(subject: Subject, samples: int) -> Iterator[dict[str, Any]]:
    """First sound and the whole, for each length, in windows (with a helper and without) and at once."""
    ways: dict[str, dict[str, Any]] = {
        "windows": {"mode": "latency"},
        "windows, alone": {"mode": "latency", "helper": None},
        "whole": {"mode": "throughput"},
    }
    for size, text in SENTENCES.items():
        found: dict[str, list[tuple[float, Span, float]]] = {name: [] for name in ways}
        for turn in range(samples + (size == min(SENTENCES))):  # the very first is a warm-up
            for name, way in ways.items():
                clock, first, length = Clock(), 0.0, 0
                for piece in subject.pieces(text, **way):
                    first = first or clock.span().wall
                    length += len(piece)
                if turn or size != min(SENTENCES):
                    found[name].append((first, clock.span(), length / RATE))
        begin = median(prefill(subject, text) for _ in range(samples))
        for name, runs in found.items():
            seconds = runs[0][2]
            yield {
                "voice": subject.name,
                "characters": size,
                "way": name,
                "prefill_ms": round(1000 * begin),
                "first_ms": round(1000 * median(first for first, _, _ in runs)),
                "all_ms": round(1000 * median(span.wall for _, span, _ in runs)),
                "audio_s": round(seconds, 2),
                "real_time_factor": round(median(span.wall for _, span, _ in runs) / seconds, 3),
                "cpu_a_second": round(median(span.cpu for _, span, _ in runs) / seconds, 3),
                "busy": round(median(span.busy for _, span, _ in runs), 2),
            }


def prefill(subject: Subject, text: str) -> float:
    """Seconds until the first token."""
    tokens = subject.speaker._tokens(subject.read(text), 1)
    start = time.perf_counter()
    tokens.take(1)
    elapsed = time.perf_counter() - start
    tokens.close()
    return elapsed


def window_cost(subject: Subject) -> list[float]:
    """CPU milliseconds of SoVITS for each window of 1 s of a long sentence, the best of three."""
    codes = (np.arange(375) * 7 % 1024).tolist()
    phonemes = subject.read(SENTENCES[200])
    costs: list[list[float]] = []
    for _ in range(3):
        voice = subject.speaker._voice(phonemes, 1)
        costs.append([])
        for start in range(0, len(codes), 25):
            clock = Clock()
            list(voice.speak(codes[start : start + 25], last=False))
            costs[-1].append(1000 * clock.span().cpu)
    return [round(min(cost)) for cost in zip(*costs, strict=True)]


def seams(subject: Subject) -> dict[str, float]:
    """Distance of windows from the whole in dB of a log mel spectrum, and bends of the waveform."""
    pieces = list(subject.pieces(SENTENCES[80]))
    windows = np.concatenate(pieces)
    (whole,) = subject.pieces(SENTENCES[80], "throughput")
    ends = np.cumsum([len(piece) for piece in pieces])[:-1]
    bend = np.abs(np.diff(windows, 2))
    at = max(float(bend[end - 3 : end + 3].max()) for end in ends)
    return {
        "windows to whole, dB": round(_distance(windows, whole), 2),
        "sharpest bend at a seam": round(at, 4),
        "sharpest bend anywhere": round(float(bend.max()), 4),
    }


def _distance(one: Samples, other: Samples) -> float:
    def spectrum(x: Samples) -> np.ndarray[Any, Any]:
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


def cancelling(subject: Subject, times: int) -> dict[str, float]:
    """From the moment that a text is unwanted to its end: milliseconds over moments of a sentence."""
    clock = Clock()
    list(subject.pieces(SENTENCES[80]))
    whole = clock.span().wall
    found: list[Span] = []
    for number in range(times):
        asked: list[Clock] = []
        timer = threading.Timer(
            whole * (number + 0.5) / times, lambda asked=asked: asked.append(Clock())
        )
        timer.start()
        try:
            for _ in subject.pieces(
                SENTENCES[80], token=CancelToken(lambda asked=asked: bool(asked))
            ):
                pass
        except Cancelled:
            found.append(asked[0].span())
        timer.join()
    return {
        f"{name} {kind}, ms": round(1000 * value(getattr(span, kind) for span in found), 1)
        for kind in ("wall", "cpu")
        for name, value in (("median", median), ("largest", max))
    } | {"moments": len(found), "busy": round(median(span.busy for span in found), 2)}


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


def table(rows: Sequence[dict[str, Any]]) -> None:
    """Print, with the growth of first sound beyond the prefill's own."""
    if not rows:
        return
    columns = list(rows[0])
    print("  ".join(columns))
    for row in rows:
        print("  ".join(str(row[name]).ljust(len(name)) for name in columns))
    for voice in dict.fromkeys(row["voice"] for row in rows):
        ours = [row for row in rows if row["voice"] == voice and row["way"] == "windows"]
        for shorter, longer in pairwise(row for row in ours if row["characters"] > min(SENTENCES)):
            beyond = [row["first_ms"] - row["prefill_ms"] for row in (shorter, longer)]
            print(
                f"{voice}: first sound beyond the prefill, {longer['characters']} characters against"
                f" {shorter['characters']}: {beyond[1]} and {beyond[0]} ms, {beyond[1] / beyond[0]:.2f}"
            )


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="starter,v2", help="starter, v2, or both")
    parser.add_argument("--parts", default="latency,windows,cancel", help="what to measure")
    parser.add_argument("--cancels", type=int, default=24, help="moments at which to cancel")
    parser.add_argument("--requests", type=int, default=0, help="sentences of the memory test")
    given = parser.parse_args()
    synthesizer = Synthesizer.load()
    helper = DecodeThread()
    rows: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    makers = {"starter": starter, "v2": full_size}
    for subject in (makers[name](synthesizer, helper) for name in given.sizes.split(",")):
        if "latency" in given.parts:
            rows += latency(subject, given.samples)
        if "windows" in given.parts:
            about[f"{subject.name}, CPU ms a window of 1 s"] = window_cost(subject)
            about[f"{subject.name}, seams"] = seams(subject)
        if "cancel" in given.parts:
            about[f"{subject.name}, cancelling"] = cancelling(subject, given.cancels)
    if given.requests:
        about["memory, MiB"] = endurance(synthesizer, given.requests)
    machine = harness.machine(device=synthesizer.device.description)
    print(f"{machine['processor']}, {machine['cores']} cores; {machine['versions']}")
    table(rows)
    for name, value in about.items():
        print(f"{name}: {value}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        document = {"machine": machine, "rows": rows, **about}
        given.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

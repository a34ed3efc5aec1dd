"""Speech from unfinished sentences: how soon, how well, and at what cost, beside whole sentences.

    python benchmarks/growing.py --limit 10 --hear              # ten of each kind, with a recogniser
    python benchmarks/growing.py --simulate --slow 2.3          # on a busy machine: a clock of CPU time
    python benchmarks/growing.py --size v2 --limit 10           # full size, made-up weights: times only

50 English, 50 Mandarin and 50 mixed sentences (tests/listen and growing_sentences.tsv) are written a word, or
a Chinese character, at a time at `--rates` a second, through a node in this process, with
`sentence_mode: words`; and spoken as whole sentences with `--seeds`. Times are in ms, from the arrival of the
first word and of the fourth (of the sixth character) to the first fragment. A stall is silence at a player
that plays at once. `--simulate` leaves the node out: the clock stands still but for the CPU time of the work,
divided by `--slow` (measure it: CPU seconds here over those on an idle machine), and for waiting. `--size v2`
does the same with the time on the wall, up to the first fragment of each sentence.
"""

from __future__ import annotations

import csv
import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pyarrow as pa
import sovits as sovits_benchmark
import t2s as t2s_benchmark
from growing_report import VOICES, Spoken, report

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.t2s import kernel_choice
from dora_mlx_tts.node.app import serve
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.stats import SynthesisStats
from dora_mlx_tts.text.sentences.growing import GrowingText, Growth
from dora_mlx_tts.text.sentences.known_words import words_of
from dora_mlx_tts.text.sentences.pieces import whole_text

ROOT = Path(__file__).parents[1]
FIRST = {"en": 4, "zh": 6, "mixed": 6}
HARD = {"en": 15, "zh": 15, "mixed": 20}
EACH = 50
PATIENCE_S = 120.0


def sentences(limit: int) -> Iterator[tuple[str, str]]:
    """Kind and text: hard and plain ones in turns."""
    with Path(__file__).with_name("growing_sentences.tsv").open(encoding="utf-8") as file:
        hard = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for kind in VOICES:
        own = [row["text"] for row in hard if row["kind"] == kind]
        with (ROOT / "tests" / "listen" / f"{kind}.tsv").open(encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            plain = [r["text"] for r in rows if len(words_of(r["text"])) >= FIRST[kind] + 3]
        chosen = [*own[: HARD[kind]], *plain][:EACH]
        step = max(1, len(chosen) // limit)
        for text in chosen[::step][:limit]:
            yield kind, text


def pieces(text: str) -> list[str]:
    """A text in words with the blank before them; Chinese characters one by one."""
    ends = [word.start for word in words_of(text)][1:]
    cuts = [0, *(e - (text[e - 1] == " ") for e in ends), len(text)]
    return [text[a:b] for a, b in pairwise(cuts)]


class Desk:
    """A node's neighbours, in this process: what is written goes in, what is spoken comes out, with times."""

    def __init__(self) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.sent: queue.Queue[tuple[float, str, Any, dict[str, Any]]] = queue.Queue()

    def next(self) -> object:
        """The next event; None at the end."""
        return self.events.get()

    def node_config(self) -> dict[str, Any]:
        """What the dataflow says of this node."""
        return {"inputs": {}, "outputs": ["audio", "segment_complete", "status", "log", "words"]}

    def send_output(self, port: str, data: pa.Array, metadata: dict[str, Any]) -> None:
        """Take what the node sends."""
        self.sent.put((time.monotonic(), port, data, metadata))

    def log(self, *_: object, **__: object) -> None:
        """Nobody reads the log."""

    def write(self, text: str, rate: float, **metadata: object) -> tuple[float, list[Any]]:
        """Write a text at a rate; when it was begun, and what came until its reply."""
        begun, parts = time.monotonic(), pieces(text)
        for number, part in enumerate(parts):
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            about = {"seq": number, "fin": number == len(parts) - 1, "request_id": text, **metadata}
            self.events.put(
                {"type": "INPUT", "id": "text", "value": pa.array([part]), "metadata": about}
            )
        found = []
        while not found or found[-1][1] != "segment_complete":
            found.append(self.sent.get(timeout=PATIENCE_S))
        return begun, found


def through_node(
    engine: Synthesizer, todo: Sequence[tuple[str, str]], rates: Sequence[float], seed: int
) -> list[Spoken]:
    """Every sentence at every rate, through a node that runs on this thread."""
    desk, results = Desk(), []

    def drive() -> None:
        for kind, text in todo:
            for rate in rates:
                before, cpu = engine.stats, time.process_time()
                begun, found = desk.write(text, rate, voice=VOICES[kind], seed=seed)
                one = Spoken(kind, text, f"words {rate:g}/s")
                audio = [item for item in found if item[1] == "audio"]
                reply = found[-1][3]
                one.error = str(reply.get("error", ""))
                fragments = [
                    (at - begun, np.array(a), int(m["sample_rate"])) for at, _, a, m in audio
                ]
                _account(one, fragments, rate)
                _work(one, engine, before, time.process_time() - cpu)
                results.append(one)
                _show(one)
        desk.events.put(None)

    driver = threading.Thread(target=drive)
    driver.start()
    settings = engine.settings.model_copy(
        update={"sentence_mode": "words", "state": ROOT / "out" / "growing-state"}
    )
    serve(desk, engine, settings)  # type: ignore[arg-type]
    driver.join()
    return results


class Simulated(GrowingText):
    """A text that is written by a clock of CPU time and waiting."""

    def __init__(self, text: str, rate: float, clock: Callable[[], float]) -> None:
        self._parts, self._pace = pieces(text), rate
        self._skipped, self._base, self._written, self._all = 0.0, clock(), 0, text
        self._work_clock = clock
        self._stamp: float | None = None
        super().__init__(self.now)

    def now(self) -> float:
        """Seconds since the first word."""
        if self._stamp is not None:
            return self._stamp
        return self._work_clock() - self._base + self._skipped

    def read(self) -> Growth:
        """As the text stands now."""
        now = self.now()
        while self._written < len(self._parts) and self._written / self._pace <= now:
            self._stamp = self._written / self._pace
            self._written += 1
            self.grow("".join(self._parts[: self._written]).strip())
        self._stamp = None
        if self._written == len(self._parts):  # the last piece says that it is the last
            self.finish(whole_text(self._all))
        return super().read()

    def skip(self) -> None:
        """Let the time pass in which nothing can be done."""
        until = self._written / self._pace
        until = min(until, self.due_s) if self.due_s is not None else until
        self._skipped += max(0.0, until - self.now())


def simulated(
    engine: Synthesizer,
    todo: Sequence[tuple[str, str]],
    rates: Sequence[float],
    seed: int,
    clock: Callable[[], float],
    *,
    first_only: bool,
) -> list[Spoken]:
    """Every sentence at every rate, without a node."""
    results = []
    for kind, text in todo:
        for rate in rates:
            one, before, cpu = (
                Spoken(kind, text, f"words {rate:g}/s"),
                engine.stats,
                time.process_time(),
            )
            written, fragments = Simulated(text, rate, clock), []
            try:
                for fragment in engine.stream_growing(written, voice=VOICES[kind], seed=seed):
                    if fragment is None:
                        written.skip()
                        continue
                    fragments.append((written.now(), fragment.samples, fragment.sample_rate))
                    one.words += fragment.words
                    if first_only:
                        break
            except Exception as error:  # noqa: BLE001  a result
                one.error = repr(error)
            _account(one, fragments, rate)
            _work(one, engine, before, time.process_time() - cpu)
            results.append(one)
            _show(one)
    return results


def whole(
    engine: Synthesizer, todo: Sequence[tuple[str, str]], seeds: Sequence[int]
) -> list[Spoken]:
    """Every sentence whole, streamed as usual."""
    results = []
    for kind, text in todo:
        for seed in seeds:
            one, before, cpu = (
                Spoken(kind, text, f"whole, seed {seed}"),
                engine.stats,
                time.process_time(),
            )
            fragments: list[Fragment] = []
            try:
                fragments += engine.stream(text, voice=VOICES[kind], seed=seed)
            except Exception as error:  # noqa: BLE001  a result
                one.error = repr(error)
            one.words = tuple(word for fragment in fragments for word in fragment.words)
            _account(one, [(0.0, f.samples, f.sample_rate) for f in fragments], 1e9)
            _work(one, engine, before, time.process_time() - cpu)
            results.append(one)
            _show(one)
    return results


def _account(one: Spoken, fragments: Sequence[tuple[float, Any, int]], rate: float) -> None:
    if not fragments:
        return
    one.first_ms = 1e3 * fragments[0][0]
    one.after_fourth_ms = 1e3 * (fragments[0][0] - (FIRST[one.kind] - 1) / rate)
    plays = fragments[0][0]
    for at, samples, hertz in fragments:
        if at > plays + 0.01:
            one.stalls.append(round(at - plays, 3))
        plays = max(plays, at) + len(samples) / hertz
    one.samples, one.rate = np.concatenate([f[1] for f in fragments]), fragments[0][2]
    one.seconds = len(one.samples) / one.rate


def _work(one: Spoken, engine: Synthesizer, before: SynthesisStats, cpu: float) -> None:
    after = engine.stats
    one.cpu_s, one.tokens = cpu, after.tokens - before.tokens
    one.stages, one.rests = after.stages - before.stages, after.rests - before.rests
    one.contradictions = after.contradictions - before.contradictions


def _show(one: Spoken) -> None:
    print(
        f"{one.way:14} {one.first_ms:6.0f} {one.after_fourth_ms:6.0f} {one.text[:60]} {one.error}",
        file=sys.stderr,
        flush=True,
    )


def hear(results: Sequence[Spoken]) -> None:
    """Count the words that a recogniser gets wrong."""
    import listen

    ear, units = listen.Recogniser(ROOT / "out" / "whisper"), listen.Units()
    for one in results:
        heard = "" if one.samples is None else ear(np.asarray(one.samples), one.rate, one.kind)
        one.errors, one.units = listen.judged(units, one.kind, one.text, heard)[:2]


def full_size(engine: Synthesizer) -> None:
    """Put networks of full size with random weights in the voices' place."""
    for name in dict.fromkeys(VOICES.values()):
        networks = engine.prepare(name).networks
        chosen = engine.device
        import mlx.core as mx

        dtype = mx.float16 if chosen.kind == "gpu" else mx.float32
        t2s = t2s_benchmark.random_network(t2s_benchmark.SIZES["v2"], chosen.backend, dtype)
        kernel_choice.install(t2s, chosen, VerdictStore(None))
        t2s.warm_up()
        sovits = sovits_benchmark.build(sovits_benchmark.SIZES["v2"], chosen.backend)
        networks.__dict__.update(t2s=t2s, sovits=sovits, phone_codes=None)


def main() -> None:
    """Speak, listen, print the table."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=EACH, help="sentences of each kind")
    parser.add_argument("--rates", default="5,10,40", help="words a second, comma separated")
    parser.add_argument("--seeds", default="1,2,3", help="of the whole sentences")
    parser.add_argument("--hear", action="store_true", help="count errors with a recogniser")
    parser.add_argument("--simulate", action="store_true", help="a clock of CPU time, no node")
    parser.add_argument(
        "--slow", type=float, default=1.0, help="CPU time here over an idle machine's"
    )
    parser.add_argument("--size", choices=("starter", "v2"), default="starter")
    given = parser.parse_args()
    engine = Synthesizer.load(
        "starter-en",
        settings=Settings.load().model_copy(update={"preload": ("starter-zh",)}),
        warm_up=given.size == "starter",  # caches made for the starter fit no other network
    )
    if given.size == "v2":
        full_size(engine)
    todo, rates = list(sentences(given.limit)), [float(r) for r in given.rates.split(",")]
    seeds = [int(seed) for seed in given.seeds.split(",")]
    results = whole(engine, todo, seeds) if given.size == "starter" else []
    cpu = given.simulate
    clock = (lambda: time.process_time() / given.slow) if cpu else time.perf_counter
    if given.simulate or given.size == "v2":
        first_only = given.size == "v2"
        results += simulated(engine, todo, rates, seeds[0], clock, first_only=first_only)
    else:
        results += through_node(engine, todo, rates, seeds[0])
    if given.hear:
        sys.path.insert(0, str(ROOT / "scripts"))
        hear(results)
    lines = report(results)
    for line in lines:
        print(json.dumps(line))
    if given.json:
        kept = [
            {k: v for k, v in asdict(o).items() if k not in {"samples", "words"}} for o in results
        ]
        given.json.parent.mkdir(parents=True, exist_ok=True)
        about = harness.machine(device=engine.device.description)
        given.json.write_text(
            json.dumps(
                {"machine": about, "lines": lines, "sentences": kept}, ensure_ascii=False, indent=1
            )
        )


if __name__ == "__main__":
    main()

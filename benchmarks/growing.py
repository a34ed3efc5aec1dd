"""Speech from unfinished sentences: how soon, how well, and at what cost, beside whole sentences.

    python benchmarks/growing.py --limit 10 --hear              # ten of each kind, with a recogniser
    python benchmarks/growing.py --simulate --hear --lines out/growing.jsonl  # on a busy machine
    python benchmarks/growing.py --size v2 --limit 10           # full size, made-up weights: times only

50 English, 50 Mandarin and 50 mixed sentences (tests/listen and growing_sentences.tsv) are written a word, or
a Chinese character, at a time at `--rates` a second, evenly or as `--writing` says, through a node in this process,
with `sentence_mode: words`; and spoken as whole sentences. The first rate is tried with each of `--seeds`, the others
with the first seed, and not heard by the recogniser. Times are in ms, from the arrival of the first word and of the fourth (of the sixth
character) to the first fragment. A stall is silence at a player that plays at once.

`--simulate` leaves the node out: the clock stands still but for waiting and for the CPU time of the work, which
is divided by what the machine's load makes of it: CPU time of the first fragment of a short text, taken again
and again, over the `--quiet` ms that it takes on the idle machine (docs/performance.md). `--size v2` does the same
with the time on the wall, up to the first fragment of each sentence. With `--lines` each result is kept there,
and a run that was stopped continues.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import harness
import numpy as np
import sovits as sovits_benchmark
import t2s as t2s_benchmark
from growing_account import Account, Joints, WorkTime
from growing_report import VOICES, Spoken, report
from growing_writing import (
    EACH,
    FIRST,
    ROOT,
    WRITING,
    Desk,
    Simulated,
    arrivals,
    pieces,
    sentences,
)

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.t2s import kernel_choice
from dora_mlx_tts.node.app import serve
from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.synthesis import synthesizer as engine_module
from dora_mlx_tts.synthesis.growing.stages import StageDecoder
from dora_mlx_tts.synthesis.pace import SpeedMeter
from dora_mlx_tts.synthesis.work_clock import WorkClock

_BLOCK = 12
_LOOK = 3
Pace = tuple[float, str]
"""Words a second, and how they are written (`WRITING`)."""
Todo = tuple[str, str, Pace | None, int]
"""Kind, text, pace (None for the whole at once), seed."""


def through_node(
    engine: Synthesizer, todo: Sequence[Todo], hear: Callable[..., None] | None
) -> Iterator[Spoken]:
    """Every sentence at its rate, through a node that runs on a thread of its own."""
    desk = Desk()
    settings = engine.settings.model_copy(
        update={"sentence_mode": "words", "state": ROOT / "out" / "growing-state"}
    )
    results: list[Spoken] = []

    def drive() -> None:
        for kind, text, pace, seed in todo:
            one = Spoken(kind, text, _way(pace), seed)
            account = Account(engine, one, hear)
            times_s = arrivals(text, *pace) if pace else [0.0] * len(pieces(text))
            begun, found = desk.write(text, times_s, voice=VOICES[kind], seed=seed)
            one.error = str(found[-1][3].get("error", ""))
            audio = [(at - begun, np.array(a), int(m["sample_rate"])) for at, p, a, m in found if p == "audio"]  # fmt: skip
            results.append(account.close(audio, times_s[FIRST[kind] - 1] if pace else None))
        desk.events.put(None)

    driver = threading.Thread(target=drive)
    driver.start()
    serve(desk, engine, settings)  # type: ignore[arg-type]
    driver.join()
    yield from results


def without_node(
    engine: Synthesizer,
    todo: Sequence[Todo],
    clock: WorkTime,
    hear: Callable[..., None] | None,
    *,
    first_only: bool,
) -> Iterator[Spoken]:
    """Every sentence at its rate, or whole."""
    for number, (kind, text, pace, seed) in enumerate(todo):
        if number % _LOOK == 0:
            clock.look()
        one = Spoken(kind, text, _way(pace), seed, slow=clock.slow)
        times_s = arrivals(text, *pace) if pace else None
        with Joints().watched() as joints:
            account, fragments = Account(engine, one, hear), []
            try:
                if times_s is None:
                    fragments = list(_whole(engine, one))
                else:
                    written = Simulated(text, times_s, clock)
                    fragments = list(_simulated(engine, one, written, first_only))
            except Exception as error:  # noqa: BLE001  a result
                one.error = repr(error)
            one.joints_s = joints.seconds(one)
            yield account.close(fragments, times_s and times_s[FIRST[kind] - 1])


def _whole(engine: Synthesizer, one: Spoken) -> Iterator[tuple[float, Any, int]]:
    for fragment in engine.stream(one.text, voice=VOICES[one.kind], seed=one.seed):
        one.words += [(w.text, w.start_s, w.end_s) for w in fragment.words]
        yield 0.0, fragment.samples, fragment.sample_rate


def _simulated(
    engine: Synthesizer, one: Spoken, written: Simulated, first_only: bool
) -> Iterator[tuple[float, Any, int]]:
    stream = engine.stream_growing(written, voice=VOICES[one.kind], seed=one.seed)
    waited, worked = 0.0, dict(stream.work_s)
    fourth = written.times_s[FIRST[one.kind] - 1]
    for fragment in stream:
        if fragment is None:
            written.skip()
            if not one.parts_ms:
                waited, worked = written.now(), dict(stream.work_s)
            continue
        now = written.now()
        if not one.parts_ms:
            parts = {part: s - worked[part] for part, s in stream.work_s.items() if part != "voice"}
            parts = {"waiting": waited - fourth, **parts}
            one.parts_ms = {part: round(1e3 * seconds, 1) for part, seconds in parts.items()}
        one.words += [(w.text, w.start_s, w.end_s) for w in fragment.words]
        yield now, fragment.samples, fragment.sample_rate
        if first_only:
            stream.close()
            return


def waits(engine: Synthesizer, limit: int, rates: Sequence[float]) -> None:
    """How long the text for the first stage takes to come after the fourth word: no network runs."""
    decode = StageDecoder.decode

    def begun(*_: Any) -> Any:  # noqa: ANN401  nothing is decoded
        raise Cancelled(CancelToken())

    StageDecoder.decode = begun  # type: ignore[method-assign, assignment]
    for rate in rates:
        found: dict[str, list[float]] = {}
        for kind, text in sentences(limit):
            written = Simulated(text, arrivals(text, rate, "steady"), lambda: 0.0)
            for _ in engine.stream_growing(written, voice=VOICES[kind], seed=1):
                if written.whole is not None:
                    break
                written.skip()
            late_s = max(0.0, written.now() - (FIRST[kind] - 1) / rate)
            found.setdefault(kind, []).append(1e3 * late_s)
        found["all"] = [one for some in found.values() for one in some]
        for kind, some in found.items():
            shares = [round(float(np.percentile(some, share))) for share in (50, 75, 95)]
            now = sum(not value for value in some) / len(some)
            line = {"rate": rate, "kind": kind, "n": len(some), "at_once": round(now, 2)}
            print(json.dumps(line | dict(zip(("p50", "p75", "p95"), shares, strict=True))))
    StageDecoder.decode = decode  # type: ignore[method-assign]


def _way(pace: Pace | None) -> str:
    if pace is None:
        return "whole"
    rate, writing = pace
    return f"words {rate:g}/s" + ("" if writing == "steady" else f" {writing}")


def hearing(ways: set[str]) -> Callable[..., None]:
    """What counts the words that a recogniser gets wrong, for some ways."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import listen  # type: ignore[import-not-found]

    ear, units = listen.Recogniser(ROOT / "out" / "whisper"), listen.Units()

    def hear(one: Spoken, samples: Any, rate: int) -> None:  # noqa: ANN401  an array
        if one.way not in ways:
            return
        one.heard = ear(np.asarray(samples), rate, one.kind)
        one.errors, one.units = listen.judged(units, one.kind, one.text, one.heard)[:2]

    return hear


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


def order(limit: int, paces: Sequence[Pace], seeds: Sequence[int], *, whole: bool) -> list[Todo]:
    """What to speak, a few sentences in all ways at a time, so that a run that is stopped has something to say."""
    first, *others = paces
    passes: list[tuple[Pace | None, int]] = []
    for seed in seeds:
        passes += [(first, seed)]
        passes += [(None, seed)] * whole
    passes += [(pace, seeds[0]) for pace in others]
    texts = sentences(limit)
    blocks = [texts[start : start + _BLOCK] for start in range(0, len(texts), _BLOCK)]
    return [
        (kind, text, pace, seed)
        for block in blocks
        for pace, seed in passes
        for kind, text in block
    ]


def kept_lines(path: Path | None) -> list[Spoken]:
    """Results of a run that was stopped."""
    if path is None or not path.exists():
        return []
    return [Spoken(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Speak, listen, print the table."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=EACH, help="sentences of each kind")
    parser.add_argument("--rates", default="10,5,40", help="words a second, comma separated")
    parser.add_argument("--writing", default="steady", help=f"of {', '.join(WRITING)}")
    parser.add_argument("--no-whole", action="store_true", help="leave out the whole sentences")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--hear", action="store_true", help="count errors with a recogniser")
    parser.add_argument("--simulate", action="store_true", help="a clock of CPU time, no node")
    parser.add_argument("--quiet", type=float, default=135, help="ms, see above")
    parser.add_argument("--size", choices=("starter", "v2"), default="starter")
    parser.add_argument("--waiting", action="store_true", help="only how long words are waited for")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="keep each result there")
    given = parser.parse_args()
    is_full = given.size == "v2"
    engine = Synthesizer.load(
        "starter-en",
        settings=Settings.load().model_copy(update={"preload": ("starter-zh",)}),
        warm_up=not (is_full or given.waiting),  # the starter's caches fit no other network
    )
    if is_full:
        full_size(engine)
    rates, seeds = (
        [float(r) for r in given.rates.split(",")],
        [int(s) for s in given.seeds.split(",")],
    )
    if given.waiting:
        waits(engine, given.limit, rates)
        return
    paces = [(rate, writing) for writing in given.writing.split(",") for rate in rates]
    results = kept_lines(given.lines)
    done = {(one.kind, one.text, one.way, one.seed) for one in results}
    todo = [
        (kind, text, pace, seed)
        for kind, text, pace, seed in order(
            given.limit, paces, seeds, whole=not (is_full or given.no_whole)
        )
        if (kind, text, _way(pace), seed) not in done
    ]
    hear = hearing({"whole", _way(paces[0])}) if given.hear else None
    clock = WorkTime(engine, 0.0 if is_full else given.quiet / 1e3)
    engine_module.WorkClock = partial(WorkClock, clock)  # type: ignore[attr-defined, assignment]
    clock.look()
    for name in dict.fromkeys(VOICES.values()):  # what was measured by another clock
        engine.prepare(name).pack.speed = SpeedMeter()
    speak = partial(without_node, clock=clock, first_only=is_full)
    for one in _spoken(engine, todo, hear, speak, is_simulated=given.simulate or is_full):
        results.append(one)
        if given.lines:
            given.lines.parent.mkdir(parents=True, exist_ok=True)
            with given.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
    lines = report(results)
    for line in lines:
        print(json.dumps(line))
    if given.json:
        _write(given.json, engine, lines, results)


def _spoken(
    engine: Synthesizer,
    todo: Sequence[Todo],
    hear: Callable[..., None] | None,
    speak: Callable[..., Iterator[Spoken]],
    *,
    is_simulated: bool,
) -> Iterator[Spoken]:
    if is_simulated:
        yield from speak(engine, todo, hear=hear)
        return
    whole = [one for one in todo if one[2] is None]
    yield from speak(engine, whole, hear=hear)
    yield from through_node(engine, [one for one in todo if one[2] is not None], hear)


def _write(path: Path, engine: Synthesizer, lines: list[Any], results: Sequence[Spoken]) -> None:
    bulky = {"contour", "words", "joints_s"}
    kept = [{k: v for k, v in asdict(one).items() if k not in bulky} for one in results]
    about = harness.machine(device=engine.device.description)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": about, "lines": lines, "sentences": kept}
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

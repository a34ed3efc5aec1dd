"""Many callers at once, through a node in this process: who waits how long, and who runs dry.

    python benchmarks/crowd.py --crowds 1,4,8,16 --rates 0.5,1 --json out/crowd.json
    python benchmarks/crowd.py --size v2 --crowds 1,16,32,64 --rates 5,10 --json out/crowd-v2.json

`--crowds` conversations begin at once, or one after the other at random at `--rates` a second (Poisson) for
`--seconds`; each says one text of `--sentences`. The same arrivals are served by `--policies`: windows is how the
node takes turns, parts how it did before (a part that was begun is spoken to its end), apart takes turns by windows
and makes each by itself, which differs on a GPU. First audio counts from the
text's arrival to the first fragment; a player that starts at once and gets the next sound late runs dry.
On a busy machine `--cpu-clock` lets time pass only while this process works (for crowds, not for rates).
`--size v2` puts networks of full size with random weights in the voice's place; they end each sentence where speech
of its length would end.

Results are written after each setting, so a run that is cut off keeps what it measured. What is not served within
`--limit` seconds is stopped and counts as failed; a process that then still does not go on says where it hangs, and ends.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import growing
import harness
import mlx.core as mx
import numpy as np
import pyarrow as pa
from node_rude import resident

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node import app
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.runtime.whole_file import write_whole
from dora_mlx_tts.synthesis import sentence as sentences
from dora_mlx_tts.synthesis.checks.token_guard import Problem, TokenGuard
from dora_mlx_tts.synthesis.company import Company
from dora_mlx_tts.synthesis.guarded_tokens import GuardedTokens

LOAD_LIMIT_S = 150.0
"""For loading networks, and compiling kernels where none are kept."""
STOP_LIMIT_S = 15.0
"""For stopping what took too long."""
DRY_S = 0.005
TOKENS_PER_CHARACTER = 1.7
SAID = (
    "The train to the coast leaves at half past seven.",
    "You can buy a ticket on board, but it costs a little more.",
    "Shall I look up the way to the station for you?",
    "The weather will be fine, so take your sunglasses along.",
    "There is a small café next to the harbour that opens early.",
    "I would be happy to reserve a table by the window.",
)


class ByParts(SpeechQueue):
    """Turns as they were: a part that was begun is spoken to its end, then others have theirs."""

    @staticmethod
    def _most_urgent(speech: Sequence[Utterance]) -> Utterance:
        return next((utterance for utterance in speech if utterance.in_part), speech[0])


POLICIES: dict[str, type[SpeechQueue]] = {
    "windows": SpeechQueue,
    "apart": SpeechQueue,
    "parts": ByParts,
}


@dataclass
class Call:
    """One conversation: when its text came, and what left for it, [(seconds, seconds of sound)]."""

    begun_s: float
    sent: list[tuple[float, float]] = field(default_factory=list)
    outcome: str = ""
    error: str = ""

    @property
    def first_ms(self) -> float:
        """From the text's arrival to its first sound."""
        return 1e3 * (self.sent[0][0] - self.begun_s)

    def gaps_s(self) -> list[float]:
        """Silences of a player that starts at once."""
        gaps, plays = [], self.sent[0][0]
        for at, seconds in self.sent:
            if at > plays + DRY_S:
                gaps.append(at - plays)
            plays = max(plays, at) + seconds
        return gaps


@dataclass(frozen=True)
class Result:
    """One setting under one policy; milliseconds, seconds of sound, MiB, and seconds of CPU a second."""

    policy: str
    setting: str
    calls: int
    first_p50_ms: float
    first_p95_ms: float
    first_p99_ms: float
    dry_calls: int
    underruns: int
    longest_gap_ms: float
    sound_s: float
    sound_per_s: float
    failed: int
    resident_mib: float
    mlx_active_mib: float
    mlx_cache_mib: float
    cpu: float


class Callers(growing.Desk):
    """Says what the callers say at its time, and keeps account of what comes back."""

    def __init__(
        self,
        arrivals: Sequence[float],
        texts: Sequence[str],
        voice: str,
        clock: Callable[[], float],
        limit_s: float,
    ) -> None:
        super().__init__()
        self._arrivals, self._texts, self._voice = arrivals, texts, voice
        self._clock, self._limit_s = clock, limit_s
        self.calls: dict[str, Call] = {}

    def send_output(self, port: str, data: pa.Array, metadata: dict[str, Any]) -> None:
        """Take what the node sends; sound itself is not kept."""
        kept = data[0].as_py() if port in {"status", "segment_complete"} else None
        self.sent.put((self._clock(), port, kept, metadata))

    def drive(self) -> None:
        """Say everything, wait for all replies, end; what takes too long is stopped."""
        while self.sent.get()[2] != "ready":
            pass
        listener = threading.Thread(target=self._listen)
        listener.start()
        start = time.monotonic()
        for number, at in enumerate(self._arrivals):
            time.sleep(max(0.0, start + at - time.monotonic()))
            name = f"caller {number}"
            about = {"session_id": name, "voice": self._voice, "seed": number}
            self.calls[name] = Call(self._clock())
            text = pa.array([self._texts[number]])
            self.events.put({"type": "INPUT", "id": "text", "value": text, "metadata": about})
        listener.join(self._limit_s)
        if listener.is_alive():
            print(f"not served within {self._limit_s:.0f} s, stopped", file=sys.stderr, flush=True)
            self.events.put({"type": "STOP", "id": "MANUAL"})
            listener.join()
        self.events.put(None)

    def _listen(self) -> None:
        left = len(self._arrivals)
        while left:
            at, port, value, metadata = self.sent.get()
            if port == "audio":
                self.calls[metadata["session_id"]].sent.append((at, metadata["duration_s"]))
            elif port == "segment_complete":
                call = self.calls[metadata["session_id"]]
                call.outcome, call.error = value, metadata["error"]
                if value != "completed":
                    print(f"{metadata['session_id']}: {value}: {call.error}", file=sys.stderr)
                left -= 1


def served(
    engine: Synthesizer,
    policy: str,
    setting: str,
    arrivals: Sequence[float],
    *,
    length: int,
    limit_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Serve these arrivals; what came of it."""
    chosen = [
        " ".join(SAID[(number + n) % len(SAID)] for n in range(length))
        for number in range(len(arrivals))
    ]
    desk = Callers(arrivals, chosen, engine.settings.voice, clock, limit_s)
    app.SpeechQueue = partial(POLICIES[policy], clock=clock)  # type: ignore[attr-defined]
    is_gpu = engine.device.kind == "gpu"
    engine._company = Company() if is_gpu and policy == "windows" else None
    settings = engine.settings.model_copy(update={"state": Path("out") / "crowd-state"})
    driver = threading.Thread(target=desk.drive, daemon=True)
    faulthandler.dump_traceback_later(arrivals[-1] + limit_s + STOP_LIMIT_S, exit=True)
    cpu, start = time.process_time(), clock()
    driver.start()
    app.serve(desk, engine, settings)
    driver.join()
    faulthandler.cancel_dump_traceback_later()
    taken, used = clock() - start, time.process_time() - cpu
    return _result(policy, setting, list(desk.calls.values()), taken, used)


def _result(policy: str, setting: str, calls: Sequence[Call], taken: float, cpu: float) -> Result:
    heard = [call for call in calls if call.sent]
    waits = np.percentile([call.first_ms for call in heard] or [0.0], [50, 95, 99]).round(1)
    p50, p95, p99 = map(float, waits)
    gaps = [call.gaps_s() for call in heard]
    sound = sum(seconds for call in heard for _, seconds in call.sent)
    return Result(
        policy,
        setting,
        len(calls),
        p50,
        p95,
        p99,
        dry_calls=sum(bool(one) for one in gaps),
        underruns=sum(map(len, gaps)),
        longest_gap_ms=round(1e3 * max((gap for one in gaps for gap in one), default=0.0), 1),
        sound_s=round(sound, 1),
        sound_per_s=round(sound / taken, 2),
        failed=sum(call.outcome != "completed" for call in calls),
        resident_mib=round(resident(os.getpid())),
        mlx_active_mib=round(mx.get_active_memory() / 2**20),
        mlx_cache_mib=round(mx.get_cache_memory() / 2**20),
        cpu=round(cpu / taken, 2),
    )


def settings_of(given: argparse.Namespace) -> Iterator[tuple[str, list[float]]]:
    """What is measured: a name and the arrivals."""
    for crowd in filter(None, given.crowds.split(",")):
        yield f"{crowd} at once", [0.0] * int(crowd)
    for rate in filter(None, given.rates.split(",")):
        chance = np.random.default_rng(1)
        gaps = chance.exponential(1 / float(rate), max(1, round(float(rate) * given.seconds)))
        yield f"{rate} a second", np.cumsum(gaps).tolist()


class SpeechLike(GuardedTokens):
    """Tokens of random weights, which end where speech of their sentence would."""

    def _next(self) -> Any:  # noqa: ANN401
        stream, token = super()._next()
        is_over = len(self.tokens) >= TOKENS_PER_CHARACTER * len(self._task.label)
        return (stream, None) if is_over else (stream, token)


class Lenient(TokenGuard):
    """Judges nothing: random weights say nothing."""

    def token(self, *_: object) -> Problem | None:
        """Nothing is wrong."""
        return None

    end = token


def full_size(engine: Synthesizer) -> None:
    """Put networks of full size with random weights in the voice's place."""
    growing.VOICES = {"en": engine.settings.voice}
    growing.full_size(engine)
    end_like_speech()


def end_like_speech() -> None:
    """Let sentences of random networks end where speech would, and judge none."""
    sentences.GuardedTokens = SpeechLike  # type: ignore[misc]
    sentences.TokenGuard = Lenient  # type: ignore[misc]


def show(result: Result) -> None:
    """One line."""
    r = result
    print(
        f"{r.policy:8} {r.setting:14} first {r.first_p50_ms:7.0f} {r.first_p95_ms:7.0f} {r.first_p99_ms:7.0f} ms"
        f"  dry {r.dry_calls:3}/{r.calls:<3} gaps {r.underruns:4} (longest {r.longest_gap_ms:6.0f} ms)"
        f"  {r.sound_per_s:6.2f} s/s  failed {r.failed}  RSS {r.resident_mib} MiB, MLX {r.mlx_active_mib}"
        f" + {r.mlx_cache_mib} MiB  CPU {r.cpu}",
        flush=True,
    )


def rows_of(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For the chart: how long 95 of 100 callers wait at most."""
    return [
        {"contestant": r.policy, "setting": r.setting, "seconds": r.first_p95_ms / 1e3}
        for r in results
    ]


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--crowds", default="1,4,8,16", help="conversations that begin at once")
    parser.add_argument("--rates", default="", help="arrivals a second, comma separated")
    parser.add_argument("--seconds", type=float, default=10.0, help="of arrivals at each rate")
    parser.add_argument("--sentences", type=int, default=3, help="of each text")
    parser.add_argument("--policies", default="parts,windows")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for each setting")
    parser.add_argument("--cpu-clock", action="store_true", help="count CPU time, not time")
    parser.add_argument("--size", choices=("starter", "v2"), default="starter")
    parser.add_argument("--voice", default="starter-en")
    return parser.parse_args()


def write(path: Path, given: argparse.Namespace, device: Device, results: Sequence[Result]) -> None:
    """Keep what was measured so far."""
    kept = {
        "title": f"Wait for the first sound, 95 of 100 callers ({given.size}, {device.kind})",
        "machine": harness.machine(device=device.description),
        "results": [asdict(r) for r in results],
        "rows": rows_of(results),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(kept, indent=2) + "\n").encode())


def loaded(given: argparse.Namespace) -> Synthesizer:
    """The engine."""
    faulthandler.dump_traceback_later(LOAD_LIMIT_S, exit=True)
    begun = time.monotonic()
    settings = Settings.load().model_copy(update={"log_level": "ERROR"})
    engine = Synthesizer.load(given.voice, settings=settings, warm_up=given.size == "starter")
    if given.size == "v2":
        full_size(engine)
    taken = time.monotonic() - begun
    print(f"{given.size} on {engine.device.description}: ready after {taken:.1f} s", flush=True)
    return engine


def main() -> None:
    """Serve, print, write."""
    given = options()
    engine = loaded(given)
    serve = partial(
        served,
        length=given.sentences,
        limit_s=given.limit,
        clock=time.process_time if given.cpu_clock else time.monotonic,
    )
    serve(engine, "windows", "warm-up", [0.0, 0.0], limit_s=LOAD_LIMIT_S)
    results = []
    for setting, arrivals in settings_of(given):
        for policy in given.policies.split(","):
            results.append(serve(engine, policy, setting, arrivals))
            show(results[-1])
            if given.json:
                write(given.json, given, engine.device, results)


if __name__ == "__main__":
    main()

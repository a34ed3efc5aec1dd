"""Mutated files against everything that reads files of strangers.

    python scripts/fuzz.py --cases 20000

Checkpoints (header, zip, pickle, storages), safetensors and `pack.json`, voice files, recordings. Every
case must end in a result or in an error of this package, soon, and without touching a file outside its
folder. Cases run in a child process, so that a crash is noticed; each is drawn from its number alone:
`--only pickle:123` runs one again.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from fuzz_targets import Target, make_targets

from dora_mlx_tts.errors import TtsError

LIMIT_S = 10
MEMORY = 6 << 30
BATCH = 500
TOKENS = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"..", b"../", b"/", b"\x00", b"\xff" * 8,
    b"\x80\x02", b"cos\nsystem\n", b"R", b"b", b"\x81", b"(", b"t", b"}", b"u", b"h\x00", b"q\x00",
    b"\x8a\xff", b"X\xff\xff\xff\x7f", b"RIFF", b"data", b"fmt ", b"LIST", b"[", b"]", b"{", b"&a ",
    b"*a", b"<<: ", b"!!python/object:os.system ", b"? ", b"- ", b"|\n", b"1e999", b"-1", b"NaN",
    b"99999999999999999999", b"~", b"/etc/passwd", b"../canary", b"canary", b"null", b"\xef\xbb\xbf",
)  # fmt: skip


class HangError(BaseException):
    """A case took too long; no `except Exception` may swallow it."""


@dataclass
class Findings:
    """What a run found."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""


def mutate(data: bytes, draw: random.Random) -> bytes:
    """One to eight changes; the places near both ends, where headers are, more often."""
    content = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        if not content:
            return bytes(content)
        at = _place(len(content), draw)
        kind = draw.randrange(7)
        if kind == 0:
            content[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            content[at] = draw.randrange(256)
        elif kind == 2:
            del content[at : at + draw.choice((1, 2, 4, 16, 4096))]
        elif kind == 3:
            content[at:at] = draw.choice(TOKENS) * draw.choice((1, 1, 2, 100))
        elif kind == 4:
            token = draw.choice(TOKENS)
            content[at : at + len(token)] = token
        elif kind == 5:
            other = _place(len(content), draw)
            length = draw.choice((1, 4, 8, 32, 512))
            content[at : at + length] = content[other : other + length]
        else:
            number = draw.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, draw.getrandbits(32)))
            width = draw.choice((2, 4, 8))
            content[at : at + width] = (number % 256**width).to_bytes(width, "little")
    return bytes(content[: draw.randrange(len(content) + 1)] if draw.random() < 0.05 else content)


def _place(length: int, draw: random.Random) -> int:
    near = min(length, 400)
    spot = draw.random()
    if spot < 0.35:
        return draw.randrange(near)
    if spot < 0.7:
        return length - 1 - draw.randrange(near)
    return draw.randrange(length)


class Watch:
    """Notices files outside a folder, processes and connections, from inside Python."""

    def __init__(self, folder: Path) -> None:
        self._inside = str(folder)
        mine = (sys.prefix, sys.base_prefix, Path(__file__).parents[1], "/dev")
        system = ("/proc/self", "/usr/lib", "/usr/share")
        self._allowed = (*(str(Path(path).resolve()) for path in mine), *system)
        self.active = False
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook: what Python is about to do."""
        if not self.active:
            return
        if event in {"os.system", "subprocess.Popen", "os.exec", "os.fork", "socket.connect"}:
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            mode = str(arguments[1] or "r")
            reads = not set(mode) & set("wax+")
            if not path.startswith(self._inside) and not (reads and path.startswith(self._allowed)):
                self.seen.append(f"open {path!r} {mode}")


def run_case(name: str, number: int, targets: Mapping[str, Target], work: Path) -> str:
    """One case; how it ended."""
    draw = random.Random(f"{name}:{number}")  # noqa: S311  no secret
    target = targets[name]
    data = mutate(draw.choice(target.seeds), draw)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    path = target.place(work, data)
    signal.alarm(LIMIT_S)
    try:
        target.read(path)
    except TtsError as error:
        return type(error).__name__
    finally:
        signal.alarm(0)
    return "read"


def _batch(cases: list[tuple[str, int]], folder: Path, pipe: object) -> None:
    """Run cases in this process and tell about each."""
    faulthandler.enable()
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, _hang)
    targets = _TARGETS
    watch = Watch(folder)
    sys.addaudithook(watch)
    for name, number in cases:
        pipe.send(("begin", f"{name}:{number}", "", 0.0))  # type: ignore[attr-defined]  a connection
        start = time.perf_counter()
        failure = outcome = ""
        watch.active = True
        try:
            outcome = run_case(name, number, targets, folder / "work")
        except HangError:
            failure = f"hang: more than {LIMIT_S} s"
        except BaseException:  # noqa: BLE001  that is what is looked for
            failure = traceback.format_exc(limit=-4)
        watch.active = False
        if watch.seen:
            failure, watch.seen = f"escape: {watch.seen[:3]}", []
        elapsed = time.perf_counter() - start
        pipe.send(("end", outcome, failure, elapsed))  # type: ignore[attr-defined]


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise HangError


_TARGETS: dict[str, Target] = {}


def run(cases: list[tuple[str, int]], folder: Path) -> Findings:
    """Run all cases, a batch a process; a process that dies counts as a failure of its case."""
    findings = Findings()
    context = multiprocessing.get_context("fork")
    while cases:
        batch, cases = cases[:BATCH], cases[BATCH:]
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_batch, args=(batch, folder, sender))
        child.start()
        sender.close()
        done, current = _listen(receiver, findings)
        child.join()
        if child.exitcode or done < len(batch):
            findings.failures.append(f"{current}: crash: exit code {child.exitcode}")
            cases = batch[done + 1 :] + cases
    return findings


def _listen(receiver: object, findings: Findings) -> tuple[int, str]:
    done, current = 0, ""
    while True:
        try:
            kind, text, failure, elapsed = receiver.recv()  # type: ignore[attr-defined]
        except EOFError:
            return done, current
        if kind == "begin":
            current = text
            continue
        done += 1
        if failure:
            findings.failures.append(f"{current}: {failure}")
        findings.outcomes[f"{current.split(':')[0]}: {text or 'FAILED'}"] += 1
        if elapsed > findings.slowest_s:
            findings.slowest_s, findings.slowest = elapsed, current


def main() -> None:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", metavar="TARGET:NUMBER", help="one case, in this process")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "canary").write_text("untouched")
        (folder / "inner").mkdir()
        _TARGETS.update(make_targets(folder / "inner"))
        if options.only:
            target, _, number = options.only.partition(":")
            print(run_case(target, int(number), _TARGETS, folder / "inner" / "work"))
            return
        names = list(_TARGETS)
        numbers = range(options.first, options.first + options.cases)
        start = time.perf_counter()
        findings = run([(names[n % len(names)], n) for n in numbers], folder / "inner")
        seconds = time.perf_counter() - start
    for outcome, count in sorted(findings.outcomes.items()):
        print(f"{count:7d}  {outcome}")
    print(f"{options.cases} cases in {seconds:.0f} s; slowest {findings.slowest}: ", end="")
    print(f"{findings.slowest_s:.2f} s; {len(findings.failures)} failures")
    for failure in findings.failures[:20]:
        print(failure)
    if options.json:
        report = {
            "cases": options.cases,
            "seconds": seconds,
            "outcomes": findings.outcomes,
            "failures": findings.failures,
        }
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(findings.failures))


if __name__ == "__main__":
    main()

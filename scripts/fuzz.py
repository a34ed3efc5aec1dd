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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np
import soundfile

from dora_mlx_tts.audio.reference import reference_samples
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.read.model_folder import read_model_folder
from dora_mlx_tts.checkpoints.sovits_file import open_sovits
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.tools.voices.python_table import read_python_table
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("checkpoints", "models")]

import tiny_voice

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert

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
class Target:
    """Something that reads files.

    Attributes:
        seeds: sound files, as bytes.
        place: writes a mutated one where it is read; gives the argument of `read`.
        read: what is to be tried.
    """

    seeds: list[bytes]
    place: Callable[[Path, bytes], Path]
    read: Callable[[Path], object]


@dataclass
class Findings:
    """What a run found."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""


def make_targets(folder: Path) -> dict[str, Target]:
    """Everything that reads files of strangers, with sound files to begin with."""
    seeds = folder / "seeds"
    seeds.mkdir()
    gpt = tiny_voice.save_t2s(seeds / "gpt.ckpt")
    pth = tiny_voice.save_sovits(seeds / "v.pth")
    plus = tiny_voice.save_sovits(seeds / "p.pth", header=b"05")
    hubert = tiny_voice.save_folder(
        seeds / "hubert", tiny_voice.hubert_weights(), tiny_voice.HUBERT_CONFIG
    )
    pack, six = seeds / "pack", seeds / "six"
    for folder_of_pack, storage in ((pack, "int8"), (six, "int6")):
        convert(ConversionSources(gpt, pth), folder_of_pack, PackOptions(storage=storage))
    recordings = [_recording(seeds, name) for name in ("a.wav", "a.flac", "a.ogg")]
    goldens = Path(os.environ.get("DORA_MLX_TTS_GOLDENS", ROOT.parent / "shared" / "goldens"))
    real = [p.read_bytes() for p in sorted((goldens / "files").glob("*.*")) if p.is_file()]
    checkpoints = [_small(gpt), _small(pth), _small(plus), *real]
    weights = (pack / "sovits.safetensors").read_bytes()
    packed = (six / "sovits.safetensors").read_bytes()
    manifest = (pack / "pack.json").read_bytes()
    config = (hubert / "config.json").read_bytes()

    def in_pack(name: str, source: Path = pack) -> Callable[[Path, bytes], Path]:
        def place(work: Path, data: bytes) -> Path:
            shutil.copytree(source, work / "pack")
            (work / "pack" / name).write_bytes(data)
            return work / "pack"

        return place

    def model_folder(work: Path, data: bytes) -> Path:
        shutil.copytree(hubert, work / "hubert")
        (work / "hubert" / "config.json").write_bytes(data)
        return work / "hubert"

    return {
        "checkpoint": Target(checkpoints, _as_file("x.pth"), _read_checkpoint),
        "pickle": Target(real[:1] + checkpoints[:3], _as_file("x.pth"), _read_sovits),
        "safetensors": Target([weights], _as_file("x.safetensors"), _read_tensors),
        "pack": Target([weights], in_pack("sovits.safetensors"), _read_pack),
        "six bits": Target([packed], in_pack("sovits.safetensors", six), _read_pack),
        "manifest": Target([manifest], in_pack("pack.json"), _read_pack),
        "folder": Target([config], model_folder, read_model_folder),
        "voice": Target([_VOICE, _FLOW_VOICE], _as_file("voices/anna.yml"), _read_voices),
        "table": Target([_TABLE], _as_file("config.py"), _read_table),
        "recording": Target(recordings, _as_file("x.wav"), reference_samples),
    }


_TABLE = b"""\
import os
VOICE_CONFIGS = {
    "One": {"gpt_weights": "GPT_weights/one.ckpt", "prompt_text": "What is said.", "speed_factor": 1.1},
    "Two": {"gpt_weights": ["a", ("b", -1, None)], "prompt_text": "", "x": {1, 2}},
}
"""
_VOICE = b"""\
name: anna
aliases: [Anna, "\xc3\x84nnchen"]
pack: pack
reference:
  audio: a.wav
  text: Hello there.
  language: en
auxiliary: [b.wav]
styles:
  glad: {audio: c.wav, text: "Hi!"}
defaults: {speed: 1.1, top_k: 15, seed: -1}
lexicon: {en: {word: [W, ER1, D]}}
"""
_FLOW_VOICE = b'{"pack": "p", "reference": &r {"audio": "a.wav"}, "styles": {"x": *r, "y": *r}}'


def _recording(folder: Path, name: str) -> bytes:
    t = np.arange(4 * 8000) / 8000
    samples = 0.2 * np.sin(2 * np.pi * 200 * t) * np.sin(2 * np.pi * 2 * t) ** 2
    soundfile.write(folder / name, samples.astype(np.float32), 8000)
    return (folder / name).read_bytes()


def _small(path: Path) -> bytes:
    return path.read_bytes()


def _as_file(name: str) -> Callable[[Path, bytes], Path]:
    def place(work: Path, data: bytes) -> Path:
        path = work / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    return place


def _read_checkpoint(path: Path) -> None:
    for section in read_checkpoint(path).content.values():
        for value in section.values() if isinstance(section, dict) else (section,):
            if hasattr(value, "read"):
                value.read()


def _read_sovits(path: Path) -> None:
    for tensor in open_sovits(path).tensors.values():
        tensor.read()


def _read_tensors(path: Path) -> None:
    for tensor in read_tensor_file(path).values():
        tensor.read()


def _read_pack(path: Path) -> None:
    pack = Pack.open(path, verify=False)
    for part in pack.manifest.parts:
        pack.part(part)


def _read_table(path: Path) -> None:
    read_python_table(path, "VOICE_CONFIGS")


def _read_voices(path: Path) -> None:
    registry = VoiceRegistry.scan([path.parent])
    roots = [path.parent.resolve(), BUILTIN.resolve()]
    for voice in registry:
        registry.get(voice.name)
        for named in (voice.pack, voice.reference.audio, *voice.auxiliary):
            if not any(named.is_relative_to(root) for root in roots):
                raise RuntimeError(f"{named} was let through")
    for error in registry.broken.values():
        if len(str(error)) > 20_000:
            raise RuntimeError("a message of more than 20,000 characters")


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
        mine = (sys.prefix, sys.base_prefix, ROOT, "/dev")
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

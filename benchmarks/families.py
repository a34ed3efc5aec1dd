"""Every family at its full size: load time and memory of each part, real-time factor by stage.

    python benchmarks/families.py --families v2,v4 --goldens ../shared/goldens --json out/families.json

Packs of half-precision random weights are written first (speed does not depend on the values); the names
and shapes of all tensors are those of a folder of golden vectors. Each family runs in a process of its
own, so that its peak memory is its own. The packs stay in --packs and are used again. A pack also has to
speak (`self_test.py`); with these weights that is noise.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import harness
import mlx.core as mx
import numpy as np
from flow_sentence import streamed

from dora_mlx_tts.checkpoints import selection
from dora_mlx_tts.checkpoints.encode import TensorEncoder
from dora_mlx_tts.checkpoints.selection import select, select_bert
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.packs.manifest import PackManifest
from dora_mlx_tts.packs.pack import PartContent, write_pack
from dora_mlx_tts.packs.verified import VerifiedFiles
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Device, KernelUse
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.tools.self_test import check_pack

FAMILIES = ("v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4", "v5dev", "v5turbo")
RATES = {"v3": 24000, "v4": 48000, "v5dev": 48000, "v5turbo": 48000}
ENCODERS = ("ssl", "bert")
DATA = {"sampling_rate": 32000, "filter_length": 2048, "hop_length": 640, "win_length": 2048}
PHONES, PROMPT, SECONDS = 60, 125, 4
_MORE_STEPS = 3  # by which two runs differ
VOCABULARY = "".join(f"{word}\n" for word in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
BLOCK = (np.random.default_rng(0).standard_normal(1 << 20) * 0.02).astype(np.float16)

Shapes = Mapping[str, list[int]]


@dataclass(frozen=True)
class RandomTensor:
    """A tensor of small random numbers in half precision; variances are positive."""

    shape: tuple[int, ...]
    positive: bool = False
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype("f2"))
    bfloat16: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def read(self) -> Any:  # noqa: ANN401  an array
        """The numbers; the first ones are the same in all tensors."""
        values = np.resize(BLOCK, self.shape)
        return np.abs(values) if self.positive else values


Parts = dict[str, tuple[Shapes, Mapping[str, Any]]]


def random_part(part: str, shapes: Shapes, config: Mapping[str, Any], storage: str) -> PartContent:
    """A network of small random numbers, stored as conversion stores it."""
    tensors = {
        key: RandomTensor(tuple(shape), positive=key.endswith("running_var"))
        for key, shape in shapes.items()
    }
    return PartContent(config, TensorEncoder(part, storage).encode(tensors))


def chosen(shapes: Shapes, wanted: str, rules: tuple[tuple[str, str], ...]) -> Shapes:
    """The tensors that conversion keeps."""
    tensors = {key: SimpleNamespace(shape=shape) for key, shape in shapes.items()}
    return {key: tensor.shape for key, tensor in select(tensors, wanted, rules, "").kept.items()}


def parts_of(family: str, goldens: Path) -> Parts:
    """Shapes and sizes of all networks of a family."""
    manifest = json.loads((goldens / "manifest.json").read_text(encoding="utf-8"))
    weights, cases = manifest["weights"], manifest["cases"]

    def config(case: str) -> dict[str, Any]:
        return dict(cases[case]["config"])

    flow = family in RATES
    like = "v4" if family.startswith("v5") else family  # v5 has v4's networks, less step embedding
    name = f"sovits_{like}_encoder" if flow else f"sovits_{family}"
    case = f"sovits_{like}_{'decode_encp' if flow else 'decode'}"
    wanted = selection.CONDITIONER_WANTED if flow else selection.SOVITS_WANTED
    rules = selection.CONDITIONER_RULES if flow else selection.SOVITS_RULES
    ssl = chosen(weights["hubert_full"], selection.HUBERT_WANTED, selection.HUBERT_RULES)
    tensors = {key: SimpleNamespace(shape=shape) for key, shape in weights["bert_full"].items()}
    bert = {key: tensor.shape for key, tensor in select_bert(tensors, 24, "").kept.items()}
    made: Parts = {
        "t2s": (weights["t2s_full"], config("t2s_full_prefill")),
        "sovits": (chosen(weights[name], wanted, rules), {**config(case), **DATA}),
        "ssl": (ssl, config("hubert_full")),
        "bert": (bert, config("bert_full")),
    }
    if family.startswith("v2Pro"):
        shapes = weights["eres2netv2_full"]
        kept = chosen(shapes, selection.SPEAKER_WANTED, selection.SPEAKER_RULES)
        made["speaker"] = (kept, {})
    if flow:
        kept = {
            k: v for k, v in weights["cfm_full"].items() if like == family or "d_embed" not in k
        }
        cfm = {_cfm_key(key): shape for key, shape in kept.items()}
        made["cfm"] = (cfm, {"version": family})
        vocoder, kind = (
            ("bigvgan_full", "bigvgan") if family == "v3" else ("hifigan48_full", "hifigan")
        )
        sizes = {**config(vocoder), "kind": kind}
        kept = chosen(weights[vocoder], selection.VOCODER_WANTED, selection.VOCODER_RULES)
        made["vocoder"] = (kept, sizes)
    return made


def _cfm_key(key: str) -> str:
    return key if key.startswith("cfm.") else f"cfm.{key}"


def write(family: str, folder: Path, goldens: Path, storage: str, without: set[str]) -> Path:
    """The family's pack, made if it is not there, less some parts that speech does not need."""
    out = folder / f"{family}-{storage}"
    if not (out / "pack.json").is_file():
        symbols = "v1" if family == "v1" else "v2"
        rate = RATES.get(family, 32000)
        manifest = PackManifest(family, family, symbols, rate, "none", (), storage, {}, {})
        parts = {
            name: random_part(name, *described, storage)
            for name, described in parts_of(family, goldens).items()
            if name not in without
        }
        write_pack(out, manifest, parts, {"vocab.txt": VOCABULARY.encode()})
    return out


def measure(
    pack: Path, kind: str, *, kernels: KernelUse, products: bool, sentence: int
) -> dict[str, Any]:
    """Load every part, then run the stages; seconds, and memory where the system tells."""
    blas.accelerate()
    chosen_device = device.select(kind, kernels=kernels, products=products)
    verified = VerifiedFiles(pack.parent / "cache")
    once, _ = _timed(lambda: Networks.open(pack, chosen_device, verified=verified))
    opened, networks = _timed(lambda: Networks.open(pack, chosen_device, verified=verified))
    load = {"open": opened}
    for name in _parts(networks):
        load[name], _ = _timed(partial(getattr, networks, name))
    loaded, resident = _peak(), _resident()
    stages, processor = _stages(networks, sentence)
    return {
        "device": chosen_device.description,
        "load_s": load,
        "hashes_once_s": once,
        "loaded_mib": loaded,
        "resident_loaded_mib": resident,
        "stages": stages,
        "processor": processor,
        "peak_mib": _peak(),
        "peak_mlx_mib": mx.get_peak_memory() / 2**20,
        "resident_mib": _resident(),
        "speaks": _speaks(pack, chosen_device),
    }


def _speaks(pack: Path, where: Device) -> str:
    """What the self-test says."""
    try:
        return check_pack(pack, where).to_text()
    except TtsError as error:
        return f"it does not speak: {error}"


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def _parts(networks: Networks) -> list[str]:
    flow = ["conditioner", "cfm", "vocoder"] if networks.flow else ["sovits"]
    speaker = ["speaker"] if networks.pack.has("speaker") else []
    return ["t2s", *flow, *speaker, *(part for part in ENCODERS if networks.pack.has(part))]


def _stages(networks: Networks, sentence: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of computing for a second of speech, and of the processor's time for that.

    Flow matching is given a step. The processor's time means something on a busy machine, too.
    """
    tokens = SECONDS * 25
    phones = (np.arange(PHONES) % 700).astype(np.int32)
    codes = (np.arange(tokens) % 1024).astype(np.int32)
    ge = mx.zeros((1, 1, networks.encoder.config.style_channels))
    found, processor = {}, {}

    def timed(name: str, run: Any, seconds: float = SECONDS) -> Any:  # noqa: ANN401  any result
        run()
        start, used = time.perf_counter(), time.process_time()
        result = run()
        found[name] = (time.perf_counter() - start) / seconds
        processor[name] = (time.process_time() - used) / seconds
        return result

    def decode() -> int:
        text = T2SText(np.concatenate([phones, phones]))
        prompt = (np.arange(PROMPT) % 1024).astype(np.int32)
        stream = generate(networks.t2s, text, prompt, DecodeSettings(min_tokens=tokens), seed=0)
        return sum(1 for _ in zip(stream, range(tokens), strict=False))

    timed("t2s", decode)
    given = (mx.array(codes)[None], mx.array(phones)[None], ge)
    family = networks.flow
    if family is None:
        timed("sovits", lambda: mx.eval(networks.sovits.decode(*given, key=mx.random.key(0))))
    else:
        features = networks.conditioner.condition(*given)
        timed("conditioner", lambda: mx.eval(networks.conditioner.condition(*given)))
        whole = mx.concatenate([features[:, : family.sizes.prompt], features], axis=1)
        mel = mx.zeros((1, min(features.shape[1], family.sizes.prompt), 100))
        steps, guidance = family.sampling(None, None)
        once, step = "flow matching, before the first step", "flow matching, one step"
        for name, count in ((once, 1), (step, 1 + _MORE_STEPS)):
            timed(name, partial(networks.cfm.inference, whole, mel, count, cfg_rate=guidance))
        for costs in (found, processor):
            costs[step] = (costs[step] - costs[once]) / _MORE_STEPS
            costs[once] -= costs[step]
        found[f"flow matching, {steps} steps"] = found[once] + steps * found[step]
        networks.cfm.modulations(steps)
        second = features.shape[1] // SECONDS
        timed("vocoder", lambda: mx.eval(networks.vocoder(mx.zeros((1, second, 100)))), 1)
        if sentence:
            spoken, used = streamed(networks, family, sentence)
            found.update(spoken)
            processor.update(used)
    samples = mx.zeros((1, 16000 * SECONDS))
    if networks.pack.has("ssl"):
        timed("hubert (of the reference)", lambda: mx.eval(networks.ssl(samples)))
    bert = networks.features
    if bert is not None:
        timed("bert (a sentence of 32)", lambda: bert.encode(np.zeros((1, 34), np.int32)))
    return found, processor


def _peak() -> float:
    unit = 1 << 10 if sys.platform == "linux" else 1 << 20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _resident() -> dict[str, float]:
    """What the process holds now: its own memory, and mapped files, which the system may drop."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = dict(line.split(":", 1) for line in lines)
    names = {"own": "RssAnon", "files": "RssFile"}
    return {name: int(pairs[key].split()[0]) / 1024 for name, key in names.items()}


def show(family: str, result: Mapping[str, Any]) -> None:
    """A few lines for people."""
    print(f"{family} on {result['device']}")
    load = result["load_s"]
    print(f"  load {sum(load.values()):.2f} s: ", end="")
    print(", ".join(f"{name} {seconds:.2f}" for name, seconds in load.items()), end="")
    print(f"; hashes compared, the first time, in {result['hashes_once_s']:.2f}")
    print(
        f"  peak of memory: {result['loaded_mib']:.0f} MiB loaded, {result['peak_mib']:.0f} at the end"
    )
    for when, held in (("loaded", "resident_loaded_mib"), ("at the end", "resident_mib")):
        text = ", ".join(f"{name} {size:.0f}" for name, size in result[held].items())
        print(f"  resident {when}, MiB: {text}")
    for name, factor in result["stages"].items():
        used = result["processor"].get(name)
        busy = "" if used is None else f"{used:8.4f}"
        print(f"  {factor:8.4f} {busy:>8}  {name}")
    print(f"  {result['speaks']}; {result['peak_mlx_mib']:.0f} MiB of MLX's at the peak")


def main() -> None:
    """Measure the families one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--goldens", type=Path, default=Path("../shared/goldens"))
    parser.add_argument("--packs", type=Path, help="where packs are kept; a temporary folder")
    parser.add_argument("--storage", default="float16", choices=("float32", "float16", "int8"))
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "gpu"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--kernels", default="off", choices=("auto", "on", "off"), help="own ones")
    parser.add_argument("--layers", default="mlx", choices=("mlx", "products"), help="on CUDA")
    parser.add_argument("--without", default="", help="parts to leave out: ssl, bert")
    parser.add_argument(
        "--sentence", type=int, default=10, help="seconds of a streamed one; 0 for none"
    )
    parser.add_argument("--write", action="store_true", help="write the packs, measure nothing")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        options = {"kernels": given.kernels, "products": given.layers == "products"}
        print(json.dumps(measure(given.measure, given.device, sentence=given.sentence, **options)))
        return
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.packs or Path(temporary)
        for family in given.families.split(","):
            without = set(given.without.split(","))
            pack = write(family, folder, given.goldens, given.storage, without)
            if given.write:
                continue
            command = [sys.executable, __file__, "--measure", str(pack), "--device", given.device]
            command += ["--kernels", given.kernels, "--layers", given.layers]
            command += ["--sentence", str(given.sentence)]
            answer = subprocess.run(command, check=False, capture_output=True, text=True)
            if answer.returncode:
                print(f"{family} failed:\n{answer.stderr[-2000:]}", file=sys.stderr)
                results[family] = {"error": answer.stderr[-2000:]}
            else:
                results[family] = json.loads(answer.stdout.splitlines()[-1])
                show(family, results[family])
            if given.json:
                report = {"machine": harness.machine(), "families": results}
                given.json.parent.mkdir(parents=True, exist_ok=True)
                given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

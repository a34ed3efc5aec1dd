"""Other GPT-SoVITS engines beside this one, at full v2 size with random weights, on one device in one run.

    pip download --no-deps gsv-tts-lite==0.4.7 aqua-tts==0.3.0
    python -m zipfile -e gsv_tts_lite-*.whl peers/gsv_tts_lite; python -m zipfile -e aqua_tts-*.whl peers/aqua_tts
    git clone https://github.com/RVC-Boss/GPT-SoVITS peers/upstream
    python benchmarks/peers.py --peers peers --json out/peers.json

`--torch` names the Python that has PyTorch, if it is not this one. Each engine runs in its own process (see
`peer_engines.py`), this package first and last, so that a drift of the machine shows. Tokens per second are those of a
long text less those of a short one, so the prefill is in neither. A first packet is what each engine sends first:
its length differs, and stands beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import first_audio
import harness
import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.runtime import blas, device

SHORT, LONG = 25, 525
PHONES = (20, 80)
PATIENCE_S = 150
FIRST_SOUND = {
    "ours": "0.4 s",
    "lite": "0.8 s",
    "aqua": "the whole text",
    "eager": "0.56 s",
    "graph": "",
}
"""How much sound an engine's first packet holds."""

Samples = Mapping[str, Sequence[float]]


def ours(samples: int) -> dict[str, list[float]]:
    """Seconds of this package's runs."""
    chosen = device.select(products=True)
    dtype = mx.float16 if chosen.kind == "gpu" else mx.float32
    case = first_audio.random_case("v2", chosen, dtype, "ours")
    text = T2SText(np.arange(60, dtype=np.int32))

    def decode(tokens: int) -> None:
        settings = DecodeSettings(early_stop=tokens, min_tokens=tokens)
        with generate(case.t2s, text, case.prompt, settings, seed=1) as stream:
            for _ in range(tokens):
                next(stream)

    runs: dict[str, Callable[[], object]] = {
        f"tokens {SHORT}": partial(decode, SHORT),
        f"tokens {LONG}": partial(decode, LONG),
    }
    for phones in PHONES:
        runs[f"packet {phones}"] = partial(case.run, "a" * phones)
    return {
        name: list(harness.take_turns({name: run}, samples=samples, warmup=2)[name].seconds)
        for name, run in runs.items()
    }


def peer(name: str, given: argparse.Namespace) -> dict[str, list[float]] | None:
    """Seconds of another engine's runs, or None with the reason on stderr."""
    command = [given.torch, str(Path(__file__).with_name("peer_engines.py")), name]
    command += ["--peers", str(given.peers), "--device", given.device]
    command += ["--tokens", str(LONG), "--samples", str(given.samples)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"{name}: not ready after {PATIENCE_S} s", file=sys.stderr)
        return None
    if ended.returncode:
        print(f"{name}: {ended.stderr[-2000:]}", file=sys.stderr)
        return None
    found: dict[str, list[float]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def rows(name: str, label: str, found: Samples) -> Iterator[harness.Row]:
    """What the table says of one engine."""
    for setting, seconds in found.items():
        kind, _, count = setting.partition(" ")
        timing = harness.Timing(tuple(seconds), (0.0,) * len(seconds))
        if kind == "packet":
            yield harness.Row(label, f"first packet, {count} phones ({FIRST_SOUND[name]})", timing)
        elif int(count) == LONG:
            more = timing.middle - median(found[f"tokens {SHORT}"])
            rate = (LONG - SHORT) / more
            yield harness.Row(label, f"{LONG} tokens", timing, rate, "tokens/s")
        else:
            yield harness.Row(label, f"prefill and {count} tokens", timing)


def main() -> int:
    """Measure and report; the exit code."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True, help="folder of checkouts")
    parser.add_argument("--engines", default="lite,aqua,graph,eager", help="comma separated")
    parser.add_argument("--torch", default=sys.executable, help="the Python that has PyTorch")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="of the peers")
    given = parser.parse_args()
    status = blas.accelerate()
    about = harness.machine(blas=status.library, kernel=status.kernel, device=given.device)
    table: list[harness.Row] = list(rows("ours", "ours, first", ours(given.samples)))
    failed = False
    for name in filter(None, given.engines.split(",")):
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = peer(name, given)
        failed |= found is None
        table += rows(name, name, found or {})
        harness.save("Engines side by side", table, about, given.json)
    table += rows("ours", "ours, last", ours(given.samples))
    harness.report("Engines side by side", table, about, given.json)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

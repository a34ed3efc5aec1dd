"""How long SoVITS takes, part by part, for the starter's sizes and for full v2.

    python benchmarks/sovits.py --sizes starter,v2 --seconds 4 --json out/sovits.json

The rate is seconds of audio made in a second. Weights are random: speed does not depend on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import harness
import mlx.core as mx

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.runtime import blas, device, openvino
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.tools.benchmark import FULL_SOVITS, random_weights

STARTER = dataclasses.replace(
    FULL_SOVITS,
    filter_channels=512,
    layers=2,
    generator=dataclasses.replace(
        FULL_SOVITS.generator,
        initial_channels=256,
        rates=(10, 8, 4, 2),
        kernels=(20, 16, 8, 4),
    ),
)
SIZES = {"starter": STARTER, "v2": FULL_SOVITS}
PHONES_A_SECOND = 12
REFERENCE_SECONDS = 4.0


def build(config: SoVITSConfig, backend: Backend, dtype: mx.Dtype = mx.float32) -> SoVITS:
    """A model with random weights that keep activations of order one."""
    model = SoVITS(config)
    random_weights(model, dtype)
    prepare(model, backend)
    return model


def contestants(model: SoVITS, seconds: float) -> dict[str, Callable[[], object]]:
    """Every part, on inputs of `seconds` of audio; the style encoder on its own length."""
    config = model.config
    frames = round(seconds * config.sample_rate / config.hop / 2) * 2
    codes = mx.arange(frames // 2)[None] % config.codes
    text = mx.arange(max(1, round(seconds * PHONES_A_SECOND)))[None] % config.symbols
    rate = config.sample_rate / config.hop
    spec = mx.abs(mx.random.normal((1, round(REFERENCE_SECONDS * rate), config.spectrum_rows)))
    ge = model.style([spec])
    mean, _ = model.encode(codes, text, ge)
    z = model.flow(mean, ge)
    mx.eval(ge, mean, z)

    def generate(*, two_streams: bool) -> None:
        model.dec.two_streams = two_streams
        mx.eval(model.dec(z, ge))

    parts: dict[str, Callable[[], object]] = {
        "ref_enc": lambda: mx.eval(model.style([spec])),
        "enc_p": lambda: mx.eval(model.encode(codes, text, ge)),
        "flow": lambda: mx.eval(model.flow(mean, ge)),
        "dec, one stream": partial(generate, two_streams=False),
    }
    if model.dec.two_streams:
        parts["dec, two streams"] = partial(generate, two_streams=True)
    if model.dec.backend is Backend.CPU and openvino.is_chosen("auto"):
        from dora_mlx_tts.models.sovits.sliced_generator import SlicedGenerator

        for threads in range(1, min(2, device.usable_cores()) + 1):
            compiled = SlicedGenerator(model.dec, threads)
            compiled(z, ge)
            name = f"dec, OpenVINO, {threads} thread{'s'[: threads > 1]}"
            parts[name] = partial(compiled, z, ge)
    return parts


def measure(size: str, backend: Backend, seconds: float, samples: int) -> list[harness.Row]:
    """One row a part."""
    parts = contestants(build(SIZES[size], backend), seconds)
    rows = []
    for part, timing in harness.take_turns(parts, samples=samples).items():
        length = REFERENCE_SECONDS if part == "ref_enc" else seconds
        setting = f"{size}, {length:g} s"
        rows.append(harness.Row(part, setting, timing, length / timing.middle, "s audio/s"))
    return rows


def main() -> None:
    """Measure and print."""
    arguments = harness.parser(__doc__.splitlines()[0])
    arguments.add_argument("--sizes", default=",".join(SIZES), help="comma separated")
    arguments.add_argument("--seconds", type=float, default=4.0, help="of audio")
    arguments.add_argument("--device", default="auto", choices=["auto", "cpu", "gpu"])
    options = arguments.parse_args()
    chosen = device.select(options.device)
    library = blas.accelerate() if chosen.kind == "cpu" else None
    about = harness.machine(device=chosen.description, blas=library and library.kernel)
    rows = [
        row
        for size in options.sizes.split(",")
        for row in measure(size, chosen.backend, options.seconds, options.samples)
    ]
    harness.report("SoVITS, part by part", rows, about, options.json)


if __name__ == "__main__":
    main()

"""The networks of a family that matches flows, a few kilobytes each, with random weights."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import sovits_tiny as tiny
from mlx.utils import tree_flatten

from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.chunked import ChunkSizes, FlowPrompt
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.cfm.stream import FlowDecoder
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

FAMILIES = ("v3", "v4", "v5")
FEATURES, MELS, HOP = 12, 6, 8
SIZES = {
    "v3": ChunkSizes(prompt=20, chunk=39, overlap=4, hop=HOP),
    "v4": ChunkSizes(prompt=20, chunk=50, overlap=4, hop=HOP),
    "v5": ChunkSizes(prompt=20, chunk=70, overlap=0, hop=HOP, largest=36, tail=6),
}
GE = mx.random.normal((1, 1, tiny.STYLE), key=mx.random.key(3))
VOCODER = {
    "resblock": "1",
    "upsample_rates": [4, 2],
    "upsample_kernel_sizes": [8, 4],
    "upsample_initial_channel": 16,
    "resblock_kernel_sizes": [3, 5],
    "resblock_dilation_sizes": [[1, 3], [1, 2]],
    "num_mels": MELS,
}


def plain(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": (shape[0],)}


def conditioner_weights() -> dict[str, np.ndarray]:
    """A tiny v2 checkpoint whose generator and flow are replaced by v3's parts."""
    drawn = {k: v for k, v in tiny.weights().items() if not k.startswith(("dec.", "flow."))}
    shapes = plain("bridge.0", FEATURES, tiny.C, 1) | plain("linear_mel", 5, FEATURES, 1)
    for name in ("wns1.pre", "wns1.proj"):
        shapes |= plain(name, FEATURES, FEATURES, 1)
    shapes |= plain("wns1.enc.cond_layer", 16 * FEATURES, tiny.STYLE, 1)
    for i in range(8):
        outputs = FEATURES if i == 7 else 2 * FEATURES
        shapes |= plain(f"wns1.enc.in_layers.{i}", 2 * FEATURES, FEATURES, 5)
        shapes |= plain(f"wns1.enc.res_skip_layers.{i}", outputs, FEATURES, 1)
    shapes["cfm.estimator.proj_out.weight"] = (5, 128)
    random = np.random.default_rng(8)
    return drawn | {k: random.normal(0, 0.3, s).astype(np.float32) for k, s in shapes.items()}


def conditioner(version: str, backend: Backend = Backend.CPU) -> Conditioner:
    weights = conditioner_weights()
    model = Conditioner(ConditionerConfig.from_checkpoint(tiny.CONFIG, weights, version))
    strict_load(model, Conditioner.sanitize(weights), "test")
    prepare(model, backend)
    return model


def randomized(model, backend: Backend, seed: int):
    """A network with random parameters that keep activations of order one."""
    random = np.random.default_rng(seed)
    drawn = {}
    for key, value in tree_flatten(model.parameters()):
        scale = 0.3 if value.ndim == 1 else float(np.prod(value.shape[1:])) ** -0.5
        drawn[key] = random.normal(0.0, scale, value.shape).astype(np.float32)
    strict_load(model, drawn, "test")
    prepare(model, backend)
    return model


def cfm(family: str, backend: Backend = Backend.CPU) -> CFM:
    sizes = DiTConfig(64, 2, 32, FEATURES, 1, 8, MELS, step_embedding=family != "v5")
    return randomized(CFM(sizes), backend, 5)


def vocoder(family: str, backend: Backend = Backend.CPU):
    kind = BigVGAN if family == "v3" else HiFiGAN
    config = kind.read_config(VOCODER, {"conv_pre.weight": np.zeros((16, MELS, 7), np.float32)})
    return randomized(kind(config), backend, 6)


def decoder(family: str, backend: Backend = Backend.CPU) -> FlowDecoder:
    version = "v3" if family == "v3" else "v4"
    networks = conditioner(version, backend), cfm(family, backend), vocoder(family, backend)
    return FlowDecoder(*networks, SIZES[family])


def prompt(frames: int = 20) -> FlowPrompt:
    features, mel = mx.random.split(mx.random.key(7), 2)
    return FlowPrompt(
        mx.random.normal((1, frames, FEATURES), key=features),
        mx.random.uniform(-1, 1, (1, frames, MELS), key=mel),
    )

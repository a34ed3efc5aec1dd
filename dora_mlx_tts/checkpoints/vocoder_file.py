"""The vocoders of v3, v4 and v5, in files or folders, identified by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dora_mlx_tts.checkpoints.architecture import is_plain
from dora_mlx_tts.checkpoints.parts import Part
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.read.model_folder import WEIGHT_FILES, read_json
from dora_mlx_tts.checkpoints.selection import VOCODER_RULES, VOCODER_WANTED, select
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.families import Family
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.packs.tensors import Tensors

BIGVGAN, HIFIGAN = "bigvgan", "hifigan"
# Family -> kind of vocoder, and the frame rate of its spectrogram as (rate, hop).
KINDS = {"v3": (BIGVGAN, (24000, 256))} | dict.fromkeys(
    ("v4", "v5dev", "v5turbo"), (HIFIGAN, (48000, 480))
)
_RATES = {BIGVGAN: (4, 4, 2, 2, 2, 2), HIFIGAN: (10, 6, 2, 2, 2)}
_FILES = ("bigvgan_generator.pt", "vocoder.pth", *WEIGHT_FILES)
_SECTION = "generator"
_KEPT = (
    "resblock",
    "upsample_rates",
    "upsample_kernel_sizes",
    "upsample_initial_channel",
    "resblock_kernel_sizes",
    "resblock_dilation_sizes",
    "num_mels",
    "activation",
    "snake_logscale",
    "use_tanh_at_final",
    "use_bias_at_final",
    "gin_channels",
)


def vocoder_part(path: Path, family: Family) -> Part:
    """A spectrogram to audio.

    Args:
        path: The vocoder's file, or a folder with it and optionally ``config.json``.
        family: The voice's family.

    Raises:
        WeightsError: The family uses no vocoder or another one, or the file holds another network.
    """
    if family.model not in KINDS:
        raise WeightsError(f"vocoder {path}: not used by family {family.model}")
    file = _file_in(path) if path.is_dir() else path
    beside = file.parent / "config.json"
    config = _config(beside) if beside.is_file() else {}
    tensors = _tensors(file)
    kind = _kind(tensors, str(file))
    wanted, (rate, hop) = KINDS[family.model]
    if kind != wanted:
        raise WeightsError(
            f"{file}: is a {kind} vocoder; family {family.model} speaks with {wanted}"
        )
    made = _hop(config.get("upsample_rates", _RATES[kind]), str(file))
    if made != hop:
        raise WeightsError(
            f"{file}: makes {made} samples a frame; family {family.model} needs {hop} ({rate} Hz)"
        )
    chosen = select(tensors, VOCODER_WANTED, VOCODER_RULES, str(file))
    return Part("vocoder", file, {"kind": kind, **config}, chosen)


def _file_in(folder: Path) -> Path:
    found = next((folder / name for name in _FILES if (folder / name).is_file()), None)
    if found is None:
        raise WeightsError(f"{folder}: no vocoder; expected one of {', '.join(_FILES)}")
    return found


def _config(path: Path) -> dict[str, Any]:
    content = read_json(path)
    return {name: content[name] for name in _KEPT if name in content and is_plain(content[name])}


def _tensors(file: Path) -> Tensors:
    if file.suffix == ".safetensors":
        return read_tensor_file(file)
    checkpoint = read_checkpoint(file)
    nested = isinstance(checkpoint.content.get(_SECTION), Mapping)
    return checkpoint.tensors(_SECTION if nested else None)


def _kind(tensors: Tensors, source: str) -> str:
    if "activation_post.act.alpha" in tensors:
        return BIGVGAN
    if "conv_post.bias" in tensors and any(key.startswith("resblocks.") for key in tensors):
        return HIFIGAN
    raise WeightsError(f"{source} must be a BigVGAN v2 (v3) or HiFi-GAN (v4, v5)")


def _hop(rates: object, source: str) -> int:
    if not isinstance(rates, list | tuple):
        raise WeightsError(f"{source}: upsample_rates is {rates!r}; expected a list")
    product = 1
    for rate in rates:
        if type(rate) is not int or rate < 1:
            raise WeightsError(f"{source}: upsample_rates is {rates!r}; expected whole numbers")
        product *= rate
    return product

"""What `fuzz.py` feeds: everything that reads files of strangers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dora_mlx_tts.audio.reference import reference_samples
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.read.model_folder import read_model_folder
from dora_mlx_tts.checkpoints.sovits_file import open_sovits
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.tools.voices.python_table import read_python_table
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("checkpoints", "models")]

import tiny_voice
import whole_voice

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert


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
    whole = whole_voice.save_voice(seeds / "whole", "v2")
    for folder_of_pack, storage in ((pack, "int8"), (six, "int6")):
        sources = ConversionSources(whole.gpt, whole.sovits)
        convert(sources, folder_of_pack, PackOptions(storage=storage))
    recordings = [_recording(seeds, name) for name in ("a.wav", "a.flac", "a.ogg")]
    vectors = ROOT / "tests" / "parity" / "vectors"
    real = [p.read_bytes() for p in sorted(vectors.glob("*/files/*.*")) if p.is_file()]
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

"""What coarser storage changes: logits, chosen tokens and sound, against the same weights in float32.

    dora-mlx-tts convert --gpt F --sovits F --storage float32 -o out/float32
    dora-mlx-tts convert --gpt F --sovits F --storage int8 -o out/int8
    python benchmarks/eight_bit.py --exact out/float32 --coarse out/int8      # what ships by default
    python benchmarks/eight_bit.py --goldens ../shared/goldens                # full-size v2

The exact networks decode sentences greedily; the coarse ones are shown the same tokens and compared at
every step, then both turn these tokens into sound without noise. "on a GPU" (--gpu) is T2S as a GPU holds it,
8 bits in memory and computing in half precision, here on the CPU; its sound is that of the 8-bit pack.
Full-size weights are those of the golden vectors, made up by a recipe.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import harness
import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.spectrogram import MEL_V4, log_mel
from dora_mlx_tts.checkpoints.encode import TensorEncoder
from dora_mlx_tts.checkpoints.selection import SOVITS_RULES, SOVITS_WANTED, select
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.packs.manifest import PackManifest
from dora_mlx_tts.packs.pack import PartContent, write_pack
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.voices.registry import BUILTIN

SENTENCES = {
    "starter-en": "Seven people waited near the old bridge for the bus.",
    "starter-en-2": "Hello, this is your assistant speaking, how can I help you?",
    "starter-zh": "明天下午我们一起去图书馆看书吧。",
    "starter-zh-2": "这条小河从山里流出来，一直流到大海。",
}
MOST_TOKENS = 100
DATA = {"sampling_rate": 32000, "filter_length": 2048, "hop_length": 640, "win_length": 2048}

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Utterance:
    """What is spoken: phones of prompt and sentence, codes of the prompt, and the style."""

    name: str
    prompt: NDArray[np.int32]
    phones: NDArray[np.int32]
    codes: NDArray[np.int32]
    style: Numbers


@dataclass(frozen=True)
class Spoken:
    """What networks make of an utterance and its tokens."""

    logits: Numbers
    wave: Numbers


def decode(networks: Networks, said: Utterance) -> NDArray[np.int32]:
    """The tokens that these networks choose, the best one each time."""
    text = T2SText(np.concatenate([said.prompt, said.phones]))
    greedy = DecodeSettings(SamplingSettings(top_k=1), early_stop=MOST_TOKENS)
    return np.array(list(generate(networks.t2s, text, said.codes, greedy)), np.int32)


def speak(
    networks: Networks, said: Utterance, tokens: NDArray[np.int32], sound: Networks | None = None
) -> Spoken:
    """Logits before each of the tokens, and their sound, by `sound` if that is another."""
    text = T2SText(np.concatenate([said.prompt, said.phones]))
    audio = np.concatenate([said.codes, tokens])
    logits = networks.t2s.predict(networks.t2s.hidden([text], audio)).astype(mx.float32)
    phones = mx.array(said.phones)[None]
    wave = (sound or networks).sovits.decode(
        mx.array(tokens)[None], phones, mx.array(said.style), noise_scale=0
    )
    first = len(text.phones) + len(said.codes) - 1
    return Spoken(np.array(logits)[0, first:], np.array(wave).reshape(-1))


def compare(exact: Spoken, coarse: Spoken) -> dict[str, float]:
    """Deviations of one utterance."""
    error = coarse.wave - exact.wave
    best, other = exact.logits.argmax(-1), coarse.logits.argmax(-1)
    ordered = np.sort(exact.logits, axis=-1)
    mels = [log_mel(one.wave, MEL_V4) for one in (exact, coarse)]
    difference = coarse.logits - exact.logits
    return {
        "steps": len(best),
        "logits_relative_rms": float(np.sqrt(np.mean(difference**2) / np.var(exact.logits))),
        "largest_logit_error": float(np.abs(difference).max()),
        "median_margin": float(np.median(ordered[:, -1] - ordered[:, -2])),
        "same_best_token": float(np.mean(best == other)),
        "signal_to_error_db": float(10 * np.log10(np.mean(exact.wave**2) / np.mean(error**2))),
        "log_mel_l1": float(np.abs(mels[0] - mels[1]).mean()),
    }


def starter_utterances() -> Iterator[Utterance]:
    """A sentence of each voice that ships, with its prepared reference."""
    synthesizer = Synthesizer.load(settings=Settings.load(environ={}), warm_up=False)
    for voice, sentence in SENTENCES.items():
        ready = synthesizer.prepare(voice)
        phonemes, prompt = ready.front_end.phonemize(sentence, "auto"), ready.prompt
        phones = np.asarray(phonemes.ids, np.int32)
        yield Utterance(voice, prompt.phones, phones, prompt.codes, prompt.ge)


def made_up_utterances() -> Iterator[Utterance]:
    """Sentences without a meaning, for weights without one."""
    for seed in range(3):
        draw = np.random.default_rng(seed)
        prompt, phones = (draw.integers(1, 700, count).astype(np.int32) for count in (50, 40))
        codes = draw.integers(0, 1024, 100).astype(np.int32)
        style = draw.normal(0, 0.5, (1, 1, 512)).astype(np.float32)
        yield Utterance(f"made up {seed}", prompt, phones, codes, style)


@dataclass(frozen=True)
class Given:
    """A tensor that is there already."""

    values: Numbers
    bfloat16: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the numbers."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the numbers."""
        return self.values.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.values.size

    def read(self) -> Numbers:
        """The numbers."""
        return self.values


def recipe_packs(goldens: Path, folder: Path) -> dict[str, Path]:
    """Storage -> pack with T2S and SoVITS of full-size v2."""
    recipe = _module(goldens / "recipe.py")
    manifest = json.loads((goldens / "manifest.json").read_text(encoding="utf-8"))
    parts: dict[str, tuple[Mapping[str, Any], Mapping[str, Given]]] = {}
    for part, weights, case in (
        ("t2s", "t2s_full", "t2s_full_prefill"),
        ("sovits", "sovits_v2", "sovits_v2_decode"),
    ):
        drawn = recipe.state_dict(manifest["weights"][weights], manifest["salt"])
        tensors: dict[str, Any] = {key: Given(values) for key, values in drawn.items()}
        if part == "sovits":
            tensors = select(tensors, SOVITS_WANTED, SOVITS_RULES, "").kept
        parts[part] = ({**manifest["cases"][case]["config"], **DATA}, tensors)
    packs = {}
    for storage in ("float32", "float16", "int8", "int6"):
        about = PackManifest("full", "v2", "v2", 32000, "none", (), storage, {}, {})
        contents = {
            name: PartContent(config, TensorEncoder(name, storage).encode(tensors))
            for name, (config, tensors) in parts.items()
        }
        packs[storage] = write_pack(folder / storage, about, contents).root
    return packs


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("recipe", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: no recipe")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(
    exact: Networks,
    others: Mapping[str, tuple[Networks, Networks]],
    utterances: Iterator[Utterance],
) -> dict[str, dict[str, dict[str, float]]]:
    """Form of storage -> utterance -> deviations; `others` has T2S and SoVITS of each form."""
    results: dict[str, dict[str, dict[str, float]]] = {name: {} for name in others}
    for said in utterances:
        tokens = decode(exact, said)
        wanted = speak(exact, said, tokens)
        for name, (networks, sound) in others.items():
            results[name][said.name] = compare(wanted, speak(networks, said, tokens, sound))
    return results


def on_a_gpu(pack: Path) -> Networks:
    """A pack's networks as a GPU holds them, computed by the CPU."""
    return Networks.open(pack, Device("gpu", Backend.NATIVE, "as on a GPU"))


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exact", type=Path, help="pack in float32 of the voices that ship")
    parser.add_argument(
        "--coarse", type=Path, default=BUILTIN / "starter", help="the same in 8 bits"
    )
    parser.add_argument("--goldens", type=Path, help="measure full-size v2 with this recipe")
    parser.add_argument("--gpu", action="store_true", help="8 bits as on a GPU; slow at full size")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    blas.accelerate()
    cpu = device.select("cpu")
    with tempfile.TemporaryDirectory() as folder:
        if given.goldens:
            packs = recipe_packs(given.goldens, Path(folder))
            utterances = made_up_utterances()
        elif given.exact:
            packs = {"float32": given.exact, "int8": given.coarse}
            utterances = starter_utterances()
        else:
            parser.error("--exact or --goldens is needed")
        exact = Networks.open(packs.pop("float32"), cpu)
        opened = {name: Networks.open(pack, cpu) for name, pack in packs.items()}
        others = {name: (networks, networks) for name, networks in opened.items()}
        if given.gpu:
            others["int8 on a GPU"] = on_a_gpu(packs["int8"]), opened["int8"]
        results = measure(exact, others, utterances)
    for form, utterance in results.items():
        for name, figures in utterance.items():
            print(f"{form}, {name}:", {key: round(value, 5) for key, value in figures.items()})
    if given.json:
        report = {"machine": harness.machine(), "results": results}
        given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

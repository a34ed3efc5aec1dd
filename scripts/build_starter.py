"""Make the starter pack and voices that ship from their training checkpoints.

The checkpoints go through the same `convert` as anybody's. The SSL encoder stays out of the pack:
prompts are prepared here, with the float weights.

    python scripts/build_starter.py --source DIR
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import soundfile

from dora_mlx_tts.audio.reference import reference_samples
from dora_mlx_tts.config import Settings
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.networks import Networks
from dora_mlx_tts.synthesis.prompt import PromptNetworks, prepare_prompt
from dora_mlx_tts.synthesis.prompt_store import prompt_key, save_prompt
from dora_mlx_tts.synthesis.references import weights_id
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.voices.registry import BUILTIN
from dora_mlx_tts.weights.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.weights.pack import Pack


@dataclass(frozen=True)
class StarterVoice:
    """A voice that ships; `source` is the reference's name in the checkpoints' folder."""

    name: str
    source: str
    language: str
    description: str


VOICES = (
    StarterVoice("starter-en", "en_female_heart", "en", "female, American English"),
    StarterVoice("starter-en-2", "en_male_michael", "en", "male, American English"),
    StarterVoice("starter-zh", "zh_female_xiaoxiao", "zh", "female, Mandarin"),
    StarterVoice("starter-zh-2", "zh_male_yunxi", "zh", "male, Mandarin"),
)
LICENCE = "Apache-2.0"

YAML = """\
# Made by scripts/build_starter.py.
name: {name}
description: {description} (starter voice)
licence: {licence}
languages: [{languages}]
pack: starter
reference:
  audio: references/{name}.flac
  text: {text}
  language: {language}
prompt: prompts/{name}.safetensors
defaults:
  top_k: 3
  repetition_penalty: 1.0
"""


def main() -> None:
    """Build everything into the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="folder of the checkpoints")
    source = parser.parse_args().source
    sources = ConversionSources(source / "starter-s1.ckpt", source / "starter-s2.pth")
    card = {name: source / name for name in ("MODEL_CARD.md", "LICENSES.md")}
    options = PackOptions(
        storage="int8",
        name="starter",
        licence=LICENCE,
        languages=("en", "zh"),
        reference_encoder=False,
        overwrite=True,
    )
    report = convert(sources, BUILTIN / "starter", options, extra=card)
    for part in report.parts:
        print(
            f"{part.name}: {part.bytes / 2**20:.2f} MiB, relative RMS {part.error.relative_rms:.5f}"
        )
    with tempfile.TemporaryDirectory() as folder:
        float_sources = ConversionSources(sources.gpt, sources.sovits, source / "hubert")
        convert(float_sources, Path(folder) / "float", PackOptions(name="starter"))
        write_voices(source, Path(folder) / "float")


def write_voices(source: Path, float_pack: Path) -> None:
    """Write reference recordings, prompts and voice files."""
    blas.accelerate()
    networks = Networks.open(float_pack, device.select(Settings.load(environ={}).device))
    front_end = FrontEnd("v2")
    shipped = weights_id(Pack.open(BUILTIN / "starter"))
    texts = {
        entry["name"]: entry["text"]
        for entry in json.loads((source / "references" / "references.json").read_text("utf-8"))
    }
    for folder in ("references", "prompts"):
        (BUILTIN / folder).mkdir(exist_ok=True)
    for voice in VOICES:
        audio = BUILTIN / "references" / f"{voice.name}.flac"
        samples, rate = soundfile.read(source / "references" / f"{voice.source}.wav", dtype="int16")
        soundfile.write(audio, samples, rate)
        reference = reference_samples(audio)
        text = texts[voice.source]
        prompt = prepare_prompt(
            PromptNetworks(networks.sovits, networks.ssl),
            reference,
            front_end.prompt_phonemes,
            text=text,
            language=voice.language,
        )
        key = prompt_key(shipped, [reference], text, voice.language)
        save_prompt(BUILTIN / "prompts" / f"{voice.name}.safetensors", prompt, key)
        other = "zh" if voice.language == "en" else "en"
        (BUILTIN / f"{voice.name}.yml").write_text(
            YAML.format(
                name=voice.name,
                description=voice.description,
                licence=LICENCE,
                languages=f"{voice.language}, {other}",
                text=json.dumps(text, ensure_ascii=False),
                language=voice.language,
            ),
            encoding="utf-8",
        )
        print(f"{voice.name}: {len(prompt.codes)} codes, {len(prompt.phones)} phones")


if __name__ == "__main__":
    main()

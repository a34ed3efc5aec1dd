"""Make the starter pack and the voices that speak with it from their training checkpoints.

The checkpoints go through the same `convert` as anybody's, in 8 bits, the SSL encoder included, so
that the pack can learn other recordings. Where that is larger than --most, the SSL encoder gets 6 bits,
then SoVITS, then T2S. --codes takes the table of `learn_codes.py`, for the content check. The voices' own prompts are prepared with the float weights. Recordings, prompts and
voice files are written beside the pack.

    python scripts/build_starter.py --s1 F --s2 F --ssl DIR --references DIR [--codes F] -o PACK

The references folder holds `references.json`, a list of `{"name", "text", "lang"}` and optionally
`"description"` and `"voice"` (what the voice is to be called), and `<name>.wav` for each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile

from dora_mlx_tts.audio.reference import ReferenceAudio, reference_samples
from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.checkpoints.report import ConversionReport
from dora_mlx_tts.packs.pack import PartContent
from dora_mlx_tts.packs.tensor_file import TensorSpec, map_tensor_file
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.codes.phone_codes import PART, PhoneCodes
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import Prompt, PromptNetworks, prepare_prompt
from dora_mlx_tts.synthesis.loading.prompt_source import weights_id
from dora_mlx_tts.synthesis.loading.prompt_store import prompt_key, save_prompt
from dora_mlx_tts.text.frontend import FrontEnd

LICENCE = "Apache-2.0"
DOCUMENTS = ("MODEL_CARD.md", "LICENSES.md")
SPOKEN = {"en": "American English", "zh": "Mandarin"}
MIB = 2**20
COARSER = ((), ("ssl",), ("ssl", "sovits"), ("ssl", "sovits", "t2s"))
"""Parts in 6 bits, the first choice first: what is heard of them least comes first."""

YAML = """\
# Made by scripts/build_starter.py.
name: {name}
description: {description} (starter voice)
licence: {licence}
languages: [{languages}]
pack: {pack}
reference:
  audio: references/{name}.flac
  text: {text}
  language: {language}
prompt: prompts/{name}.safetensors
"""


@dataclass(frozen=True)
class StarterVoice:
    """A voice that ships, and the recording it is made from."""

    name: str
    recording: Path
    text: str
    language: str
    description: str


def read_voices(folder: Path) -> list[StarterVoice]:
    """The voices that `references.json` describes, named `starter-<language>[-<number>]` by default."""
    voices: list[StarterVoice] = []
    for entry in json.loads((folder / "references.json").read_text("utf-8")):
        language = entry.get("lang") or entry["language"]
        before = sum(voice.language == language for voice in voices)
        number = f"-{before + 1}" if before else ""
        words = entry["name"].split("_")
        sex = next((word for word in words if word in {"male", "female"}), "voice")
        voices.append(
            StarterVoice(
                name=entry.get("voice") or f"starter-{language}{number}",
                recording=folder / f"{entry['name']}.wav",
                text=entry["text"],
                language=language,
                description=entry.get("description") or f"{sex}, {SPOKEN.get(language, language)}",
            )
        )
    return voices


def main() -> None:
    """Build everything."""
    options = _options()
    documents = options.documents or options.s1.parent
    voices = read_voices(options.references)
    sources = ConversionSources(options.s1, options.s2, options.ssl)
    languages = tuple(dict.fromkeys(voice.language for voice in voices))
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact"
        convert(sources, exact, PackOptions(storage="float32", name="starter"))
        described = PackOptions(
            storage="int8",
            name="starter",
            licence=LICENCE,
            languages=languages,
            overwrite=True,
            defaults=pack_settings(options),
            clones=False,
            loudness=options.loudness,
        )
        extra: dict[str, bytes | Path] = {name: documents / name for name in DOCUMENTS}
        tables = code_table(options.codes) if options.codes else {}
        for others in COARSER:
            described = replace(described, others=dict.fromkeys(others, "int6"))
            report = convert(sources, options.out, described, extra=extra, tables=tables)
            if report.bytes <= options.most * MIB:
                break
        else:
            raise SystemExit(f"even in 6 bits the pack has {report.bytes / MIB:.2f} MiB")
        write_voices(options, voices, exact)
    print_sizes(report, described, options.out.parent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--s1", type=Path, required=True, help="T2S checkpoint (.ckpt)")
    parser.add_argument("--s2", type=Path, required=True, help="SoVITS checkpoint (.pth)")
    parser.add_argument("--ssl", type=Path, required=True, help="folder of the SSL encoder")
    parser.add_argument("--references", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--codes", type=Path, help="table that learn_codes.py wrote")
    parser.add_argument("--documents", type=Path, help="folder of model card and licences")
    parser.add_argument("--most", type=float, default=31.25, help="MiB that the pack may have")
    parser.add_argument("--top-k", type=int, default=3, help="the pack's default")
    parser.add_argument("--penalty", type=float, default=1.0, help="the pack's default")
    parser.add_argument("--temperature", type=float, default=0.5, help="the pack's default")
    parser.add_argument("--noise-scale", type=float, default=0.1, help="the pack's default")
    parser.add_argument("--loudness", type=float, help="LUFS that the voices speak at, as measured")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the pack's folder")
    options = parser.parse_args()
    documents = options.documents or options.s1.parent
    for file in (*(documents / name for name in DOCUMENTS), options.s1, options.s2):
        if not file.is_file():
            parser.error(f"{file}: no such file")
    return options


def pack_settings(options: argparse.Namespace) -> dict[str, object]:
    """Settings of speech that suit the networks."""
    return {
        "top_k": options.top_k,
        "temperature": options.temperature,
        "repetition_penalty": options.penalty,
        "noise_scale": options.noise_scale,
        "attempts": 5,
        "short_parts": True,  # it heard nothing longer than nine seconds
    }


def code_table(path: Path) -> dict[str, PartContent]:
    """The table of phones and codes as a part of the pack.

    Raises:
        TtsError: it cannot be read, or is damaged.
    """
    tensors = map_tensor_file(path)
    PhoneCodes.read(tensors, str(path))
    specs = {name: TensorSpec(one.dtype, one.shape, one.copy) for name, one in tensors.items()}
    return {PART: PartContent({}, specs)}


def write_voices(options: argparse.Namespace, voices: list[StarterVoice], exact: Path) -> None:
    """Write reference recordings, prompts and voice files; older ones of the same kind go first."""
    blas.accelerate()
    chosen = device.select("cpu")
    given, shipped = Networks.open(exact, chosen), Networks.open(options.out, chosen)
    out = options.out.parent
    for folder in ("references", "prompts"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir()
    for old in out.glob("starter-*.yml"):
        old.unlink()
    for voice in voices:
        audio = out / "references" / f"{voice.name}.flac"
        samples, rate = soundfile.read(voice.recording, dtype="int16")
        soundfile.write(audio, samples, rate)
        reference = reference_samples(audio)
        prompt = _prompt(given, reference, voice)
        key = prompt_key(weights_id(shipped.pack), [reference], voice.text, voice.language)
        save_prompt(out / "prompts" / f"{voice.name}.safetensors", prompt, key)
        (out / f"{voice.name}.yml").write_text(_yaml(voice, voices, options), encoding="utf-8")
        equal = (_prompt(shipped, reference, voice).codes == prompt.codes).mean()
        print(
            f"{voice.name}: {len(prompt.codes)} codes, {equal:.1%} the same with the stored weights"
        )


def _prompt(networks: Networks, reference: ReferenceAudio, voice: StarterVoice) -> Prompt:
    return prepare_prompt(
        PromptNetworks(networks.sovits, networks.ssl),
        reference,
        FrontEnd(networks.pack.manifest.symbols).prompt_phonemes,
        text=voice.text,
        language=voice.language,
    )


def _yaml(voice: StarterVoice, voices: list[StarterVoice], options: argparse.Namespace) -> str:
    languages = dict.fromkeys([voice.language, *(other.language for other in voices)])
    return YAML.format(
        name=voice.name,
        description=voice.description,
        licence=LICENCE,
        languages=", ".join(languages),
        pack=options.out.name,
        text=json.dumps(voice.text, ensure_ascii=False),
        language=voice.language,
    )


def print_sizes(report: ConversionReport, options: PackOptions, folder: Path) -> None:
    """Print the size of each part, of the recordings and of everything."""
    storages = {part.name: options.others.get(part.name, options.storage) for part in report.parts}
    for part in report.parts:
        print(
            f"{part.name}: {part.parameters / 1e6:.2f} million parameters, {storages[part.name]},"
            f" {part.bytes / MIB:.2f} MiB, relative RMS error {part.error.relative_rms:.5f}"
        )
    print(f"pack: {report.bytes / MIB:.2f} MiB")
    beside = [file for name in ("references", "prompts") for file in (folder / name).iterdir()]
    size = sum(file.stat().st_size for file in beside)
    print(f"recordings and prompts: {size / MIB:.2f} MiB")
    print(f"together: {(report.bytes + size) / MIB:.2f} MiB")


if __name__ == "__main__":
    main()

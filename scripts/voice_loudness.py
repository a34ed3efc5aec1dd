"""Measure how loud the built-in voices speak, and write it into the prompts and the pack that ship.

    python scripts/voice_loudness.py

To be run after `build_starter.py`, or when the way it is measured changes; a second run changes nothing.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.packs.manifest import MANIFEST
from dora_mlx_tts.synthesis.loading.prompt_source import sound_id
from dora_mlx_tts.synthesis.loading.prompt_store import load_prompt, save_prompt
from dora_mlx_tts.synthesis.voice_loudness import measure
from dora_mlx_tts.voices.registry import BUILTIN


def main() -> None:
    """Write the loudness of each voice that has a prompt of its own."""
    with tempfile.TemporaryDirectory() as cache:
        settings = Settings.load(environ={"DORA_MLX_TTS_CACHE": cache})
        synthesizer = Synthesizer.load(settings=settings)
        packs: dict[Path, list[float]] = {}
        for voice in synthesizer.voices:
            if voice.prompt is None or not voice.prompt.is_relative_to(BUILTIN):
                continue
            lufs = _measure(synthesizer, voice.name, voice.prompt)
            packs.setdefault(voice.pack, []).extend([] if lufs is None else [lufs])
    for pack, voices in packs.items():
        _state(pack / MANIFEST, voices)


def _state(manifest: Path, voices: list[float]) -> None:
    """Let a pack say how loud its voices are on the average."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["loudness"] = round(sum(voices) / len(voices), 1) if voices else None
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    manifest.write_text(text, encoding="utf-8")
    print(f"{content['name']}: {content['loudness']} LUFS")


def _measure(synthesizer: Synthesizer, name: str, file: Path) -> float | None:
    ready = synthesizer.prepare(name)
    lufs = measure(lambda text, **options: synthesizer.stream(text, voice=name, **options), ready)
    prompt = load_prompt(file)
    key = prompt.key
    rounded = None if lufs is None else round(lufs, 2)
    save_prompt(
        file, dataclasses.replace(prompt, loudness=rounded), key, sound_id(ready.networks.pack)
    )
    print(f"{name}: {rounded} LUFS")
    return rounded


if __name__ == "__main__":
    main()

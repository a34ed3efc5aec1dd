"""The voices of the repository (`voices/`): each one loads, and dataflows find them."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.tools.voices.schema import voice_schema
from dora_mlx_tts.voices.registry import VoiceRegistry

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "voices"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yml"))


@pytest.fixture(scope="module")
def registry() -> VoiceRegistry:
    return VoiceRegistry.scan([FOLDER])


def test_every_file_is_a_voice(registry: VoiceRegistry) -> None:
    assert registry.broken == {}
    assert len(NAMES) >= 4
    for name in NAMES:
        voice = registry.get(name)
        assert voice.file.parent == FOLDER
        for recording in (voice.reference, *voice.styles.values()):
            assert recording.audio.is_file()
            assert recording.text
        assert (voice.pack / "pack.json").is_file()
        assert voice.prompt is not None
        assert voice.prompt.is_file()
        Settings().speech(voice.defaults)
        Lexicon.of(voice.lexicon)


def test_together_they_show_speed_styles_and_a_lexicon(registry: VoiceRegistry) -> None:
    voices = [registry.get(name) for name in NAMES]
    assert any(voice.defaults.get("speed", 1) > 1 for voice in voices)
    assert any(voice.defaults.get("speed", 1) < 1 for voice in voices)
    assert any(voice.lexicon for voice in voices)
    assert {f"{voice.name}.{style}" for voice in voices for style in voice.styles} <= set(
        registry.voices
    )
    assert any(voice.styles for voice in voices)


def test_the_template_is_a_voice_once_it_is_copied(tmp_path: Path) -> None:
    template = FOLDER / "template.yml.example"
    shutil.copy(template, tmp_path / "anna.yml")
    registry = VoiceRegistry.scan([tmp_path])
    assert registry.broken == {}
    assert registry.get("anna").reference.audio.is_file()
    shown = template.read_text("utf-8")
    for name in voice_schema()["properties"]:
        assert name == "prompt" or re.search(rf"^(# ?)?{name}:", shown, re.MULTILINE), name


def test_the_schema_for_editors_is_up_to_date() -> None:
    schema = json.loads((FOLDER / "voice.schema.json").read_text("utf-8"))
    assert schema == voice_schema(), "dora-mlx-tts voices schema > voices/voice.schema.json"
    for file in (*FOLDER.glob("*.yml"), FOLDER / "template.yml.example"):
        first = file.read_text("utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=voice.schema.json", file.name


def test_the_readme_names_every_voice(registry: VoiceRegistry) -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 45
    for name, voice in registry.voices.items():
        assert FOLDER not in voice.file.parents or f"`{name}`" in readme, name


def test_dataflows_choose_them_by_environment(registry: VoiceRegistry) -> None:
    chosen = []
    for file in sorted((ROOT / "dataflows").glob("*.yml")):
        for node in yaml.safe_load(file.read_text("utf-8"))["nodes"]:
            environment = node.get("env", {})
            if "VOICE_FOLDERS" in environment:
                settings = Settings.load(environ=environment)
                assert [(file.parent / folder).resolve() for folder in settings.voices] == [FOLDER]
                assert registry.get(settings.voice).file.parent == FOLDER
                chosen.append(settings.voice)
    assert len(set(chosen)) >= 2


def test_a_style_speaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(voices=(FOLDER,), voice="storyteller.calm", cache=tmp_path)
    with caplog.at_level(logging.WARNING):
        engine = Synthesizer.load(settings=settings, warm_up=False)
        speech = engine.speak("Hello.", seed=1, loudness=None)
    assert 0.2 < speech.duration_s < 3
    assert np.abs(speech.samples).max() > 0.05

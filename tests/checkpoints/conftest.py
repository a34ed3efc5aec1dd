"""Whole voices of every family, small enough to convert and to speak in tests."""

from __future__ import annotations

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
for _folder in ("models",):
    if str(_TESTS / _folder) not in sys.path:
        sys.path.insert(0, str(_TESTS / _folder))


import pytest
import whole_voice
from speaking import TokensInOneRow

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.runtime import device
from dora_mlx_tts.synthesis import guarded_tokens
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.voices.registry import VoiceRegistry


@pytest.fixture(scope="session")
def cpu():
    return device.select("cpu")


@pytest.fixture(scope="session")
def packs(tmp_path_factory):
    """Family -> pack folder, converted once."""
    root = tmp_path_factory.mktemp("families")
    made = {}
    for family in whole_voice.FAMILIES:
        sources = whole_voice.save_voice(root / f"{family}-files", family)
        made[family] = root / "packs" / family
        convert(sources, made[family], PackOptions(share=True))
    return made


@pytest.fixture
def voices(packs, tmp_path, monkeypatch):
    """Folder of voices, one a family."""
    monkeypatch.setattr(guarded_tokens, "generate", TokensInOneRow)
    whole_voice.recording(tmp_path / "voice.wav")
    for family, pack in packs.items():
        (tmp_path / f"{family}.yml").write_text(
            f"pack: {pack}\nreference: {{audio: voice.wav, text: 'Hello there my friend, how are"
            " you?', language: en}\n"
        )
    return tmp_path


@pytest.fixture
def synthesizer(voices, packs, cpu):
    settings = Settings.load(environ={"LOUDNESS": "off"}).model_copy(
        update={"voices": (voices, packs["v1"].parent), "cache": voices / "cache", "voice": "v2"}
    )
    return Synthesizer(settings, VoiceRegistry.scan(settings.voices), cpu)


@pytest.fixture(autouse=True)
def _parts_of_networks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The voices of that module have only the keys that conversion looks at; others must be whole."""
    if request.path.name == "test_convert_voice.py":
        monkeypatch.setattr(
            "dora_mlx_tts.checkpoints.convert.check_networks", lambda *_, **__: None
        )

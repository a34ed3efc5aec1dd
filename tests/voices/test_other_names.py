"""Voices under the names that they have elsewhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.voices.registry import OtherNames, VoiceRegistry

OTHERS = {"Anna": "starter-en-2", "af_*": "starter-en", "af_nova": "starter-zh"}


@pytest.mark.parametrize(
    ("name", "voice"),
    [("anna", "starter-en-2"), ("af_bella", "starter-en"), ("AF_Nova", "starter-zh"), ("starter-zh", "starter-zh")],
)  # fmt: skip
def test_aliases_and_patterns(name: str, voice: str) -> None:
    registry = VoiceRegistry.scan(other_names=OtherNames(OTHERS))
    assert registry.get(name).name == voice


def test_a_voice_of_that_name_wins(tmp_path: Path) -> None:
    registry = VoiceRegistry.scan(other_names=OtherNames({"starter-en": "starter-zh"}))
    assert registry.get("starter-en").name == "starter-en"


def test_an_unknown_voice_is_an_error_unless_another_is_to_speak(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(VoiceError, match="unknown voice 'nobody'; available: starter-en"):
        VoiceRegistry.scan().get("nobody")
    registry = VoiceRegistry.scan(other_names=OtherNames({}, "starter-zh"))
    with caplog.at_level(logging.WARNING):
        assert [registry.get("nobody").name for _ in range(3)] == ["starter-zh"] * 3
    (record,) = caplog.records
    assert "unknown voice 'nobody'" in record.getMessage()
    assert "starter-zh" in record.getMessage()


def test_a_stand_in_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(VoiceError, match="unknown voice 'nobody'"):
        VoiceRegistry.scan(other_names=OtherNames({"a": "b"}, "neither")).get("nobody")

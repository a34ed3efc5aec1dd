"""Who says what about how a text is spoken, and who wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dora_mlx_tts.config.sources import validated, validated_part
from dora_mlx_tts.config.speech_settings import SpeechSettings

_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpeechLayers:
    """Settings of speech by origin, beyond the built-in defaults; later fields win over earlier ones.

    Attributes:
        configuration: of the configuration file and the profile.
        pack: of the voice's pack.
        voice: of the voice's file.
        environment: of the process.
        request: of the text.
    """

    configuration: _Values = field(default_factory=dict)
    pack: _Values = field(default_factory=dict)
    voice: _Values = field(default_factory=dict)
    environment: _Values = field(default_factory=dict)
    request: _Values = field(default_factory=dict)

    def settings(self) -> SpeechSettings:
        """All of them laid over each other.

        Raises:
            SettingError: a value is not allowed.
        """
        values: dict[str, Any] = {}
        for layer in fields(self):
            values |= validated_part(SpeechSettings, getattr(self, layer.name), layer.name)
        return validated(SpeechSettings, values, "settings")

    def origins(self) -> dict[str, str]:
        """Setting -> the layer that decides it, of those that are not built in."""
        return {name: one.name for one in fields(self) for name in getattr(self, one.name)}

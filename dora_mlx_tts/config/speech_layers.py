"""The layers of speech settings, and their precedence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dora_mlx_tts.config.languages import known
from dora_mlx_tts.config.sources import Origin, validated, validated_part
from dora_mlx_tts.config.speech_settings import SpeechSettings
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.yaml_reader import Place

_Values = Mapping[str, Any]


def check_speech(values: object, origin: Origin, within: Place = ()) -> None:
    """Refuse what is no settings of speech, or names a language that nobody knows.

    Args:
        values: setting -> value.
        origin: where they come from, for messages.
        within: their place in a file.

    Raises:
        SettingError: a name is unknown or a value not allowed; the message says which and where.
    """
    language = validated(SpeechSettings, values, origin, within).language
    try:
        known(language)
    except ValueError as error:
        where = origin if isinstance(origin, str) else origin.at((*within, "language"))
        raise SettingError(f"{where}: {error}") from error


@dataclass(frozen=True, slots=True)
class SpeechLayers:
    """Speech settings by origin, besides the built-in defaults; later fields take precedence over earlier ones.

    Attributes:
        configuration: from the configuration file and the profile.
        pack: from the voice's pack.
        voice: from the voice file.
        environment: from the environment.
        request: from the text's metadata.
    """

    configuration: _Values = field(default_factory=dict)
    pack: _Values = field(default_factory=dict)
    voice: _Values = field(default_factory=dict)
    environment: _Values = field(default_factory=dict)
    request: _Values = field(default_factory=dict)

    def settings(self) -> SpeechSettings:
        """All layers combined.

        Raises:
            SettingError: a value is not allowed.
        """
        values: dict[str, Any] = {}
        for layer in fields(self):
            values |= validated_part(SpeechSettings, getattr(self, layer.name), layer.name)
        return validated(SpeechSettings, values, "settings")

    def origins(self) -> dict[str, str]:
        """Setting -> the layer that decides it, for those that differ from the built-in defaults."""
        return {name: one.name for one in fields(self) for name in getattr(self, one.name)}

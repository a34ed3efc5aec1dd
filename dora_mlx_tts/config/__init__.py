"""Settings and the sources they are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dora_mlx_tts.config.settings import Settings, SpeechSettings

__all__ = ["Settings", "SpeechSettings"]


def __getattr__(name: str) -> object:
    """Import the settings when they are first used: who reads text needs the languages alone."""
    if name in __all__:
        from dora_mlx_tts.config import settings  # noqa: PLC0415  see above

        value: object = getattr(settings, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

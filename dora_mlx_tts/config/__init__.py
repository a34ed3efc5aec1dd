"""Settings and the sources they are read from."""

from dora_mlx_tts.config.settings import Settings, SpeechSettings

__all__ = ["Settings", "SpeechSettings"]

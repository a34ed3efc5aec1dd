"""GPT-SoVITS speech for dora dataflows, synthesized with Apple MLX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dora_mlx_tts.errors import TtsError

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment, Speech
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer

__version__ = "0.1.0"
__all__ = ["Fragment", "Speech", "Synthesizer", "TtsError", "__version__"]


def __getattr__(name: str) -> object:
    """Import the names that need MLX and numpy when they are first used."""
    if name == "Synthesizer":
        from dora_mlx_tts.synthesis.synthesizer import Synthesizer  # noqa: PLC0415  see above

        return Synthesizer
    if name in {"Fragment", "Speech"}:
        from dora_mlx_tts.synthesis import records  # noqa: PLC0415  see above

        return records.Fragment if name == "Fragment" else records.Speech
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

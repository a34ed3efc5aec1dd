"""Japanese: text written out for the dictionary engine, phones with accents."""

from __future__ import annotations

from dora_mlx_tts.text.ja.language import Japanese

__all__ = ["Japanese"]

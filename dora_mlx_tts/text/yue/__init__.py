"""Cantonese: text written out as traditional Hanzi, Jyutping, phones."""

from __future__ import annotations

from dora_mlx_tts.text.yue.language import Cantonese

__all__ = ["Cantonese"]

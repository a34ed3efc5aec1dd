"""Mandarin: text written out as Hanzi, words, pinyin, tone rules, phones."""

from __future__ import annotations

from dora_mlx_tts.text.zh.language import Mandarin
from dora_mlx_tts.text.zh.tones.rules import MandarinRules

__all__ = ["Mandarin", "MandarinRules"]

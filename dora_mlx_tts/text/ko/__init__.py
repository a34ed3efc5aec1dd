"""Korean: text written out as Hangul, the standard's rules of pronunciation, phones."""

from __future__ import annotations

from dora_mlx_tts.text.ko.language import Korean

__all__ = ["Korean"]

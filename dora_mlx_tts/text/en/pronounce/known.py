"""Whether a word is one that everybody knows."""

from __future__ import annotations

from dora_mlx_tts.text.en.pronounce.lexicon import PronouncingDictionary
from dora_mlx_tts.text.en.pronounce.segmenter import word_count

COMMON = 16.0
"""Natural logarithm of the times that a common word occurs in the corpus: 9 million."""
_LEXICON = PronouncingDictionary()


def is_common(word: str) -> bool:
    """Whether a word in small letters has a reading and occurs often: `save`, `welcome`."""
    return (word_count(word) or 0.0) >= COMMON and _LEXICON.get(word) is not None

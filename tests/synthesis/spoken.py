"""A language of twenty phones whose codes are known: phone p is spoken with codes 10 p to 10 p + 9."""

from __future__ import annotations

import numpy as np

from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.text.phonemes import Phonemes

PHONES, CODES, MARK = 20, 200, 0
_LIKELY, _FLOOR = 3.0, -1.6


def table() -> PhoneCodes:
    evidence = np.full((PHONES, CODES), _FLOOR, np.float32)
    for phone in range(PHONES):
        evidence[phone, 10 * phone : 10 * phone + 10] = _LIKELY
    return PhoneCodes(evidence, np.arange(PHONES), np.full(PHONES, 2.2), np.arange(PHONES) == MARK)


def sentence(count: int = 24, seed: int = 1) -> Phonemes:
    """Words of three phones, called after them, and a mark."""
    ids = np.random.default_rng(seed).integers(1, PHONES, count).astype(np.int32)
    ids = np.append(ids, MARK).astype(np.int32)
    words = ["".join(chr(96 + phone) for phone in ids[i : i + 3]) for i in range(0, count, 3)]
    text, spans = " ".join(words) + ".", []
    for number in range(count):
        start = sum(len(word) + 1 for word in words[: number // 3])
        spans.append((start, start + len(words[number // 3])))
    spans.append((len(text) - 1, len(text)))
    symbols = tuple(str(phone) for phone in ids)
    return Phonemes(text, text, symbols, ids, tuple(spans), ())


def codes(phones: np.ndarray, seed: int = 2) -> list[int]:
    """Two codes a phone, five in a hundred of them strange."""
    draw = np.random.default_rng(seed)
    found = 10 * np.repeat(phones, 2) + draw.integers(0, 10, 2 * len(phones))
    stray = draw.random(len(found)) < 0.05
    found[stray] = draw.integers(0, CODES, int(stray.sum()))
    return [int(code) for code in found]

"""Synthetic recordings for tests."""

from __future__ import annotations

import numpy as np


def sine(hertz: float, seconds: float, rate: int, amplitude: float = 0.5) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def babble(seconds: float, rate: int = 32000, amplitude: float = 0.4, seed: int = 0) -> np.ndarray:
    """Harmonics that swell and pause four times a second, as syllables do."""
    t = np.arange(round(seconds * rate)) / rate
    random = np.random.default_rng(seed)
    voice = sum(np.sin(2 * np.pi * 140 * k * t + random.uniform(0, 6)) / k for k in range(1, 12))
    envelope = np.maximum(0.0, np.sin(2 * np.pi * 4 * t)) ** 2
    sound = voice * envelope + 1e-3 * random.standard_normal(len(t))
    return (amplitude * sound / np.abs(sound).max()).astype(np.float32)

"""Edges of sentences: what is cut is quiet, what is heard has no step."""

from __future__ import annotations

import numpy as np

from dora_mlx_tts.synthesis.edges import SentenceEdges
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

RATE = 32000


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 200 * time)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return tone(seconds, 2e-4)


def test_quiet_beyond_what_is_kept_goes() -> None:
    edges = SentenceEdges(RATE, 0.1)
    first = edges(np.concatenate([quiet(0.2), tone(0.5)]), last=False)
    middle = edges(tone(0.5), last=False)
    end = edges(np.concatenate([tone(0.5), quiet(0.3)]), last=True)
    assert edges.cut == round(0.1 * RATE)
    assert len(first) == round(0.6 * RATE)
    assert len(middle) == round(0.5 * RATE)
    assert len(end) == round(0.6 * RATE)


def test_speech_is_never_cut() -> None:
    samples = tone(0.7, 0.002)
    samples[: RATE // 50] = 0
    edges = SentenceEdges(RATE, 0.0)
    result = edges(samples, last=True)
    assert edges.cut <= RATE // 50
    assert len(result) == len(samples) - edges.cut


def test_all_quiet_keeps_half_at_least() -> None:
    assert len(SentenceEdges(RATE, 0.0)(quiet(0.3), last=True)) >= round(0.07 * RATE)


def test_edges_rise_from_and_fall_to_nothing() -> None:
    edges = SentenceEdges(RATE, 0.1)
    loud = np.full(RATE // 2, 0.5, np.float32)
    first, end = edges(loud, last=False), edges(loud, last=True)
    assert abs(first[0]) < 1e-3
    assert abs(end[-1]) < 1e-3
    assert first[-1] == end[0] == np.float32(0.5)
    assert np.abs(np.diff(np.concatenate([first, end]))).max() < 0.01


def test_edges_are_the_same_in_windows_and_whole(synthesizer: Synthesizer) -> None:
    options = {"seed": 2, "fragment_interval": 0}
    for text in ("Good morning.", "OK."):
        lengths = {
            len(synthesizer.speak(text, mode=mode, **options).samples)
            for mode in ("latency", "throughput")
        }
        untrimmed = synthesizer.speak(text, edge_silence=5, mode="throughput", **options)
        assert max(lengths) - min(lengths) <= 2 * 320
        assert min(lengths) < len(untrimmed.samples)

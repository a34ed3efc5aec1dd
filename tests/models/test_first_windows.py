"""First windows that were traced and compiled against the same windows computed operation by operation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.models.sovits import first_windows
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.sovits.together import make_together
from dora_mlx_tts.runtime.device import Backend

SIZES = (12, 10, 10, 99)


@pytest.fixture(params=[Backend.NATIVE, Backend.CUDA_MATMUL])
def model(request: pytest.FixtureRequest) -> SoVITS:
    return tiny.model(request.param)


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the flow was traced with, each time."""
    found: list[int] = []
    real = first_windows.FirstWindows._traced

    def counted(self: first_windows.FirstWindows, new: int) -> object:
        found.append(new)
        return real(self, new)

    monkeypatch.setattr(first_windows.FirstWindows, "_traced", counted)
    return found


def sentences(model: SoVITS, numbers: range) -> list[tuple[SoVITSStream, list[int]]]:
    made = []
    for number in numbers:
        chance = np.random.default_rng(number)
        text = mx.array(chance.integers(1, 100, 9))[None]
        ge = mx.array(chance.standard_normal((1, 1, tiny.STYLE)).astype(np.float32))
        codes = chance.integers(0, tiny.CODES, 40).tolist()
        made.append((SoVITSStream(model, text, ge, SpeakingOptions(1.0, 0.5, number)), codes))
    return made


def spoken(model: SoVITS, numbers: range, first: int = SIZES[0]) -> list[np.ndarray]:
    """Sentences spoken window by window, all at once."""
    streams = sentences(model, numbers)
    heard: list[list[np.ndarray]] = [[] for _ in streams]
    start = 0
    for size in (first, *SIZES[1:]):
        end = min(40, start + size)
        windows = [
            stream.open_window(codes[start:end], last=end == 40) for stream, codes in streams
        ]
        for row, samples in enumerate(make_together([w for w in windows if w is not None])):
            heard[row].append(np.array(samples))
        start = end
        if end == 40:
            break
    return [np.concatenate(parts) for parts in heard]


def test_compiled_windows_sound_like_the_others_and_are_traced_once(
    model: SoVITS, traced: list[int]
) -> None:
    expected = [*spoken(model, range(3)), *spoken(model, range(3, 6))]
    model.compile_first_windows()
    found = [*spoken(model, range(3)), *spoken(model, range(3, 6))]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=5e-6)
    assert len(traced) == 1
    alone = [*spoken(model, range(1)), *spoken(model, range(4, 5))]
    assert len(traced) == 2
    np.testing.assert_allclose(alone[0], expected[0], atol=5e-6)
    np.testing.assert_allclose(alone[1], expected[4], atol=5e-6)


def test_a_sentence_of_one_window_is_not_traced(model: SoVITS, traced: list[int]) -> None:
    expected = spoken(model, range(1), first=40)
    model.compile_first_windows()
    np.testing.assert_array_equal(spoken(model, range(1), first=40)[0], expected[0])
    assert traced == []


def test_only_the_lengths_that_came_last_are_kept(
    model: SoVITS, traced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_windows, "MOST_TRACES", 2)
    model.compile_first_windows()
    for first in (12, 13, 12, 14, 12, 13):
        spoken(model, range(1), first=first)
    assert len(traced) == 4
    assert model.first_windows is not None
    assert len(model.first_windows._traces.by_length) == 2


def test_each_thread_has_traces_of_its_own(model: SoVITS, traced: list[int]) -> None:
    expected = spoken(model, range(1))
    model.compile_first_windows()
    with ThreadPoolExecutor(1) as other:
        found = [spoken(model, range(1)), other.submit(spoken, model, range(1)).result()]
    for sound in found:
        np.testing.assert_allclose(sound[0], expected[0], atol=5e-6)
    assert len(traced) == 2

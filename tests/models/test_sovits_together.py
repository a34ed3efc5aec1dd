"""Windows of several sentences made together against the same sentences alone."""

from __future__ import annotations

from collections import defaultdict

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.sovits.together import Window, make_together
from dora_mlx_tts.runtime.device import Backend

PHONES = (5, 9, 31)


@pytest.fixture(scope="module", params=Backend)
def model(request: pytest.FixtureRequest) -> SoVITS:
    return tiny.model(request.param)


def sentence(model: SoVITS, number: int, speed: float = 1.0) -> tuple[SoVITSStream, list[int]]:
    chance = np.random.default_rng(number)
    text = mx.array(chance.integers(1, 100, PHONES[number % 3]))[None]
    ge = mx.array(chance.standard_normal((1, 1, tiny.STYLE)).astype(np.float32))
    codes = chance.integers(0, tiny.CODES, 40 + 10 * (number % 3)).tolist()
    return SoVITSStream(model, text, ge, SpeakingOptions(speed, 0.5, number)), codes


def alone(model: SoVITS, number: int, sizes: list[int], speed: float = 1.0) -> np.ndarray:
    stream, codes = sentence(model, number, speed)
    parts, start = [], 0
    for size in sizes:
        end = min(len(codes), start + size)
        parts += [np.array(p) for p in stream.speak(codes[start:end], last=end == len(codes))]
        start = end
    return np.concatenate(parts)


SIZES = [12, 10, 10, 99]


@pytest.mark.parametrize("speed", [1.0, 1.3])
@pytest.mark.parametrize("seed", range(3))
def test_windows_together_in_any_company_sound_as_alone(
    model: SoVITS, seed: int, speed: float
) -> None:
    """Sentences join and leave when they like; those of like shape are made together."""
    chance = np.random.default_rng(seed)
    streams = {n: sentence(model, n, speed) for n in range(6)}
    places, heard, companies = dict.fromkeys(streams, 0), defaultdict(list), []
    windows = dict.fromkeys(streams, 0)
    while places:
        chosen = [n for n in places if chance.random() < 0.8]
        groups: dict[object, list[tuple[int, Window]]] = defaultdict(list)
        for n in chosen:
            stream, codes = streams[n]
            end = min(len(codes), places[n] + SIZES[windows[n]])
            window = stream.open_window(codes[places[n] : end], last=end == len(codes))
            windows[n] += 1
            places[n] = end
            if end == len(codes):
                del places[n]
            if window is not None:
                groups[window.likeness].append((n, window))
        for members in groups.values():
            companies.append(len(members))
            made = make_together([window for _, window in members])
            for (n, _), samples in zip(members, made, strict=True):
                heard[n].append(np.array(samples))
    assert max(companies) > 1
    for n in streams:
        expected = alone(model, n, SIZES, speed)
        np.testing.assert_allclose(np.concatenate(heard[n]), expected, atol=5e-6)


def test_one_window_alone_is_the_same(model: SoVITS) -> None:
    stream, codes = sentence(model, 1)
    window = stream.open_window(codes, last=True)
    assert window is not None
    (samples,) = make_together([window])
    np.testing.assert_allclose(np.array(samples), alone(model, 1, [99]), atol=5e-6)


def test_windows_of_other_places_are_not_alike(model: SoVITS) -> None:
    (first, codes), (second, others) = sentence(model, 0), sentence(model, 1)
    one = first.open_window(codes[:12], last=False)
    assert one is not None
    make_together([one])
    later = first.open_window(codes[12:24], last=False)
    fresh = second.open_window(others[:12], last=False)
    last = sentence(model, 2)[0].open_window(others[:12], last=True)
    assert later is not None
    assert fresh is not None
    assert last is not None
    assert len({later.likeness, fresh.likeness, last.likeness}) == 3

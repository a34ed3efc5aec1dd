"""Windows against the whole: the generator to rounding, SoVITS where it sees everything."""

from __future__ import annotations

from itertools import pairwise

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import EmptyTextError, SettingError, SynthesisError
from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.sovits.stream import Context, SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.runtime.device import Backend

GE = mx.ones((1, 1, tiny.STYLE))


def cut(length: int, sizes: list[int]) -> list[tuple[int, int]]:
    ends = [0]
    while ends[-1] < length:
        ends.append(min(length, ends[-1] + sizes[min(len(ends) - 1, len(sizes) - 1)]))
    return list(pairwise(ends))


def spoken(stream: SoVITSStream, codes: list[int], sizes: list[int]) -> list[np.ndarray]:
    windows = []
    for start, end in cut(len(codes), sizes):
        parts = [np.array(p) for p in stream.speak(codes[start:end], last=end == len(codes))]
        windows.append(np.concatenate([np.zeros(0, np.float32), *parts]))
    return windows


@pytest.fixture(scope="module", params=Backend)
def model(request: pytest.FixtureRequest) -> SoVITS:
    return tiny.model(request.param)


@pytest.mark.parametrize("sizes", [[61], [1], [7], [3, 58], [60, 1], [2, 5, 20]])
def test_generator_step_by_step_is_the_whole(model: SoVITS, sizes: list[int]) -> None:
    z = mx.random.normal((1, 61, tiny.C), key=mx.random.key(8))
    whole = np.array(model.dec(z, GE))[0]
    stream = GeneratorStream(model.dec, GE)
    parts = [np.array(stream(z[:, a:b], last=b == 61)) for a, b in cut(61, sizes)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=2e-6)
    early = sum(map(len, parts[:-1]))
    if len(parts) > 2:
        assert early >= (61 - sizes[-1] - stream.lag_frames) * tiny.HOP


def test_generator_may_be_told_late_that_it_is_over(model: SoVITS) -> None:
    z = mx.random.normal((1, 9, tiny.C), key=mx.random.key(8))
    stream = GeneratorStream(model.dec, GE)
    parts = [np.array(stream(z, last=False)), np.array(stream(None, last=True))]
    np.testing.assert_allclose(np.concatenate(parts), np.array(model.dec(z, GE))[0], atol=2e-6)


@pytest.mark.parametrize("count", [1, 2, 11, 40])
def test_one_window_is_the_whole_sentence(model: SoVITS, count: int) -> None:
    codes, text = tiny.sentence(count)
    noise = np.random.default_rng(3).standard_normal((1, 2 * count, tiny.C), dtype=np.float32)
    whole = np.array(model.decode(codes, text, GE, noise=mx.array(noise)))[0]
    stream = SoVITSStream(model, text, GE, SpeakingOptions(seed=3))
    (samples,) = spoken(stream, codes[0].tolist(), [count])
    np.testing.assert_allclose(samples, whole, atol=5e-6)


@pytest.mark.parametrize("speed", [0.5, 0.83, 1.3, 2.0])
def test_speed_keeps_the_reference_length(model: SoVITS, speed: float) -> None:
    codes, text = tiny.sentence(23)
    whole = model.decode(codes, text, GE, speed=speed)
    windows = spoken(
        SoVITSStream(model, text, GE, SpeakingOptions(speed)), codes[0].tolist(), [9, 3]
    )
    assert sum(map(len, windows)) == whole.shape[1]


class Foreseeing(SoVITSStream):
    """Knows all codes from the start, so that encoder and flow see all that the whole sees."""

    def windows(self, codes: list[int], borders: list[int]) -> np.ndarray:
        """Samples of windows that end at these latent frames."""
        self._all = self._sovits.encode_frames(mx.array([codes]), self._phones, self._ge)
        parts = []
        for border in borders:
            last = border == borders[-1]
            z_p, new = self._draw(self._all[:, self._first :], border, borders[-1], last=last)
            parts.append(np.array(self._generator(self._flow(z_p, new), last=last)))
        return np.concatenate(parts)


@pytest.mark.parametrize("speed", [1.0, 0.5, 0.83, 1.37, 2.0])
@pytest.mark.parametrize("noise_scale", [0.0, 0.5])
def test_windows_that_foresee_everything_are_the_whole(
    model: SoVITS, speed: float, noise_scale: float
) -> None:
    """Nothing is left then but the bookkeeping of frames, noise and state."""
    codes, text = tiny.sentence(40)
    options = SpeakingOptions(speed, noise_scale, seed=4)
    (whole,) = spoken(SoVITSStream(model, text, GE, options), codes[0].tolist(), [40])
    stream = Foreseeing(model, text, GE, options)
    samples = stream.windows(codes[0].tolist(), [11, 12, 30, 55, 80])
    # Faster than 1 the very last frame repeats one and is not foreseen.
    np.testing.assert_allclose(samples, whole, atol=1e-4)


def test_windows_are_near_the_whole_and_as_long(model: SoVITS) -> None:
    codes, text = tiny.sentence(40)
    (whole,) = spoken(SoVITSStream(model, text, GE), codes[0].tolist(), [40])
    windows = spoken(SoVITSStream(model, text, GE), codes[0].tolist(), [14, 3, 8])
    samples = np.concatenate(windows)
    assert all(len(window) for window in windows[1:])
    assert samples.shape == whole.shape
    assert np.abs(samples - whole).mean() < 0.5 * np.abs(whole).mean()


def test_noise_does_not_depend_on_windows(model: SoVITS) -> None:
    codes, text = tiny.sentence(40)
    drawn = []
    for sizes in ([40], [12, 5]):
        stream = SoVITSStream(model, text, GE, SpeakingOptions(seed=9))
        sample, rows = model.sample, {}

        def record(
            mean, log_deviation, *, noise_scale, noise, stream=stream, rows=rows, sample=sample
        ):
            for number, row in enumerate(np.array(noise)[0], start=stream._made):
                rows.setdefault(number, []).append(row.tobytes())
            return sample(mean, log_deviation, noise_scale=noise_scale, noise=noise)

        model.sample = record
        try:
            spoken(stream, codes[0].tolist(), sizes)
        finally:
            del model.sample
        assert all(len(set(found)) == 1 for found in rows.values())
        drawn.append({number: found[0] for number, found in rows.items()})
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 80


def test_codes_for_the_first_sound_are_enough(model: SoVITS) -> None:
    codes, text = tiny.sentence(60)
    for speed in (0.5, 1.0, 2.0):
        stream = SoVITSStream(model, text, GE, SpeakingOptions(speed))
        seconds = 10 * tiny.HOP / 400
        count = stream.codes_for(seconds)
        (first, *_) = spoken(stream, codes[0].tolist(), [count, 60])
        assert seconds <= len(first) / 400 < seconds + 6 * tiny.HOP / 400


def test_bad_input_is_named(model: SoVITS) -> None:
    codes, text = tiny.sentence()
    with pytest.raises(SettingError, match="speed"):
        SpeakingOptions(speed=9)
    with pytest.raises(SettingError, match="context"):
        Context(lookahead=-1)
    with pytest.raises(EmptyTextError):
        SoVITSStream(model, text[:, :0], GE)
    with pytest.raises(SynthesisError, match="one or more, got none"):
        list(SoVITSStream(model, text, GE).speak([], last=True))
    with pytest.raises(SynthesisError, match="from 0 to"):
        list(SoVITSStream(model, text, GE).speak([*codes[0].tolist(), tiny.CODES], last=True))

"""Windows of the starter voice against its whole sentences: distance, seams, order, cancelling."""

from __future__ import annotations

from itertools import pairwise

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

RATE = 32000
TEXT = "I would like to know whether the trains are running on time today."
HOP = 160
WIDE = 512


def fragments(synthesizer: Synthesizer, text: str = TEXT, **options: object) -> list[Fragment]:
    return list(
        synthesizer.stream(
            text, **{"seed": 3, "fragment_interval": 0, "edge_silence": 5, **options}
        )
    )


def joined(pieces: list[Fragment]) -> np.ndarray:
    return np.concatenate([piece.samples for piece in pieces])


def spectra(samples: np.ndarray) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(samples, WIDE)[::HOP]
    return np.abs(np.fft.rfft(frames * np.hanning(WIDE), axis=1))


def mel(samples: np.ndarray, bands: int = 40) -> np.ndarray:
    """Log mel spectrum in dB, [T, bands]."""
    hertz = np.linspace(0, RATE / 2, WIDE // 2 + 1)
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    places = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    low, middle, high = places[:-2, None], places[1:-1, None], places[2:, None]
    bank = np.maximum(
        0, np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle))
    )
    bank[0] += bank.sum(1)[0] == 0
    return 20 * np.log10(np.maximum(spectra(samples) @ bank.T, 1e-2))


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference of two log mel spectra, in dB."""
    return float(np.abs(mel(one) - mel(other)).mean())


@pytest.fixture(scope="module")
def whole(synthesizer: Synthesizer) -> np.ndarray:
    (piece,) = fragments(synthesizer, mode="throughput")
    return piece.samples


@pytest.fixture(scope="module")
def windows(synthesizer: Synthesizer) -> list[Fragment]:
    return fragments(synthesizer)


def test_the_first_window_is_small_and_later_ones_grow(windows: list[Fragment]) -> None:
    lengths = [piece.duration_s for piece in windows]
    assert len(lengths) >= 3
    assert 0.4 <= lengths[0] < 0.45
    assert lengths[1] == pytest.approx(0.8)
    assert max(lengths) <= 1.6 + 0.45
    assert [piece.fragment_index for piece in windows] == list(range(len(windows)))
    assert sum(piece.tokens for piece in windows) == round(sum(lengths) * 25)


def test_windows_are_as_long_as_the_whole_and_near_it(
    whole: np.ndarray, windows: list[Fragment]
) -> None:
    """Windows see less of the sentence than the whole; a whole that is 40 ms late differs by far more."""
    samples = joined(windows)
    assert samples.shape == whole.shape
    assert distance(samples, whole) < 1.5
    assert distance(np.roll(whole, RATE // 25), whole) > 3


def test_one_large_window_is_the_whole(synthesizer: Synthesizer, whole: np.ndarray) -> None:
    (piece,) = fragments(synthesizer, first_window=5)
    np.testing.assert_allclose(piece.samples, whole, atol=1e-5)


@pytest.mark.parametrize("speed", [0.7, 1.5])
def test_windows_keep_the_speed(synthesizer: Synthesizer, speed: float) -> None:
    # Without a level, which follows a streamed sentence and gives a whole one a single factor.
    (one,) = fragments(synthesizer, speed=speed, mode="throughput", loudness=None)
    many = fragments(synthesizer, speed=speed, loudness=None)
    assert len(many) > 2
    assert len(joined(many)) == len(one.samples)
    assert distance(joined(many), one.samples) < 1.5


def test_no_click_at_a_seam(synthesizer: Synthesizer) -> None:
    """Steps of the waveform and changes of the spectrum at seams are those of ordinary places."""
    pieces = fragments(synthesizer, first_window=0.1, window=0.2)
    samples = joined(pieces)
    ends = np.cumsum([len(piece.samples) for piece in pieces])[:-1]
    # The generator holds 11 frames back, so latent frames are joined that much later.
    seams = np.concatenate([ends, (-(-ends[:-1] // 640) + 10) * 640])
    seams = seams[seams < len(samples) - WIDE]
    assert len(seams) > 16
    curve = np.abs(np.diff(samples, 2))
    level = np.sqrt(np.convolve(samples**2, np.ones(WIDE) / WIDE, "same")) + 1e-3
    sharpness = curve / level[1:-1]
    near = np.array([sharpness[seam - 3 : seam + 3].max() for seam in seams])
    every = sharpness[: len(sharpness) // 6 * 6].reshape(-1, 6).max(1)
    assert np.median(near) < np.quantile(every, 0.75)
    assert near.max() <= every.max()
    rise = np.maximum(np.diff(np.log(spectra(samples) + 1e-2), axis=0), 0).mean(1)
    places = np.clip((seams - WIDE // 2) // HOP, 1, len(rise) - 3)
    flux = np.array([rise[place - 1 : place + 3].max() for place in places])
    usual = np.array([rise[place : place + 4].max() for place in range(len(rise) - 4)])
    assert np.median(flux) < np.quantile(usual, 0.75)
    energy = 10 * np.log10(np.convolve(samples**2, np.ones(HOP) / HOP, "same") + 1e-7)
    jump = np.abs(energy[HOP:] - energy[:-HOP])
    assert np.median(jump[seams - HOP // 2]) < np.quantile(jump, 0.75)


def test_a_cut_is_noticed_by_the_measure_of_clicks() -> None:
    """The measure above, on a sine: joined where it fits, and with a step."""
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)
    broken = np.concatenate([tone[:16000], tone[16050:]])
    sharp, usual = (np.abs(np.diff(x, 2)).max() for x in (broken, tone))
    assert sharp > 20 * usual


def test_same_seed_same_tokens_windowed_or_not(synthesizer: Synthesizer) -> None:
    for text in ("OK.", "Good morning."):
        counts = {
            sum(piece.tokens for piece in fragments(synthesizer, text, mode=mode))
            for mode in ("latency", "throughput")
        }
        assert len(counts) == 1


def test_windows_without_return_fragment_are_whole_sentences(
    synthesizer: Synthesizer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = settings.model_copy(update={"return_fragment": False})
    monkeypatch.setattr(synthesizer, "settings", changed)
    assert len(fragments(synthesizer)) == 1


def test_cancelled_while_sound_is_made(synthesizer: Synthesizer) -> None:
    """All tokens are there: only the waveform stage is left to notice."""
    count = sum(piece.tokens for piece in fragments(synthesizer, "Good morning."))
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > count + 2

    assert fragments(synthesizer, "Good morning.", mode="throughput", cancelled=cancelled) == []
    assert asked == count + 3


def test_cancelled_while_the_text_is_read(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the layers of the prefill, before any token."""
    network = synthesizer.prepare("starter-en").networks.t2s
    steps: list[int] = []
    monkeypatch.setattr(network, "step", lambda *_: steps.append(1))
    asked = iter([False, False, True])
    assert fragments(synthesizer, cancelled=lambda: next(asked)) == []
    assert not steps


def test_cancelling_is_looked_at_after_each_part_of_a_window(synthesizer: Synthesizer) -> None:
    """Encoder, flow and every stage of the generator: no part is a large share of the window."""
    sovits = synthesizer.prepare("starter-en").networks.sovits
    voice = SoVITSStream(sovits, mx.array([[5, 6, 7, 8]]), mx.zeros((1, 1, 512)))
    looks = len(list(voice.speak(list(range(10)), last=True)))
    slices = 2  # of 10 latent frames
    assert looks == 3 + slices * (len(sovits.dec.ups) + 1)


def test_stats_add_up(synthesizer: Synthesizer) -> None:
    before = synthesizer.stats
    pieces = fragments(synthesizer)
    after = synthesizer.stats
    assert after.sentences - before.sentences == after.spoken - before.spoken == 1
    assert after.windows - before.windows == len(pieces)
    assert after.tokens - before.tokens == sum(piece.tokens for piece in pieces)
    assert after.audio_s - before.audio_s == pytest.approx(sum(p.duration_s for p in pieces))
    assert 0 < after.cache_positions <= 1024


def test_fragments_follow_each_other(windows: list[Fragment]) -> None:
    for one, two in pairwise(windows):
        assert two.start_s == pytest.approx(one.start_s + one.duration_s)

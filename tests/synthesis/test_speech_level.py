"""One loudness for all voices and sentences, slowly and without a peak too high."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from dora_mlx_tts.audio.loudness import loudness_of
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.synthesis import synthesizer as module
from dora_mlx_tts.synthesis.speech_level import SLIGHTLY_DB, SpeechLevel, bent
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

RATE = 32_000
TEXTS = {
    "starter-en": "The old bridge was closed in May. Nobody knows when it will open again.",
    "starter-en-2": "The old bridge was closed in May. Nobody knows when it will open again.",
    "starter-zh": "那座老桥五月份关闭了。没有人知道它什么时候再开放。",
    "starter-zh-2": "那座老桥五月份关闭了。没有人知道它什么时候再开放。",
}


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal(int(seconds * RATE))).astype(np.float32)


def levelled(pieces: list[np.ndarray], voice: float | None, **speech: object) -> list[np.ndarray]:
    level = SpeechLevel(RATE, SpeechSettings(**speech), voice)
    return [level(piece, last=number == len(pieces) - 1) for number, piece in enumerate(pieces)]


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    (piece,) = levelled([sound := noise(1, 0.1)], -25.0, loudness=None)
    assert piece is sound
    (piece,) = levelled([sound], None)  # a voice that could not be measured
    assert piece is sound


def test_the_voices_factor_brings_it_to_the_wanted_loudness() -> None:
    sound = noise(4, 0.02)
    own = loudness_of(sound, RATE)
    for wanted in (-30.0, -23.0):
        pieces = levelled(np.split(sound, 8), own, loudness=wanted)
        assert loudness_of(np.concatenate(pieces), RATE) == pytest.approx(wanted, abs=0.1)


def test_a_gain_comes_on_top() -> None:
    sound = noise(2, 0.02)
    own = loudness_of(sound, RATE)
    (piece,) = levelled([sound], own, loudness=-30.0, gain=4.0)
    assert loudness_of(piece, RATE) == pytest.approx(-26.0, abs=0.1)
    (piece,) = levelled([sound], None, gain=-6.0)
    np.testing.assert_allclose(piece, sound * np.float32(10**-0.3), rtol=1e-5)


@pytest.mark.parametrize("off_by", [-8.0, -1.0, 1.0, 8.0])
def test_a_sentence_changes_it_slightly_and_slowly(off_by: float) -> None:
    """Whatever a sentence is like: within 2 dB, at most 10 dB per second, and the same in pauses."""
    sound = noise(3, 0.02)
    own = loudness_of(sound, RATE) - off_by
    sound[RATE : 2 * RATE] *= 1e-4
    pieces = levelled(np.split(sound, [12_800, 38_400, 70_000]), own, loudness=-28.0)
    ratio = 20 * np.log10(np.abs(np.concatenate(pieces)) / np.maximum(np.abs(sound), 1e-12))
    change = ratio - (-28.0 - own)
    change[np.abs(sound) < 1e-7] = np.nan
    assert np.nanmax(np.abs(change)) <= SLIGHTLY_DB + 0.05
    steps = np.nanmean(change.reshape(-1, 320), axis=1)
    assert np.nanmax(np.abs(np.diff(steps))) <= 0.1 + 0.02
    assert np.nanmax(np.abs(np.diff(steps[120:195]))) < 0.01  # in the pause
    assert np.sign(steps[-1]) == -np.sign(off_by)


def test_a_pause_does_not_raise_what_follows() -> None:
    sound = np.concatenate([noise(1, 0.02), noise(2, 1e-5), noise(1, 0.02, seed=1)])
    own = loudness_of(noise(1, 0.02), RATE)
    out = np.concatenate(levelled(np.split(sound, 10), own, loudness=-28.0))
    before, after = (loudness_of(out[a * RATE : b * RATE], RATE) for a, b in ((0, 1), (3, 4)))
    assert after == pytest.approx(before, abs=0.3)


def test_a_sentence_that_is_known_whole_gets_one_factor() -> None:
    sound = noise(2, 0.02)
    (piece,) = levelled([sound], loudness_of(sound, RATE) + 1.5, loudness=-25.0)
    ratios = piece[np.abs(sound) > 1e-3] / sound[np.abs(sound) > 1e-3]
    assert np.ptp(ratios) < 1e-4 * ratios.mean()
    assert loudness_of(piece, RATE) == pytest.approx(-25.0, abs=0.05)


def test_sentences_begin_with_the_voices_factor() -> None:
    loud, usual = noise(2, 0.08), noise(2, 0.02)
    level = SpeechLevel(RATE, SpeechSettings(loudness=-28.0), loudness_of(usual, RATE))
    for piece, last in ((loud[:RATE], False), (loud[RATE:], True)):
        level(piece, last=last)
    again = [level(usual[:RATE], last=False), level(usual[RATE:], last=True)]
    fresh = levelled([usual[:RATE], usual[RATE:]], loudness_of(usual, RATE), loudness=-28.0)
    for one, other in zip(again, fresh, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_peak_reaches_full_scale() -> None:
    sound = noise(2, 0.3)
    out = np.concatenate(levelled(np.split(sound, 4), -40.0, loudness=-10.0, gain=20.0))
    assert np.abs(out).max() <= 1.0
    assert out.dtype == np.float32
    quiet = np.array([0.0, 0.5, -0.79], np.float32)
    assert bent(quiet) is quiet
    steps = bent(np.linspace(-3, 3, 2001, dtype=np.float32))
    assert (np.diff(steps) >= 0).all()
    assert np.abs(np.diff(steps)).max() < 0.004
    assert len(bent(np.zeros(0, np.float32))) == 0


def test_empty_pieces_do_no_harm() -> None:
    pieces = levelled([np.zeros(0, np.float32), noise(1, 0.02), np.zeros(0, np.float32)], -25.0)
    assert [len(piece) for piece in pieces] == [0, RATE, 0]


@pytest.mark.parametrize("off", ["off", "none", "", 0, None, "0"])
def test_words_for_no_loudness(off: object) -> None:
    assert Settings.load(environ={}).speech(request={"loudness": off}).loudness is None


@pytest.mark.parametrize("values", [{"loudness": -5}, {"loudness": -51}, {"gain": 21}])
def test_values_out_of_range(values: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        Settings.load(environ={}).speech(request=values)


# with the starter voices


def test_voices_speak_at_one_loudness(synthesizer: Synthesizer) -> None:
    found = {}
    for voice, text in TEXTS.items():
        pieces = list(synthesizer.stream(text, voice=voice, seed=5))
        sentences = {
            number: np.concatenate([p.samples for p in pieces if p.sentence_index == number])
            for number in (0, 1)
        }
        levels = [loudness_of(samples, RATE) for samples in sentences.values()]
        assert abs(levels[0] - levels[1]) < 2.5
        found[voice] = loudness_of(np.concatenate([p.samples for p in pieces]), RATE)
        assert max(np.abs(p.samples).max() for p in pieces) <= 1.0
    assert all(abs(lufs + 20) < 1.5 for lufs in found.values()), found
    assert max(found.values()) - min(found.values()) < 1.5


def test_whole_sentences_are_equally_loud(synthesizer: Synthesizer) -> None:
    speech = [
        synthesizer.speak(
            "Nobody knows.", voice=voice, seed=5, mode="throughput", fragment_interval=0
        )
        for voice in ("starter-en", "starter-en-2")
    ]
    levels = [loudness_of(one.samples, RATE) for one in speech]
    assert all(abs(a - b) < 0.5 for a, b in pairwise(levels)), levels


def test_only_the_level_differs(synthesizer: Synthesizer) -> None:
    raw, level = (
        list(synthesizer.stream("Good evening, everyone.", seed=2, loudness=l)) for l in (None, -20)
    )
    for one, other in zip(raw, level, strict=True):
        assert dataclasses.replace(one, samples=()) == dataclasses.replace(other, samples=())
        loud = np.abs(one.samples) > 0.01
        ratio = 20 * np.log10(np.abs(other.samples[loud]) / np.abs(one.samples[loud]))
        assert np.ptp(ratio) < 2 * SLIGHTLY_DB + 0.2


def test_a_voice_is_measured_once_and_the_cache_remembers(
    tmp_path, settings: Settings, monkeypatch
) -> None:
    folder = tmp_path / "voices"
    folder.mkdir()
    builtin = module.VoiceRegistry.scan(()).get("starter-en")
    (folder / "mine.yml").write_text(
        "languages: [en]\npack: builtin/starter\nreference: {audio: r.flac, text: "
        f"{builtin.reference.text!r}, language: en}}\n".replace("builtin/starter", "starter")
    )
    (folder / "starter").symlink_to(builtin.pack)
    (folder / "r.flac").write_bytes(builtin.reference.audio.read_bytes())
    own = settings.model_copy(
        update={"voices": (folder, builtin.pack.parent), "cache": tmp_path / "cache"}
    )
    calls: list[str] = []
    measure = module.measure
    monkeypatch.setattr(
        module, "measure", lambda *given: calls.append("measured") or measure(*given)
    )
    for _ in range(2):
        engine = Synthesizer.load("mine", settings=own, warm_up=False)
        for _ in range(2):
            engine.speak("Hi.", seed=1)
        assert engine.prepare("mine").prompt.loudness == pytest.approx(-25.7, abs=1.5)
    assert calls == ["measured"]


@pytest.mark.parametrize("stated", [None, -28.0])
def test_a_voice_that_cannot_be_measured_is_as_loud_as_its_pack_says(
    synthesizer: Synthesizer, monkeypatch, stated
) -> None:
    ready = synthesizer.prepare("starter-zh-2")
    pack = ready.networks.pack
    monkeypatch.setattr(pack, "manifest", dataclasses.replace(pack.manifest, loudness=stated))
    unknown = dataclasses.replace(ready, prompt=dataclasses.replace(ready.prompt, loudness=None))
    monkeypatch.setitem(synthesizer._pool._ready, "starter-zh-2", unknown)
    calls = []
    monkeypatch.setattr(module, "measure", lambda *given: calls.append(1))
    heard = [
        synthesizer.speak("你好。", voice="starter-zh-2", seed=3, loudness=loudness).samples
        for loudness in (None, -20, -20)
    ]
    np.testing.assert_array_equal(heard[1], heard[2])
    if stated is None:
        np.testing.assert_array_equal(heard[0], heard[1])
    else:
        change = loudness_of(heard[1], 32000) - loudness_of(heard[0], 32000)
        assert abs(change) > 1
        assert abs(loudness_of(heard[1], 32000) + 20) < 3  # one word, and the pack speaks of all
    assert calls == [1]

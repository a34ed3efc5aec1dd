"""The engine with the starter voice: real networks, real text, real dictionary."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import (
    EmptyTextError,
    LanguageError,
    MisspokenError,
    PackError,
    SettingError,
    SynthesisError,
    TextError,
    VoiceError,
)
from dora_mlx_tts.synthesis.records import Speech
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.voices.registry import BUILTIN

SENTENCES = [
    "The morning train was late again, sir.",
    "How are you today, my dear old friend?",
]
TEXT = " ".join(SENTENCES)


def test_fragments_tell_where_they_belong(synthesizer: Synthesizer) -> None:
    fragments = list(synthesizer.stream(TEXT, seed=1))
    sentences = dict.fromkeys(f.text for f in fragments)
    assert list(sentences) == SENTENCES
    places = [(f.sentence_index, f.fragment_index) for f in fragments]
    assert places == sorted(places)
    assert {first for first in places if first[1] == 0} == {(0, 0), (1, 0)}
    assert len(places) > 3
    assert [f.is_final for f in fragments] == [False] * (len(fragments) - 1) + [True]
    start = 0.0
    for fragment in fragments:
        assert fragment.start_s == pytest.approx(start)
        start += fragment.duration_s
        assert fragment.samples.dtype == np.float32
        assert fragment.samples.ndim == 1
        assert fragment.sample_rate == 32000
        assert 0 < np.abs(fragment.samples).max() <= 1


def test_speech_is_the_fragments_joined(synthesizer: Synthesizer) -> None:
    speech = synthesizer.speak(TEXT, seed=1)
    fragments = [f.samples for f in synthesizer.stream(TEXT, seed=1)]
    np.testing.assert_array_equal(speech.samples, np.concatenate(fragments))
    assert speech.sentences == tuple(SENTENCES)
    assert speech.duration_s == len(speech.samples) / 32000


def test_a_seed_decides(synthesizer: Synthesizer) -> None:
    one, again, two = (synthesizer.speak("Good morning.", seed=s).samples for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert len(one) != len(two) or not np.array_equal(one, two)


@pytest.mark.parametrize("text", ["你好，今天天气很好。", "我喜欢 music 和电影。", "3"])
def test_other_languages_and_short_texts(synthesizer: Synthesizer, text: str) -> None:
    speech = synthesizer.speak(text, voice="starter-zh", seed=1)
    assert np.abs(speech.samples).max() > 0.03
    assert speech.duration_s > 0.4


def test_speed_shortens(synthesizer: Synthesizer) -> None:
    slow, fast = (
        synthesizer.speak("Good morning.", seed=1, speed=s, edge_silence=5, pause_spread=0)
        for s in (0.8, 1.6)
    )
    pause = 0.3
    assert (slow.duration_s - pause) / (fast.duration_s - pause) == pytest.approx(2, rel=0.05)


def test_pause_after_each_sentence(synthesizer: Synthesizer) -> None:
    with_pause, without = (
        synthesizer.speak("Good morning.", seed=1, fragment_interval=i, pause_spread=0)
        for i in (0.5, 0)
    )
    assert with_pause.duration_s - without.duration_s == pytest.approx(0.5)
    assert not with_pause.samples[-16000:].any()


def test_cancelled_before_the_end(synthesizer: Synthesizer) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 15

    before = synthesizer.stats.cancelled
    assert list(synthesizer.stream(TEXT, seed=1, cancelled=cancelled)) == []
    assert asked == 16
    assert synthesizer.stats.cancelled == before + 1
    assert synthesizer.speak("Good morning.").duration_s > 0.5


def test_closing_the_stream_ends_it(synthesizer: Synthesizer) -> None:
    stream = synthesizer.stream(TEXT, seed=1)
    next(stream)
    stream.close()
    assert list(stream) == []


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"voice": "nobody"}, VoiceError, "starter-en"),
        ({"voice": "../starter-en"}, VoiceError, "unknown"),
        ({"voice": 5}, VoiceError, "voice must be a name, got 5"),
        ({"language": "klingon"}, LanguageError, "zh"),
        ({"speed": 3}, SettingError, "less than or equal to 2"),
        ({"speed": float("nan")}, SettingError, "finite"),
        ({"top_k": "many"}, SettingError, "integer"),
        ({"volume": 1}, SettingError, "available: language,"),
        ({"seed": -7}, SettingError, "seed"),
    ],
)
def test_bad_requests(
    synthesizer: Synthesizer, options: dict[str, object], error: type[Exception], word: str
) -> None:
    with pytest.raises(error) as caught:
        list(synthesizer.stream("Hello.", **options))
    assert word in str(caught.value)


@pytest.mark.parametrize("text", [None, 5, b"Hi.", ["Hi."]])
def test_what_is_no_text(synthesizer: Synthesizer, text: object) -> None:
    with pytest.raises(TextError, match="text must be a string or a list of SpokenSentence, got"):
        synthesizer.stream(text)


@pytest.mark.parametrize("text", ["", "   \n", "…！？", "🙂"])
def test_texts_with_nothing_to_say(synthesizer: Synthesizer, text: str) -> None:
    with pytest.raises(EmptyTextError):
        list(synthesizer.stream(text))


def test_decoding_without_end_is_an_error(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = synthesizer.prepare("starter-en").networks.t2s
    step, prefill = network.step, network.prefill

    def no_end(logits: np.ndarray) -> np.ndarray:
        logits = np.array(logits)
        logits[..., network.config.eos] = -1e9
        return logits

    monkeypatch.setattr(network, "step", lambda *a: no_end(step(*a)))
    monkeypatch.setattr(network, "prefill", lambda *a: (no_end(prefill(*a)[0]), prefill(*a)[1]))
    with pytest.raises(SynthesisError, match="did not end"):
        synthesizer.speak(
            "Hi.", seed=1, content_check="off", repetition_penalty=3
        )  # without it the voice repeats itself
    monkeypatch.undo()
    assert synthesizer.speak("Hi.").duration_s > 0.3


def test_a_voice_by_its_recording_alone(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "anna.yml").write_text(
        "pack: starter\nreference: {audio: references/starter-zh.flac}\n"
    )
    custom = settings.model_copy(update={"voices": (tmp_path,)})
    synthesizer = Synthesizer.load("anna", settings=custom, warm_up=False)
    assert synthesizer.prepare("anna").prompt.is_zero_shot
    assert synthesizer.speak("Good morning.", seed=1).duration_s > 0.3


def test_short_sentences_are_spoken_together_or_one_by_one(synthesizer: Synthesizer) -> None:
    text = "Hello there. How are you?"
    for joined, expected in ((False, ["Hello there.", "How are you?"]), (True, [text])):
        fragments = list(synthesizer.stream(text, seed=1, join_short=joined))
        assert list(dict.fromkeys(f.text for f in fragments)) == expected


def test_a_transcript_needs_an_encoder(
    tmp_path: Path, settings: Settings, without_encoder: Callable[[Path], None]
) -> None:
    without_encoder(tmp_path / "mute")
    shutil.copy(BUILTIN / "references" / "starter-en.flac", tmp_path)
    (tmp_path / "anna.yml").write_text(
        "pack: mute\nreference: {audio: starter-en.flac, text: Hello you., language: en}"
    )
    custom = settings.model_copy(update={"voices": (tmp_path,)})
    with pytest.raises(VoiceError, match="no SSL encoder"):
        Synthesizer.load("anna", settings=custom, warm_up=False)


def test_a_missing_pack_is_named(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "anna.yml").write_text("pack: nothing\nreference: {audio: a.wav}\n")
    custom = settings.model_copy(update={"voices": (tmp_path,)})
    with pytest.raises(PackError, match="nothing"):
        Synthesizer.load("anna", settings=custom)


def test_a_voice_added_to_a_pack_speaks_with_the_settings_of_the_pack(
    tmp_path: Path, settings: Settings
) -> None:
    text = (BUILTIN / "starter-en.yml").read_text("utf-8")
    (tmp_path / "anna.yml").write_text(text.replace("starter-en\n", "anna\n", 1), "utf-8")
    (tmp_path / "ben.yml").write_text(
        text.replace("starter-en\n", "ben\n", 1) + "defaults: {top_k: 7, speed: 1.1}\n", "utf-8"
    )
    custom = settings.model_copy(update={"voices": (tmp_path,)})
    synthesizer = Synthesizer.load("anna", settings=custom, warm_up=False)
    anna, ben, own = (synthesizer.prepare(name) for name in ("anna", "ben", "starter-en"))
    assert anna.speech(custom, {}) == own.speech(custom, {})
    assert anna.speech(custom, {}).attempts == 5
    assert (ben.speech(custom, {}).top_k, ben.speech(custom, {"top_k": 2}).top_k) == (7, 2)
    assert (ben.speech(custom, {}).attempts, ben.speech(custom, {}).speed) == (5, 1.1)


def test_a_voice_whose_first_word_fails_is_loaded_with_a_warning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def misspoken(*_: object, **__: object) -> Speech:
        raise MisspokenError("'Hello.': 'Hello' was left out (5 attempts)")

    monkeypatch.setattr(Synthesizer, "speak", misspoken)
    synthesizer = Synthesizer.load(settings=settings)
    assert synthesizer.stats.failed_warm_ups == 2  # the voice speaks two languages
    assert "starter-en is loaded, but could not speak its first word" in caplog.text
    assert isinstance(synthesizer.warm_up(synthesizer.voice), MisspokenError)
    monkeypatch.undo()
    assert synthesizer.warm_up(synthesizer.voice) is None
    assert synthesizer.speak("Good morning.", seed=1).duration_s > 0.3


def test_a_voice_that_was_not_measured_has_the_loudness_of_its_pack(
    synthesizer: Synthesizer,
) -> None:
    ready = synthesizer.prepare("starter-en")
    assert ready.loudness == ready.prompt.loudness
    unknown = dataclasses.replace(ready, prompt=dataclasses.replace(ready.prompt, loudness=None))
    assert unknown.loudness == ready.networks.pack.manifest.loudness == pytest.approx(-26.6, abs=1)

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import EmptyTextError, MisspokenError, TextError
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.text.spoken import SpokenSentence

RATE = 32000


@pytest.fixture(scope="module")
def synthesizer(tmp_path_factory: pytest.TempPathFactory) -> Synthesizer:
    environ = {
        "DORA_MLX_TTS_CACHE": str(tmp_path_factory.mktemp("cache")),
        "FRAGMENT_INTERVAL": "0",
    }
    return Synthesizer.load(settings=Settings.load(environ=environ), warm_up=False)


def test_sentences_are_spoken_as_their_plain_text(synthesizer: Synthesizer) -> None:
    text = synthesizer.speak("Good morning. How are you today, my friend?", seed=1)
    sentences = [SpokenSentence("Good morning."), SpokenSentence("How are you today, my friend?")]
    np.testing.assert_array_equal(synthesizer.speak(sentences, seed=1).samples, text.samples)
    with pytest.raises(EmptyTextError):
        synthesizer.speak([])


def test_sentences_are_not_searched_for_markup(synthesizer: Synthesizer) -> None:
    spoken = synthesizer.speak([SpokenSentence("Good {500ms} morning.")], seed=1)
    assert spoken.sentences == ("Good {500ms} morning.",)


@pytest.mark.parametrize(("speed", "rate", "heard"), [(2.0, 4.0, 2.0), (0.5, 0.25, 0.5)])
def test_speed_and_rate_stay_within_the_bounds(
    synthesizer: Synthesizer, speed: float, rate: float, heard: float
) -> None:
    sentence = SpokenSentence("Good morning.", rate=rate)
    at_rate = synthesizer.speak([sentence], seed=1, speed=speed)
    plain = synthesizer.speak("Good morning.", seed=1, speed=heard)
    np.testing.assert_array_equal(at_rate.samples, plain.samples)


def test_breaks_are_silence(synthesizer: Synthesizer) -> None:
    plain = synthesizer.speak("Good morning.", seed=1)
    marked = synthesizer.speak('<break time="300ms"/>Good morning.<break time="0.5s"/>', seed=1)
    assert marked.duration_s - plain.duration_s == pytest.approx(0.8, abs=0.01)
    assert not marked.samples[: int(0.29 * RATE)].any()
    assert not marked.samples[-int(0.49 * RATE) :].any()
    np.testing.assert_array_equal(
        marked.samples[int(0.3 * RATE) : int(0.3 * RATE) + len(plain.samples)], plain.samples
    )
    assert marked.words[0].start_s == pytest.approx(plain.words[0].start_s + 0.3, abs=0.01)


def test_a_rate_counts_for_its_sentence(synthesizer: Synthesizer) -> None:
    plain = synthesizer.speak("Good morning.", seed=1)
    fast = synthesizer.speak('<prosody rate="150%">Good morning.</prosody>', seed=1)
    assert plain.duration_s / fast.duration_s == pytest.approx(1.5, rel=0.15)


def test_markup_is_not_shown(synthesizer: Synthesizer) -> None:
    fragments = list(synthesizer.stream("<speak>Hello{200ms} there.</speak>", seed=1))
    shown = " ".join(dict.fromkeys(fragment.text for fragment in fragments))
    assert shown.replace(".", "") == "Hello there"


def test_pauses_alone_are_no_text(synthesizer: Synthesizer) -> None:
    with pytest.raises(EmptyTextError):
        list(synthesizer.stream('<break time="1s"/>'))


def test_strict_markup_names_the_place(synthesizer: Synthesizer) -> None:
    strict = synthesizer.settings.model_copy(update={"speech_markup": "strict"})
    engine = Synthesizer.load(settings=strict, warm_up=False)
    with pytest.raises(TextError, match=r"\d"):
        list(engine.stream("Hello <break time='soon'/> you."))


def misspoken(synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, wrong: set[str]) -> None:
    """Sentences of the words in `wrong` are never said right."""
    stream = SentenceSpeaker.stream

    def failing(self, phonemes, seed, decoded=None):
        if any(word in phonemes.text for word in wrong):
            raise MisspokenError(f"{phonemes.text!r}: left out", heard="heard" in wrong)
        return stream(self, phonemes, seed, decoded)

    monkeypatch.setattr(SentenceSpeaker, "stream", failing)


def test_what_goes_wrong_whole_is_spoken_in_parts(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    misspoken(synthesizer, monkeypatch, {"stay; then"})
    text = (
        'Good morning.<break time="300ms"/> When it rains, we stay; then we read.<break time="1s"/>'
    )
    fragments = list(synthesizer.stream(text, seed=1))
    shown = list(dict.fromkeys(fragment.text for fragment in fragments))
    assert shown == ["Good morning.", "When it rains.", "we stay.", "then we read."]
    assert [f.sentence_index for f in fragments] == sorted(f.sentence_index for f in fragments)
    assert len({f.sentence_index for f in fragments}) == 4
    assert [f.is_final for f in fragments] == [False] * (len(fragments) - 1) + [True]
    assert not fragments[-1].samples[-int(0.99 * RATE) :].any()
    starts = [word.start_s for fragment in fragments for word in fragment.words]
    assert starts == sorted(starts)
    assert len(starts) == 10
    length = sum(len(fragment.samples) for fragment in fragments[:-1]) / RATE
    assert fragments[-1].start_s == pytest.approx(length)


@pytest.mark.parametrize("wrong", [{"wet"}, {"When", "heard"}])
def test_what_cannot_be_divided_or_was_heard_is_an_error(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, wrong: set[str]
) -> None:
    misspoken(synthesizer, monkeypatch, wrong)
    with pytest.raises(MisspokenError):
        list(synthesizer.stream("When it rains, it is wet.", seed=1))

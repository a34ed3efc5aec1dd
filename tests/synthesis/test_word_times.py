"""Word times: order, completeness, and distance from borders that can be measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dora_mlx_tts.synthesis.codes.code_table import LESSONS as MOST_LESSONS
from dora_mlx_tts.synthesis.codes.code_table import CodeTable
from dora_mlx_tts.synthesis.loading.alignment import alignment_heads
from dora_mlx_tts.synthesis.loading.loaded_pack import KeptCache, LoadedPack
from dora_mlx_tts.synthesis.records import Speech
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.synthesis.word_times import Path, WordTracker, units

RATE = 32000
TEXT = "We waited, then talked, then went home."
PAUSES = "Please open the window, then close the door, then call me back."
"""Quiet before each "then" and nowhere else."""


LESSONS = (
    "The morning train was late again, so we waited.",
    "Please call me back before five, or write a letter.",
    "My brother lives in the city, but he never calls.",
    "What time is it, and where are the children?",
    "Nobody wanted to leave before the end of the story.",
    "We walked by the river, talked, and went home early.",
    "She put the yellow book on the kitchen table.",
    "They opened the window because the room was warm.",
)
"""Spoken with two seeds they teach the codes of most phones."""


@pytest.fixture(scope="module")
def lesson(synthesizer: Synthesizer) -> CodeTable:
    """A table that has learned and learns no more."""
    ready = synthesizer.prepare("starter-en")
    speaker = tokens_speaker(synthesizer)
    table = CodeTable(np.array(ready.networks.encoder.quantizer.embed))
    for seed in (1, 2):
        for text in LESSONS:
            phonemes = ready.front_end.phonemize(text, "en")
            codes, _ = speaker.tokens(phonemes, seed).take(None)
            table.learn(np.asarray(phonemes.ids), np.array(codes, np.int32))
    assert table.informed
    table.lessons = MOST_LESSONS
    return table


@pytest.fixture(params=["attention", "codes", "shipped"])
def evidence(request, synthesizer, lesson, monkeypatch) -> str:
    """What words are found by; the same for all speech of a test."""
    networks = synthesizer.prepare("starter-en").networks
    if request.param != "shipped":
        monkeypatch.setitem(networks.__dict__, "phone_codes", None)
    elif networks.phone_codes is None:
        pytest.skip("the pack has no table")
    table = lesson if request.param == "codes" else None
    monkeypatch.setattr(LoadedPack, "table", table)
    return request.param


def tokens_speaker(synthesizer: Synthesizer) -> SentenceSpeaker:
    ready = synthesizer.prepare("starter-en")
    settings = ready.speech(synthesizer.settings, {})
    session = SpeechSession(KeptCache(ready.networks.t2s), SynthesisMeter())
    return SentenceSpeaker(ready.pack, ready.prompt, settings, session)


def quiet_stretches(samples: np.ndarray, least: float = 0.08) -> list[tuple[float, float]]:
    """Begin and end of pauses inside the speech, in seconds."""
    step = RATE // 100
    levels = np.sqrt((samples[: len(samples) // step * step].reshape(-1, step) ** 2).mean(1))
    loud = np.flatnonzero(levels > 10 ** (-55 / 20)) / 100
    return [(a + 0.01, b) for a, b in pairwise(loud) if b - a - 0.01 >= least and a > 0.2]


def speak(synthesizer: Synthesizer, text: str, voice: str = "starter-en", **options) -> Speech:
    return synthesizer.speak(text, **{"voice": voice, "seed": 1, "fragment_interval": 0, **options})


def test_units_are_words_and_characters(synthesizer: Synthesizer) -> None:
    front_end = synthesizer.prepare("starter-en").front_end
    for text, words in (
        ("It's 3 o'clock, Mr. Smith-Jones!", ["It's", "3", "o'clock", "Mr", "Smith-Jones"]),
        ("你好，世界 OK。", ["你", "好", "世", "界", "OK"]),
    ):
        phonemes = front_end.phonemize(text, "auto")
        found = units(phonemes)
        assert [unit.text for unit in found] == words
        assert all(text[slice(*unit.span)] == unit.text for unit in found)
        assert all(one.end <= two.first for one, two in pairwise(found))
        assert all(unit.first < unit.end <= len(phonemes) for unit in found)


def test_a_path_follows_the_attention_and_never_goes_back() -> None:
    truth = np.array([0, 0, 1, 1, 1, 2, 3, 3, 5, 5, 6, 7, 7])
    path = Path(8)
    noise = np.random.default_rng(0)
    for phone in truth:
        row = noise.random(8).astype(np.float32) * 0.05
        row[phone] += 1
        path.add(np.log(row / row.sum() + 1e-3))
    assert path.phones(ended=True).tolist() == truth.tolist()
    confused = Path(4)
    for phone in (3, 0, 2, 1, 3):
        confused.add(np.log(np.eye(4)[phone] + 1e-3))
    found = confused.phones(ended=True)
    assert (np.diff(found) >= 0).all()
    assert found[-1] == 3


def test_some_heads_follow_the_text(synthesizer: Synthesizer) -> None:
    ready = synthesizer.prepare("starter-en")
    heads = alignment_heads(ready.networks.t2s, ready.prompt)
    assert 2 <= len(heads) <= 8
    assert len(set(heads)) == len(heads)


@pytest.mark.usefixtures("evidence")
@pytest.mark.parametrize(
    ("text", "voice"), [(TEXT, "starter-en"), ("今天天气很好，我们去公园散步。", "starter-zh")]
)
def test_words_are_complete_and_in_order(synthesizer: Synthesizer, text: str, voice: str) -> None:
    fragments = list(synthesizer.stream(text, voice=voice, seed=1))
    words = [word for fragment in fragments for word in fragment.words]
    phonemes = synthesizer.prepare(voice).front_end.phonemize(text, "auto")
    assert [word.text for word in words] == [unit.text for unit in units(phonemes)]
    assert len([fragment for fragment in fragments if fragment.words]) > 1
    total = fragments[-1].start_s + fragments[-1].duration_s
    for word in words:
        assert 0 <= word.start_s <= word.end_s <= total
        assert text[word.start : word.end] == word.text
    assert all(one.end_s <= two.start_s for one, two in pairwise(words))
    for fragment in fragments[:-1]:
        assert all(word.end_s <= fragment.start_s + fragment.duration_s for word in fragment.words)


@pytest.mark.usefixtures("evidence")
def test_words_border_on_the_pauses_that_are_heard(synthesizer: Synthesizer) -> None:
    errors = []
    for seed in (1, 2, 4):
        speech = speak(synthesizer, PAUSES, seed=seed)
        pauses = quiet_stretches(speech.samples)
        marks = [n for n, word in enumerate(speech.words) if word.text == "then"]
        if len(pauses) != len(marks):
            continue
        for (begin, end), number in zip(pauses, marks, strict=True):
            errors += [speech.words[number - 1].end_s - begin, speech.words[number].start_s - end]
    assert len(errors) >= 4
    assert np.median(np.abs(errors)) < 0.1


@pytest.mark.usefixtures("evidence")
def test_words_do_not_depend_on_windows(synthesizer: Synthesizer) -> None:
    windows, whole = (speak(synthesizer, TEXT, mode=m) for m in ("latency", "throughput"))
    assert [w.text for w in windows.words] == [w.text for w in whole.words]
    ends = [(a.end_s - b.end_s) for a, b in zip(windows.words, whole.words, strict=True)]
    assert np.median(np.abs(ends)) < 0.05


@pytest.mark.usefixtures("evidence")
def test_words_follow_speed_and_sentences(synthesizer: Synthesizer) -> None:
    slow, fast = (speak(synthesizer, TEXT, speed=s, edge_silence=5) for s in (0.7, 1.4))
    assert slow.words[-1].end_s / fast.words[-1].end_s == pytest.approx(2, rel=0.05)
    two = speak(synthesizer, "The morning train was late again, sir. How are you today, my dear?")
    assert [word.text for word in two.words].count("How") == 1
    how = next(word for word in two.words if word.text == "How")
    assert 0.3 < how.start_s / two.duration_s < 0.8


@pytest.mark.usefixtures("evidence")
def test_words_of_sentences_decoded_together(synthesizer: Synthesizer) -> None:
    text = "The morning train was late again, sir. How are you today, my dear old friend?"
    alone, together = (
        speak(synthesizer, text, mode="throughput", batch_size=size) for size in (1, 2)
    )
    for one, other in zip(alone.words, together.words, strict=True):
        assert one.text == other.text
        assert one.end_s == pytest.approx(other.end_s, abs=0.05)


def test_codes_tell_the_borders_of_words_that_were_spoken_one_by_one(
    synthesizer: Synthesizer, lesson: CodeTable
) -> None:
    """Joined tokens of single words of any length, whose borders are known: nearer than an even split."""
    speaker, front_end = tokens_speaker(synthesizer), synthesizer.prepare("starter-en").front_end
    found, even = [], []
    for text in (
        "go remember me yesterday",
        "wait umbrellas now telephone",
        "everybody is understanding",
    ):
        parts = [
            speaker.tokens(front_end.phonemize(f"{word}.", "en"), 1).take(None)[0]
            for word in text.split()
        ]
        codes = [code for part in parts for code in part]
        borders = np.cumsum([len(part) for part in parts])[:-1] / 25
        phonemes = front_end.phonemize(text.replace(" ", ". ") + ".", "en")
        tracker = WordTracker(phonemes, 1 / 25, lesson)
        tracker.tokens(codes, [])
        words = tracker.words(0, ended=True)
        found.extend([word.start_s for word in words[1:]] - borders)
        shares = [unit.first / len(phonemes) for unit in units(phonemes)[1:]]
        even.extend(np.array(shares) * len(codes) / 25 - borders)
    assert np.median(np.abs(found)) < np.median(np.abs(even))


def test_a_synthesizer_learns_from_what_it_speaks(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = synthesizer.prepare("starter-en")
    monkeypatch.setitem(ready.networks.__dict__, "phone_codes", None)  # a pack without a table
    ready.pack.prepare(ready.prompt)
    table = ready.pack.table
    before = table.lessons
    speak(synthesizer, "Good morning.", "starter-zh", language="en")
    assert table.lessons == min(before + 1, MOST_LESSONS)

"""A text that was said before: the same samples, no synthesis, bounded memory."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.phrase_cache import PhraseCache
from dora_mlx_tts.synthesis.records import Fragment, WordTiming
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

TEXT = "One moment, please."


def fragment(samples: int, *, number: int = 0, final: bool = True) -> Fragment:
    sound = np.full(samples, number + 1, np.float32)
    return Fragment(sound, 32_000, "Hm.", 0, number, final, 0.0, 3)


def same(one: list[Fragment], other: list[Fragment]) -> bool:
    plain = [
        [dataclasses.replace(piece, samples=None) for piece in pieces] for pieces in (one, other)
    ]
    arrays = zip(one, other, strict=True)
    return plain[0] == plain[1] and all(np.array_equal(a.samples, b.samples) for a, b in arrays)


@pytest.fixture
def caching(synthesizer: Synthesizer, monkeypatch) -> Synthesizer:
    monkeypatch.setattr(synthesizer, "_phrases", PhraseCache(8 << 20))
    return synthesizer


def sentences(engine: Synthesizer) -> int:
    return engine.stats.sentences


@pytest.mark.parametrize("seed", [3, None])
@pytest.mark.parametrize("mode", ["latency", "throughput"])
def test_the_second_time_is_the_first_one_again(caching, seed, mode):
    first = list(caching.stream(TEXT, seed=seed, mode=mode))
    spoken = sentences(caching)
    stream = caching.stream(TEXT, seed=seed, mode=mode)
    again = list(stream)
    assert same(first, again)
    assert sentences(caching) == spoken
    assert stream.voice == "starter-en"
    assert sum(stream.work_s.values()) < 0.05
    assert caching.phrase_stats.hits == 1
    again[0].samples[:] = 7  # a reader may do that
    assert same(first, list(caching.stream(TEXT, seed=seed, mode=mode)))


def test_whole_and_streamed_are_two_texts(caching):
    whole = caching.speak(TEXT, seed=3)
    spoken = sentences(caching)
    assert np.array_equal(caching.speak(TEXT, seed=3).samples, whole.samples)
    assert sentences(caching) == spoken
    list(caching.stream(TEXT, seed=3))
    assert sentences(caching) == spoken + 1


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4}, {"speed": 1.01}, {"loudness": -21}, {"gain": 1.0}, {"voice": "starter-en-2"},
        {"language": "zh"}, {"text": "One moment please."}, {"text": "One {200ms} moment, please."},
        {"fragment_interval": 0.31}, {"window": 1.5}, {"content_check": "off"},
    ],
)  # fmt: skip
def test_whatever_changes_samples_is_another_text(caching, change, monkeypatch):
    """Nothing is spoken here: what is asked of the cache is looked at."""
    keys = []
    monkeypatch.setattr(caching._phrases, "find", lambda key: keys.append(key) or ())
    for options in ({}, change):
        caching.stream(**{"text": TEXT, "seed": 3, **options})
    assert len(set(keys)) == 2


def test_a_changed_voice_is_another_voice(caching, monkeypatch):
    ready = caching.prepare("starter-en")
    voice = ready.voice.model_copy(update={"lexicon": {"en": {"moment": "M OW1"}}})
    prompts = [
        dataclasses.replace(ready.prompt, key="other"),
        dataclasses.replace(ready.prompt, loudness=-20.0),
    ]
    others = [dataclasses.replace(ready, voice=voice)]
    others += [dataclasses.replace(ready, prompt=prompt) for prompt in prompts]
    assert len({one.fingerprint for one in (ready, *others)}) == 4


def test_a_text_that_was_cut_or_given_up_is_not_kept(caching):
    calls = []
    stream = caching.stream(
        "The train leaves at nine in the morning.", seed=1, cancelled=lambda: bool(calls)
    )
    next(stream)
    calls.append(1)
    assert list(stream) == []
    stream = caching.stream("The train leaves at nine in the morning.", seed=1)
    next(stream)
    stream.close()
    assert caching.phrase_stats.kept == 0


def test_a_kept_text_can_be_cancelled(caching):
    text = "The train leaves at nine."
    list(caching.stream(text, seed=1))
    flag = []
    stream = caching.stream(text, seed=1, cancelled=lambda: bool(flag))
    next(stream)
    flag.append(1)
    assert list(stream) == []


def test_nothing_is_kept_unless_asked(synthesizer):
    assert not synthesizer._phrases.is_on
    assert synthesizer.phrase_stats.mib == 0


# the cache alone


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4000)), max_size=40),
    st.integers(1, 40_000),
)
def test_it_stays_within_its_bytes_and_tells_what_was_last_said(said, limit):
    cache = PhraseCache(limit)
    latest: dict[int, int] = {}
    for name, samples in said:
        latest[name] = samples
        list(cache.recorded(bytes([name]), iter([fragment(samples)])))
        stats = cache.stats()
        assert 0 <= stats.mib * 2**20 <= limit + 1
    for name, samples in latest.items():
        found = cache.find(bytes([name]))
        assert found is None or len(found[0].samples) <= max(s for n, s in said if n == name)
        too_large = samples * 4 + 500 > limit
        assert found is None or too_large or len(found[0].samples) == samples


def test_the_text_used_longest_ago_goes_first():
    cache = PhraseCache(3 * 4600)
    for name in (b"a", b"b", b"c"):
        list(cache.recorded(name, iter([fragment(1000)])))
    assert cache.find(b"a")
    list(cache.recorded(b"d", iter([fragment(1000)])))
    assert [bool(cache.find(name)) for name in (b"a", b"b", b"c", b"d")] == [
        True,
        False,
        True,
        True,
    ]


def test_a_text_without_its_end_is_not_kept():
    cache = PhraseCache(1 << 20)
    list(cache.recorded(b"a", iter([fragment(10, final=False)])))
    list(cache.recorded(b"b", iter([])))
    assert cache.stats().kept == 0


def test_words_count_for_its_size():
    cache = PhraseCache(1 << 20)
    words = tuple(WordTiming("w", 0, 1, 0, 1) for _ in range(100))
    piece = dataclasses.replace(fragment(10), words=words)
    list(cache.recorded(b"a", iter([piece])))
    assert cache.stats().mib > 100 * 100 / 2**20
    assert cache.find(b"a")[0].words == words

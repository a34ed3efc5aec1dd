"""Texts of several conversations, window by window in any order: each sounds as it does alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from dora_mlx_tts.synthesis.fragment_stream import FragmentStream
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

TALKS = (
    ("The kettle is on.", "starter-en", 3, {}),
    ("今天下午散步，好吗？", "starter-zh", 4, {"top_k": 5}),
    ("He forgot. It rained.", "starter-en", 5, {"temperature": 0.8}),
    ("Seven swans swim.", "starter-en-2", 6, {"speed": 1.2}),
)


def begin(synthesizer: Synthesizer, number: int) -> FragmentStream[Fragment]:
    text, voice, seed, settings = TALKS[number]
    return synthesizer.stream(text, voice=voice, seed=seed, **settings)


@pytest.fixture(scope="module")
def alone(synthesizer: Synthesizer) -> list[list[Fragment]]:
    return [list(begin(synthesizer, number)) for number in range(len(TALKS))]


def assert_same(fragments: Sequence[Fragment], expected: Sequence[Fragment]) -> None:
    for one, other in zip(fragments, expected, strict=True):
        assert np.array_equal(one.samples, other.samples)
        assert (one.text, one.tokens, one.words, one.is_final) == (
            other.text,
            other.tokens,
            other.words,
            other.is_final,
        )


@pytest.mark.parametrize("seed", range(2))
def test_each_text_sounds_as_it_does_alone(
    synthesizer: Synthesizer, alone: list[list[Fragment]], seed: int
) -> None:
    chance = np.random.default_rng(seed)
    streams: dict[int, FragmentStream[Fragment]] = {}
    heard: dict[int, list[Fragment]] = {number: [] for number in range(len(TALKS))}
    left = list(heard)
    while left:
        number = int(chance.choice(left))
        stream = streams.setdefault(number, begin(synthesizer, number))
        fragment = next(stream, None)
        if fragment is None:
            left.remove(number)
        else:
            heard[number].append(fragment)
    for number, expected in enumerate(alone):
        assert_same(heard[number], expected)


@pytest.mark.parametrize("cut", [0, 2])
def test_a_text_that_is_cut_changes_nothing_of_the_others(
    synthesizer: Synthesizer, alone: list[list[Fragment]], cut: int
) -> None:
    streams = [begin(synthesizer, number) for number in range(len(TALKS))]
    heard: list[list[Fragment]] = [[next(stream)] for stream in streams]
    streams[cut].close()
    others = [number for number in range(len(TALKS)) if number != cut]
    while left := [number for number in others if len(heard[number]) < len(alone[number])]:
        for number in left:
            heard[number].append(next(streams[number]))
    assert all(next(streams[number], None) is None for number in others)
    assert_same(heard[cut], alone[cut][:1])
    for number in others:
        assert_same(heard[number], alone[number])

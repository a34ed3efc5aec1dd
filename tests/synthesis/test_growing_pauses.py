"""Slow and uneven writers: when a growing sentence pauses, and where."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import pytest
from growing_world import World, Writer, letters, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GAP_S = 0.25
PLAIN = [
    "nice",
    "old",
    "dogs",
    "like",
    "good",
    "milk",
    "and",
    "long",
    "dinner",
    "behind",
    "farm",
    "hill",
    "some",
    "food",
    "of",
    "his",
    "mom",
]
HARD = ["35", "$4", "2.5", "close", "lead", "record", "Dr."]
"""Words whose reading is known some words later."""


def arrivals(count: int, rate: float, writing: str, draw: np.random.Generator) -> list[float]:
    """Seconds at which words are written."""
    if writing == "bursts":
        return [number // 5 * 5 / rate for number in range(count)]
    jitter = draw.uniform(0.2, 1.8, count) if writing == "jitter" else np.ones(count)
    gaps = list(jitter / rate)
    if writing == "stops":
        gaps[int(draw.integers(count))] += draw.uniform(0.3, 2.0)
    return list(accumulate(gaps[1:], initial=0.0))


def pauses(world: World, words: Sequence[str], times: Sequence[float]) -> list[tuple[float, bool]]:
    """Silences at the player beyond `GAP_S`, each with whether the word before it had been said to its end."""
    world.held = 6
    text = " ".join(words) + "."
    schedule = [(at, " ".join(words[: n + 1])) for n, at in enumerate(times)]
    writer, found, plays, sounded = Writer(world, [*schedule, (times[-1], "")], text), [], None, 0
    spoken = []
    for fragment in world.speak(writer):
        spoken += [word.text for word in fragment.words]
        if plays is not None and world.now > plays + GAP_S:
            found.append((world.now - plays, sounded in world.rests))
        plays = max(plays or world.now, world.now) + fragment.duration_s
        sounded = len(world.sounded)
    assert letters(world.sounded) == plain(text)
    assert plain("".join(spoken)) == plain(text)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rate=st.sampled_from([1, 1.5, 2, 3, 4, 5, 7, 10]),
    writing=st.sampled_from(["steady", "jitter", "bursts"]),
    words=st.lists(st.sampled_from(PLAIN), min_size=5, max_size=22),
    seed=st.integers(0, 1000),
)
def test_who_writes_plain_words_without_a_stop_is_never_waited_for(
    monkeypatch: pytest.MonkeyPatch, rate: float, writing: str, words: list[str], seed: int
) -> None:
    world = World(monkeypatch)
    times = arrivals(len(words), rate, writing, np.random.default_rng(seed))
    assert pauses(world, words, times) == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rate=st.sampled_from([1, 2, 3, 5, 10, 20]),
    writing=st.sampled_from(["steady", "jitter", "bursts", "stops"]),
    words=st.lists(st.sampled_from([*PLAIN, *HARD]), min_size=5, max_size=25),
    seed=st.integers(0, 1000),
)
def test_whatever_comes_no_word_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, rate: float, writing: str, words: list[str], seed: int
) -> None:
    world = World(monkeypatch)
    times = arrivals(len(words), rate, writing, np.random.default_rng(seed))
    for seconds, was_complete in pauses(world, words, times):
        assert was_complete, seconds


def test_where_it_rests_nothing_leans_on_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        "nice",
        "old",
        "dogs",
        "like",
        "good",
        "milk",
        "and",
        "food",
        "of",
        "his",
        "good",
        "old",
        "mom",
        "from",
        "some",
        "farm",
    ]
    world = World(monkeypatch)
    times = [0.1 * n + (5.0 if n > 9 else 0.0) for n in range(len(words))]  # a stop behind "his"
    assert [was_complete for _, was_complete in pauses(world, words, times)] == [True]
    heard = letters(world.sounded[: world.rests[0]])
    assert heard == plain("nice old dogs like good milk and food")

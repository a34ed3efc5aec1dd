"""Windows are made in time: simulated machines and players, and what a fast machine keeps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.pace import Pace, SpeedMeter
from dora_mlx_tts.synthesis.windows import WindowSizes

RATE = 25.0


class Voice:
    speed = 1.0

    def codes_for(self, seconds: float) -> int:
        return round(seconds * RATE)


def speed_of(factor: float) -> SpeedMeter:
    speed = SpeedMeter()
    speed.add(factor, 1.0)
    return speed


def play(
    factor: float,
    *,
    length_s: float = 20.0,
    sharing: int = 1,
    follows: bool = True,
    known: bool = True,
    window_s: float = 0.0,
    trimmed_s: float = 0.0,
) -> tuple[list[float], int]:
    """Speak a sentence on a machine of this speed; its windows in seconds, and how often the player ran dry.

    `window_s` is what a window takes however short it is; the first one loses `trimmed_s` of its sound.
    """
    now, ends, windows, gaps = 0.0, -1.0, [], 0
    pace = Pace(speed_of(factor) if known else SpeedMeter())
    for sound_s in (0.4, 0.8, 1.6) if window_s else ():
        pace.speed.add(window_s + factor * sound_s, sound_s)
    for _ in range(20):
        pace.speed.add_trimmed(trimmed_s)
    if follows:
        pace.follow(lambda: max(0.0, ends - now), lambda: sharing)
    sizes = WindowSizes(0.4, 1.6, pace, hold=1).tokens(Voice())
    size, following = next(sizes), next(sizes)  # as `pairwise`: one is known ahead
    left = length_s
    while left > 0:
        sound_s = min(size / RATE, left)
        work_s = window_s + factor * sound_s
        now += sharing * work_s
        gaps += bool(windows) and now > ends + 1e-9
        ends = max(now, ends) + sound_s - (0.0 if windows else trimmed_s)
        windows.append(sound_s)
        left -= sound_s
        pace.speed.add(work_s, sound_s)
        size, following = following, next(sizes)
    return windows, gaps


def test_a_fast_machine_grows_its_windows_as_ever() -> None:
    for factor in (0.01, 0.2, 0.38):
        followed, _ = play(factor)
        free, _ = play(factor, follows=False)
        assert followed == free
    assert free[:4] == pytest.approx([0.4, 0.8, 1.6, 1.6])


def test_the_first_window_makes_up_for_the_silence_it_loses() -> None:
    for trimmed_s in (0.1, 0.2, 0.3):
        windows, gaps = play(0.4, window_s=0.13, trimmed_s=trimmed_s)
        assert gaps == 0
        assert windows[0] > 0.4
    assert play(0.1, window_s=0.02, trimmed_s=0.1)[0][0] == pytest.approx(0.4)


@pytest.mark.parametrize("factor", [0.45, 0.6, 0.7, 0.8])
def test_a_slower_machine_grows_them_as_fast_as_it_can(factor: float) -> None:
    windows, gaps = play(factor)
    assert gaps == 0
    _, before = play(factor, follows=False)
    assert before > 0 or factor < 0.5
    assert windows[0] == pytest.approx(0.4)


@given(st.floats(0.01, 0.8), st.floats(1, 60))
@settings(max_examples=150, deadline=None)
def test_no_player_runs_dry_while_the_machine_keeps_up(factor: float, length_s: float) -> None:
    assert play(factor, length_s=length_s)[1] == 0


@pytest.mark.parametrize(("sharing", "factor"), [(2, 0.38), (3, 0.25), (4, 0.19)])
def test_nor_where_conversations_share_it(sharing: int, factor: float) -> None:
    assert play(factor, sharing=sharing)[1] == 0


@given(st.floats(0.05, 0.6), st.floats(0.01, 0.3), st.floats(1, 60))
@settings(max_examples=150, deadline=None)
def test_nor_where_each_window_costs_something_however_short(
    factor: float, window_s: float, length_s: float
) -> None:
    assert play(factor, window_s=window_s, length_s=length_s, known=False)[1] == 0


def test_what_a_window_costs_is_told_apart_from_what_its_sound_costs() -> None:
    speed = SpeedMeter()
    for sound_s in (0.4, 0.8, 1.6) * 20:
        speed.add(0.2 + 0.3 * sound_s, sound_s)
    assert [speed.expected_s(size) for size in (0.4, 1.0)] == pytest.approx([0.32, 0.5], rel=1e-3)
    assert speed_of(0.5).expected_s(0.4) == pytest.approx(
        0.2
    )  # of one window nothing is told apart
    assert SpeedMeter().expected_s(0.4) == 0


def test_a_machine_whose_speed_varies_gets_more_time() -> None:
    steady, varying = SpeedMeter(), SpeedMeter()
    for number in range(40):
        steady.add(0.3, 0.8)
        varying.add(0.2 if number % 2 else 0.4, 0.8)
    assert steady.expected_s(0.8) == pytest.approx(0.3)
    assert 0.35 < varying.expected_s(0.8) < 0.45


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 2)), max_size=20), st.floats(0.1, 2))
def test_no_measurement_makes_a_window_cheaper_by_its_length(
    windows: list[tuple[float, float]], sound_s: float
) -> None:
    speed = SpeedMeter()
    for work_s, length_s in windows:
        speed.add(work_s, length_s)
    assert 0 <= speed.expected_s(sound_s) <= speed.expected_s(2 * sound_s) + 1e-9


@given(st.floats(0, 50), st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_windows_stay_within_their_bounds(factor: float, sharing: int) -> None:
    windows, _ = play(factor, sharing=sharing)
    assert all(0.4 - 0.05 <= size <= 1.6 + 0.05 for size in windows[:-1])


def test_a_machine_that_hardly_keeps_up_begins_with_more() -> None:
    firsts = [play(factor)[0][0] for factor in (0.5, 0.8, 1.2, 2.0, 10.0)]
    assert firsts == pytest.approx([0.4, 0.4, 0.6, 1.0, 1.6], abs=0.03)


def test_without_a_player_or_a_measurement_nothing_is_planned() -> None:
    assert play(3.0, follows=False)[0][:3] == pytest.approx([0.4, 0.8, 1.6])
    pace = Pace(SpeedMeter())
    pace.follow(lambda: 0.0, lambda: 1)
    assert (pace.first(0.4, 1.6), pace.next(0.8, 0.4, 0.4)) == (0.4, 0.8)
    pace = Pace(speed_of(9.0))
    pace.follow(lambda: None, lambda: 0)
    assert (pace.first(0.4, 1.6), pace.next(0.8, 0.4, 0.4)) == (0.4, 0.8)


def test_the_newest_windows_count_most() -> None:
    speed = speed_of(0.2)
    for _ in range(8):
        speed.add(1.0, 1.0)
    assert 0.8 < speed.factor < 1.0
    for work, sound in ((1.0, 0.0), (math.nan, 1.0), (math.inf, 1.0)):
        before = speed.factor
        speed.add(work, sound)
        assert speed.factor == before


def test_sentences_grow_only_where_sound_is_made_quickly_enough() -> None:
    assert Pace(SpeedMeter()).may_grow  # nothing is known yet
    assert [Pace(speed_of(factor)).may_grow for factor in (0.1, 0.5, 0.7, 1.1)] == [
        True,
        True,
        False,
        False,
    ]
    shared = Pace(speed_of(0.2))
    shared.follow(lambda: 0.0, lambda: 4)
    assert not shared.may_grow
    shared.follow(lambda: 0.0, lambda: 3)
    assert shared.may_grow


def test_before_later_windows_are_measured_first_ones_tell() -> None:
    speed = SpeedMeter()
    speed.add_first(5.0, 0.4)  # compiled kernels
    assert not Pace(speed).may_grow
    speed.add_first(0.1, 0.4)
    speed.add_first(0.8, 0.4)
    assert speed.grown == pytest.approx(0.25)
    speed.add(0.9, 1.0)
    assert not Pace(speed).may_grow
    speed.add_first(0.1, 0.4)
    assert speed.grown == pytest.approx(1.3 * 0.9)


def test_growing_sentences_tell_what_they_took_and_whole_ones_let_them_try_again() -> None:
    speed = speed_of(0.2)
    speed.add(0.2, 1.0)
    for _ in range(10):
        speed.add_grown(2.0, 1.0)
    assert not Pace(speed).may_grow
    for _ in range(10):
        speed.add(0.2, 1.0)
    assert Pace(speed).may_grow
    for work, sound in ((1.0, 0.0), (math.nan, 1.0)):
        before = speed.grown
        speed.add_grown(work, sound)
        assert speed.grown == before

"""What a growing sentence does next, by the pure rule alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.growing.policy import (
    GrowingLimits,
    Progress,
    Step,
    next_step,
    will_run_dry,
)


@given(
    st.builds(
        Progress,
        share=st.floats(0, 3),
        arrival=st.none() | st.floats(0, 20),
        releasable=st.integers(0, 60),
        pending=st.integers(0, 60),
        size=st.integers(1, 40),
        first=st.integers(0, 30),
        ahead_s=st.floats(-2, 5),
        interval_s=st.floats(0, 2),
        wait_s=st.floats(0, 3),
        due_s=st.floats(-3, 10) | st.just(float("inf")),
        work_s=st.floats(0, 2),
        is_heard=st.booleans(),
        is_resting=st.booleans(),
    )
)
def test_no_step_is_impossible(at: Progress) -> None:
    step, wait_s = next_step(at, GrowingLimits())
    if step is Step.DECODE:
        assert at.releasable > 0
    if step is Step.SOUND:
        assert at.pending > 0
    if step is Step.REST:
        assert at.is_heard
        assert not at.is_resting
        assert at.ahead_s <= GrowingLimits().dry_s
    if wait_s is not None:
        assert step is Step.WAIT
        assert wait_s > 0


def test_the_margin_is_small_where_sound_is_waited_for() -> None:
    limits = GrowingLimits(margin=8, first_margin=4, hurry_s=0.25)
    assert limits.margin_at(0.0, is_heard=False) == 4
    assert limits.margin_at(0.25, is_heard=True) == 4
    assert limits.margin_at(0.26, is_heard=True) == 8
    assert GrowingLimits(margin=3).margin_at(0.0, is_heard=False) == 3


def test_a_waiting_sentence_looks_again_at_each_mark() -> None:
    limits, at = GrowingLimits(), Progress(1, 3.0, 0, 0, 20, is_heard=True)
    ahead, looked = 2.0, []
    for _ in range(3):
        step, wait_s = next_step(replace(at, ahead_s=ahead), limits)
        assert step is Step.WAIT
        assert wait_s is not None
        ahead -= wait_s
        looked.append(ahead)
    assert looked == pytest.approx([limits.soon_s, limits.hurry_s, limits.dry_s])
    assert next_step(replace(at, ahead_s=limits.dry_s), limits)[0] is Step.REST


def test_a_word_that_is_due_puts_a_rest_off() -> None:
    limits = GrowingLimits()
    at = Progress(1, 3.0, 0, 0, 20, ahead_s=limits.dry_s, interval_s=0.2, is_heard=True)

    def step(due_s: float) -> tuple[Step, float | None]:
        return next_step(replace(at, due_s=due_s), limits)

    assert step(0.15) == (Step.WAIT, pytest.approx(0.15 + limits.dry_s))
    assert step(-0.05)[0] is Step.WAIT
    assert step(-limits.dry_s)[0] is Step.REST  # it did not come
    assert step(0.3)[0] is Step.REST  # too late


def least(at: Progress) -> int:
    """Codes with which it begins."""
    steps = (next_step(replace(at, releasable=n), GrowingLimits())[0] for n in range(400))
    return next(n for n, step in enumerate(steps) if step is Step.DECODE)


def test_a_first_sound_lasts_until_more_is_known() -> None:
    brisk = Progress(1, 3.0, 0, 0, 20)
    assert [
        least(replace(brisk, interval_s=seconds, due_s=seconds)) for seconds in (0.025, 0.1, 0.2)
    ] == [8, 8, 11]
    figure = replace(brisk, interval_s=0.1, due_s=0.5)
    assert least(figure) == 18
    assert least(replace(brisk, interval_s=0.1, due_s=0.1, first=15)) == 15  # a slow machine


def test_a_first_sound_lasts_as_long_as_the_writer_ever_stopped() -> None:
    steady = Progress(1, 3.0, 0, 0, 20, interval_s=0.1, wait_s=0.1, due_s=0.1)
    assert least(replace(steady, wait_s=0.8)) == least(steady) + 18


def test_who_writes_hardly_faster_than_one_speaks_needs_room_for_a_figure() -> None:
    at = Progress(1, 1.05, 0, 0, 20, interval_s=0.2, wait_s=0.2, due_s=0.2)
    assert least(at) == 20
    assert least(replace(at, interval_s=0.4)) == 33
    assert least(replace(at, arrival=1.4)) == 11


def test_a_slow_writer_is_ahead_for_the_whole_of_a_long_sentence() -> None:
    limits = GrowingLimits()
    at = Progress(1, 0.5, 0, 0, 20, interval_s=0.6, wait_s=0.6, due_s=0.6)
    assert least(at) == round(25 * 0.5 * limits.longest_s)
    assert least(replace(at, is_heard=True, is_resting=True)) == round(25 * 0.5 * limits.usual_s)


def test_while_earlier_texts_are_heard_nobody_hurries() -> None:
    limits, at = GrowingLimits(), Progress(1, 3.0, 50, 0, 20, ahead_s=3.0, due_s=0.1)
    assert next_step(at, limits) == (Step.WAIT, 3.0 - limits.soon_s)
    assert next_step(replace(at, ahead_s=limits.soon_s), limits)[0] is Step.DECODE


def test_a_slow_machine_looks_for_more_in_time() -> None:
    limits = GrowingLimits()
    at = Progress(1, 3.0, 10, 0, 40, ahead_s=0.9, work_s=0.85, is_heard=True)
    assert next_step(at, limits)[0] is Step.DECODE
    assert next_step(replace(at, work_s=0.1), limits)[0] is Step.WAIT


def test_it_runs_dry_if_more_is_known_too_late() -> None:
    limits = GrowingLimits()
    at = Progress(1, 3.0, 10, 5, 40, ahead_s=0.3, due_s=0.9, is_heard=True)
    assert not will_run_dry(at, limits)
    assert will_run_dry(replace(at, due_s=1.1), limits)
    assert not will_run_dry(replace(at, due_s=1.1, is_heard=False), limits)


def test_a_few_codes_put_a_rest_off() -> None:
    at = Progress(1, 3.0, 1, 0, 20, ahead_s=0.0, is_heard=True)
    assert next_step(at, GrowingLimits())[0] is Step.DECODE

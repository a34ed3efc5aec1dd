"""What a growing sentence does next, by the pure rule alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.growing.policy import GrowingLimits, Progress, Step, next_step


@given(
    st.builds(
        Progress,
        share=st.floats(0, 3),
        arrival=st.none() | st.floats(0, 20),
        releasable=st.integers(0, 60),
        pending=st.integers(0, 60),
        size=st.integers(1, 40),
        ahead_s=st.floats(-2, 5),
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


def test_a_first_sound_lasts_to_the_next_word() -> None:
    def least(interval_s: float, *, is_held: bool = False) -> int:
        at = Progress(1, 3.0, 0, 0, 20, interval_s=interval_s, is_held=is_held)
        ready = (
            n
            for n in range(99)
            if next_step(replace(at, releasable=n), GrowingLimits())[0] is Step.DECODE
        )
        return next(ready)

    assert [least(seconds) for seconds in (0.025, 0.1, 0.2, 1.0)] == [8, 8, 11, 20]
    assert least(0.1, is_held=True) == 16


def test_a_few_codes_put_a_rest_off() -> None:
    at = Progress(1, 3.0, 1, 0, 20, ahead_s=0.0, is_heard=True)
    assert next_step(at, GrowingLimits())[0] is Step.DECODE

"""How windows are planned where conversations share a machine, on a simulated one."""

from __future__ import annotations

import numpy as np
import pytest
from crowd_machine import Costs, Machine
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.synthesis.pace import Pace

CPU = Costs(0.07, 0.05, 0.22)
"""About what two cores take for the starter voice."""
GPU = Costs(0.015, 0.018, 0.012)
SENTENCES = (2.5, 3.0, 3.4)


class Always(Pace):
    """Halves windows that come late, also where that does not help."""

    _is_overloaded = False  # type: ignore[assignment]


class Never(Pace):
    """Plans nothing: what a machine makes at most."""

    def first(self, wanted, largest):
        return wanted

    def next(self, wanted, least, before):
        return wanted


@pytest.mark.parametrize(("costs", "crowd"), [(CPU, 4), (CPU, 6), (GPU, 24), (GPU, 32), (GPU, 64)])
def test_a_crowd_that_is_too_large_does_not_slow_the_machine_down(costs, crowd):
    machine, halving, free = (
        Machine(costs, [0.0] * crowd, SENTENCES, pace).run() for pace in (Pace, Always, Never)
    )
    assert machine.sound_per_s > 0.93 * free.sound_per_s
    assert halving.sound_per_s < 0.97 * machine.sound_per_s
    assert machine.gaps < 0.9 * halving.gaps
    assert machine.silence_s < 0.95 * halving.silence_s
    assert machine.longest_wait_s <= halving.longest_wait_s + 1e-9  # first windows stay small


@pytest.mark.parametrize(("costs", "crowd"), [(CPU, 1), (CPU, 2), (GPU, 1), (GPU, 8), (GPU, 16)])
def test_a_crowd_that_the_machine_carries_runs_dry_nowhere(costs, crowd):
    assert Machine(costs, [0.0] * crowd, SENTENCES).run().gaps == 0


@given(
    st.floats(0.0, 0.1),
    st.floats(0.0, 0.05),
    st.floats(0.01, 0.3),
    st.integers(1, 12),
    st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_every_caller_is_served_whole_and_no_worse_than_by_halving(
    sentence, window, sound, crowd, seed
):
    arrivals = np.cumsum(np.random.default_rng(seed).exponential(0.2, crowd)).tolist()
    costs = Costs(sentence, window, sound)
    machine, halving = (Machine(costs, arrivals, SENTENCES, pace).run() for pace in (Pace, Always))
    for caller in machine.callers:
        assert sum(caller.windows) == pytest.approx(sum(SENTENCES))
    assert machine.sound_per_s >= 0.97 * halving.sound_per_s
    # Where a machine is just able to carry all with small windows, each may run dry once for a large one.
    assert machine.silence_s <= halving.silence_s + 0.8 * crowd


def test_sentences_that_follow_begin_large_where_players_have_enough():
    shared = Machine(GPU, [0.0, 0.0], SENTENCES).run()
    for caller in shared.callers:
        assert caller.windows[0] == pytest.approx(0.64)  # the tokens that are judged ahead
        assert max(caller.windows[4:]) > 1.5
    assert shared.sound_per_s > Machine(GPU, [0.0], SENTENCES).run().sound_per_s

"""The rule that chooses the next window, in a world of simulated costs with thousands of arrivals."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from dora_mlx_tts.node.turns.deadlines import PATIENCE_S, Need, most_urgent

WINDOWS_S = (0.4, 0.8, 1.6, 1.6, 1.6)


@dataclass
class Talk:
    """A conversation that says one text of windows, and its player."""

    ready_s: float
    left: list = field(default_factory=lambda: list(WINDOWS_S))
    silent_s: float = -1.0
    first_s: float = 0.0
    dry_s: float = 0.0

    @property
    def need(self):
        return Need(self.ready_s, self.silent_s)


@dataclass
class Choice:
    at_s: float
    chosen: Talk
    need: Need
    others: list


def cost_s(seconds, speed):
    return 0.01 + seconds / speed


def simulate(arrivals, speed, choose=most_urgent):
    """Serve conversations that arrive at these times one window at a time; what was chosen when."""
    now, coming, open_talks, choices = 0.0, [Talk(at) for at in arrivals], [], []
    while coming or open_talks:
        if not open_talks:
            now = max(now, coming[0].ready_s)
        while coming and coming[0].ready_s <= now:
            open_talks.append(coming.pop(0))
        needs = [talk.need for talk in open_talks]
        place = choose(needs)
        talk = open_talks[place]
        choices.append(Choice(now, talk, needs[place], needs[:place] + needs[place + 1 :]))
        seconds = talk.left.pop(0)
        now += cost_s(seconds, speed)
        talk.first_s = talk.first_s or now - talk.ready_s
        if len(talk.left) + 1 < len(WINDOWS_S):
            talk.dry_s += max(0.0, now - talk.silent_s)
        talk.silent_s = max(now, talk.silent_s) + seconds
        if not talk.left:
            open_talks.remove(talk)
    return choices


def poisson(rate, count, seed):
    return np.cumsum(np.random.default_rng(seed).exponential(1 / rate, count)).tolist()


def talks_of(choices):
    return {id(choice.chosen): choice.chosen for choice in choices}.values()


@pytest.mark.parametrize(("load", "count"), [(0.5, 3000), (0.9, 3000), (2.0, 300)])
def test_no_later_window_comes_before_a_first_one_but_of_a_player_long_dry(load, count):
    speed = 20.0
    rate = load / sum(cost_s(seconds, speed) for seconds in WINDOWS_S)
    for choice in simulate(poisson(rate, count, seed=1), speed):
        waiting = [need for need in choice.others if need.is_first]
        if waiting and not choice.need.is_first:
            assert choice.need.silent_s + PATIENCE_S <= min(need.ready_s for need in waiting)
        if choice.need.is_first:
            assert all(choice.need.ready_s <= need.ready_s for need in waiting)


@pytest.mark.parametrize(("load", "count"), [(0.9, 3000), (2.0, 300)])
def test_of_later_windows_the_player_that_runs_out_soonest_is_served(load, count):
    speed = 20.0
    rate = load / sum(cost_s(seconds, speed) for seconds in WINDOWS_S)
    later = 0
    for choice in simulate(poisson(rate, count, seed=2), speed):
        if not choice.need.is_first:
            others = [need.silent_s for need in choice.others if not need.is_first]
            assert choice.need.silent_s <= min(others, default=np.inf)
            later += 1
    assert later == count * (len(WINDOWS_S) - 1)


def test_nobody_who_came_later_than_its_patience_overtakes_a_dry_player():
    """More first windows arrive than can be made, for ever; those who were begun are served all the same."""
    speed = 20.0
    arrivals = poisson(1.5 / cost_s(WINDOWS_S[0], speed), 400, seed=3)
    for choice in simulate(arrivals, speed):
        for need in choice.others:
            if not need.is_first and choice.need.is_first:
                assert choice.need.ready_s <= need.silent_s + PATIENCE_S


def test_first_sound_comes_sooner_than_by_turns_of_whole_texts():
    def by_texts(needs):
        begun = [place for place, need in enumerate(needs) if need.silent_s >= 0]
        return begun[0] if begun else 0

    speed = 8.0
    arrivals = poisson(0.6 / sum(cost_s(seconds, speed) for seconds in WINDOWS_S), 2000, seed=4)
    firsts = {}
    for name, choose in (("texts", by_texts), ("windows", most_urgent)):
        talks = talks_of(simulate(arrivals, speed, choose))
        firsts[name] = np.percentile([talk.first_s for talk in talks], [50, 95])
    assert np.all(firsts["windows"] < firsts["texts"] / 2)
    assert np.mean([talk.dry_s > 0.1 for talk in talks]) < 0.1


def test_of_equals_the_first_is_served():
    assert most_urgent([Need(1.0, 0.0), Need(1.0, 0.0)]) == 0
    assert most_urgent([Need(0.0, 9.0), Need(0.0, 5.0), Need(8.5, 8.5), Need(0.0, 5.0)]) == 1

"""Fifty conversations at once, a scripted engine and a clock of the test's own: who is heard when."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from rude_world import World

SESSIONS = 50
LONG = 40
"""Sentences of a long text, several turns."""


@pytest.fixture
def world():
    world = World()
    yield world
    world.baton.close()


def say(world, session, text, **metadata):
    world.receive("text", text, {"session_id": session, **metadata})


def long_text(session):
    return " ".join(f"{session} says sentence {i} of a long text." for i in range(LONG))


def turns_until(world, session, begun):
    """Turns of each conversation from call `begun` of the engine until `session` is heard."""
    for _ in range(100_000):
        calls = world.engine.calls[begun:]
        if any("short" in call and call.startswith(f"{session} ") for call in calls):
            break
        world.speak(1)
    else:
        raise AssertionError("never heard")
    return Counter(call.split()[0] for call in calls[:-1])


@pytest.mark.parametrize("seed", range(3))
def test_a_short_text_waits_for_one_turn_of_each_other_at_most(world, seed):
    chance = np.random.default_rng(seed)
    for number in range(SESSIONS - 1):
        say(world, f"C{number}", long_text(f"C{number}"))
    world.speak(chance.integers(200))
    begun = len(world.engine.calls)
    say(world, "Late", "Late short one.")
    waited = turns_until(world, "Late", begun)
    assert len(waited) == SESSIONS - 1
    assert set(waited.values()) == {1}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spoken", [True, False])
def test_what_follows_an_interruption_waits_no_longer(world, seed, spoken):
    """Each of the silenced texts has to be answered, but that costs no turn."""
    chance = np.random.default_rng(seed)
    me = "C7"
    for number in range(SESSIONS):
        say(world, f"C{number}", long_text(f"C{number}"))
    for n in range(5):
        say(world, me, f"{me} waits {n}.", question_id=f"q{n}")
    world.speak(chance.integers(200))
    while spoken and not world.engine.calls[-1].startswith(me):
        world.speak(1)
    begun = len(world.engine.calls)
    world.receive("control", "cancel", {"session_id": me})
    say(world, me, f"{me} short one.")
    waited = turns_until(world, me, begun)
    assert max(waited.values(), default=0) <= 1
    assert waited[me] == 0


def test_pieces_of_fifty_texts_are_heard_in_turns(world):
    chance = np.random.default_rng(4)
    for seq in range(20):
        for number in chance.permutation(SESSIONS):
            say(world, f"C{number}", f" C{number} says {seq}.", seq=seq, fin=seq == 19)
        world.speak(chance.integers(20))
    world.quiet()
    assert len(world.engine.calls) == 20 * SESSIONS
    heard = Counter()
    for call in world.engine.calls:
        heard[call.split()[0]] += 1
        ahead = max(heard.values()) - min(heard[f"C{number}"] for number in range(SESSIONS))
        assert ahead <= 2  # a text that begins later is one turn behind


def test_texts_that_came_at_once_are_heard_in_the_order_in_which_they_came(world):
    say(world, "First", "First one.")
    order = np.random.default_rng(5).permutation(SESSIONS)
    for number in order:
        say(world, f"C{number}", f"C{number} short one.")
    world.quiet()
    assert world.engine.calls[1:] == [f"C{number} short one." for number in order]

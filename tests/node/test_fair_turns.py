"""Fifty conversations at once, a scripted engine and a clock of the test's own: who is heard when."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from rude_engines import FRAGMENT_S
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


def windows_until(world, session):
    """Windows of the other conversations that leave before a session's first one."""
    begun = len(world.node.sent)
    for _ in range(100_000):
        sent = [m["session_id"] for port, _, m in world.node.sent[begun:] if port == "audio"]
        if session in sent:
            return Counter(sent[: sent.index(session)])
        world.speak(1)
    raise AssertionError("never heard")


@pytest.mark.parametrize("seed", range(3))
def test_a_short_text_waits_for_the_window_that_is_being_made(world, seed):
    chance = np.random.default_rng(seed)
    for number in range(SESSIONS - 1):
        say(world, f"C{number}", long_text(f"C{number}"))
    while (
        len({m["session_id"] for port, _, m in world.node.sent if port == "audio"}) < SESSIONS - 1
    ):
        world.speak(1)  # every other conversation is heard
    world.speak(chance.integers(200))
    say(world, "Late", "Late short one.")
    assert sum(windows_until(world, "Late").values()) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_of_those_that_wait_for_their_first_sound_each_has_one_window(world, seed):
    chance = np.random.default_rng(seed)
    for number in range(SESSIONS - 1):
        say(world, f"C{number}", long_text(f"C{number}"))
    world.speak(chance.integers(40))
    heard = {m["session_id"] for port, _, m in world.node.sent if port == "audio"}
    say(world, "Late", "Late short one.")
    waited = windows_until(world, "Late")
    assert set(waited) >= {f"C{number}" for number in range(SESSIONS - 1)} - heard
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
    world.receive("control", "cancel", {"session_id": me})
    say(world, me, f"{me} short one.")
    waited = windows_until(world, me)
    assert max(waited.values(), default=0) <= 1
    assert waited[me] == 0


def test_of_fifty_texts_the_one_that_was_heard_least_goes_on(world):
    chance = np.random.default_rng(4)
    for seq in range(20):
        for number in chance.permutation(SESSIONS):
            say(world, f"C{number}", f" C{number} says {seq}.", seq=seq, fin=seq == 19)
        world.speak(chance.integers(20))
    begun = sum(port == "audio" for port, _, _ in world.node.sent)
    world.quiet()
    assert len(world.engine.calls) == 20 * SESSIONS
    sent = [(m["session_id"], m["duration_s"]) for port, _, m in world.node.sent if port == "audio"]
    left = Counter(session for session, _ in sent)
    heard_s = Counter()
    for number, (session, seconds) in enumerate(sent):
        others_s = [heard_s[other] for other in left if left[other]]
        if number > begun:
            assert heard_s[session] <= min(others_s) + FRAGMENT_S
        heard_s[session] += seconds
        left[session] -= 1


def test_texts_that_came_at_once_are_heard_in_the_order_in_which_they_came(world):
    say(world, "First", "First one.")
    order = np.random.default_rng(5).permutation(SESSIONS)
    for number in order:
        say(world, f"C{number}", f"C{number} short one.")
    world.quiet()
    assert world.engine.calls[1:] == [f"C{number} short one." for number in order]


def test_no_more_texts_are_half_spoken_at_once_than_may_be():
    world = World(crowd_limit=3)
    for number in range(10):
        say(world, f"C{number}", long_text(f"C{number}"))
    half = set()
    for _ in range(100_000):
        if world.changed.is_asleep:
            break
        world.speak(1)
        half.add(sum(text.in_part for text in world.queue._open))
    world.baton.close()
    assert max(half) == 3
    replies = [value for port, value, _ in world.node.sent if port == "segment_complete"]
    assert replies == [["completed"]] * 10


def test_answers_need_no_room_among_the_half_spoken_texts():
    world = World(crowd_limit=1)
    say(world, "A", long_text("A"))
    world.speak(1)
    say(world, "B", "B short one.", request_id="b")
    world.receive("control", "cancel", {"session_id": "B"})
    world.speak(2)
    replies = [m["request_id"] for port, _, m in world.node.sent if port == "segment_complete"]
    world.baton.close()
    assert replies == ["b"]


class Watched:
    """A world in which texts are spoken together, and which were begun in the same go."""

    def __init__(self):
        self.world = World(sociable=True)
        self.together = []
        loop, gather = self.world.loop, self.world.loop._gather

        def primed():
            jobs = [job for job in loop._jobs.values() if job.is_primed]
            return {(job.utterance.session, job.utterance.need.is_first) for job in jobs}

        def watched(job):
            before = primed()
            gather(job)
            self.together.append(primed() - before)

        loop._gather = watched


def test_first_windows_keep_each_other_company_and_no_others():
    watched = Watched()
    world = watched.world
    for number in range(4):
        say(world, f"C{number}", long_text(f"C{number}"))
    world.speak(40)
    for number in range(4, 8):
        say(world, f"C{number}", long_text(f"C{number}"))
    world.quiet()
    world.baton.close()
    assert max(map(len, watched.together)) == world.engine.most_together
    for together in watched.together:
        assert len({is_first for _, is_first in together}) <= 1
    replies = [value for port, value, _ in world.node.sent if port == "segment_complete"]
    assert replies == [["completed"]] * 8


def test_what_is_wrong_with_one_text_is_no_other_s_business_when_they_are_spoken_together():
    world = World(sociable=True)
    say(world, "A", "A says this. And that.")
    say(world, "B", "B will fail.", request_id="wrong")
    say(world, "C", "C says this.", voice="ghost", request_id="nobody")
    say(world, "D", "D says this. And that.")
    say(world, "E", "...", request_id="silent")
    world.quiet()
    world.baton.close()
    replies = {
        m["session_id"]: value for port, value, m in world.node.sent if port == "segment_complete"
    }
    assert replies == {
        "A": ["completed"],
        "B": ["error"],
        "C": ["error"],
        "D": ["completed"],
        "E": ["skipped"],
    }


def test_a_text_that_is_cut_once_it_was_begun_leaves_the_others_alone():
    world = World(sociable=True)
    for name in "ABC":
        say(world, name, long_text(name))
    world.speak(3)  # all three are begun
    world.receive("control", "cancel", {"session_id": "B"})
    world.quiet()
    world.baton.close()
    sent = Counter(m["session_id"] for port, _, m in world.node.sent if port == "audio")
    outcomes = {m["session_id"]: v[0] for p, v, m in world.node.sent if p == "segment_complete"}
    assert outcomes == {"A": "completed", "B": "cancelled", "C": "completed"}
    assert sent["B"] < sent["A"]

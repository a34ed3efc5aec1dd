"""How many conversations take turns, which is what windows are planned for."""

from __future__ import annotations

from rude_world import World


def test_conversations_that_wait_for_a_turn_count_and_those_that_cannot_speak_do_not():
    world = World()
    assert world.queue.sharing == 0
    for name in "ABC":
        world.receive("text", f"{name} says this. And that.", {"session_id": name})
    assert world.queue.sharing == 3
    world.speak(1)
    assert world.queue.sharing == 3
    world.receive("text", "C says more.", {"session_id": "C"})
    world.receive("text", "D is prepared.", {"session_id": "D", "prepare": True})
    assert world.queue.sharing == 3
    world.receive("control", "pause", {"session_id": "B"})
    assert world.queue.sharing == 2
    world.receive("control", "resume", {"session_id": "B"})
    world.receive("control", "cancel", {"session_id": "A"})
    assert world.queue.sharing == 2
    world.receive("control", "commit", {"session_id": "D"})
    assert world.queue.sharing == 3
    world.quiet()
    assert world.queue.sharing == 0
    world.baton.close()

"""What the node lets the engine know, so that its windows come in time."""

from __future__ import annotations

from node_fakes import FakeEngine, Running

FRAGMENT_S = 0.1


class FollowingEngine(FakeEngine):
    """Notes, at each fragment, what its player has and how many conversations share the machine."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def stream(self, text, **options):
        return Following(super().stream(text, **options), str(text), self.seen)


class Following:
    def __init__(self, fragments, text, seen):
        self._fragments, self._text, self._seen = fragments, text, seen

    def follow(self, ahead_s, sharing):
        self._ahead_s, self._sharing = ahead_s, sharing

    def __iter__(self):
        return self

    def __next__(self):
        self._seen.append((self._text, self._ahead_s(), self._sharing()))
        return next(self._fragments)

    def close(self):
        self._fragments.close()


def test_the_engine_knows_what_the_player_has():
    running = Running(engine := FollowingEngine())
    with running as node:
        node.text("One.")
        node.wait_for(lambda n: n.replies())
        node.end()
    ahead = [seconds for _, seconds, _ in engine.seen]
    assert ahead[0] == 0.0
    assert all(0 <= seconds <= FRAGMENT_S * number for number, seconds in enumerate(ahead))
    assert {sharing for *_, sharing in engine.seen} == {1}


def test_a_prepared_text_is_in_no_hurry():
    running = Running(engine := FollowingEngine())
    with running as node:
        node.text("One.", prepare=True)
        node.text("Two.", session_id="b")
        node.wait_for(lambda n: n.replies())
        node.control("commit")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    assert {text for text, *_ in engine.seen} == {"One.", "Two."}
    before = [seconds for text, seconds, _ in engine.seen if text == "One."]
    assert before[0] is None or before[0] >= 0  # None unless the commit came first


def test_conversations_in_the_middle_of_a_part_share_the_machine():
    running = Running(engine := FollowingEngine(), max_ahead=0.15)
    with running as node:
        for session in "abc":
            node.text("One.", session_id=session)
        node.wait_for(lambda n: len(n.replies()) == 3)
        node.end()
    assert max(sharing for *_, sharing in engine.seen) >= 2

"""Prepared texts in any order of messages, good and bad, beside what must always hold."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from rude_engines import FRAGMENT_S
from rude_world import World

from dora_mlx_tts.node.protocol.decode import decode
from dora_mlx_tts.node.protocol.messages import BadInput, TextRequest

SESSIONS = ["a", "b", None]
WRONG_FLAGS = ["perhaps", 2, -1, 1.5, [True], ["true"], "yes please"]
STRANGE_COMMITS = [
    '{"command": "commit", "request_id": [1]}',
    '{"command": "commit", "request_id": null}',
    '{"command": "commit", "session_id": "nobody"}',
    '{"command": "commit", "question_id": "\\ud800"}',
    '{"command": "commit", "prepare": "x", "texts": -1}',
    "commit:everything",
    "COMMIT",
    "commit",
]


class Preparing(RuleBasedStateMachine):
    """An agent that guesses, and one that is confused."""

    @initialize(
        room=st.sampled_from([0.0, 0.3, 60.0]),
        whole=st.booleans(),
        limit=st.sampled_from([3, 1000]),
    )
    def begin(self, room, whole, limit):
        self.room = room
        self.world = World(max_prepared=room, return_fragment=not whole, queue_limit=limit)
        self.count = self.commands = 0
        self.texts = {}  # request: whether it is to be prepared
        self.committed = set()
        self.closed = False

    def _send(self, port, value, **metadata):
        self.world.receive(port, value, {k: v for k, v in metadata.items() if v is not None})

    def _command(self, value, **ids):
        self.commands += 1
        self._send("control", value, **ids)

    # ---------------------------------------------------------------------------------------- rules

    @rule(
        session=st.sampled_from(SESSIONS),
        prepare=st.booleans(),
        flush=st.booleans(),
        fails=st.booleans(),
    )
    def text(self, session, prepare, flush, fails):
        self.count += 1
        request = f"r{self.count}"
        self.texts[request] = prepare
        words = f"Text {self.count} will fail." if fails else f"Text {self.count}."
        flags = {"flush": True} if flush and self.count % 3 == 0 else {}
        self._send("text", words, session_id=session, request_id=request, prepare=prepare, **flags)

    @rule(
        session=st.sampled_from(SESSIONS),
        prepare=st.booleans(),
        pieces=st.integers(1, 4),
        fin=st.booleans(),
    )
    def pieces(self, session, prepare, pieces, fin):
        self.count += 1
        request = f"r{self.count}"
        self.texts[request] = prepare
        for number in range(pieces):
            self._send(
                "text",
                f"Sentence {number} of {self.count}. ",
                session_id=session,
                request_id=request,
                question_id=self.count,
                seq=number,
                fin=fin and number == pieces - 1,
                prepare=prepare if number == 0 else None,
            )

    @rule(flag=st.sampled_from(WRONG_FLAGS))
    def wrong_flag(self, flag):
        self.count += 1
        self.texts[f"r{self.count}"] = True
        self._send("text", "Never heard.", request_id=f"r{self.count}", prepare=flag)

    @rule(of=st.integers(1, 30))
    def commit(self, of):
        self.committed.add(f"r{of}")
        self._command("commit", request_id=f"r{of}")

    @rule(session=st.sampled_from(["a", "b"]))
    def commit_session(self, session):
        self.committed |= set(self.texts)  # whichever they are
        self._command("commit", session_id=session)

    @rule(command=st.sampled_from(STRANGE_COMMITS))
    def strange_commit(self, command):
        if command.strip().lower().startswith("commit"):
            self.committed |= set(self.texts)
        if '"prepare"' in command or "null" in command:
            self.committed |= set(self.texts)
        self._command(command)

    @rule(of=st.integers(1, 30), word=st.sampled_from(["cancel", "reset", "flush"]))
    def other_command(self, of, word):
        self._command(
            word, **({"request_id": f"r{of}"} if word != "reset" else {"question_id": of})
        )

    @rule(fragments=st.integers(1, 6))
    def speak(self, fragments):
        self.world.speak(fragments)

    @rule(seconds=st.sampled_from([0.1, 1.0, 31.0]))
    def wait(self, seconds):
        self.world.wait(seconds)

    # ----------------------------------------------------------------------------------- what holds

    @invariant()
    def nothing_is_heard_uncommitted(self):
        if not hasattr(self, "world"):
            return
        for port, _, metadata in self.world.node.sent:
            if port == "audio" and self.texts[metadata["request_id"]]:
                assert metadata["request_id"] in self.committed

    @invariant()
    def little_is_made_ahead(self):
        if not hasattr(self, "world"):
            return
        waiting = [u for u in self.world.queue._open if u.awaits_commit]
        assert sum(u.held_s for u in waiting) < self.room + 3 * FRAGMENT_S + 1e-6

    @invariant()
    def at_most_one_reply_for_each(self):
        if not hasattr(self, "world"):
            return
        replies = [
            m["request_id"] for port, _, m in self.world.node.sent if port == "segment_complete"
        ]
        assert len(replies) == len(set(replies))

    def teardown(self):
        if not hasattr(self, "world"):
            return
        self.world.queue.close()
        self.world.quiet()
        self.world.baton.close()
        sent = self.world.node.sent
        replies = [m["request_id"] for port, _, m in sent if port == "segment_complete"]
        assert sorted(replies) == sorted(self.texts)
        assert len([1 for port, *_ in sent if port == "status"]) >= self.commands
        assert not self.world.queue._open


TestPreparing = Preparing.TestCase
TestPreparing.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9),
        st.lists(st.booleans()), st.binary(max_size=4),
    )
)  # fmt: skip
def test_any_flag_is_read_or_refused(value):
    event = {"id": "text", "value": pa.array(["Hi."]), "metadata": {"prepare": value}}
    message = decode(event, received_s=0.0)
    if isinstance(message, BadInput):
        assert "prepare must be true or false" in message.error
        assert len(message.error) < 300
    else:
        assert isinstance(message, TextRequest)
        assert "prepare" not in message.echo
        assert isinstance(message.prepare, bool)

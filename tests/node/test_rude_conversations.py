"""Rude conversations, step by step, beside a model of the contract.

`scripts/rude_conversations.py` goes on with it for as long as you like; `scripts/mutate_node.py` shows that it notices.
"""

from __future__ import annotations

import os

import pyarrow as pa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rude_model import Model, Sender
from rude_values import BAD_VALUES, SESSIONS, STRANGE_COMMANDS
from rude_world import World

SHRINKS = os.environ.get("RUDE_SHRINK", "0") != "0"  # takes minutes


class RudeConversations(RuleBasedStateMachine):
    """Everything that senders do, in any order."""

    @initialize(
        limit=st.sampled_from([2, 1000]), ahead=st.sampled_from([0.0, 0.4, 1.0]),
        whole=st.booleans(), sociable=st.booleans(), grows=st.booleans(),
        crowd=st.sampled_from([1, 3, 128]),
    )  # fmt: skip
    def begin(self, limit, ahead, whole, sociable, grows, crowd):
        limits = {"queue_limit": limit, "max_ahead": ahead, "crowd_limit": crowd}
        self.world = World(sociable=sociable, grows=grows, return_fragment=not whole, **limits)
        self.model = Model(self.world)
        self.senders = []
        self.count = 0
        self.is_over = False

    # -------------------------------------------------------------------------------------- pieces

    @rule(
        session=st.sampled_from(SESSIONS),
        seq=st.booleans(),
        fin=st.booleans(),
        base=st.sampled_from([0, 1]),
        names=st.sampled_from(["", "request", "segment"]),
        voice=st.sampled_from([None, None, None, "two", "ghost"]),
    )
    def new_sender(self, session, seq, fin, base, names, voice):
        if not (seq or fin):
            seq = True
        self.count += 1
        ids = {"question_id": self.count if self.count % 2 else f"q{self.count}"}
        if session is not None:
            ids["session_id"] = session
        if names == "request":
            ids["request_id"] = f"r{self.count}"
        if names == "segment":
            ids["segment_id"] = self.count
        sender = Sender(ids, seq, fin, base, voice)
        self.senders = [*self.senders, sender][-6:]
        self._piece(sender)

    def _words(self, end=""):
        """Words that come only once, the last of them with `end`."""
        self.count += 1
        return [f"W{self.count}a", f"w{self.count}b", f"w{self.count}c{end}"]

    def _sender(self, pick):
        return self.senders[pick % len(self.senders)]

    def _piece(self, sender, *, words=None, bad=None, skip=0, last=False, **extra):
        number = sender.base + sender.number + skip
        sender.number += 1 + skip
        words = self._words() if words is None else words
        metadata = {**sender.ids, **extra}
        if sender.has_seq:
            metadata["seq"] = number if number % 3 else str(number)
        if sender.has_fin:
            metadata["fin"] = last
        elif last:
            metadata["session_status"] = "ended"
        if sender.voice:
            metadata["voice"] = sender.voice
        text = "".join(f" {word}" for word in words)
        sender.sent.append((number if sender.has_seq else None, metadata, text, words))
        sender.is_over |= last
        self._send(sender, *sender.sent[-1], bad=bad)

    def _send(self, sender, number, metadata, text, words, bad=None):
        flushed = metadata.get("flush", False)
        is_full = self.world.is_full(sender.session, flush=flushed)
        if bad:
            words = []
        if bad and bad != "value":
            metadata = {**metadata, **BAD_VALUES[bad]}
        plain = {**metadata, "flush": flushed}
        if bad == "protocol":
            plain["fin"] = False
        self.model.piece(sender, number, words, plain, bad=bad, is_full=is_full)
        self._receive("text", pa.array([1.5]) if bad == "value" else text, metadata)

    def _receive(self, port, value, metadata):
        self.world.receive(port, value, metadata)
        self.model.check()

    has_senders = precondition(lambda self: self.senders)

    @has_senders
    @rule(
        pick=st.integers(0, 5),
        end=st.sampled_from(["", "", ".", "!", " fail."]),
        many=st.booleans(),
    )
    def piece(self, pick, end, many):
        sender = self._sender(pick)
        if not sender.is_over:
            words = self._words(end.strip())
            words = [*words, "fail."] if "fail" in end else words
            words += [word for _ in range(4 * many) for word in self._words(".")]
            self._piece(sender, words=words)

    @has_senders
    @rule(pick=st.integers(0, 5), empty=st.booleans())
    def last_piece(self, pick, empty):
        sender = self._sender(pick)
        if not sender.is_over:
            self._piece(sender, last=True, words=[] if empty else None)

    @has_senders
    @rule(pick=st.integers(0, 5), skip=st.integers(1, 3))
    def gap(self, pick, skip):
        sender = self._sender(pick)
        if sender.has_seq and not sender.is_over:
            self._piece(sender, skip=skip)

    @has_senders
    @rule(pick=st.integers(0, 5))
    def wrong_order(self, pick):
        sender = self._sender(pick)
        if sender.has_seq and not sender.is_over:
            self._piece(sender, skip=1)
            sender.number -= 2
            self._piece(sender)
            sender.number += 1

    @has_senders
    @rule(pick=st.integers(0, 5), which=st.integers(0, 20))
    def repeated_piece(self, pick, which):
        sender = self._sender(pick)
        if sender.has_seq:
            self._send(sender, *sender.sent[which % len(sender.sent)])

    @rule(
        session=st.sampled_from(SESSIONS),
        fin=st.booleans(),
        pieces=st.integers(1, 4),
        twice=st.integers(0, 4),
        end=st.sampled_from(["", "."]),
    )
    def whole_stream(self, session, fin, pieces, twice, end):
        """A text in pieces from the first to the last, one of which is sent again at once."""
        self.new_sender(session, seq=True, fin=fin, base=0, names="", voice=None)
        sender = self.senders[-1]
        for number in range(pieces):
            self._piece(sender, words=self._words(end))
            if number == twice:
                self._send(sender, *sender.sent[-1])
        self._piece(sender, last=True)
        if end:
            self.all_is_said()

    @has_senders
    @rule(pick=st.integers(0, 5), bad=st.sampled_from(sorted(BAD_VALUES)))
    def wrong_value(self, pick, bad):
        sender = self._sender(pick)
        if not sender.is_over:
            self._piece(sender, bad=bad)

    @has_senders
    @rule(pick=st.integers(0, 5))
    def flush_of_a_piece(self, pick):
        sender = self._sender(pick)
        text = self.model.current(sender.session)
        is_later = text is not None and text.sender is sender
        if not sender.is_over and (is_later or not sender.texts):
            self._piece(sender, flush=True)

    @has_senders
    @rule(first=st.integers(0, 5), second=st.integers(0, 5), pieces=st.integers(1, 4))
    def two_at_once(self, first, second, pieces):
        for _ in range(pieces):
            for pick in (first, second):
                if not self._sender(pick).is_over:
                    self._piece(self._sender(pick))

    # --------------------------------------------------------------------------------- whole texts

    @rule(
        session=st.sampled_from(SESSIONS),
        kind=st.sampled_from(["good", "good", "empty", "fail", "long", "bad", "flush"]),
    )
    def whole_text(self, session, kind):
        self.count += 1
        ids = {"question_id": f"whole{self.count}", "request_id": f"t{self.count}"}
        if session is not None:
            ids["session_id"] = session
        number = {"empty": 0, "long": 40}.get(kind, 3)
        words = [word for _ in range(number) for word in self._words("." if kind != "long" else "")]
        if kind == "fail":
            words.append("fail.")
        is_full = self.world.is_full(str(ids.get("session_id", "")), flush=kind == "flush")
        bad = "settings" if kind == "bad" else None
        self.model.whole(ids, words, bad=bad, is_full=is_full, flush=kind == "flush")
        extra = {"speed": "fast"} if bad else {"flush": kind == "flush"}
        self._receive("text", " ".join(words) or "...", {**ids, **extra})

    # ------------------------------------------------------------------------------------ commands

    def _command(self, word, expected=None, **metadata):
        """Send a command, which has exactly one answer, at once."""
        self.model.commands += 1
        self.model.expected_count = expected
        self._receive("control", word, metadata)
        self.model.expected_count = None
        assert self.model.answers == self.model.commands

    @has_senders
    @rule(
        pick=st.integers(0, 5),
        by=st.sampled_from(["session_id", "question_id", "segment_id", "request_id"]),
    )
    def cancel(self, pick, by):
        ids = self._sender(pick).ids
        wanted = {by: ids[by]} if by in ids else {}
        self._command("cancel", self.model.cancel(wanted, "cancel"), **wanted)

    @has_senders
    @rule(
        pick=st.integers(0, 5),
        fragments=st.integers(2, 20),
        seconds=st.sampled_from([0.05, 0.3, 0.55, 0.8, 1.1, 1.6]),
    )
    def barge_in(self, pick, fragments, seconds):
        """A text of several sentences is cut while the listener is in the middle of one."""
        sender = self._sender(pick)
        if not sender.is_over:
            self._piece(sender, words=[word for _ in range(4) for word in self._words(".")])
        self.world.speak(fragments)
        self.world.wait(seconds)
        self.model.check()
        ids = {"question_id": sender.ids["question_id"]}
        self._command("cancel", self.model.cancel(ids, "cancel"), **ids)

    @has_senders
    @rule(pick=st.integers(0, 5), with_question=st.booleans(), with_session=st.booleans())
    def reset(self, pick, with_question, with_session):
        sender, ids = self._sender(pick), {}
        if with_question:
            ids["question_id"] = sender.ids["question_id"]
        if with_session and "session_id" in sender.ids:
            ids["session_id"] = sender.ids["session_id"]
        session = str(ids["session_id"]) if "session_id" in ids else None
        self._command("reset", self.model.reset(ids.get("question_id"), session), **ids)

    @rule(session=st.sampled_from(SESSIONS), paused=st.booleans())
    def hold(self, session, paused):
        ids = {} if session is None else {"session_id": session}
        self._command("pause" if paused else "resume", **ids)

    @rule(session=st.sampled_from(SESSIONS))
    def buffer_status(self, session):
        ids = {} if session is None else {"session_id": session}
        self.count += 1
        self.world.receive("buffer_status", pa.array([float(self.count % 100)]), ids)
        self.model.check()

    @rule(
        word=st.sampled_from(["ping", "stats", "list_voices", "set:speed=1.2", "change_voice:two"])
    )
    def harmless(self, word):
        self._command(word)

    @rule(word=st.sampled_from(STRANGE_COMMANDS))
    def strange(self, word):
        self._command(word)

    # ------------------------------------------------------------------------------------ the rest

    @rule(fragments=st.integers(1, 8))
    def speak(self, fragments):
        self.world.speak(fragments)
        self.model.check()

    @rule(session=st.sampled_from(SESSIONS), texts=st.integers(1, 3))
    def more_than_can_be_played(self, session, texts):
        """The player of one conversation gets more than it plays meanwhile, and then has time to play it."""
        for _ in range(texts):
            self.whole_text(session, "good")
        self.world.speak(20)
        self.time_passes(5.0)

    @rule(seconds=st.sampled_from([0.01, 0.3, 0.79, 0.9, 5.0, 29.5, 31.0]))
    def time_passes(self, seconds):
        self.world.wait(seconds)
        self.model.check()

    @rule()
    def all_is_said(self):
        """Nothing waits for ever: once nothing holds it up, everything is spoken and answered."""
        self._command("resume")
        self.world.receive("buffer_status", pa.array([0.0]), {})
        for session in SESSIONS:
            ids = {} if session is None else {"session_id": session}
            self.world.receive("buffer_status", pa.array([0.0]), ids)
        self.world.quiet()
        self.model.check()
        self.model.check_all_answered()

    @invariant()
    def memory_is_bounded(self):
        if not hasattr(self, "world"):
            return
        for session in self.world.queue._sessions:
            assert len(session._past) <= 32
            for text in session.texts:
                assert len(text.parts) <= max(self.world.queue.queue_limit, 2)

    @invariant()
    def nobody_sleeps_while_there_is_work(self):
        if hasattr(self, "world"):
            assert self.world.is_right_to_sleep

    def teardown(self):
        if not hasattr(self, "world"):
            return
        try:
            if self.count % 3 == 0:
                self.model.cancel({}, "stop")
                self.world.queue.stop()
            else:
                self.world.queue.close()
                for text in self.model.texts:
                    text.is_closed = True
            self.world.quiet()
            self.model.check()
            self.model.check_all_answered()
            assert self.world.baton.is_over
        finally:
            self.world.baton.close()


TestRudeConversations = RudeConversations.TestCase
TestRudeConversations.settings = settings(
    max_examples=int(os.environ.get("RUDE_EXAMPLES", "1000")),
    stateful_step_count=int(os.environ.get("RUDE_STEPS", "35")),
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.shrink or SHRINKS],
    suppress_health_check=list(HealthCheck),
)

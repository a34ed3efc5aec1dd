"""Inputs that once broke the node, told from outside: `serve`, its ports, its replies, and nothing of how it is made.

They run on any version of the project that has `dora_mlx_tts.node.serve` and `dora_mlx_tts.config.Settings`:
`test_promises.py` on this one, `scripts/promises_kept.py --tree FOLDER` on another, with those of `promises_alone.py` that
need a process of their own. A check that fails says what it saw. Tests that look at the same from inside:

| | what breaks | tests |
|---|---|---|
| 1 | late pieces of cancelled or refused texts | `test_late_and_repeated`: `late_pieces_do_not_cut_the_next_answer`, `two_cancelled_texts_are_remembered`, `a_refused_stream_stays_refused_…` |
| 2 | a hold that ends between two looks at the clock | `test_hostile_messages`: `a_hold_that_ends_between_two_looks_at_the_clock_…` |
| 3 | repeated numbers | `test_late_and_repeated`: `repeats_are_spoken_once_…`, `a_repeat_after_a_cancel_is_no_new_text` |
| 4 | a wrong value on every piece | `test_late_and_repeated`: `a_wrong_value_on_every_piece_is_one_error` |
| 5 | messages that grow when they are looked at | `test_hostile_messages`: `a_bomb_is_refused_…`, `what_is_large_is_never_written_out` |
| 6 | pauses of hours | `tests/synthesis/test_long_pauses` |
| 7 | texts without stops | `test_turn_lengths`: `others_are_heard_after_one_turn_of_an_endless_text`, `no_turn_is_longer_than_some_seconds` |
| 8 | numbers that are too large | `test_hostile_messages`: `stats_are_answered_whatever_numbers_came` |
| 9 | ids and keys that are lost | `test_protocol`: `an_id_survives_every_limit`, `half_a_character_in_json_is_replaced`, `echo_is_bounded` |
| 10 | `spoken_text` that is no beginning | `test_hostile_messages`: `what_was_heard_is_a_beginning_of_the_text` |
| 11 | `ready`, floods, the folder of voices, paths, broken JSON | `test_hostile_messages`: `ready_is_not_said_by_a_node_that_cannot_listen`, `a_command_does_not_wait_behind_a_crowd_…`, `errors_name_the_voice_…`; `tests/synthesis/test_voice_pool`; `test_protocol`: `bad_commands_become_bad_input` |
| 12 | a cluster that loses texts | `test_dispatcher`, `test_cluster` |
| 13 | colliding keys in a checkpoint | `tests/checkpoints/test_hostile_files`: `keys_that_collide_are_refused_…` |
| 14 | work that grows faster than the text | `tests/text/test_zh_properties`: `work_grows_no_faster_than_the_text`; calls are counted |
"""

from __future__ import annotations

import threading
import time
from collections import deque

import clocks_that_jump
import numpy as np
import pyarrow as pa
from node_fakes import RATE, FakeEngine, FakeNode, Gate, Running

from dora_mlx_tts.errors import VoiceError


def states(node, word):
    """The answers on `status` that say this word."""
    return [metadata for value, metadata in node.on("status") if value[0] == word]


def silence(node, **ids):
    """Cancel, and wait until that is acknowledged."""
    number = len(states(node, "cancelled")) + 1
    node.control("cancel", **ids)
    node.wait_for(lambda n: len(states(n, "cancelled")) == number)
    return states(node, "cancelled")[-1]


def said(engine):
    """Everything that the engine was given, as one string."""
    return " ".join(str(text).strip() for text, *_ in engine.calls)


def outcomes(node):
    return [outcome for outcome, _ in node.replies()]


def replies_of(node, value, key="question_id"):
    return [outcome for outcome, metadata in node.replies() if metadata.get(key) == value]


class Sender:
    """Pieces of one text with ids and numbers."""

    def __init__(self, node, name, session="s"):
        self._send = lambda text, seq, more: node.text(
            text, seq=seq, question_id=name, session_id=session, **more
        )

    def __call__(self, text, seq, **more):
        self._send(text, seq, more)


# ------------------------------------------------------------------------------ late and repeated


def late_pieces_of_a_cancelled_text():
    engine = FakeEngine()
    with Running(engine) as node:
        a, b = Sender(node, "a"), Sender(node, "b")
        a("Old one", 0)
        a(" old two", 1)
        silence(node, session_id="s")
        b("New one", 0)
        a(" old three", 2)
        b(" new two", 1)
        a(" old four.", 3)
        b(" new three.", 2)
        node.end()
    assert outcomes(node) == ["cancelled", "completed"], (
        f"{len(node.replies())} replies to two texts"
    )
    assert said(engine) == "New one new two new three.", said(engine)


def late_pieces_of_two_cancelled_texts():
    engine = FakeEngine()
    with Running(engine) as node:
        a, b = Sender(node, "a"), Sender(node, "b")
        a("Old one", 0)
        silence(node, session_id="s")
        b("New one", 0)
        silence(node, session_id="s")
        a(" old two.", 1)
        b(" new two.", 1)
        node.end()
    assert outcomes(node) == ["cancelled"] * 2, f"{outcomes(node)} for two texts"
    assert said(engine) == "", said(engine)


def pieces_of_a_refused_text_after_a_cancel():
    gate = Gate()
    engine = FakeEngine({"Long.": ("ok", gate, "ok")})
    with Running(engine, queue_limit=1) as node:
        node.text("Long.", session_id="x")
        assert gate.reached.wait(10)
        a, b = Sender(node, "a"), Sender(node, "b")
        b("It waits", 0)
        a("The refused", 0)
        node.wait_for(lambda n: replies_of(n, "a"))
        silence(node, session_id="s")
        gate.go.set()
        node.wait_for(lambda n: len(n.replies()) == 3)
        a(" text goes on", 1)
        a(" to its end.", 2)
        node.end()
    assert replies_of(node, "a") == ["error"], f"{replies_of(node, 'a')} for one text"
    assert "goes on" not in said(engine), said(engine)


def a_repeated_number():
    engine = FakeEngine()
    with Running(engine) as node:
        a = Sender(node, "a")
        for text, seq in (("One", 0), (" two", 1), ("One", 0), (" two", 1)):
            a(text, seq, fin=False)
        a(" three.", 2, fin=True)
        a(" three.", 2, fin=True)
        b = Sender(node, "b")
        b("Four", 0)
        b(" five", 1)
        silence(node, question_id="b")
        b(" five", 1)
        node.end()
    assert outcomes(node) == ["completed", "cancelled"], f"{outcomes(node)} for two texts"
    assert said(engine) == "One two three.", said(engine)


def a_wrong_value_on_every_piece():
    with Running() as node:
        a = Sender(node, "a")
        for seq in range(30):
            a(f"word {seq} ", seq, speed="fast")
        node.end()
    assert outcomes(node) == ["error"], f"{len(node.replies())} replies to one text"


# ---------------------------------------------------------------------------------- the clock


def a_hold_that_ends_between_two_looks_at_the_clock():
    """Needs `clocks_that_jump.clock` for `time.monotonic` before the node is imported."""
    second = np.full(RATE, 0.1, np.float32)
    names = [f"Text {number}." for number in range(12)]
    running = Running(FakeEngine(dict.fromkeys(names, (second, second))), max_ahead=1.5)
    clocks_that_jump.clock.step_s = 0.11
    with running as node:
        for name in names:
            node.text(name)
        node.end()
    assert len(node.replies()) == 12, f"{len(node.replies())} replies to 12 texts"


# ------------------------------------------------------------------------------------- messages


def bombs():
    big = pa.DictionaryArray.from_arrays(
        pa.array([0] * 2000, pa.int32()), pa.array(["x" * 1_000_000])
    )
    yield pa.ListArray.from_arrays(pa.array([0, 2000], pa.int32()), big)
    numbers = pa.array(np.zeros(5_000_000, np.int8))
    yield pa.ListArray.from_arrays(pa.array([0, len(numbers)], pa.int32()), numbers)


def a_message_that_grows_when_it_is_looked_at():
    """Few MB on the way, gigabytes and seconds once written out."""
    values = list(bombs())
    with Running() as node:
        begun = time.process_time()
        for number, value in enumerate(values):
            for port in ("text", "control", "buffer_status"):
                node.receive(port, value, request_id=f"r{number}")
        node.text("Still here.", request_id="last")
        node.wait_for(lambda n: replies_of(n, "last", "request_id"))
        spent = time.process_time() - begun
        node.end()
    assert replies_of(node, "r0", "request_id") == ["error"], "no reply to the message"
    assert replies_of(node, "r1", "request_id") == ["error"], "no reply to the message"
    assert spent < 1.0, f"{spent:.1f} s of computing for six messages that are refused"


def numbers_that_are_too_large():
    node = FakeNode()
    with Running(node=node):
        node.text("One.", seq="9" * 23, session_id="a")
        node.text("Two.", seq=-5, session_id="b")
        node.text("Three.", seq=2**63 - 1, session_id="b")
        node.text("Four.", seq=3, session_id="b")
        node.control("stats")
        node.control("ping")
        node.wait_for(lambda n: states(n, "pong"))
        node.end()
    assert len(states(node, "stats")) == 1, f"{len(states(node, 'stats'))} answers to stats"
    gaps = [metadata["missing"] for metadata in states(node, "gap")]
    assert all(gap > 0 for gap in gaps), f"gaps of {gaps}"


def ids_behind_many_keys():
    gate = Gate()
    engine = FakeEngine({"Long.": ("ok", gate, "ok")})
    many = {f"a{number:03}": number for number in range(100)}
    ids = {"request_id": "r", "session_id": "s"}
    with Running(engine) as node:
        node.text("Long.", **many, **ids, note="x" * 5000)
        assert gate.reached.wait(10)
        answer = silence(node, session_id="s")
        gate.go.set()
        node.end()
    assert answer["texts"] == 1, "a cancel by session finds nothing"
    (reply,) = [metadata for _, metadata in node.replies()]
    assert {key: reply.get(key) for key in ids} == ids, "the reply has lost its ids"
    dropped = reply.get("dropped_metadata", [])
    assert "note" in dropped, "a long value vanished without a word"


def ids_that_cannot_be_sent_back():
    with Running() as node:
        node.control('{"command": "cancel", "session_id": "\\ud800"}')
        node.text("Long id.", request_id="i" * 10_000)
        node.control("ping")
        node.wait_for(lambda n: states(n, "pong"))
        node.end()
    assert len(node.on("status")) == 3, "a command without an answer"  # ready, this, pong
    (reply,) = [metadata for _, metadata in node.replies()]
    assert str(reply.get("request_id", "")).startswith("iii"), "an error reply without any id"


# ----------------------------------------------------------------------------------- turns, sound


def _calls_beside_a_text_without_stops(unit, separator):
    gate = Gate()
    engine = FakeEngine({"First.": ("ok", gate, "ok")})
    with Running(engine) as node:
        node.text("First.", session_id="x")
        assert gate.reached.wait(10)
        a = Sender(node, "a")
        for seq in range(100):
            a(separator.join([unit] * 40) + separator, seq, fin=False)
        a(unit, 100, fin=True)
        node.text("Short.", session_id="b", question_id="b")
        node.control("ping")
        node.wait_for(lambda n: states(n, "pong"))
        gate.go.set()
        node.end()
    return [str(text) for text, *_ in engine.calls]


def a_text_without_stops_beside_a_short_one():
    for unit, separator, most in (("word", " ", 300), ("我们", "，", 150)):
        calls = _calls_beside_a_text_without_stops(unit, separator)
        before = calls[1 : calls.index("Short.")]
        length = sum(map(len, before))
        assert length <= 2 * most, f"a short text waits for {length} characters of another"
        assert max(map(len, calls)) <= most, f"a turn of {max(map(len, calls))} characters"


def what_was_said_of_two_sentences():
    first, second = "The history of bread is a long one.", "And nobody knows its end."
    gate = Gate()
    engine = FakeEngine({second: ("ok", gate, "ok")})
    with Running(engine) as node:
        a = Sender(node, "a")
        a(f"{first} ", 0)
        a(f"{second} ", 1)
        a("The third.", 2)
        assert gate.reached.wait(10)
        node.wait_for(lambda n: len(n.on("audio")) >= 4)
        time.sleep(0.33)  # the first sentence is played, at the length that the engine gave it
        silence(node, question_id="a")
        gate.go.set()
        node.end()
    (reply,) = [metadata for _, metadata in node.replies()]
    spoken = reply["spoken_text"]
    assert f"{first} {second}".startswith(spoken), f"{spoken!r} is no beginning of the text"


# ------------------------------------------------------------------------------ ready, floods, errors


def ready_without_a_listener():
    node, start = FakeNode(), threading.Thread.start

    def refuse(thread):
        if thread is not running._thread:
            raise RuntimeError("can't start new thread")
        start(thread)

    running = Running(node=node)
    failed = []
    running._run = lambda: failed.append(_error_of(Running._run, running))
    running._thread = threading.Thread(target=running._run, daemon=True)
    threading.Thread.start = refuse
    try:
        with running:
            pass
    finally:
        threading.Thread.start = start
    assert failed[0] is not None, "a node that cannot listen goes on"
    assert not states(node, "ready"), "ready was said by a node that cannot listen"


def _error_of(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


class FloodedNode(FakeNode):
    """All that waits is there at once, as with dora's `drain`."""

    def __init__(self, events):
        super().__init__()
        self._waiting = deque(events)
        self._begun = False

    def next(self):
        if not self._begun:
            self._begun = True
            return self._waiting.popleft()
        return super().next()

    def drain(self):
        events, self._waiting = list(self._waiting), deque()
        return events


def a_cancel_in_a_flood():
    texts = [
        {"type": "INPUT", "id": "text", "value": pa.array(["Flood."]), "metadata": {"of": number}}
        for number in range(1_500)
    ]
    cancel = {"type": "INPUT", "id": "control", "value": pa.array(["cancel"]), "metadata": {}}
    gate = Gate()
    engine = FakeEngine({"Flood.": (gate, "ok")})
    node = FloodedNode([*texts, cancel])
    with Running(engine, node=node, queue_limit=100):
        node.wait_for(lambda n: states(n, "cancelled"))
        gate.go.set()
        node.stop()
    ports = [(port, value[0].as_py()) for port, value, _ in node.sent if port != "audio"]
    before = ports[: ports.index(("status", "cancelled"))]
    refused = sum(port == "segment_complete" for port, _ in before)
    assert refused < 750, f"a cancel waited for {refused} messages"


def an_error_with_a_path():
    error = VoiceError("/srv/private/voices/ann.yml: the recording is not there")
    with Running(FakeEngine({"Ann.": (error,)})) as node:
        node.text("Ann.")
        node.end()
    (reply,) = [metadata for _, metadata in node.replies()]
    assert "/srv/private" not in reply["error"], f"a sender is told {reply['error']!r}"
    assert "ann.yml" in reply["error"], reply["error"]


def broken_json_on_control():
    with Running() as node:
        node.control('{"command": "cancel", ')
        node.wait_for(lambda n: states(n, "error"))
        node.end()
    (answer,) = states(node, "error")
    assert "JSON" in answer["error"], f"called {answer['error']!r}"


CASES = {
    "late pieces of a cancelled text": late_pieces_of_a_cancelled_text,
    "late pieces of two cancelled texts": late_pieces_of_two_cancelled_texts,
    "pieces of a refused text after a cancel": pieces_of_a_refused_text_after_a_cancel,
    "a repeated number": a_repeated_number,
    "a wrong value on every piece": a_wrong_value_on_every_piece,
    "a message that grows when it is looked at": a_message_that_grows_when_it_is_looked_at,
    "a text without stops beside a short one": a_text_without_stops_beside_a_short_one,
    "numbers that are too large": numbers_that_are_too_large,
    "ids behind many keys": ids_behind_many_keys,
    "ids that cannot be sent back": ids_that_cannot_be_sent_back,
    "what was said of two sentences": what_was_said_of_two_sentences,
    "ready without a listener": ready_without_a_listener,
    "a cancel in a flood": a_cancel_in_a_flood,
    "an error with a path": an_error_with_a_path,
    "broken JSON on control": broken_json_on_control,
}
"""What a test may run beside others."""

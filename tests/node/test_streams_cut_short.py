"""Texts in pieces that are cancelled, refused or incomplete: one reply, and what comes late is swallowed."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, Gate, Running, spoken
from stream_fakes import Clock, kinds, piece, queue, ready, tokens

from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.node.protocol.messages import TextRequest

# ------------------------------------------------------------------------------- cancelled streams


def test_a_cancelled_stream_is_answered_at_once_and_its_late_tokens_are_swallowed():
    gate = Gate()
    engine = FakeEngine({"First one.": ("ok", gate, "ok")})
    running = Running(engine)
    with running as node:
        node.text("First one. Second", seq=0, fin=False, session_id="s")
        assert gate.reached.wait(10)
        node.control("cancel", session_id="s")
        node.wait_for(lambda n: len(n.on("status")) == 2)  # ready, cancelled
        gate.go.set()
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        node.text(" one. Third", seq=1, fin=False, session_id="s")
        node.text(" one.", seq=2, fin=True, session_id="s")
        node.text("Next turn.", seq=0, fin=True, session_id="s")
        node.control("stats")
        node.end()
    assert [(o, m["spoken_text"]) for o, m in node.replies()] == [
        ("cancelled", "First"),
        ("completed", "Next turn."),
    ]
    stats = node.on("status")[-1][1]
    assert (stats["late"], stats["pieces"], stats["received"]) == (2, 4, 2)
    assert [call[0] for call in engine.calls] == ["First one.", "Next turn."]


@pytest.mark.parametrize(
    ("wait", "late", "kind"),
    [
        (0.1, piece("x", 3), "late"),
        (9.0, piece("x", 3), "new"),  # no fin to wait for: silence ended the old text
        (0.1, piece("x", 0), "new"),
        (0.1, piece("x", 3, flush=True), "new"),
        (0.1, piece("x", 3, question_id=2), "new"),
        (0.1, piece("x", 3, question_id=1), "late"),
        (0.1, TextRequest("x"), "new"),
    ],
)
def test_what_is_late_and_what_is_new(wait, late, kind):
    clock = Clock()
    talk = queue(clock)
    for seq in range(3):
        talk.receive(piece("t", seq, question_id=1))
    talk.cancel(lambda _: True, "cancel")
    clock.now += wait
    assert talk.receive(late).kind == kind


def test_a_stream_with_fin_is_late_until_its_fin():
    clock = Clock()
    talk = queue(clock)
    talk.receive(piece("t", 0, fin=False))
    talk.cancel(lambda _: True, "cancel")
    clock.now += 20
    assert kinds(
        talk, piece("t", 1, fin=False), piece("t", 2, fin=True), piece("t", 3, fin=False)
    ) == [
        "late",
        "late",
        "new",
    ]


def test_streams_without_numbers_are_late_while_they_flow():
    clock = Clock()
    talk = queue(clock, mode="stream", idle_s=1.0)
    talk.receive(TextRequest("a"))
    talk.cancel(lambda _: True, "cancel")
    for _ in range(5):
        clock.now += 0.5
        assert talk.receive(TextRequest("b")).kind == "late"
    clock.now += 1.5
    assert talk.receive(TextRequest("c")).kind == "new"


# ------------------------------------------------------------------------------------- accounting


def test_a_stream_is_one_text_for_the_limit_and_a_refused_one_is_answered_once():
    gate = Gate()
    running = Running(FakeEngine({"Hold.": (gate, "ok")}), queue_limit=2)
    with running as node:
        node.text("Hold.", session_id="h")
        assert gate.reached.wait(10)
        for token, metadata in tokens("One text. Of three. Sentences.", session_id="a"):
            node.text(token, **metadata)
        node.text("Two.", session_id="b")
        for token, metadata in tokens("Refused all of it.", session_id="c"):
            node.text(token, **metadata)
        node.control("stats")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    results = {m["session_id"]: (o, m["error_stage"]) for o, m in node.replies()}
    assert len(node.replies()) == 4
    assert results["c"] == ("error", "queue")
    assert results["b"][0] == "completed"
    stats = node.on("status")[1][1]
    assert (stats["received"], stats["refused"]) == (4, 1)


def test_a_stream_that_outruns_the_queue_is_cut_and_says_so():
    gate = Gate()
    running = Running(FakeEngine({"Hold.": (gate, "ok")}), queue_limit=3)
    with running as node:
        node.text("Hold.", session_id="h")
        assert gate.reached.wait(10)
        for i in range(6):
            node.text(f"Sentence {i}. ", seq=i, fin=i == 5, session_id="s")
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    outcome, reply = next((o, m) for o, m in node.replies() if m["session_id"] == "s")
    assert (outcome, reply["error_stage"]) == ("error", "queue")
    assert reply["spoken_text"] == "Sentence 0. Sentence 1. Sentence 2."


def test_every_request_id_of_a_stream_is_in_its_reply():
    node = spoken([(t, {**m, "request_id": f"r{m['seq']}"}) for t, m in tokens("One two three")])
    ((_, reply),) = node.replies()
    assert reply["request_id"] == "r4"
    assert reply["request_ids"] == ["r0", "r1", "r2", "r3", "r4"]


def test_repeated_pieces_are_spoken_once():
    talk = queue()
    assert kinds(talk, piece("a", 0), piece("b", 1), piece("b", 1), piece("c", 2, fin=True)) == [
        "new",
        "continued",
        "repeated",
        "continued",
    ]
    assert ready(talk) == ["abc"]


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([(0, 1), (1, 0), (2, 0)], [0, 0, 0]),
        ([(1, 1), (2, 0)], [0, 0]),
        ([(3, 1)], [3 - 1]),
        ([(0, 1), (3, 0), (4, 0)], [0, 2, 0]),
        ([(0, 1), (1, 0), (0, 1), (1, 0)], [0, 0, 0, 0]),  # anew with each text
        ([(0, 1), (1, 1), (2, 1)], [0, 0, 0]),  # on and on
        ([(0, 1), (2, 1)], [0, 1]),
        ([(0, 1), (5, 0), (2, 0), (6, 0)], [0, 4, 0, 0]),  # what came late was missing once
        ([(0, 1), (2**63 - 1, 0)], [0, 2**63 - 2]),
    ],
)
def test_gaps_in_the_numbers(numbers, missing):
    talk, question = queue(), 0
    found = []
    for seq, new in numbers:
        question += new
        found.append(talk.receive(piece("x", seq, fin=False, question_id=question)).missing)
    assert found == missing


def test_a_gap_is_reported_and_the_text_goes_on():
    running = Running()
    with running as node:
        for seq, token in [(0, "One "), (3, "four.")]:
            node.text(token, seq=seq, fin=seq == 3, session_id="s")
        node.control("stats")
        node.end()
    status = [(value[0], m) for value, m in node.on("status")]
    assert [state for state, _ in status] == ["ready", "gap", "stats"]
    assert (status[1][1]["missing"], status[1][1]["before_seq"]) == (2, 3)
    assert status[1][1]["session_id"] == "s"
    assert status[2][1]["missing"] == 2
    assert [o for o, _ in node.replies()] == ["completed"]
    assert any("2 messages are missing" in message for _, message, _ in node.logs)


def test_sessions_take_turns_sentence_by_sentence():
    gate = Gate()
    engine = FakeEngine({"Hold.": (gate, "ok")})
    running = Running(engine)
    with running as node:
        node.text("Hold.", session_id="h")
        assert gate.reached.wait(10)
        for name in ("Anna", "Bob"):
            for token, metadata in tokens(
                f"{name} walks. {name} talks. {name} sings.", session_id=name
            ):
                node.text(token, **metadata, voice=name)
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    said = [(text, voice) for text, voice, _, _ in engine.calls[1:]]
    assert said == [
        (f"{name} {verb}.", name)
        for verb in ("walks", "talks", "sings")
        for name in ("Anna", "Bob")
    ]
    assert all(
        m["text"].split()[0] == m["session_id"] for _, m in node.on("audio")[1:] if m["text"]
    )


def test_one_bad_sentence_does_not_silence_the_others():
    engine = FakeEngine({"Bad one.": ("ok", SynthesisError("not speech"))})
    node = spoken(tokens("Good one. Bad one. Last one."), engine)
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["error_stage"], reply["error"]) == ("error", "synthesis", "not speech")
    assert reply["spoken_text"] == "Good one. Bad one. Last one."
    assert len(engine.calls) == 3


def test_a_wrong_setting_ends_the_text_at_once_and_swallows_the_rest():
    running = Running(FakeEngine({"Good one.": (SettingError("speed = 9: at most 2"),)}))
    with running as node:
        node.text("Good one. Next", seq=0, fin=False)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        node.text(" one. And", seq=1, fin=False)
        node.text(" so on.", seq=2, fin=True)
        node.end()
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["error_stage"]) == ("error", "settings")


def test_aggregation_is_measured():
    running = Running()
    with running as node:
        node.text("Wait ", seq=0, fin=False)
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        node.text("a moment.", seq=1, fin=True)
        node.end()
    reply = node.replies()[0][1]
    assert 0 < reply["aggregation_ms"] <= reply["ttfb_ms"] <= reply["ttfa_ms"]
    assert reply["characters"] == 14

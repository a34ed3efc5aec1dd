"""Pieces of texts that are over: late ones and repeated ones, told by ids and numbers."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, Gate, Running, spoken
from stream_fakes import Clock, kinds, piece, queue, ready

from dora_mlx_tts.node.protocol.messages import Stage, TextRequest
from dora_mlx_tts.node.turns.numbers import SeenNumbers

IDS = ["question_id", "segment_id", "request_id"]


def of(name, text, seq, key="question_id", **more):
    return piece(text, seq, **{key: name, "fin": False, **more})


def silence(talk):
    talk.cancel(lambda _: True, "cancel")


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize("numbered", [True, False])
def test_late_pieces_do_not_cut_the_next_answer(key, numbered):
    talk = queue()
    if key == "request_id" and not numbered:
        pytest.skip("a request_id may differ from piece to piece, so it alone begins no text")

    def one(name, text, seq):
        return of(name, text, seq if numbered else None, key)

    assert kinds(talk, one("A", "a0", 0), one("A", "a1", 1)) == ["new", "continued"]
    silence(talk)
    assert kinds(
        talk,
        one("B", "b0", 0),
        one("A", "a2", 2),
        one("B", "b1", 1),
        one("A", "a3", 3),
        one("B", "b2", 2),
    ) == ["new", "late", "continued", "late", "continued"]
    assert ready(talk) == ["b0b1b2"]


def test_two_cancelled_texts_are_remembered():
    talk = queue()
    assert kinds(talk, of("A", "a0", 0)) == ["new"]
    silence(talk)
    assert kinds(talk, of("B", "b0", 0)) == ["new"]
    silence(talk)
    assert kinds(talk, of("A", "a1", 1), of("B", "b1", 1), of("C", "c0", 0), of("A", "a2", 2)) == [
        "late",
        "late",
        "new",
        "late",
    ]


def test_a_refused_stream_stays_refused_whatever_is_cancelled_then():
    talk = queue(limit=1)
    assert kinds(talk, TextRequest("waits"), of("A", "a0", 0)) == ["new", "refused"]
    silence(talk)
    assert kinds(talk, of("A", "a1", 1), of("A", "a2", 2)) == ["late", "late"]


def test_late_pieces_are_late_as_long_as_a_fin_is_waited_for():
    clock = Clock()
    talk = queue(clock, timeout_s=30.0)
    talk.receive(of("A", "a0", 0))
    silence(talk)
    for number in range(1, 5):
        clock.now += 25
        assert talk.receive(of("A", "x", number)).kind == "late"
    clock.now += 31
    assert talk.receive(of("A", "x", 9)).kind == "new"


def test_a_late_piece_with_flush_silences_nobody():
    talk = queue()
    talk.receive(of("A", "a0", 0))
    silence(talk)
    text = talk.receive(of("B", "b0", 0)).utterance
    assert talk.receive(of("A", "a1", 1, flush=True)).kind == "late"
    assert not text.cancelled


def test_without_ids_numbers_tell_the_late_ones():
    talk = queue()
    assert kinds(talk, piece("a0", 0, fin=False), piece("a1", 1, fin=False)) == ["new", "continued"]
    silence(talk)
    assert kinds(
        talk, piece("b0", 0, fin=False), piece("a2", 2, fin=False), piece("b1", 1, fin=False)
    ) == ["new", "late", "continued"]
    assert ready(talk) == ["b0b1"]


def test_an_answer_begun_again_under_the_same_question_is_new():
    talk = queue()
    talk.receive(of("A", "a0", 0))
    silence(talk)
    assert kinds(talk, of("A", "other", 0), of("A", " words", 1)) == ["new", "continued"]


def test_mofa_s_default_question_is_no_id():
    clock = Clock()
    talk = queue(clock, mode="stream", idle_s=1.0)
    talk.receive(TextRequest("a", {"question_id": "default"}))
    silence(talk)
    clock.now += 0.5
    assert talk.receive(TextRequest("b", {"question_id": "default"})).kind == "late"
    clock.now += 1.5
    assert talk.receive(TextRequest("c", {"question_id": "default"})).kind == "new"


# --------------------------------------------------------------------------------------- repeats


@pytest.mark.parametrize("ids", [{}, {"question_id": 7}])
def test_repeats_are_spoken_once_wherever_they_come(ids):
    talk = queue()

    def one(seq, *, fin=False):
        return piece(["One", " two", " three."][seq], seq, fin=fin, **ids)

    assert kinds(
        talk, one(0), one(1), one(0), one(1), one(2, fin=True), one(2, fin=True), one(1)
    ) == [
        "new",
        "continued",
        "repeated",
        "repeated",
        "continued",
        "repeated",
        "repeated",
    ]
    assert ready(talk) == ["One two three."]


def test_a_repeat_after_a_cancel_is_no_new_text():
    talk = queue()
    kinds(talk, of("A", "a0", 0), of("A", "a1", 1))
    silence(talk)
    assert kinds(talk, of("A", "a1", 1), of("A", "a0", 0), of("B", "b0", 0), of("A", "a1", 1)) == [
        "repeated",
        "repeated",
        "new",
        "repeated",
    ]


def test_a_repeated_piece_that_says_fin_ends_the_text():
    talk = queue()
    assert kinds(talk, piece("a", 0, fin=False), piece("a", 0, fin=True)) == ["new", "repeated"]
    assert talk.receive(piece("b", 0, fin=True)).kind == "new"
    assert ready(talk) == ["a", "b"]


def test_texts_that_begin_with_the_same_word_are_all_spoken():
    clock = Clock()
    talk = queue(clock)
    for _ in range(3):
        assert kinds(talk, piece("Yes", 0, fin=False), piece(".", 1, fin=True)) == [
            "new",
            "continued",
        ]
        clock.now += 1
    for _ in range(2):
        assert talk.receive(piece("Good.", 0, fin=True)).kind == "new"
        clock.now += 1
    assert ready(talk) == ["Yes."] * 3 + ["Good."] * 2


def test_a_text_in_one_piece_is_repeated_by_number_and_id():
    talk = queue()
    first = piece("Good.", 0, fin=True, request_id="r1")
    assert kinds(talk, first, first, piece("Good.", 0, fin=True, request_id="r2")) == [
        "new",
        "repeated",
        "new",
    ]


def test_without_a_word_a_sender_begins_anew():
    talk = queue()
    assert kinds(talk, piece("Old", 0), piece(" one", 1), piece("New", 0), piece(" one", 1)) == [
        "new",
        "continued",
        "new",
        "continued",
    ]
    assert ready(talk) == ["Old one", "New one"]


def test_numbers_are_remembered_in_little_room():
    numbers = SeenNumbers()
    for number in range(0, 100_000, 2):
        numbers.add(number)
    assert len(numbers._starts) <= 256
    assert 99_998 in numbers
    assert 99_997 not in numbers
    numbers.add(99_997)
    assert 99_997 in numbers
    assert numbers.highest == 99_998


# ---------------------------------------------------------------------------- one verdict per text


@pytest.mark.parametrize(
    "wrong",
    [{"speed": "fast"}, {"fin": "perhaps"}, {"seq": "first"}, {"voice": "../x"}, {"flush": [1]}],
)
@pytest.mark.parametrize("ids", [{}, {"question_id": 1}])
def test_a_wrong_value_on_every_piece_is_one_error(wrong, ids):
    pieces = [(f"word{n} ", {"seq": n, "fin": n == 29, **ids, **wrong}) for n in range(30)]
    node = spoken([*pieces, ("Good.", {"question_id": 2})])
    assert [outcome for outcome, _ in node.replies()] == ["error", "completed"]


def test_a_wrong_value_in_the_middle_ends_the_text():
    gate = Gate()
    running = Running(FakeEngine({"One two.": ("ok", gate, "ok")}))
    with running as node:
        node.text("One two. Three", seq=0, fin=False, session_id="s")
        assert gate.reached.wait(10)
        node.text(" four.", seq=1, fin=False, session_id="s", top_k="many")
        node.text(" five.", seq=2, fin=False, session_id="s")
        node.text("", seq=3, fin=True, session_id="s")
        node.control("stats")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.text("Next.", session_id="s")
        node.end()
    (first, error), (second, _) = node.replies()
    assert (first, error["error_stage"], second) == ("error", "settings", "completed")
    assert "top_k" in error["error"]
    stats = node.on("status")[1][1]
    assert (stats["received"], stats["late"], stats["pieces"]) == (1, 2, 4)


def test_a_repeat_with_a_wrong_value_changes_nothing():
    talk = queue()
    text = talk.receive(piece("One.", 0, fin=False)).utterance
    assert talk.reject(piece("", 0, fin=False), "wrong", Stage.SETTINGS).kind == "repeated"
    assert not text.cancelled


# ------------------------------------------------------------------------- texts that had their reply


@pytest.mark.parametrize(
    "stall", [30, 300]
)  # the latter where node and sender stood still together
def test_what_follows_a_fin_that_was_given_up_is_late_for_as_long_again(stall):
    clock = Clock()
    talk = queue(clock, idle_s=1.0, timeout_s=30.0)
    first = talk.receive(of("A", "a0", 0)).utterance
    clock.now += stall
    assert talk.take() is first
    assert first.closed
    clock.now += 29
    assert kinds(talk, of("A", " a1", 1), of("B", "b0", 0), of("A", " a2", 2)) == [
        "late",
        "new",
        "late",
    ]
    clock.now += 31
    assert talk.receive(of("A", " a3", 3)).kind == "new"


@pytest.mark.parametrize("rounds", [2, 5])
def test_texts_that_are_interleaved_have_one_reply_each_that_says_what_became_of_them(rounds):
    with Running() as node:
        for number in range(rounds):
            for name in "abc":
                end = number == rounds - 1
                node.text(f"{name} {number}. ", question_id=name, seq=number, fin=end)
        node.control("stats")
        node.wait_for(lambda n: any(value == ["stats"] for value, _ in n.on("status")))
        node.end()
    replies = {metadata["question_id"]: metadata for _, metadata in node.replies()}
    assert len(node.replies()) == len(replies) == 3
    said = {name: reply["spoken_text"] for name, reply in replies.items()}
    last = " ".join(f"c {number}." for number in range(rounds))
    assert said == {"a": "a 0.", "b": "b 0.", "c": last}
    assert [reply["reason"] for reply in replies.values()] == ["superseded", "superseded", ""]


def test_a_text_that_is_complete_gives_no_reason():
    with Running() as node:
        node.text("One. ", question_id="a", seq=0, fin=False)
        node.text("Two.", question_id="a", seq=1, fin=True)
        node.text("Three. ", question_id="b", seq=0)
        node.text("Four.", question_id="c", seq=0)
        node.end()
    assert [metadata["reason"] for _, metadata in node.replies()] == ["", "", ""]


@pytest.mark.parametrize("numbered", [True, False])
def test_what_still_comes_of_a_text_that_the_next_one_ended_is_late(numbered):
    talk = queue()

    def one(name, text, seq):
        return of(name, text, seq if numbered else None)

    assert kinds(
        talk, one("A", "a0", 0), one("B", "b0", 0), one("A", "a1", 1), one("B", "b1", 1)
    ) == ["new", "new", "late", "continued"]
    assert ready(talk) == ["a0", "b0b1"]


def test_a_piece_that_the_last_one_overtook_is_late():
    talk = queue()
    assert kinds(
        talk, of("A", "a0", 0), of("A", "a2", 2, fin=True), of("A", "a1", 1), of("A", "b0", 3)
    ) == ["new", "continued", "late", "new"]


def test_without_fin_a_stalled_text_goes_on_in_a_new_one():
    clock = Clock()
    talk = queue(clock, idle_s=1.0)
    first = talk.receive(piece("a0", 0, question_id="A")).utterance
    clock.now += 1.0
    assert talk.take() is first
    assert talk.receive(piece("a1", 1, question_id="A")).kind == "new"

"""Texts that come in pieces: what belongs together, and when it is spoken."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, Gate, Running, spoken
from stream_fakes import Clock, kinds, piece, queue, ready, tokens

from dora_mlx_tts.node.protocol.messages import TextRequest

# ------------------------------------------------------------------------------------- assembling


def test_tokens_become_sentences_and_one_reply():
    engine = FakeEngine()
    node = spoken(tokens("Hello there. How are you? I am well", session_id="s"), engine)
    assert [call[0] for call in engine.calls] == ["Hello there.", "How are you?", "I am well"]
    ((outcome, reply),) = node.replies()
    assert (outcome, reply["pieces"], reply["session_id"]) == ("completed", 12, "s")
    assert reply["spoken_text"] == "Hello there. How are you? I am well"
    audio = [m for _, m in node.on("audio")]
    assert [m["seq"] for m in audio] == list(range(9))
    assert [m["fin"] for m in audio] == [False] * 8 + [True]
    assert [m["sentence_index"] for m in audio] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [round(m["start_s"], 3) for m in audio] == [round(0.1 * i, 3) for i in range(9)]
    assert reply["fragments"] == 9


def test_a_sentence_is_spoken_before_the_text_is_over():
    running = Running()
    with running as node:
        node.text("First one. Second", seq=0, fin=False)
        node.wait_for(lambda n: len(n.on("audio")) == 3)
        assert node.replies() == []
        node.text(" one.", seq=1, fin=True)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        node.end()
    assert [m["text"] for _, m in node.on("audio")][::3] == ["First one.", "Second one."]
    assert sum(m["fin"] for _, m in node.on("audio")) == 1


def test_a_text_that_turns_out_to_be_over_still_has_a_last_fragment():
    running = Running()
    with running as node:
        node.text("One.\n", seq=0, fin=False)
        node.wait_for(lambda n: len(n.on("audio")) == 3)
        node.text("", seq=1, fin=True)
        node.end()
    audio = node.on("audio")
    assert [m["fin"] for _, m in audio] == [False, False, False, True]
    assert set(audio[-1][0]) == {0.0}
    assert node.replies()[0][1]["fragments"] == 4


def test_what_is_not_to_be_read_aloud_is_left_out():
    text = '<think>hmm, **no**</think>**Hello** there.<tool_call>{"a": 1}</tool_call> Bye.'
    engine = FakeEngine()
    spoken(tokens(text), engine)
    assert [call[0] for call in engine.calls] == ["Hello there.", "Bye."]
    engine = FakeEngine()
    spoken([text], engine)
    assert engine.calls[0][0].split() == ["Hello", "there.", "Bye."]
    engine = FakeEngine()
    spoken(["**Hello**"], engine, text_filters=False)
    assert engine.calls[0][0] == "**Hello**"


@pytest.mark.parametrize(
    "sent", [tokens("<think>only this</think>"), ["<think>x</think>"], tokens("......")]
)
def test_nothing_to_say_is_skipped_once(sent):
    node = spoken(sent)
    assert [outcome for outcome, _ in node.replies()] == ["skipped"]
    assert node.on("audio") == []


@pytest.mark.parametrize(
    ("mode", "metadata", "texts"),
    [
        ("auto", {}, ["One", "two."]),
        ("auto", {"session_status": "streaming", "question_id": 1}, ["One", "two."]),
        ("auto", {"segment_id": 3}, ["Onetwo."]),
        ("auto", {"seq": 0, "fin": "false"}, ["Onetwo."]),
        ("stream", {}, ["Onetwo."]),
        ("whole", {"segment_id": 3}, ["One", "two."]),
    ],
)
def test_what_is_a_piece_and_what_a_whole_text(mode, metadata, texts):
    engine = FakeEngine()
    second = {**metadata, **({"seq": 1} if "seq" in metadata else {})}
    spoken([("One", metadata), ("two.", second)], engine, text_mode=mode)
    assert [call[0] for call in engine.calls] == texts


def test_modes_of_division():
    text = "First, second. Third"
    for mode, expected in [
        ("sentence", ["First, second.", "Third"]),
        ("clause", ["First,", "second.", "Third"]),
        ("none", ["First, second. Third"]),
    ]:
        engine = FakeEngine()
        spoken(tokens(text), engine, sentence_mode=mode)
        assert [call[0] for call in engine.calls] == expected
    engine = FakeEngine()
    spoken(tokens("First, second, third. Fourth, fifth."), engine, first_clause=True)
    assert [call[0] for call in engine.calls] == ["First,", "second, third.", "Fourth, fifth."]


def test_a_long_whole_text_gives_others_their_turn():
    long = " ".join(f"This is sentence number {i} of a long text." for i in range(30))
    engine, gate = FakeEngine({"Stop.": (Gate(),)}), None
    gate = engine.script["Stop."][0]
    engine.script["Stop."] = (gate, "ok")
    running = Running(engine)
    with running as node:
        node.text("Stop.", session_id="x")
        assert gate.reached.wait(10)
        node.text(long, session_id="a")
        node.text("Short.", session_id="b")
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    said = [call[0] for call in engine.calls]
    assert said.index("Short.") == 2
    assert " ".join([said[1], *said[3:]]) == long
    assert all(len(part) <= 300 for part in said)
    assert [outcome for outcome, _ in node.replies()] == ["completed"] * 3


# ----------------------------------------------------------------------------------- what ends it


def test_a_new_question_segment_or_whole_text_ends_the_old_one():
    talk = queue()
    assert kinds(
        talk,
        piece("a b", question_id=1, segment_id=1, fin=False),
        piece(" c", question_id="1", segment_id="1", fin=False),
        piece("d", question_id=1, segment_id=2, fin=False),
        piece("e", question_id=2, segment_id=2, fin=False),
        TextRequest("f"),
    ) == ["new", "continued", "new", "new", "new"]
    assert ready(talk) == ["a b c", "d", "e", "f"]


def test_ids_that_a_piece_leaves_out_do_not_part_it():
    talk = queue()
    assert kinds(talk, piece("a", 0, question_id=1), piece("b", 1, fin=True)) == [
        "new",
        "continued",
    ]
    assert ready(talk) == ["ab"]


def test_session_status_ended_ends_it_even_without_numbers():
    talk = queue()
    talk.receive(piece("a", 0, session_id="s", fin=False))
    admission = talk.receive(piece(" b", status="ended", session_id="s"))
    assert admission.kind == "continued"
    assert admission.utterance.closed
    assert admission.utterance.request.echo["session_status"] == "ended"
    assert ready(talk) == ["a b"]


def test_silence_of_the_sender_ends_a_text_without_fin():
    clock = Clock()
    talk = queue(clock, idle_s=1.0, timeout_s=30.0)
    first = talk.receive(piece("Half a", 0)).utterance
    clock.now += 1.0
    assert talk.take() is first
    assert (list(first.parts), first.closed) == (["Half a"], True)
    assert talk.receive(piece("other", 1)).kind == "new"


def test_with_fin_to_come_silence_speaks_the_rest_and_waits_longer():
    clock = Clock()
    talk = queue(clock, idle_s=1.0, timeout_s=30.0)
    first = talk.receive(piece("Half a", 0, fin=False)).utterance
    clock.now += 1.0
    assert talk.take() is first
    assert (list(first.parts), first.closed) == (["Half a"], False)
    assert talk.next_part(first) == "Half a"
    talk.end_part(first)
    clock.now += 28
    assert talk.receive(piece(" sentence.", 1, fin=False)).kind == "continued"
    clock.now += 30
    assert talk.take() is first
    assert (list(first.parts), first.closed) == (["sentence."], True)


def test_idle_time_out_in_real_time():
    running = Running(stream_idle=0.05)
    with running as node:
        node.text("No end in sight", seq=0)
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        node.end()
    assert node.replies()[0][1]["spoken_text"] == "No end in sight"


def test_flush_on_a_later_piece_speaks_its_sentence_and_cancels_nothing():
    running = Running()
    with running as node:
        node.text("Before.", session_id="s")
        node.text("I am", seq=0, fin=False, session_id="s")
        node.text(" here", seq=1, fin=False, flush="true", session_id="s")
        node.wait_for(lambda n: len(n.on("audio")) == 6)
        node.text(" and there.", seq=2, fin=True, session_id="s")
        node.end()
    assert [m["spoken_text"] for _, m in node.replies()] == ["Before.", "I am here and there."]


def test_flush_on_a_first_piece_silences_what_is_older_in_its_session():
    talk = queue()
    old = talk.receive(piece("old", 0, fin=False, session_id="s", question_id=1)).utterance
    other = talk.receive(piece("other", 0, fin=False, session_id="t")).utterance
    new = talk.receive(
        piece("new", 0, fin=False, flush=True, session_id="s", question_id=2)
    ).utterance
    assert (old.cancelled_by, other.cancelled_by, new.cancelled_by) == ("flush", "", "")
    assert ready(talk) == ["new", "other"]


@pytest.mark.parametrize("fin", [None, False])
def test_the_flush_command_speaks_what_is_there(fin):
    running = Running()
    with running as node:
        node.text("Half a", seq=0, fin=fin, session_id="s")
        node.text("Not this", seq=0, session_id="t", fin=False)
        node.control("flush", session_id="s")
        node.wait_for(lambda n: len(n.on("audio")) == 3)
        node.text(" sentence.", seq=1, fin=True, session_id="s")
        node.end()
    status = node.on("status")[1]
    assert (status[0], status[1]["texts"], status[1]["session_id"]) == (["flushed"], 1, "s")
    said = [m["spoken_text"].strip() for _, m in node.replies() if m["session_id"] == "s"]
    assert said == (["Half a sentence."] if fin is False else ["Half a", "sentence."])


def test_the_end_of_the_inputs_speaks_what_is_there():
    node = spoken([("No end", {"seq": 0, "fin": False})])
    assert [m["spoken_text"] for _, m in node.replies()] == ["No end"]

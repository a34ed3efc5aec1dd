"""Texts that come in pieces: what belongs together, when it is spoken, and the one reply."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, Gate, Running, spoken

from dora_mlx_tts.conversation import Conversation
from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.turns.streams import SequenceWatch, StreamRules
from dora_mlx_tts.wire.messages import TextRequest


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def conversation(clock=None, limit=1000, **rules):
    return Conversation(limit, StreamRules(**rules), clock=clock or Clock())


def piece(text, seq=None, *, fin=None, flush=False, status=None, **echo):
    if status is not None:
        echo["session_status"] = status
    return TextRequest(
        text,
        echo=echo,
        seq=seq,
        fin=bool(fin),
        has_fin=fin is not None,
        flush=flush,
        ended=status == "ended",
        streamed=seq is not None or fin is not None or "segment_id" in echo,
    )


def ready(talk):
    """Texts of the parts that the speaking side would get now, in order."""
    parts = []
    talk.close()
    while (utterance := talk.take()) is not None:
        while (part := talk.next_part(utterance)) is not None:
            parts.append(part)
        talk.end_part(utterance)
        talk.settle(utterance)
    return parts


def kinds(talk, *pieces):
    return [talk.hear(one).kind for one in pieces]


def tokens(text, size=3, **metadata):
    cut = [text[i : i + size] for i in range(0, len(text), size)]
    return [
        (token, {"seq": i, "fin": i == len(cut) - 1, **metadata}) for i, token in enumerate(cut)
    ]


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
    talk = conversation()
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
    talk = conversation()
    assert kinds(talk, piece("a", 0, question_id=1), piece("b", 1, fin=True)) == [
        "new",
        "continued",
    ]
    assert ready(talk) == ["ab"]


def test_session_status_ended_ends_it_even_without_numbers():
    talk = conversation()
    talk.hear(piece("a", 0, session_id="s", fin=False))
    admission = talk.hear(piece(" b", status="ended", session_id="s"))
    assert admission.kind == "continued"
    assert admission.utterance.closed
    assert admission.utterance.request.echo["session_status"] == "ended"
    assert ready(talk) == ["a b"]


def test_silence_of_the_sender_ends_a_text_without_fin():
    clock = Clock()
    talk = conversation(clock, idle_s=1.0, timeout_s=30.0)
    first = talk.hear(piece("Half a", 0)).utterance
    clock.now += 1.0
    assert talk.take() is first
    assert (list(first.parts), first.closed) == (["Half a"], True)
    assert talk.hear(piece("other", 1)).kind == "new"


def test_with_fin_to_come_silence_speaks_the_rest_and_waits_longer():
    clock = Clock()
    talk = conversation(clock, idle_s=1.0, timeout_s=30.0)
    first = talk.hear(piece("Half a", 0, fin=False)).utterance
    clock.now += 1.0
    assert talk.take() is first
    assert (list(first.parts), first.closed) == (["Half a"], False)
    assert talk.next_part(first) == "Half a"
    talk.end_part(first)
    clock.now += 28
    assert talk.hear(piece(" sentence.", 1, fin=False)).kind == "continued"
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
    talk = conversation()
    old = talk.hear(piece("old", 0, fin=False, session_id="s", question_id=1)).utterance
    other = talk.hear(piece("other", 0, fin=False, session_id="t")).utterance
    new = talk.hear(piece("new", 0, fin=False, flush=True, session_id="s", question_id=2)).utterance
    assert (old.cancelled_by, other.cancelled_by, new.cancelled_by) == ("flush", "", "")
    assert ready(talk) == ["other", "new"]


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


# ------------------------------------------------------------------------------- cancelled streams


def test_a_cancelled_stream_is_answered_at_once_and_its_late_tokens_are_swallowed():
    gate = Gate()
    engine = FakeEngine({"First one.": ("ok", gate, "ok")})
    running = Running(engine)
    with running as node:
        node.text("First one. Second", seq=0, fin=False, session_id="s")
        assert gate.reached.wait(10)
        node.control("cancel", session_id="s")
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
    talk = conversation(clock)
    for seq in range(3):
        talk.hear(piece("t", seq, question_id=1))
    talk.cancel(lambda _: True, "cancel")
    clock.now += wait
    assert talk.hear(late).kind == kind


def test_a_stream_with_fin_is_late_until_its_fin():
    clock = Clock()
    talk = conversation(clock)
    talk.hear(piece("t", 0, fin=False))
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
    talk = conversation(clock, mode="stream", idle_s=1.0)
    talk.hear(TextRequest("a"))
    talk.cancel(lambda _: True, "cancel")
    for _ in range(5):
        clock.now += 0.5
        assert talk.hear(TextRequest("b")).kind == "late"
    clock.now += 1.5
    assert talk.hear(TextRequest("c")).kind == "new"


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
    talk = conversation()
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
        ([(0, 1), (5, 0), (2, 0)], [0, 4, -4]),
    ],
)
def test_gaps_in_the_numbers(numbers, missing):
    watch = SequenceWatch()
    assert [watch.missing(seq, is_new_text=bool(new)) for seq, new in numbers] == missing


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

"""What was heard, to the word, by the player's own account."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from heard_world import barge_in
from node_fakes import FakeNode, Gate, Running
from test_word_output import WordEngine

from dora_mlx_tts.node.protocol.decode import decode
from dora_mlx_tts.node.protocol.messages import BadInput, Played
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.remains import remaining_text
from dora_mlx_tts.node.turns.sent_audio import SentAudio
from dora_mlx_tts.text.sentences.pieces import whole_text

BARGE_INS = 1000
TEXT = "One two three four five. Six seven eight."


def test_random_barge_ins_are_told_to_the_word():
    reported = 0
    for seed in range(BARGE_INS):
        heard, told, is_reported = barge_in(seed)
        reported += is_reported
        assert not is_reported or abs(heard - told) <= 1, seed
    assert reported > 0.8 * BARGE_INS


# ------------------------------------------------------------------------------------ the node


def one_text(reports, node=None, **settings):
    """Three fragments of 0.1 s, the player's reports, and a cancel before the fourth."""
    gate = Gate()
    engine = WordEngine({TEXT: ("ok", "ok", "ok", gate, *("ok",) * 5)})
    running = Running(engine, node or FakeNode(), **settings)
    with running as fake:
        fake.text(TEXT, session_id="s", question_id=7)
        fake.wait_for(lambda n: len(n.on("audio")) == 3)
        for value, metadata in reports:
            fake.receive("played", pa.array([value]), **{"session_id": "s", **metadata})
        fake.control("cancel")
        fake.wait_for(lambda n: any(v == ["cancelled"] for v, _ in n.on("status")))
        gate.go.set()
        fake.wait_for(lambda n: n.replies())
        fake.end()
    return fake


STOPPED = {"text_index": 0, "stopped": True}


@pytest.mark.parametrize(
    ("reports", "spoken"),
    [
        ([(0.0, STOPPED)], ""),
        ([(0.05, STOPPED)], "One"),
        ([(0.15, STOPPED)], "One two"),
        ([(0.3, STOPPED)], "One two three"),
        ([(0.15, STOPPED), (0.15, STOPPED), (0.05, {"text_index": 0})], "One two"),
        ([(4800, {**STOPPED, "sample_rate": 32000})], "One two"),
        ([(0.15, {"stopped": True})], "One two"),  # a total of the session
        ([("0.15", {"text_index": "0", "stopped": "true"})], "One two"),
        ([(0.15, {**STOPPED, "session_id": None})], "One two"),  # whose it is, its number says
    ],
)
def test_the_reply_goes_by_the_players_report(reports, spoken):
    node = one_text(reports)
    ((outcome, metadata),) = node.replies()
    assert (outcome, metadata["heard"], metadata["spoken_text"]) == (
        "cancelled",
        "reported",
        spoken,
    )
    assert f"{spoken} {metadata['remaining_text']}".strip() == TEXT


def test_without_reports_it_is_an_estimate_and_says_so():
    ((_, metadata),) = one_text([]).replies()
    assert metadata["heard"] == "estimated"
    assert f"{metadata['spoken_text']} {metadata['remaining_text']}".strip() == TEXT


@pytest.mark.parametrize(
    ("value", "metadata"),
    [
        (99.0, {"text_index": 0}),
        (99.0, {}),
        (0.1, {"text_index": 5}),
        (-0.1, {"text_index": 0}),
        (float("nan"), {"text_index": 0}),
        (float("inf"), {}),
        ("soon", {}),
        (1.0, {"sample_rate": 0}),
        (1.0, {"sample_rate": -1}),
        (1.0, {"text_index": "x"}),
        (1.0, {"text_index": 2**70}),
        (1.0, {"stopped": "perhaps"}),
        ([1.0], {}),
        (None, {}),
    ],
)
def test_reports_that_cannot_be_are_answered_once_and_change_nothing(value, metadata):
    node = one_text([(value, metadata)] * 3)
    errors = [m["error"] for v, m in node.on("status") if v == ["error"]]
    assert len(errors) == 1, errors
    assert "played" in errors[0]
    assert node.replies()[0][1]["heard"] == "estimated"


def test_reports_on_texts_long_over_are_no_news():
    running = Running(WordEngine())
    with running as node:
        for number in range(3):
            node.text(f"Text {number}.")
        node.wait_for(lambda n: len(n.replies()) == 3)
        node.receive("played", pa.array([0.1]), text_index=0)
        node.receive("played", pa.array([0.1]), text_index=2)
        node.end()
    assert [v for v, _ in node.on("status") if v == ["error"]] == []


def test_a_report_is_as_old_as_its_time_stamp_says():
    sent = datetime.now(UTC) - timedelta(seconds=0.5)
    event = {"id": "played", "value": pa.array([1.0]), "metadata": {"timestamp": sent}}
    played = decode(event, received_s=100.0)
    assert isinstance(played, Played)
    assert played.at_s == pytest.approx(99.5, abs=0.2)
    event["metadata"] = {"timestamp": sent - timedelta(days=1)}  # a clock that is wrong
    assert decode(event, received_s=100.0).at_s == 100.0
    assert isinstance(decode({"id": "played", "value": None}, received_s=1.0), BadInput)


# ------------------------------------------------------------------------------- what is left


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        ("One two. Three four.", "", "One two. Three four."),
        ("One two. Three four.", "One", "two. Three four."),
        ("One two. Three four.", "One two.", "Three four."),
        ("One two. Three four.", "One two. Three", "four."),
        ("One two. Three four.", "One two. Three four.", ""),
        (
            'He said "go". Then (and only then) she left.',
            'He said "go". Then',
            "(and only then) she left.",
        ),
        ("你好，世界。今天天气很好！", "你好，世", "界。今天天气很好！"),
        ("Use **MLX** now. It is fast.", "Use MLX", "now. It is fast."),
        ("用 iPhone 打电话。好的。", "用 iPhone", "打电话。好的。"),
        ("... one, two", "one", "two"),
    ],
)
def test_what_remains_begins_at_the_word_after_what_was_said(text, said, left):
    assert remaining_text(whole_text(text, filters=True), said) == left


def test_a_cancel_says_what_was_heard_of_a_text_that_was_answered_before():
    running = Running(WordEngine({TEXT: ("ok",) * 80}))
    with running as node:
        node.text(TEXT, session_id="s")
        node.wait_for(lambda n: n.replies())
        node.receive("played", pa.array([1.5]), session_id="s", text_index=0, stopped=True)
        node.control("cancel", session_id="s")
        node.control("cancel", session_id="s")
        node.control("cancel", session_id="other")
        node.end()
    first, *others = [m for v, m in node.on("status") if v == ["cancelled"]]
    assert (first["text_index"], first["heard"], first["played_s"]) == (0, "reported", 1.5)
    assert first["texts"] == 0
    assert first["spoken_text"] == "One two"
    assert all("spoken_text" not in metadata for metadata in others[1:])


def test_the_next_text_does_not_wait_for_a_player_that_has_fallen_silent():
    gate = Gate()
    running = Running(WordEngine({TEXT: ("ok", gate, "ok", "ok")}))
    with running as node:
        node.text(TEXT, session_id="s", question_id=1)
        node.wait_for(lambda n: len(n.on("audio")) == 1)
        node.receive("played", pa.array([0.02]), session_id="s", text_index=0)
        node.control("cancel", session_id="s")
        node.wait_for(lambda n: any(v == ["cancelled"] for v, _ in n.on("status")))
        gate.go.set()
        node.text("Next.", session_id="s", question_id=2)
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    assert [(m["question_id"], outcome) for outcome, m in node.replies()] == [
        (2, "completed"),
        (1, "cancelled"),
    ]


def test_places_are_asked_for_while_reports_come_in():
    """The two sides are threads of their own, and a node must never die of it."""
    player, audio, over = Player(), SentAudio(), threading.Event()
    audio.sent_s = 1e6
    player.begin(0, audio)
    failures = []

    def report():
        for number in range(30_000):
            player.report(Played(number / 1000, float(number), number % 300))
            player.begin(number % 300, audio)
        over.set()

    def ask():
        try:
            while not over.is_set():
                player.position(0, 5.0)
                player.position(299, 1e9)
                player.will_tell(299, 0.0, 5.0)
        except RuntimeError as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for work in (report, ask)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures


def test_a_report_may_come_while_the_first_audio_leaves():
    class QuickPlayer(FakeNode):
        def send_output(self, port, data, metadata):
            super().send_output(port, data, metadata)
            if port == "audio" and metadata["seq"] == 0:
                running.node.receive("played", pa.array([0.0]), text_index=metadata["text_index"])
                time.sleep(0.1)  # the other thread has it by then

    running = Running(WordEngine({TEXT: ("ok",) * 3}), QuickPlayer())
    with running as node:
        node.text(TEXT)
        node.wait_for(lambda n: n.replies())
        node.end()
    assert [v[0] for v, _ in node.on("status")] == ["ready"]
    assert node.replies()[0][0] == "completed"

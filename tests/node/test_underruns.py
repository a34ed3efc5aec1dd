"""Silences in the middle of a text that the machine is to blame for, and only those."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from node_fakes import FakeEngine, Running, spoken

from dora_mlx_tts.node.protocol.messages import Played, TextRequest
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Fragment


class Told:
    """An utterance whose fragments of one second leave at given times."""

    def __init__(self):
        self.now = 0.0
        self.utterance = Utterance(TextRequest("x"), 0, playback=Player(lambda: self.now))

    def sent(self, *times):
        for at in times:
            self.now = at
            samples = np.zeros(1000, np.float32)
            self.utterance.spoke(Fragment(samples, 1000, "x", 0, 0, False, 0.0, 1))
        return self.utterance.underruns, round(self.utterance.longest_gap_s, 3)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([5.0, 5.5, 6.9], (0, 0.0)),
        ([0.0, 1.0, 2.0], (0, 0.0)),
        ([0.0, 1.2, 2.1], (1, 0.2)),
        ([0.0, 1.5, 2.8, 3.6], (2, 0.5)),
    ],
)
def test_a_gap_is_counted_where_the_player_ran_dry(times, expected):
    assert Told().sent(*times) == expected


def test_waiting_for_text_or_for_the_end_of_a_pause_is_no_underrun():
    told = Told()
    told.sent(0.0)
    told.utterance.ready_s = 3.0
    assert told.sent(3.2) == (0, 0.0)
    assert told.sent(4.7) == (1, 0.5)


def test_a_slow_engine_is_warned_of_once_and_counted(caplog):
    caplog.set_level(logging.WARNING, logger="dora_mlx_tts")
    steps = ("ok", 0.2, "ok", 0.2, "ok")
    running = Running(FakeEngine({"Slow.": steps, "Slower.": steps}))
    with running as node:
        node.text("Slow.")
        node.text("Slower.")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.control("stats")
        node.end()
    replies = [metadata for _, metadata in node.replies()]
    counted = [metadata["underruns"] for metadata in replies]
    assert all(1 <= count <= 2 for count in counted)  # a busy machine may delay the player's start
    assert all(metadata["longest_gap_ms"] > 50 for metadata in replies)
    stats = next(m for v, m in node.on("status") if v == ["stats"])
    assert stats["underruns"] == sum(counted)
    warnings = [message for level, message, _ in node.logs if "ran dry" in message]
    assert len(warnings) == 1
    assert "smaller voice" in warnings[0]


def test_a_fast_engine_has_none():
    node = spoken(
        ["One.", "Two.", ("Three. ", {"seq": 0, "fin": False}), ("Four.", {"seq": 1, "fin": True})]
    )
    assert {m["underruns"] for _, m in node.replies()} == {0}


def test_a_player_that_stands_still_puts_off_the_next_window_only_so_far():
    told = Told()
    told.sent(0.0)
    due = []
    for _ in range(100):
        told.now += 1.0
        assert not told.utterance.playback.report(Played(0.25, told.now, 0))
        due.append(told.utterance.need.silent_s)
    assert due[0] == pytest.approx(1.75)
    assert max(due) == due[-1] == pytest.approx(11.0)


def test_reports_on_a_text_that_was_cut_put_off_nothing():
    told, new = Told(), Told()
    player = told.utterance.playback
    new.utterance.playback, new.utterance.index = player, 1
    told.sent(0.0)
    assert not player.report(Played(0.2, 0.2, 0, stopped=True))
    player.reset(0.2)
    told.now = 0.5
    new.sent(0.5)
    for at_s in (0.75, 1.0, 2.0):
        assert not player.report(Played(0.9, at_s, 0))
        assert player.end_s == pytest.approx(1.5)

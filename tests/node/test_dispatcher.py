"""The cluster's dispatcher without dora: bounded tries, bounded memory, nothing lost without a word."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

sys.path[:0] = [str(Path(__file__).parents[2] / "dataflows")]

import dispatcher


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Node:
    def __init__(self, events=()):
        self.sent = []
        self.events = list(events)

    def send_output(self, port, value, metadata):
        self.sent.append((port, value, dict(metadata)))

    def next(self, timeout):
        return self.events.pop(0) if self.events else None

    def on(self, port):
        return [metadata for at, _, metadata in self.sent if at == port]


class Cluster:
    def __init__(self, workers="ab", journal=None, **limits):
        self.clock, self.node = Clock(), Node()
        self.it = dispatcher.Dispatcher(
            self.node,
            list(workers),
            dispatcher.Limits(**limits),
            dispatcher.Journal(journal),
            self.clock,
        )

    def hear(self, port, value=None, **metadata):
        self.it.hear({"type": "INPUT", "id": port, "value": value, "metadata": metadata})
        self.it.look_around()

    def text(self, number, **ids):
        self.hear("text", pa.array([f"Text {number}."]), request_id=f"r{number}", **ids)

    def given(self, worker):
        """The first text that a voice has."""
        return next(iter(self.it.given[worker]), None)

    def job_of(self, worker):
        return self.given(worker).number

    def audio(self, worker, seq, size=100, job=None):
        job = self.job_of(worker) if job is None else job
        self.hear(f"audio_{worker}", pa.array(np.zeros(size, np.float32)), job=job, seq=seq)

    def done(self, worker, fragments, job=None):
        job = job or self.given(worker)
        ids = {"request_id": job.metadata["request_id"]}
        self.hear(
            f"done_{worker}",
            pa.array(["completed"]),
            job=job.number,
            fragments=fragments,
            outcome="completed",
            **ids,
        )

    def dies(self, worker, *, comes_back=True):
        kind = {"type": "NODE_RESTARTED", "id": worker}
        gone = {"type": "INPUT_CLOSED", "id": f"audio_{worker}"}
        self.it.hear(kind if comes_back else gone)
        self.it.look_around()

    def wait(self, seconds):
        self.clock.now += seconds
        self.it.look_around()

    @property
    def replies(self):
        return [(m["request_id"], m["outcome"]) for m in self.node.on("segment_complete")]


def test_a_poisonous_text_is_answered_and_the_others_are_spoken():
    cluster = Cluster(tries=3)
    for number in range(4):
        cluster.text(number)
    deaths = 0
    for _ in range(100):
        for worker in "ab":
            job = cluster.given(worker)
            if job is None:
                continue
            if job.number == 0:
                cluster.audio(worker, 0)
                cluster.dies(worker)
                deaths += 1
            else:
                cluster.audio(worker, 0)
                cluster.done(worker, 1)
    assert deaths == 3
    assert cluster.replies == [
        ("r0", "error"),
        ("r1", "completed"),
        ("r2", "completed"),
        ("r3", "completed"),
    ]
    error = cluster.node.on("segment_complete")[0]
    assert "could not be spoken in 3 tries" in error["error"]
    assert error["fragments"] == 1
    assert len(cluster.node.on("audio")) == 4


def test_a_text_whose_audio_never_comes_is_not_said_for_ever():
    cluster = Cluster("a", tries=3)
    cluster.text(0)
    for _ in range(10):
        if cluster.given("a"):
            cluster.done("a", 2)
        cluster.wait(1.5)
    assert cluster.replies == [("r0", "error")]
    assert len(cluster.node.on("text_a")) == 3


def test_a_hung_voice_is_given_up_and_its_text_said_by_another():
    cluster = Cluster(patience_s=20.0)
    cluster.text(0)
    cluster.audio("a", 0)
    cluster.wait(21)
    assert cluster.job_of("b") == 0
    cluster.audio("a", 1, job=0)  # wakes up too late
    for seq in range(3):
        cluster.audio("b", seq)
    cluster.done("b", 3)
    assert [m["seq"] for m in cluster.node.on("audio")] == [0, 1, 2]
    assert cluster.replies == [("r0", "completed")]


def test_with_all_voices_gone_everything_is_answered_and_the_exit_code_is_1():
    cluster = Cluster(patience_s=5.0)
    for number in range(100):
        cluster.text(number)
    cluster.dies("a", comes_back=False)
    cluster.dies("b", comes_back=False)
    assert not cluster.it.is_alone
    cluster.clock.now += 6
    cluster.node.events = [{"type": "ERROR", "error": "Timeout"}]
    assert dispatcher.serve(cluster.node, cluster.it) == 1
    assert cluster.replies == [(f"r{n}", "error") for n in range(100)]
    assert {m["error"] for m in cluster.node.on("segment_complete")} == {"no voice is left"}


def test_voices_that_come_back_in_time_go_on():
    cluster = Cluster("a", patience_s=5.0)
    cluster.text(0)
    cluster.dies("a", comes_back=False)
    cluster.wait(4)
    cluster.hear("status_a", pa.array(["ready"]), pid=2)
    cluster.wait(4)
    assert not cluster.it.is_alone
    cluster.audio("a", 0)
    cluster.done("a", 1)
    assert cluster.replies == [("r0", "completed")]


def test_the_end_of_the_dataflow_answers_what_is_open():
    cluster = Cluster("a")
    cluster.text(0)
    assert dispatcher.serve(cluster.node, cluster.it) == 1
    assert cluster.replies == [("r0", "error")]
    cluster = Cluster("a")
    cluster.text(0)
    cluster.node.events = [{"type": "STOP", "id": "MANUAL"}]
    assert dispatcher.serve(cluster.node, cluster.it) == 0
    assert cluster.replies == [("r0", "error")]


def test_audio_behind_a_slow_text_is_bounded():
    cluster = Cluster(held_bytes=10_000, waiting=50)
    for number in range(60):
        cluster.text(number)
    assert cluster.replies == [(f"r{n}", "error") for n in range(50, 60)]  # the queue is full
    for _ in range(40):
        if cluster.given("b") is None:
            break
        cluster.audio("b", 0, size=500)
        cluster.done("b", 1)
    held = sum(job.held_bytes for job in cluster.it.order)
    assert 10_000 <= held <= 12_000
    cluster.audio("a", 0)
    cluster.done("a", 1)  # the slow one ends
    assert cluster.given("b") is not None
    assert sum(job.held_bytes for job in cluster.it.order) == 0


def test_a_restarted_dispatcher_answers_what_was_open(tmp_path):
    journal = tmp_path / "journal"
    before = Cluster(journal=journal)
    for number in range(5):
        before.text(number)
    before.audio("a", 0)
    before.done("a", 1)
    with journal.open("a") as file:
        file.write("[7, {")  # killed in the middle of a line
    after = Cluster(journal=journal)
    assert after.it.answer_lost() == 4
    assert after.replies == [(f"r{n}", "error") for n in range(1, 5)]
    assert "restarted" in after.node.on("segment_complete")[0]["error"]
    after.text(9)
    after.audio("b", 0, job=1)  # of a text of the time before
    assert after.node.on("audio") == []
    assert after.job_of("a") not in range(10)
    assert Cluster(journal=journal).it.answer_lost() == 1


@pytest.mark.parametrize("texts", [5000])
def test_the_journal_does_not_grow_for_ever(tmp_path, texts):
    cluster = Cluster("a", journal=tmp_path / "journal")
    for number in range(texts):
        cluster.text(number)
        cluster.audio("a", 0)
        cluster.done("a", 1)
    assert (tmp_path / "journal").stat().st_size < 200_000
    assert cluster.replies == [(f"r{n}", "completed") for n in range(texts)]


def voices(cluster):
    """Who was given the texts of each conversation, in order."""
    found = {}
    for port, _, metadata in cluster.node.sent:
        if port.startswith("text_"):
            found.setdefault(metadata.get("session_id"), []).append(port.removeprefix("text_"))
    return found


def test_a_conversation_stays_with_its_voice_and_texts_are_shared_out_evenly():
    cluster = Cluster("ab", each=8)
    for number in range(24):
        cluster.text(number, session_id=f"s{number % 6}")
        for worker in "ab":
            while (job := cluster.given(worker)) is not None and number % 2:
                cluster.audio(worker, 0)
                cluster.done(worker, 1, job)
    shared = voices(cluster)
    assert all(len(set(by)) == 1 for by in shared.values()), shared
    assert {by[0] for by in shared.values()} == {"a", "b"}
    assert len(cluster.replies) == 24


def test_a_conversation_whose_voice_dies_or_has_its_fill_moves():
    cluster = Cluster("ab", each=2)
    cluster.text(0, session_id="x")
    cluster.dies("a", comes_back=False)
    assert cluster.job_of("b") == 0
    cluster.hear("status_a", pa.array(["ready"]), pid=2)
    cluster.text(1, session_id="x")
    assert voices(cluster)["x"] == ["a", "b", "b"]  # it stays where it went
    cluster.text(2, session_id="x")
    assert voices(cluster)["x"][-1] == "a"


def test_conversations_do_not_wait_for_each_other():
    cluster = Cluster("ab", each=4)
    cluster.text(0, session_id="slow")
    cluster.text(1, session_id="quick")
    cluster.text(2, session_id="slow")
    quick = cluster.given("b")
    cluster.audio("b", 0)
    cluster.done("b", 1, quick)
    later = cluster.it.given["a"][1]
    cluster.audio("a", 0, job=later.number)
    cluster.done("a", 1, later)
    assert cluster.replies == [("r1", "completed")]
    cluster.audio("a", 0)
    cluster.done("a", 1)
    assert cluster.replies == [(f"r{n}", "completed") for n in (1, 0, 2)]


def test_all_texts_of_a_voice_that_dies_are_said_by_others_in_their_order():
    cluster = Cluster("ab", each=8)
    for number in range(8):
        cluster.text(number, session_id=f"s{number % 4}")
    dead = [job.number for job in cluster.it.given["a"]]
    cluster.dies("a", comes_back=False)
    assert [job.number for job in cluster.it.given["b"]][-len(dead) :] == dead
    while cluster.given("b") is not None:
        cluster.audio("b", 0)
        cluster.done("b", 1)
    assert sorted(cluster.replies) == [(f"r{n}", "completed") for n in range(8)]
    assert len(cluster.node.on("audio")) == 8

"""SIGTERM between any two steps of the speaking thread: every text gets its reply, and the node ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from node_fakes import FakeEngine, FakeNode

from dora_mlx_tts.config import Settings
from dora_mlx_tts.node import serve
from dora_mlx_tts.node.turns.text_stream import TextStream

PATIENCE_S = 20.0
TraceFunction = Callable[[FrameType, str, object], object]


@contextmanager
def patience() -> Iterator[None]:
    """A node that never ends must not hold up the tests."""

    def give_up(*_: object) -> None:
        raise AssertionError("the node does not end")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stopped(node: FakeNode) -> dict[str, str]:
    """Serve a whole text and an unfinished one; the outcomes by session."""
    driver = threading.Thread(target=drive, args=(node,))
    driver.start()
    with patience():
        assert serve(node, FakeEngine(), Settings(stream_idle=0.01)) == 0
    driver.join(PATIENCE_S)
    assert len(node.replies()) == 2
    return {metadata["session_id"]: outcome for outcome, metadata in node.replies()}


def drive(node: FakeNode) -> None:
    node.text("Whole.", session_id="a")
    node.text("An unfinished", session_id="b", seq=0, fin=False)
    node.wait_for(lambda n: len(n.replies()) == 2)
    node.end()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_while_an_open_sentence_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    flush = TextStream.flush

    def interrupted(stream: TextStream) -> list[object]:
        if not stream.utterance.closed and not stream.utterance.cancelled:
            kill()
        return flush(stream)

    monkeypatch.setattr(TextStream, "flush", interrupted)
    outcomes = stopped(FakeNode())
    assert outcomes.keys() == {"a", "b"}
    assert outcomes["b"] == "cancelled"


@pytest.mark.parametrize("step", range(5, 500, 33))
def test_a_signal_at_any_step(step: int) -> None:
    node, steps = FakeNode(), 0

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal steps
        if "node/turns" not in frame.f_code.co_filename or not node.sent:  # ready comes first
            return None
        if event == "line":
            steps += 1
            if steps == step:
                kill()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert stopped(node).keys() == {"a", "b"}
    finally:
        sys.settrace(before)
    assert steps >= step

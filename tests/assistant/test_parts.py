"""What the assistant's nodes do without a dataflow, a browser or a model."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

for package in ("faster_whisper", "openai", "websockets", "uvicorn"):
    pytest.importorskip(package)

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "dataflows" / "assistant"))

import ears
import mind
import page
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

FRAME = np.ones(ears.FRAME, np.int16)


def turn_of(probabilities, turn_ms=320, barge_in_ms=96):
    """Where an utterance ended, with its length in frames."""
    turn = ears.Turn(turn_ms, barge_in_ms)
    ended = {}
    for at, probability in enumerate(probabilities):
        utterance = turn.take(FRAME, probability)
        if utterance is not None:
            ended[at] = len(utterance) // ears.FRAME
    return ended, turn


def test_an_utterance_ends_after_the_silence_and_has_what_came_before_it():
    ended, turn = turn_of([0] * 50 + [0.9] * 20 + [0] * 30)
    assert list(ended) == [79]
    assert 40 <= ended[79] <= 42  # 10 before, 20 spoken, 10 silent
    assert not turn.is_speaking


def test_a_click_is_no_speech():
    assert turn_of([0] * 20 + [0.9] * 2 + [0] * 40 + [0.9] * 2 + [0] * 40)[0] == {}


def test_silence_is_not_kept():
    _, turn = turn_of([0] * 5000)
    assert len(turn._frames) <= ears.BEFORE + 1


def test_speech_without_end_is_cut():
    ended, _ = turn_of([0.9] * 2000)
    assert set(ended.values()) == {-(-ears.LONGEST_S * ears.RATE // ears.FRAME)}


def test_the_model_is_told_what_was_heard_in_its_place():
    conversation = mind.Conversation()
    conversation.ask("One?", 1)
    seen = conversation.ask("Two?", 2)
    assert [one["content"] for one in seen[1:]] == ["One?", "Two?"]
    conversation.heard(1, "First ans", whole=False)  # the reply comes after the next question
    seen = conversation.ask("Three?", 3)
    assert [one["content"] for one in seen[1:]] == [
        "One?",
        "First ans … (the user interrupted here)",
        "Two?",
        "Three?",
    ]


class Outputs:
    """A node that notes what is sent."""

    def __init__(self):
        self.sent = []
        self.news = threading.Condition()

    def send_output(self, port, value, metadata):
        with self.news:
            self.sent.append((port, value.to_pylist(), metadata))
            self.news.notify_all()

    def wait(self, found):
        with self.news:
            assert self.news.wait_for(lambda: found(self.sent), 20), self.sent


class Client:
    """A language model that is scripted; an exception in the script is raised."""

    def __init__(self, *script):
        self.chat = SimpleNamespace(completions=self)
        self.script = script

    def create(self, **_):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def __iter__(self):
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, threading.Event):
                step.wait(20)
                continue
            delta = SimpleNamespace(content=step)
            yield SimpleNamespace(choices=[SimpleNamespace(delta=delta)])


def event(port, value, **metadata):
    metadata = {"session_id": "a", "question_id": 1, **metadata}
    return {"id": port, "value": pa.array([value]), "metadata": metadata}


def said(sent):
    return [(value[0], data["fin"]) for port, value, data in sent if port == "text"]


def test_tokens_leave_one_by_one_and_end_with_fin():
    node = Outputs()
    mind.Mind(node, Client("Hel", "lo.", None, ""), "x").take(event("question", "Hi?"))
    node.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert said(node.sent) == [("Hel", False), ("lo.", False), ("", True)]


def test_speech_cancels_and_no_token_follows():
    node, gate = Outputs(), threading.Event()
    thought = mind.Mind(node, Client("One ", gate, "two ", "three."), "x")
    thought.take(event("question", "Hi?"))
    node.wait(lambda sent: len(said(sent)) == 1)
    thought.take(event("activity", "speech", question_id=2))
    gate.set()
    for thread in threading.enumerate():
        if thread.name.endswith("(_answer)"):
            thread.join(20)
    assert said(node.sent) == [("One ", False)]
    assert ("control", ["cancel"], {"session_id": "a"}) in node.sent


@pytest.mark.parametrize(
    ("script", "ends"),
    [
        ([ConnectionError("refused")], []),
        (["One ", ConnectionError("lost")], [("One ", False), ("", True)]),
        ([], []),
    ],
)
def test_a_model_that_fails_is_a_problem_not_a_silence(script, ends):
    node = Outputs()
    mind.Mind(node, Client(*script), "x").take(event("question", "Hi?"))
    node.wait(lambda sent: any(port == "problem" for port, *_ in sent))
    node.wait(lambda sent: said(sent) == ends)


def test_sockets_of_other_sites_and_hostile_frames():
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocketDisconnect

    node = Outputs()
    one = page.Page(node)
    client = TestClient(Starlette(routes=[WebSocketRoute("/talk", one.talk)]))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/talk"):
        pass
    hostile = ["", "no json", "[]", "5", "{}", '{"type": "manner"}', '{"type": "say"}', b"\x00"]
    for frame in hostile:
        with client.websocket_connect("/talk", headers={"origin": "http://testserver"}) as socket:
            assert socket.receive_json()["type"] == "voices"
            socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_text(frame)
            with pytest.raises(WebSocketDisconnect):
                socket.receive_json()
    assert one._browsers == {}
    assert sum(data.get("gone", False) for _, _, data in node.sent) == len(hostile)

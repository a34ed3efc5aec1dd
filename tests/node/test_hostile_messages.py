"""Messages that are too large, of wrong types, or too many: a clear answer, in bounded time and memory."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import FakeEngine, FakeNode, Gate, Running, spoken
from stream_fakes import Clock, piece, queue

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError, SynthesisError, VoiceError
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.app import serve
from dora_mlx_tts.node.inbox import PATIENCE_S, Inbox
from dora_mlx_tts.node.listener import EventListener
from dora_mlx_tts.node.protocol.decode import decode
from dora_mlx_tts.node.protocol.messages import BadInput, TextRequest
from dora_mlx_tts.node.protocol.metadata import merged
from dora_mlx_tts.node.protocol.paths import without_paths
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Fragment


def bombs():
    big = pa.DictionaryArray.from_arrays(
        pa.array([0] * 2000, pa.int32()), pa.array(["x" * 1_000_000])
    )
    wide = pa.StructArray.from_arrays([pa.array([1])] * 2000, [f"f{i}" for i in range(2000)])
    return {
        "list of a dictionary": pa.ListArray.from_arrays(pa.array([0, 2000], pa.int32()), big),
        "large dictionary value": pa.DictionaryArray.from_arrays(
            pa.array([0], pa.int32()), pa.array(["x" * 1_000_000])
        ),
        "list of numbers": pa.ListArray.from_arrays(
            pa.array([0, 3_000_000], pa.int32()), pa.array(np.zeros(3_000_000, np.int8))
        ),
        "numbers": pa.array(np.zeros(3_000_000, np.int8)),
        "bytes": pa.array(np.zeros(3_000_000, np.uint8)),
        "wide structure": wide,
        "long string": pa.array(["y" * 3_000_000]),
    }


@pytest.mark.parametrize("port", ["text", "control", "buffer_status"])
@pytest.mark.parametrize("name", bombs())
def test_a_bomb_is_refused_before_it_is_unpacked(port, name):
    event = {"id": port, "value": bombs()[name], "metadata": {"request_id": "r"}}
    tracemalloc.start()
    message = decode(event, received_s=0.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(message, BadInput)
    assert len(message.error) < 300
    assert message.echo == {"request_id": "r"}
    assert peak < 1 << 20


@pytest.mark.parametrize(
    "value",
    [
        list(range(10**6)),
        "x" * 10**7,
        10**2000,
        {i: i for i in range(10**5)},
        [["x" * 10**6] * 9] * 9,
    ],
    ids=["list", "string", "integer", "dictionary", "nested"],
)
def test_what_is_large_is_never_written_out(value):
    tracemalloc.start()
    assert len(brief(value)) <= 80
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_what_the_pieces_of_a_text_say_together_is_bounded():
    echo = {"session_id": "s"}
    for number in range(200):
        echo = merged(echo, {f"key{number}": "x" * 4000, "request_id": f"r{number}"})
    assert (echo["session_id"], echo["request_id"]) == ("s", "r199")
    assert len(str(echo)) < 80_000
    assert len(echo["dropped_metadata"]) == 64
    assert "key0" not in echo["dropped_metadata"]


def test_a_text_that_never_ends_is_cut():
    talk = queue(limit=1000, scanner=queue().rules.scanner, timeout_s=1e9)
    text = talk.receive(piece("x. ", 0, fin=False)).utterance
    for number in range(1, 150):
        talk.receive(piece("One word more. " * 500, number, fin=False))
        while talk.next_part(text) is not None:
            talk.end_part(text)
    assert "at most 1000000 characters" in text.fault.error
    assert not text.parts


def test_cancelled_texts_that_wait_for_their_replies_are_not_without_number():
    talk = queue(limit=10)
    refused = 0
    for _ in range(3000):
        refused += talk.receive(TextRequest("x")).kind == "refused"
        talk.cancel(lambda _: True, "cancel")
    assert talk.open_texts == 1010
    assert refused == 3000 - 1010


# ---------------------------------------------------------------------------------------- commands


@pytest.mark.parametrize("numbers", [["9" * 23], [-5, 2**63 - 1], [0, 2**63 - 1, 0, 2**63 - 1, 5]])
def test_stats_are_answered_whatever_numbers_came(numbers):
    running = Running(stream_idle=0.01)
    with running as node:
        for number in numbers:
            node.text("One.", seq=number, question_id=str(number)[:3])
        for _ in range(3):
            node.control("stats")
        node.wait_for(lambda n: sum(v == ["stats"] for v, _ in n.on("status")) == 3)
        node.end()
    stats = node.on("status")[-1][1]
    assert 0 <= stats["missing"] < 2**63
    assert all(m["missing"] > 0 for v, m in node.on("status") if v == ["gap"])


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ('{"command": "cancel", "session_id": "\\ud800"}', "cancelled"),
        ('{"command": "ping", "question_id": "a\\udfffb"}', "pong"),
        ("{broken", "must be JSON"),
        ('{"command": "set", "speed": "\\ud83d"}', "speed"),
        ('{"command": "dance\\ud83d"}', "unknown"),
    ],
)
def test_every_command_has_one_answer(word, said):
    running = Running()
    with running as node:
        node.control(word)
        node.control("ping", request_id="last")
        node.end()
    _, (value, metadata), (last, _) = node.on("status")
    assert last == ["pong"]
    assert said in value[0] + metadata.get("error", "")


# ------------------------------------------------------------------------- what is said of a cancel


def fragment(text, sentence, seconds):
    return Fragment(np.zeros(int(seconds * 100), np.float32), 100, text, sentence, 0, False, 0.0, 1)


@pytest.mark.parametrize("until", [0.0, 0.2, 0.5, 1.05, 1.4, 2.1, 2.5, 9.0])
def test_what_was_heard_is_a_beginning_of_the_text(until):
    sentences = [
        "The sun is in the sky today, and it is warm.",
        "And the rest follows.",
        "好的，再见。",
        "走吧。",
    ]
    clock = Clock()
    clock.now = 0.0
    text = Utterance(TextRequest("x"), 0, playback=Player(clock))
    for number, sentence in enumerate(sentences):
        text.spoke(fragment(sentence, number, 1.0))
    text.token.cancel("cancel", at_s=until or 1e-9)
    whole = " ".join(sentences[:3]) + sentences[3]
    assert whole.startswith(text.spoken_text)


def test_a_hold_that_ends_between_two_looks_at_the_clock_is_not_slept_through():
    class Hasty(Clock):
        """Time passes with every look."""

        def __call__(self):
            self.now += 0.4
            return self.now

    for offset in range(10):
        clock = Hasty()
        clock.now += offset / 25
        talk = SpeechQueue(max_ahead_s=1.0, clock=clock)
        text = talk.receive(TextRequest("Hello.")).utterance
        text.spoke(fragment("Hello.", 0, 3.0))
        talk.close()
        done = threading.Thread(target=talk.take, daemon=True)
        done.start()
        done.join(10)
        assert not done.is_alive()


# -------------------------------------------------------------------------------- ready means ready


def test_ready_is_not_said_by_a_node_that_cannot_listen(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(EventListener, "start", refuse)
    node = FakeNode()
    with pytest.raises(BackendError, match="listener thread cannot be started"):
        serve(node, FakeEngine(), Settings())
    assert node.sent == []


def test_errors_name_the_voice_and_not_the_server_s_paths(caplog):
    private = "voice 'ann': /srv/secret place/voices/ann.yml: reference '/srv/secret place/a b.wav' is missing"
    engine = FakeEngine({"One.": (VoiceError(private),), "Two.": ("ok", SynthesisError(private))})
    node = FakeNode()
    spoken(["One.", "Two."], engine, node)
    for _, reply in node.replies():
        assert "'ann'" in reply["error"]
        assert "ann.yml" in reply["error"]
        assert "a b.wav" in reply["error"]
        assert "secret" not in reply["error"]
    assert any(private in message for _, message, _ in node.logs)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("pack /opt/voices/en/pack.json: broken", "pack pack.json: broken"),
        (r"C:\Users\x\a.yml: broken", "a.yml: broken"),
        (
            "https://example.org/a/b and 24 km/h, and/or 1/2",
            "https://example.org/a/b and 24 km/h, and/or 1/2",
        ),
        ("a/b.yml is relative", "a/b.yml is relative"),
    ],
)
def test_paths_are_cut_to_names(text, public):
    assert without_paths(text) == public


# -------------------------------------------------------------------------------------- overtaking


class Crowd:
    """A node whose queue is full of texts with a command behind them."""

    def __init__(self, texts):
        self.batches = [
            [
                *(
                    {"type": "INPUT", "id": "text", "value": None, "metadata": {}}
                    for _ in range(texts)
                )
            ],
            [{"type": "INPUT", "id": "control", "value": None, "metadata": {}}],
        ]
        self.is_first = True

    def next(self):
        if not self.is_first:
            return None
        self.is_first = False
        return {"type": "INPUT", "id": "text", "value": None, "metadata": {}}

    def drain(self):
        return self.batches.pop(0) if self.batches else []


def test_a_command_does_not_wait_behind_a_crowd_of_texts():
    clock = Clock()
    inbox = Inbox(Crowd(10_000), clock)
    began, order = clock.now, []
    for arrival in inbox:
        order.append(arrival.event["id"])
        clock.now += 0.001
        if arrival.event["id"] == "control":
            assert clock.now - began < PATIENCE_S + 0.01
    assert len(order) == 10_002
    assert order.index("control") < 50


def test_few_texts_and_a_command_keep_their_order():
    clock = Clock()
    order = []
    for arrival in Inbox(Crowd(5), clock):
        order.append(arrival.event["id"])
        clock.now += 0.001
    assert order == ["text"] * 6 + ["control"]


def test_texts_that_a_cancel_overtook_are_silenced_all_the_same():
    gate = Gate()

    class Late(FakeNode):
        """Gives everything at once, the command first, as dora may."""

        def next(self):
            event = super().next()
            if event is not None and event.get("id") == "control":
                self.batch = [self.events.get() for _ in range(3)]
            return event

        batch = ()

        def drain(self):
            batch, self.batch = self.batch, ()
            return batch

    node = Late()
    running = Running(FakeEngine({"Hold.": (gate, "ok")}), node)
    with running:
        node.text("Hold.", session_id="h", timestamp=1)
        assert gate.reached.wait(10)
        node.control("cancel", session_id="s", timestamp=5)
        node.text("Old one.", session_id="s", timestamp=3)
        node.text("Old but other.", session_id="t", timestamp=4)
        node.text("New one.", session_id="s", timestamp=6)
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    outcomes = {m["session_id"] + m["spoken_text"]: o for o, m in node.replies()}
    assert outcomes == {
        "hHold.": "completed",
        "s": "cancelled",
        "tOld but other.": "completed",
        "sNew one.": "completed",
    }

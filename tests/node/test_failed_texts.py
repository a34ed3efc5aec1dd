"""Every kind of error has its stage, and the log says whose text failed, where and why."""

from __future__ import annotations

import json
import logging

import pytest
from node_fakes import FakeEngine, FakeNode, spoken

from dora_mlx_tts import errors
from dora_mlx_tts.errors import (
    AudioError,
    BackendError,
    EmptyTextError,
    PackError,
    SynthesisError,
    SynthesisTimeoutError,
    TtsError,
    VoiceError,
    WeightsError,
)
from dora_mlx_tts.node.protocol.messages import Stage
from dora_mlx_tts.node.reply import causes, fault_of

KINDS = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, TtsError) and one is not TtsError
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_stage(kind):
    error, stage = fault_of(kind("what is wrong"))
    assert error == "what is wrong"
    wrong = kind is not SynthesisError and not issubclass(kind, errors.MisspokenError)
    assert (stage is not Stage.SYNTHESIS) == wrong


def test_kinds_directly_below_the_base_differ():
    families = [kind for kind in KINDS if kind.__base__ is TtsError or TtsError in kind.__bases__]
    stages = [fault_of(kind("x")).stage for kind in families]
    assert len(set(stages)) == len(stages) == 8


@pytest.mark.parametrize(
    ("error", "stage", "others_are_spoken"),
    [
        (WeightsError("w"), "weights", False),
        (PackError("p"), "pack", False),
        (AudioError("a"), "audio", False),
        (BackendError("b"), "backend", False),
        (SynthesisTimeoutError("t"), "timeout", True),
        (SynthesisError("s"), "synthesis", True),
    ],
)
def test_replies_say_the_stage(error, stage, others_are_spoken):
    engine = FakeEngine({"One two three four.": (error,)})
    pieces = [("One two three four. ", {"segment_id": "a", "seq": 0, "fin": False})]
    pieces.append(("Five six seven.", {"segment_id": "a", "seq": 1, "fin": True}))
    node = spoken([*pieces, "Hello."], engine)
    (outcome, metadata), (second, _) = node.replies()
    assert (outcome, metadata["error_stage"], second) == ("error", stage, "completed")
    assert (metadata["audio_s"] > 0) is others_are_spoken


def error_with_cause():
    error = BackendError("synthesis failed on this device: RuntimeError: [metal] full")
    error.__cause__ = RuntimeError("[metal] full")
    error.__cause__.__cause__ = MemoryError("out of it")
    return error


def test_the_log_line_of_a_failed_text(caplog):
    error = error_with_cause()
    error.sentence_text = "The second sentence."
    ids = {"request_id": "r-7", "session_id": "s-1", "voice": "anna"}
    node = FakeNode(outputs=("audio", "segment_complete", "status", "log"))
    with caplog.at_level(logging.WARNING, logger="dora_mlx_tts"):
        spoken([("Say it.", ids)], FakeEngine({"Say it.": (error,)}), node)
    lines = [json.loads(value[0])["message"] for value, _ in node.on("log")]
    (line,) = [line for line in lines if line.startswith("text 0 error")]
    for part in (
        "stage backend",
        "request r-7",
        "session s-1",
        "voice anna",
        "'The second sentence.'",
        "cause RuntimeError: '[metal] full' <- MemoryError: 'out of it'",
    ):
        assert part in line, (part, line)


def test_a_failure_without_a_sentence_names_what_was_given():
    node = FakeNode(outputs=("audio", "segment_complete", "status", "log"))
    spoken(["Say it."], FakeEngine({"Say it.": (VoiceError("unknown"),)}), node)
    lines = [json.loads(value[0])["message"] for value, _ in node.on("log")]
    assert any("text 0 error: unknown (stage voice, sentence 'Say it.')" in line for line in lines)


def test_texts_that_do_not_fail_say_nothing_of_the_kind():
    node = FakeNode(outputs=("audio", "segment_complete", "status", "log"))
    spoken(["Hello.", "…"], FakeEngine({"…": (EmptyTextError("nothing"),)}), node)
    lines = [json.loads(value[0])["message"] for value, _ in node.on("log")]
    assert "text 0 completed" in lines
    assert not any("stage" in line for line in lines)


def test_causes_end():
    error = first = ValueError("0")
    for number in range(20):
        after = ValueError(str(number + 1))
        error.__cause__, error = after, after
    assert causes(first).count("<-") == 4
    loop = ValueError("round")
    loop.__cause__ = loop
    assert causes(loop).count("round") == 5
    assert causes(ValueError("alone")) == ""


@pytest.mark.parametrize("broken", ["reply_of", "circumstances", "failure_of"])
def test_a_fault_of_the_nodes_own_costs_one_text_and_not_the_node(monkeypatch, caplog, broken):
    def fail_once(*given):
        monkeypatch.undo()
        raise RuntimeError("not thought of")

    monkeypatch.setattr(f"dora_mlx_tts.node.speech_loop.{broken}", fail_once)
    node = spoken(["One two three four.", "Hello."])
    (first, metadata), (second, _) = node.replies()
    assert (first, second) == ("error", "completed")
    assert metadata["error"] == "RuntimeError: not thought of"

"""Texts that cannot be read or spoken: each is answered once, and the next one is spoken."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import CONTRACT, FakeEngine, outcomes, spoken

from dora_mlx_tts.errors import (
    EmptyTextError,
    LanguageError,
    SettingError,
    SynthesisError,
    TextError,
    VoiceError,
)

BAD = [
    (None, {}),
    (pa.array([], pa.string()), {}),
    (pa.array(["a", "b"]), {}),
    (pa.array([1.5, 2.5]), {}),
    (pa.array([[0.1]]), {}),
    (pa.array([None], pa.string()), {}),
    (pa.array([0xFF, 0xFE], pa.uint8()), {}),
    (pa.array(['{"prompt": "hi"}']), {}),
    (pa.array(["x" * 1_000_000]), {}),
    (pa.array(["Hi."]), {"speed": math.nan}),
    (pa.array(["Hi."]), {"voice": "../secret"}),
    (pa.array(["Hi."]), {"request_id": [1, 2]}),
    (pa.array(["Hi."]), {"seq": "soon", "fin": "maybe"}),
]


def test_every_bad_text_gets_one_error_reply_and_the_node_goes_on():
    engine = FakeEngine()
    node = spoken([*BAD, "Still here."], engine)
    by_index = Counter(m["text_index"] for _, m in node.replies())
    assert by_index == dict.fromkeys(range(len(BAD) + 1), 1)
    results = {m["text_index"]: (outcome, m) for outcome, m in node.replies()}
    for index in range(len(BAD)):
        outcome, metadata = results[index]
        assert outcome == "error"
        assert metadata["error"]
        assert metadata["error_stage"] in {"protocol", "settings"}
        assert metadata["session_status"] == "error"
        assert metadata.keys() >= CONTRACT
    assert results[len(BAD)][0] == "completed"
    assert [call[0] for call in engine.calls] == ["Still here."]
    warnings = [message for level, message, _ in node.logs if level == "warn"]
    assert len(warnings) == len(BAD)


@pytest.mark.parametrize(
    ("error", "outcome", "stage"),
    [
        (SettingError("speed = 9: at most 2"), "error", "settings"),
        (VoiceError("no voice 'x'"), "error", "voice"),
        (LanguageError("no language 'xx'"), "error", "text"),
        (TextError("too odd"), "error", "text"),
        (SynthesisError("not speech"), "error", "synthesis"),
        (EmptyTextError("only dots"), "skipped", ""),
        (ZeroDivisionError("surprise"), "error", "synthesis"),
        (MemoryError(), "error", "synthesis"),
        (KeyError("lost"), "error", "synthesis"),
    ],
)
@pytest.mark.parametrize("before", [(), ("ok",)], ids=["at once", "after a fragment"])
def test_a_failed_text_is_answered_and_damages_nothing(error, outcome, stage, before):
    node = spoken(["Bad.", "Good."], FakeEngine({"Bad.": (*before, error)}))
    (first, metadata), (second, _) = node.replies()
    assert (first, second) == (outcome, "completed")
    assert metadata["error_stage"] == stage
    if outcome == "error":
        assert str(error)[:10] in metadata["error"]
        assert (
            type(error).__name__ in metadata["error"]
            or stage != "synthesis"
            or "not speech" in str(error)
        )
        assert metadata["spoken_text"] == ("Bad." if before else "")
    assert len([m for _, m in node.on("audio") if m["text"] == "Good."]) == 3


def test_an_unexpected_error_leaves_its_traceback_in_the_log():
    node = spoken(["Bad."], FakeEngine({"Bad.": (ZeroDivisionError("surprise"),)}))
    fields = [fields for level, _, fields in node.logs if level == "error"]
    assert "ZeroDivisionError: surprise" in fields[0]["traceback"]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_skipped(text):
    node = spoken([text, "Hi."])
    assert outcomes(node) == ["skipped", "completed"]


def test_an_engine_that_says_nothing_is_an_error():
    node = spoken(["Mute."], FakeEngine({"Mute.": ()}))
    ((outcome, metadata),) = node.replies()
    assert (outcome, metadata["error_stage"]) == ("error", "synthesis")


def test_samples_that_are_not_finite_never_leave():
    node = spoken(["Nan."], FakeEngine({"Nan.": ("ok", np.array([np.nan], np.float32))}))
    assert outcomes(node) == ["error"]
    assert len(node.on("audio")) == 1

"""Records out: Arrow arrays and metadata that dora carries unchanged."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.node.protocol import encode
from dora_mlx_tts.node.protocol.messages import Outcome, Reply, Stage, Status
from dora_mlx_tts.synthesis.records import Fragment


def fragment(samples, **changes):
    values = {
        "samples": samples,
        "sample_rate": 32000,
        "text": "Hi.",
        "sentence_index": 1,
        "fragment_index": 2,
        "is_final": True,
        "start_s": 0.5,
        "tokens": 3,
    }
    return Fragment(**{**values, **changes})


def test_audio_is_flat_float32_with_the_contracts_metadata():
    samples = np.linspace(-0.5, 0.5, 3200, dtype=np.float32)
    echo = {"request_id": "r", "question_id": 4}
    array, metadata = encode.encode_audio(fragment(samples), echo=echo, text_index=9, seq=2)
    assert array.type == pa.float32()
    np.testing.assert_array_equal(array.to_numpy(), samples)
    assert metadata == {
        "request_id": "r",
        "question_id": 4,
        "sample_rate": 32000,
        "text_index": 9,
        "sentence_index": 1,
        "fragment_index": 2,
        "seq": 2,
        "fin": True,
        "text": "Hi.",
        "start_s": 0.5,
        "duration_s": 0.1,
        "duration": 0.1,
    }


def test_numpy_values_of_a_fragment_become_plain_ones():
    odd = fragment(
        np.zeros((1, 4), np.float64), sample_rate=np.int64(24000), start_s=np.float32(0.5)
    )
    array, metadata = encode.encode_audio(odd, echo={}, text_index=0, seq=0)
    assert array.type == pa.float32()
    assert len(array) == 4
    assert type(metadata["sample_rate"]) is int
    assert type(metadata["start_s"]) is float


def test_nested_layout_is_one_list():
    samples = np.array([0.25, -0.25], np.float32)
    array, _ = encode.encode_audio(fragment(samples), echo={}, text_index=0, seq=0, nested=True)
    assert array.type == pa.list_(pa.float32())
    assert array.to_pylist() == [[0.25, -0.25]]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_error_is_never_audio(bad):
    with pytest.raises(SynthesisError, match="not finite"):
        encode.encode_audio(
            fragment(np.array([0.0, bad], np.float32)), echo={}, text_index=0, seq=0
        )


def test_a_reply_has_every_key_of_the_contract():
    figures = {"ttfb_ms": 1.0, "rtf": 0.5, "audio_s": 2.0}
    array, metadata = encode.encode_reply(
        Reply(Outcome.COMPLETED, {"request_id": 1}, spoken_text="Hi."), figures, text_index=3
    )
    assert array.to_pylist() == ["completed"]
    assert metadata == {
        "request_id": 1,
        **figures,
        "text_index": 3,
        "outcome": "completed",
        "error": "",
        "error_stage": "",
        "spoken_text": "Hi.",
        "remaining_text": "",
        "played_s": 0.0,
        "heard": "estimated",
        "reason": "",
    }


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.COMPLETED, "succeeded"),
        (Outcome.SKIPPED, "succeeded"),
        (Outcome.CANCELLED, "canceled"),
        (Outcome.ERROR, "aborted"),
    ],
)
def test_a_goal_learns_its_status(outcome, status):
    _, metadata = encode.encode_reply(Reply(outcome, {"goal_id": "g"}), {}, text_index=0)
    assert metadata["goal_status"] == status


def test_an_error_reply_says_so_in_the_session_and_is_short():
    reply = Reply(
        Outcome.ERROR, {"session_status": "started"}, error="e" * 9999, stage=Stage.SYNTHESIS
    )
    _, metadata = encode.encode_reply(reply, {}, text_index=0)
    assert metadata["session_status"] == "error"
    assert metadata["error_stage"] == "synthesis"
    assert len(metadata["error"]) == 500


def test_status_is_a_word_with_flat_details():
    array, metadata = encode.encode_status(Status("stats", {"request_id": 1}, {"received": 2}))
    assert array.to_pylist() == ["stats"]
    assert metadata == {"request_id": 1, "received": 2}

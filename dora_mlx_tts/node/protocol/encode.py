"""Records to Arrow arrays with metadata, ready to be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.node.protocol.messages import Outcome, Plain, Reply, Status

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

_MAX_ERROR = 500
_GOAL_STATUS: Final = {
    Outcome.COMPLETED: "succeeded",
    Outcome.SKIPPED: "succeeded",
    Outcome.CANCELLED: "canceled",
    Outcome.ERROR: "aborted",
}

Message = tuple[Any, dict[str, Plain]]
"""An Arrow array and its metadata, ready for ``send_output``."""


def warm_up() -> None:
    """Create and discard an array: for the first one pyarrow imports pandas, if installed (0.3 s or more)."""
    pa.array(np.zeros(1, np.float32))


def encode_audio(
    fragment: Fragment,
    *,
    echo: Mapping[str, Plain],
    text_index: int,
    seq: int,
    nested: bool = False,
    flush: bool = False,
) -> Message:
    """A fragment as flat float32, or nested in one list for readers written against dora-primespeech.

    ``flush`` makes dora drop older messages in the receiver's queue.

    Raises:
        SynthesisError: The samples are not finite numbers: an error is never audio.
    """
    samples = np.ascontiguousarray(fragment.samples, dtype=np.float32).reshape(-1)
    if not np.isfinite(samples).all():
        raise SynthesisError(f"fragment {seq} of the text holds samples that are not finite")
    array = pa.array(samples)
    if nested:
        array = pa.ListArray.from_arrays(pa.array([0, len(samples)], pa.int32()), array)
    duration = len(samples) / int(fragment.sample_rate)
    return array, {
        **echo,
        "sample_rate": int(fragment.sample_rate),
        "text_index": text_index,
        "sentence_index": int(fragment.sentence_index),
        "fragment_index": int(fragment.fragment_index),
        "seq": seq,
        "fin": bool(fragment.is_final),
        "text": str(fragment.text),
        "start_s": float(fragment.start_s),
        "duration_s": duration,
        "duration": duration,
        **({"flush": True} if flush else {}),
    }


def encode_words(
    fragment: Fragment, *, echo: Mapping[str, Plain], text_index: int, seq: int
) -> Message:
    """The words that end in a fragment, with their times in the text's audio and positions in the sentence."""
    return pa.array([word.text for word in fragment.words], pa.string()), {
        **echo,
        "text_index": text_index,
        "sentence_index": int(fragment.sentence_index),
        "seq": seq,
        "text": str(fragment.text),
        "starts_s": [float(word.start_s) for word in fragment.words],
        "ends_s": [float(word.end_s) for word in fragment.words],
        "chars": [int(word.start) for word in fragment.words],
    }


def encode_reply(reply: Reply, figures: Mapping[str, Plain], *, text_index: int) -> Message:
    """The terminal reply to a text; every key of the contract is always present."""
    metadata: dict[str, Plain] = {
        **reply.echo,
        **figures,
        "text_index": text_index,
        "outcome": str(reply.outcome),
        "error": reply.error[:_MAX_ERROR],
        "error_stage": str(reply.stage or ""),
        "spoken_text": reply.spoken_text,
        "remaining_text": reply.remaining_text,
        "played_s": reply.played_s,
        "heard": "reported" if reply.is_reported else "estimated",
        "reason": reply.reason,
    }
    if reply.outcome is Outcome.ERROR:
        metadata["session_status"] = "error"
    if "goal_id" in reply.echo:
        metadata["goal_status"] = _GOAL_STATUS[reply.outcome]
    return pa.array([str(reply.outcome)]), metadata


def encode_status(status: Status) -> Message:
    """A ``status`` message with its details as flat metadata."""
    return pa.array([status.state]), {**status.echo, **status.details}


def encode_log(node: str, level: str, message: str, timestamp: float) -> Message:
    """A ``log`` line in the form that dora-primespeech's readers expect: one JSON string."""
    line = {"node": node, "level": level, "message": message, "timestamp": timestamp}
    return pa.array([json.dumps(line, ensure_ascii=False)]), {}

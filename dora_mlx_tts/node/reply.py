"""How a text ended: its one reply, and the log line for a failure."""

from __future__ import annotations

from typing import Final

from dora_mlx_tts.errors import (
    AudioError,
    BackendError,
    EmptyTextError,
    PackError,
    ProtocolError,
    SettingError,
    SynthesisError,
    SynthesisTimeoutError,
    TextError,
    TtsError,
    VoiceError,
    WeightsError,
)
from dora_mlx_tts.messages import brief
from dora_mlx_tts.node.protocol.messages import Outcome, Reply, Stage
from dora_mlx_tts.node.speech_job import UtteranceJob
from dora_mlx_tts.node.turns.remains import remaining_text
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.node.turns.utterance import REFUSED, Fault, Utterance

_STAGES: Final[tuple[tuple[type[TtsError], Stage], ...]] = (
    (ProtocolError, Stage.PROTOCOL),
    (SettingError, Stage.SETTINGS),
    (VoiceError, Stage.VOICE),
    (PackError, Stage.PACK),
    (WeightsError, Stage.WEIGHTS),
    (AudioError, Stage.AUDIO),
    (TextError, Stage.TEXT),
    (SynthesisTimeoutError, Stage.TIMEOUT),
    (SynthesisError, Stage.SYNTHESIS),
    (BackendError, Stage.BACKEND),
)
"""The first match counts."""
_MOST_CAUSES: Final = 5


class SendError(Exception):
    """Dora refused a fragment; the cause is in the log line."""


def reply_of(job: UtteranceJob, rules: StreamRules) -> Reply:
    """The terminal reply; a cancelled text is reported as cancelled even if it also failed."""
    utterance = job.utterance
    echo, spoken = utterance.request.echo, utterance.spoken_text
    position = utterance.position
    played = round(position.seconds, 3)
    if utterance.cancelled and utterance.cancelled_by != REFUSED:
        return Reply(
            Outcome.CANCELLED,
            echo,
            spoken_text=spoken,
            reason=utterance.cancelled_by,
            played_s=played,
            remaining_text=_remaining(utterance, spoken, rules),
            is_reported=position.is_reported,
        )
    failure = failure_of(job)
    if failure is None:
        reason = utterance.cut_short
        return Reply(Outcome.COMPLETED, echo, spoken_text=spoken, reason=reason, played_s=played)
    if isinstance(failure, EmptyTextError):
        return Reply(Outcome.SKIPPED, echo, reason=str(failure))
    error, stage = fault_of(failure)
    return Reply(Outcome.ERROR, echo, error=error, stage=stage, spoken_text=spoken, played_s=played)


def _remaining(utterance: Utterance, spoken: str, rules: StreamRules) -> str:
    """The part of a text that was not heard; for a text never begun, the text as received."""
    source = "".join(utterance.source)
    return remaining_text(rules.whole(source), spoken) if utterance.fragments else source


def failure_of(job: UtteranceJob) -> Exception | Fault | None:
    """Why a text was not spoken in full, or None."""
    utterance = job.utterance
    if job.failure is not None or utterance.fault is not None:
        return job.failure or utterance.fault
    if job.skipped is not None and job.parts == 1:
        return job.skipped
    if utterance.fragments or job.held:
        return None
    if job.skipped is not None or not job.parts:
        return EmptyTextError("the text holds nothing that can be pronounced")
    return SynthesisError("the engine gave no audio for this text")


def fault_of(failure: Exception | Fault) -> Fault:
    """Message and stage of a failure for the reply."""
    if isinstance(failure, Fault):
        return failure
    if isinstance(failure, SendError):
        return Fault(str(failure), Stage.SEND)
    for kind, stage in _STAGES:
        if isinstance(failure, kind):
            return Fault(str(failure), stage)
    known = isinstance(failure, TtsError)
    error = str(failure) if known else f"{type(failure).__name__}: {failure}"
    return Fault(error, Stage.SYNTHESIS)


def circumstances(job: UtteranceJob) -> dict[str, str]:
    """What the log adds to a failed text's error: request, sentence and causes."""
    failure, request = failure_of(job), job.utterance.request
    if failure is None:
        return {}
    ids = {key.removesuffix("_id"): request.id(key) or "" for key in ("request_id", "session_id")}
    sentence = getattr(failure, "sentence_text", "") or job.part
    cause = causes(failure) if isinstance(failure, Exception) else ""
    return {**ids, "voice": job.voice, "sentence": brief(sentence), "cause": cause}


def causes(failure: BaseException) -> str:
    """Causes of a failure, the nearest first; empty if there are none."""
    found: list[str] = []
    cause = failure.__cause__
    while cause is not None and len(found) < _MOST_CAUSES:
        found.append(f"{type(cause).__name__}: {brief(str(cause))}")
        cause = cause.__cause__
    return " <- ".join(found)

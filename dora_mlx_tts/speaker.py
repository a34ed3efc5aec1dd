"""The speaking side of the node: one text after the other, on the thread that owns MLX."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from dora_mlx_tts.conversation import Conversation, SpeechEngine, Utterance
from dora_mlx_tts.errors import (
    EmptyTextError,
    SettingError,
    SynthesisError,
    TextError,
    TtsError,
    VoiceError,
)
from dora_mlx_tts.messages import Outcome, Reply, Stage
from dora_mlx_tts.metrics import NodeMeter, SpeechMeter
from dora_mlx_tts.outputs import Outputs
from dora_mlx_tts.synthesis.records import Fragment

_log = logging.getLogger(__name__)

_STAGES: Final[tuple[tuple[type[Exception], Stage], ...]] = (
    (SettingError, Stage.SETTINGS),
    (VoiceError, Stage.VOICE),
    (TextError, Stage.TEXT),
)


class _SendError(Exception):
    """dora refused a fragment; the cause is in its log line."""


class Speaker:
    """Takes texts from the conversation, speaks them, and answers each of them once."""

    def __init__(
        self,
        *,
        engine: SpeechEngine,
        conversation: Conversation,
        outputs: Outputs,
        meter: NodeMeter,
        whole: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._conversation = conversation
        self._outputs = outputs
        self._meter = meter
        self._whole = whole
        self._clock = clock

    def run(self) -> None:
        """Speak until the conversation is closed and every text is answered."""
        while (utterance := self._conversation.take()) is not None:
            self._speak(utterance)

    def _speak(self, utterance: Utterance) -> None:
        request = utterance.request
        meter = SpeechMeter(request.received_s, len(request.text), self._clock)
        failure: Exception | None = None
        try:
            if not utterance.cancelled:
                self._say(utterance, meter)
        except Exception as error:  # noqa: BLE001  a failed text never damages the next one
            failure = error
            if not isinstance(error, TtsError | _SendError):
                _log.exception("text %d: unexpected error", utterance.index)
        if self._conversation.settle(utterance):
            figures = meter.figures()
            self._meter.spoken(figures)
            reply = _reply(utterance, failure)
            self._outputs.reply(reply, figures, text_index=utterance.index)

    def _say(self, utterance: Utterance, meter: SpeechMeter) -> None:
        """Send the fragments of a text until they end or nobody wants them any more."""
        meter.start()
        with self._fragments(utterance) as fragments:
            for fragment in fragments:
                meter.produced()
                if not self._outputs.audio(utterance, fragment):
                    if utterance.cancelled:
                        return
                    raise _SendError("dora did not take the audio; its log says why")
                meter.sent(fragment.duration_s, fragment.tokens)
        if not utterance.fragments and not utterance.cancelled:
            raise SynthesisError("the engine gave no audio for this text")

    @contextmanager
    def _fragments(self, utterance: Utterance) -> Generator[Iterator[Fragment]]:
        """The engine's stream, closed on leaving: that is what cancels synthesis."""
        request = utterance.request
        stream = self._engine.stream(
            request.text,
            voice=request.voice,
            language=request.language,
            cancelled=lambda: utterance.cancelled,
            **request.settings,
        )
        try:
            wanted = (fragment for fragment in _until(utterance, stream) if len(fragment.samples))
            yield iter(_joined(wanted)) if self._whole else wanted
        finally:
            close = getattr(stream, "close", None)
            if callable(close):
                close()


def _until(utterance: Utterance, stream: Iterator[Fragment]) -> Iterator[Fragment]:
    """The fragments that come before the text is cancelled."""
    for fragment in stream:
        if utterance.cancelled:
            return
        yield fragment


def _joined(fragments: Iterator[Fragment]) -> list[Fragment]:
    """All fragments of a text as one, for readers that expect one message a text."""
    parts = list(fragments)
    if not parts:
        return []
    sentences = {part.sentence_index: part.text for part in parts}
    whole = dataclasses.replace(
        parts[0],
        samples=np.concatenate([part.samples for part in parts]),
        text=" ".join(sentences.values()),
        is_final=True,
        tokens=sum(part.tokens for part in parts),
    )
    return [whole]


def _reply(utterance: Utterance, failure: Exception | None) -> Reply:
    """The terminal answer; a cancelled text is cancelled even where it also failed."""
    echo, spoken = utterance.request.echo, utterance.spoken_text
    if utterance.cancelled:
        return Reply(Outcome.CANCELLED, echo, spoken_text=spoken, reason=utterance.cancelled_by)
    if failure is None:
        return Reply(Outcome.COMPLETED, echo, spoken_text=spoken)
    if isinstance(failure, EmptyTextError):
        return Reply(Outcome.SKIPPED, echo, reason=str(failure))
    error, stage = _explain(failure)
    return Reply(Outcome.ERROR, echo, error=error, stage=stage, spoken_text=spoken)


def _explain(failure: Exception) -> tuple[str, Stage]:
    if isinstance(failure, _SendError):
        return str(failure), Stage.SEND
    for kind, stage in _STAGES:
        if isinstance(failure, kind):
            return str(failure), stage
    known = isinstance(failure, TtsError)
    return str(failure) if known else f"{type(failure).__name__}: {failure}", Stage.SYNTHESIS

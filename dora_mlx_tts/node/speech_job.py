"""A text being spoken: its parts go to the engine one by one, and their fragments form one sequence."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.node.delivery import Finisher
from dora_mlx_tts.node.metrics import SpeechMeter
from dora_mlx_tts.node.protocol.messages import AttachedRecording
from dora_mlx_tts.node.turns.growth import Part
from dora_mlx_tts.node.turns.kept_audio import Replay
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Asked, Fragment, WordTiming
from dora_mlx_tts.text.sentences.growing import GrowingText

Send: TypeAlias = "Callable[[UtteranceJob, Fragment], None]"
"""Sends a fragment of a job."""
MaySend: TypeAlias = Callable[[Utterance], bool]
"""Tells whether audio of a text may be sent now."""

_CLOSING_S: Final = 0.01
_AUDIBLE: Final = 0.01  # -40 dB


class SpeechEngine(Protocol):
    """Turns a text into fragments; closing the iterator cancels as well."""

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        cancelled: Callable[[], bool] = ...,
        **settings: Any,  # noqa: ANN401  the engine checks names and values
    ) -> Iterator[Fragment]:
        """Fragments of ``text`` in order, the last one marked final; raises TtsError subclasses.

        ``cancelled`` is polled while speaking; once it returns True the stream ends. The node passes a
        `CancelToken`, which engines may also use as such.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How a text is spoken: None or missing values fall back to the engine's defaults."""

    voice: str | None = None
    language: str | None = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class UtteranceJob:
    """The state of speaking one text.

    Attributes:
        failure: The first thing that went wrong.
        skipped: Why a part had nothing to speak.
        held: Fragments waiting for the rest, if the text is sent as one message.
        is_ended: Whether a fragment marked final has been sent.
        parts: Number of parts given to the engine.
        is_waiting: Whether the part's text must grow before there is another fragment.
        part: The part given to it last.
        voice: The voice, as far as the engine or the text's sender names it.
        sending: Lock held while sending audio that either thread may send.
    """

    def __init__(
        self, utterance: Utterance, options: SpeechOptions, meter: SpeechMeter, finisher: Finisher
    ) -> None:
        self.utterance = utterance
        self.meter = meter
        self.failure: Exception | None = None
        self.skipped: Exception | None = None
        self.held: list[Fragment] = []
        self.is_ended = False
        self.parts = 0
        self.is_waiting = False
        self.part = ""
        self.voice = ""
        self._options = options
        self._finisher = finisher
        self._fragments: Iterator[Fragment | None] | None = None
        self._is_replay = False
        self._sentences = 0  # of earlier parts
        self._start_s = 0.0
        self._number = (-1, 0)  # of the sentence, and of its last message
        self._last: Fragment | None = None
        self._words: tuple[WordTiming, ...] = ()  # of fragments still in the resampler
        self.sending = threading.RLock()

    @property
    def in_part(self) -> bool:
        """Whether the engine is in the middle of a part."""
        return self._fragments is not None

    def begin_part(
        self, engine: SpeechEngine, text: Part | Replay, sharing: Callable[[], int] = lambda: 1
    ) -> None:
        """Hand a part to the engine.

        Args:
            engine: The engine that speaks it.
            text: The part.
            sharing: Number of conversations taking turns now.

        Raises:
            TtsError: The engine refuses it.
        """
        self.parts += 1
        self.part = str(text)
        request, options = self.utterance.request, self._options
        voice = request.voice or options.voice
        self.voice = voice or ""
        if request.recording is not None:
            voice = _adopt(engine, request.recording)
        if self._last is not None:
            self._sentences = self._last.sentence_index + 1
        self._is_replay = isinstance(text, Replay)
        if isinstance(text, Replay):
            self._fragments = iter(text.fragments)
            return
        speak = _speaking(engine, text)
        self._fragments = speak(
            text,
            voice=voice,
            language=request.language or options.language,
            cancelled=self.utterance.token,
            **{**options.settings, **request.settings},
        )
        self.voice = getattr(self._fragments, "voice", self.voice)
        follow = getattr(self._fragments, "follow", None)
        if callable(follow):
            follow(self._ahead_s, sharing)

    def _ahead_s(self) -> float | None:
        """Seconds of audio the player still has; None if nothing of the text has been played yet."""
        playback = self.utterance.playback
        is_heard = not self.utterance.awaits_commit
        return playback.ahead_s(playback.now()) if is_heard else None

    def next_fragment(self, *, is_last_part: Callable[[], bool]) -> Fragment | None:
        """The next fragment, ready to send; None at the end of the part, or if its text is still being written.

        Args:
            is_last_part: Whether no other part follows; called once the fragment is ready.

        Raises:
            TtsError: The engine failed.
        """
        self.is_waiting = False
        for fragment in self._fragments or ():
            if fragment is None:
                self.is_waiting = True
                return None
            self.meter.produced()
            finished = fragment
            if not self._is_replay:
                finished = self._finisher.finish(fragment, is_last=fragment.is_final)
            self._words += shifted(fragment.words, self._start_s - fragment.start_s)
            finished = dataclasses.replace(
                finished,
                words=self._words,
                sentence_index=self._sentences + int(fragment.sentence_index),
                start_s=self._start_s,
                is_final=bool(fragment.is_final) and is_last_part(),
            )
            if len(finished.samples):
                self._start_s += finished.duration_s
                self._last, self._words = finished, ()
                return finished
        return None

    @property
    def is_primed(self) -> bool:
        """Whether the engine has started on the next fragment."""
        return bool(getattr(self._fragments, "is_primed", False))

    def prime(self, until: Asked) -> None:
        """Let the engine start on the next fragment, up to the work that can be batched with other texts."""
        prime = getattr(self._fragments, "prime", None)
        if callable(prime):
            prime(until)

    def end_part(self) -> None:
        """Close the engine's stream; in mid-stream, that cancels synthesis."""
        fragments, self._fragments = self._fragments, None
        self.meter.worked(getattr(fragments, "work_s", {}))
        close = getattr(fragments, "close", None)
        if callable(close):
            close()

    def numbered(self, message: Fragment) -> Fragment:
        """The message with its number within its sentence; one fragment may have become several messages."""
        sentence, number = self._number
        number = number + 1 if sentence == message.sentence_index else 0
        self._number = message.sentence_index, number
        return dataclasses.replace(message, fragment_index=number)

    def sent(self, fragment: Fragment) -> None:
        """Record that a fragment was sent."""
        self.meter.sent(fragment.duration_s, fragment.tokens)
        self.is_ended = self.is_ended or fragment.is_final
        sounds = np.abs(fragment.samples) > _AUDIBLE
        if sounds.any():
            before = int(np.argmax(sounds)) / fragment.sample_rate
            self.meter.audible(self.utterance.last_start_s + before)

    def hold(self, fragment: Fragment) -> None:
        """Hold a fragment until all of them are sent as one message."""
        self.held.append(fragment)
        self.utterance.held_s += fragment.duration_s

    def give(self, fragment: Fragment, send: Send, may_send: MaySend) -> None:
        """Send a fragment after the prepared ones, or prepare it while the text awaits its commit."""
        with self.sending:
            self.release(send, may_send)
            if self.utterance.awaits_commit or self.utterance.prepared:
                self.utterance.prepare(fragment)
            else:
                send(self, fragment)

    def release(self, send: Send, may_send: MaySend) -> None:
        """Send the prepared fragments once the text is committed; either thread may call this."""
        utterance = self.utterance
        with self.sending:
            while utterance.prepared and not utterance.awaits_commit and may_send(utterance):
                send(self, utterance.next_prepared())

    def whole(self) -> Fragment | None:
        """All held fragments as one, for readers that expect one message per text."""
        parts, self.held = self.held, []
        if not parts:
            return None
        sentences = {part.sentence_index: part.text for part in parts}
        return dataclasses.replace(
            parts[0],
            samples=np.concatenate([part.samples for part in parts]),
            text=" ".join(sentences.values()),
            is_final=True,
            words=tuple(word for part in parts for word in part.words),
            tokens=sum(part.tokens for part in parts),
        )

    def closing(self) -> Fragment | None:
        """A very short silence marked final, for a text found to be over after its last sound was sent."""
        last = self._last
        if last is None or self.is_ended:
            return None
        return dataclasses.replace(
            last,
            samples=np.zeros(max(1, int(_CLOSING_S * last.sample_rate)), np.float32),
            text="",
            fragment_index=last.fragment_index + 1,
            is_final=True,
            start_s=self._start_s,
            tokens=0,
            words=(),
        )


def shifted(words: Sequence[WordTiming], seconds: float) -> tuple[WordTiming, ...]:
    """The words, shifted in time."""
    return tuple(
        dataclasses.replace(word, start_s=word.start_s + seconds, end_s=word.end_s + seconds)
        for word in words
    )


def _speaking(engine: SpeechEngine, text: Part) -> Callable[..., Iterator[Fragment | None]]:
    """The function that speaks a part; an engine without support for growing texts gets them once complete."""
    if not isinstance(text, GrowingText):
        return engine.stream
    own = getattr(engine, "stream_growing", None)
    return own if callable(own) else partial(_once_complete, engine)


def _once_complete(
    engine: SpeechEngine,
    text: GrowingText,
    **options: Any,  # noqa: ANN401  same as `SpeechEngine.stream`
) -> Iterator[Fragment | None]:
    while (whole := text.read().whole) is None:
        text.wait_for_more(None)
        yield None
    yield from engine.stream(whole, **options)


def _adopt(engine: SpeechEngine, recording: AttachedRecording) -> str:
    adopt = getattr(engine, "adopt", None)
    if not callable(adopt):
        raise SettingError("this engine does not support per-message reference audio")
    return str(adopt(recording.audio, recording.text, recording.language))

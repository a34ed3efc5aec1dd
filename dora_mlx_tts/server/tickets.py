"""One request for speech: its parts on the way in, its fragments on the way out."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dora_mlx_tts.errors import EmptyTextError, TtsError
from dora_mlx_tts.node.speech_job import SpeechEngine, shifted
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.records import Fragment, WordTiming

MOST_AHEAD_S: Final = 30.0
"""Seconds of speech that may wait for a slow client; others are served meanwhile."""


class BusyError(TtsError):
    """The server has reached its limit of concurrent requests."""


class StoppedError(TtsError):
    """The server is stopping, or was never able to speak."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak a text; None or missing values fall back to the settings.

    Attributes:
        voice: name of the voice.
        language: code of the text's language.
        settings: speech settings by name.
    """

    voice: str | None = None
    language: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """The final message about a request.

    Attributes:
        error: why the text was not spoken in full; None if it was.
    """

    error: Exception | None = None


Update = Fragment | Ended


class Ticket:
    """The state of one request; `SpeechQueue` protects what several threads use.

    Args:
        manner: how to speak it.
        deliver: called with every fragment and once with `Ended`, on the engine's thread.

    Attributes:
        parts: the parts still to be spoken.
        is_closed: whether no more parts will come.
        ahead_s: seconds of delivered speech that the client has not read yet.
        taken_at_s: when it last read something.
        skipped: why a part had nothing to speak.
    """

    def __init__(self, manner: Manner, deliver: Callable[[Update], None]) -> None:
        self.token = CancelToken()
        self.parts: deque[str] = deque()
        self.is_closed = False
        self.ahead_s = self.taken_at_s = 0.0
        self.skipped: EmptyTextError | None = None
        self.deliver = deliver
        self._manner = manner
        self._fragments: Iterator[Fragment] | None = None
        self._start_s = 0.0
        self._sentences = 0
        self._next_sentence = 0
        self._words: tuple[WordTiming, ...] = ()  # of fragments without samples

    @property
    def in_part(self) -> bool:
        """Whether the engine is in the middle of a part."""
        return self._fragments is not None

    @property
    def is_ahead(self) -> bool:
        """Whether the client must read before more is spoken."""
        return self.ahead_s >= MOST_AHEAD_S

    @property
    def verdict(self) -> Exception | None:
        """The error of a request spoken to the end: None, unless nothing could be heard."""
        if self._start_s:
            return None
        return self.skipped or EmptyTextError("the text holds nothing that can be pronounced")

    @property
    def can_go_on(self) -> bool:
        """Whether a turn would make progress now."""
        if self.token.cancelled:
            return True
        has_work = self.in_part or bool(self.parts) or self.is_closed
        return has_work and not self.is_ahead

    def begin(self, engine: SpeechEngine, part: str) -> None:
        """Hand a part to the engine.

        Raises:
            TtsError: the engine refuses it.
        """
        manner = self._manner
        self._sentences = self._next_sentence
        self._fragments = engine.stream(
            part,
            voice=manner.voice,
            language=manner.language,
            cancelled=self.token,
            **manner.settings,
        )

    def next_fragment(self) -> Fragment | None:
        """The next fragment with its position in the whole request; None at the end of the part.

        Raises:
            TtsError: the engine failed.
        """
        for fragment in self._fragments or ():
            self._words += shifted(fragment.words, self._start_s - fragment.start_s)
            self._next_sentence = self._sentences + fragment.sentence_index + 1
            if not len(fragment.samples):
                continue
            placed = dataclasses.replace(
                fragment,
                words=self._words,
                sentence_index=self._next_sentence - 1,
                start_s=self._start_s,
                is_final=False,
            )
            self._words = ()
            self._start_s += placed.duration_s
            return placed
        return None

    def end_part(self) -> None:
        """Close the engine's stream; in mid-stream, that cancels synthesis."""
        fragments, self._fragments = self._fragments, None
        close = getattr(fragments, "close", None)
        if callable(close):
            close()

"""One conversation: its texts in order, the one that is still coming in, and its player.

Not safe for two threads; ``SpeechQueue`` holds its lock around every call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.playback import PlaybackClock
from dora_mlx_tts.node.turns.text_stream import (
    Admission,
    SequenceWatch,
    StreamRules,
    TextStream,
    joined,
)
from dora_mlx_tts.node.turns.utterance import Utterance


class Session:
    """Texts of one ``session_id``; at most the last of them is an open stream.

    Args:
        rules: How texts in pieces are treated.
        part_limit: Sentences of one stream that may wait.
        clock: Seconds.
    """

    def __init__(self, rules: StreamRules, part_limit: int, clock: Callable[[], float]) -> None:
        self.texts: deque[Utterance] = deque()
        self.playback = PlaybackClock(clock)
        self.is_paused = False
        self.is_full = False
        self.is_cut = False  # audio of a silenced text may still wait at its receiver
        self._rules = rules
        self._part_limit = part_limit
        self._clock = clock
        self._stream: TextStream | None = None
        self._silenced: TextStream | None = None  # cancelled before its end; pieces may still come
        self._numbers = SequenceWatch()

    @property
    def stream(self) -> TextStream | None:
        """The text that is still coming in."""
        return self._stream

    def join(self, request: TextRequest) -> Admission | None:
        """Take a message that belongs to the open text, or to one that was silenced; None if to neither."""
        stream, now = self._stream, self._clock()
        is_piece = self._rules.is_piece(request)
        if stream is not None and (is_piece or request.ended) and stream.continues(request):
            return self._continue(stream, request, now)
        if is_piece and self._silenced is not None:
            old = self._silenced
            if old.is_stale(request, now):
                missing = self._missing(request, is_new_text=False)
                old.last_s, old.last_seq = now, request.seq
                if request.fin or request.ended:
                    self._silenced = None
                return Admission("late", old.utterance, missing)
            self._silenced = None
        return None

    def begin(self, utterance: Utterance) -> Admission:
        """A new text; it ends the one that was coming in."""
        request, now = utterance.request, self._clock()
        self.end_stream()
        missing = self._missing(request, is_new_text=True)
        self.texts.append(utterance)
        if self._is_open(request):
            utterance.closed = utterance.is_raw = False
            self._stream = TextStream(utterance, self._rules, now)
            self._feed(self._stream, request, now)
        else:
            utterance.parts.append(request.text)
            utterance.characters, utterance.first_part_s = len(request.text), now
        return Admission("new", utterance, missing)

    def refuse(self, utterance: Utterance) -> Admission:
        """Too much is waiting; further pieces of the same text are not answered one by one."""
        request = utterance.request
        missing = self._missing(request, is_new_text=True)
        if self._is_open(request):
            self._silenced = TextStream(utterance, self._rules, self._clock())
            self._silenced.feed(request, self._clock())
        return Admission("refused", None, missing)

    def flush(self, *, is_over: bool) -> None:
        """Speak the open sentence; ``is_over`` ends the text with it."""
        if is_over:
            self.end_stream()
        elif self._stream is not None:
            self._add(self._stream.utterance, self._stream.flush())

    def look_after_stream(self) -> None:
        """Do what the silence of the sender asks for."""
        now = self._clock()
        if self._stream is not None and now >= self._stream.due_s:
            self.flush(is_over=self._stream.is_over(now))

    def end_stream(self) -> None:
        """No more pieces are waited for."""
        if self._stream is not None:
            self._add(self._stream.utterance, self._stream.flush())
            self._stream.utterance.closed = True
            self._stream = None

    def drop(self, utterance: Utterance) -> None:
        """Forget what is left of a text."""
        utterance.parts.clear()
        utterance.closed = True
        if self._stream is not None and self._stream.utterance is utterance:
            self._silenced, self._stream = self._stream, None

    def _is_open(self, request: TextRequest) -> bool:
        """Whether pieces follow; one that is first and last is a whole text."""
        return self._rules.is_piece(request) and not (request.fin or request.ended)

    def _continue(self, stream: TextStream, request: TextRequest, now: float) -> Admission:
        utterance = stream.utterance
        is_repeated = request.seq is not None and request.seq == stream.last_seq
        utterance.pieces += 1
        utterance.request = joined(utterance.request, request)
        if is_repeated and not request.fin:
            return Admission("repeated", utterance)
        missing = 0 if is_repeated else self._missing(request, is_new_text=False)
        self._feed(stream, request, now)
        if request.flush:
            self.flush(is_over=False)
        return Admission("continued", utterance, missing)

    def _missing(self, request: TextRequest, *, is_new_text: bool) -> int:
        if request.seq is None:
            return 0
        return self._numbers.missing(request.seq, is_new_text=is_new_text)

    def _feed(self, stream: TextStream, request: TextRequest, now: float) -> None:
        stream.utterance.characters += len(request.text)
        self._add(stream.utterance, stream.feed(request, now))
        if request.fin or request.ended:
            self.end_stream()

    def _add(self, utterance: Utterance, sentences: list[str]) -> None:
        if sentences and utterance.first_part_s is None:
            utterance.first_part_s = self._clock()
        utterance.parts.extend(sentences)
        waiting = len(utterance.parts)
        if waiting > self._part_limit:
            utterance.overflow = f"{waiting} sentences of this text wait; {self._part_limit} are allowed (queue_limit)"
            while len(utterance.parts) > self._part_limit:
                utterance.parts.pop()

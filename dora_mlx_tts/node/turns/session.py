"""One conversation: its texts in order, the one still arriving, and its player.

Not thread-safe; ``SpeechQueue`` holds its lock around every call, and reads the clock once for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from dora_mlx_tts.node.protocol.messages import Stage, TextRequest
from dora_mlx_tts.node.turns.growth import Part
from dora_mlx_tts.node.turns.kept_audio import Replay
from dora_mlx_tts.node.turns.numbers import SequenceWatch
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.text_record import TextRecord, Verdict
from dora_mlx_tts.node.turns.text_stream import Admission, StreamRules, TextStream, joined
from dora_mlx_tts.node.turns.utterance import (
    PLAYER_PATIENCE_S,
    CutShort,
    Fault,
    Utterance,
)

_PAST: Final = 32
"""How many finished texts to remember, since pieces of them may still come."""
_LONGEST_STREAM: Final = 50
"""Maximum length of all pieces of one text together, as a multiple of ``limit``."""


class Session:
    """Texts of one ``session_id``; at most the last of them is an open stream.

    Args:
        rules: How to treat texts in pieces.
        part_limit: How many sentences of one stream may wait.
        playback: Its player.
    """

    def __init__(self, rules: StreamRules, part_limit: int, playback: Player) -> None:
        self.texts: deque[Utterance] = deque()
        self.silenced: deque[Utterance] = deque()  # replies to these texts come first
        self.playback = playback
        self.is_paused = False
        self.is_full = False
        self.is_cut = False  # the receiver may still hold audio of a silenced text
        self._rules = rules
        self._part_limit = part_limit
        self._stream: TextStream | None = None
        self._past: deque[TextRecord] = deque(maxlen=_PAST)
        self._watch = SequenceWatch()

    @property
    def stream(self) -> TextStream | None:
        """The text still arriving."""
        return self._stream

    @property
    def needs_turns(self) -> bool:
        """Whether its first text is being spoken or waits for a turn."""
        if not self.texts or self.is_paused or self.is_full:
            return False
        text = self.texts[0]
        if text.is_answer:
            return False
        return text.in_part or (text.has_work and not text.awaits_commit)

    @staticmethod
    def first(texts: Iterable[Utterance], now: float, *, can_wait: bool) -> Utterance | None:
        """The first text that awaits neither its commit nor its player's report of where it was cut.

        Args:
            texts: texts of this session, in order.
            now: current time in seconds.
            can_wait: whether reports may still come.
        """
        for utterance in texts:
            if utterance.awaits_commit and not utterance.cancelled:
                continue
            if not (can_wait and not utterance.in_part and utterance.may_be_told(now)):
                return utterance
        return None

    def commit(self, utterance: Utterance, now: float) -> None:
        """Queue a prepared text to be heard after everything now waiting."""
        utterance.ready_s = now
        if utterance.begun:
            utterance.follows_cut, self.is_cut = self.is_cut, False
        self.texts.remove(utterance)
        self.texts.append(utterance)

    # ------------------------------------------------------------------------------ what comes in

    def is_piece(self, request: TextRequest) -> bool:
        """Whether a message is a piece of a text rather than a whole text."""
        mode = self._rules.mode
        return mode == "stream" or (mode == "auto" and request.streamed)

    def join(self, request: TextRequest, now: float) -> Admission | None:
        """Take a message that belongs to the open text or to a finished one; None if to neither."""
        if not (self.is_piece(request) or request.ended):
            return None
        stream = self._open_for(request, now)
        if stream is not None:
            return self._continue(stream, request, now)
        found = self._past_text(request, now)
        if found is None:
            return None
        record, verdict = found
        missing = 0
        if verdict == "late":
            missing = record.numbers.missing_before(request.seq) if request.seq is not None else 0
            record.add(request, now)
            if record.utterance.is_kept:
                record.utterance.source.append(request.text)
        return Admission(verdict, record.utterance, missing)

    def begin(self, utterance: Utterance, now: float) -> Admission:
        """Begin a new text; this ends the one still arriving."""
        request = utterance.request
        self.end_stream(now, "superseded")
        self.texts.append(utterance)
        missing = 0
        if self.is_piece(request):
            utterance.closed = utterance.is_raw = False
            stream = self._stream = TextStream(utterance, self._rules, now)
            missing = self._missing(stream.record, request)
            self._feed(stream, request, now)
        else:
            utterance.parts.append(request.text)
            utterance.source.append(request.text)
            utterance.characters, utterance.first_part_s = len(request.text), now
        return Admission("new", utterance, missing)

    def resume(self, utterance: Utterance, old: Utterance, now: float) -> None:
        """Continue a cut text as a new one, which also gets any further pieces of the old."""
        self.texts.append(utterance)
        utterance.first_part_s = now
        utterance.characters = sum(map(len, utterance.source))
        record = next((record for record in self._past if record.utterance is old), None)
        if record is None:
            return
        self._past.remove(record)
        record.utterance, record.last_s = utterance, now
        if record.is_whole or self._stream is not None:
            self._past.append(record)
            return
        utterance.closed = False
        stream = self._stream = TextStream(utterance, self._rules, now, record)
        if utterance.parts and not isinstance(utterance.parts[-1], Replay):
            left = str(utterance.parts.pop())  # its last sentence may be incomplete
            gap = " " if old.source[-1:] and old.source[-1][-1:].isspace() else ""
            utterance.parts.extend(stream.reopen(left + gap))

    def refuse(self, utterance: Utterance, now: float) -> Admission:
        """Refuse a text; further pieces of it are not answered individually."""
        request, missing = utterance.request, 0
        if self.is_piece(request):
            record = TextRecord(utterance, now)
            missing = self._missing(record, request)
            record.add(request, now)
            self._past.append(record)
        return Admission("refused", None, missing)

    def _open_for(self, request: TextRequest, now: float) -> TextStream | None:
        """The open text, if a piece belongs to it."""
        stream = self._stream
        if stream is None or stream.record.relation(request) == "differs":
            return None
        if stream.record.contradicts(request) and stream.record.relation(request) != "same":
            return None  # its sender began a new text without saying so
        return None if self._is_claimed(stream.record, request, now) else stream

    def _is_claimed(self, record: TextRecord, request: TextRequest, now: float) -> bool:
        """Whether a finished text has a better claim to a piece than the open one."""
        found = self._past_text(request, now)
        if found is None:
            return False
        past, verdict = found
        if past.is_named(request) != record.is_named(request):
            return past.is_named(request)
        if past.relation(request) != record.relation(request):
            return past.relation(request) == "same"
        if request.seq is None or not record.numbers or record.is_next(request):
            return False
        if verdict == "repeated":
            return past.is_repeated(request) and request.seq not in record.numbers
        return (
            past.is_next(request) and request.seq > record.numbers.highest
        )  # not pieces left out before

    def _past_text(self, request: TextRequest, now: float) -> tuple[TextRecord, Verdict] | None:
        """The finished text that a piece belongs to, and the verdict on the piece."""
        rules = self._rules
        for record in reversed(self._past):
            verdict = record.verdict(request, now, idle_s=rules.idle_s, timeout_s=rules.timeout_s)
            if verdict is not None:
                return record, verdict
        return None

    def _continue(self, stream: TextStream, request: TextRequest, now: float) -> Admission:
        utterance, record = stream.utterance, stream.record
        utterance.pieces += 1
        utterance.request = joined(utterance.request, request)
        if request.seq is not None and request.seq in record.numbers:
            record.last_s = now
            if request.fin or request.ended:
                self.end_stream(now)
            return Admission("repeated", utterance)
        missing = record.numbers.missing_before(request.seq) if request.seq is not None else 0
        self._feed(stream, request, now)
        if request.flush:
            self.flush(now, is_over=False)
        return Admission("continued", utterance, missing)

    def _missing(self, record: TextRecord, request: TextRequest) -> int:
        if request.seq is None:
            return 0
        return self._watch.missing_before_text(request.seq, record.numbers)

    # ------------------------------------------------------------------------------ what goes out

    def go_on(self, now: float) -> None:
        """End a pause; its silence was intended and is no underrun."""
        self.is_paused = False
        self.fell_silent(now)

    def silence(self, utterance: Utterance, now: float) -> None:
        """Cancel a text: discard what its player still holds."""
        if utterance.playback.ahead_s(now):
            self.fell_silent(now)
        utterance.playback.reset(now)
        self.silenced.append(utterance)
        self.is_cut |= bool(utterance.fragments) or utterance.follows_cut
        self.drop(utterance)

    def due_times(self, now: float) -> Iterator[float]:
        """Times at which something may change here without any input."""
        if self._stream is not None:
            yield self._stream.due_s
        for text in self.texts:
            due_s = text.growing.due_s if text.growing else None
            if due_s is not None and due_s > now:  # a text that is due waits for something else
                yield due_s
        for text in self.silenced:
            if text.may_be_told(now):
                yield text.token.cancelled_s + PLAYER_PATIENCE_S

    def fell_silent(self, now: float) -> None:
        """Count the wait for the next speech from now on."""
        for utterance in self.texts:
            utterance.ready_s = now

    def go_on_after(self, utterance: Utterance, now: float) -> None:
        """Note that a text was answered: the next one's wait counts from now, unless this one was cut short."""
        if self.texts and not utterance.cancelled and not self.texts[0].begun:
            self.texts[0].ready_s = now

    def flush(self, now: float, *, is_over: bool) -> None:
        """Speak the open sentence; ``is_over`` ends the text with it."""
        if is_over:
            self.end_stream(now, "timeout")
        elif self._stream is not None:
            self._add(self._stream.utterance, self._stream.flush(), now)

    def look_after_stream(self, now: float) -> None:
        """React to the sender's silence."""
        stream = self._stream
        if stream is None or now < stream.due_s:
            return
        is_over = stream.is_over(now)
        if is_over and stream.record.has_fin:  # what still comes is late from now on
            stream.record.last_s = now
        self.flush(now, is_over=is_over)

    def end_stream(self, now: float, reason: CutShort = "") -> None:
        """Stop waiting for pieces; `reason` says why if the last one is missing."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._add(stream.utterance, stream.flush(), now)
            stream.utterance.closed = True
            stream.utterance.cut_short = reason if stream.record.lacks_fin else ""
            self._past.append(stream.record)

    def drop(self, utterance: Utterance) -> None:
        """Drop the rest of a cancelled text; pieces that still come are late."""
        utterance.parts.clear()
        utterance.closed = True
        stream = self._stream
        if stream is not None and stream.utterance is utterance:
            self._stream = None
            self._past.append(stream.record)

    def _feed(self, stream: TextStream, request: TextRequest, now: float) -> None:
        utterance = stream.utterance
        utterance.characters += len(request.text)
        utterance.source.append(request.text)
        self._add(utterance, stream.feed(request, now), now)
        longest = _LONGEST_STREAM * self._rules.limit
        if utterance.characters > longest:
            error = f"a text in pieces must be at most {longest} characters (50 times text_limit)"
            utterance.fault = utterance.fault or Fault(error, Stage.QUEUE)
        if stream.record.is_whole:
            self.end_stream(now)

    def _add(self, utterance: Utterance, sentences: list[Part], now: float) -> None:
        if sentences and utterance.first_part_s is None:
            utterance.first_part_s = now
        if utterance.fault is not None:
            return  # the spoken part is the beginning of the text, without a gap
        if sentences and not utterance.parts and not utterance.in_part:
            utterance.ready_s = now
        utterance.parts.extend(sentences)
        waiting = len(utterance.parts)
        if waiting > self._part_limit:
            utterance.fault = Fault(
                f"sentences of one text that wait must be at most {self._part_limit} (queue_limit), got {waiting}",
                Stage.QUEUE,
            )
            while len(utterance.parts) > self._part_limit:
                utterance.parts.pop()

"""One conversation: its texts in order, the one that is still coming in, and its player.

Not safe for two threads; ``SpeechQueue`` holds its lock around every call, and reads the clock once for it.
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
"""Texts that are over of which pieces may still come."""
_LONGEST_STREAM: Final = 50
"""Times ``limit`` characters that all the pieces of one text may have."""


class Session:
    """Texts of one ``session_id``; at most the last of them is an open stream.

    Args:
        rules: How texts in pieces are treated.
        part_limit: Sentences of one stream that may wait.
        playback: Its player.
    """

    def __init__(self, rules: StreamRules, part_limit: int, playback: Player) -> None:
        self.texts: deque[Utterance] = deque()
        self.silenced: deque[Utterance] = (
            deque()
        )  # those of the texts that are to be answered first
        self.playback = playback
        self.is_paused = False
        self.is_full = False
        self.is_cut = False  # audio of a silenced text may still wait at its receiver
        self._rules = rules
        self._part_limit = part_limit
        self._stream: TextStream | None = None
        self._past: deque[TextRecord] = deque(maxlen=_PAST)
        self._watch = SequenceWatch()

    @property
    def stream(self) -> TextStream | None:
        """The text that is still coming in."""
        return self._stream

    @property
    def needs_turns(self) -> bool:
        """Whether its first text is being spoken, or waits for a turn."""
        if not self.texts or self.is_paused or self.is_full:
            return False
        text = self.texts[0]
        if text.is_answer:
            return False
        return text.in_part or (text.has_work and not text.awaits_commit)

    @staticmethod
    def first(texts: Iterable[Utterance], now: float, *, can_wait: bool) -> Utterance | None:
        """The first of some texts that waits neither for its commit, nor for its player to say where it was cut.

        Args:
            texts: of this session, in order.
            now: seconds.
            can_wait: whether reports may still come.
        """
        for utterance in texts:
            if utterance.awaits_commit and not utterance.cancelled:
                continue
            if not (can_wait and not utterance.in_part and utterance.may_be_told(now)):
                return utterance
        return None

    def commit(self, utterance: Utterance, now: float) -> None:
        """A text that was prepared is to be heard, after what waits here by now."""
        utterance.ready_s = now
        if utterance.begun:
            utterance.follows_cut, self.is_cut = self.is_cut, False
        self.texts.remove(utterance)
        self.texts.append(utterance)

    # ------------------------------------------------------------------------------ what comes in

    def is_piece(self, request: TextRequest) -> bool:
        """Whether a message is a piece of a text rather than a whole one."""
        mode = self._rules.mode
        return mode == "stream" or (mode == "auto" and request.streamed)

    def join(self, request: TextRequest, now: float) -> Admission | None:
        """Take a message that belongs to the open text, or to one that is over; None if to neither."""
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
        """A new text; it ends the one that was coming in."""
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
        """A text that was cut continues as another one; pieces of it that still come belong to that."""
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
            left = str(utterance.parts.pop())  # its last sentence may not be complete
            gap = " " if old.source[-1:] and old.source[-1][-1:].isspace() else ""
            utterance.parts.extend(stream.reopen(left + gap))

    def refuse(self, utterance: Utterance, now: float) -> Admission:
        """A text that is not taken; further pieces of it are not answered one by one."""
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
            return None  # without a word, its sender began a new text
        return None if self._is_claimed(stream.record, request, now) else stream

    def _is_claimed(self, record: TextRecord, request: TextRequest, now: float) -> bool:
        """Whether a text that is over has a better claim to a piece than the open one."""
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
        )  # not what was left out

    def _past_text(self, request: TextRequest, now: float) -> tuple[TextRecord, Verdict] | None:
        """The text that is over to which a piece belongs, and what the piece is to it."""
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
        """A pause is over; the silence was asked for."""
        self.is_paused = False
        self.fell_silent(now)

    def silence(self, utterance: Utterance, now: float) -> None:
        """A text was cancelled: whatever its player still holds is discarded."""
        if utterance.playback.ahead_s(now):
            self.fell_silent(now)
        utterance.playback.reset(now)
        self.silenced.append(utterance)
        self.is_cut |= bool(utterance.fragments) or utterance.follows_cut
        self.drop(utterance)

    def due_times(self, now: float) -> Iterator[float]:
        """When something may have changed here by itself, though nothing comes in."""
        if self._stream is not None:
            yield self._stream.due_s
        for text in self.texts:
            if text.growing and text.growing.due_s is not None:
                yield text.growing.due_s
        for text in self.silenced:
            if text.may_be_told(now):
                yield text.token.cancelled_s + PLAYER_PATIENCE_S

    def fell_silent(self, now: float) -> None:
        """What is spoken next is waited for from now on."""
        for utterance in self.texts:
            utterance.ready_s = now

    def go_on_after(self, utterance: Utterance, now: float) -> None:
        """A text is answered; the one behind it waits from now on, unless the other one was cut short."""
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
        """Stop waiting for pieces; `reason` says why, if the last one did not arrive."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._add(stream.utterance, stream.flush(), now)
            stream.utterance.closed = True
            stream.utterance.cut_short = reason if stream.record.lacks_fin else ""
            self._past.append(stream.record)

    def drop(self, utterance: Utterance) -> None:
        """Forget what is left of a text that is not wanted; pieces that still come are late."""
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
            return  # what is spoken is the beginning of the text, without a hole
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

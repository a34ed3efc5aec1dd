"""Who speaks next, what is cancelled, and that every text gets exactly one terminal reply.

Two threads meet here: the listener (``receive``, ``reject``, ``cancel``, ``flush``, ``hold``, ``close``,
``stop``) and the speaking thread (``take``, ``next_part``, ``settle``). A text is *open* from ``receive`` to
``settle``; cancelling marks it but never removes it, so the speaking side answers every text. A streamed text
is one text whose parts arrive while it is already being spoken. Each call reads the clock once: two readings
could contradict each other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from dora_mlx_tts.node.protocol.messages import BufferStatus, Played, Stage, TextRequest
from dora_mlx_tts.node.turns.deadlines import most_urgent
from dora_mlx_tts.node.turns.growth import Part
from dora_mlx_tts.node.turns.holds import Holds
from dora_mlx_tts.node.turns.kept_audio import Replay, Start
from dora_mlx_tts.node.turns.player import Player, Position
from dora_mlx_tts.node.turns.preparation import UNCOMMITTED, Preparation
from dora_mlx_tts.node.turns.resumption import Resumption, resumed
from dora_mlx_tts.node.turns.session import Session
from dora_mlx_tts.node.turns.session_table import SessionTable
from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.text_stream import Admission, StreamRules
from dora_mlx_tts.node.turns.utterance import REFUSED, Fault, Utterance

DEFAULT_QUEUE_LIMIT: Final = 1000
DEFAULT_BEGUN_LIMIT: Final = 128
_UNANSWERED: Final = 1000
"""How many cancelled texts may wait for their replies beyond the limit."""


class SpeechQueue:
    """The queue of texts: limit, turns, holds and cancellation.

    Texts of one session are spoken in the order of arrival; sessions take turns, window by window, the most
    urgent one first (`deadlines`).

    Args:
        queue_limit: How many texts (and parts of one stream) may wait.
        rules: How to treat texts in pieces.
        max_ahead_s: Seconds of audio that may be sent ahead of playback; 0 is no limit.
        marks: Buffer levels of the player, in percent, below which speech continues and above which it waits.
        resume_window_s: Seconds after a cut during which a text can be resumed.
        begun_limit: How many texts may be in the middle of a part at once; others wait to begin.
        max_prepared_s: Total seconds of audio of texts that await their commit.
        clock: Seconds.
        changed: The condition that the speaking side waits on.
    """

    def __init__(  # noqa: PLR0913  limits, by name
        self,
        queue_limit: int = DEFAULT_QUEUE_LIMIT,
        rules: StreamRules | None = None,
        *,
        max_ahead_s: float = 0.0,
        marks: tuple[float, float] = (30.0, 60.0),
        resume_window_s: float = 0.0,
        begun_limit: int = DEFAULT_BEGUN_LIMIT,
        max_prepared_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        changed: threading.Condition | None = None,
    ) -> None:
        self.queue_limit = queue_limit
        self.rules = rules = rules or StreamRules()
        self._clock = clock
        self._changed = changed or threading.Condition()
        self._holds = Holds(max_ahead_s, marks)
        self._sessions = SessionTable(lambda: Session(rules, queue_limit, Player(clock)))
        self._resumption = Resumption(resume_window_s)
        self._begun_limit = begun_limit
        self._preparation = Preparation(max_prepared_s)
        self._open: set[Utterance] = set()
        self._depth = 0
        self._numbers = count()
        self._closed = False
        self._stopped = False

    # ----------------------------------------------------------------------------- listening side

    def next_index(self) -> int:
        """The running number for a text that is answered without queueing."""
        with self._changed:
            return next(self._numbers)

    def receive(self, request: TextRequest) -> Admission:
        """Take a text message: a new text, or a piece of its session's open text.

        On the first piece of a text, ``flush`` silences everything older in the session; on a later one it ends
        the open sentence.
        """
        with self._changed:
            now = self._clock()
            session = self._sessions[request.session]
            admission = session.join(request, now)
            if admission is None:
                if request.flush:
                    self._mark(lambda other: other.session == request.session, "flush", now)
                utterance = Utterance(request, -1, playback=session.playback)
                admission = self._begin(session, utterance, now)
            self._changed.notify_all()
            return admission

    def _begin(self, session: Session, utterance: Utterance, now: float) -> Admission:
        limit = self.queue_limit
        if self._depth >= limit or len(self._open) >= limit + _UNANSWERED:
            utterance.is_abandoned = True
            return session.refuse(utterance, now)
        self._enter(utterance)
        admission = session.begin(utterance, now)
        if self._closed:  # nothing more is waited for
            session.end_stream(now, "closed")
            self._drop_prepared(now)
        if self._stopped:
            self._cancel(utterance, "stop", now)
        return admission

    def _enter(self, utterance: Utterance) -> None:
        """Open a text."""
        utterance.index = next(self._numbers)
        self._open.add(utterance)
        self._sessions.open(utterance)
        self._resumption.begin(utterance)
        self._depth += 1
        if utterance.request.prepare:
            self._preparation.begin(utterance)

    def commit(self, target: Target) -> list[Utterance]:
        """Commit prepared texts and return them."""
        with self._changed:
            chosen = self._preparation.take(target)
            for utterance in chosen:
                self._sessions[utterance.session].commit(utterance, self._clock())
            self._changed.notify_all()
            return chosen

    def resume(self, target: Target, start: Start) -> int:
        """Continue texts that were cut and kept; return how many."""
        with self._changed:
            now = self._clock()
            chosen = self._resumption.take(target, self._open, now) if not self._stopped else []
            for old in chosen:
                new = resumed(old, start, self.rules)
                self._enter(new)
                self._sessions[new.session].resume(new, old, now)
            self._changed.notify_all()
            return len(chosen)

    def reject(self, request: TextRequest, error: str, stage: Stage) -> Admission:
        """Reject an unusable text message; it ends the text that it is a piece of.

        A text has one verdict, however many of its pieces are faulty: only ``refused`` must be answered.
        """
        with self._changed:
            now = self._clock()
            session = self._sessions[request.session]
            admission = session.join(request, now) if session.is_piece(request) else None
            if admission is None:
                refused = Utterance(request, -1, is_abandoned=True)
                admission = session.refuse(refused, now)
            utterance = admission.utterance
            if admission.kind == "continued" and utterance and not utterance.cancelled:
                utterance.fault = Fault(error, stage)
                self._cancel(utterance, REFUSED, now)
            self._changed.notify_all()
            return admission

    def flush(self, target: Target) -> int:
        """Speak the open sentences now; return the number of texts.

        This ends a text whose sender does not send ``fin``.
        """
        with self._changed:
            texts = self._sessions.flush(target, self._clock())
            self._changed.notify_all()
            return texts

    def cancel(self, target: Target, reason: str, *, keep: bool = False) -> int:
        """Silence the texts of ``target``, including the one being spoken; return their number.

        With ``keep`` they can be resumed, and texts sent in full but still being heard count too.
        """
        with self._changed:
            now = self._clock()
            if not keep:
                return self._mark(target, reason, now)
            heard = self._resumption.cut(target, reason, now)
            for utterance in self._open:
                if not utterance.cancelled and target(utterance.request):
                    self._resumption.keep(utterance)
            return heard + self._mark(target, reason, now)

    def sounding(self, target: Target) -> tuple[Utterance, Position] | None:
        """The text of ``target`` now being heard, and how far it has been played."""
        with self._changed:
            now = self._clock()
            utterance = self._resumption.sounding(target, self._open, now)
            if utterance is None:
                return None
            return utterance, utterance.playback.position(utterance.index, now)

    def cancel_one(self, utterance: Utterance, reason: str) -> None:
        """Silence a text that is open and not cancelled yet."""
        with self._changed:
            if utterance in self._open and not utterance.cancelled:
                self._cancel(utterance, reason, self._clock())
                self._changed.notify_all()

    def abandon(self, utterance: Utterance) -> None:
        """Drop the rest of a failed text; pieces that still arrive are late."""
        with self._changed:
            utterance.is_abandoned = True
            self._sessions[utterance.session].drop(utterance)

    def hold(self, name: str | None, *, paused: bool) -> None:
        """Pause or resume one session, or all of them."""
        with self._changed:
            if name is None:
                self._holds.is_paused = paused
            self._sessions.hold(name, self._clock(), paused=paused)
            self._changed.notify_all()

    def buffer(self, status: BufferStatus) -> None:
        """Note the player's buffer level: wait above the high mark, continue below the low one."""
        with self._changed:
            name = status.id("session_id")
            session = self._sessions[name] if name is not None else None
            self._holds.buffer(status.percent, session)
            self._changed.notify_all()

    def played(self, report: Played) -> str:
        """Take a player's report; return what is wrong with it, or an empty string."""
        with self._changed:
            wrong = self._sessions.player_of(report).report(report)
            self._changed.notify_all()
            return wrong

    def close(self) -> None:
        """Accept no more texts; ``take`` hands out what is queued and then ends."""
        with self._changed:
            self._close()

    def stop(self) -> None:
        """Silence everything and end; every open text is still handed out for its reply."""
        with self._changed:
            self._stopped = True
            self._mark(lambda _: True, "stop", self._clock())
            self._close()

    def _close(self) -> None:
        now = self._clock()
        for session in self._sessions:
            session.end_stream(now, "closed")
        self._closed = True
        self._drop_prepared(now)
        self._changed.notify_all()

    def _drop_prepared(self, now: float) -> None:
        """Drop prepared texts: nobody is left to commit them."""
        for utterance in self._preparation.take(lambda _: True):
            self._cancel(utterance, UNCOMMITTED, now)

    def _mark(self, target: Target, reason: str, now: float) -> int:
        chosen = [u for u in self._open if not u.cancelled and target(u.request)]
        for utterance in sorted(chosen, key=lambda u: u.index):
            self._cancel(utterance, reason, now)
        self._changed.notify_all()
        return len(chosen)

    def _cancel(self, utterance: Utterance, reason: str, now: float) -> None:
        self._preparation.drop(utterance)
        utterance.token.cancel(reason, at_s=now)
        self._depth -= not utterance.begun
        self._sessions[utterance.session].silence(utterance, now)

    # ------------------------------------------------------------------------------ speaking side

    def take(self) -> Utterance | None:
        """Wait for the next text to work on, cancelled ones included; None at the end.

        It stays first in its session until it is settled, so it is handed out repeatedly, for one window each
        time.
        """
        with self._changed:
            while True:
                now = self._clock()
                utterance = self._next(now) or self._preparation.next()
                if utterance is not None:
                    self._begin_turn(utterance)
                    return utterance
                if self._closed and not self._sessions.turns:
                    return None
                self._changed.wait(self._holds.patience_s(self._sessions.turns, now))

    def _next(self, now: float) -> Utterance | None:
        """What to hand out next: replies first, because they take no time, then the most urgent speech."""
        ready = []
        for session in self._sessions.turns:
            text = self._ready(session, now)
            if text is None or not text.in_part or text.is_answer:  # otherwise it has no deadline
                session.look_after_stream(now)
                text = self._ready(session, now)
            if text is not None:
                ready.append(text)
        answer = next((u for u in ready if u.is_answer), None)
        speech = self._speech(ready)
        if answer is not None and (not speech or self._sessions.may_answer):
            return answer
        return self._most_urgent(speech) if speech else None

    def _speech(self, ready: Sequence[Utterance]) -> list[Utterance]:
        return [u for u in ready if not u.is_answer and (u.in_part or self._may_begin(u))]

    def _may_begin(self, utterance: Utterance) -> bool:
        """Whether there is room for one more text with its own key-value cache.

        Texts that may have to wait for their writers get half of the room at most.
        """
        room = self._begun_limit // 2 if utterance.is_unfinished else self._begun_limit
        return sum(other.in_part for other in self._open) < room

    @staticmethod
    def _most_urgent(speech: Sequence[Utterance]) -> Utterance:
        return speech[most_urgent([utterance.need for utterance in speech])]

    def _ready(self, session: Session, now: float) -> Utterance | None:
        """The text of a session that can be spoken or answered, if there is one."""
        can_wait = not self._closed
        first = session.first(session.texts, now, can_wait=can_wait)
        if first is not None and self._is_ready(session, first, now):
            return first
        return session.first(session.silenced, now, can_wait=can_wait)

    def _begin_turn(self, utterance: Utterance) -> None:
        self._sessions.turn_taken(utterance)
        if not utterance.begun and not utterance.cancelled:
            self._depth -= 1
            session = self._sessions[utterance.session]
            if not utterance.awaits_commit:
                utterance.follows_cut, session.is_cut = session.is_cut, False
        utterance.begun = True

    def _is_ready(self, session: Session, utterance: Utterance, now: float) -> bool:
        """Whether the first text of a session can be spoken or answered."""
        if utterance.is_answer:
            return True
        return utterance.has_work and not self._is_held(session, now)

    def _is_held(self, session: Session, now: float) -> bool:
        return self._holds.holds(session, now, can_end=not self._closed)

    def company(self, utterance: Utterance, most: int) -> list[Utterance]:
        """The texts to serve after the one being served now, most urgent first.

        First windows are grouped with first windows and later ones with later ones, so nobody waiting for first
        audio waits for others' later windows.

        Args:
            utterance: the text being served now.
            most: maximum number of texts.
        """
        with self._changed:
            now, is_first = self._clock(), utterance.need.is_first
            texts = (self._ready(session, now) for session in self._sessions.turns)
            others = self._speech([u for u in texts if u is not None and u is not utterance])
            others = [other for other in others if other.need.is_first == is_first]
            return sorted(others, key=lambda other: other.need.due_s)[:most]

    def next_part(self, utterance: Utterance) -> Part | Replay | None:
        """The next part of a text for the engine, some seconds of speech; None if there is none now.

        Raises:
            TextError: the speech markup is malformed and must be refused.
        """
        with self._changed:
            part = utterance.begin_part()
            if not isinstance(part, str):
                return part
            divide = self.rules.parts if utterance.is_raw else self.rules.turns
            utterance.is_raw = False
        first, *others = divide(part)  # may take a while, so outside the lock
        with self._changed:
            if not utterance.cancelled:
                utterance.parts.extendleft(reversed(others))
        return first

    def end_part(self, utterance: Utterance) -> None:
        """Note that the engine has finished its part."""
        with self._changed:
            utterance.in_part, utterance.growing = False, None

    def may_send(self, utterance: Utterance) -> bool:
        """Whether previously synthesized audio of a text may be sent now."""
        with self._changed:
            return not self._is_held(self._sessions[utterance.session], self._clock())

    def awaits_player(self, utterance: Utterance) -> bool:
        """Whether a cut text's reply must wait for its player's last report; ``take`` hands it out then."""
        with self._changed:
            return not self._closed and utterance.may_be_told(self._clock())

    def settle(self, utterance: Utterance) -> bool:
        """Claim the terminal reply of a text; returns True exactly once."""
        with self._changed:
            if utterance not in self._open:
                return False
            now = self._clock()
            self._open.remove(utterance)
            self._sessions.close(utterance)
            self._sessions[utterance.session].go_on_after(utterance, now)
            self._resumption.answered(utterance, now)
            return True

    # ------------------------------------------------------------------------------------ observe

    @property
    def depth(self) -> int:
        """Texts that are waiting and not cancelled, which is what the limit counts."""
        with self._changed:
            return self._depth

    @property
    def sharing(self) -> int:
        """Number of conversations taking turns: those with a text being spoken or waiting."""
        with self._changed:
            return sum(session.needs_turns for session in self._sessions.turns)

    @property
    def open_texts(self) -> int:
        """Texts without a terminal reply yet."""
        with self._changed:
            return len(self._open)

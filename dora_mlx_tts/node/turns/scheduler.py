"""Who speaks next, what is cancelled, and that every text gets exactly one terminal reply.

Two threads meet here: one hears (``hear``, ``cancel``, ``flush``, ``hold``, ``close``, ``stop``), one speaks
(``take``, ``next_part``, ``settle``). A text is *open* from ``hear`` to ``settle``; cancelling marks it and
never removes it, so the speaking side answers every text. A streamed text is one text whose parts come
while it is already being spoken.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Final

from dora_mlx_tts.node.protocol.messages import BufferStatus, TextRequest
from dora_mlx_tts.node.turns.session import Session
from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.text_stream import Admission, StreamRules
from dora_mlx_tts.node.turns.utterance import Utterance

DEFAULT_QUEUE_LIMIT: Final = 1000
_SESSIONS: Final = 1000
"""Conversations without open texts that are remembered."""


class SpeechQueue:
    """The queue of texts with its limit, its turns, its holds and its cancellations.

    Texts of one session are spoken in the order of arrival; sessions take turns, sentence by sentence
    where a text is streamed, else text by text.

    Args:
        queue_limit: Texts (and parts of one stream) that may wait.
        rules: How texts in pieces are treated.
        max_ahead_s: Seconds of audio that may be sent ahead of playback; 0 is no limit.
        marks: Fill of the player's buffer in percent below which speech goes on, and above which it waits.
        clock: Seconds.
    """

    def __init__(
        self,
        queue_limit: int = DEFAULT_QUEUE_LIMIT,
        rules: StreamRules | None = None,
        *,
        max_ahead_s: float = 0.0,
        marks: tuple[float, float] = (30.0, 60.0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.queue_limit = queue_limit
        self.rules = rules or StreamRules()
        self._max_ahead_s = max_ahead_s
        self._marks = marks
        self._clock = clock
        self._changed = threading.Condition()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._turns: OrderedDict[str, Session] = OrderedDict()  # those with texts, next one first
        self._open: set[Utterance] = set()
        self._depth = 0
        self._numbers = count()
        self._is_paused = False
        self._is_full = False
        self._closed = False
        self._stopped = False

    # ------------------------------------------------------------------------------- hearing side

    def next_index(self) -> int:
        """The running number for a text that is answered without being queued."""
        with self._changed:
            return next(self._numbers)

    def receive(self, request: TextRequest) -> Admission:
        """Take a text message: a new text, or a piece of the one its session is hearing.

        A ``flush`` that begins a text first silences everything older of the same session; on a later
        piece it ends the open sentence.
        """
        name = request.id("session_id") or ""
        with self._changed:
            session = self._session(name)
            admission = session.join(request)
            if admission is None:
                if request.flush:
                    self._mark(lambda other: (other.id("session_id") or "") == name, "flush")
                admission = self._begin(session, Utterance(request, -1, playback=session.playback))
            self._changed.notify_all()
            return admission

    def _begin(self, session: Session, utterance: Utterance) -> Admission:
        if self._depth >= self.queue_limit:
            return session.refuse(utterance)
        utterance.index = next(self._numbers)
        self._open.add(utterance)
        self._turns.setdefault(utterance.session, session)
        self._depth += 1
        admission = session.begin(utterance)
        if self._stopped:
            self._cancel(utterance, "stop")
        return admission

    def flush(self, target: Target) -> int:
        """Speak the open sentences now; how many texts there were.

        That ends a text whose sender does not say ``fin``.
        """
        count = 0
        with self._changed:
            for session in self._turns.values():
                stream = session.stream
                if stream is not None and target(stream.utterance.request):
                    session.flush(is_over=not stream.has_fin)
                    count += 1
            self._changed.notify_all()
        return count

    def cancel(self, target: Target, reason: str) -> int:
        """Silence the texts of ``selection``, the one being spoken included; how many they were."""
        with self._changed:
            return self._mark(target, reason)

    def abandon(self, utterance: Utterance) -> None:
        """Drop what is left of a text that failed; pieces that still come are late."""
        with self._changed:
            self._session(utterance.session).drop(utterance)

    def hold(self, name: str | None, *, paused: bool) -> None:
        """Pause or resume one session, or all of them."""
        with self._changed:
            if name is None:
                self._is_paused = paused
                for session in self._sessions.values() if not paused else ():
                    session.is_paused = False
            else:
                self._session(name).is_paused = paused
            self._changed.notify_all()

    def buffer(self, status: BufferStatus) -> None:
        """The player's buffer is this full: wait above the high mark, go on below the low one."""
        low, high = self._marks
        with self._changed:
            name = status.id("session_id")
            target = self._session(name) if name is not None else None
            was_full = target.is_full if target is not None else self._is_full
            is_full = status.percent > high or (was_full and status.percent >= low)
            if target is not None:
                target.is_full = is_full
            else:
                self._is_full = is_full
            self._changed.notify_all()

    def close(self) -> None:
        """No more texts will come; ``take`` hands out what is queued and then ends."""
        with self._changed:
            for session in self._sessions.values():
                session.end_stream()
            self._closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Silence everything and end; every open text is still handed out to be answered."""
        with self._changed:
            self._mark(lambda _: True, "stop")
            self._stopped = True
            self._closed = True
            self._changed.notify_all()

    def _mark(self, target: Target, reason: str) -> int:
        chosen = [u for u in self._open if not u.cancelled and target(u.request)]
        for utterance in chosen:
            self._cancel(utterance, reason)
        self._changed.notify_all()
        return len(chosen)

    def _cancel(self, utterance: Utterance, reason: str) -> None:
        utterance.token.cancel(reason, at_s=self._clock())
        utterance.playback.reset()
        self._depth -= not utterance.begun
        session = self._session(utterance.session)
        session.is_cut |= bool(utterance.fragments) or utterance.follows_cut
        session.drop(utterance)

    def _session(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = Session(self.rules, self.queue_limit, self._clock)
            self._forget()
        self._sessions.move_to_end(name)
        return session

    def _forget(self) -> None:
        """Drop the conversations that were silent longest."""
        if len(self._sessions) > _SESSIONS + len(self._turns):
            idle = next(name for name in self._sessions if name not in self._turns)
            del self._sessions[idle]

    # ------------------------------------------------------------------------------ speaking side

    def take(self) -> Utterance | None:
        """The text whose turn it is, cancelled ones included; waits for one. None at the end.

        It stays the first of its session until it is settled, so a text of many parts is handed out
        again and again.
        """
        with self._changed:
            while True:
                for session in self._turns.values():
                    session.look_after_stream()
                utterance = self._next_ready()
                if utterance is not None:
                    if not utterance.begun and not utterance.cancelled:
                        self._begin_turn(utterance)
                    utterance.begun = True
                    return utterance
                if self._closed and not self._turns:
                    return None
                self._changed.wait(self._patience())

    def _begin_turn(self, utterance: Utterance) -> None:
        self._depth -= 1
        session = self._session(utterance.session)
        utterance.follows_cut, session.is_cut = session.is_cut, False

    def _next_ready(self) -> Utterance | None:
        for name, session in self._turns.items():
            for utterance in session.texts:
                if self._is_ready(session, utterance):
                    self._turns.move_to_end(name)
                    return utterance
        return None

    def _is_ready(self, session: Session, utterance: Utterance) -> bool:
        if utterance.cancelled:
            return True
        if utterance is not session.texts[0]:
            return False
        if utterance.is_finished:
            return True
        return bool(utterance.parts or utterance.in_part) and not self._is_held(session)

    def _is_held(self, session: Session) -> bool:
        """Whether a session is to wait: paused, or its player has enough."""
        if not self._closed and (
            self._is_paused or session.is_paused or self._is_full or session.is_full
        ):
            return True  # with the inputs closed nobody could end this
        return 0 < self._max_ahead_s < session.playback.ahead_s

    def _patience(self) -> float | None:
        """Seconds until something may have changed by itself; None for never."""
        now = self._clock()
        times = [s.stream.due_s - now for s in self._turns.values() if s.stream is not None]
        if self._max_ahead_s:
            ahead = [session.playback.ahead_s for session in self._turns.values()]
            times += [a - self._max_ahead_s for a in ahead if a > self._max_ahead_s]
        return max(min(times), 0.001) if times else None

    def next_part(self, utterance: Utterance) -> str | None:
        """The next part of a text for the engine; None where there is none now."""
        with self._changed:
            if not utterance.parts:
                return None
            utterance.in_part = True
            part = utterance.parts.popleft()
            if not utterance.is_raw:
                return part
            utterance.is_raw = False
        first, *others = self.rules.parts(part)  # takes a while, so nobody is kept waiting
        with self._changed:
            if not utterance.cancelled:
                utterance.parts.extendleft(reversed(others))
        return first

    def end_part(self, utterance: Utterance) -> None:
        """The engine is through with the part it was given."""
        with self._changed:
            utterance.in_part = False

    def may_speak(self, utterance: Utterance) -> bool:
        """Whether the next fragment of a text may be made now."""
        with self._changed:
            session = self._sessions.get(utterance.session)
            return session is None or not self._is_held(session)

    def settle(self, utterance: Utterance) -> bool:
        """Claim the terminal reply of a text: True exactly once."""
        with self._changed:
            if utterance not in self._open:
                return False
            self._open.remove(utterance)
            session = self._turns[utterance.session]
            session.texts.remove(utterance)
            if not session.texts:
                del self._turns[utterance.session]
            return True

    # -------------------------------------------------------------------------------------- watch

    @property
    def depth(self) -> int:
        """Texts that wait and are still wanted; this is what the limit counts."""
        with self._changed:
            return self._depth

    @property
    def open_texts(self) -> int:
        """Texts without a terminal reply yet."""
        with self._changed:
            return len(self._open)

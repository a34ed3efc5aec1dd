"""All sessions, and which of them speaks next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from dora_mlx_tts.node.protocol.messages import Played
from dora_mlx_tts.node.turns.player import Player
from dora_mlx_tts.node.turns.session import Session
from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.utterance import Utterance

_REMEMBERED: Final = 1000
"""How many sessions without open texts to remember."""
_ANSWERS: Final = 1000
"""Consecutive replies after which speech gets a turn, so that a flood of cancelled texts holds up nobody."""


class SessionTable:
    """Sessions by name; those with texts queue for their turns.

    Args:
        new_session: Creates a session.
    """

    def __init__(self, new_session: Callable[[], Session]) -> None:
        self._new_session = new_session
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._turns: OrderedDict[str, Session] = OrderedDict()  # the next one first
        self._answers = 0

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions.values())

    def __getitem__(self, name: str) -> Session:
        """The session of this name, created if needed."""
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = self._new_session()
            self._forget()
        self._sessions.move_to_end(name)
        return session

    def _forget(self) -> None:
        """Drop the session that has been idle longest."""
        if len(self._sessions) > _REMEMBERED + len(self._turns):
            idle = next(name for name in self._sessions if name not in self._turns)
            del self._sessions[idle]

    @property
    def turns(self) -> list[Session]:
        """Sessions with texts, the next one first."""
        return list(self._turns.values())

    def player_of(self, report: Played) -> Player:
        """The player that a report is about; without a session id, the one that was sent the text."""
        player = self[report.id("session_id") or ""].playback
        if report.id("session_id") is None and report.text_index is not None:
            players = (session.playback for session in self)
            player = next((p for p in players if p.knows(report.text_index)), player)
        return player

    def flush(self, target: Target, now: float) -> int:
        """Speak the open sentences of the texts of ``target``; return the number of texts."""
        texts = 0
        for session in self.turns:
            stream = session.stream
            if stream is not None and target(stream.utterance.request):
                session.flush(now, is_over=not stream.record.has_fin)
                texts += 1
        return texts

    def hold(self, name: str | None, now: float, *, paused: bool) -> None:
        """Pause or resume one session. Without a name, resume all; a pause of all is kept elsewhere."""
        for session in list(self) if name is None else [self[name]]:
            if not paused:
                session.go_on(now)
            elif name is not None:
                session.is_paused = True

    def open(self, utterance: Utterance) -> None:
        """Queue the session of a new text for its turn."""
        self._turns.setdefault(utterance.session, self[utterance.session])

    @property
    def may_answer(self) -> bool:
        """Whether replies still come before speech."""
        return self._answers < _ANSWERS

    def turn_taken(self, utterance: Utterance) -> None:
        """Move a session behind its equals, unless only a reply is left, which takes no time."""
        self._answers = self._answers + 1 if utterance.is_answer else 0
        if self._answers % _ANSWERS == 0:
            self._turns.move_to_end(utterance.session)

    def close(self, utterance: Utterance) -> None:
        """Close an answered text; a session without another text leaves the queue."""
        session = self._turns[utterance.session]
        session.texts.remove(utterance)
        if utterance in session.silenced:
            session.silenced.remove(utterance)
        if not session.texts:
            del self._turns[utterance.session]

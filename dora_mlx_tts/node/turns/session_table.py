"""All sessions, and which of them speaks next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from dora_mlx_tts.node.turns.session import Session
from dora_mlx_tts.node.turns.utterance import Utterance

_REMEMBERED: Final = 1000
"""Sessions without open texts that are remembered."""
_ANSWERS: Final = 1000
"""Answers in a row after which speech has its turn, so that a flood of cancelled texts holds up nobody."""


class SessionTable:
    """Sessions by name; those with texts stand in a row for their turns.

    Args:
        new_session: Makes one.
    """

    def __init__(self, new_session: Callable[[], Session]) -> None:
        self._new_session = new_session
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._turns: OrderedDict[str, Session] = OrderedDict()  # the next one first
        self._answers = 0

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions.values())

    def __getitem__(self, name: str) -> Session:
        """A session; one without texts may be new."""
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = self._new_session()
            self._forget()
        self._sessions.move_to_end(name)
        return session

    def _forget(self) -> None:
        """Drop the session that was silent longest."""
        if len(self._sessions) > _REMEMBERED + len(self._turns):
            idle = next(name for name in self._sessions if name not in self._turns)
            del self._sessions[idle]

    @property
    def turns(self) -> list[Session]:
        """Those with texts, the next one first."""
        return list(self._turns.values())

    def open(self, utterance: Utterance) -> None:
        """A session has a text, so it stands in the row."""
        self._turns.setdefault(utterance.session, self[utterance.session])

    @property
    def may_answer(self) -> bool:
        """Whether answers still come before speech."""
        return self._answers < _ANSWERS

    def turn_taken(self, utterance: Utterance) -> None:
        """Of equals the others are next, unless nothing is left to be spoken: an answer takes no time worth a turn."""
        self._answers = self._answers + 1 if utterance.is_answer else 0
        if self._answers % _ANSWERS == 0:
            self._turns.move_to_end(utterance.session)

    def close(self, utterance: Utterance) -> None:
        """A text is answered; a session without another leaves the row."""
        session = self._turns[utterance.session]
        session.texts.remove(utterance)
        if utterance in session.silenced:
            session.silenced.remove(utterance)
        if not session.texts:
            del self._turns[utterance.session]

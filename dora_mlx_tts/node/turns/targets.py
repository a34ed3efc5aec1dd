"""Which texts a command is aimed at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dora_mlx_tts.node.protocol.messages import Command, TextRequest

Selection = Callable[[TextRequest], bool]

_KEYS: Final = ("session_id", "question_id", "segment_id", "request_id", "goal_id")


def cancel_selection(command: Command) -> Selection:
    """Texts that match every id of the command; without ids, all."""
    wanted = {key: command.id(key) for key in _KEYS if command.id(key) is not None}
    return lambda text: all(text.id(key) == value for key, value in wanted.items())


def reset_selection(command: Command) -> Selection:
    """The ecosystem's smart reset: ``question_id`` names the turn that *stays*; without one, all go.

    A ``session_id`` limits it to that session.
    """
    session, question = command.id("session_id"), command.id("question_id")

    def selected(text: TextRequest) -> bool:
        if session is not None and text.id("session_id") != session:
            return False
        return question is None or text.id("question_id") != question

    return selected


SELECTIONS: Final = {"cancel": cancel_selection, "reset": reset_selection}
"""Commands that silence, and what each is aimed at."""

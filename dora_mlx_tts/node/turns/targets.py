"""Which texts a command matches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dora_mlx_tts.node.protocol.messages import Command, TextRequest

Target = Callable[[TextRequest], bool]

TEXT_KEYS: Final = ("question_id", "segment_id", "request_id", "goal_id")
"""Ids that identify a text within its session."""
_KEYS: Final = ("session_id", *TEXT_KEYS)


def cancel_target(command: Command) -> Target:
    """Matches texts that have every id of the command; without ids, all texts."""
    wanted = {key: value for key in _KEYS if (value := command.id(key)) is not None}
    session = wanted.pop("session_id", None)

    def selected(text: TextRequest) -> bool:
        if session is not None and text.session != session:
            return False
        return all(text.id(key) == value for key, value in wanted.items())

    return selected


def reset_target(command: Command) -> Target:
    """The "smart reset" of mofa: ``question_id`` names the turn that *stays*; without one, all texts match.

    A ``session_id`` limits it to that session.
    """
    session, question = command.id("session_id"), command.id("question_id")

    def selected(text: TextRequest) -> bool:
        if session is not None and text.session != session:
            return False
        return question is None or text.id("question_id") != question

    return selected


TARGETS: Final = {"cancel": cancel_target, "reset": reset_target}
"""Commands that silence texts, and which texts each one matches."""

"""Prepared texts: synthesized ahead, and kept until they are committed or dropped."""

from __future__ import annotations

from typing import Final

from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.utterance import Utterance

UNCOMMITTED: Final = "uncommitted"
"""Cancel reason for prepared texts that can no longer be committed because the inputs are closed."""


class Preparation:
    """The texts that await their commit, in the order of arrival.

    Args:
        max_s: Total seconds of their audio from which no more is synthesized.
    """

    def __init__(self, max_s: float) -> None:
        self._max_s = max_s
        self._texts: dict[Utterance, None] = {}

    def begin(self, utterance: Utterance) -> None:
        """Add a text to prepare."""
        utterance.awaits_commit = True
        self._texts[utterance] = None

    def drop(self, utterance: Utterance) -> None:
        """Remove a cancelled text."""
        self._texts.pop(utterance, None)
        utterance.awaits_commit = False

    def take(self, target: Target) -> list[Utterance]:
        """Take the texts to commit; each can be taken once."""
        chosen = [utterance for utterance in self._texts if target(utterance.request)]
        for utterance in chosen:
            self.drop(utterance)
        return chosen

    def next(self) -> Utterance | None:
        """The first text with something left to speak; None if the limit is reached."""
        if sum(utterance.held_s for utterance in self._texts) >= self._max_s:
            return None
        return next((utterance for utterance in self._texts if utterance.has_work), None)

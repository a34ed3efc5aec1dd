"""Prepared texts: synthesized ahead, and kept until they are committed or dropped."""

from __future__ import annotations

from typing import Final

from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.utterance import Utterance

UNCOMMITTED: Final = "uncommitted"
"""Reason of a prepared text that nobody can commit any more, because the inputs are closed."""


class Preparation:
    """The texts that await their commit, in the order of arrival.

    Args:
        max_s: Seconds of their audio, all together, from which on no more is made.
    """

    def __init__(self, max_s: float) -> None:
        self._max_s = max_s
        self._texts: dict[Utterance, None] = {}

    def begin(self, utterance: Utterance) -> None:
        """A text is to be prepared."""
        utterance.awaits_commit = True
        self._texts[utterance] = None

    def drop(self, utterance: Utterance) -> None:
        """A text is not wanted any more; it waits for nothing."""
        self._texts.pop(utterance, None)
        utterance.awaits_commit = False

    def take(self, target: Target) -> list[Utterance]:
        """The texts to be committed; each can be taken once."""
        chosen = [utterance for utterance in self._texts if target(utterance.request)]
        for utterance in chosen:
            self.drop(utterance)
        return chosen

    def next(self) -> Utterance | None:
        """The first text of which something is left to be spoken; None where no more may be."""
        if sum(utterance.held_s for utterance in self._texts) >= self._max_s:
            return None
        return next((utterance for utterance in self._texts if utterance.has_work), None)

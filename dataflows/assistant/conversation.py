"""The conversation as the language model should see it: of its answers, only what the user heard."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SEEN = 20  # messages of a conversation that the model sees
INTERRUPTED = " … (the user interrupted here)"
_WORD = re.compile(r"[\u3040-\u9fff]|[^\W_\u3040-\u9fff]+(?:['’]\w+)?")


@dataclass
class Said:
    """A question, or an answer with the texts that the voice spoke.

    Attributes:
        heard: what was heard of each text, by its number, and whether that is the whole text.
    """

    turn: int
    question: str = ""
    heard: dict[int, tuple[str, bool]] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """The role of the message's author."""
        return "assistant" if self.heard else "user"

    @property
    def content(self) -> str:
        """The message; the rest of an interrupted answer may repeat the word at the cut."""
        if not self.heard:
            return self.question
        parts = [self.heard[index] for index in sorted(self.heard)]
        said = ""
        for text, _ in parts:
            said = f"{_without_repetition(said, text)} {text}".strip()
        return said + ("" if parts[-1][1] else INTERRUPTED)


class Conversation:
    """Questions and answers in order."""

    def __init__(self) -> None:
        self._messages: list[Said] = []

    def ask(self, question: str, turn: int) -> list[dict[str, str]]:
        """Begin a turn; returns all messages up to the question."""
        self._messages.append(Said(turn, question))
        del self._messages[:-SEEN]
        return [{"role": one.role, "content": one.content} for one in self._messages]

    def hear(self, turn: int, index: int, text: str, *, is_whole: bool) -> None:
        """Record a spoken text of a turn's answer.

        Args:
            turn: the number of the question.
            index: the voice's number of the text.
            text: what was heard of it.
            is_whole: whether that is the whole text.
        """
        answer = next((one for one in self._messages if one.turn == turn and one.heard), None)
        if answer is not None:
            answer.heard[index] = (text, is_whole)
        elif text:
            later = (at for at, one in enumerate(self._messages) if one.turn > turn)
            answer = Said(turn, heard={index: (text, is_whole)})
            self._messages.insert(next(later, len(self._messages)), answer)

    def correct(self, index: int, text: str) -> None:
        """Correct a text that was cut during playback, after the voice had sent all of it."""
        for one in self._messages:
            if index in one.heard:
                one.heard[index] = (text, False)


def _without_repetition(said: str, rest: str) -> str:
    """What was said, without its last word if the rest begins with it, because it was cut in mid-word."""
    before, after = _WORD.findall(said.lower()), _WORD.findall(rest.lower())
    if not before or not after or before[-1] != after[0]:
        return said
    return said[: said.lower().rfind(before[-1])].rstrip()

"""What was said in one browser, as the language model is to see it: only what the user heard of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field

SEEN = 20  # messages of a conversation that the model sees
INTERRUPTED = " … (the user interrupted here)"


@dataclass
class Said:
    """A question, or an answer with the texts that the voice spoke of it.

    Attributes:
        heard: what was heard of each text, by its number, and whether that is all of it.
    """

    turn: int
    question: str = ""
    heard: dict[int, tuple[str, bool]] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Whose message it is."""
        return "assistant" if self.heard else "user"

    @property
    def content(self) -> str:
        """The message; an answer that went on begins again with the word that was cut."""
        if not self.heard:
            return self.question
        *before, (last, is_whole) = [self.heard[index] for index in sorted(self.heard)]
        parts = [text if whole else _without_last_word(text) for text, whole in before]
        return " ".join(filter(None, [*parts, last])) + ("" if is_whole else INTERRUPTED)


class Conversation:
    """Questions and answers in order."""

    def __init__(self) -> None:
        self._messages: list[Said] = []

    def ask(self, question: str, turn: int) -> list[dict[str, str]]:
        """Begin a turn; all messages up to the question."""
        self._messages.append(Said(turn, question))
        del self._messages[:-SEEN]
        return [{"role": one.role, "content": one.content} for one in self._messages]

    def hear(self, turn: int, index: int, text: str, *, is_whole: bool) -> None:
        """A text of a turn's answer was spoken.

        Args:
            turn: the number of the question.
            index: the number of the text in the voice.
            text: what was heard of it.
            is_whole: whether that is all.
        """
        answer = next((one for one in self._messages if one.turn == turn and one.heard), None)
        if answer is not None:
            answer.heard[index] = (text, is_whole)
        elif text:
            later = (at for at, one in enumerate(self._messages) if one.turn > turn)
            answer = Said(turn, heard={index: (text, is_whole)})
            self._messages.insert(next(later, len(self._messages)), answer)

    def correct(self, index: int, text: str) -> None:
        """A text that had left the voice was cut while it was still being played."""
        for one in self._messages:
            if index in one.heard:
                one.heard[index] = (text, False)


def _without_last_word(text: str) -> str:
    text = text.rstrip(" .,;:!?…，。；：！？、")
    is_chinese = "\u3040" <= text[-1:] <= "\u9fff"
    return text[:-1] if is_chinese else text[: text.rfind(" ") + 1].rstrip()

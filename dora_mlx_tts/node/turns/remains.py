"""What remains of a text after the part that was heard or synthesized."""

from __future__ import annotations

from dora_mlx_tts.node.turns.sent_audio import in_a_row
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText


def remaining_text(whole: SpokenText, said: str) -> str:
    """The text after the spoken beginning, as it was written."""
    return in_a_row([sentence.text for sentence in remains(whole, said)])


def remains(whole: SpokenText, said: str) -> list[SpokenSentence]:
    """The sentences after the spoken beginning, which is matched by its letters and digits.

    Sentences may have been joined or split, and spaces and punctuation changed, but never letters.

    Args:
        whole: the text in sentences.
        said: its spoken beginning.
    """
    letters = _letters(said)
    left: list[SpokenSentence] = []
    for sentence in whole.sentences:
        if left or not letters:
            left.append(sentence)
            continue
        here = _letters(sentence.text)
        if here <= letters:
            letters -= here
            continue
        rest = sentence.part(_after(sentence.text, letters), len(sentence.text))
        letters = 0
        left.append(rest)
    return left


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _after(text: str, letters: int) -> int:
    """Where the next word begins after that many letters and digits."""
    place = 0
    while letters:
        letters -= text[place].isalnum()
        place += 1
    while place < len(text) and not (text[place].isalnum() or text[place - 1].isspace()):
        place += 1
    return place

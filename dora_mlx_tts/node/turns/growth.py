"""The first sentence of a text in pieces, handed to the engine before it is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from dora_mlx_tts.text.punctuation import is_east_asian
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.pieces import spoken_text
from dora_mlx_tts.text.sentences.scanner import SentenceScanner
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText

Part: TypeAlias = str | GrowingText
"""What the engine gets in one call: a text, or a sentence that is still being written."""

_LONGEST: Final = 150
"""Length from which an unfinished sentence is shown, in letters; a Chinese character counts as three."""
_MARKUP: Final = "<{"


class SentenceGrowth:
    """Follows the first sentence of a stream, and knows when it has ended.

    Text that speech markup may affect is not shown until the sentence is complete.

    Args:
        scanner: of the stream.
        clock: seconds.
    """

    def __init__(self, scanner: SentenceScanner, clock: Callable[[], float]) -> None:
        self._scanner, self._clock = scanner, clock
        self._text: GrowingText | None = None
        self._shown = ""
        self._is_over = False
        self._fed = 0
        self._markup: int | None = None  # position of the first sign of markup

    def add(self, piece: str, sentences: Sequence[str]) -> list[Part]:
        """The parts that a piece adds: the growing sentence once, and complete sentences.

        Args:
            piece: as received.
            sentences: the sentences it completed.
        """
        if self._markup is None:
            places = [at for sign in _MARKUP if (at := piece.find(sign)) >= 0]
            self._markup = self._fed + min(places) if places else None
        self._fed += len(piece)
        if self._is_over:
            return [*sentences]
        shown = _beginning(
            str(sentences[0]) if sentences else self._scanner.text_before(self._markup)
        )
        if self._text is not None and not shown.startswith(self._shown):
            return self._give_up(sentences)
        if sentences:
            return self._finish(sentences)
        self._shown = shown.rstrip()
        if not any(char.isalnum() for char in shown):
            return []
        if self._text is not None:
            self._text.grow(shown)
            return []
        self._text = GrowingText(self._clock)
        self._text.grow(shown)
        return [self._text]

    def end(self, sentences: Sequence[str]) -> list[Part]:
        """End the open sentence, complete or not."""
        return self._finish(sentences) if self._text is not None else [*sentences]

    def _give_up(self, sentences: Sequence[str]) -> list[Part]:
        """The shown text proved to be reasoning, which has now ended: end the part there; another text follows."""
        shown = self._shown
        return self._finish([spoken_text(shown, [SpokenSentence(shown)]), *sentences])

    def _finish(self, sentences: Sequence[str]) -> list[Part]:
        self._is_over = True
        if self._text is None:
            return [*sentences]
        text, self._text = self._text, None
        first = sentences[0] if sentences else ""
        text.finish(first if isinstance(first, SpokenText) else spoken_text(first, ()))
        return [*sentences[1:]]


def _beginning(text: str) -> str:
    room = _LONGEST
    for number, char in enumerate(text):
        room -= 3 if is_east_asian(char) else 1
        if room < 0:
            return text[:number]
    return text

"""A whole text as synthesis speaks it: pieces with their pauses and rates."""

from __future__ import annotations

from dataclasses import dataclass

from dora_mlx_tts.text.markup.markdown_filter import MarkupFilter
from dora_mlx_tts.text.markup.ssml import Policy, SpeechMarkup
from dora_mlx_tts.text.sentences.segments import segments
from dora_mlx_tts.text.sentences.split import split


@dataclass(frozen=True, slots=True)
class Piece:
    """What is spoken in one go.

    Attributes:
        text: for `FrontEnd.phonemize`; it may hold notes, `notes.plain` is what people may see.
            Empty for a pause alone.
        pause_s: silence behind it, in seconds, beside the pause any sentence has.
        rate: factor on the speaking rate.
    """

    text: str
    pause_s: float = 0.0
    rate: float = 1.0


def pieces(
    text: str, policy: Policy = "text", *, join_short: bool = True, short_parts: bool = False
) -> list[Piece]:
    """Pieces of a text with markup, or with the notes the sentence scanner made of it.

    Args:
        text: what is to be spoken.
        policy: what malformed markup is.
        join_short: whether short sentences share a piece.
        short_parts: whether sentences are divided into shorter parts that end with stops.

    Raises:
        TextError: malformed markup, with its position, where `policy` is strict.
    """
    found: list[Piece] = []
    for segment in segments(text, policy):
        parts = split(segment.text, join_short=join_short, short_parts=short_parts) or [""]
        found += [Piece(part, 0.0, segment.rate) for part in parts[:-1]]
        found.append(Piece(parts[-1], segment.pause_s, segment.rate))
    return found


def filtered(text: str, policy: Policy = "text") -> str:
    """A whole text without Markdown, tags and emoji, its speech markup as notes.

    Raises:
        TextError: malformed markup, with its position, where `policy` is strict.
    """
    speaks = policy != "off"
    markup = MarkupFilter(speech_tags=speaks)
    chars = [*markup.feed(text), *markup.flush()]
    if speaks:
        speech = SpeechMarkup(policy)
        chars = [*speech.feed(chars), *speech.flush()]
    return "".join(char.text for char in chars)

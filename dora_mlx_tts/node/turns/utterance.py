"""One text on its way from the queue to its terminal reply."""

from __future__ import annotations

import math
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from dora_mlx_tts.node.protocol.messages import Stage, TextRequest
from dora_mlx_tts.node.turns.growth import Part
from dora_mlx_tts.node.turns.playback import PlaybackClock
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.text.sentences.growing import GrowingText

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

_WIDE_S = 0.2  # a Han character, a kana or a Hangul syllable takes about this long
_NARROW_S = 0.07
_CLOSING = " .,;:!?…。，、；：！？」』”’\"')"


REFUSED: Final = "refused"
"""Reason of an utterance that a piece of its own text ended, because nothing could be made of that piece."""


class Fault(NamedTuple):
    """Why a text is answered with an error, whatever else becomes of it."""

    error: str
    stage: Stage


@dataclass(slots=True)
class _Sentence:
    """What has left of one sentence: when it begins to play and how long it is so far.

    ``words`` holds when each word begins to play and the character after its last one, where that is known.
    """

    text: str
    start_s: float
    duration_s: float = 0.0
    words: list[tuple[float, int]] = field(default_factory=list)

    def heard(self, until: float) -> str:
        """What was heard of it up to the word that was being said; without word times, by its length."""
        played = until - self.start_s
        if not self.words:
            length = max(self.duration_s, _usual_duration(self.text))
            return _beginning(self.text, min(played, self.duration_s) / length if length else 1.0)
        if self.words[-1][1] >= len(self.text.rstrip(_CLOSING)) and played >= self.duration_s:
            return self.text
        return self.text[: max((end for start, end in self.words if start <= until), default=0)]


@dataclass(eq=False, slots=True)
class Utterance:
    """A whole text, or a streamed one while its pieces come in.

    Attributes:
        request: The text and what its sender said about it; of a stream the newest of each key.
        index: Running number of the text in this node; on all its outputs.
        token: Cancelled by whoever asks for silence; its reason is the command.
        fragments: Audio messages sent so far, the next one's ``seq``.
        parts: What is still to be handed to the engine, in order.
        closed: Whether no more parts will come.
        is_raw: Whether ``parts`` is the text as received, neither filtered nor divided.
        pieces: Messages this text came in.
        characters: Their length together.
        first_part_s: When the first part was complete.
        fault: Why some of it is not spoken, where that is its sender's doing.
        is_abandoned: Whether it failed, so that nothing more of it is spoken.
        begun: Whether it was handed out at least once.
        follows_cut: Whether audio of an older, silenced text may still wait at the receiver.
        in_part: Whether the engine is in the middle of a part.
        growing: That part, where it is still being written.
        playback: The clock of its conversation's player.
        last_start_s: When the fragment sent last begins to play.
    """

    request: TextRequest
    index: int
    token: CancelToken = field(default_factory=CancelToken)
    fragments: int = 0
    parts: deque[Part] = field(default_factory=deque)
    closed: bool = True
    is_raw: bool = True
    pieces: int = 1
    characters: int = 0
    first_part_s: float | None = None
    fault: Fault | None = None
    is_abandoned: bool = False
    begun: bool = False
    follows_cut: bool = False
    in_part: bool = False
    growing: GrowingText | None = None
    playback: PlaybackClock = field(default_factory=PlaybackClock)
    last_start_s: float = 0.0
    _sentences: dict[int, _Sentence] = field(default_factory=dict)
    _unbroken: int | None = None  # sentences before the first hole

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for silence; looked at before every fragment."""
        return self.token.cancelled

    @property
    def cancelled_by(self) -> str:
        """The command that cancelled it, empty while it is wanted."""
        return self.token.reason

    @property
    def is_silenced(self) -> bool:
        """Whether nobody will hear more of it, so that pieces that still come are late."""
        return self.cancelled or self.is_abandoned

    @property
    def session(self) -> str:
        """The conversation that this text belongs to; texts without an id share one."""
        return self.request.session

    @property
    def has_work(self) -> bool:
        """Whether the engine has something to do for it now."""
        if self.in_part:
            return self.growing is None or not self.growing.is_starved
        return bool(self.parts)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be spoken and nothing will come."""
        return self.closed and not self.parts and not self.in_part

    def spoke(self, fragment: Fragment) -> None:
        """Remember that this fragment has left."""
        self.fragments += 1
        start = self.last_start_s = self.playback.add(fragment.duration_s)
        key = int(fragment.sentence_index)
        sentence = self._sentences.setdefault(key, _Sentence(str(fragment.text), start))
        sentence.text = str(fragment.text)  # of a growing sentence, what is known by now
        sentence.duration_s += fragment.duration_s
        later = start - fragment.start_s
        sentence.words += [(word.start_s + later, word.end) for word in fragment.words]

    def leave_hole(self) -> None:
        """What was being spoken failed; what is spoken after it does not follow on what came before."""
        if self._unbroken is None:
            self._unbroken = len(self._sentences)

    @property
    def spoken_text(self) -> str:
        """The sentences of which audio has left; of a cancelled text, as far as it was heard.

        That is a beginning of the text: a sentence is followed by the next one once it was heard whole,
        and none follows one that failed.
        """
        sentences = [sentence for _, sentence in sorted(self._sentences.items())]
        if not self.cancelled:
            return _in_a_row([sentence.text for sentence in sentences])
        until = self.token.cancelled_s or self.playback.now()
        begun = [one for one in sentences[: self._unbroken] if one.start_s <= until]
        whole = [sentence.text for sentence in begun[:-1]]
        return _in_a_row(whole + [sentence.heard(until) for sentence in begun[-1:]])

    @property
    def played_s(self) -> float:
        """Seconds of its audio that have played, up to the cancellation if there was one."""
        until = self.token.cancelled_s or self.playback.now()
        return sum(
            min(max(until - sentence.start_s, 0.0), sentence.duration_s)
            for sentence in list(self._sentences.values())
        )


def _in_a_row(texts: list[str]) -> str:
    """Sentences as they were written: with a blank between them, but not after Chinese or Japanese."""
    said = ""
    for text in filter(None, texts):
        said += text if not said or _is_wide(said[-1]) or said[-1].isspace() else f" {text}"
    return said


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


def _usual_duration(text: str) -> float:
    return sum(_WIDE_S if _is_wide(c) else _NARROW_S for c in text if c.isalnum())


def _beginning(text: str, share: float) -> str:
    """This share of ``text``, the word it ends in included."""
    if share >= 1:
        return text
    end = max(1, math.ceil(len(text) * share))
    if not _is_wide(text[end - 1 : end] or " "):
        while end < len(text) and not text[end].isspace() and not _is_wide(text[end]):
            end += 1
    return text[:end].rstrip()

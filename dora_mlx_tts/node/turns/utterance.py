"""One text on its way from the queue to its terminal reply."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from dora_mlx_tts.node.protocol.messages import Stage, TextRequest
from dora_mlx_tts.node.turns.deadlines import Need
from dora_mlx_tts.node.turns.growth import Part
from dora_mlx_tts.node.turns.kept_audio import KeptAudio, Replay
from dora_mlx_tts.node.turns.player import Player, Position
from dora_mlx_tts.node.turns.sent_audio import SentAudio
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.text.sentences.growing import GrowingText

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

PLAYER_PATIENCE_S: Final = 0.5
"""Seconds that the reply waits after a cancel for a player that reports."""
_AUDIBLE_GAP_S: Final = 0.005
_LONGEST_DELAY_S: Final = 10.0
"""Seconds by which a player that stands still may delay the next window; after that it is due like any other."""

REFUSED: Final = "refused"
"""Reason of an utterance that ended because one of its own pieces was unusable."""

CutShort = Literal["", "superseded", "timeout", "closed"]
"""Why a text no longer waits for its last piece: another text began, it took too long, or the inputs closed."""


class Fault(NamedTuple):
    """Why the reply to a text is an error, whatever else happens to it."""

    error: str
    stage: Stage


@dataclass(eq=False, slots=True)
class Utterance:
    """A whole text, or a streamed one whose pieces are still arriving.

    Attributes:
        request: The text and what its sender said about it; for a stream, the newest value of each key.
        index: Running number of the text in this node, repeated on all its outputs.
        token: Cancelled to silence the text; its reason is the command.
        fragments: Audio messages sent so far, hence the next one's ``seq``.
        parts: Parts not yet handed to the engine, in order.
        closed: Whether no more parts will come.
        is_raw: Whether ``parts`` is the text as received, neither filtered nor divided.
        pieces: Number of messages that made up this text.
        characters: Their total length.
        first_part_s: When the first part was complete.
        fault: Why part of it is not spoken, if its sender is at fault.
        is_abandoned: Whether it failed, so that no more of it is spoken.
        cut_short: Why it ended without the last piece that its sender promised, if it did.
        begun: Whether it has been handed out at least once.
        follows_cut: Whether the receiver may still hold audio of an older, silenced text.
        in_part: Whether the engine is in the middle of a part.
        growing: That part, while it is still being written.
        playback: Its conversation's player.
        audio: Its sent audio.
        source: Its text as received, piece by piece.
        ready_s: When awaited text arrived, or a pause ended.
        underruns: How often its player ran dry although there was text to speak.
        longest_gap_s: The longest of these silences.
        kept: Its audio, if it can be resumed.
        is_kept: Whether it was cut and can still be resumed.
        last_start_s: When the last fragment sent starts playing.
        last_end_s: When that fragment ends; both are estimates made while sending.
        held_s: Seconds of its audio held back: for the rest, if the text is one message, or for its commit.
        awaits_commit: Whether it is synthesized ahead and none of it may be sent yet.
        prepared: The fragments synthesized meanwhile.
    """

    request: TextRequest
    index: int
    token: CancelToken = field(default_factory=CancelToken)
    fragments: int = 0
    parts: deque[Part | Replay] = field(default_factory=deque)
    closed: bool = True
    is_raw: bool = True
    pieces: int = 1
    characters: int = 0
    first_part_s: float | None = None
    fault: Fault | None = None
    is_abandoned: bool = False
    cut_short: CutShort = ""
    begun: bool = False
    follows_cut: bool = False
    in_part: bool = False
    growing: GrowingText | None = None
    playback: Player = field(default_factory=Player)
    audio: SentAudio = field(default_factory=SentAudio)
    source: list[str] = field(default_factory=list)
    ready_s: float = 0.0
    underruns: int = 0
    longest_gap_s: float = 0.0
    kept: KeptAudio | None = None
    is_kept: bool = False
    last_start_s: float = 0.0
    last_end_s: float = 0.0
    held_s: float = 0.0
    awaits_commit: bool = False
    prepared: deque[Fragment] = field(default_factory=deque)

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled; checked before every fragment."""
        return self.token.cancelled

    @property
    def cancelled_by(self) -> str:
        """The command that cancelled it; empty if it was not cancelled."""
        return self.token.reason

    @property
    def is_silenced(self) -> bool:
        """Whether no more of it will be heard, so that further pieces are late."""
        return self.cancelled or self.is_abandoned

    @property
    def session(self) -> str:
        """The conversation that this text belongs to; texts without an id share one."""
        return self.request.session

    @property
    def has_work(self) -> bool:
        """Whether the engine has work to do for it now."""
        if self.in_part:
            return self.growing is None or not self.growing.is_starved
        return bool(self.parts) or (bool(self.prepared) and not self.awaits_commit)

    @property
    def is_unfinished(self) -> bool:
        """Whether the next part is still being written, so that the engine may have to wait for it."""
        part = self.parts[0] if self.parts else None
        return isinstance(part, GrowingText) and part.whole is None

    @property
    def is_answer(self) -> bool:
        """Whether no more of it will be spoken, so that only its reply is left."""
        return self.cancelled or self.is_finished

    @property
    def need(self) -> Need:
        """How urgent its next window is. Audio that is held back counts as if it had started playing at once."""
        ready_s = max(self.ready_s, self.first_part_s or 0.0)
        held_until_s = ready_s + self.held_s if self.held_s else 0.0
        silent_s = max(self.playback.end_s, held_until_s)
        if self.fragments:
            silent_s = min(silent_s, self.last_end_s + _LONGEST_DELAY_S)
        return Need(ready_s, silent_s)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to speak or send and nothing more will come."""
        is_spoken = self.closed and not self.parts and not self.in_part
        return is_spoken and not self.prepared and not self.awaits_commit

    def begin_part(self) -> Part | Replay | None:
        """Take out the next part; a sentence complete by now comes as a text. None if there is none now."""
        if not self.parts:
            return None
        self.in_part = True
        part = self.parts.popleft()
        if isinstance(part, GrowingText):
            if part.whole is not None:
                return part.whole
            self.growing = part
        return part

    def prepare(self, fragment: Fragment) -> None:
        """Hold a fragment until the text is committed."""
        self.prepared.append(fragment)
        self.held_s += fragment.duration_s

    def next_prepared(self) -> Fragment:
        """Take out the first of these fragments to send it."""
        fragment = self.prepared.popleft()
        self.held_s = max(0.0, self.held_s - fragment.duration_s)
        return fragment

    def spoke(self, fragment: Fragment) -> None:
        """Record that this fragment was sent."""
        if not self.fragments:
            self.playback.begin(self.index, self.audio)
        elif (gap_s := self.playback.dry_s(self.ready_s)) > _AUDIBLE_GAP_S:
            self.underruns += 1
            self.longest_gap_s = max(self.longest_gap_s, gap_s)
        self.fragments += 1
        self.last_start_s = self.playback.add(fragment.duration_s)
        self.last_end_s = self.last_start_s + fragment.duration_s
        self.audio.add(fragment, self.last_start_s)
        if self.kept is not None:
            self.kept.add(fragment, self.position.seconds)

    @property
    def position(self) -> Position:
        """How much of its audio has played, up to the cancellation if there was one."""
        until = self.token.cancelled_s or self.playback.now()
        return self.playback.position(self.index, until)

    def leave_hole(self) -> None:
        """Note that the current part failed: what is spoken next does not directly follow what came before."""
        self.audio.leave_hole()

    @property
    def spoken_text(self) -> str:
        """The sentences for which audio was sent; for a cancelled text, as far as it was heard."""
        return self.audio.heard(self.position.seconds) if self.cancelled else self.audio.text

    def may_be_told(self, now: float) -> bool:
        """Whether its player may still report where it was cut; true only for a moment after the cut."""
        cut = self.token.cancelled_s
        if not self.cancelled or not self.fragments or now >= cut + PLAYER_PATIENCE_S:
            return False
        return self.playback.will_tell(self.index, cut, now)

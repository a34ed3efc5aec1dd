"""The node's figures as records."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

_MAX_COUNT = 2**63 - 1
WORK = ("voice", "front_end", "prefill", "tokens", "sound")
"""Kinds of work whose seconds an engine may report."""
NO_AUDIO = -1.0
"""Placeholder for a time or ratio that is undefined because no audio was sent."""


@dataclass(frozen=True, slots=True)
class SpeechFigures:
    """The cost of speaking one text.

    Attributes:
        queue_ms: Until synthesis began.
        aggregation_ms: Until the first sentence was complete.
        ttfb_ms: Time to first byte: until the first fragment was ready to be sent.
        ttfa_ms: Time to first audio: until the first audible sample plays, assuming a player that plays
            immediately and has no earlier audio of this session left.
        total_ms: Until the reply.
        synthesis_ms: Time spent on synthesis and sending, without waiting.
        waiting_ms: The rest of ``total_ms``: waiting for text, for a turn, for the player.
        voice_ms: Part of ``synthesis_ms``: loading the voice and preparing its reference.
        front_end_ms: Part of ``synthesis_ms``: text to phones and their features.
        prefill_ms: Part of ``synthesis_ms``: up to the first token of each attempt.
        tokens_ms: Part of ``synthesis_ms``: the other tokens and their checks, except those decoded on a second
            core in the meantime.
        sound_ms: Part of ``synthesis_ms``: tokens to samples.
        rtf: Real-time factor: ``synthesis_ms`` divided by the duration of the audio. Below 1 is faster than
            real time.
        audio_s: Duration of the audio that was sent.
        fragments: Audio messages sent; a receiver that counts fewer has lost some.
        tokens: Semantic tokens decoded for that audio.
        characters: Length of the text.
        pieces: Number of messages that made up the text.
        underruns: How often the player ran dry within the text although there was text to speak.
        longest_gap_ms: Longest of these silences.
    """

    queue_ms: float
    aggregation_ms: float
    ttfb_ms: float
    ttfa_ms: float
    total_ms: float
    synthesis_ms: float
    waiting_ms: float
    voice_ms: float
    front_end_ms: float
    prefill_ms: float
    tokens_ms: float
    sound_ms: float
    rtf: float
    audio_s: float
    fragments: int
    tokens: int
    characters: int
    pieces: int
    underruns: int = 0
    longest_gap_ms: float = 0.0

    def as_metadata(self) -> dict[str, int | float]:
        """The figures by name; floats are rounded to clock resolution."""
        return {key: round(value, 4) for key, value in asdict(self).items()}


class SpeechMeter:
    """Collects the figures of one text while it is being spoken."""

    def __init__(self, received_s: float, characters: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._received_s = received_s
        self.characters = characters
        self.pieces = 1
        self.underruns = 0
        self.longest_gap_s = 0.0
        self.first_part_s: float | None = None
        self._started_s: float | None = None
        self._resumed_s: float | None = None
        self._worked_s = 0.0
        self._audible_s: float | None = None
        self._first_s: float | None = None
        self._audio_s = 0.0
        self._fragments = 0
        self._tokens = 0
        self._work_s = dict.fromkeys(WORK, 0.0)

    def pause(self) -> None:
        """Synthesis starts waiting: for text, for the player, or for another session's turn."""
        if self._resumed_s is not None:
            self._worked_s += self._clock() - self._resumed_s
            self._resumed_s = None

    def resume(self) -> None:
        """Synthesis starts or continues."""
        now = self._clock()
        self._started_s = now if self._started_s is None else self._started_s
        self._resumed_s = now

    def worked(self, seconds: Mapping[str, float]) -> None:
        """Add the time that the engine spent on a part, by kind of work; ignore unknown kinds."""
        for kind in WORK:
            self._work_s[kind] += seconds.get(kind, 0.0)

    def produced(self) -> None:
        """Note that a fragment is ready; the first one sets the time to first byte."""
        if self._first_s is None:
            self._first_s = self._clock()

    def sent(self, audio_s: float, tokens: int) -> None:
        """Note that a fragment of ``audio_s`` seconds was sent."""
        self._audio_s += audio_s
        self._tokens += tokens
        self._fragments += 1

    def audible(self, at_s: float) -> None:
        """Note when a sound plays; only the first one counts."""
        if self._audible_s is None:
            self._audible_s = at_s

    def figures(self) -> SpeechFigures:
        """The figures so far."""
        now = self._clock()
        started = now if self._started_s is None else self._started_s
        worked = self._worked_s + (0.0 if self._resumed_s is None else now - self._resumed_s)
        first = self._first_s if self._fragments else None
        return SpeechFigures(
            queue_ms=1e3 * (started - self._received_s),
            aggregation_ms=self._after_receipt(self.first_part_s, 0.0),
            ttfb_ms=self._after_receipt(first, NO_AUDIO),
            ttfa_ms=self._after_receipt(self._audible_s, NO_AUDIO),
            total_ms=1e3 * (now - self._received_s),
            synthesis_ms=1e3 * worked,
            waiting_ms=1e3 * (now - self._received_s - worked),
            **{f"{kind}_ms": 1e3 * seconds for kind, seconds in self._work_s.items()},
            rtf=worked / self._audio_s if self._audio_s > 0 else NO_AUDIO,
            audio_s=self._audio_s,
            fragments=self._fragments,
            tokens=self._tokens,
            characters=self.characters,
            pieces=self.pieces,
            underruns=self.underruns,
            longest_gap_ms=1e3 * self.longest_gap_s,
        )

    def _after_receipt(self, at_s: float | None, otherwise: float) -> float:
        return otherwise if at_s is None else 1e3 * (at_s - self._received_s)


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """Figures since the node started: every text received is open or has one of four outcomes.

    Attributes:
        received: Texts received; all pieces of a stream count as one.
        completed: Texts that were spoken.
        skipped: Texts with nothing to pronounce.
        cancelled: Texts that were cancelled.
        errors: Texts that ended with an error.
        refused: Texts that were rejected on receipt; part of ``errors``.
        queue_depth: Texts waiting now.
        open_texts: Texts without a reply now.
        commands: Commands received.
        send_failures: Messages that dora did not accept.
        pieces: Text messages received.
        late: Pieces of a text that had been cancelled before they arrived.
        missing: Text messages that never arrived, by the gaps in ``seq``.
        cancel_ms: Longest time from receiving a cancel to its acknowledgement.
        underruns: How often a player ran dry within a text.
        longest_gap_ms: Longest of these silences.
        audio_s: Duration of the audio that was sent.
        synthesis_s: Time spent on synthesis.
        waiting_s: Time that answered texts waited, in total: for text, for a turn, for the player.
        voice_s: Time that answered texts spent on loading voices, in total.
        front_end_s: Likewise for text to phones.
        prefill_s: Likewise up to the first token.
        tokens_s: Likewise for the other tokens.
        sound_s: Likewise for tokens to samples.
        uptime_s: Time since the start.
    """

    received: int
    completed: int
    skipped: int
    cancelled: int
    errors: int
    refused: int
    queue_depth: int
    open_texts: int
    commands: int
    send_failures: int
    pieces: int
    late: int
    missing: int
    cancel_ms: float
    underruns: int
    longest_gap_ms: float
    audio_s: float
    synthesis_s: float
    waiting_s: float
    voice_s: float
    front_end_s: float
    prefill_s: float
    tokens_s: float
    sound_s: float
    uptime_s: float

    def as_metadata(self) -> dict[str, int | float]:
        """The figures by name, limited to the range of dora's integers."""
        return {key: min(round(value, 4), _MAX_COUNT) for key, value in asdict(self).items()}


class NodeMeter:
    """Counters over the node's lifetime; both of its threads write here."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started_s = clock()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._audio_s = 0.0
        self._synthesis_s = 0.0
        self._spent_s = dict.fromkeys(("waiting", *WORK), 0.0)
        self._cancel_s = 0.0
        self._underruns = 0
        self._longest_gap_ms = 0.0

    def count(self, name: str, number: int = 1) -> None:
        """Increment ``name``: received, an outcome, refused, commands, send_failures, pieces, late."""
        with self._lock:
            self._counts[name] += number

    def acknowledged(self, seconds: float) -> None:
        """Record the time from receiving a cancel to answering it."""
        with self._lock:
            self._cancel_s = max(self._cancel_s, seconds)

    def spoken(self, figures: SpeechFigures) -> None:
        """Add the figures of one text."""
        with self._lock:
            self._audio_s += figures.audio_s
            self._synthesis_s += figures.synthesis_ms / 1e3
            for kind in self._spent_s:
                self._spent_s[kind] += getattr(figures, f"{kind}_ms") / 1e3
            self._underruns += figures.underruns
            self._longest_gap_ms = max(self._longest_gap_ms, figures.longest_gap_ms)

    def figures(self, *, queue_depth: int, open_texts: int) -> NodeFigures:
        """A consistent snapshot of all figures."""
        with self._lock:
            counts = dict(self._counts)
            return NodeFigures(
                received=counts.get("received", 0),
                completed=counts.get("completed", 0),
                skipped=counts.get("skipped", 0),
                cancelled=counts.get("cancelled", 0),
                errors=counts.get("error", 0),
                refused=counts.get("refused", 0),
                queue_depth=queue_depth,
                open_texts=open_texts,
                commands=counts.get("commands", 0),
                send_failures=counts.get("send_failures", 0),
                pieces=counts.get("pieces", 0),
                late=counts.get("late", 0),
                missing=counts.get("missing", 0),
                cancel_ms=1e3 * self._cancel_s,
                underruns=self._underruns,
                longest_gap_ms=self._longest_gap_ms,
                audio_s=self._audio_s,
                synthesis_s=self._synthesis_s,
                **{f"{kind}_s": seconds for kind, seconds in self._spent_s.items()},
                uptime_s=self._clock() - self._started_s,
            )

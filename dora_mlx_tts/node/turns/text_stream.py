"""Texts that arrive in pieces, as an LLM writes them: which pieces belong together, and when a text ends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Final, Literal

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.protocol.metadata import merged
from dora_mlx_tts.node.turns.growth import Part, SentenceGrowth
from dora_mlx_tts.node.turns.text_record import TextRecord
from dora_mlx_tts.node.turns.turn_parts import TURN_LENGTH, length, turns
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.text.markup.ssml import Policy
from dora_mlx_tts.text.sentences.pieces import divided, parts_of, spoken_text, whole_text
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner
from dora_mlx_tts.text.spoken import SpokenText

_MANY_IDS: Final = 256


@dataclass(frozen=True, slots=True)
class StreamRules:
    """How to treat texts in pieces.

    Attributes:
        mode: What each message is: a ``whole`` text, a piece of a ``stream``, or ``auto``.
        idle_s: Seconds without a piece after which the text so far is spoken.
        timeout_s: Seconds to wait for ``fin`` in a stream whose pieces carry that key.
        filters: Whether to leave out Markdown, tags and emoji.
        scanner: Where sentences end.
        grows: Whether the engine gets the first sentence while it is being written.
        limit: Maximum number of characters that wait for the end of a sentence.
    """

    mode: Literal["auto", "whole", "stream"] = "auto"
    idle_s: float = 0.8
    timeout_s: float = 30.0
    filters: bool = True
    scanner: ScannerOptions = field(default_factory=ScannerOptions)
    limit: int = 20_000
    grows: bool = False
    speech: Policy = "text"

    @classmethod
    def from_settings(cls, settings: Settings) -> StreamRules:
        """The rules given by the settings."""
        return cls(
            mode=settings.text_mode,
            idle_s=settings.stream_idle,
            timeout_s=max(settings.stream_timeout, settings.stream_idle),
            filters=settings.text_filters,
            scanner=ScannerOptions(
                mode=settings.sentence_mode,
                first_clause=settings.first_clause,
                markup=settings.text_filters,
                # A stream cannot be refused once it is being spoken: strict applies to whole texts only.
                speech="off" if settings.speech_markup == "off" else "text",
            ),
            limit=settings.text_limit,
            grows=settings.sentence_mode == "words" and settings.text_filters,
            speech=settings.speech_markup,
        )

    def part(self, sentence: Sentence) -> str:
        """A sentence of a stream in the form that the engine gets."""
        if self.speech != "off" and not self.filters:
            return sentence.text  # the engine handles its speech markup
        if self.scanner.mode == "none":
            return divided(sentence)
        return spoken_text(sentence.text, parts_of(sentence))

    def parts(self, text: str) -> list[SpokenText]:
        """A whole text in the form that the engine gets: in sentences, a long text in several turns.

        Raises:
            TextError: the speech markup is malformed and must be refused.
        """
        return turns(whole_text(text, self.speech, filters=self.filters))

    def whole(self, text: str) -> SpokenText:
        """All of a text in sentences, tolerating any faults in its markup."""
        return whole_text(text, "off" if self.speech == "off" else "text", filters=self.filters)

    def turns(self, part: str) -> list[str]:
        """A part of a stream in turns, usually one.

        Raises:
            TextError: the speech markup is malformed and must be refused.
        """
        if isinstance(part, SpokenText):
            return [*turns(part)]
        if length(part) <= TURN_LENGTH:
            return [part]
        return [*turns(whole_text(part, self.speech))]


class TextStream:
    """The open text of a session: takes pieces, yields sentences."""

    def __init__(
        self,
        utterance: Utterance,
        rules: StreamRules,
        now: float,
        record: TextRecord | None = None,
    ) -> None:
        self.utterance = utterance
        self.record = record or TextRecord(utterance, now)
        self._rules = rules
        self._scanner = SentenceScanner(rules.scanner)
        clock = utterance.playback.now
        self._growth = SentenceGrowth(self._scanner, clock) if rules.grows else None
        self._open_chars = 0

    def feed(self, request: TextRequest, now: float) -> list[Part]:
        """Take a piece; returns the sentences complete by now, and the first one while it grows."""
        self.record.add(request, now)
        self._open_chars += len(request.text)
        parts = [self._rules.part(sentence) for sentence in self._scanner.feed(request.text)]
        if self._open_chars > self._rules.limit:
            parts += self._flush()
        elif self._has_no_end():
            parts += [self._rules.part(sentence) for sentence in self._scanner.break_off()]
        elif parts:
            self._open_chars = len(request.text)
        return [*parts] if self._growth is None else self._growth.add(request.text, parts)

    def reopen(self, text: str) -> list[str]:
        """Begin with the rest of a text that continues; returns its complete sentences."""
        self._open_chars = len(text)
        return [self._rules.part(sentence) for sentence in self._scanner.feed(text)]

    def _has_no_end(self) -> bool:
        """Whether the open sentence is longer than a turn, unless its sender wants it whole."""
        waits = self._rules.scanner.mode == "none"
        return not waits and length(self._scanner.open_text) > TURN_LENGTH

    def flush(self) -> list[Part]:
        """End the open sentence."""
        parts = self._flush()
        return [*parts] if self._growth is None else self._growth.end(parts)

    def _flush(self) -> list[str]:
        self._open_chars = 0
        return [self._rules.part(sentence) for sentence in self._scanner.flush()]

    @property
    def has_rest(self) -> bool:
        """Whether text may still be waiting for the end of its sentence."""
        return self._open_chars > 0

    @property
    def due_s(self) -> float:
        """When to check again whether the rest must be spoken or the stream is over."""
        waits_for_fin = self.record.has_fin and not self.has_rest
        return self.record.last_s + (self._rules.timeout_s if waits_for_fin else self._rules.idle_s)

    def is_over(self, now: float) -> bool:
        """Whether to stop waiting for more pieces."""
        wait = self._rules.timeout_s if self.record.has_fin else self._rules.idle_s
        return now >= self.record.last_s + wait


def joined(first: TextRequest, piece: TextRequest) -> TextRequest:
    """The request of a stream, updated from its newest piece; every request_id is kept."""
    if piece.echo.items() <= first.echo.items():
        return first
    echo = merged(first.echo, piece.echo)
    if first.id("request_id") not in {None, piece.id("request_id")} and "request_id" in piece.echo:
        known = first.echo.get("request_ids")
        ids = list(map(str, known)) if isinstance(known, list) else [str(first.id("request_id"))]
        echo["request_ids"] = [*ids, str(piece.id("request_id"))][:_MANY_IDS]
    return dataclasses.replace(first, echo=echo)


Kind = Literal["new", "continued", "late", "repeated", "refused"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What happened to a text message.

    Attributes:
        kind: A ``new`` text, a piece that ``continued`` one, a piece that came too ``late`` because its
            text was cancelled, refused or failed, a ``repeated`` piece, or a text that was ``refused``.
        utterance: The text it belongs to, if any.
        missing: Messages that should have come before it.
    """

    kind: Kind
    utterance: Utterance | None = None
    missing: int = 0

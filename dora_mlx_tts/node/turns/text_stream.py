"""Texts that arrive in pieces, as an LLM writes them: which pieces belong together, and when they end."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.protocol.messages import Plain, TextRequest
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.text.markup.ssml import Policy
from dora_mlx_tts.text.sentences.pieces import divided, parts_of, spoken_text, whole_text
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText

_KEYS: Final = ("question_id", "segment_id")
_PART_LENGTH: Final = 300
"""Characters of a whole text that are spoken before another session may have its turn."""


@dataclass(frozen=True, slots=True)
class StreamRules:
    """How texts in pieces are treated.

    Attributes:
        mode: What a message is: a ``whole`` text, a piece of a ``stream``, or ``auto``.
        idle_s: Seconds without a piece after which what is there is spoken.
        timeout_s: Seconds to wait for the ``fin`` of a stream whose pieces carry that key.
        filters: Whether Markdown, tags and emoji are left out.
        scanner: Where sentences end.
        limit: Characters that may wait for the end of a sentence.
    """

    mode: Literal["auto", "whole", "stream"] = "auto"
    idle_s: float = 0.8
    timeout_s: float = 30.0
    filters: bool = True
    scanner: ScannerOptions = field(default_factory=ScannerOptions)
    limit: int = 20_000
    speech: Policy = "text"

    @classmethod
    def from_settings(cls, settings: Settings) -> StreamRules:
        """The rules that the settings ask for."""
        return cls(
            mode=settings.text_mode,
            idle_s=settings.stream_idle,
            timeout_s=max(settings.stream_timeout, settings.stream_idle),
            filters=settings.text_filters,
            scanner=ScannerOptions(
                mode=settings.sentence_mode,
                first_clause=settings.first_clause,
                markup=settings.text_filters,
                # A stream cannot be refused once it is being spoken: strict counts for whole texts.
                speech="off" if settings.speech_markup == "off" else "text",
            ),
            limit=settings.text_limit,
            speech=settings.speech_markup,
        )

    def part(self, sentence: Sentence) -> str:
        """A sentence of a stream as it is handed to the engine."""
        if self.speech != "off" and not self.filters:
            return sentence.text  # its speech markup is left to the engine
        if self.scanner.mode == "none":
            return divided(sentence)
        return spoken_text(sentence.text, parts_of(sentence))

    def is_piece(self, request: TextRequest) -> bool:
        """Whether a message is a piece of a text rather than a whole one."""
        return self.mode == "stream" or (self.mode == "auto" and request.streamed)

    def parts(self, text: str) -> list[SpokenText]:
        """A whole text as it is handed to the engine: in sentences, a long one in several parts.

        Raises:
            TextError: malformed speech markup, where that is to be refused.
        """
        whole = whole_text(text, self.speech, filters=self.filters)
        if len(whole) <= _PART_LENGTH:
            return [whole]
        parts: list[list[SpokenSentence]] = []
        room = 0
        for sentence in whole.sentences:
            if parts and len(sentence.text) < room:
                parts[-1].append(sentence)
                room -= len(sentence.text) + 1
            else:
                parts.append([sentence])
                room = _PART_LENGTH - len(sentence.text)
        return [_joined_text(part) for part in parts] or [whole]


def _joined_text(sentences: Sequence[SpokenSentence]) -> SpokenText:
    return spoken_text(" ".join(sentence.text for sentence in sentences), sentences)


class TextStream:
    """The open text of a session: takes pieces, gives sentences."""

    def __init__(self, utterance: Utterance, rules: StreamRules, now: float) -> None:
        self.utterance = utterance
        self.has_fin = False
        self.last_s = now
        self.last_seq: int | None = None
        self._rules = rules
        self._scanner = SentenceScanner(rules.scanner)
        self._open_chars = 0

    def continues(self, request: TextRequest) -> bool:
        """Whether a piece belongs to this text: no id of it says otherwise."""
        return _same_text(self.utterance.request, request)

    def feed(self, request: TextRequest, now: float) -> list[str]:
        """Take a piece; the sentences that are complete now."""
        self.last_s = now
        self.last_seq = request.seq if request.seq is not None else self.last_seq
        self.has_fin = self.has_fin or request.has_fin
        self._open_chars += len(request.text)
        parts = [self._rules.part(sentence) for sentence in self._scanner.feed(request.text)]
        if self._open_chars > self._rules.limit:
            parts += self.flush()
        elif parts:
            self._open_chars = len(request.text)
        return parts

    def flush(self) -> list[str]:
        """End the open sentence."""
        self._open_chars = 0
        return [self._rules.part(sentence) for sentence in self._scanner.flush()]

    @property
    def has_rest(self) -> bool:
        """Whether text may still wait for the end of its sentence."""
        return self._open_chars > 0

    @property
    def due_s(self) -> float:
        """When somebody should look again: the rest is to be spoken, or the stream is over."""
        wait = self._rules.idle_s if self.has_rest or not self.has_fin else self._rules.timeout_s
        return self.last_s + wait

    def is_over(self, now: float) -> bool:
        """Whether no more pieces are waited for."""
        wait = self._rules.timeout_s if self.has_fin else self._rules.idle_s
        return now - self.last_s >= wait

    def is_stale(self, request: TextRequest, now: float) -> bool:
        """Whether a piece still belongs to this stream, which was cancelled before its end.

        A sender hears of a cancellation late. What continues the numbering is old; without numbers,
        what comes without a pause is.
        """
        if request.flush or not self.continues(request):
            return False
        soon = now - self.last_s < self._rules.idle_s
        if request.seq is None or self.last_seq is None:
            return soon
        return request.seq > self.last_seq and (soon or self.has_fin)


def _same_text(first: TextRequest, other: TextRequest) -> bool:
    return all(
        first.id(key) == other.id(key)
        for key in _KEYS
        if first.id(key) is not None and other.id(key) is not None
    )


def joined(first: TextRequest, piece: TextRequest) -> TextRequest:
    """The request of a stream with what its newest piece says; every request_id is kept."""
    echo: dict[str, Plain] = {**first.echo, **piece.echo}
    if echo == first.echo:
        return first
    if first.id("request_id") not in {None, piece.id("request_id")} and "request_id" in piece.echo:
        known = first.echo.get("request_ids")
        ids = list(map(str, known)) if isinstance(known, list) else [str(first.id("request_id"))]
        echo["request_ids"] = [*ids, str(piece.id("request_id"))][:256]
    return dataclasses.replace(first, echo=echo)


class SequenceWatch:
    """Follows the sender's running number; what is missing was lost on the way."""

    def __init__(self) -> None:
        self._base = 0
        self._last: int | None = None

    def missing(self, seq: int, *, is_new_text: bool) -> int:
        """How many messages are missing before this one; below 0 where the number goes backwards."""
        if self._last is None:
            self._base = min(max(seq, 0), 1)
            expected = self._base
        else:
            expected = self._last + 1
            if is_new_text and seq == self._base:
                expected = seq  # numbering begins anew with each text
        self._last = seq
        return seq - expected


Kind = Literal["new", "continued", "late", "repeated", "refused"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a text message.

    Attributes:
        kind: A ``new`` text, a piece that ``continued`` one, a piece of a cancelled text that came
            too ``late``, a ``repeated`` piece, or ``refused`` because too much is waiting.
        utterance: The text it belongs to, if any.
        missing: Messages that should have come before it.
    """

    kind: Kind
    utterance: Utterance | None = None
    missing: int = 0

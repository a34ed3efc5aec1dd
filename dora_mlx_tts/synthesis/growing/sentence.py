"""One growing sentence: from words as they are written, via codes decoded in stages, to windows of audio."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from dora_mlx_tts.errors import SynthesisError, TextError
from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND
from dora_mlx_tts.synthesis.growing.policy import (
    GrowingLimits,
    Progress,
    Step,
    next_step,
    share_of,
    will_run_dry,
)
from dora_mlx_tts.synthesis.growing.reading import GrowingPhones, Phonemize
from dora_mlx_tts.synthesis.growing.sound import GrowingSound
from dora_mlx_tts.synthesis.growing.stages import StageDecoder, StageTask
from dora_mlx_tts.synthesis.guarded_tokens import GuardedTokens
from dora_mlx_tts.synthesis.loading.prompt import SILENT_CODES
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.work_clock import Work
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.growing import GrowingText, Growth
from dora_mlx_tts.text.sentences.known_words import KnownPart, can_grow, known_part, words_of
from dora_mlx_tts.text.sentences.split import clause_end, rest_places

logger = logging.getLogger(__name__)

_REST = 6
"""Silent codes that complete a word, since the generator holds back as many."""

_FORESEEN = 4
"""Codes of right context that the encoder uses."""

_FEW = 4
"""Codes too few to form a window."""

_RESERVE = 1.25
"""How many times the time expected for a window the one before it plays."""

_HURRY = 10
"""Codes of a window when the audio sent before has nearly finished playing."""


class GrowingSentence:
    """Speaks the known part of a sentence while it is incomplete.

    Args:
        speaker: holds the voice and the request's settings.
        phonemize: turns a text into phones.
        text: the growing text.
        start: index in it where this sentence begins.
        seed: seed for sampling.
        limits: thresholds; None waits for the whole text.

    Attributes:
        cut: index in the growing text where it was split because it grew too long.
        text: the part of it that was read.
    """

    def __init__(
        self,
        speaker: SentenceSpeaker,
        phonemize: Phonemize,
        text: GrowingText,
        *,
        start: int,
        seed: int,
        limits: GrowingLimits | None,
    ) -> None:
        self._speaker, self._growing, self._start, self._seed = speaker, text, start, seed
        self._grows = limits is not None
        self._limits = limits or GrowingLimits()
        self._phones = GrowingPhones(phonemize)
        table = speaker.networks.phone_codes
        self._decoder = StageDecoder(speaker.networks.t2s, speaker.session, table)
        prompt = speaker.prompt
        spoken_codes = max(len(prompt.codes) - SILENT_CODES, 1)
        self._pace = spoken_codes / max(len(prompt.phones), 1)
        self._sound = GrowingSound(speaker, seed, text.clock)
        self._codes: list[int] = []  # released
        self._sounded = 0  # how many of them were synthesized
        self._stages = 0
        self._stage_s = 0.0  # what the last one took
        self._failed_at = -1  # the limit that no attempt reached
        self._foreseen: list[int] = []  # the codes expected next
        self._is_resting = False
        self._read_end = 0
        self._begun_s = speaker.session.clock.total_s
        self.cut: int | None = None
        self.text = ""

    @property
    def meter(self) -> SynthesisMeter:
        """Counts what happens."""
        return self._speaker.session.meter

    @property
    def is_heard(self) -> bool:
        """Whether audio of it was sent."""
        return self._sound.is_heard

    @property
    def contradictions(self) -> int:
        """Number of readings that would have changed spoken phones."""
        return self._phones.contradictions

    @property
    def spoken_end(self) -> int:
        """Index in the growing text after the last spoken character."""
        return self._start + self._phones.spoken_end

    def grow(self) -> Iterator[SentencePiece | None]:
        """Pieces until the text is complete; None when all it can do is wait.

        Raises:
            Cancelled: the text was cancelled.
            SynthesisError: the audio cannot be sent.
        """
        while True:
            growth = self._growing.read()
            self._speaker.session.token.check()
            if growth.whole is not None:
                return
            known = self._known(growth)
            if self._is_long_enough(growth):
                return
            at, limit = self._planned(known, growth)
            step, wait_s = next_step(at, self._limits)
            if step is Step.WAIT:
                self._growing.wait_for_more(wait_s)
                yield None
            elif step is Step.DECODE:
                self._decode(limit)
            else:
                yield from self._sounded_next() if step is Step.SOUND else self._rest()

    def _is_long_enough(self, growth: Growth) -> bool:
        """Whether to split the sentence here."""
        short = self._speaker.settings.short_parts
        if self._can_grow(growth):
            end = clause_end(self.text, self._phones.spoken_end, short_parts=short)
            self.cut = None if end is None else self._start + end
        return self.cut is not None

    def _can_grow(self, growth: Growth) -> bool:
        """Whether this voice can speak this text before it is complete, on this machine."""
        speaker = self._speaker
        settings = speaker.settings
        return (
            self._grows
            and settings.mode == "latency"
            and settings.content_check in {"off", "ahead"}
            and not speaker.prompt.is_zero_shot
            and can_grow(growth.text, settings.language)
            and (self.is_heard or speaker.session.pace.may_grow)
        )

    def _known(self, growth: Growth) -> KnownPart:
        """What is known of the text, after reading it."""
        text = growth.text[self._start :]
        if not self._can_grow(growth):
            return KnownPart([], [], 1)
        known = known_part(text)
        if known.end > len(self.text) or (known.end and known.complete[-1].end > self._read_end):
            try:
                with self._speaker.session.clock.on(Work.FRONT_END):
                    self._read(text, known)
            except TextError:  # nothing that can be pronounced yet
                return KnownPart([], [], 1)
        return known

    def _read(self, text: str, known: KnownPart) -> None:
        """Read what may be spoken, and, as what follows it, the other complete words."""
        end = max(known.end, known.complete[-1].end)
        self._phones.read(text[:end], known.end)
        self.text, self._read_end = text[: known.end], end

    def _planned(self, known: KnownPart, growth: Growth) -> tuple[Progress, int]:
        """Where the sentence is, and the first phone that must not be spoken yet.

        If what is known will have been said before more is, speech goes no further than to where it may rest.
        """
        limits = self._limits
        limit = self._phones.limit(limits.margin_at(self._sound.ahead_s, is_heard=self.is_heard))
        at = self._progress(known, growth, limit)
        if not self._is_resting and will_run_dry(at, limits):
            rest = self._phones.end_before(limit, rest_places(growth.text[self._start :]))
            if rest > self._phones.spoken:
                return self._progress(known, growth, rest), rest
        return at, limit

    def _progress(self, known: KnownPart, growth: Growth, limit: int) -> Progress:
        releasable = 0
        if limit > self._phones.spoken and limit != self._failed_at:
            releasable = max(1, round(limit * self._pace) - len(self._codes))
        interval_s = 1 / growth.words_per_s if growth.words_per_s else 0.0
        due_s = known.missing * interval_s - growth.since_s if interval_s else math.inf
        return Progress(
            share=share_of(words_of(growth.text[self._start :]), self._limits),
            arrival=self._arrival(known, growth.words_per_s),
            releasable=releasable,
            pending=self.pending,
            size=self._size(),
            first=self._first_codes(),
            ahead_s=self._sound.ahead_s,
            interval_s=interval_s,
            wait_s=growth.wait_s,
            due_s=due_s,
            work_s=self._stage_s + self._sound.window_s,
            is_heard=self.is_heard,
            is_resting=self._is_resting,
        )

    def _arrival(self, known: KnownPart, words_per_s: float | None) -> float | None:
        """Seconds of speech per second of writing."""
        phonemes = self._phones.phonemes
        if words_per_s is None or phonemes is None or not known.words:
            return None
        seconds = len(phonemes) * self._pace / TOKENS_PER_SECOND / self._speaker.settings.speed
        return words_per_s * seconds / max(len(words_of(phonemes.text)), 1)

    @property
    def pending(self) -> int:
        """Number of codes decoded but not synthesized."""
        return len(self._codes) - self._sounded

    def _size(self) -> int:
        """Codes needed for the next window: as for a whole sentence, fewer when audio runs out."""
        settings = self._speaker.settings
        first = round(settings.first_window * TOKENS_PER_SECOND) + _REST + _FORESEEN
        if not self.is_heard:
            return first
        largest = round(settings.window * TOKENS_PER_SECOND * settings.speed)
        return max(1, min(max(len(self._sound.codes), first), largest))

    def _first_codes(self) -> int:
        """Codes of the first window, for which the listener is waiting: it plays nearly until the next one is made."""
        limits, speed = self._limits, self._speaker.session.pace.speed
        next_s = _RESERVE * speed.expected_s(limits.first_codes / TOKENS_PER_SECOND)
        lasts = limits.held + math.ceil(TOKENS_PER_SECOND * (next_s - limits.dry_s))
        return max(limits.first_codes, lasts)

    def _decode(self, limit: int) -> None:
        """Decode up to a phone."""
        phonemes = self._phones.phonemes
        if phonemes is None:
            return
        task = self._speaker.task(phonemes, self._next_seed())
        expected = max(round(limit * self._pace), len(self._codes) + 1)
        stage = StageTask(task, phonemes.ids, limit, tuple(self._codes), expected)
        self._stages += 1
        self.meter.count("stages")
        begun_s = self._speaker.session.clock.total_s
        released = self._decoder.decode(stage, self._speaker.guard(phonemes))
        self._stage_s = self._speaker.session.clock.total_s - begun_s
        self._failed_at = -1 if released.codes else limit
        if released.codes:
            self._codes += released.codes
            self._foreseen = released.foreseen
            self._phones.spoken = limit

    def _next_seed(self) -> int:
        return (self._seed + 1000 * self._stages) % 2**32

    def _sounded_next(self) -> Iterator[SentencePiece]:
        """The window of decoded codes; the first is short."""
        size = max(self._size(), self._limits.few)
        if not self.is_heard:
            size = min(size, self._first_codes())
            size = self.pending if self.pending < size + _FEW else size
        elif self.pending < 2 * size:
            size = self.pending
        new = self._codes[self._sounded : self._sounded + size]
        self._sounded += len(new)
        self._is_resting = False
        following = (*self._codes[self._sounded :], *self._foreseen)
        yield from self._window(new, len(new), following[:_FORESEEN])

    def _rest(self) -> Iterator[SentencePiece]:
        """The end of the word being said, followed by silence, because no text is left."""
        if self._phones.word_end > self._phones.spoken:
            self._phones.follow_by_mark()
            self._decode(self._phones.word_end)
        new = self._codes[self._sounded :]
        silent = [int(self._speaker.prompt.codes[-1])]
        self._sounded = len(self._codes)
        self._is_resting = True
        self.meter.count("rests")
        yield from self._window([*new, *silent * _REST], len(new), silent * _FORESEEN)

    def _window(
        self, new: list[int], tokens: int, foreseen: Sequence[int] = (), *, last: bool = False
    ) -> Iterator[SentencePiece]:
        """Audio of more codes, if it is any yet."""
        phonemes, was_heard = self._phones.phonemes, self.is_heard
        if phonemes is None:
            raise SynthesisError("a growing sentence has codes but no phones")
        samples = self._sound.window(new, phonemes, foreseen, last=last)
        if len(samples):
            self.meter.count("sentences", int(not was_heard))
            self.meter.count("grown", int(not was_heard))
            yield self._sound.piece(samples, tokens, last=last)

    def _last_sizes(self) -> Iterator[int | None]:
        """Codes needed for each window of the rest."""
        while True:
            size = self._size()
            yield min(size, _HURRY) if self._sound.ahead_s < self._limits.soon_s else size

    def finish(self, phonemes: Phonemes) -> Iterator[SentencePiece]:
        """The rest of the now complete sentence: decoded to its end and checked as a whole.

        Raises:
            Cancelled: the text was cancelled.
            MisspokenError: the spoken words differ from the text.
            SynthesisError: the networks produced no speech.
        """
        speaker = self._speaker
        self._phones.phonemes = self._phones.keep(phonemes)
        self.text = phonemes.text
        tokens = speaker.tokens(self._phones.phonemes, self._next_seed())
        tokens.resume(list(self._codes), self._sounded)
        try:
            yield from self._ending(tokens)
        except SynthesisError:
            rest = tokens.rest()
            samples = self._sound.window(rest, self._phones.phonemes, last=True)
            yield self._sound.broken_off(samples, len(rest))
            raise
        finally:
            tokens.close()
        speed = speaker.session.pace.speed
        speed.add_grown(speaker.session.clock.total_s - self._begun_s, self._sound.seconds)

    def _ending(self, tokens: GuardedTokens) -> Iterator[SentencePiece]:
        last, count = False, 0
        for size, following in pairwise(self._last_sizes()):
            new, last = tokens.take(size)
            if not last:
                tokens.look_ahead(following)
            count += len(new)
            for piece in self._window(new, count, last=last):
                yield piece
                count = 0
            if last:
                return

"""One growing sentence: from words as they are written, via codes decoded in stages, to windows of audio."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import SynthesisError, TextError
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.synthesis.checks.token_guard import TOKENS_PER_SECOND, SampleGuard
from dora_mlx_tts.synthesis.growing.policy import (
    GrowingLimits,
    Progress,
    Step,
    next_step,
    share_of,
)
from dora_mlx_tts.synthesis.growing.reading import GrowingPhones, Phonemize
from dora_mlx_tts.synthesis.growing.stages import StageDecoder, StageTask
from dora_mlx_tts.synthesis.guarded_tokens import GuardedTokens
from dora_mlx_tts.synthesis.loading.prompt import SILENT_CODES
from dora_mlx_tts.synthesis.records import WordTiming
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.word_times import WordTracker
from dora_mlx_tts.synthesis.work_clock import Work
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.growing import GrowingText, Growth
from dora_mlx_tts.text.sentences.known_words import (
    Word,
    can_grow,
    known_words,
    waits_longer,
    words_of,
)
from dora_mlx_tts.text.sentences.split import clause_end

logger = logging.getLogger(__name__)

_REST = 10
"""Silent codes that complete a word, since encoder and generator hold back as many."""

_FORESEEN = 4
"""Codes of right context that the encoder uses."""

_FEW = 4
"""Codes too few to form a window."""

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
        is_heard: whether audio of it was sent.
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
        self._grows, self._clock = limits is not None, text.clock
        self._limits = limits or GrowingLimits()
        self._phones = GrowingPhones(phonemize)
        table = speaker.networks.phone_codes
        self._decoder = StageDecoder(speaker.networks.t2s, speaker.session, table)
        prompt = speaker.prompt
        spoken_codes = max(len(prompt.codes) - SILENT_CODES, 1)
        self._pace = spoken_codes / max(len(prompt.phones), 1)
        self._codes: list[int] = []  # released
        self._sounded = 0  # how many of them were synthesized
        self._sound_codes: list[int] = []  # synthesized, including the silence of rests
        self._stages = 0
        self._failed_at = -1  # the limit that no attempt reached
        self._foreseen: list[int] = []  # the codes expected next
        self._voice: SoVITSStream | None = None
        self._tracker: WordTracker | None = None
        self._voiced_phones: Phonemes | None = None
        self._is_resting = False
        self._plays_until = 0.0
        self._sound_s = 0.0
        self._guard = SampleGuard()
        self._rate = speaker.networks.sovits.config.sample_rate
        self.is_heard = False
        self.cut: int | None = None
        self.text = ""

    @property
    def meter(self) -> SynthesisMeter:
        """Counts what happens."""
        return self._speaker.session.meter

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
            words = self._known(growth)
            if self._is_long_enough(growth):
                return
            limit = self._limit()
            step, wait_s = next_step(self._progress(words, growth, limit), self._limits)
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
        """Whether this voice can speak this text before it is complete."""
        speaker = self._speaker
        settings = speaker.settings
        return (
            self._grows
            and settings.mode == "latency"
            and settings.content_check in {"off", "ahead"}
            and not speaker.prompt.is_zero_shot
            and can_grow(growth.text, settings.language)
        )

    def _known(self, growth: Growth) -> list[Word]:
        """The words that may be spoken, after reading them."""
        if not self._can_grow(growth):
            return []
        words = known_words(growth.text[self._start :])
        end = words[-1].end if words else 0
        if end > len(self.text):
            text = growth.text[self._start : self._start + end]
            try:
                with self._speaker.session.clock.on(Work.FRONT_END):
                    self._phones.read(text)
            except TextError:  # nothing that can be pronounced yet
                return []
            self.text = text
        return words

    def _limit(self) -> int:
        """The first phone that must not be spoken yet."""
        limits = self._limits
        return self._phones.limit(limits.margin_at(self._ahead_s, is_heard=self.is_heard))

    def _progress(self, words: list[Word], growth: Growth, limit: int) -> Progress:
        releasable = 0
        if limit > self._phones.spoken and limit != self._failed_at:
            releasable = max(1, round(limit * self._pace) - len(self._codes))
        written = words_of(growth.text[self._start :])
        interval_s = 1 / growth.words_per_s if growth.words_per_s else 0.0
        return Progress(
            share=share_of(written, self._limits),
            arrival=self._arrival(words, growth.words_per_s),
            releasable=releasable,
            pending=self.pending,
            size=self._size(),
            ahead_s=self._ahead_s,
            interval_s=interval_s,
            due_s=interval_s - growth.since_s if interval_s else math.inf,
            is_held=any(map(waits_longer, written[len(words) : len(words) + 1])),
            is_heard=self.is_heard,
            is_resting=self._is_resting,
        )

    def _arrival(self, words: list[Word], words_per_s: float | None) -> float | None:
        """Seconds of speech per second of writing."""
        phonemes = self._phones.phonemes
        if words_per_s is None or phonemes is None or not words:
            return None
        seconds = len(phonemes) * self._pace / TOKENS_PER_SECOND / self._speaker.settings.speed
        return words_per_s * seconds / max(len(words_of(self.text)), 1)

    @property
    def pending(self) -> int:
        """Number of codes decoded but not synthesized."""
        return len(self._codes) - self._sounded

    @property
    def _ahead_s(self) -> float:
        return self._plays_until - self._clock() if self.is_heard else 0.0

    def _size(self) -> int:
        """Codes needed for the next window: as for a whole sentence, fewer when audio runs out."""
        settings = self._speaker.settings
        first = round(settings.first_window * TOKENS_PER_SECOND) + _REST
        if not self.is_heard:
            return first
        largest = round(settings.window * TOKENS_PER_SECOND * settings.speed)
        return max(1, min(max(len(self._sound_codes), first), largest))

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
        released = self._decoder.decode(stage, self._speaker.guard(phonemes))
        self._failed_at = -1 if released.codes else limit
        if released.codes:
            self._codes += released.codes
            self._foreseen = released.foreseen
            self._phones.spoken = limit

    def _next_seed(self) -> int:
        return (self._seed + 1000 * self._stages) % 2**32

    def _sounded_next(self) -> Iterator[SentencePiece]:
        """The window of decoded codes; the first is short, because the listener is waiting for it."""
        size = max(self._size(), self._limits.few)
        if not self.is_heard:
            size = min(size, self._limits.first_codes)
            size = self.pending if self.pending < size + _FEW else size
        elif self.pending < 2 * size:
            size = self.pending
        new = self._codes[self._sounded : self._sounded + size]
        self._sounded += len(new)
        self._is_resting = False
        following = (*self._codes[self._sounded :], *self._foreseen)
        samples = self._window(new, following[:_FORESEEN])
        if len(samples):
            yield self._piece(samples, len(new), last=False)

    def _rest(self) -> Iterator[SentencePiece]:
        """The end of the word being said, followed by silence, because no text is left."""
        if self._phones.word_end > self._phones.spoken:
            self._decode(self._phones.word_end)
        new = self._codes[self._sounded :]
        silent = [int(self._speaker.prompt.codes[-1])] * _REST
        self._sounded = len(self._codes)
        self._is_resting = True
        self.meter.count("rests")
        samples = self._window([*new, *silent])
        if len(samples):
            yield self._piece(samples, len(new), last=False)

    def _window(
        self, new: list[int], foreseen: Sequence[int] = (), *, last: bool = False
    ) -> Samples:
        """Audio of more codes, using the phones known by now."""
        phonemes = self._phones.phonemes
        if phonemes is None:
            raise SynthesisError("a growing sentence has codes but no phones")
        voice = self._voiced(phonemes)
        self._sound_codes += new
        parts = [np.zeros(0, np.float32)]
        for made in voice.speak(new, last=last, foreseen=foreseen):
            self._speaker.session.token.check()
            parts.append(np.array(made, np.float32))
        samples = np.concatenate(parts)
        problem = self._guard.samples(samples) or (self._guard.end() if last else None)
        if problem is not None:
            self.meter.problem(problem.kind.value)
            raise SynthesisError(f"{self.text[:60]!r}: {problem.detail}")
        return samples

    def _voiced(self, phonemes: Phonemes) -> SoVITSStream:
        """The stream that turns codes into audio, with all known phones."""
        if self._voice is None:
            settings, networks = self._speaker.settings, self._speaker.networks
            options = SpeakingOptions(settings.speed, settings.noise_scale, self._seed)
            text, style = mx.array(phonemes.ids)[None], mx.array(self._speaker.prompt.ge)
            self._voice = SoVITSStream(networks.sovits, text, style, options)
            self._tracker = self._speaker.tracker(phonemes)
        elif self._voiced_phones is not phonemes:
            self._voice.read(mx.array(phonemes.ids)[None])
        self._voiced_phones = phonemes
        return self._voice

    def _piece(self, samples: Samples, tokens: int, *, last: bool) -> SentencePiece:
        """A window with the words that end in it."""
        if not self.is_heard:
            self.is_heard = True
            self._plays_until = self._clock()
            self.meter.count("sentences")
            self.meter.count("grown")
        seconds = len(samples) / self._rate
        self._sound_s += seconds
        self._plays_until = max(self._plays_until, self._clock()) + seconds
        self.meter.sound(seconds)
        return SentencePiece(samples, tokens, last, self._words(last=last))

    def _words(self, *, last: bool) -> tuple[WordTiming, ...]:
        """The words whose audio was sent; the tracker starts over, since each reading knows more phones."""
        phonemes, tracker = self._phones.phonemes, self._tracker
        if phonemes is None or tracker is None:
            return ()
        tracker.begin(phonemes)
        codes = self._sound_codes
        rows = self._speaker.rows_of(phonemes, codes) if tracker.needs_attention else []
        tracker.tokens(codes, rows)
        return tuple(tracker.words(self._sound_s, ended=last))

    def _last_sizes(self) -> Iterator[int | None]:
        """Codes needed for each window of the rest."""
        while True:
            size = self._size()
            yield min(size, _HURRY) if self._ahead_s < self._limits.soon_s else size

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
            rest, heard_s = tokens.rest(), self._sound_s
            end = self._piece(self._window(rest, last=True), len(rest), last=False)
            yield end.broken_off(heard_s, self._rate)
            raise
        finally:
            tokens.close()

    def _ending(self, tokens: GuardedTokens) -> Iterator[SentencePiece]:
        last, count = False, 0
        for size, following in pairwise(self._last_sizes()):
            new, last = tokens.take(size)
            if not last:
                tokens.look_ahead(following)
            count += len(new)
            samples = self._window(new, last=last)
            if len(samples):
                yield self._piece(samples, count, last=last)
                count = 0
            if last:
                return

"""One sentence: phones to semantic tokens to windows of audio."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.errors import MisspokenError, SynthesisError
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.sovits.together import make_together
from dora_mlx_tts.models.t2s.attention_recorder import AttentionRecorder
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.cancel import Cancelled
from dora_mlx_tts.synthesis.batching import Decoded, decode_together
from dora_mlx_tts.synthesis.checks.audio_check import AudioCheck
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck
from dora_mlx_tts.synthesis.checks.token_guard import (
    TOKENS_PER_SECOND,
    Problem,
    SampleGuard,
    TokenGuard,
    content_problem,
)
from dora_mlx_tts.synthesis.early_end import cut_at_word, falling
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask, GuardedTokens
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import Prompt
from dora_mlx_tts.synthesis.records import Asked, WordTiming
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.windows import SentenceVoice, WindowSizes
from dora_mlx_tts.synthesis.word_times import WordTracker, attention_rows, expected_rows
from dora_mlx_tts.synthesis.work_clock import Work
from dora_mlx_tts.text.phonemes import Phonemes


@dataclass(frozen=True, slots=True, eq=False)
class SentencePiece:
    """A window of a sentence.

    Attributes:
        samples: [n], at least one.
        tokens: number of tokens decoded for it.
        last: whether the sentence ends with it.
        words: the words that end in it; times from the start of the first token.
        is_broken_off: whether the sentence could not be finished; an error follows.
    """

    samples: Samples
    tokens: int
    last: bool
    words: tuple[WordTiming, ...] = ()
    is_broken_off: bool = False

    def broken_off(self, heard_s: float, rate: int) -> SentencePiece:
        """This piece, which begins at `heard_s`, as the early end of a sentence, cut at the end of a word."""
        samples, words = cut_at_word(self.samples, self.words, heard_s, rate)
        return SentencePiece(samples, self.tokens, last=True, words=words, is_broken_off=True)


@dataclass(frozen=True, slots=True)
class SentenceSpeaker:
    """Speaks sentences with one voice and the settings of one request.

    Attributes:
        pack: the voice's pack, prepared with its prompt.
        prompt: the prepared reference.
        settings: speech settings.
        session: shared by this text's sentences.
    """

    pack: LoadedPack
    prompt: Prompt
    settings: SpeechSettings
    session: SpeechSession

    @property
    def networks(self) -> Networks:
        """The pack's."""
        return self.pack.networks

    def decode(self, phonemes: Sequence[Phonemes], seeds: Sequence[int]) -> list[Decoded]:
        """Decode several sentences together, for `stream` to speak one after the other.

        Raises:
            Cancelled: the text was cancelled.
        """
        self.session.begin(len(phonemes))
        if self.session.helper is not None:
            self.session.helper.settle()
        tasks = [self.task(*pair) for pair in zip(phonemes, seeds, strict=True)]
        limits = [self.guard(one).most for one in phonemes]
        size, network = self.settings.batch_size, self.networks.t2s
        with self.session.clock.on(Work.TOKENS):
            return decode_together(network, tasks, limits, size, self.session)

    def stream(
        self, phonemes: Phonemes, seed: int, decoded: Decoded | None = None
    ) -> Iterator[SentencePiece | Asked]:
        """Speak one sentence; the same seed gives the same tokens, streamed or not.

        If texts are batched (`Company`), `Asked` precedes each piece.

        Raises:
            Cancelled: the text was cancelled.
            MisspokenError: the networks got the words wrong in every attempt.
            SynthesisError: the networks produced no speech after several attempts, or took too long.
        """
        self.session.begin()
        self.session.meter.count("sentences")
        tokens = self.tokens(phonemes, seed)
        try:
            if decoded is not None:
                tokens.begin_with(decoded.tokens, decoded.end)
            elif tokens.ask():
                yield Asked.READING
            check, ear = self.settings.content_check, self._ear()
            if check in {"whole", "sound"} and self.networks.phone_codes is not None:
                tokens.hold()
            if ear:
                yield from self._listened(ear, phonemes, tokens, seed)
            else:
                yield from self._windows(phonemes, tokens, seed)
            self.session.meter.count("spoken")
            if self.pack.table is not None:
                self.pack.table.learn(np.asarray(phonemes.ids), np.array(tokens.tokens, np.int32))
        except Cancelled:
            self.session.meter.count("cancelled")
            raise
        except MisspokenError as error:
            self.session.meter.count("failed" if error.heard else "misspoken")
            raise
        except SynthesisError:
            self.session.meter.count("failed")
            raise
        finally:
            tokens.close()

    def _windows(
        self, phonemes: Phonemes, tokens: GuardedTokens, seed: int
    ) -> Iterator[SentencePiece | Asked]:
        while True:
            sounding = _Sounding(self._voice(phonemes, seed), self.tracker(phonemes))
            tokens.meanwhile = sounding.voice.begin
            try:
                problem = yield from self._pieces(phonemes, tokens, sounding)
                if problem is None:
                    return
                self._recover(problem, phonemes, tokens, heard=sounding.heard_s > 0)
            except SynthesisError:
                if sounding.heard_s:
                    yield from self._break_off(sounding, tokens)
                raise

    def _pieces(
        self, phonemes: Phonemes, tokens: GuardedTokens, sounding: _Sounding
    ) -> Generator[SentencePiece | Asked, None, Problem | None]:
        """The windows of an attempt, with the problem of their audio, if any."""
        rate, guard, count = self.networks.pack.manifest.sample_rate, SampleGuard(), 0
        for size, following in pairwise(self._sizes(sounding.voice)):
            begun_s = self.session.clock.total_s
            new, last = tokens.take(size)
            if sounding.heard_s and not last:  # the first window has all cores to itself
                tokens.look_ahead(following)
            sounding.is_sound = False
            samples = yield from self._sound(sounding.voice, new, last=last)
            problem = guard.samples(samples) or (guard.end() if last else None)
            if problem is not None:
                return problem
            sounding.is_sound = True
            count += len(new)
            self._follow(sounding.tracker, phonemes, tokens, new)
            if len(samples):
                self._measure(begun_s, len(samples) / rate, is_first=not sounding.heard_s)
                sounding.add(samples, rate)
                self.session.meter.sound(len(samples) / rate)
                words = sounding.tracker.words(sounding.heard_s, ended=last)
                yield SentencePiece(samples, count, last, tuple(words))
                count = 0
            if last:
                break
        return None

    def _break_off(
        self, sounding: _Sounding, tokens: GuardedTokens
    ) -> Iterator[SentencePiece | Asked]:
        """The end of a sentence that cannot continue: the remaining audio, up to the end of a word."""
        rate, heard_s = self.networks.pack.manifest.sample_rate, sounding.heard_s
        rest = tokens.rest() if sounding.is_sound else []
        samples = np.zeros(0, np.float32)
        if sounding.is_sound:
            with suppress(SynthesisError):  # it may be out of time as well
                samples = yield from self._sound(sounding.voice, rest, last=True)
        if not len(samples) or SampleGuard().samples(samples) is not None:
            yield SentencePiece(falling(sounding.final, rate), 0, last=True, is_broken_off=True)
            return
        if not sounding.tracker.needs_attention:
            sounding.tracker.tokens(rest, [])
        words = tuple(sounding.tracker.words(heard_s + len(samples) / rate, ended=False))
        yield SentencePiece(samples, len(rest), False, words).broken_off(heard_s, rate)

    def _measure(self, begun_s: float, sound_s: float, *, is_first: bool) -> None:
        """Record how fast the networks made a window."""
        speed, work_s = self.session.pace.speed, self.session.clock.total_s - begun_s
        (speed.add_first if is_first else speed.add)(work_s, sound_s)
        if not is_first:
            self.session.meter.speed(speed.factor)

    def _listened(
        self, ear: AudioCheck, phonemes: Phonemes, tokens: GuardedTokens, seed: int
    ) -> Iterator[SentencePiece]:
        """The windows of a sentence, after checking its complete audio; attempts that sound wrong are discarded."""
        while True:
            made = self._windows(phonemes, tokens, seed)
            pieces = [piece for piece in made if isinstance(piece, SentencePiece)]
            sound = np.concatenate([piece.samples for piece in pieces])
            problem = content_problem(ear.flaw(phonemes, sound))
            if problem is None:
                yield from pieces
                return
            tokens.restart(problem)

    def _ear(self) -> AudioCheck | None:
        """The audio check, if it is enabled and the pack supports it."""
        table, pack = self.networks.phone_codes, self.networks.pack
        if self.settings.content_check != "sound" or table is None or not pack.has("ssl"):
            return None
        return AudioCheck(self.networks, table, pack.manifest.sample_rate)

    def _recover(
        self, problem: Problem, phonemes: Phonemes, tokens: GuardedTokens, *, heard: bool
    ) -> None:
        """Start another attempt at the whole sentence, unless some of it was heard."""
        if not heard:
            tokens.restart(problem)
            return
        self.session.meter.problem(problem.kind.value)
        raise SynthesisError(f"{phonemes.text[:60]!r}: {problem.detail}")

    def _sizes(self, voice: SentenceVoice) -> Iterator[int | None]:
        if self.settings.mode == "throughput":
            return iter([None, None])
        settings, pace = self.settings, self.session.pace
        return WindowSizes(settings.first_window, settings.window, pace).tokens(voice)

    def tracker(self, phonemes: Phonemes) -> WordTracker:
        """The tracker of word times for a sentence."""
        learned = (
            self.pack.table if self.pack.table is not None and self.pack.table.informed else None
        )
        table = self.networks.phone_codes or learned
        return WordTracker(phonemes, 1 / (TOKENS_PER_SECOND * self.settings.speed), table)

    def _follow(
        self, tracker: WordTracker, phonemes: Phonemes, tokens: GuardedTokens, new: list[int]
    ) -> None:
        rows = self._rows(phonemes, tokens, len(new)) if tracker.needs_attention else []
        tracker.tokens(new, rows)

    def rows_of(self, phonemes: Phonemes, codes: list[int]) -> list[Floats]:
        """Attention of all codes of a sentence so far, one row [phones] per code: computed now, or estimated."""
        if not self.pack.heads:
            return list(expected_rows(0, len(codes), len(phonemes)))
        given = np.concatenate([self.prompt.codes, codes]).astype(np.int32)
        text, start = self._text(phonemes), len(self.prompt.phones)
        rows = attention_rows(self.networks.t2s, text, given, self.pack.heads, start)
        return list(rows[-len(codes) :])

    def _rows(self, phonemes: Phonemes, tokens: GuardedTokens, new: int) -> list[Floats]:
        """Attention of the newest tokens taken: recorded, computed now, or estimated."""
        first = tokens.taken - new
        if not self.pack.heads:
            return list(expected_rows(first, new, len(phonemes)))
        rows = tokens.rows[first : tokens.taken]
        known = [row for row in rows if row is not None]
        if len(known) >= new - 1 and known:  # the first token was chosen from the text alone
            return known if len(known) == new else [known[0], *known]
        if not new:
            return []
        given = np.concatenate([self.prompt.codes, tokens.tokens[: tokens.taken]]).astype(np.int32)
        text, start = self._text(phonemes), len(self.prompt.phones)
        return list(attention_rows(self.networks.t2s, text, given, self.pack.heads, start)[-new:])

    def tokens(self, phonemes: Phonemes, seed: int) -> GuardedTokens:
        """The tokens of a sentence, decoded on demand."""
        heads = self.pack.heads
        return GuardedTokens(
            self.networks.t2s,
            self.task(phonemes, seed),
            self.guard(phonemes),
            self.session,
            watch=AttentionRecorder(heads, len(self.prompt.phones)) if heads else None,
        )

    def task(self, phonemes: Phonemes, seed: int) -> DecodeTask:
        """The decoding task of a sentence."""
        return DecodeTask(
            text=self._text(phonemes),
            prompt=self.prompt.codes,
            sampling=self._sampling(),
            seed=seed,
            attempts=self.settings.attempts,
            label=phonemes.text,
        )

    def guard(self, phonemes: Phonemes) -> TokenGuard:
        """The guard for the tokens of a sentence."""
        table = self.networks.phone_codes if self.settings.content_check != "off" else None
        content = None if table is None else ContentCheck(table, phonemes)
        return TokenGuard(phonemes.ids, self.prompt.codes, self.prompt.phones, content=content)

    def _sampling(self) -> SamplingSettings:
        settings = self.settings
        return SamplingSettings(
            top_k=settings.top_k,
            top_p=settings.top_p,
            temperature=settings.temperature,
            repetition_penalty=settings.repetition_penalty,
        )

    def _text(self, phonemes: Phonemes) -> T2SText:
        """The phones of the prompt, if it has any, followed by those of the sentence."""
        prompt = self.prompt
        if prompt.is_zero_shot:
            return T2SText(phonemes.ids, phonemes.features)
        phones = np.concatenate([prompt.phones, phonemes.ids])
        parts = ((prompt.features, prompt.phones), (phonemes.features, phonemes.ids))
        width = next((f.shape[1] for f, _ in parts if f is not None), None)
        if width is None:
            return T2SText(phones)
        rows = [np.zeros((len(ids), width), np.float32) if f is None else f for f, ids in parts]
        return T2SText(phones, np.concatenate(rows))

    def _voice(self, phonemes: Phonemes, seed: int) -> SentenceVoice:
        settings = self.settings
        options = SpeakingOptions(settings.speed, settings.noise_scale, seed)
        text, style = mx.array(phonemes.ids)[None], mx.array(self.prompt.ge)
        return SoVITSStream(self.networks.sovits, text, style, options)

    def _sound(
        self, voice: SentenceVoice, codes: list[int], *, last: bool
    ) -> Generator[Asked, None, Samples]:
        company = self.session.company
        if company is None or not isinstance(voice, SoVITSStream):
            return self._sound_alone(voice, codes, last=last)
        window = voice.open_window(codes, last=last)
        if window is None:
            return np.zeros(0, np.float32)
        order = company.ask(window, window.likeness, make_together)
        try:
            yield Asked.SOUND
            self.session.token.check()
            return np.array(company.fill(order), np.float32)
        finally:
            company.withdraw(order)

    def _sound_alone(self, voice: SentenceVoice, codes: list[int], *, last: bool) -> Samples:
        parts = []
        for samples in voice.speak(codes, last=last):
            self.session.token.check()
            parts.append(np.array(samples, np.float32))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@dataclass(slots=True)
class _Sounding:
    """The audio side of an attempt at a sentence.

    Attributes:
        voice: turns its codes into audio.
        tracker: times its words.
        heard_s: seconds of audio sent.
        final: the last sample sent.
        is_sound: whether the audio so far is free of problems.
    """

    voice: SentenceVoice
    tracker: WordTracker
    heard_s: float = 0.0
    final: float = 0.0
    is_sound: bool = True

    def add(self, samples: Samples, rate: int) -> None:
        """Record samples [n], at least one, as sent."""
        self.heard_s += len(samples) / rate
        self.final = float(samples[-1])

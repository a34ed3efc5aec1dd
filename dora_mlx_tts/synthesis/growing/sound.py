"""The audio of a growing sentence: windows of its codes, the words that end in them, and how long they play."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.synthesis.checks.token_guard import SampleGuard
from dora_mlx_tts.synthesis.records import WordTiming
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.synthesis.word_times import WordTracker
from dora_mlx_tts.text.phonemes import Phonemes


class GrowingSound:
    """Turns codes into audio, each window with the phones that are known by then.

    Args:
        speaker: holds the voice and the request's settings.
        seed: seed of the noise.
        clock: seconds.

    Attributes:
        codes: what was synthesized, including the silence of rests.
        seconds: length of the audio.
        is_heard: whether any of it was sent.
        window_s: seconds of work that the last window took.
    """

    def __init__(self, speaker: SentenceSpeaker, seed: int, clock: Callable[[], float]) -> None:
        self._speaker, self._seed, self._clock = speaker, seed, clock
        self._rate = speaker.networks.sovits.config.sample_rate
        self._guard = SampleGuard()
        self._voice: SoVITSStream | None = None
        self._tracker: WordTracker | None = None
        self._phonemes: Phonemes | None = None
        self._plays_until = 0.0
        self.codes: list[int] = []
        self.seconds = self.window_s = 0.0
        self.is_heard = False

    @property
    def ahead_s(self) -> float:
        """Seconds of audio that the player still has, of earlier texts too; negative if it ran out so long ago.

        Nobody hears a text that awaits its commit: all of it is ahead. A caller who says nothing of a player is
        taken for one that plays at once.
        """
        pace = self._speaker.session.pace
        if not pace.is_followed:
            return self._plays_until - self._clock() if self.is_heard else 0.0
        left = pace.ahead_s()
        return self.seconds if left is None else left

    def window(
        self,
        new: Sequence[int],
        phonemes: Phonemes,
        foreseen: Sequence[int] = (),
        *,
        last: bool = False,
    ) -> Samples:
        """Samples [n], maybe none, of more codes.

        Raises:
            Cancelled: the text was cancelled.
            SynthesisError: they are not sound.
        """
        begun_s = self._speaker.session.clock.total_s
        voice = self._voiced(phonemes)
        self.codes += new
        parts = [np.zeros(0, np.float32)]
        for made in voice.speak(new, last=last, foreseen=foreseen):
            self._speaker.session.token.check()
            parts.append(np.array(made, np.float32))
        self.window_s = self._speaker.session.clock.total_s - begun_s
        samples = np.concatenate(parts)
        problem = self._guard.samples(samples) or (self._guard.end() if last else None)
        if problem is not None:
            self._speaker.session.meter.problem(problem.kind.value)
            raise SynthesisError(f"{phonemes.text[:60]!r}: {problem.detail}")
        return samples

    def _voiced(self, phonemes: Phonemes) -> SoVITSStream:
        """The stream that turns codes into audio, with all known phones."""
        if self._voice is None:
            settings, networks = self._speaker.settings, self._speaker.networks
            options = SpeakingOptions(settings.speed, settings.noise_scale, self._seed)
            text, style = mx.array(phonemes.ids)[None], mx.array(self._speaker.prompt.ge)
            self._voice = SoVITSStream(networks.sovits, text, style, options)
            self._tracker = self._speaker.tracker(phonemes)
        elif self._phonemes is not phonemes:
            self._voice.read(mx.array(phonemes.ids)[None])
        self._phonemes = phonemes
        return self._voice

    def piece(self, samples: Samples, tokens: int, *, last: bool) -> SentencePiece:
        """A window that is sent now, with the words that end in it."""
        if not self.is_heard:
            self.is_heard = True
            self._plays_until = self._clock()
        seconds = len(samples) / self._rate
        self.seconds += seconds
        self._plays_until = max(self._plays_until, self._clock()) + seconds
        self._speaker.session.meter.sound(seconds)
        return SentencePiece(samples, tokens, last, self._words(last=last))

    def broken_off(self, samples: Samples, tokens: int) -> SentencePiece:
        """A window with which the sentence ends although it is not finished."""
        heard_s = self.seconds
        return self.piece(samples, tokens, last=False).broken_off(heard_s, self._rate)

    def _words(self, *, last: bool) -> tuple[WordTiming, ...]:
        """The words whose audio was sent; the tracker starts over, since each reading knows more phones."""
        phonemes, tracker = self._phonemes, self._tracker
        if phonemes is None or tracker is None:
            return ()
        tracker.begin(phonemes)
        rows = self._speaker.rows_of(phonemes, self.codes) if tracker.needs_attention else []
        tracker.tokens(self.codes, rows)
        return tuple(tracker.words(self.seconds, ended=last))

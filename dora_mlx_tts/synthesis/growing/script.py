"""Speaks a text whose first sentence may begin before its end is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.errors import EmptyTextError, SynthesisError, TextError
from dora_mlx_tts.runtime.cancel import Cancelled
from dora_mlx_tts.synthesis.growing.policy import GrowingLimits
from dora_mlx_tts.synthesis.growing.sentence import GrowingSentence
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import Asked, Fragment
from dora_mlx_tts.synthesis.script import ScriptSpeaker, tasks_of
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.split import fitted, stopped, undivided
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText


def speak_growing(
    ready: ReadyVoice,
    settings: SpeechSettings,
    text: GrowingText,
    speaker: SentenceSpeaker,
    limits: GrowingLimits | None,
) -> Iterator[Fragment | Asked | None]:
    """Speak a text that grows; None stands for "nothing to do until more is written".

    A text that is complete before any of it is spoken gives the same samples as `speak_script`; without
    `limits` every text waits until it is complete.

    Raises:
        Cancelled: the text was cancelled.
        TtsError: as `speak_script`.
    """
    teller = ScriptSpeaker(ready, settings, speaker)
    seeds = np.random.SeedSequence(settings.seed)
    part = _Part(ready, settings, text)
    number = 0
    while part.rest is None:
        seed = int(seeds.generate_state(number + 1)[number])
        part.begin(speaker, seed, limits)
        is_over = lambda: part.rest is not None and not part.rest
        yield from teller.finished(part.pieces(), lambda: part.sentence, last=is_over)
        if not part.is_heard and part.rest is None:  # a part that ended before it began
            alone = (part.phonemize(part.sentence), seed, None)
            yield from teller.speak(part.sentence, alone, last=False)
        number += part.is_heard or part.rest is None
    script = part.rest
    if not script and not number:
        raise EmptyTextError("the text holds nothing that can be pronounced")
    own = seeds.generate_state(number + len(script))[number:].tolist()
    tasks = tasks_of(ready, settings, script, speaker, own)
    for index, (sentence, task) in enumerate(zip(script, tasks, strict=True)):
        try:
            yield from teller.speak(sentence, task, last=index == len(script) - 1)
        except (TextError, SynthesisError) as error:
            error.sentence = number + index
            raise


@dataclass(slots=True)
class _Part:
    """The part of a growing text being spoken, and what is left once the text is complete.

    Attributes:
        sentence: what is known of the part.
        rest: the sentences after it, once the text is complete; includes the part itself if none of it was
            heard.
        is_heard: whether audio of the part was sent.
    """

    ready: ReadyVoice
    settings: SpeechSettings
    text: GrowingText
    rest: list[SpokenSentence] | None = None
    is_heard: bool = False
    _start: int = 0
    _growing: GrowingSentence | None = None
    _complete: SpokenSentence | None = field(default=None)

    def begin(self, speaker: SentenceSpeaker, seed: int, limits: GrowingLimits | None) -> None:
        """Continue with the next part."""
        self._complete, self.is_heard = None, False
        self._growing = GrowingSentence(
            speaker,
            lambda text: self.phonemize(SpokenSentence(text)),
            self.text,
            start=self._start,
            seed=seed,
            limits=limits,
        )

    @property
    def sentence(self) -> SpokenSentence:
        """The known text of the part."""
        if self._complete is not None:
            return self._complete
        return SpokenSentence(self._growing.text if self._growing else "")

    def phonemize(self, sentence: SpokenSentence) -> Phonemes:
        """Phones of a sentence as the voice reads it."""
        return self.ready.phonemize(sentence, self.settings.language)

    def pieces(self) -> Iterator[SentencePiece | None]:
        """The part's audio as it grows and when it is complete; nothing if none was heard by then."""
        growing = self._growing
        if growing is None:
            return
        meter = growing.meter
        try:
            yield from self._pieces(growing)
        except Cancelled:
            meter.count("cancelled", int(growing.is_heard))
            raise
        except SynthesisError:
            meter.count("failed", int(growing.is_heard))
            raise
        meter.count("spoken", int(growing.is_heard))
        meter.count("contradictions", growing.contradictions)

    def _pieces(self, growing: GrowingSentence) -> Iterator[SentencePiece | None]:
        yield from growing.grow()
        self.is_heard = growing.is_heard
        whole = self.text.whole
        if growing.cut is None and whole is not None:
            self._end(whole, growing)
        else:
            self._cut(growing)
        if self.is_heard:
            yield from growing.finish(self.phonemize(self.sentence))

    def _end(self, whole: SpokenText, growing: GrowingSentence) -> None:
        """Divide the complete text into what belongs to this part and the rest."""
        settings = self.settings
        sentences = list(whole.sentences)
        if self._start and sentences:
            sentences[0] = sentences[0].part(self._start, len(sentences[0].text))
            if not any(char.isalnum() for char in sentences[0].text):
                del sentences[0]
        script = fitted(sentences, settings.join_short, settings.short_parts)
        if not self.is_heard:
            self.rest = script
            return
        spoken = growing.spoken_end - self._start
        if script and len(script[0].text) < spoken:  # more than its first piece was spoken
            others = fitted(sentences[1:], settings.join_short, settings.short_parts)
            script = [undivided(sentences[0]), *others]
        self._complete, self.rest = script[0], script[1:]

    def _cut(self, growing: GrowingSentence) -> None:
        """End the part at a clause although the text continues."""
        end = growing.cut or 0
        text = self.text.read().text
        part = SpokenSentence(text[self._start : end].strip())
        self._complete = stopped(part) if self.settings.short_parts else undivided(part)
        self._start = end + len(text[end:]) - len(text[end:].lstrip())

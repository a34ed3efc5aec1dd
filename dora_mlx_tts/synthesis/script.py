"""Speaks the sentences of a text one after the other, with the pauses that markup asks for."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np

from dora_mlx_tts.audio.finish import silence
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.config.settings import FASTEST, SLOWEST, Settings, SpeechSettings
from dora_mlx_tts.errors import MisspokenError, SynthesisError, TextError, TtsError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.synthesis.batching import AHEAD, Decoded
from dora_mlx_tts.synthesis.edges import SentenceEdges
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.pauses import pause_after_s, pause_before_s
from dora_mlx_tts.synthesis.records import Asked, Fragment
from dora_mlx_tts.synthesis.sentence import SentencePiece, SentenceSpeaker
from dora_mlx_tts.synthesis.speech_level import SpeechLevel
from dora_mlx_tts.synthesis.word_times import placed
from dora_mlx_tts.synthesis.work_clock import Work, WorkClock
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.sentences.split import split_in_two
from dora_mlx_tts.text.spoken import SpokenSentence, SpokenText

logger = logging.getLogger(__name__)

LONGEST_PAUSES_S: Final = 120.0
_LONGEST_SILENCE_S: Final = 2.0

_Task: TypeAlias = tuple[Phonemes, int, Decoded | None]


def sentences_of(
    text: str | Sequence[SpokenSentence], settings: Settings
) -> Sequence[SpokenSentence]:
    """The sentences of a text; a plain string is divided and filtered here.

    Raises:
        TextError: it is neither a string nor sentences.
    """
    if isinstance(text, SpokenText):
        return text.sentences
    if isinstance(text, str):
        return whole_text(text, settings.speech_markup, filters=settings.text_filters).sentences
    sentences: Sequence[SpokenSentence] = text
    if isinstance(text, Sequence) and all(isinstance(one, SpokenSentence) for one in text):
        return sentences
    raise TextError(must_be("text", "a string or a list of SpokenSentence", text))


def speak_script(
    ready: ReadyVoice,
    settings: SpeechSettings,
    script: Sequence[SpokenSentence],
    speaker: SentenceSpeaker,
) -> Iterator[Fragment | Asked]:
    """Speak sentences in order; one that every attempt gets wrong is spoken in two parts.

    Raises:
        Cancelled: the text was cancelled.
        TtsError: see `FrontEnd.phonemize` and `SentenceSpeaker.stream`.
    """
    teller = ScriptSpeaker(ready, settings, speaker)
    seeds = np.random.SeedSequence(settings.seed).generate_state(len(script)).tolist()
    tasks = tasks_of(ready, settings, script, speaker, seeds)
    for number, sentence in enumerate(script):
        try:
            yield from teller.speak(sentence, next(tasks), last=number == len(script) - 1)
        except TtsError as error:
            error.sentence_text = sentence.text
            if isinstance(error, TextError | SynthesisError):
                error.sentence = number
            raise


class ScriptSpeaker:
    """Speaks one sentence after the other and tracks its position in the request's audio."""

    def __init__(
        self, ready: ReadyVoice, settings: SpeechSettings, speaker: SentenceSpeaker
    ) -> None:
        self._ready, self._settings, self._speaker = ready, settings, speaker
        self._rate = ready.networks.pack.manifest.sample_rate
        self._level = SpeechLevel(self._rate, settings, ready.loudness)
        self._start, self._index = 0.0, 0

    def speak(
        self, sentence: SpokenSentence, task: _Task, *, last: bool
    ) -> Iterator[Fragment | Asked]:
        """The fragments of a sentence; `last` if it is the request's last one."""
        try:
            yield from self._whole(sentence, task, last=last)
        except MisspokenError as error:
            parts = [sentence] if error.heard else split_in_two(sentence)
            if parts == [sentence]:
                raise
            logger.warning("%s; now in two parts", error)
            _, seed, _ = task
            for number, part in enumerate(parts):
                phonemes = _read(self._ready, part, self._settings, self._speaker.session.clock)
                is_last = last and part is parts[-1]
                yield from self.speak(part, (phonemes, seed + number, None), last=is_last)

    def _whole(
        self, sentence: SpokenSentence, task: _Task, *, last: bool
    ) -> Iterator[Fragment | Asked]:
        pieces = _at_rate(self._speaker, sentence.rate).stream(*task)
        for fragment in self.finished(pieces, lambda: sentence, last=lambda: last):
            if fragment is not None:
                yield fragment

    def finished(
        self,
        pieces: Iterable[SentencePiece | Asked | None],
        sentence: Callable[[], SpokenSentence],
        *,
        last: Callable[[], bool],
    ) -> Iterator[Fragment | Asked | None]:
        """Turn pieces of a sentence into fragments with edges and pauses; pass on anything that is not a piece.

        Args:
            pieces: in order.
            sentence: returns the sentence as known when a piece arrives.
            last: called with its last piece; returns whether it is the request's last sentence.
        """
        rate = self._rate
        edges = SentenceEdges(rate, self._settings.edge_silence)
        lead = pause_before_s(sentence(), self._settings) + sentence().pause_before_s
        origin, number = self._start + lead, 0
        for piece in pieces:
            if not isinstance(piece, SentencePiece):
                yield piece
                continue
            now = sentence()
            sound = [self._level(edges(piece.samples, last=piece.last), last=piece.last)]
            if number == 0:
                self._speaker.session.pace.speed.add_trimmed(edges.cut / rate)
            if piece.last and not piece.is_broken_off:
                sound.append(silence(pause_after_s(now, self._settings), rate))
            before = lead if number == 0 else 0.0
            after = now.pause_after_s if piece.last else 0.0
            words = placed(piece.words, origin - edges.cut / rate, origin)
            blocks = _blocks(before, np.concatenate(sound), after, rate)
            for samples in blocks:
                is_end = samples is blocks[-1]
                yield Fragment(
                    samples,
                    rate,
                    now.text,
                    self._index,
                    number,
                    is_end and piece.last and (piece.is_broken_off or last()),
                    self._start,
                    piece.tokens if is_end else 0,
                    words if is_end else (),
                )
                self._start += len(samples) / rate
                number += 1
        self._index += number > 0


def _blocks(before_s: float, sound: Samples, after_s: float, rate: int) -> list[Samples]:
    """A piece of audio with the pauses around it; long pauses become separate pieces."""
    if before_s + after_s <= _LONGEST_SILENCE_S:
        return [np.concatenate([silence(before_s, rate), sound, silence(after_s, rate)])]
    return [*_pauses(before_s, rate), sound, *_pauses(after_s, rate)]


def _pauses(seconds: float, rate: int) -> Iterator[Samples]:
    left = int(seconds * rate)
    longest = int(_LONGEST_SILENCE_S * rate)
    while left > 0:
        yield np.zeros(min(left, longest), np.float32)
        left -= longest


def check_pauses(script: Sequence[SpokenSentence]) -> None:
    """Refuse a text that is mostly silence.

    Raises:
        TextError: its pauses add up to more than `LONGEST_PAUSES_S`.
    """
    total = sum(sentence.pause_before_s + sentence.pause_after_s for sentence in script)
    if total > LONGEST_PAUSES_S:
        raise TextError(
            f"the pauses of a text must be at most {LONGEST_PAUSES_S:g} s in sum, got {total:g} s"
        )


def _at_rate(speaker: SentenceSpeaker, rate: float) -> SentenceSpeaker:
    if rate == 1:
        return speaker
    speed = min(max(speaker.settings.speed * rate, SLOWEST), FASTEST)
    return dataclasses.replace(
        speaker, settings=speaker.settings.model_copy(update={"speed": speed})
    )


def tasks_of(
    ready: ReadyVoice,
    settings: SpeechSettings,
    script: Sequence[SpokenSentence],
    speaker: SentenceSpeaker,
    seeds: Sequence[int],
) -> Iterator[_Task]:
    """Phonemes, seed and, if sentences are decoded together, the tokens of each sentence."""
    together = settings.mode == "throughput" and min(len(script), settings.batch_size) > 1
    step = AHEAD * settings.batch_size if together else 1
    for start in range(0, len(script), step):
        some = seeds[start : start + step]
        phonemes = [
            _read(ready, sentence, settings, speaker.session.clock)
            for sentence in script[start : start + step]
        ]
        decoded = speaker.decode(phonemes, some) if together else [None]
        yield from zip(phonemes, some, decoded, strict=True)


def _read(
    ready: ReadyVoice, sentence: SpokenSentence, settings: SpeechSettings, clock: WorkClock
) -> Phonemes:
    with clock.on(Work.FRONT_END):
        return ready.phonemize(sentence, settings.language)

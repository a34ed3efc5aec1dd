"""The sentences of a text, one after the other, with what markup asked for around them."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from dora_mlx_tts.audio.finish import silence
from dora_mlx_tts.config.settings import FASTEST, SLOWEST, SpeechSettings
from dora_mlx_tts.errors import MisspokenError
from dora_mlx_tts.synthesis.batching import AHEAD, Decoded
from dora_mlx_tts.synthesis.edges import SentenceEdges, pause_after
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.word_times import placed
from dora_mlx_tts.text.markup.notes import plain
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.pieces import Piece
from dora_mlx_tts.text.sentences.split import split_in_two

logger = logging.getLogger(__name__)

_Task: TypeAlias = tuple[Phonemes, int, Decoded | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence and the silence around it.

    Attributes:
        text: for the front end; may hold notes.
        before_s: silence before it: pauses that the text begins with.
        after_s: silence after it, beside the pause of any sentence.
        rate: factor on the speaking rate.
    """

    text: str
    before_s: float = 0.0
    after_s: float = 0.0
    rate: float = 1.0


def lines_of(script: Sequence[Piece]) -> list[Line]:
    """Lines of a script, of which at least one piece has text; pauses alone join a neighbour."""
    lines: list[Line] = []
    waiting = 0.0
    for piece in script:
        if piece.text:
            lines.append(Line(piece.text, waiting, piece.pause_s, piece.rate))
            waiting = 0.0
        elif lines:
            lines[-1] = dataclasses.replace(lines[-1], after_s=lines[-1].after_s + piece.pause_s)
        else:
            waiting += piece.pause_s
    return lines


def speak_lines(
    ready: ReadyVoice, settings: SpeechSettings, lines: Sequence[Line], speaker: SentenceSpeaker
) -> Iterator[Fragment]:
    """Speak lines in order; one that the networks say otherwise, whatever is tried, in two parts.

    Raises:
        Cancelled: the text was cancelled.
        TtsError: as `FrontEnd.phonemize` and `SentenceSpeaker.stream`.
    """
    teller = ScriptSpeaker(ready, settings, speaker)
    tasks = _tasks(ready, settings, lines, speaker)
    for number, (line, task) in enumerate(zip(lines, tasks, strict=True)):
        yield from teller.speak(line, task, last=number == len(lines) - 1)


class ScriptSpeaker:
    """Speaks one line after the other; knows where in the request's audio it is."""

    def __init__(
        self, ready: ReadyVoice, settings: SpeechSettings, speaker: SentenceSpeaker
    ) -> None:
        self._ready, self._settings, self._speaker = ready, settings, speaker
        self._rate = ready.networks.pack.manifest.sample_rate
        self._start, self._index = 0.0, 0

    def speak(self, line: Line, task: _Task, *, last: bool) -> Iterator[Fragment]:
        """The fragments of a line, which may be the `last` of the request."""
        try:
            yield from self._whole(line, task, last=last)
        except MisspokenError as error:
            parts = [line] if error.heard else _divided(line)
            if parts == [line]:
                raise
            logger.warning("%s; now as %s", error, [plain(part.text) for part in parts])
            _, seed, _ = task
            for number, part in enumerate(parts):
                phonemes = self._ready.phonemize(part.text, self._settings.language)
                is_last = last and part is parts[-1]
                yield from self.speak(part, (phonemes, seed + number, None), last=is_last)

    def _whole(self, line: Line, task: _Task, *, last: bool) -> Iterator[Fragment]:
        text, rate = plain(line.text), self._rate
        edges = SentenceEdges(rate, self._settings.edge_silence)
        origin = self._start + line.before_s
        for number, piece in enumerate(_at_rate(self._speaker, line.rate).stream(*task)):
            parts = [edges(piece.samples, last=piece.last)]
            if number == 0:
                parts.insert(0, silence(line.before_s, rate))
            if piece.last:
                parts.append(pause_after(text, self._settings.fragment_interval, rate))
                parts.append(silence(line.after_s, rate))
            samples = np.concatenate(parts)
            words = placed(piece.words, origin - edges.cut / rate, origin)
            yield Fragment(
                samples,
                rate,
                text,
                self._index,
                number,
                piece.last and last,
                self._start,
                piece.tokens,
                words,
            )
            self._start += len(samples) / rate
        self._index += 1


def _divided(line: Line) -> list[Line]:
    """A line in two parts where it has a mark inside, each with a stop behind it."""
    *first, final = split_in_two(line.text)
    parts = [Line(text, rate=line.rate) for text in first]
    parts.append(Line(final, 0.0, line.after_s, line.rate))
    parts[0] = dataclasses.replace(parts[0], before_s=line.before_s)
    return parts


def _at_rate(speaker: SentenceSpeaker, rate: float) -> SentenceSpeaker:
    if rate == 1:
        return speaker
    speed = min(max(speaker.settings.speed * rate, SLOWEST), FASTEST)
    return dataclasses.replace(
        speaker, settings=speaker.settings.model_copy(update={"speed": speed})
    )


def _tasks(
    ready: ReadyVoice, settings: SpeechSettings, lines: Sequence[Line], speaker: SentenceSpeaker
) -> Iterator[_Task]:
    """Phonemes, seed and, where sentences are decoded together, the tokens of each sentence."""
    seeds = np.random.SeedSequence(settings.seed).generate_state(len(lines)).tolist()
    together = settings.mode == "throughput" and min(len(lines), settings.batch_size) > 1
    step = AHEAD * settings.batch_size if together else 1
    for start in range(0, len(lines), step):
        some = seeds[start : start + step]
        phonemes = [
            ready.phonemize(line.text, settings.language) for line in lines[start : start + step]
        ]
        decoded = speaker.decode(phonemes, some) if together else [None]
        yield from zip(phonemes, some, decoded, strict=True)

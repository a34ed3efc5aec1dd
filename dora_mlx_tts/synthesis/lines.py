"""The sentences of a text, one after the other, with what markup asked for around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dora_mlx_tts.audio.finish import silence
from dora_mlx_tts.config import SpeechSettings
from dora_mlx_tts.synthesis.batch import AHEAD, Decoded
from dora_mlx_tts.synthesis.finishing import SentenceEdges, pause_after
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.words import placed
from dora_mlx_tts.text.notes import plain
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.script import Piece

_SLOWEST, _FASTEST = 0.5, 2.0  # as the setting `speed`


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
    """Speak lines in order.

    Raises:
        Cancelled: they are not wanted any more.
        TtsError: as `FrontEnd.phonemize` and `SentenceSpeaker.stream`.
    """
    rate = ready.networks.pack.manifest.sample_rate
    start = 0.0
    tasks = _tasks(ready, settings, lines, speaker)
    for index, (line, task) in enumerate(zip(lines, tasks, strict=True)):
        text = plain(line.text)
        edges = SentenceEdges(rate, settings.edge_silence)
        origin = start + line.before_s
        for number, piece in enumerate(_at_rate(speaker, line.rate).stream(*task)):
            parts = [edges(piece.samples, last=piece.last)]
            if number == 0:
                parts.insert(0, silence(line.before_s, rate))
            if piece.last:
                parts.append(pause_after(text, settings.fragment_interval, rate))
                parts.append(silence(line.after_s, rate))
            samples = np.concatenate(parts)
            final = piece.last and index == len(lines) - 1
            words = placed(piece.words, origin - edges.cut / rate, origin)
            yield Fragment(samples, rate, text, index, number, final, start, piece.tokens, words)
            start += len(samples) / rate


def _at_rate(speaker: SentenceSpeaker, rate: float) -> SentenceSpeaker:
    if rate == 1:
        return speaker
    speed = min(max(speaker.settings.speed * rate, _SLOWEST), _FASTEST)
    return dataclasses.replace(
        speaker, settings=speaker.settings.model_copy(update={"speed": speed})
    )


def _tasks(
    ready: ReadyVoice, settings: SpeechSettings, lines: Sequence[Line], speaker: SentenceSpeaker
) -> Iterator[tuple[Phonemes, int, Decoded | None]]:
    """Phonemes, seed and, where sentences are decoded together, the tokens of each sentence."""
    seeds = np.random.SeedSequence(settings.seed).generate_state(len(lines)).tolist()
    together = settings.mode == "throughput" and min(len(lines), settings.batch_size) > 1
    step = AHEAD * settings.batch_size if together else 1
    for start in range(0, len(lines), step):
        some = seeds[start : start + step]
        phonemes = [
            ready.front_end.phonemize(line.text, settings.language)
            for line in lines[start : start + step]
        ]
        decoded = speaker.decode(phonemes, some) if together else [None]
        yield from zip(phonemes, some, decoded, strict=True)

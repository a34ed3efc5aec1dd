"""How far word times lie from borders that are known.

    python benchmarks/words.py

Two truths. Pauses: sentences with commas, whose pauses are found in the sound; the words beside a
comma must end and begin there. Joined: words spoken one by one, their tokens joined to one sentence
that the network never planned as a whole, aligned in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import harness
import numpy as np

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.stream import KeptCache
from dora_mlx_tts.synthesis.words import WordTracker, alignment_heads, attention_rows, units
from dora_mlx_tts.text.phonemes import Phonemes

RATE = 32000
COMMAS = {
    "starter-en": (
        "We waited, then talked, then went home.",
        "The morning, the evening, and the long night, were all the same.",
        "First the letters, second the bread, third the coats.",
        "My brother, who lives in the city, never writes, but sometimes calls.",
    ),
    "starter-zh": (
        "老师喜欢喝茶，学生喜欢咖啡，我喜欢牛奶。",
        "今天天气很好，我们去公园，然后回家吃饭。",
    ),
}
WORDS = {
    "starter-en": ("morning train letters winter table", "please remember yellow garden tomorrow"),
    "starter-zh": ("今天 天气 很好 我们 散步", "火车 晚上 九点 离开 北京"),
}

Floats = np.ndarray[Any, np.dtype[np.float64]]


def loud(samples: np.ndarray[Any, Any], step: int, decibels: float) -> Floats:
    """Numbers of the steps that are louder."""
    levels = np.sqrt((samples[: len(samples) // step * step].reshape(-1, step) ** 2).mean(1))
    return np.flatnonzero(levels > 10 ** (decibels / 20)).astype(np.float64)


def at_pauses(synthesizer: Synthesizer, voice: str, seeds: range) -> Iterator[float]:
    """Errors in seconds of words before and after pauses, where pauses and commas are as many."""
    for text in COMMAS[voice]:
        for seed in seeds:
            speech = synthesizer.speak(text, voice=voice, seed=seed, fragment_interval=0)
            steps = loud(speech.samples, RATE // 100, -55) / 100
            pauses = [(a + 0.01, b) for a, b in pairwise(steps) if b - a > 0.09 and a > 0.2]
            words = speech.words
            marked = [i for i in range(1, len(words)) if words[i].start - words[i - 1].end > 0]
            marked = [i for i in marked if text[words[i - 1].end] in ",，"]
            if len(pauses) == len(marked):
                for (begin, end), i in zip(pauses, marked, strict=True):
                    yield from (words[i - 1].end_s - begin, words[i].start_s - end)


def in_joined_words(synthesizer: Synthesizer, voice: str, seeds: range) -> Iterator[float]:
    """Errors in seconds of the borders between words that were spoken alone."""
    ready = synthesizer.prepare(voice)
    settings = synthesizer.settings.speech(ready.voice.defaults, {})
    heads = alignment_heads(ready.networks.t2s, ready.prompt)
    speaker = SentenceSpeaker(
        ready.networks,
        ready.prompt,
        settings,
        KeptCache(ready.networks.t2s),
        SynthesisMeter(),
        lambda: False,
        heads,
    )
    for text in WORDS[voice]:
        for seed in seeds:
            codes, borders = [], []
            for word in text.split():
                tokens = spoken_tokens(speaker, ready.front_end.phonemize(word, "auto"), seed)
                codes += tokens
                borders.append(len(codes) / 25)
            whole = text if voice == "starter-en" else text.replace(" ", "")
            phonemes = ready.front_end.phonemize(whole, "auto")
            given = np.concatenate([ready.prompt.codes, codes]).astype(np.int32)
            rows = attention_rows(
                ready.networks.t2s,
                speaker._text(phonemes),
                given,
                heads,
                len(ready.prompt.phones),
            )
            tracker = WordTracker(phonemes, 1 / 25)
            tracker.tokens(list(rows[-len(codes) :]))
            found = tracker.words(0.0, ended=True)
            ends = np.cumsum([len(word) + (voice == "starter-en") for word in text.split()])
            last = [max(w.end_s for w in found if w.end <= end) for end in ends]
            if len(found) == len(units(phonemes)):
                yield from (a - b for a, b in zip(last[:-1], borders[:-1], strict=True))


def spoken_tokens(speaker: SentenceSpeaker, phonemes: Phonemes, seed: int) -> list[int]:
    """Tokens of a word without the quiet before and after it."""
    tokens, _ = speaker._tokens(phonemes, seed).take(None)
    samples = speaker._sound(speaker._voice(phonemes, seed), tokens, last=True)
    steps = loud(samples, 1280, -50)
    steps = steps[steps > 0]
    return tokens[int(steps[0]) : int(steps[-1]) + 1]


def main() -> None:
    """Measure and report."""
    given = harness.parser(__doc__.splitlines()[0]).parse_args()
    synthesizer = Synthesizer.load(warm_up=False)
    seeds = range(1, given.samples + 1)
    for name, measure in (("pauses", at_pauses), ("joined", in_joined_words)):
        for voice in COMMAS:
            errors = 1000 * np.array(list(measure(synthesizer, voice, seeds)))
            size = np.abs(errors)
            print(
                f"{name}, {voice}: {len(errors)} borders, median error {np.median(size):.0f} ms,"
                f" 90 % within {np.quantile(size, 0.9):.0f} ms, bias {np.median(errors):.0f} ms"
            )


if __name__ == "__main__":
    main()

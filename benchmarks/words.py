"""How far word times lie from borders that are known, beside an even split of the sentence.

    python benchmarks/words.py --lessons 24 --sentences 12

Two truths. Joined: the tokens of words that were spoken one by one, put together. Pauses: sentences with
commas, whose pauses are found in the sound; the words beside a comma must end and begin there. Three
ways to tell: an even split by phones, attention, and the codes after `--lessons` sentences.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import harness
import numpy as np

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.synthesis.codes.code_table import CodeTable
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneEvidence
from dora_mlx_tts.synthesis.loading.alignment import alignment_heads
from dora_mlx_tts.synthesis.loading.loaded_pack import KeptCache
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import WordTiming
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.word_times import WordTracker, attention_rows, units
from dora_mlx_tts.text.phonemes import Phonemes

RATE, PACE = 32000, 25
VOCABULARY = {
    "starter-en": "morning train letters winter table please remember yellow garden tomorrow window"
    " river city brother children story kitchen music paper summer mountain question answer coffee"
    " street evening quiet happy early always together between",
    "starter-zh": "今天 天气 公园 散步 老师 学生 咖啡 牛奶 晚上 孩子 火车 离开 北京 回家 吃饭 朋友 城市 音乐"
    " 早上 明天 工作 问题 回答 时间 地方 高兴 漂亮 开始 学习 电影 医院 飞机",
}
FRAMES = {
    "starter-en": ("We saw the {} and the {}, then a {}.", "The {}, my {}, and your {} came back."),
    "starter-zh": ("我们喜欢{}和{}，也喜欢{}。", "{}很好，{}不好，{}最好。"),
}

Codes = list[int]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence's tokens, and borders that are known: (number of the word, its start or end, s)."""

    phonemes: Phonemes
    codes: Codes
    borders: tuple[tuple[int, str, float], ...]


class Voice:
    """Tokens and sound of one voice."""

    def __init__(self, synthesizer: Synthesizer, name: str) -> None:
        self.name, self.ready = name, synthesizer.prepare(name)
        ready = self.ready
        settings = ready.speech(synthesizer.settings, {})
        session = SpeechSession(KeptCache(ready.networks.t2s), SynthesisMeter())
        self.speaker = SentenceSpeaker(ready.pack, ready.prompt, settings, session)
        self.words = VOCABULARY[name].split()
        self.stop = "." if name.endswith("en") else "。"

    def read(self, text: str) -> Phonemes:
        """Phones of a text."""
        return self.ready.front_end.phonemize(text, self.name[-2:])

    def tokens(self, phonemes: Phonemes, seed: int) -> Codes:
        """Decode."""
        tokens = self.speaker.tokens(phonemes, seed)
        try:
            return tokens.take(None)[0]
        finally:
            tokens.close()

    def sound(self, phonemes: Phonemes, codes: Codes, seed: int) -> np.ndarray[Any, Any]:
        """Speak tokens, without finishing the edges."""
        return self.speaker.sound(self.speaker.voice(phonemes, seed), codes, last=True)

    def sentence(self, draw: np.random.Generator) -> Phonemes:
        """A sentence of the kind that the table learns from."""
        frame = draw.choice(FRAMES[self.name])
        return self.read(frame.format(*draw.choice(self.words, frame.count("{}"), replace=False)))


def joined(voice: Voice, draw: np.random.Generator, count: int) -> Iterator[Case]:
    """Words spoken alone, without the quiet around them, put together."""
    for seed in range(count):
        words = draw.choice(voice.words, 5, replace=False)
        codes: Codes = []
        ends = []
        for word in words:
            phonemes = voice.read(str(word) + voice.stop)
            spoken = voice.tokens(phonemes, seed)
            steps = loud(voice.sound(phonemes, spoken, seed), RATE // PACE, -50)
            codes += spoken[int(steps[0]) : int(steps[-1]) + 1] if len(steps) else spoken
            ends.append(len(codes) / PACE)
        text = (" " if voice.name.endswith("en") else "").join(words)
        phonemes = voice.read(text)
        spans = np.cumsum([len(word) + (voice.name.endswith("en")) for word in words])
        last = [max(n for n, u in enumerate(units(phonemes)) if u.span[1] <= s) for s in spans]
        borders = tuple((n, "end", end) for n, end in zip(last[:-1], ends[:-1], strict=True))
        yield Case(phonemes, codes, borders)


def paused(voice: Voice, draw: np.random.Generator, count: int) -> Iterator[Case]:
    """Sentences with commas, where as many pauses are heard as commas stand."""
    for seed in range(count):
        phonemes = voice.sentence(draw)
        codes = voice.tokens(phonemes, seed)
        steps = loud(voice.sound(phonemes, codes, seed), RATE // 100, -55) / 100
        pauses = [(a + 0.01, b) for a, b in pairwise(steps) if b - a > 0.09 and a > 0.2]
        words, text = units(phonemes), phonemes.text
        before = [n for n, u in enumerate(words[:-1]) if text[u.span[1]] in ",，"]
        if len(pauses) == len(before):
            borders: list[tuple[int, str, float]] = []
            for n, (begin, end) in zip(before, pauses, strict=True):
                borders += [(n, "end", begin), (n + 1, "start", end)]
            yield Case(phonemes, codes, tuple(borders))


def loud(samples: np.ndarray[Any, Any], step: int, decibels: float) -> np.ndarray[Any, Any]:
    """Numbers of the steps that are louder."""
    levels = np.sqrt((samples[: len(samples) // step * step].reshape(-1, step) ** 2).mean(1))
    return np.flatnonzero(levels > 10 ** (decibels / 20)).astype(np.float64)


def learned(voice: Voice, draw: np.random.Generator, lessons: int) -> CodeTable:
    """A table after so many sentences."""
    table = CodeTable(np.array(voice.ready.networks.encoder.quantizer.embed, np.float32))
    for seed in range(lessons):
        phonemes = voice.sentence(draw)
        codes = voice.tokens(phonemes, 1000 + seed)
        table.learn(np.asarray(phonemes.ids), np.array(codes, np.int32))
    return table


def even(case: Case) -> list[WordTiming]:
    """Every phone as long as every other."""
    each = len(case.codes) / PACE / len(case.phonemes)
    return [WordTiming(u.text, u.first * each, u.end * each, *u.span) for u in units(case.phonemes)]


def by_attention(ready: ReadyVoice, voice: Voice, case: Case) -> list[WordTiming]:
    """The heads that follow the text."""
    heads = alignment_heads(ready.networks.t2s, ready.prompt)
    given = np.concatenate([ready.prompt.codes, case.codes]).astype(np.int32)
    text = voice.speaker._text(case.phonemes)
    rows = attention_rows(ready.networks.t2s, text, given, heads, len(ready.prompt.phones))
    tracker = WordTracker(case.phonemes, 1 / PACE)
    tracker.tokens(case.codes, list(rows[-len(case.codes) :]))
    return tracker.words(0.0, ended=True)


def by_codes(table: PhoneEvidence, case: Case) -> list[WordTiming]:
    """A table."""
    tracker = WordTracker(case.phonemes, 1 / PACE, table)
    tracker.tokens(case.codes, [])
    return tracker.words(0.0, ended=True)


def measure(voice: Voice, lessons: int, sentences: int) -> Iterator[dict[str, Any]]:
    """Errors of each way at each truth."""
    draw = np.random.default_rng(0)
    table = learned(voice, draw, lessons)
    for truth, make in (("joined", joined), ("pauses", paused)):
        errors: dict[str, list[float]] = defaultdict(list)
        for case in make(voice, draw, sentences):
            ways = {
                "even": even(case),
                "attention": by_attention(voice.ready, voice, case),
                "codes": by_codes(table, case),
            }
            shipped = voice.ready.networks.phone_codes
            if shipped is not None:
                ways["shipped"] = by_codes(shipped, case)
            for way, words in ways.items():
                for number, side, second in case.borders:
                    word = words[number]
                    found = word.end_s if side == "end" else word.start_s
                    errors[way].append(1000 * (found - second))
        for way, found in errors.items():
            size = np.abs(found)
            yield {
                "voice": voice.name,
                "truth": truth,
                "way": way,
                "borders": len(found),
                "median_ms": round(float(np.median(size))),
                "mean_ms": round(float(size.mean())),
                "90_percent_ms": round(float(np.quantile(size, 0.9))),
                "bias_ms": round(float(np.median(found))),
                "gain_nats": round(table.gain, 2),
            }


def main() -> None:
    """Measure and report."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--lessons", type=int, default=24, help="sentences that the table learns")
    parser.add_argument("--sentences", type=int, default=12, help="cases of each truth")
    given = parser.parse_args()
    synthesizer = Synthesizer.load(warm_up=False)
    rows = [
        row
        for name in VOCABULARY
        for row in measure(Voice(synthesizer, name), given.lessons, given.sentences)
    ]
    for row in rows:
        print(
            f"{row['voice']:11} {row['truth']:7} {row['way']:10} {row['borders']:3} borders:"
            f" median {row['median_ms']:4} ms, mean {row['mean_ms']:4}, 90 % within"
            f" {row['90_percent_ms']:4}, bias {row['bias_ms']:5}  (gain {row['gain_nats']})"
        )
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        result = {"machine": harness.machine(), "lessons": given.lessons, "rows": rows}
        given.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

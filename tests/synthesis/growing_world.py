"""A voice whose network says two codes a letter, a writer with a schedule, and a clock that only they move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from spoken import MARK, PHONES, table

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.models.t2s.decoding import MAX_TOKENS, End
from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken
from dora_mlx_tts.synthesis import guarded_tokens
from dora_mlx_tts.synthesis import sentence as whole_sentence
from dora_mlx_tts.synthesis.growing import sound as growing_sound
from dora_mlx_tts.synthesis.growing import stages
from dora_mlx_tts.synthesis.growing.policy import GrowingLimits
from dora_mlx_tts.synthesis.growing.script import speak_growing
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.spoken import SpokenSentence

RATE, A_CODE = 1000, 40
SILENT = 5
PROMPT_PHONES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], np.int32)
PROMPT = np.array([*(10 * p + n for p in PROMPT_PHONES for n in (3, 4)), *[SILENT] * 15], np.int32)
TOKEN_S, PREFILL_S, WINDOW_S = 0.003, 0.04, 0.04


DIGIT = "eee"


def plain(text: str) -> str:
    """What is said of a text."""
    return "".join(DIGIT if c.isdigit() else c for c in text.lower() if c.isalnum())


def phonemize(text: str) -> Phonemes:
    """A phone a letter, `a` is 1; a digit is said like `DIGIT`; marks are one phone."""
    found = [(ord(c) - 96, n) for n, c in enumerate(text.lower()) if "a" <= c <= "s"]
    found += [(ord(said) - 96, n) for n, c in enumerate(text) if c.isdigit() for said in DIGIT]
    found += [(MARK, n) for n, c in enumerate(text) if c in ".,?!"]
    found.sort(key=lambda pair: pair[1])
    ids = np.array([phone for phone, _ in found], np.int32)
    spans = tuple((n, n + 1) for _, n in found)
    return Phonemes(text, text, tuple(map(str, ids)), ids, spans, ())


def letters(codes: Sequence[int]) -> str:
    """What codes say: each letter as often as two codes of it come."""
    said = [code // 10 for code in codes]
    return "".join(chr(96 + phone) for phone in said[::2] if phone != MARK)


class World:
    """Everything a growing sentence needs, without networks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        self.now = 50.0
        self.sounded: list[int] = []
        self.rests: list[int] = []  # codes sounded before the silence of each
        self.held = 0  # codes whose sound the generator holds back
        self.prefills = 0
        self.babble_when_late = True
        self.meter, self.token = SynthesisMeter(), CancelToken()
        for module in (stages, guarded_tokens):
            monkeypatch.setattr(module, "generate", self._generate)
        for module in (growing_sound, whole_sentence):
            monkeypatch.setattr(module, "SoVITSStream", self._voice)
        cache = SimpleNamespace(watch=None, between_layers=None, meanwhile=None)
        kept = SimpleNamespace(lend=lambda: cache, give_back=lambda: 0)
        networks = SimpleNamespace(
            t2s=None,
            phone_codes=table(),
            sovits=SimpleNamespace(config=SimpleNamespace(sample_rate=RATE)),
            pack=SimpleNamespace(manifest=SimpleNamespace(sample_rate=RATE)),
            flow=None,
        )
        pack = SimpleNamespace(networks=networks, heads=(), table=None)
        prompt = SimpleNamespace(
            loudness=None,
            codes=PROMPT,
            phones=PROMPT_PHONES,
            features=None,
            ge=np.zeros(1),
            is_zero_shot=False,
        )
        self.settings = SpeechSettings(seed=1, edge_silence=5, fragment_interval=0, **settings)
        session = SpeechSession(kept, self.meter, self.token, None)
        self.speaker = SentenceSpeaker(pack, prompt, self.settings, session)
        self.ready = SimpleNamespace(networks=networks, phonemize=self._phonemize, loudness=None)

    @staticmethod
    def _phonemize(sentence: SpokenSentence, _language: str) -> Phonemes:
        return phonemize(sentence.text)

    def _generate(self, _model, text, prompt, settings, *, seed, cache, logits=None):
        self.prefills += 1
        self.now += PREFILL_S
        known = np.asarray(text.phones)[len(PROMPT_PHONES) :]
        return _Codes(
            self, known, len(prompt) - len(PROMPT), settings.min_tokens >= MAX_TOKENS, seed
        )

    def _voice(self, _sovits, _text, _style, options) -> _Voice:
        return _Voice(self, options)

    def speak(
        self, writer: Writer, limits: GrowingLimits | None = None, most: int = 4000
    ) -> Iterator[Fragment]:
        """The fragments, with the clock moved to whatever comes next when there is nothing to do."""
        stream = speak_growing(
            self.ready, self.settings, writer, self.speaker, limits=limits or GrowingLimits()
        )
        for fragment in stream:
            most -= 1
            assert most, "it goes round in circles"
            if fragment is None:
                writer.sleep_until_news()
            else:
                yield fragment


class _Codes:
    """Two codes for each phone that is known; then the end, or anything where that is not allowed."""

    def __init__(self, world: World, phones, given: int, is_open: bool, seed: int) -> None:
        self._world, self._phones, self._at, self._is_open = world, phones, given, is_open
        self._draw = np.random.default_rng(seed)
        self.end = None

    def __iter__(self) -> _Codes:
        return self

    def __next__(self) -> int:
        self._world.now += TOKEN_S
        phone, self._at = self._at // 2, self._at + 1
        if phone < len(self._phones):
            return int(10 * self._phones[phone] + self._draw.integers(6, 10))  # never SILENT
        if not self._is_open:
            self.end = End.EOS
            raise StopIteration
        return int(self._draw.integers(0, 10 * PHONES))

    def close(self) -> None:
        pass


class _Voice:
    """Forty samples a code."""

    def __init__(self, world: World, options) -> None:
        self._world, self.speed = world, options.speed
        self._waiting = 0  # codes whose sound was not made yet

    def read(self, _text) -> None:
        pass

    def begin(self) -> None:
        pass

    def codes_for(self, seconds: float) -> int:
        return round(25 * seconds) + 10

    def speak(self, codes, *, last: bool, foreseen=()):
        world = self._world
        world.now += WINDOW_S
        new = list(codes)
        world.sounded += [code for code in new if code != SILENT]
        if SILENT in new:
            world.rests.append(len(world.sounded))
        self._waiting += len(new)
        made = max(0, self._waiting - (0 if last else world.held))
        self._waiting -= made
        yield np.full(A_CODE * made, 0.5, np.float32)


class Writer(GrowingText):
    """Writes at given moments: pairs of seconds and all that is written by then; the last is the whole."""

    def __init__(self, world: World, moments: Sequence[tuple[float, str]], whole: str) -> None:
        self._world, self._begun = world, world.now
        self._moments, self._text_whole = list(moments), whole
        super().__init__(lambda: world.now)
        self._end_s = self._moments.pop()[0] if moments else 0.0

    def read(self):
        self._write()
        return super().read()

    def _write(self) -> None:
        now = self._world.now
        while self._moments and self._begun + self._moments[0][0] <= now:
            at, text = self._moments.pop(0)
            self._world.now = self._begun + at
            self.grow(text)
        self._world.now = now
        if not self._moments and self._begun + self._end_s <= now:
            self.finish(whole_text(self._text_whole))

    def sleep_until_news(self) -> None:
        following = self._moments[0][0] if self._moments else self._end_s
        times = [self._begun + following, *([self.due_s] if self.due_s is not None else [])]
        self._world.now = max(self._world.now + 1e-3, min(times))


def moments(words: Sequence[str], rate: float, first: float = 0.0) -> list[tuple[float, str]]:
    """A word at a time, evenly, and the end with the last."""
    shown = [" ".join(words[: n + 1]) for n in range(len(words))]
    return [(first + n / rate, text) for n, text in enumerate([*shown, ""])]


__all__ = ["Cancelled", "World", "Writer", "letters", "moments", "phonemize", "plain"]

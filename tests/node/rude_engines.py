"""Scripted engines for rude conversations; each fragment waits until the test says so."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
from node_fakes import FakeVoices

from dora_mlx_tts.errors import EmptyTextError, SynthesisError, VoiceError
from dora_mlx_tts.synthesis.fragment_stream import FragmentStream
from dora_mlx_tts.synthesis.records import Asked, Fragment, WordTiming
from dora_mlx_tts.synthesis.work_clock import WorkClock

RATE = 1000
FRAGMENT_S = 0.25


class Engine:
    """Speaks a text in one to three fragments, every second one with the times of its words."""

    def __init__(self, baton):
        self._baton = baton
        self.voices = FakeVoices(["one", "two"])
        self.calls = []

    def stream(self, text, *, voice=None, language=None, cancelled=lambda: False, **settings):
        self.calls.append(str(text))
        if voice == "ghost":
            raise VoiceError("unknown voice 'ghost'; available: one, two")
        if not any(char.isalnum() for char in text):
            raise EmptyTextError("the text holds nothing that can be pronounced")
        return self._fragments(str(text), cancelled)

    def _fragments(self, text, cancelled):
        number = 1 + zlib.crc32(text.encode()) % 3
        words = timed(text, number * FRAGMENT_S) if zlib.adler32(text.encode()) % 2 else ()
        for i in range(number):
            self._baton.pause()
            if cancelled():
                return
            if "fail" in text and i == number - 1:
                raise SynthesisError("not speech")
            start, is_final = i * FRAGMENT_S, i == number - 1
            within = tuple(
                word
                for word in words
                if start < word.end_s <= start + FRAGMENT_S or (is_final and word.end_s > start)
            )
            samples = np.full(int(RATE * FRAGMENT_S), 0.1, np.float32)
            yield Fragment(samples, RATE, text, 0, i, is_final, start, 3, within)


def timed(text, duration_s):
    """The words of a text, of equal length."""
    found, place = [], 0
    tokens = text.split()
    for i, token in enumerate(tokens):
        start = text.index(token, place)
        place = start + len(token)
        step = duration_s / len(tokens)
        found.append(WordTiming(token, i * step, (i + 1) * step, start, place))
    return found


class GrowingEngine(Engine):
    """Speaks a word of an unfinished sentence once the next one has begun."""

    def stream_growing(self, text, *, voice=None, cancelled=lambda: False, **settings):
        if voice == "ghost":
            raise VoiceError("unknown voice 'ghost'; available: one, two")
        return self._grown(text, cancelled)

    def _grown(self, text, cancelled):
        said = number = 0
        while (growth := text.read()).whole is None:
            known = growth.text.rpartition(" ")[0]
            if len(known) > said:
                self._baton.pause()
                if cancelled():
                    return
                yield self._grown_by(known, said, number, is_final=False)
                said, number = len(known), number + 1
            else:
                text.wait_for_more(1.0 if number % 2 else None)
                yield None
        if number == 0:
            yield from self.stream(growth.whole, cancelled=cancelled)
            return
        self.calls.append(str(growth.whole))
        self._baton.pause()
        if cancelled():
            return
        if "fail" in growth.whole:
            raise SynthesisError("not speech")
        yield self._grown_by(str(growth.whole), said, number, is_final=True)

    @staticmethod
    def _grown_by(known, said, number, *, is_final):
        start = number * FRAGMENT_S
        words = tuple(
            replace(
                word,
                start_s=start + word.start_s,
                end_s=start + word.end_s,
                start=word.start + said,
                end=word.end + said,
            )
            for word in timed(known[said:], FRAGMENT_S)
        )
        samples = np.full(int(RATE * FRAGMENT_S), 0.1, np.float32)
        return Fragment(samples, RATE, known, 0, number, is_final, start, 3, words)


class SociableEngine(GrowingEngine):
    """As on a GPU: a fragment is begun, and made once others were begun, too."""

    most_together = 3

    def stream(self, text, **options):
        return FragmentStream(self._marked(super().stream(text, **options)), WorkClock(), "")

    def stream_growing(self, text, **options):
        return FragmentStream(
            self._marked(super().stream_growing(text, **options)), WorkClock(), ""
        )

    @staticmethod
    def _marked(fragments):
        for fragment in fragments:
            yield Asked.SOUND
            yield fragment

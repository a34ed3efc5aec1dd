"""A conversation with a player that reports, in simulated time: what was heard, and what the node says was.

Messages to the player and back are late, jittered, lost and doubled; the player pauses, and may or may not
know that it was cut.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from itertools import count

import numpy as np

from dora_mlx_tts.node.protocol.messages import Command, Played, TextRequest
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.targets import cancel_target
from dora_mlx_tts.synthesis.records import Fragment, WordTiming

RATE = 1000
STEP_S = 0.005


@dataclass(frozen=True)
class Manners:
    """How the player and the way to it behave."""

    late_s: float
    lost: float
    doubled: float
    every_s: float
    knows_of_cut: bool
    names_texts: bool


def manners(rng):
    return Manners(
        late_s=rng.choice([0.0, 0.02, 0.1, 0.3]),
        lost=rng.choice([0.0, 0.1, 0.3]),
        doubled=rng.choice([0.0, 0.3]),
        every_s=rng.uniform(0.02, 0.1),
        knows_of_cut=rng.random() < 0.7,
        names_texts=rng.random() < 0.8,
    )


def script(rng):
    """Sentences as words with their lengths in seconds, about as long as they are written."""
    lengths = [
        [rng.uniform(0.15, 0.6) for _ in range(rng.randint(1, 12))]
        for _ in range(rng.randint(1, 4))
    ]
    numbers = count()
    return [
        [(f"{next(numbers):o}".ljust(round(length / 0.07), "x"), length) for length in sentence]
        for sentence in lengths
    ]


def fragments(rng, sentences):
    """The audio of the sentences, in pieces of any length; words come with the piece in which they end."""
    made, start = [], 0.0
    for number, words in enumerate(sentences):
        text, timings, at, place = " ".join(word for word, _ in words) + ".", [], start, 0
        for word, length in words:
            place = text.index(word, place)
            timings.append(WordTiming(word, at, at + length, place, place + len(word)))
            at += length
        end, piece = at + 0.3, 0
        while start < end - 1e-9:
            length = min(rng.uniform(0.1, 1.6), end - start)
            length = max(round(length * RATE), 1) / RATE
            mine = tuple(w for w in timings if start < w.end_s <= start + length + 1e-9)
            samples = np.zeros(round(length * RATE), np.float32)
            made.append(Fragment(samples, RATE, text, number, piece, False, start, 1, mine))
            start, piece = start + length, piece + 1
    starts = [w.start_s for fragment in made for w in fragment.words]
    return made, starts


class World:
    """One text, one barge-in."""

    def __init__(self, rng):
        self.rng, self.now, self.manners = rng, 0.0, manners(rng)
        self.queue = SpeechQueue(clock=lambda: self.now)
        self._events, self._order = [], count()
        self._buffer_s = self.position_s = self.total_s = 0.0
        self._pause = (rng.uniform(0, 4), rng.uniform(0, 1)) if rng.random() < 0.5 else (0.0, 0.0)
        self._silent = False
        self._next_report = 0.0

    def at(self, when, what):
        heapq.heappush(self._events, (when, next(self._order), what))

    def sends(self, what):
        """A message that takes its time, or comes twice, or never."""
        for _ in range(1 + (self.rng.random() < self.manners.doubled)):
            if self.rng.random() >= self.manners.lost:
                self.at(self.now + self.rng.uniform(0, self.manners.late_s), what)

    def run(self):
        """Speak, cut in, and answer: (words heard, words said to be heard, reply's word for how)."""
        rng, queue = self.rng, self.queue
        sentences = script(rng)
        made, starts = fragments(rng, sentences)
        text = " ".join(" ".join(word for word, _ in words) + "." for words in sentences)
        queue.receive(TextRequest(text))
        self.utterance = queue.take()
        queue.next_part(self.utterance)
        speed, when = rng.uniform(0.1, 0.9), 0.1
        for fragment in made:
            when += fragment.duration_s * speed
            self.at(when, lambda f=fragment: self._send(f))
        cut = rng.uniform(0.1, max(s.start_s for s in made) + 1.5)
        self.at(cut, self._cut)
        truth = None
        while truth is None or self.utterance.may_be_told(self.now):
            self.now += STEP_S
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()
            self._play()
            if truth is None and self.utterance.cancelled:
                truth = self.position_s
        if self.manners.knows_of_cut:
            truth = self.position_s
        position = self.utterance.position
        spoken = self.utterance.spoken_text
        assert text.startswith(spoken)
        heard = sum(start < truth for start in starts)
        return heard, len(spoken.split()), position.is_reported

    def _send(self, fragment):
        if not self.utterance.cancelled:
            self.utterance.spoke(fragment)
            arrives = self.now + self.rng.uniform(0, 0.01)
            self.at(arrives, lambda: self._take(fragment.duration_s))

    def _take(self, seconds):
        self._buffer_s += 0.0 if self._silent else seconds

    def _cut(self):
        self.queue.cancel(cancel_target(Command("cancel")), "cancel")
        self.queue.end_part(self.utterance)
        if self.manners.knows_of_cut:
            self.at(self.now + self.rng.uniform(0, 0.03), self._fall_silent)

    def _fall_silent(self):
        self._buffer_s, self._silent = 0.0, True

    def _play(self):
        paused, length = self._pause
        if not paused <= self.now < paused + length:
            step = min(STEP_S, self._buffer_s)
            self._buffer_s -= step
            self.position_s += step
        if self.now >= self._next_report and (self.position_s or self._silent):
            self._next_report = self.now + self.manners.every_s
            index = self.utterance.index if self.manners.names_texts else None
            played = Played(self.position_s, self.now, index, stopped=self._silent)
            self.sends(lambda: self.queue.played(played))


def barge_in(seed):
    """One random barge-in."""
    return World(random.Random(seed)).run()  # noqa: S311

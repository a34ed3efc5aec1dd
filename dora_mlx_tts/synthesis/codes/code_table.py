"""Which semantic codes each phone is spoken with, learned from spoken sentences.

A code stands for 40 ms of audio, so it identifies the phone better than attention, which only shows where the
network attends. The table is not given; a hidden Markov model over a sentence's phones learns it: a rough
alignment yields counts, and counts yield a better alignment. A code's neighbours in the codebook sound alike
and share its counts, so ten sentences are enough.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from dora_mlx_tts.messages import must_be
from dora_mlx_tts.runtime.array_types import Doubles, Floats, Ids
from dora_mlx_tts.runtime.whole_file import write_whole

logger = logging.getLogger(__name__)

SKIPPED = 0.02
"""Probability that a phone has no token."""

USUAL_PACE = 2.2
"""Default number of tokens per phone."""

LESSONS = 64
"""Sentences after which the table stays unchanged."""

_ROUGH = 4  # initial sentences aligned at an even pace
_KEPT = 0.97  # decay of the counts per sentence: the first alignments are poor
_NEIGHBOURS, _SHARED = 8, 0.8  # number of codes that share counts, and the share
_DOUBT = 20.0  # prior counts that each phone gets from an average phone
_LEAST_GAIN = 0.7  # nats per token; mismatched text and tokens reach 0.4
_MEMORY = 0.8  # weight of the past in the running gain
_KEPT_AFTER = (12, 24, LESSONS)  # numbers of lessons after which a table is saved
_OTHER = 0.4  # share of the gain below which a different text was spoken, so nothing is learned


class CodeTable:
    """Probabilities of codes for phones.

    Args:
        codebook: a row for each code, [K, C].

    Attributes:
        name: name of the codebook, derived from its content.
        lessons: number of sentences learned from.
        gain: how much better, in nats per token, the table predicted the codes of recent sentences than code
            frequencies do, before learning from them.
    """

    def __init__(self, codebook: Floats) -> None:
        exact = np.ascontiguousarray(codebook, "<f4").tobytes()
        self.name = hashlib.sha256(exact).hexdigest()[:32]
        self._sharing = _sharing(np.asarray(codebook, np.float64))
        self._rows: dict[int, int] = {}
        codes = len(codebook)
        self._counts = np.zeros((0, codes))
        self._taken = np.zeros((0, 2))  # tokens per phone, and its number of occurrences
        self._all = np.zeros(codes)
        self.lessons, self.gain = 0, 0.0

    @property
    def informed(self) -> bool:
        """Whether it predicts codes well enough to assign them to phones."""
        return self.gain >= _LEAST_GAIN

    def evidence(self, phones: Ids, codes: Ids) -> Doubles:
        """Evidence of each code [n] for each phone [m], in nats: [n, m]."""
        usual = (self._all + 0.5) / (self._all.sum() + 0.5 * len(self._all))
        counts, total = np.zeros((len(phones), len(codes))), np.zeros((len(phones), 1))
        for place, row in enumerate(self._known(phones)):
            if row >= 0:
                counts[place], total[place] = self._counts[row, codes], self._counts[row].sum()
        chances: Doubles = np.log((counts / usual[codes] + _DOUBT) / (total + _DOUBT))
        return chances.T

    def moves(self, phones: Ids) -> tuple[Doubles, Doubles, Doubles]:
        """Log probabilities [m] that the next token stays at the phone, advances by one, or by two."""
        taken = np.array(
            [self._taken[row] if row >= 0 else (0.0, 0.0) for row in self._known(phones)]
        )
        stay = 1 - 1 / np.maximum((taken[:, 0] + 2 * USUAL_PACE) / (taken[:, 1] + 2), 1.05)
        return log_moves(stay)

    def learn(self, phones: Ids, codes: Ids) -> None:
        """Learn from a sentence's phones [m] and all its codes [n]; does nothing after `LESSONS`."""
        if self.lessons >= LESSONS or len(codes) <= len(phones) // 2 or not len(phones):
            return
        evidence = self.evidence(phones, codes)
        chances = _posterior(evidence, self.moves(phones))
        if self.lessons:
            gain = float((chances * evidence).sum(1).mean())
            if self.informed and gain < _OTHER * self.gain:
                return
            self.gain += (1 - _MEMORY) * (gain - self.gain)
        if self.lessons < _ROUGH:
            chances = _even(len(codes), len(phones))
        self._count(phones, codes, chances)
        self.lessons += 1

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Its state as named arrays for `restore`."""
        return {
            "phones": np.array(list(self._rows), np.int32),
            "counts": self._counts.astype(np.float32),
            "taken": self._taken.astype(np.float32),
            "all": self._all.astype(np.float32),
            "progress": np.array([self.lessons, self.gain]),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over the state of another table.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays do not fit this codebook or each other, or are not numeric.
        """
        phones, codes = state["phones"], len(self._all)
        shapes = {"counts": (len(phones), codes), "taken": (len(phones), 2), "all": (codes,)}
        wanted = shapes | {"progress": (2,)}
        for name, shape in wanted.items():
            if state[name].shape != shape or not np.isfinite(state[name].astype(np.float64)).all():
                raise ValueError(must_be(name, f"of shape {shape}", state[name].shape))
        self._rows = {int(phone): row for row, phone in enumerate(phones)}
        self._counts, self._taken, self._all = (
            state[name].astype(np.float64) for name in ("counts", "taken", "all")
        )
        self.lessons, self.gain = int(state["progress"][0]), float(state["progress"][1])

    def _known(self, phones: Ids) -> list[int]:
        return [self._rows.get(int(phone), -1) for phone in phones]

    def _count(self, phones: Ids, codes: Ids, chances: Doubles) -> None:
        for phone in phones:
            self._rows.setdefault(int(phone), len(self._rows))
        missing = len(self._rows) - len(self._counts)
        self._counts = np.pad(self._counts, ((0, missing), (0, 0))) * _KEPT
        self._taken = np.pad(self._taken, ((0, missing), (0, 0))) * _KEPT
        rows, shared = np.array(self._known(phones)), self._sharing[codes]
        np.add.at(self._counts, rows, chances.T @ shared)
        np.add.at(self._taken, rows, np.stack([chances.sum(0), np.ones(len(rows))], axis=1))
        self._all = self._all * _KEPT + shared.sum(0)


class TableStore:
    """Stores learned tables as files, so that even the first sentence after a start has good word times.

    A file belongs to a codebook, not to a voice: all voices with the same tokenizer share what is learned.

    Args:
        folder: where they are stored; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[str, int] = {}

    def get(self, codebook: Floats) -> CodeTable:
        """The table of a codebook [K, C]; empty if none was stored or its file is damaged."""
        table = CodeTable(codebook)
        path = self._path(table)
        if path is not None and path.exists():
            try:
                table.restore(load_file(path))
            except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
                logger.warning("word times are learned again: %s: %s", path, error)
        self._kept[table.name] = table.lessons
        return table

    def keep(self, table: CodeTable) -> None:
        """Save a table at intervals as it learns; if the folder cannot be written, log a warning."""
        path, before = self._path(table), self._kept.get(table.name, 0)
        if path is None or not any(before < least <= table.lessons for least in _KEPT_AFTER):
            return
        self._kept[table.name] = table.lessons
        try:
            write_whole(path, save(table.state()))
        except OSError as error:
            logger.warning("word times are not kept: %s cannot be written: %s", path, error)

    def _path(self, table: CodeTable) -> Path | None:
        return self._folder / f"{table.name}.safetensors" if self._folder else None


def log_moves(stay: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Log probabilities of staying, advancing by one and by two phones, given the probabilities of staying [m]."""
    return np.log(stay), np.log((1 - stay) * (1 - SKIPPED)), np.log((1 - stay) * SKIPPED)


def _sharing(codebook: Doubles) -> Doubles:
    """How each code's count is shared among all codes, [K, K]; rows sum to 1."""
    squares = (codebook * codebook).sum(1)
    distance = np.maximum(squares[:, None] + squares - 2 * codebook @ codebook.T, 0.0)
    np.fill_diagonal(distance, 0.0)
    near = np.sort(distance, axis=1)[:, min(_NEIGHBOURS, len(codebook) - 1)][:, None]
    weights = np.exp(-2 * distance / np.maximum(near, 1e-12))
    np.fill_diagonal(weights, 0.0)
    weights *= _SHARED / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    np.fill_diagonal(weights, 1 - _SHARED)
    shares: Doubles = weights
    return shares


def _even(tokens: int, phones: int) -> Doubles:
    """Probabilities for an even pace, [n, m]."""
    centre = (np.arange(tokens) + 0.5) / tokens * phones
    width = 1.5 + 0.04 * phones
    chances = np.exp(-0.5 * ((np.arange(phones) + 0.5 - centre[:, None]) / width) ** 2)
    summed: Doubles = chances / chances.sum(1, keepdims=True)
    return summed


def _posterior(evidence: Doubles, moves: tuple[Doubles, Doubles, Doubles]) -> Doubles:
    """Probabilities [n, m] of phones for tokens, over all paths from the beginning to the end of the sentence."""
    tokens, phones = evidence.shape
    forth = np.full((tokens, phones), -np.inf)
    forth[0, :2] = evidence[0, :2]
    for token in range(1, tokens):
        now = forth[token - 1] + moves[0]
        for step in (1, 2):
            if step < phones:
                came = (forth[token - 1] + moves[step])[:-step]
                now[step:] = np.logaddexp(now[step:], came)
        forth[token] = now + evidence[token]
    back = np.full((tokens, phones), -np.inf)
    back[-1, -2:] = 0.0  # the last phone is a mark and may be silent
    for token in range(tokens - 2, -1, -1):
        after = back[token + 1] + evidence[token + 1]
        now = after + moves[0]
        for step in (1, 2):
            if step < phones:
                now[:-step] = np.logaddexp(now[:-step], after[step:] + moves[step][:-step])
        back[token] = now
    both = forth + back
    best = both.max(1, keepdims=True)
    if not np.isfinite(best).all():  # fewer tokens than any path through the phones needs
        return _even(tokens, phones)
    chances = np.exp(both - best)
    summed: Doubles = chances / chances.sum(1, keepdims=True)
    return summed

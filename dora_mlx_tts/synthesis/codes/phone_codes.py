"""The table of phones and codes that ships with a pack, learned from real speech.

`scripts/learn_codes.py` learns it from many utterances, so it knows more than `CodeTable` can learn while
speaking. It never changes, so checks based on it do not depend on what was spoken before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import PackError
from dora_mlx_tts.packs.tensors import Array
from dora_mlx_tts.runtime.array_types import Doubles, Ids
from dora_mlx_tts.synthesis.codes.code_table import USUAL_PACE, log_moves

PART = "codes"
"""Name of the part in a pack."""

STEPS = 20.0
"""Stored byte units per nat."""

_LEAST_PACE = 1.05
_SHAPES = {"evidence": 2, "rows": 1, "pace": 1, "marks": 1}


class PhoneEvidence(Protocol):
    """Evidence of which phones codes belong to."""

    def evidence(self, phones: Ids, codes: Ids) -> Doubles:
        """Evidence of each code [n] for each phone [m], in nats: [n, m]."""

    def moves(self, phones: Ids) -> tuple[Doubles, Doubles, Doubles]:
        """Log probabilities [m] that the next token stays at the phone, advances by one, or by two."""


class PhoneCodes:
    """Evidence of codes for phones.

    Phones that sound alike, such as a vowel's tones, share a row.

    Args:
        evidence: nats by which a code is likelier in a phone than on average, [rows, codes].
        rows: the row of each phone id; -1 for phones not seen in training.
        pace: tokens per phone for each row.
        marks: whether a row stands for punctuation marks, which are pauses.

    Raises:
        ValueError: the arrays do not fit each other, or are not finite numbers.
    """

    def __init__(self, evidence: Array, rows: Array, pace: Array, marks: Array) -> None:
        given = {"evidence": evidence, "rows": rows, "pace": pace, "marks": marks}
        for name, values in given.items():
            if values.ndim != _SHAPES[name] or not np.isfinite(values.astype(np.float32)).all():
                raise ValueError(f"{name} has shape {values.shape}, or numbers that are not finite")
        count = len(evidence)
        if not count or len(pace) != count or len(marks) != count or rows.max(initial=-1) >= count:
            raise ValueError(f"{len(pace)} paces, {len(marks)} marks and {count} rows do not fit")
        self._evidence = evidence.astype(np.float32)
        self._rows = rows.astype(np.int64)
        self._pace = np.maximum(pace.astype(np.float64), _LEAST_PACE)
        self._marks = marks.astype(bool)
        # Evidence for a phone that is unknown or not in the sentence.
        self._unknown = np.zeros((1, evidence.shape[1]), np.float32)
        marked = self._evidence[self._marks]
        self.quiet: NDArray[np.float32] = marked.max(0) if len(marked) else self._unknown[0]
        self.best: NDArray[np.float32] = self._evidence.max(0)

    @classmethod
    def read(cls, tensors: Mapping[str, Array], source: str) -> Self:
        """Read the table from a pack's part.

        Raises:
            PackError: a tensor is missing or does not fit.
        """
        try:
            evidence = tensors["evidence"].astype(np.float32) / STEPS
            return cls(evidence, tensors["rows"], tensors["pace"], tensors["marks"])
        except (KeyError, ValueError, IndexError) as error:
            raise PackError(f"{source}: part {PART!r} is damaged: {error}") from error

    def tensors(self) -> dict[str, Array]:
        """The tensors that a pack stores: one byte per row and code."""
        steps = np.rint(self._evidence * STEPS)
        return {
            "evidence": np.clip(steps, -127, 127).astype(np.int8),
            "rows": self._rows.astype(np.int16),
            "pace": self._pace.astype(np.float32),
            "marks": self._marks.astype(np.uint8),
        }

    @property
    def codes(self) -> int:
        """Number of codes."""
        return int(self._evidence.shape[1])

    def knows(self, phones: Ids) -> NDArray[np.bool_]:
        """Which of the phones [m] the table has learned."""
        known: NDArray[np.bool_] = self._row_of(phones) >= 0
        return known

    def kinds(self, phones: Ids) -> NDArray[np.int64]:
        """A number for each phone [m]; phones that sound alike share one."""
        rows = self._row_of(phones)
        unknown = -1 - np.asarray(phones, np.int64)
        kinds: NDArray[np.int64] = np.where(rows >= 0, rows, unknown)
        return kinds

    def are_marks(self, phones: Ids) -> NDArray[np.bool_]:
        """Which of the phones [m] are punctuation marks."""
        rows = self._row_of(phones)
        marks: NDArray[np.bool_] = (rows >= 0) & self._marks[np.maximum(rows, 0)]
        return marks

    def of(self, phones: Ids) -> NDArray[np.float32]:
        """A row for each phone [m]: the evidence of every code for it, [m, codes]."""
        rows = self._row_of(phones)
        known: NDArray[np.float32] = np.where(
            rows[:, None] >= 0, self._evidence[rows], self._unknown
        )
        return known

    def evidence(self, phones: Ids, codes: Ids) -> Doubles:
        """Evidence of each code [n] for each phone [m], in nats: [n, m]."""
        spoken: Doubles = self.of(phones)[:, codes].T.astype(np.float64)
        return spoken

    def moves(self, phones: Ids) -> tuple[Doubles, Doubles, Doubles]:
        """Log probabilities [m] that the next token stays at the phone, advances by one, or by two."""
        rows = self._row_of(phones)
        pace = np.where(rows >= 0, self._pace[rows], USUAL_PACE)
        return log_moves(1 - 1 / pace)

    def _row_of(self, phones: Ids) -> NDArray[np.int64]:
        ids = np.asarray(phones, np.int64)
        known = (ids >= 0) & (ids < len(self._rows))
        rows: NDArray[np.int64] = np.where(known, self._rows[np.where(known, ids, 0)], -1)
        return rows

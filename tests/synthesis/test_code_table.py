"""A table of codes and phones, learned from sentences whose true alignment is known here."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.synthesis.codes.code_table import LESSONS, CodeTable, _posterior
from dora_mlx_tts.synthesis.word_times import Path

CODES, PHONES, WIDTH = 200, 20, 24


class Speaker:
    """Phone p is spoken with codes near 10 p, a few tokens long; some codes could be any phone's."""

    def __init__(self, seed: int = 0) -> None:
        self._draw = np.random.default_rng(seed)
        centres = self._draw.standard_normal((PHONES, WIDTH)) * 2
        near = self._draw.standard_normal((CODES, WIDTH))
        self.codebook = (centres.repeat(CODES // PHONES, 0) + near).astype(np.float32)

    def sentence(self, length: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Phones, codes and the phone that each code stands for."""
        phones = self._draw.integers(0, PHONES, length)
        places = np.arange(length).repeat(self._draw.integers(1, 5, length))
        codes = 10 * phones[places] + self._draw.integers(0, 10, len(places))
        stray = self._draw.random(len(codes)) < 0.1
        codes[stray] = self._draw.integers(0, CODES, int(stray.sum()))
        return phones.astype(np.int32), codes.astype(np.int32), places


def way(table: CodeTable, phones: np.ndarray, codes: np.ndarray) -> np.ndarray:
    path = Path(len(phones), table.moves(phones), ends=2)
    for row in table.evidence(phones, codes):
        path.add(row)
    return path.phones(ended=True)


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture(scope="module")
def learned(speaker: Speaker) -> CodeTable:
    table = CodeTable(speaker.codebook)
    for _ in range(24):
        phones, codes, _ = speaker.sentence()
        table.learn(phones, codes)
    return table


def test_alignment_is_found_and_better_than_an_even_one(
    speaker: Speaker, learned: CodeTable
) -> None:
    assert learned.informed
    found, even = [], []
    for _ in range(10):
        phones, codes, truth = speaker.sentence()
        found.append(np.abs(way(learned, phones, codes) - truth).mean())
        even.append(np.abs(np.arange(len(codes)) * len(phones) // len(codes) - truth).mean())
    assert np.mean(found) < 0.2
    assert np.mean(even) > 0.5


def test_a_table_that_learned_little_or_the_wrong_text_is_not_informed(speaker: Speaker) -> None:
    little, wrong = CodeTable(speaker.codebook), CodeTable(speaker.codebook)
    little.learn(*speaker.sentence()[:2])
    for _ in range(40):
        wrong.learn(speaker.sentence()[0], speaker.sentence()[1])
    assert not little.informed
    assert not wrong.informed


def test_nothing_is_learned_after_the_last_lesson(speaker: Speaker) -> None:
    table, same = CodeTable(speaker.codebook), speaker.sentence()[:2]
    for _ in range(LESSONS):
        table.learn(*speaker.sentence(6)[:2])
    before = table.evidence(*same)
    table.learn(*speaker.sentence()[:2])
    assert table.lessons == LESSONS
    np.testing.assert_array_equal(table.evidence(*same), before)


def test_an_unknown_phone_has_no_evidence(learned: CodeTable) -> None:
    phones, codes = np.array([3, 999], np.int32), np.array([31, 32, 150], np.int32)
    assert (learned.evidence(phones, codes)[:, 1] == 0).all()
    assert (learned.evidence(phones, codes)[:2, 0] > 0).all()
    assert np.isfinite(learned.moves(phones)).all()
    fresh = CodeTable(np.eye(8, dtype=np.float32))
    assert (fresh.evidence(phones, np.array([1, 2], np.int32)) == 0).all()


def test_sentences_of_any_length_are_taken(speaker: Speaker) -> None:
    table = CodeTable(speaker.codebook)
    for phones, codes in ((1, 1), (1, 9), (2, 3), (9, 2), (0, 4), (4, 0), (30, 15), (3, 400)):
        table.learn(np.arange(phones, dtype=np.int32), np.arange(codes, dtype=np.int32) % CODES)
    assert table.lessons == 4
    assert np.isfinite(table.evidence(np.arange(5), np.arange(9))).all()


def test_chances_of_a_sentence_sum_to_one_and_go_from_its_start_to_its_end(
    speaker: Speaker, learned: CodeTable
) -> None:
    phones, codes, _ = speaker.sentence()
    chances = _posterior(learned.evidence(phones, codes), learned.moves(phones))
    np.testing.assert_allclose(chances.sum(1), 1)
    assert chances[0, 2:].sum() == pytest.approx(0)
    assert chances[-1, :-2].sum() == pytest.approx(0)
    np.testing.assert_array_less(-1e-6, np.diff(chances @ np.arange(len(phones))))

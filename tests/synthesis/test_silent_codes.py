"""Tables learn which codes are silent."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from spoken import CODES, MARK, sentence, table
from spoken import codes as codes_of

from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, Fault
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import silent_codes

SILENT = np.array([195, 197])


def read(tensors: dict[str, np.ndarray]) -> PhoneCodes:
    return PhoneCodes.read(tensors, "test")


def test_a_long_silent_end_is_no_invention() -> None:
    phonemes = sentence(count=15)
    tail = [*codes_of(np.asarray(phonemes.ids)), *[195, 197] * 6]
    before = ContentCheck(read(table().tensors()), phonemes)
    before.begin(tail)
    flaw = before.ended()
    assert flaw is not None
    assert flaw.fault is Fault.INVENTED
    after = ContentCheck(read(silent_codes.repaired(table().tensors(), SILENT)), phonemes)
    after.begin(tail)
    assert after.ended() is None


def test_nothing_else_of_the_table_changes() -> None:
    old, new = table().tensors(), silent_codes.repaired(table().tensors(), SILENT)
    others = np.setdiff1d(np.arange(CODES), SILENT)
    assert np.array_equal(old["evidence"][:, others], new["evidence"][:, others])
    assert new["evidence"][MARK, SILENT].min() == new["evidence"][:, SILENT].max()
    assert all(np.array_equal(old[name], new[name]) for name in ("rows", "pace", "marks"))

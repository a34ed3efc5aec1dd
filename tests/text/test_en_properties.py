"""Properties of English normalization and pronunciation on any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.words import word_set

ENGLISH = English()
WRITTEN = st.text(alphabet="aAbI1 20.,:/-$%'\"@#()\n–x°Mpkms+=St½é你😀", max_size=60)
PHONES = word_set(
    "AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 "
    "EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 "
    "UW UW0 UW1 UW2 V W Y Z ZH ! ? … , . -"
)


def check(text: str) -> None:
    aligned = ENGLISH.normalize(text)
    assert len(aligned.text) == len(aligned.spans)
    assert all((c.isalpha() and c.isascii()) or c in " '.,?!…-" for c in aligned.text)
    starts = [start for start, _ in aligned.spans]
    assert starts == sorted(starts)
    assert all(0 <= start <= end <= len(text) for start, end in aligned.spans)
    said = ENGLISH.pronounce(aligned.text)
    assert len(said.symbols) == len(said.spans)
    assert set(said.symbols) <= PHONES
    begins = [start for start, _ in said.spans]
    assert begins == sorted(begins)
    assert all(0 <= start <= end <= len(aligned.text) for start, end in said.spans)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_unicode(text: str) -> None:
    check(text)


@settings(max_examples=250, deadline=None)
@given(WRITTEN)
def test_written_forms(text: str) -> None:
    check(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_pronounce_takes_any_text(text: str) -> None:
    said = ENGLISH.pronounce(text)
    assert set(said.symbols) <= PHONES


@pytest.mark.parametrize(
    "piece",
    ["1", "1,", "1.", "1:", "1-", "12/", " ", "\n ", "-", "A", "a'", "a.", "$", "(", "😀", "<a"],
)
def test_long_runs_are_read(piece: str) -> None:
    """Quadratic time would take minutes here."""
    check(piece * 5000)

"""Where an attempt at a whole sentence passes with doubt, the best of several is taken."""

from __future__ import annotations

import pytest
from test_content_check import GOOD, SENTENCE, SWALLOWED, TABLE, guarded
from test_token_guard import Script

from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck

DOUBTFUL = [*GOOD[:30], *GOOD[34:]]  # two phones are missing
STRANGE = [*GOOD[:30], *((code + 97) % 200 for code in GOOD[30:34]), *GOOD[34:]]


def doubt(codes: list[int]) -> float:
    check = ContentCheck(TABLE, SENTENCE)
    check.begin(codes)
    assert check.ended() is None
    return check.doubt


def test_the_score_tells_good_from_doubtful() -> None:
    assert doubt(GOOD) < 0 < doubt(STRANGE) < doubt(DOUBTFUL)


@pytest.mark.parametrize(
    ("attempts", "best", "compared"),
    [
        ([GOOD, STRANGE], GOOD, 0),
        ([DOUBTFUL, GOOD], GOOD, 1),
        ([DOUBTFUL, STRANGE, GOOD], GOOD, 2),
        ([STRANGE, DOUBTFUL, DOUBTFUL], STRANGE, 2),
        ([DOUBTFUL, SWALLOWED, STRANGE], STRANGE, 2),
        ([SWALLOWED, DOUBTFUL, SWALLOWED, SWALLOWED], DOUBTFUL, 2),
    ],
)
def test_the_best_attempt_is_taken(monkeypatch, attempts, best, compared) -> None:
    script = Script(*((codes, End.EOS) for codes in attempts))
    tokens, meter = guarded(script, monkeypatch, attempts=5)
    tokens.hold()
    assert tokens.take(None) == (best, True)
    assert meter.stats().compared == compared
    assert len(tokens.rows) == len(tokens.tokens)


def test_no_attempt_is_made_beyond_those_allowed(monkeypatch) -> None:
    tokens, meter = guarded(Script((DOUBTFUL, End.EOS)), monkeypatch, attempts=1)
    tokens.hold()
    assert tokens.take(None) == (DOUBTFUL, True)
    assert meter.stats().compared == 0


def test_what_is_heard_at_once_is_not_compared(monkeypatch) -> None:
    tokens, meter = guarded(Script((DOUBTFUL, End.EOS)), monkeypatch)
    said, last = [], False
    while not last:
        new, last = tokens.take(7)
        said += new
    assert said == DOUBTFUL
    assert meter.stats().compared == 0

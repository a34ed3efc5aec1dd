"""The filters and the draw against the reference implementation."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.models.t2s.sampling import SamplingSettings, penalise, probabilities, race


def sort_within_ties(logits, probability):
    """Probabilities in the order of their logits, and sorted inside every group of equal logits.

    Which of several equal logits survive top-p follows, in the reference, from the order that an
    unstable sort leaves them in: only how many do is defined.
    """
    return probability[np.lexsort((probability, logits))]


@pytest.mark.parametrize("xp", [np, mx], ids=["numpy", "mlx"])
@pytest.mark.parametrize("name", cases("sampling"))
def test_filters_and_draw(name, xp, load_case, assert_close):
    arrays, entry = load_case(name)
    seen = np.zeros(arrays["logits"].shape, np.bool_)
    for row, previous in enumerate(arrays["previous"]):
        seen[row, previous] = True
    exponential = arrays["exponential"]
    for index, (top_k, top_p, temperature, penalty) in enumerate(arrays["combos"].tolist()):
        chosen = SamplingSettings(int(top_k), top_p, temperature, penalty)
        penalised = penalise(xp, xp.array(arrays["logits"]), xp.array(seen), penalty)
        found = np.array(probabilities(xp, penalised, chosen))
        wanted = arrays["probs"][index]
        for row, logits in enumerate(np.array(penalised)):
            what = f"combination {index}, row {row}"
            got, expected = (sort_within_ties(logits, p[row]) for p in (found, wanted))
            assert_close(got, expected, entry, what=what)
            if np.array_equal(found[row] > 0, wanted[row] > 0):
                assert_close(found[row], wanted[row], entry, what=what)
                pick = int(np.array(race(xp, xp.array(found[row]), xp.array(exponential[row]))))
                assert pick == arrays["picks"][index, row], what
        picks = race(xp, xp.array(wanted), xp.array(exponential))
        np.testing.assert_array_equal(np.array(picks), arrays["picks"][index])

"""Steps of the reference pipeline: bucketing and joining of overlapping fragments."""

from __future__ import annotations

import golden_cases
import numpy as np
import pytest
from golden_cases import cases
from reference_steps import batches

from dora_mlx_tts.audio.sola import best_offset, sola

GROUP = "glue"


@pytest.mark.parametrize("name", cases(GROUP, r"^bucketing"))
def test_bucketing(name, load_case):
    arrays, _ = load_case(name)
    lengths = arrays["lengths"].tolist()
    for index, (size, threshold, split) in enumerate(arrays["combos"].tolist()):
        got = batches(lengths, int(size), threshold, split=bool(split))
        assert [len(batch) for batch in got] == arrays[f"sizes{index}"].tolist()
        assert [number for batch in got for number in batch] == arrays[f"order{index}"].tolist()


@pytest.mark.parametrize("name", cases(GROUP, r"^sola"))
def test_sola(name, load_case, assert_close):
    arrays, entry = load_case(name)
    overlap, search = (entry["config"][key] for key in ("overlap", "search"))
    count = sum(key.startswith("f") for key in arrays)
    fragments = unblended([arrays[f"f{i}"] for i in range(count)], overlap, search)
    before = [fragment.copy() for fragment in fragments]
    assert_close(sola(fragments, overlap, search), arrays["out"], entry)
    for fragment, untouched in zip(fragments, before, strict=True):
        np.testing.assert_array_equal(fragment, untouched)


def unblended(fragments: list[np.ndarray], overlap: int, search: int) -> list[np.ndarray]:
    """The fragments as they were before the reference joined them.

    It fades in place, so that stored fragments hold the faded samples: the first of these, which a
    fade leaves nothing of, is exactly the first of the tail before. Where it is, the fade is undone.
    """
    whole = [fragments[0]]
    rest = fragments[0]
    rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(overlap) / overlap)
    for fragment in fragments[1:]:
        tail = rest[-overlap:]
        offset = best_offset(tail, fragment, search)
        rest = fragment[offset:]
        original = fragment.astype(np.float64)
        if rest[0] == tail[0]:
            faded = original[offset : offset + overlap]
            faded[1:] = (faded - (1.0 - rising) * tail)[1:] / rising[1:]
            faded[0] = faded[
                1
            ]  # unknown; it has no weight in the fade and hardly any in the search
        whole.append(original)
    return whole


def test_every_case_has_a_test():
    tested = ("bucketing", "sola", "postprocess", "pipeline_")  # postprocess: test_dsp.py
    assert [name for name in golden_cases.named(GROUP) if not name.startswith(tested)] == []

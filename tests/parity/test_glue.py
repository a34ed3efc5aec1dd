"""Steps of the reference pipeline: bucketing and joining of overlapping fragments."""

from __future__ import annotations

import golden_cases
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.audio.sola import sola
from dora_mlx_tts.synthesis.buckets import buckets

GROUP = "glue"


@pytest.mark.parametrize("name", cases(GROUP, r"^bucketing"))
def test_bucketing(name, load_case):
    arrays, _ = load_case(name)
    lengths = arrays["lengths"].tolist()
    for index, (size, threshold, split) in enumerate(arrays["combos"].tolist()):
        got = buckets(lengths, int(size), threshold, by_length=bool(split))
        assert [len(batch) for batch in got] == arrays[f"sizes{index}"].tolist()
        assert [number for batch in got for number in batch] == arrays[f"order{index}"].tolist()


@pytest.mark.parametrize("name", cases(GROUP, r"^sola"))
def test_sola(name, load_case, assert_close):
    arrays, entry = load_case(name)
    count = sum(key.startswith("f") for key in arrays)
    fragments = [arrays[f"f{i}"] for i in range(count)]
    before = [fragment.copy() for fragment in fragments]
    joined = sola(fragments, entry["config"]["overlap"], entry["config"]["search"])
    assert_close(joined, arrays["out"], entry)
    for fragment, untouched in zip(fragments, before, strict=True):
        np.testing.assert_array_equal(fragment, untouched)

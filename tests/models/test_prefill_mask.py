"""Who sees whom in a prefill, against a loop over all pairs of positions."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.models.t2s import layers
from dora_mlx_tts.models.t2s.layers import HIDDEN, stretches
from dora_mlx_tts.runtime.device import Backend


def sees(query: int, key: int, text: int) -> bool:
    """Text sees all text; audio sees text and the audio up to itself."""
    return key < text if query < text else key <= query


def seen(text: int, length: int, hidden: list[int], backend: Backend) -> np.ndarray:
    """[rows of the batch, queries, keys], as the stretches and their biases say it."""
    padding = None
    if hidden:
        wide = np.zeros((len(hidden), 1, 1, length), np.float32)
        for row, count in enumerate(hidden):
            wide[row, ..., :count] = HIDDEN
        padding = mx.array(wide)
    found = np.zeros((max(len(hidden), 1), length, length), bool)
    covered = []
    for start, end, bias in stretches(text, length, padding, mx.float32, backend):
        covered += range(start, end)
        added = np.zeros((1, 1, end - start, end), np.float32) if bias is None else np.array(bias)
        added = np.broadcast_to(added, (len(found), 1, end - start, end))[:, 0]
        found[:, start:end, :end] = added > HIDDEN / 2
    assert covered == list(range(length))
    return found


@pytest.mark.parametrize("backend", Backend)
@pytest.mark.parametrize("block", [3, 512])
@pytest.mark.parametrize("hidden", [[], [0, 2, 1]], ids=["one row", "left padding"])
def test_against_brute_force(
    monkeypatch: pytest.MonkeyPatch, backend: Backend, block: int, hidden: list[int]
) -> None:
    monkeypatch.setattr(layers, "_QUERY_BLOCK", block)
    for text in (1, 4, 7):
        for audio in (0, 1, 2, 5, 9):
            length = text + audio
            found = seen(text, length, hidden, backend)
            for row in range(len(found)):
                gone = hidden[row] if hidden else 0
                for query in range(length):
                    wanted = [k >= gone and sees(query, k, text) for k in range(length)]
                    assert found[row, query].tolist() == wanted, (text, audio, row, query)

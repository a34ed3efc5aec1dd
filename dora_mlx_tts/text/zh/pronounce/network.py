"""Readings of characters from their sentence, by a small recurrent network.

It reads what the words do not decide. The weights are those of g2pM (Park and Lee 2020), in 8 bits;
`scripts/build_polyphones.py` makes the file. It is zlib data: a line of JSON (`chars` by index,
`syllables` by output, `readings` of a character by output, shapes of the `arrays` in order), then
for every array one 32-bit float per row, the worth of a step, and its rows of signed bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FILE = "polyphones.bin"
ARRAYS = (
    "embedding",
    "weight_in",
    "weight_in_back",
    "weight_state",
    "weight_state_back",
    "bias",
    "bias_back",
    "hidden",
    "hidden_bias",
    "output",
    "output_bias",
)
UNKNOWN, START, END = "\1", "\2", "\3"
"""Stand for a character the network does not know, and for both ends of a text."""
LONGEST = 128
"""Characters of a text that are checked together."""
_FULL_WIDTH = str.maketrans(",.?!", "，。？！")


class Network:
    """One layer of LSTM in both directions, and two linear layers for each polyphone."""

    def __init__(self, data: bytes) -> None:
        """Open the contents of a file as described above."""
        header, _, body = zlib.decompress(data).partition(b"\n")
        about = json.loads(header)
        self._index: Mapping[str, int] = {c: i for i, c in enumerate(about["chars"])}
        self._syllables: list[str] = about["syllables"]
        self._readings: Mapping[str, list[int]] = about["readings"]
        weights = dict(_arrays(about["arrays"], body))
        self._embedding = weights["embedding"]
        self._inputs = np.stack([weights["weight_in"].T, weights["weight_in_back"].T])
        self._states = np.stack([weights["weight_state"].T, weights["weight_state_back"].T])
        self._biases = np.stack([weights["bias"], weights["bias_back"]])
        self._hidden, self._hidden_bias = weights["hidden"].T, weights["hidden_bias"]
        self._output, self._output_bias = weights["output"], weights["output_bias"][0]
        self._states_of = lru_cache(maxsize=4)(self._encode)  # a text is asked for by the clause

    def __contains__(self, char: str) -> bool:
        return char in self._readings

    def read(self, text: str, wanted: Iterable[int]) -> dict[int, tuple[str, float]]:
        """Syllable and its probability for the polyphones of `text` at the places `wanted`."""
        places = [at for at in wanted if text[at] in self._readings]
        found: dict[int, tuple[str, float]] = {}
        for start in range(0, len(text), LONGEST):
            here = [at for at in places if start <= at < start + LONGEST]
            if here:
                states = self._states_of(text[start : start + LONGEST])
                for at in here:
                    found[at] = self._decide(text[at], states[at - start])
        return found

    def _encode(self, text: str) -> Floats:
        """States of both directions for every character, (characters, 2 × width)."""
        chars = f"{START}{text.translate(_FULL_WIDTH)}{END}"
        unknown = self._index[UNKNOWN]
        rows = self._embedding[[self._index.get(c, unknown) for c in chars]]
        gates = np.stack([rows, rows[::-1]]) @ self._inputs + self._biases
        size, width = len(chars), self._states.shape[1]
        states = np.empty((size, 2, 1, width), np.float32)
        state: Floats = np.zeros((2, 1, width), np.float32)
        cell = state
        for step in range(size):
            gate: Floats = gates[:, step : step + 1] + state @ self._states
            open_: Floats = np.asarray(1 / (1 + np.exp(-gate)), np.float32)
            new: Floats = np.tanh(gate[..., 2 * width : 3 * width])
            cell = open_[..., width : 2 * width] * cell + open_[..., :width] * new
            state = open_[..., 3 * width :] * np.tanh(cell)
            states[step] = state
        both: Floats = np.concatenate([states[:, 0, 0], states[::-1, 1, 0]], axis=1)
        return both[1:-1]

    def _decide(self, char: str, state: Floats) -> tuple[str, float]:
        options = self._readings[char]
        hidden = np.maximum(state @ self._hidden + self._hidden_bias[0], 0)
        scores = self._output[options] @ hidden + self._output_bias[options]
        odds = np.exp(scores - scores.max())
        best = int(odds.argmax())
        return self._syllables[options[best]], float(odds[best] / odds.sum())


def _arrays(shapes: Mapping[str, tuple[int, int]], body: bytes) -> Iterable[tuple[str, Floats]]:
    at = 0
    for name, (rows, columns) in shapes.items():
        scale = np.frombuffer(body, "<f4", rows, at)[:, None]
        at += 4 * rows
        steps = np.frombuffer(body, np.int8, rows * columns, at).reshape(rows, columns)
        at += rows * columns
        yield name, steps * scale


@cache
def network() -> Network:
    """The network that ships with the package, read at first use."""
    return Network(files("dora_mlx_tts.text.zh").joinpath(FILE).read_bytes())

"""Readings of characters from their sentence, by a small transformer.

It is told what the dictionaries and the rules say, and where the words end, and finds the places
where that is wrong. `training/polyphones/train.py` trains it, `scripts/build_polyphones.py` makes the
file: zlib data of a line of JSON (`chars`, `tags` and `syllables` by index, `readings` of a character
by index of the syllable, `heads`, shapes of the `arrays` in order), then for every array one 32-bit
float per row, the worth of a step, and its rows of signed bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

FILE = "polyphones.bin"
LONGEST = 128
"""Characters of a text that are read together."""
PLACES = " SBME"
"""Outside any word, a word of its own, the beginning, middle and end of one."""
_UNKNOWN: Final = 1
"""Index of a character, tag or syllable that the network does not know; 0 stands for none."""
_EPSILON: Final = 1e-5
_MARGIN: Final = 32
"""Characters of context that a window has at the least on either side of what it reads."""


class Told(NamedTuple):
    """What dictionaries and rules tell of a character.

    Attributes:
        place: of the character in its word; one of `PLACES`.
        tag: part of speech of the word in jieba's tag set.
        reading: the syllable they give it.
        source: where that is from: the commonest reading (0), a word (1) or a rule (2).
    """

    place: str
    tag: str
    reading: str
    source: int


class Network:
    """A few layers of attention over the characters of a text, and a row of weights per syllable."""

    def __init__(self, data: bytes) -> None:
        """Open the contents of a file as described above."""
        header, _, body = zlib.decompress(data).partition(b"\n")
        about = json.loads(header)
        self._chars = _numbered(about["chars"])
        self._tags = _numbered(about["tags"])
        self._syllables: list[str] = about["syllables"]
        self._by_syllable = _numbered(self._syllables)
        self._readings: Mapping[str, list[int]] = about["readings"]
        self._heads: int = about["heads"]
        self._weights = dict(_arrays(about["arrays"], body))
        self._layers = sum(name.endswith(".qkv.weight") for name in self._weights)

    def __contains__(self, char: str) -> bool:
        return char in self._readings

    def readings(self, char: str) -> list[str]:
        """Syllables that the network may give a character; empty if it is no polyphone to it."""
        return [self._syllables[i] for i in self._readings.get(char, ())]

    def read(
        self, text: str, told: Mapping[int, Told], wanted: Iterable[int]
    ) -> dict[int, tuple[str, float]]:
        """Syllable and its probability for the polyphones of `text` at the places `wanted`.

        Args:
            text: a normalized text.
            told: what is known of its characters, by place; marks have nothing.
            wanted: places to read.
        """
        places = sorted(at for at in wanted if text[at] in self._readings)
        found: dict[int, tuple[str, float]] = {}
        for start, here in _windows(len(text), places):
            states = self._encode(text[start : start + LONGEST], told, start, here)
            for at, state in zip(here, states, strict=True):
                found[at] = self._decide(text[at], state)
        return found

    def _encode(self, text: str, told: Mapping[int, Told], start: int, wanted: list[int]) -> Floats:
        """States of the wanted characters of a window, (wanted, width)."""
        weights, size = self._weights, len(text)
        chars = [self._chars.get(char, _UNKNOWN) for char in text]
        known = np.zeros((4, size), np.intp)
        for i in range(size):
            one = told.get(start + i)
            if one is not None:
                known[:, i] = (
                    PLACES.index(one.place),
                    self._tags.get(one.tag, _UNKNOWN),
                    self._by_syllable.get(one.reading, _UNKNOWN),
                    one.source + 1,
                )
        place, tag, reading, source = known
        rows: Floats = weights["char"][chars] + weights["syllable"][reading]
        state: Floats = rows @ weights["widen"].T
        state += weights["place"][place] + weights["tag"][tag] + weights["source"][source]
        places = np.asarray(wanted, np.intp) - start
        every = np.arange(size)
        for layer in range(self._layers):
            asked = every if layer < self._layers - 1 else places  # nobody looks at the others
            state = self._layer(f"{layer}.", state, asked)
        return self._normed("", state)

    def _layer(self, layer: str, state: Floats, asked: Indices) -> Floats:
        """The next state of the characters `asked`, from that of all."""
        heads = self._heads
        size, width = state.shape
        mixed = self._linear(f"{layer}qkv", self._normed(f"{layer}attention.", state))
        query, key, value = mixed.reshape(size, 3, heads, width // heads).transpose(1, 2, 0, 3)
        scores: Floats = query[:, asked] @ key.transpose(0, 2, 1)
        scores *= np.float32((width // heads) ** -0.5)
        scores += _by_distance(self._weights[f"{layer}near"], size)[:, asked]
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        heard: Floats = (scores @ value).transpose(1, 0, 2).reshape(len(asked), width)
        state = state[asked] + self._linear(f"{layer}out", heard)
        inner = self._linear(f"{layer}inner", self._normed(f"{layer}feed.", state))
        return state + self._linear(f"{layer}outer", np.maximum(inner, 0, out=inner))

    def _linear(self, name: str, state: Floats) -> Floats:
        result: Floats = state @ self._weights[f"{name}.weight"].T
        result += self._weights[f"{name}.bias"][:, 0]
        return result

    def _normed(self, name: str, state: Floats) -> Floats:
        """Layer normalization."""
        centred: Floats = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
        gain, bias = (self._weights[f"{name}norm.{kind}"][:, 0] for kind in ("gain", "bias"))
        normed: Floats = centred / spread * gain + bias
        return normed

    def _decide(self, char: str, state: Floats) -> tuple[str, float]:
        options = self._readings[char]
        scores = self._weights["answer.weight"][options] @ state
        scores += self._weights["answer.bias"][options, 0]
        odds = np.exp(scores - scores.max())
        best = int(odds.argmax())
        return self._syllables[options[best]], float(odds[best] / odds.sum())


def _by_distance(near: Floats, size: int) -> Floats:
    """A view (heads, from, to) of the weight of every distance; far ones share the last."""
    reach = near.shape[1] // 2
    apart = np.clip(np.arange(1 - size, size), -reach, reach) + reach
    row: Floats = np.ascontiguousarray(near[:, apart])
    head, step = row.strides
    view: Floats = as_strided(
        row[:, size - 1 :], (len(near), size, size), (head, -step, step), writeable=False
    )
    return view


def _numbered(items: Iterable[str]) -> dict[str, int]:
    return {item: i for i, item in enumerate(items)}


def _windows(size: int, places: list[int]) -> Iterable[tuple[int, list[int]]]:
    """Beginnings of windows, and the places that each reads, with text on either side."""
    while places:
        start = max(0, min(places[0] - _MARGIN, size - LONGEST))
        last = size if start + LONGEST >= size else start + LONGEST - _MARGIN
        here = [at for at in places if at < last]
        yield start, here
        places = places[len(here) :]


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

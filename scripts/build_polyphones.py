"""Build the data of Chinese polyphones: `words.bin` and `polyphones.bin` of `dora_mlx_tts/text/zh`.

    python scripts/build_polyphones.py --words MODERN COMPLETE --network FOLDER

MODERN and COMPLETE are `json/modern.json` and `json/complete.json` of the npm package
`@pinyin-pro/data` (ISC); `large_pinyin` of the Python package `pypinyin-dict` (phrase-pinyin-data,
MIT) is read where it is installed. FOLDER holds the files of the wheel of g2pM 0.1.2.5 (Apache-2.0):
`np_ckpt.pkl`, `char2idx.pkl`, `class2idx.pkl`, `digest_cedict.pkl`. They are pickles, so they are
read here once by an unpickler that makes arrays, lists and dictionaries only, never at run time.

`words.bin`: zlib of lines `word syllable syllable …`: words of pinyin-pro's modern dictionary, and
words two other sources agree on, that pypinyin lacks or reads otherwise. Words without a polyphone
are left out. `polyphones.bin`: see `dora_mlx_tts/text/zh/pronounce/network.py`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pickle
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.text.zh.pronounce.network import ARRAYS, END, START, UNKNOWN
from dora_mlx_tts.text.zh.readings import pypinyin_reading, readings_of_character
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of

FOLDER = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "zh"
_LONGEST_WORD = 8
_PARTICLES = frozenset("吧呢哈啊呐噻嘛吖嗨哦哒额滴哩哟喽啰耶喔诶的地得了着过个们一不儿")
"""Words with these are left to the tone rules."""
_NAMES = {
    "weight_in": "lstm.weight_ih_l0",
    "weight_in_back": "lstm.weight_ih_l0_reverse",
    "weight_state": "lstm.weight_hh_l0",
    "weight_state_back": "lstm.weight_hh_l0_reverse",
    "embedding": "embedding.weight",
    "hidden": "logit_layer.0.weight",
    "output": "logit_layer.2.weight",
    "hidden_bias": "logit_layer.0.bias",
    "output_bias": "logit_layer.2.bias",
}


class ArraysOnly(pickle.Unpickler):
    """Makes numpy arrays and plain containers, refuses everything else."""

    _ALLOWED = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("collections", "OrderedDict"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401 - as inherited
        """A class that may be made.

        Raises:
            UnpicklingError: any other name.
        """
        if (module_name, global_name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not allowed")
        return super().find_class(module_name, global_name)


def unpickled(path: Path) -> Any:  # noqa: ANN401 - each file holds another kind
    """The object in a pickle of arrays and containers."""
    with path.open("rb") as file:
        return ArraysOnly(file).load()


# Words


def readings_of(path: Path) -> dict[str, list[str]]:
    """Word → syllables of a dictionary of pinyin-pro."""
    found = {}
    for word, value in json.loads(path.read_text(encoding="utf-8")).items():
        marked = (value[0] if isinstance(value, list) else value).split()
        if len(marked) == len(word) <= _LONGEST_WORD:
            found[word] = [from_marks(m) for m in marked]
    return found


def large_pinyin() -> dict[str, list[str]]:
    """Word → syllables of phrase-pinyin-data."""
    found: dict[str, list[str]] = {}
    for number in range(11):
        module = importlib.import_module(f"pypinyin_dict.phrase_pinyin_data.large_pinyin_{number}")
        for table in vars(module).values():
            if isinstance(table, dict) and not any(k.startswith("__") for k in table):
                found |= {w: [from_marks(s[0]) for s in r] for w, r in table.items()}
    return found


def same(left: str, right: str) -> bool:
    """Whether two syllables are equal but for a neutral tone."""
    return left == right or (left[:-1] == right[:-1] and "5" in (left[-1], right[-1]))


def words(modern: Path, complete: Path) -> Iterator[tuple[str, list[str]]]:
    """Words whose reading pypinyin lacks or has otherwise."""
    curated, wide, large = readings_of(modern), readings_of(complete), large_pinyin()
    for word in sorted(wide):
        if len(word) < 2 or _PARTICLES & set(word) or not _has_polyphone(word):
            continue
        reading, known = curated.get(word), pypinyin_reading(word)
        if reading is None and known is None and word in large:
            agree = all(map(same, wide[word], large[word]))
            reading = large[word] if agree else None
        if reading is None or not all(map(symbols_of, reading)):
            continue
        if known is None or not all(map(same, reading, known)):
            yield word, reading


def _has_polyphone(word: str) -> bool:
    return any(len(readings_of_character(char)) > 1 for char in word)


# Network


def network(folder: Path) -> bytes:
    """The weights of g2pM in 8 bits, and its tables."""
    weights: Mapping[str, Any] = unpickled(folder / "np_ckpt.pkl")
    index: Mapping[str, int] = unpickled(folder / "char2idx.pkl")
    classes: Mapping[str, int] = unpickled(folder / "class2idx.pkl")
    readings: Mapping[str, list[str]] = unpickled(folder / "digest_cedict.pkl")
    names = sorted(classes, key=lambda name: classes[name])
    chars = sorted(index, key=lambda char: index[char])
    special = {"<UNK>": UNKNOWN, "시": START, "끝": END, "<PAD>": "\0"}
    header = {
        "chars": "".join(special.get(c, c if len(c) == 1 else "\0") for c in chars),
        "syllables": [n.replace("u:", "v") for n in names],
        "readings": {
            char: [classes[p] for p in options if p in classes]
            for char, options in readings.items()
            if len(options) > 1 and char in index
        },
        "arrays": {},
    }
    body = b""
    arrays = {name: np.asarray(weights[source], np.float32) for name, source in _NAMES.items()}
    for back in ("", "_back"):
        suffix = "_reverse" if back else ""
        arrays[f"bias{back}"] = np.asarray(
            weights[f"lstm.bias_ih_l0{suffix}"] + weights[f"lstm.bias_hh_l0{suffix}"], np.float32
        )
    for name in ARRAYS:
        matrix = np.atleast_2d(arrays[name])
        scale = np.abs(matrix).max(axis=1, keepdims=True) / 127 + 1e-12
        header["arrays"][name] = list(matrix.shape)
        body += scale.astype("<f4").tobytes() + np.round(matrix / scale).astype(np.int8).tobytes()
    return zlib.compress(json.dumps(header, ensure_ascii=False).encode() + b"\n" + body, 9)


def main() -> None:
    """Write the files that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--words", nargs=2, type=Path, metavar=("MODERN", "COMPLETE"))
    parser.add_argument("--network", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.words:
        lines = [f"{word} {' '.join(reading)}" for word, reading in words(*options.words)]
        target = FOLDER / "words.bin"
        target.write_bytes(zlib.compress("\n".join(lines).encode(), 9))
        print(f"{target}: {len(lines)} words, {target.stat().st_size} bytes")
    if options.network:
        target = FOLDER / "polyphones.bin"
        target.write_bytes(network(options.network))
        print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
